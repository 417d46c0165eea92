package sfu

import (
	"testing"
	"time"
)

func TestPlayoutFollows(t *testing.T) {
	type at struct {
		sec  int64
		loss float64
		rtt  time.Duration
		want time.Duration
	}
	const near, far = 60 * time.Millisecond, 300 * time.Millisecond
	tests := []struct {
		name  string
		steps []at
	}{
		{"a clean line", []at{{0, 0, near, 0}, {60, 0.019, far, 0}}},
		{"loss on a short line", []at{{0, 0.05, near, 300 * time.Millisecond}}},
		{"never longer than a conversation bears", []at{{0, 0.05, far, playoutMost}}},
		{"in hundreds of milliseconds", []at{{0, 0.05, 120 * time.Millisecond, 400 * time.Millisecond}}},
		{"round trip unknown", []at{{0, 0.05, 0, 100 * time.Millisecond}}},
		{"shorter only after ten good seconds", []at{{0, 0.05, near, 300 * time.Millisecond}, {1, 0, near, 300 * time.Millisecond}, {5, 0.05, near, 300 * time.Millisecond}, {6, 0, near, 300 * time.Millisecond}, {15, 0, near, 300 * time.Millisecond}, {16, 0, near, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p playout
			for _, s := range tt.steps {
				if p.follow(s.loss, s.rtt, 1+s.sec*int64(time.Second)); p.wait != s.want {
					t.Errorf("at %d s: %v, want %v", s.sec, p.wait, s.want)
				}
			}
		})
	}
}

// TestPlayoutIsTold checks the bytes: in the last packet of each picture while the line loses packets and five seconds beyond, else in none,
// without an allocation.
func TestPlayoutIsTold(t *testing.T) {
	b := newBench(t)
	s, v := b.v.video[0], b.v
	s.delayExtID = 5
	must(t, s.prepareHeaders())
	now := int64(time.Minute)
	told := func(last bool) []byte {
		s.tellPlayout(last, now)
		return s.hdr.GetExtension(5)
	}
	if told(true) != nil || s.hdr.GetExtension(3) == nil {
		t.Fatal("told on a clean line")
	}
	v.playout.follow(0.05, 60*time.Millisecond, now)
	if got := told(true); len(got) != 3 || got[0] != 0x01 || got[1] != 0xE3 || got[2] != 0xE8 { // 30, 1000
		t.Errorf("% x", got)
	}
	if told(false) != nil {
		t.Error("told twice a picture")
	}
	now += int64(playoutHold) + 1
	v.playout.follow(0, 0, now-int64(playoutHold))
	v.playout.follow(0, 0, now)
	if got := told(true); len(got) != 3 || got[0] != 0 || got[1] != 0x03 || got[2] != 0xE8 {
		t.Errorf("back to the browser's own: % x", got)
	}
	now += int64(playoutTell)
	if told(true) != nil {
		t.Error("told for ever")
	}
	if n := testing.AllocsPerRun(100, func() { s.tellPlayout(true, now-1); s.tellPlayout(false, now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
