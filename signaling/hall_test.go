package signaling

import (
	"testing"

	"nghitruong/council"
)

// TestWhoMaySitInAHall: only the own entry on the list names a hall; every other claim is ignored.
func TestWhoMaySitInAHall(t *testing.T) {
	h := newHouse(t)
	for _, tt := range []struct {
		name   string
		person council.PersonID
		role   council.Role
		claim  string
		want   string
	}{
		{"on the hall's list", "p03", "", "hall", "hall1"},
		{"says nothing", "p03", "", "", "online"},
		{"says something else", "p03", "", "hall1", "online"},
		{"on no hall's list", "p02", "", "hall", "online"},
		{"on no list", "cu1", council.RoleCitizen, "hall", "online"},
		{"the hall itself", "hall1", "", "hall", "hall1"},
		{"the hall without a claim", "hall1", "", "", "hall1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := h.dial(h.device(tt.person, tt.role))
			m := c.hello(map[string]any{"page": "p", "take": true, "place": tt.claim})
			if m["type"] != "session.welcome" || m["place"] != tt.want {
				t.Errorf("welcome %v, want place %q", m, tt.want)
			}
		})
	}
}

// TestHallMode: who sits in a hall is checked in there, speaks through it, and hears nothing on the own device.
func TestHallMode(t *testing.T) {
	h := newHouse(t)
	clerk, chair := h.join("clerk"), h.join("p01")
	clerk.act("sitting.open", nil)
	clerk.act("rollcall.open", nil)
	speaker(t, chair)

	inHall := map[string]any{"page": "first", "place": "hall", "want": map[string]any{"step": "full", "visible": true}}
	deputy := h.dial(h.device("p03", ""))
	if m := deputy.hello(inHall); m["place"] != "hall1" {
		t.Fatalf("welcome %v", m)
	}
	deputy.act("rollcall.checkin", nil)
	place := func(want string) func(map[string]any) bool {
		return func(d map[string]any) bool {
			rows, _ := d["rows"].([]any)
			for _, r := range rows {
				if r := r.(map[string]any); r["person"] == "p03" {
					return r["place"] == want
				}
			}
			return false
		}
	}
	clerk.view("rollcall", place("hall1"))
	deputy.act("queue.raise", nil)
	clerk.view("queue", func(d map[string]any) bool {
		e := d["entries"].([]any)
		return len(e) == 1 && e[0].(map[string]any)["hall"] == "hall1"
	})
	deputy.act("queue.withdraw", nil)

	pc, heard := receiver(t)
	if m := deputy.offer(pc, "sub", "audience"); m["type"] != "media.answer" {
		t.Fatalf("sub: %v", m)
	}
	deputy.next("the chair's microphone", sourceOf("p01", "mic"))
	deputy.next("the slots stay empty while the chair speaks", slots(0))
	if n := heard.Load(); n != 0 {
		t.Errorf("%d packets of sound came to a silent device", n)
	}

	// The same page leaves the hall: its PeerConnection stays and fills with sound.
	deputy.cut()
	back := h.dial(deputy.cookie)
	if m := back.hello(map[string]any{"page": "first", "resume": deputy.resume()}); m["resumed"] != true || m["place"] != "online" {
		t.Fatalf("back: %v", m)
	}
	eventually(t, "the chair is heard", func() bool { return heard.Load() > 10 })
	back.act("rollcall.checkin", nil)
	clerk.view("rollcall", place("online"))

	back.cut()
	again := h.dial(deputy.cookie)
	if m := again.hello(map[string]any{"page": "first", "resume": deputy.resume(), "place": "hall"}); m["place"] != "hall1" {
		t.Fatalf("in the hall again: %v", m)
	}
	again.next("no sound any more", slots(0))
}

// slots says that the assignment has n sources of sound.
func slots(n int) func(map[string]any) bool {
	return func(m map[string]any) bool {
		if m["type"] != "media.slots" {
			return false
		}
		got := 0
		for _, src := range m["a"].([]any) {
			if src != 0.0 {
				got++
			}
		}
		return got == n
	}
}

// TestPriorityFollowsWhoPresides: the media hear from the room who presides, not only from the roles.
func TestPriorityFollowsWhoPresides(t *testing.T) {
	d := direction(council.MediaDirection{Chair: "clerk", Priority: map[council.PersonID]bool{"clerk": true, "hall1": true}, Closed: true})
	if !d.Priority["clerk"] || !d.Priority["hall1"] || d.Priority["p01"] || len(d.Priority) != 2 || !d.Closed {
		t.Errorf("priority %v", d.Priority)
	}
	if none := direction(council.MediaDirection{}).Priority; none == nil {
		t.Error("a room that names nobody must not leave the choice to the participants")
	}
}
