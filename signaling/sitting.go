package signaling

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/room"
	"nghitruong/sfu"
)

// sitting is what the handler holds of one sitting: its room, its media, and who sits where.
type sitting struct {
	h    *Handler
	id   string
	conf *sfu.Conference             // nil without media
	will chan council.MediaDirection // holds the newest

	mu    sync.Mutex
	room  *room.Room
	seats map[seatKey]*seat
	lobby []waiter // hellos that wait for a free place, in their order
	board board
}

// seatKey is a person, or for the hall displays, of which one link may serve many, a person on a device.
type seatKey struct {
	person council.PersonID
	device string
}

func keyOf(p auth.Person, device string) seatKey {
	if slices.Contains(p.Roles, council.RoleDisplay) {
		return seatKey{p.ID, device}
	}
	return seatKey{person: p.ID}
}

// listed says that somebody is on the sitting's list: citizens are not.
func listed(roles []council.Role) bool {
	return slices.ContainsFunc(roles, func(r council.Role) bool { return r != council.RoleCitizen })
}

// sittingOf gives the sitting behind a room, wiring the room's will to the media when the room is new.
func (h *Handler) sittingOf(ctx context.Context, id string, r *room.Room) (*sitting, error) {
	h.mu.Lock()
	st := h.sittings[id]
	if st == nil {
		st = &sitting{h: h, id: id, seats: map[seatKey]*seat{}}
		if h.cfg.Media != nil {
			st.conf = h.cfg.Media.Conference(id)
			st.will = make(chan council.MediaDirection, 1)
			h.directors.Go(st.direct)
		}
		h.sittings[id] = st
	}
	h.mu.Unlock()
	st.mu.Lock()
	fresh := st.room != r
	st.room = r
	st.mu.Unlock()
	if !fresh || st.conf == nil {
		return st, nil
	}
	if err := r.OnDirection(ctx, st.newest); err != nil {
		st.mu.Lock()
		st.room = nil
		st.mu.Unlock()
		return nil, fmt.Errorf("signaling: listen to the room's will: %w", err)
	}
	return st, nil
}

// newest keeps the room's newest will; it never waits, because the room's goroutine, its only caller, serves the votes.
func (st *sitting) newest(d council.MediaDirection) {
	select {
	case <-st.will:
	default:
	}
	select {
	case st.will <- d:
	default:
	}
}

// direct obeys the room's newest will until the handler closes.
func (st *sitting) direct() {
	for {
		select {
		case <-st.h.ctx.Done():
			return
		case d := <-st.will:
			st.obey(d)
		}
	}
}

// obey keeps a panic of the media away from the room and the next will.
func (st *sitting) obey(d council.MediaDirection) {
	defer func() {
		if p := recover(); p != nil {
			st.h.metrics.panics.Inc()
			st.h.log.Error("directing the media panicked", slog.String("sitting", st.id), slog.Any("panic", p))
		}
	}()
	st.conf.Direct(direction(d))
}

// direction translates the room's will for the media server, which knows persons as plain texts.
func direction(d council.MediaDirection) sfu.Direction {
	return sfu.Direction{
		Stage: string(d.Stage), Chair: string(d.Chair), Mic: plain(d.Mic), Cam: plain(d.Cam), Screen: plain(d.Screen), Why: d.Why,
		Priority: plain(d.Priority), Closed: d.Closed,
	}
}

func plain(in map[council.PersonID]bool) map[string]bool {
	out := make(map[string]bool, len(in))
	for p, open := range in {
		out[string(p)] = open
	}
	return out
}

// sockets are those on the seats of a person and a device; empty means all.
func (st *sitting) sockets(person council.PersonID, device string) []*socket {
	st.mu.Lock()
	defer st.mu.Unlock()
	var out []*socket
	for _, seat := range st.seats {
		if seat.sock != nil && (person == "" || seat.person.ID == person) && (device == "" || seat.device == device) {
			out = append(out, seat.sock)
		}
	}
	return out
}

// holder gives the seat of a key and the socket on it, which may be nil in the grace time.
func (st *sitting) holder(k seatKey) (*seat, *socket) {
	st.mu.Lock()
	defer st.mu.Unlock()
	seat := st.seats[k]
	if seat == nil {
		return nil, nil
	}
	return seat, seat.sock
}

// claim puts a socket on the seat of its person; sid names a new seat. keep = the seat stays the same one (its media and answers go on), else the
// old seat ends and a new one stands in its place. old is the socket that lost it; ok = false when another socket was quicker
// than the decision of this one, or when there is no place.
func (st *sitting) claim(s *socket, p auth.Person, sid string, expect *seat, expectSock *socket, keep bool) (now, ended *seat, old *socket, ok bool) {
	key := keyOf(p, s.device.ID)
	st.mu.Lock()
	defer st.mu.Unlock()
	was := st.seats[key]
	if was != expect || was != nil && was.sock != expectSock {
		return nil, nil, nil, false
	}
	if was != nil {
		old = was.sock
	}
	if was != nil && keep {
		was.sock = s
		was.stopGrace()
		return was, nil, old, true
	}
	if was == nil && !st.place(p.Roles) {
		return nil, nil, nil, false
	}
	if was != nil {
		was.sock = nil
		was.stopGrace()
	}
	now = newSeat(st, key, s, p, sid)
	st.seats[key] = now
	return now, was, old, true
}

// place says whether one more person has a place; the reserve is for listed persons. st.mu is held.
func (st *sitting) place(roles []council.Role) bool {
	if len(st.seats) >= st.h.cfg.Seats {
		return false
	}
	if listed(roles) {
		return true
	}
	citizens := 0
	for _, seat := range st.seats {
		if !listed(seat.person.Roles) {
			citizens++
		}
	}
	return citizens < st.h.cfg.Seats-st.h.cfg.Reserve
}

// waiter is a socket whose hello waits for a free place.
type waiter struct {
	s     *socket
	first bool // listed persons go before citizens
}

// nudge lets the first of the lobby try again and tells the others their place.
func (st *sitting) nudge() {
	st.mu.Lock()
	waiting := slices.Clone(st.lobby)
	st.mu.Unlock()
	for i, w := range waiting {
		if i == 0 {
			w.s.enqueue(work{admit: true})
			continue
		}
		w.s.send(SessionWaiting{Ahead: i, Reason: waitFull})
	}
}

// enterLobby makes a socket wait for a place, in the order of arrival, and says how many are before it.
func (st *sitting) enterLobby(s *socket, first bool) (ahead int) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if i := slices.IndexFunc(st.lobby, func(w waiter) bool { return w.s == s }); i >= 0 {
		return i
	}
	at := len(st.lobby)
	if first {
		at = 0
		for at < len(st.lobby) && st.lobby[at].first {
			at++
		}
	}
	st.lobby = slices.Insert(st.lobby, at, waiter{s, first})
	return at
}

// leaveLobby takes a socket out; the next one tries.
func (st *sitting) leaveLobby(s *socket) {
	st.mu.Lock()
	i := slices.IndexFunc(st.lobby, func(w waiter) bool { return w.s == s })
	if i >= 0 {
		st.lobby = slices.Delete(st.lobby, i, i+1)
	}
	st.mu.Unlock()
	if i >= 0 {
		st.nudge()
	}
}

// endAll frees every seat; only after the sockets are gone.
func (st *sitting) endAll() {
	st.mu.Lock()
	seats := make([]*seat, 0, len(st.seats))
	for _, seat := range st.seats {
		seat.stopGrace()
		seats = append(seats, seat)
	}
	st.seats = map[seatKey]*seat{}
	st.mu.Unlock()
	for _, seat := range seats {
		seat.end()
	}
}

// drop takes a seat without a socket out of the sitting; false = somebody came back meanwhile.
func (st *sitting) drop(seat *seat) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.seats[seat.key] != seat || seat.sock != nil {
		return false
	}
	delete(st.seats, seat.key)
	return true
}
