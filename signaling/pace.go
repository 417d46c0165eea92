package signaling

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"nghitruong/council"
)

// Pace of new PeerConnections: each costs a DTLS handshake of some milliseconds, and after a restart all come at once.
const (
	connectionsPerCPU = 50 // a second
	connectionsBurst  = 20 // at once, of which nobody notices
	answersPerCPU     = 2  // offers answered at the same time: more would only all be late, and votes with them
	cpusPerAnswer     = 2  // while people say hello: who is not welcomed can neither vote nor ask for sound
	tellAheadEvery    = 500 * time.Millisecond
	videoHeldMax      = 8 * time.Second
)

// Ranks of those who wait: lower goes first.
const (
	rankFirst   = iota // who leads and whom everybody hears: chair, halls, deputies
	rankListed         // everybody else on the list
	rankCitizen        // citizens
)

// rankOf orders those who wait for their media.
func rankOf(roles []council.Role) int {
	first := func(r council.Role) bool {
		return r == council.RoleChair || r == council.RoleHall || r == council.RoleDeputy
	}
	switch {
	case slices.ContainsFunc(roles, first):
		return rankFirst
	case listed(roles):
		return rankListed
	default:
		return rankCitizen
	}
}

// pace lets new PeerConnections begin one by one, by rank and then by arrival. Votes and views never pass here. It has no goroutine:
// those who wait are let in by a timer that runs only while somebody waits.
type pace struct {
	allow func() bool   // takes one place when there is one now
	every time.Duration // between two looks
	most  int           // offers answered at the same time
	few   int           // the same while somebody waits for the welcome

	greeting atomic.Int64 // sockets whose hello is not answered

	mu     sync.Mutex
	inside int // offers that were let in and are not done
	queue  []*queued
	armed  bool
	toldAt time.Time
}

// queued is an offer that waits.
type queued struct {
	rank int
	tell func(ahead int) // never blocks
	let  chan struct{}   // closed when it may begin
}

// newPace makes a pace of n connections a second: 0 means 50 for each CPU, below 0 no bound.
func newPace(n int) *pace {
	if n < 0 {
		return &pace{allow: func() bool { return true }, every: time.Millisecond, most: math.MaxInt, few: math.MaxInt}
	}
	if n == 0 {
		n = connectionsPerCPU * runtime.GOMAXPROCS(0)
	}
	bucket, cpus := rate.NewLimiter(rate.Limit(n), connectionsBurst), runtime.GOMAXPROCS(0)
	return &pace{
		allow: bucket.Allow, every: max(time.Millisecond, time.Second/time.Duration(n)),
		most: answersPerCPU * cpus, few: max(1, cpus/cpusPerAnswer),
	}
}

// greet notes that a socket came; greeted, called once, that its hello was answered or never will be.
func (p *pace) greet() (greeted func()) {
	p.greeting.Add(1)
	return sync.OnceFunc(func() { p.greeting.Add(-1) })
}

// enter returns when an offer may be answered; waited = others were before it. done must be called after the answer. The error is the
// context's, and then there is nothing to call.
func (p *pace) enter(ctx context.Context, rank int, tell func(ahead int)) (waited bool, err error) {
	p.mu.Lock()
	if len(p.queue) == 0 && p.room() {
		p.mu.Unlock()
		return false, nil
	}
	q := &queued{rank: rank, tell: tell, let: make(chan struct{})}
	at := len(p.queue)
	for at > 0 && p.queue[at-1].rank > rank {
		at--
	}
	p.queue = slices.Insert(p.queue, at, q)
	p.arm()
	p.mu.Unlock()
	select {
	case <-q.let:
		return true, nil
	case <-ctx.Done():
		p.leave(q)
		return true, ctx.Err()
	}
}

// room takes a place inside when there is one; p.mu is held.
func (p *pace) room() bool {
	most := p.most
	if p.greeting.Load() > 0 {
		most = p.few
	}
	if p.inside >= most || !p.allow() {
		return false
	}
	p.inside++
	return true
}

// done gives a place back, to the next at once.
func (p *pace) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inside--
	p.admit()
}

// leave takes out one who does not wait any more, also when it was let in at the same moment.
func (p *pace) leave(q *queued) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.queue, q); i >= 0 {
		p.queue = slices.Delete(p.queue, i, i+1)
		return
	}
	p.inside--
	p.admit()
}

// waiting counts those who wait.
func (p *pace) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue)
}

// arm sets the timer of the next look; p.mu is held.
func (p *pace) arm() {
	if !p.armed && len(p.queue) > 0 {
		p.armed = true
		time.AfterFunc(p.every, p.pump)
	}
}

// admit lets in as many as have a place now; p.mu is held.
func (p *pace) admit() {
	for len(p.queue) > 0 && p.room() {
		close(p.queue[0].let)
		p.queue[0] = nil
		p.queue = p.queue[1:]
	}
}

// pump lets in as many as have a place now, and tells the others twice a second how many are before them.
func (p *pace) pump() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = false
	p.admit()
	if now := time.Now(); now.Sub(p.toldAt) >= tellAheadEvery {
		p.toldAt = now
		for i, q := range p.queue {
			q.tell(i)
		}
	}
	p.arm()
}

// mayConnect waits until a new PeerConnection of the seat may begin; the client is told its place in the queue. Who had to wait gets
// sound first: its video is held until nobody waits. false = the socket ended; else pace.done follows the answer.
func (s *socket) mayConnect(seat *seat, p pendingOffer) bool {
	now, _ := seat.standingNow()
	waited, err := s.h.pace.enter(s.ctx, rankOf(now.Roles), func(ahead int) {
		if b, err := encode(MediaWaiting{Re: p.id, PC: p.offer.PC, Ahead: ahead}); err == nil {
			s.out.put("media.waiting."+string(p.offer.PC), frame{head: b})
		}
	})
	if err != nil {
		return false
	}
	if waited {
		seat.holdVideo()
		s.h.videoLater(time.Now())
	}
	return true
}

// videoLater gives the held video when nobody waits any more, at the latest videoHeldMax after the first was held.
func (h *Handler) videoLater(since time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.holding {
		return
	}
	h.holding = true
	time.AfterFunc(tellAheadEvery, func() { h.giveVideo(since) })
}

func (h *Handler) giveVideo(since time.Time) {
	h.mu.Lock()
	h.holding = false
	h.mu.Unlock()
	if h.ctx.Err() != nil {
		return
	}
	if h.pace.waiting() > 0 && time.Since(since) < videoHeldMax {
		h.videoLater(since)
		return
	}
	for _, st := range h.all() {
		for _, seat := range st.people() {
			seat.giveVideo()
		}
	}
}

// people are the seats of a sitting.
func (st *sitting) people() []*seat {
	st.mu.Lock()
	defer st.mu.Unlock()
	out := make([]*seat, 0, len(st.seats))
	for _, seat := range st.seats {
		out = append(out, seat)
	}
	return out
}

// holdVideo stops the pictures towards a page that told what it shows, until giveVideo.
func (t *seat) holdVideo() {
	t.mu.Lock()
	t.soundOnly = t.want != nil
	peer, want := t.peer, t.wanted()
	t.mu.Unlock()
	if peer != nil && want != nil {
		peer.Want(*want)
	}
}

// giveVideo ends holdVideo.
func (t *seat) giveVideo() {
	t.mu.Lock()
	held := t.soundOnly
	t.soundOnly = false
	peer, want := t.peer, t.wanted()
	t.mu.Unlock()
	if held && peer != nil && want != nil {
		peer.Want(*want)
	}
}
