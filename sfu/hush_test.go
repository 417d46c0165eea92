package sfu

import (
	"testing"
	"time"
)

// TestHushKeepsItsSlot checks that a voice whose gate has closed keeps its slot for its silence, and no longer, and
// only while nobody else needs it.
func TestHushKeepsItsSlot(t *testing.T) {
	h := newHall(t)
	st := h.seat(Participant{ID: "a", Profile: ProfileAudience})
	h.seat(Participant{ID: "b", Profile: ProfileMember}, KindMic)
	h.viewer(st, 2, 2)
	mic := h.c.sources[sourceKey{"b", KindMic}]
	has := func() bool {
		st.arrange(h.now)
		return st.audio[0] == mic.id || st.audio[1] == mic.id
	}
	if !has() {
		t.Fatal("an open microphone has no slot")
	}
	mic.gate.Store(false)
	mic.hushUntil = h.now + int64(hushTime)
	h.now += int64(hushTime) / 2
	if !has() {
		t.Error("the silence has no slot")
	}
	h.now += int64(hushTime)
	if has() {
		t.Error("a closed microphone keeps its slot")
	}
	mic.gate.Store(true)
	if !has() {
		t.Fatal("an opened microphone has no slot")
	}
	mic.gate.Store(false)
	mic.hushUntil = h.now + int64(hushTime)
	for _, who := range []string{"c", "d"} {
		h.seat(Participant{ID: who, Profile: ProfileMember}, KindMic)
	}
	h.now += int64(time.Millisecond)
	if has() {
		t.Error("silence takes the slot of a voice")
	}
}
