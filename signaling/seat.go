package signaling

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/room"
	"nghitruong/sfu"
)

// keptAnswers is how many definite answers a seat repeats by itself; older ones the ledger repeats.
const keptAnswers = 64

// seat is one person's place in a sitting. It outlives its socket by the grace time, with its media and its answers.
//
// sock and grace belong to the sitting's mutex. turn is held while a socket is joined to or parted from the room, so that
// these never interleave; mu guards the rest and is never held over a call out of this package.
type seat struct {
	sid    string
	key    seatKey
	st     *sitting
	device string
	person auth.Person

	sock  *socket     // sitting.mu
	grace *time.Timer // sitting.mu

	turn sync.Mutex
	sub  *room.Subscriber // turn

	mu       sync.Mutex
	known    bool // standing was told
	standing room.Standing
	page     string // of the page that holds the media
	peer     *sfu.Peer
	stale    bool        // peer belongs to a page that is gone
	profile  sfu.Profile // of peer
	want     *MediaWant
	// soundOnly holds the video back while others still wait for their sound
	soundOnly bool
	gone      bool
	stats     *MediaStats // the page's newest measurements
	statsAt   time.Time
	answers   map[string]answer
	order     []string // ids in answers, oldest first
}

// answer is a definite answer and the body that it answered.
type answer struct {
	body  [sha256.Size]byte
	frame []byte
}

func newSeat(st *sitting, key seatKey, s *socket, p auth.Person, sid string) *seat {
	return &seat{sid: sid, key: key, st: st, device: s.device.ID, person: p, sock: s, answers: map[string]answer{}}
}

func (t *seat) stopGrace() {
	if t.grace != nil {
		t.grace.Stop()
		t.grace = nil
	}
}

// ownPlace is where a device is that claims nothing: a hall's device is its hall.
func (t *seat) ownPlace() string {
	if slices.Contains(t.person.Roles, council.RoleHall) {
		return string(t.person.ID)
	}
	return council.Online
}

// place says where the person sits for the ledger: what the room made of the last hello.
func (t *seat) place() string {
	if now, known := t.standingNow(); known && now.Place != "" {
		return now.Place
	}
	return t.ownPlace()
}

// silent says that the device leaves the sound to a hall's loudspeakers: it sits in a hall and is not the hall itself.
func (t *seat) silent(now room.Standing) bool {
	return now.Place != "" && now.Place != t.ownPlace()
}

// join gives the socket the room's views and the seat's media. welcome is sent once the room says where the person stands.
// A socket that lost the seat meanwhile was told so already and gets nothing.
func (t *seat) join(ctx context.Context, s *socket, r *room.Room, m SessionHello, welcome SessionWelcome) error {
	t.turn.Lock()
	defer t.turn.Unlock()
	if !t.holds(s) {
		return nil
	}
	old := t.sub
	sub, err := r.Attach(ctx, room.Attachment{
		Person: t.person.ID, Roles: t.person.Roles, Since: m.Since, Boot: m.Boot, Place: t.ownPlace(), AtHall: m.Place == placeHall,
	}, &outlet{seat: t, s: s, welcome: &welcome})
	if err != nil {
		return fmt.Errorf("signaling: attach: %w", err)
	}
	t.sub = sub
	t.st.hall(t.person, func(l *HallLine) { l.Online = true })
	if old != nil {
		old.Detach()
	}
	if peer := t.peerOf(m.Page); peer != nil {
		if now, known := t.standingNow(); known {
			peer.SetSilent(t.silent(now))
		}
		peer.SetSink(sink{s})
	}
	return nil
}

// peerOf gives the seat's media to the page that had it. Another page numbers its offers anew: its first offer joins the
// conference again, which keeps the sources and slots and ends the old PeerConnections.
func (t *seat) peerOf(page string) *sfu.Peer {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.page != page && page != "" {
		t.stale = true
	}
	t.page = page
	if t.stale {
		return nil
	}
	return t.peer
}

// release parts a socket from the seat. left = the person closed on purpose: no grace for the media.
func (t *seat) release(s *socket, left bool) {
	t.turn.Lock()
	defer t.turn.Unlock()
	st := t.st
	st.mu.Lock()
	if t.sock != s {
		st.mu.Unlock()
		return
	}
	t.sock = nil
	if !left {
		t.grace = time.AfterFunc(st.h.cfg.Grace, t.expire)
	}
	st.mu.Unlock()
	t.partRoom()
	st.hall(t.person, func(l *HallLine) { l.Online, l.Ready = false, false })
	if peer := t.peerNow(); peer != nil {
		peer.SetSink(silence{})
	}
	if left {
		t.expire()
	}
}

// partRoom takes the seat out of the room; turn is held.
func (t *seat) partRoom() {
	if t.sub != nil {
		t.sub.Detach()
		t.sub = nil
	}
}

// part takes a seat that was replaced out of the room and closes its media.
func (t *seat) part() {
	t.turn.Lock()
	t.partRoom()
	t.turn.Unlock()
	t.end()
}

// expire ends a seat whose socket did not come back.
func (t *seat) expire() {
	if t.st.drop(t) {
		t.end()
		t.st.nudge()
	}
}

// end closes the media of a seat that is in no table any more.
func (t *seat) end() {
	t.mu.Lock()
	peer := t.peer
	t.peer, t.gone = nil, true
	t.mu.Unlock()
	if peer != nil {
		peer.Leave()
	}
}

func (t *seat) holds(s *socket) bool {
	t.st.mu.Lock()
	defer t.st.mu.Unlock()
	return t.sock == s
}

func (t *seat) peerNow() *sfu.Peer {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.peer
}

func (t *seat) standingNow() (room.Standing, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.standing, t.known
}

// answered gives the answer to a repeated act: same id and same body.
func (t *seat) answered(m message) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, ok := t.answers[m.ID]
	if !ok || a.body != sum(m) {
		return nil
	}
	return a.frame
}

func (t *seat) remember(m message, b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.answers[m.ID]; ok {
		return
	}
	t.answers[m.ID] = answer{body: sum(m), frame: b}
	t.order = append(t.order, m.ID)
	if len(t.order) > keptAnswers {
		delete(t.answers, t.order[0])
		t.order = t.order[1:]
	}
}

func sum(m message) [sha256.Size]byte {
	h := sha256.New()
	h.Write([]byte(m.Type))
	h.Write([]byte{0})
	h.Write(m.body)
	return [sha256.Size]byte(h.Sum(nil))
}

// outlet takes what the room shows to one socket; it never waits. The room's goroutine alone uses welcome.
type outlet struct {
	seat    *seat
	s       *socket
	welcome *SessionWelcome
}

// View puts a document in its topic's place.
func (o *outlet) View(topic council.Topic, seq uint64, doc []byte) {
	o.s.out.put(string(topic), viewFrame(topic, seq, doc))
}

// Standing welcomes the person the first time, and tells the one who waits; who was shown out has to go.
func (o *outlet) Standing(now room.Standing) {
	o.seat.mu.Lock()
	o.seat.standing, o.seat.known = now, true
	o.seat.mu.Unlock()
	if w := o.welcome; w != nil {
		o.welcome = nil
		w.Roles, w.Audience, w.Place = slices.Clone(now.Roles), now.Audience, now.Place
		o.s.send(*w)
	}
	switch {
	case now.Out:
		o.s.enqueue(work{remove: true})
	case now.Waiting:
		o.s.enqueue(work{wait: true})
		o.s.send(SessionWaiting{Ahead: now.Ahead, Reason: waitAdmission})
	}
}

// actContext bounds one act: it goes on when the socket breaks, because its answer is kept for the return.
func (h *Handler) actContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(h.ctx, h.times.act)
}
