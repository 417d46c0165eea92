package packets

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestAudioSlotsNeverFlap plays an hour of a hall in which people begin, pause and end at random and checks after every step that nobody is
// heard twice, that nobody hears themselves, that who speaks or has just spoken stays in the slot they have unless they move to
// the stage, and that somebody audible waits only while all slots are taken.
func TestAudioSlotsNeverFlap(t *testing.T) {
	for seed := range uint64(20) {
		chance := rand.New(rand.NewPCG(seed, 7))
		layout := AudioSlots{Loudest: chance.IntN(3)}
		n := layout.Count()
		const people, own = 12, 3
		prio := func(s uint32) bool { return s == 1 || s == 2 }
		last, active := [people + 1]int64{}, [people + 1]bool{}
		for s := range last {
			last[s] = -int64(time.Hour)
		}
		var slots []uint32
		dominant := uint32(0)
		for now := int64(0); now < int64(3*time.Minute); now += int64(100 * time.Millisecond) {
			w := AudioWish{Own: own, Priority: prio}
			for s := uint32(1); s <= people; s++ {
				if chance.IntN(15) == 0 {
					active[s] = !active[s] && chance.IntN(3) == 0
				}
				if active[s] {
					last[s] = now
				}
				w.Loud = append(w.Loud, Loud{Src: s, Level: -10 - 40*chance.Float64(), Active: active[s], LastActive: last[s]})
			}
			sortLoud(w.Loud)
			if chance.IntN(20) == 0 || dominant == 0 {
				dominant = w.Loud[0].Src
			}
			w.Dominant = dominant
			next := layout.AssignAudio(nil, slots, &w, now)
			checkSlots(t, slots, next, &w, prio, now)
			if t.Failed() {
				t.Fatalf("seed %d, %v: %v, then %v; %+v", seed, time.Duration(now), slots, next, w.Loud)
			}
			if len(next) != n {
				t.Fatalf("%d slots of %d", len(next), n)
			}
			slots = next
		}
	}
}

func checkSlots(t *testing.T, prev, next []uint32, w *AudioWish, prio func(uint32) bool, now int64) {
	t.Helper()
	for i, s := range next {
		if s != 0 && (s == w.Own || slices.Contains(next[:i], s)) {
			t.Errorf("slot %d: %d is heard twice or by itself", i, s)
		}
	}
	for i := 1; i < len(prev); i++ {
		s, reserved := prev[i], i == len(prev)-1 && !prio(prev[i])
		if w.audible(s, now) && next[i] != s && next[0] != s && !reserved {
			t.Errorf("slot %d: %d was audible and is displaced", i, s)
		}
	}
	room := false
	for i, s := range next {
		room = room || i > 0 && !w.audible(s, now)
	}
	for i := range w.Loud {
		if s := w.Loud[i].Src; room && w.audible(s, now) && !slices.Contains(next, s) {
			t.Errorf("%d is audible and has no slot, though one is free", s)
		}
	}
}
