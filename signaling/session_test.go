package signaling

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/sfu"
)

func is(key string, want any) func(map[string]any) bool {
	return func(data map[string]any) bool { return data[key] == want }
}

// openBallot brings a sitting of three deputies to an open ballot and gives its id.
func openBallot(t *testing.T, clerk, chair *client, deputies ...*client) string {
	t.Helper()
	clerk.act("sitting.open", nil)
	clerk.act("rollcall.open", nil)
	for _, d := range append(deputies, chair) {
		d.act("rollcall.checkin", nil)
	}
	chair.act("agenda.goto", map[string]any{"item": "m1"})
	chair.act("ballot.open", map[string]any{"item": "m1"})
	v := chair.view("ballot", func(d map[string]any) bool { return d["ballot"] != nil })
	return v["data"].(map[string]any)["ballot"].(map[string]any)["id"].(string)
}

func TestAVoteFromHandToVerdict(t *testing.T) {
	h := newHouse(t)
	clerk, chair, deputy := h.join("clerk"), h.join("p01"), h.join("p02")
	ballot := openBallot(t, clerk, chair, deputy)
	vote := map[string]any{"ballot": ballot, "choice": "for"}
	first := deputy.act("vote.cast", vote)
	deputy.view("self", is("choice", "for"))
	chair.act("vote.cast", map[string]any{"ballot": ballot, "choice": "against"})
	again := deputy.answer(func() string { id := first["re"].(string); deputy.sendAs(id, "vote.cast", vote); return id }())
	if again["seq"] != first["seq"] || again["at"] != first["at"] {
		t.Errorf("the same act was answered %v, then %v", first, again)
	}
	deputy.sendAs(first["re"].(string), "vote.cast", map[string]any{"ballot": ballot, "choice": "against"})
	if m := deputy.answer(first["re"].(string)); m["type"] != "error" || m["kind"] != "conflict" {
		t.Errorf("an id with another choice: %v", m)
	}
	chair.act("ballot.close", map[string]any{"ballot": ballot})
	closed := func(d map[string]any) bool {
		b, _ := d["ballot"].(map[string]any)
		return b != nil && b["state"] == "closed"
	}
	for _, c := range []*client{clerk, chair, deputy} {
		v := c.view("ballot", closed)
		res := v["data"].(map[string]any)["ballot"].(map[string]any)["result"].(map[string]any)
		if res["passed"] != false || res["present"] != 2.0 {
			t.Errorf("result %v", res)
		}
	}
	if m := deputy.answer(deputy.send("ballot.open", map[string]any{"item": "m1"})); m["kind"] != "not_allowed" {
		t.Errorf("a deputy opened a ballot: %v", m)
	}
	if m := deputy.answer(deputy.send("vote.cast", vote)); m["type"] != "error" || m["kind"] == "internal" {
		t.Errorf("a vote after the close: %v", m)
	}
}

func TestViewsHaveNoNullLists(t *testing.T) {
	h := newHouse(t)
	var check func(path string, v any)
	check = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				check(path+"."+k, x)
			}
		case []any:
			for _, x := range v {
				check(path+"[]", x)
			}
		case nil:
			if !strings.HasSuffix(path, ".holder") && !strings.HasSuffix(path, ".ballot") {
				t.Errorf("%s is null", path)
			}
		}
	}
	for _, p := range []council.PersonID{"clerk", "p01", "hall1", "display"} {
		c := h.join(p)
		for _, topic := range council.Topics {
			v := c.view(string(topic), func(map[string]any) bool { return true })
			check(string(p)+"."+string(topic), v["data"])
		}
	}
}

func TestResumeKeepsSeatAndAnswers(t *testing.T) {
	h := newHouse(t)
	clerk, chair, deputy := h.join("clerk"), h.join("p01"), h.join("p02")
	ballot := openBallot(t, clerk, chair, deputy)
	done := deputy.act("vote.cast", map[string]any{"ballot": ballot, "choice": "for"})
	id := done["re"].(string)
	sid := deputy.sid
	deputy.cut()

	back := h.dial(deputy.cookie)
	m := back.hello(map[string]any{"page": "page-of-p02", "resume": deputy.resume(), "since": done["seq"], "boot": h.rooms.Boot()})
	if m["resumed"] != true || back.sid != sid || m["person"] != "p02" {
		t.Fatalf("welcome %v", m)
	}
	back.sendAs(id, "vote.cast", map[string]any{"ballot": ballot, "choice": "for"})
	if again := back.answer(id); again["type"] != "ok" || again["seq"] != done["seq"] {
		t.Errorf("repeated vote: %v, want %v", again, done)
	}
	chair.view("ballot", func(d map[string]any) bool { return d["ballot"].(map[string]any)["pressed"] == 1.0 })
}

func TestResumeOutlivesTheServer(t *testing.T) {
	h := newHouse(t)
	clerk, chair, deputy := h.join("clerk"), h.join("p01"), h.join("p02")
	ballot := openBallot(t, clerk, chair, deputy)
	done := deputy.act("vote.cast", map[string]any{"ballot": ballot, "choice": "for"})
	h.stop()
	h.start()
	back := h.dial(deputy.cookie)
	m := back.hello(map[string]any{"page": "page-of-p02", "resume": deputy.resume(), "since": done["seq"], "boot": "another"})
	if m["resumed"] != true || back.sid != deputy.sid {
		t.Fatalf("welcome %v", m)
	}
	back.sendAs(done["re"].(string), "vote.cast", map[string]any{"ballot": ballot, "choice": "for"})
	if again := back.answer(done["re"].(string)); again["type"] != "ok" || again["seq"] != done["seq"] {
		t.Errorf("repeated vote after the restart: %v, want %v", again, done)
	}
	back.view("self", is("choice", "for"))
}

func TestForgedResumeIsWorthNothing(t *testing.T) {
	h := newHouse(t)
	deputy, other := h.join("p02"), h.dial(h.device("p03", ""))
	m := other.hello(map[string]any{"resume": deputy.resume()})
	if m["type"] != "session.welcome" || m["person"] != "p03" || m["resumed"] != false || m["sid"] == deputy.sid {
		t.Fatalf("a stolen secret gave %v", m)
	}
	deputy.answer(deputy.send("session.ping", nil)) // nothing happened to its owner
}

func TestDuplicateTabs(t *testing.T) {
	h := newHouse(t)
	deputy := h.join("p02")
	copied := map[string]any{"page": "copied", "resume": deputy.resume()}
	tests := []struct {
		name   string
		cookie string
		hello  map[string]any
	}{
		{"another device", h.device("p02", ""), nil},
		{"a second tab", deputy.cookie, nil},
		{"a copied tab with the same secret", deputy.cookie, copied},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := h.dial(tt.cookie)
			if m := c.hello(tt.hello); m["type"] != "session.elsewhere" {
				t.Fatalf("hello: %v", m)
			}
			if m := c.answer(c.send("rollcall.checkin", nil)); m["code"] != "busy" {
				t.Errorf("an act before the welcome: %v", m)
			}
			c.cut()
		})
	}
	deputy.answer(deputy.send("session.ping", nil))

	taker := h.dial(h.device("p02", ""))
	if m := taker.hello(nil); m["type"] != "session.elsewhere" {
		t.Fatalf("hello: %v", m)
	}
	if m := taker.hello(map[string]any{"take": true}); m["type"] != "session.welcome" || m["resumed"] != false {
		t.Fatalf("take: %v", m)
	}
	deputy.expect("session.replaced")
	deputy.closes(CloseReplaced, "replaced")
}

func TestTheSamePageReplacesItsHalfOpenSocket(t *testing.T) {
	h := newHouse(t)
	deputy := h.join("p02")
	back := h.dial(deputy.cookie)
	if m := back.hello(map[string]any{"page": "page-of-p02", "resume": deputy.resume()}); m["resumed"] != true {
		t.Fatalf("hello: %v", m)
	}
	deputy.closes(CloseReplaced, "replaced")
	back.act("message.send", map[string]any{"to": "clerk", "text": "còn đây"})
}

func TestWaitingRoomAndRemoval(t *testing.T) {
	h := newHouse(t)
	clerk := h.join("clerk")
	clerk.act("admission.set", map[string]any{"on": true})
	citizen := h.dial(h.device("citizen-1", council.RoleCitizen))
	if m := citizen.hello(nil); m["type"] != "session.welcome" || m["audience"] != "citizen" {
		t.Fatalf("hello: %v", m)
	}
	if m := citizen.expect("session.waiting"); m["reason"] != "admission" {
		t.Errorf("waiting: %v", m)
	}
	if m := citizen.answer(citizen.send("media.offer", map[string]any{"pc": "sub", "gen": 1, "sdp": "v=0\r\n"})); m["code"] != "not_allowed" {
		t.Errorf("an offer from the waiting room: %v", m)
	}
	clerk.act("admission.admit", map[string]any{"all": true})
	citizen.view("self", is("waiting", false))
	if m := citizen.answer(citizen.send("media.offer", map[string]any{"pc": "sub", "gen": 2, "sdp": "v=0\r\n"})); m["code"] != "bad_offer" {
		t.Errorf("an offer after the admission: %v", m)
	}
	if !h.inMedia("citizen-1") {
		t.Error("an admitted citizen's offer joined no conference")
	}
	clerk.act("admission.refuse", map[string]any{"person": "citizen-1", "reason": "gây ồn"})
	citizen.view("self", is("refused", "gây ồn"))
	eventually(t, "the media of who was shown out ended", func() bool { return !h.inMedia("citizen-1") })
	citizen.closes(CloseRefused, "removed")
}

// inMedia says whether a person has a place in the conference.
func (h *house) inMedia(who string) bool {
	return slices.ContainsFunc(h.media.Conference(sitting1).Stats(), func(s sfu.PeerStats) bool { return s.Who == who })
}

// TestManyDevicesRaceForOneSeat: whoever comes last and wants it has the seat; everybody else is told, and the room counts one.
func TestManyDevicesRaceForOneSeat(t *testing.T) {
	h := newHouse(t)
	clerk := h.join("clerk")
	const devices = 8
	all := make([]*client, devices)
	for i := range all {
		all[i] = h.dial(h.device("p02", ""))
	}
	for _, c := range all {
		c.send("session.hello", map[string]any{"door": door, "take": true})
	}
	eventually(t, "one socket is left", func() bool { return h.sockets() == 2 })
	winner := h.socketOf("p02")
	open := 0
	for _, c := range all {
		select {
		case _, live := <-drained(c):
			if live {
				open++
			}
		default:
			open++
		}
	}
	if open != 1 || !winner.seat.Load().holds(winner) {
		t.Errorf("%d of %d sockets are open", open, devices)
	}
	clerk.view("people", func(d map[string]any) bool { return d["counts"].(map[string]any)["online"] == 2.0 })
}

// drained gives the inbox of a client after what has come already; it is closed when the socket is.
func drained(c *client) <-chan map[string]any {
	for len(c.inbox) > 0 {
		<-c.inbox
	}
	return c.inbox
}

func TestFullRoom(t *testing.T) {
	h := newHouse(t, func(c *Config, _ *timing) { c.Seats, c.Reserve, c.Grace = 3, 1, time.Millisecond })
	first, second := h.dial(h.device("c1", council.RoleCitizen)), h.dial(h.device("c2", council.RoleCitizen))
	first.hello(nil)
	second.hello(nil)
	third, fourth := h.dial(h.device("c3", council.RoleCitizen)), h.dial(h.device("c4", council.RoleCitizen))
	for i, c := range []*client{third, fourth} {
		if m := c.hello(nil); m["type"] != "session.waiting" || m["reason"] != "full" || m["ahead"] != float64(i) {
			t.Fatalf("hello %d: %v", i, m)
		}
	}
	h.join("p02") // from the reserve
	first.cut()
	third.expect("session.welcome")
	if m := fourth.expect("session.waiting"); m["ahead"] != 0.0 && m["ahead"] != 1.0 {
		t.Errorf("the next one: %v", m)
	}
	third.cut()
	fourth.expect("session.welcome")
}

func TestDrainTellsWhenToComeBack(t *testing.T) {
	h := newHouse(t)
	a, b := h.join("p01"), h.join("p02")
	must(t, h.handler.Drain(t.Context()))
	for _, c := range []*client{a, b} {
		if m := c.expect("session.retry"); m["in_ms"].(float64) < 100 || m["in_ms"].(float64) > 1000 {
			t.Errorf("retry %v", m)
		}
		c.closes(CloseRestarting, "restart")
	}
	_, resp, err := h.tryDial(a.cookie, http.Header{})
	if err == nil || resp == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a socket after the drain: %v, %v", resp, err)
	}
}

// TestSlowReader is the short form of: a client that stops reading is dropped, and nobody else waits for it.
func TestSlowReader(t *testing.T) {
	h := newHouse(t, func(_ *Config, times *timing) {
		times.read, times.write, times.ping = 1500*time.Millisecond, time.Second, 200*time.Millisecond
	})
	clerk := h.join("clerk")
	for range 3 {
		h.slowConn(h.device("p02", ""))
	}
	deputy := h.join("p03")
	eventually(t, "all connected", func() bool { return h.sockets() >= 5 })
	for i := range 20 {
		began := time.Now()
		clerk.act("message.send", map[string]any{"to": "all", "text": strings.Repeat("ý kiến ", 100)})
		if d := time.Since(began); d > 3*time.Second {
			t.Errorf("act %d took %v beside a slow reader", i, d)
		}
	}
	deputy.view("messages", func(d map[string]any) bool { return len(d["items"].([]any)) == 20 })
	eventually(t, "slow readers dropped", func() bool { return h.sockets() == 2 })
}

func (h *house) sockets() int {
	h.handler.mu.Lock()
	defer h.handler.mu.Unlock()
	return len(h.handler.sockets)
}

func TestLeavingFreesTheSeatAtOnce(t *testing.T) {
	h := newHouse(t)
	c := h.join("p02")
	must(t, c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(patience)))
	eventually(t, "the seat is free", func() bool { return h.handler.people() == 0 })
}

func TestTheSeatEndsWithItsGrace(t *testing.T) {
	h := newHouse(t, func(c *Config, _ *timing) { c.Grace = 200 * time.Millisecond })
	c := h.join("p02")
	c.answer(c.send("media.offer", map[string]any{"pc": "sub", "gen": 1, "sdp": "v=0\r\n"}))
	if !h.inMedia("p02") {
		t.Error("an offer joined no conference")
	}
	c.cut()
	eventually(t, "the seat ended", func() bool { return h.handler.people() == 0 })
	eventually(t, "its media too", func() bool { return !h.inMedia("p02") })
	back := h.dial(c.cookie)
	if m := back.hello(map[string]any{"resume": c.resume()}); m["type"] != "session.welcome" {
		t.Errorf("back after the grace: %v", m)
	}
}

// bomb is an identity that panics for one device.
type bomb struct {
	Identity
	armed *atomic.Value
}

func (b bomb) PersonFor(ctx context.Context, d auth.Device, sitting string) (auth.Person, error) {
	if b.armed.CompareAndSwap(d.ID, "") {
		panic("bomb")
	}
	return b.Identity.PersonFor(ctx, d, sitting)
}

// TestAPanicEndsOneSessionOnly: whatever breaks in one session's goroutine, the others go on, and the broken one comes back.
func TestAPanicEndsOneSessionOnly(t *testing.T) {
	var armed atomic.Value
	h := newHouse(t, func(c *Config, _ *timing) { c.Identity = bomb{c.Identity, &armed} })
	witness, c := h.join("p01"), h.join("p02")
	armed.Store(h.socketOf("p02").device.ID)
	h.handler.Revoked(sitting1, "p02", "")
	c.closes(websocket.CloseInternalServerErr, "internal")
	witness.act("message.send", map[string]any{"to": "all", "text": "vẫn còn"})
	back := h.dial(c.cookie)
	if m := back.hello(map[string]any{"resume": c.resume(), "page": "page-of-p02"}); m["resumed"] != true {
		t.Errorf("back: %v", m)
	}
}
