package signaling

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"nghitruong/council"
)

// newHandPace is a pace whose places and looks the test gives by hand.
func newHandPace() (*pace, *atomic.Int64) {
	var places atomic.Int64
	p := &pace{every: time.Hour, most: 100, allow: func() bool {
		if places.Load() == 0 {
			return false
		}
		places.Add(-1)
		return true
	}}
	return p, &places
}

func TestPaceLetsInByRankAndArrival(t *testing.T) {
	p, places := newHandPace()
	places.Store(1)
	if waited, err := p.enter(t.Context(), rankCitizen, nil); waited || err != nil {
		t.Fatalf("with a free place: waited %v, %v", waited, err)
	}
	in := make(chan string, 8)
	var ahead atomic.Int64
	join := func(name string, rank int) {
		before := p.waiting()
		go func() {
			if waited, err := p.enter(t.Context(), rank, func(n int) {
				if name == "citizen 2" {
					ahead.Store(int64(n))
				}
			}); err != nil || !waited {
				t.Errorf("%s: waited %v, %v", name, waited, err)
			}
			in <- name
		}()
		eventually(t, name+" waits", func() bool { return p.waiting() == before+1 })
	}
	join("citizen 1", rankCitizen)
	join("guest", rankListed)
	join("citizen 2", rankCitizen)
	join("deputy", rankFirst)
	join("chair", rankFirst)
	want := []string{"deputy", "chair", "guest", "citizen 1", "citizen 2"}
	for i, name := range want {
		p.pump() // no place: only the numbers are told
		if i == 0 && ahead.Load() != 4 {
			t.Errorf("the last one was told %d", ahead.Load())
		}
		places.Store(1)
		p.pump()
		if got := <-in; got != name {
			t.Errorf("number %d is %s, want %s", i, got, name)
		}
	}
}

func TestPaceForgetsWhoLeft(t *testing.T) {
	p, places := newHandPace()
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := p.enter(ctx, rankFirst, func(int) {})
		left <- err
	}()
	eventually(t, "one waits", func() bool { return p.waiting() == 1 })
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("left with %v", err)
	}
	places.Store(1)
	p.pump()
	if p.waiting() != 0 || places.Load() != 1 {
		t.Errorf("%d wait, %d places", p.waiting(), places.Load())
	}
}

func TestPaceBoundsTheRate(t *testing.T) {
	for _, n := range []int{-1, 0, 500} {
		p := newPace(n)
		for range 2 * connectionsBurst {
			if _, err := p.enter(t.Context(), rankCitizen, func(int) {}); err != nil {
				t.Fatal(err)
			}
			p.done()
		}
	}
	p := newPace(1)
	taken := 0
	for p.allow() {
		taken++
	}
	if taken != connectionsBurst {
		t.Errorf("%d at once, want %d", taken, connectionsBurst)
	}
}

func TestPaceBoundsAnswersAtTheSameTime(t *testing.T) {
	p := &pace{every: time.Hour, most: 1, allow: func() bool { return true }}
	enter := func(ctx context.Context) chan error {
		c := make(chan error, 1)
		go func() {
			_, err := p.enter(ctx, rankFirst, func(int) {})
			c <- err
		}()
		return c
	}
	if err := <-enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	next := enter(t.Context())
	eventually(t, "the second waits", func() bool { return p.waiting() == 1 })
	p.done()
	if err := <-next; err != nil {
		t.Fatal(err)
	}
	p.leave(&queued{}) // let in at the moment when it gave up
	if p.inside != 0 || p.waiting() != 0 {
		t.Errorf("%d inside, %d wait", p.inside, p.waiting())
	}
}

// TestPaceWelcomesFirst: while somebody waits for the welcome fewer offers are answered at the same time, but some.
func TestPaceWelcomesFirst(t *testing.T) {
	p := newPace(1000)
	p.allow = func() bool { return true }
	greeted := p.greet()
	other := p.greet()
	inside := func() (n int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for p.room() {
			n++
		}
		p.inside = 0
		return n
	}
	if n := inside(); n != p.few || n < 1 {
		t.Errorf("%d answered during a hello, want %d", n, p.few)
	}
	greeted()
	greeted()
	if n := inside(); n != p.few {
		t.Errorf("%d answered during the other hello, want %d", n, p.few)
	}
	other()
	if n := inside(); n != p.most || n <= p.few {
		t.Errorf("%d answered when all are welcomed, want %d", n, p.most)
	}
}

// TestHelloIsCountedOnce: whether welcomed, malformed or gone without a word, no socket holds up the media for longer than it lives.
func TestHelloIsCountedOnce(t *testing.T) {
	h := newHouse(t)
	greeting := func() int64 { return h.handler.pace.greeting.Load() }
	h.join("p02")
	eventually(t, "the welcomed one is not counted", func() bool { return greeting() == 0 })
	mute := h.dial(h.device("p03", council.RoleDeputy))
	eventually(t, "the silent one is counted", func() bool { return greeting() == 1 })
	mute.cut()
	eventually(t, "the silent one is gone", func() bool { return greeting() == 0 })
}

func TestRankOf(t *testing.T) {
	for role, want := range map[council.Role]int{
		council.RoleChair: rankFirst, council.RoleHall: rankFirst, council.RoleDeputy: rankFirst,
		council.RoleClerk: rankListed, council.RoleGuest: rankListed, council.RoleDisplay: rankListed, council.RoleCitizen: rankCitizen,
	} {
		if got := rankOf([]council.Role{role}); got != want {
			t.Errorf("%s has rank %d, want %d", role, got, want)
		}
	}
	if got := rankOf([]council.Role{council.RoleClerk, council.RoleDeputy}); got != rankFirst {
		t.Errorf("two roles: %d", got)
	}
}

// TestOffersWaitTheirTurn: with no place for a new connection an offer waits and says so, a vote does not, and who waited gets its
// pictures when nobody waits any more.
func TestOffersWaitTheirTurn(t *testing.T) {
	h := newHouse(t)
	p, places := newHandPace()
	h.handler.pace = p
	chair, c := h.join("p01"), h.join("p02")
	page := map[string]any{"step": "full", "tiles": 4, "visible": true}
	c.send("media.want", page)
	id := c.send("media.offer", map[string]any{"pc": "sub", "gen": 1, "sdp": "v=0\r\n"})
	eventually(t, "the offer waits", func() bool { return p.waiting() == 1 })
	p.pump()
	if m := c.expect("media.waiting"); m["re"] != id || m["pc"] != "sub" || m["ahead"] != 0.0 {
		t.Errorf("told %v", m)
	}
	if m := c.answer(c.send("message.send", map[string]any{"to": "clerk", "text": "chưa nghe được"})); m["type"] != "ok" {
		t.Errorf("an act of the one who waits: %v", m)
	}

	restart := chair.send("media.offer", map[string]any{"pc": "sub", "gen": 1, "restart": true, "sdp": "v=0\r\n"})
	if m := chair.answer(restart); m["type"] != "media.refused" {
		t.Errorf("a restart without a connection: %v", m)
	}
	places.Store(1)
	p.pump()
	if m := c.answer(id); m["type"] != "media.refused" || m["code"] != "bad_offer" {
		t.Errorf("the offer that waited: %v", m)
	}
	seat := h.socketOf("p02").seat.Load()
	step := func() string {
		seat.mu.Lock()
		defer seat.mu.Unlock()
		return seat.wanted().Step
	}
	eventually(t, "the pictures come", func() bool { return step() == "full" })
}

func TestSoundComesBeforeVideo(t *testing.T) {
	h := newHouse(t)
	h.join("p02")
	seat := h.socketOf("p02").seat.Load()
	seat.holdVideo()
	if seat.soundOnly {
		t.Error("held the video of a page that told no wish")
	}
	for _, step := range []string{"full", "speaker"} { // also a wish that comes meanwhile
		seat.keepWant(MediaWant{Step: step, Visible: true})
		seat.holdVideo()
		if got := seat.wanted().Step; got != "audio" {
			t.Errorf("held %s is %s", step, got)
		}
	}
	h.handler.giveVideo(time.Now())
	if got := seat.wanted().Step; got != "speaker" {
		t.Errorf("given back %s", got)
	}
}

func TestHeldVideoWaitsForTheQueueButNotForEver(t *testing.T) {
	h := newHouse(t)
	p, _ := newHandPace()
	h.handler.pace = p
	h.join("p02")
	seat := h.socketOf("p02").seat.Load()
	seat.keepWant(MediaWant{Step: "full", Visible: true})
	seat.holdVideo()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = p.enter(ctx, rankFirst, func(int) {}) // ends by the cancel
	}()
	eventually(t, "one waits", func() bool { return p.waiting() == 1 })
	h.handler.giveVideo(time.Now())
	if seat.wanted().Step != "audio" {
		t.Error("video was given while others wait")
	}
	h.handler.giveVideo(time.Now().Add(-videoHeldMax))
	if seat.wanted().Step != "full" {
		t.Error("video is held for ever")
	}
	cancel()
	<-done
}

func TestTheWindowIsToldInAdvance(t *testing.T) {
	h := newHouse(t)
	c := h.dial(h.device("p02", ""))
	if m := c.hello(nil); m["retry_ms"] != 300.0 {
		t.Errorf("welcome %v", m)
	}
	h.handler.mu.Lock()
	fake := make([]*socket, 200)
	for i := range fake {
		fake[i] = newSocket(h.handler, nil, h.socketOfLocked("p02").device)
		h.handler.sockets[fake[i]] = struct{}{}
	}
	h.handler.mu.Unlock()
	h.handler.tellWindow()
	if m := c.expect("session.window"); m["retry_ms"] != 1005.0 {
		t.Errorf("with 201 people: %v", m)
	}
	h.handler.mu.Lock()
	for _, s := range fake {
		s.cancel()
		delete(h.handler.sockets, s)
	}
	h.handler.mu.Unlock()
	h.handler.tellWindow()
	if m := c.expect("session.window"); m["retry_ms"] != 300.0 {
		t.Errorf("alone again: %v", m)
	}
}

func TestRetryWindow(t *testing.T) {
	for n, want := range map[int]time.Duration{0: 300 * time.Millisecond, 30: 300 * time.Millisecond, 200: time.Second, 1000: 5 * time.Second} {
		if got := retryWindow(n); got != want {
			t.Errorf("%d people: %v, want %v", n, got, want)
		}
	}
	var all []time.Duration
	for range 400 {
		all = append(all, retryIn(2*time.Second))
	}
	if slices.Min(all) < 100*time.Millisecond || slices.Max(all) > 2100*time.Millisecond || slices.Max(all)-slices.Min(all) < time.Second {
		t.Errorf("drawn from %v to %v", slices.Min(all), slices.Max(all))
	}
}
