package signaling

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/room"
)

// waitingHello is a hello that waits for a free place.
type waitingHello struct {
	id    string
	hello SessionHello
	st    *sitting // nil = none waits
}

// placeHall is SessionHello.Place of a device that sits in a hall; every other value means online.
const placeHall = "hall"

// Reasons of session.waiting.
const (
	waitAdmission = "admission"
	waitFull      = "full"
)

// hello lets the device's person in, or says why not. Who that is comes from the cookie and the sitting's list alone.
func (s *socket) hello(id string, m SessionHello) {
	if s.seat.Load() != nil {
		s.endMalformed(badOrder)
		return
	}
	ctx, cancel := s.h.actContext()
	defer cancel()
	sittingID, person, r, ok := s.lookup(ctx, m.Door)
	if !ok {
		return
	}
	st, err := s.h.sittingOf(ctx, sittingID, r)
	if err != nil {
		s.turnedAway(err, CloseNoSitting, "no_sitting")
		return
	}
	key := keyOf(person, s.device.ID)
	for s.ctx.Err() == nil {
		held, sock := st.holder(key)
		resumed := held != nil && s.owns(m.Resume, held, person)
		if sock != nil && !m.Take && !(resumed && m.Page != "" && m.Page == sock.pageText()) && sock.lives(s.ctx) {
			s.send(SessionElsewhere{Re: id})
			return
		}
		seat, ended, old, ok := st.claim(s, person, s.newSID(m.Resume, sittingID, person), held, sock, resumed)
		if ok {
			s.enter(r, seat, ended, old, id, m)
			return
		}
		if held == nil && st.empty(key) {
			s.waiting = waitingHello{id: id, hello: m, st: st}
			s.send(SessionWaiting{Re: id, Ahead: st.enterLobby(s, listed(person.Roles)), Reason: waitFull})
			return
		}
	}
}

// empty says that nobody sits there: a claim of nobody's seat that failed then found no place.
func (st *sitting) empty(key seatKey) bool {
	held, _ := st.holder(key)
	return held == nil
}

// lookup resolves the door, the person and the room; false = the socket was told and closes.
func (s *socket) lookup(ctx context.Context, door string) (string, auth.Person, *room.Room, bool) {
	sittingID, err := s.h.cfg.Doors.SittingOf(ctx, door)
	if err != nil {
		s.turnedAway(err, CloseNoSitting, "no_sitting")
		return "", auth.Person{}, nil, false
	}
	person, err := s.h.cfg.Identity.PersonFor(ctx, s.device, sittingID)
	if err != nil {
		s.turnedAway(err, CloseNoSession, "no_person")
		return "", auth.Person{}, nil, false
	}
	r, err := s.h.cfg.Rooms.Room(ctx, sittingID)
	if err != nil {
		s.turnedAway(err, CloseNoSitting, "no_sitting")
		return "", auth.Person{}, nil, false
	}
	return sittingID, person, r, true
}

// turnedAway closes with the code when err is a refusal; trouble of our own makes the client come back.
func (s *socket) turnedAway(err error, code int, reason string) {
	var c *council.Error
	var a *auth.Error
	if errors.As(err, &c) && c.Kind != council.Internal || errors.As(err, &a) && a.Kind != council.Internal {
		s.h.metrics.refused.WithLabelValues(reason).Inc()
		s.out.close(code, reason)
		return
	}
	s.log.Error("cannot let a person in", slog.Any("err", err))
	s.h.metrics.refused.WithLabelValues("internal").Inc()
	s.h.retryAndClose(s)
}

// owns checks the resume secret against the seat that is there. A wrong one is worth nothing, and costs nothing.
func (s *socket) owns(m *Resume, held *seat, p auth.Person) bool {
	return m != nil && m.SID == held.sid && held.device == s.device.ID && s.proves(m, held.st.id, p)
}

func (s *socket) proves(m *Resume, sittingID string, p auth.Person) bool {
	return m != nil && s.h.cfg.Resume.Check(m.Secret, m.SID, s.device.ID, sittingID, string(p.ID), p.Rev)
}

// newSID names a new seat: as before when the server restarted and the page proves its old name, else at random.
func (s *socket) newSID(m *Resume, sittingID string, p auth.Person) string {
	if fresh := auth.NewID(); m == nil || len(m.SID) != len(fresh) || !s.proves(m, sittingID, p) {
		return fresh
	}
	return m.SID
}

// pageText is the random text of the page that holds the socket.
func (s *socket) pageText() string {
	if p := s.page.Load(); p != nil {
		return *p
	}
	return ""
}

// enter sits down: the one who lost the seat is told, the welcome goes out, then the views.
func (s *socket) enter(r *room.Room, seat, ended *seat, old *socket, id string, m SessionHello) {
	s.page.Store(&m.Page)
	s.seat.Store(seat)
	if old != nil {
		s.h.metrics.replaced.Inc()
		old.send(SessionReplaced{})
		old.out.close(CloseReplaced, "replaced")
	}
	if ended != nil {
		ended.part()
	}
	resumed := m.Resume != nil && m.Resume.SID == seat.sid
	if resumed {
		s.h.metrics.resumed.Inc()
	}
	if m.Want != nil {
		seat.keepWant(*m.Want)
	}
	ctx, cancel := s.h.actContext()
	defer cancel()
	err := seat.join(ctx, s, r, m, SessionWelcome{
		Re: id, SID: seat.sid,
		Secret: s.h.cfg.Resume.Secret(seat.sid, s.device.ID, seat.st.id, string(seat.person.ID), seat.person.Rev),
		Boot:   r.Boot(), Seq: r.Seq(), Now: time.Now().UnixMilli(),
		Person: seat.person.ID, GraceMS: s.h.cfg.Grace.Milliseconds(), Resumed: resumed,
		RetryMS: s.h.windowTold().Milliseconds(),
	})
	if err != nil {
		s.turnedAway(err, CloseNoSession, "no_person")
	}
}

// admitted tries a waiting hello again.
func (s *socket) admitted() {
	w := s.waiting
	if w.st == nil {
		return
	}
	s.waiting.st = nil
	s.hello(w.id, w.hello)
	if s.waiting.st == nil {
		w.st.leaveLobby(s)
	}
}

// leaveLobby ends the wait of a socket that is gone.
func (s *socket) leaveLobby() {
	if s.waiting.st != nil {
		s.waiting.st.leaveLobby(s)
	}
}

// recheck ends a socket whose device lost its right, or whose person has another revocation counter now.
func (s *socket) recheck() {
	seat := s.seat.Load()
	if seat == nil {
		return
	}
	ctx, cancel := s.h.actContext()
	defer cancel()
	p, err := s.h.cfg.Identity.PersonFor(ctx, s.device, seat.st.id)
	var known *auth.Error
	switch {
	case err == nil && p.ID == seat.person.ID && p.Rev == seat.person.Rev:
	case err == nil || errors.As(err, &known):
		s.out.close(CloseNoSession, "revoked")
	default:
		s.log.Warn("cannot look at a person's right again", slog.Any("err", err))
	}
}

// removed ends a socket whose person the clerk showed out: the media at once, the socket when the own view has told why.
func (s *socket) removed() {
	s.endMedia()
	time.AfterFunc(s.h.times.probe, func() { s.out.close(CloseRefused, "removed") })
}
