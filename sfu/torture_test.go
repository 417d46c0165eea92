//go:build !race

package sfu

import (
	"os"
	"slices"
	"testing"
	"time"
)

// settled is how long a line has been bad before its figures count.
const settled = 4 * time.Second

// tortured is how long each line is measured; 0: not at all, as the figures need a machine to themselves (make torture).
func tortured() time.Duration {
	if os.Getenv("TORTURE") == "" {
		return 0
	}
	return 20 * time.Second
}

// heard gives the frames of a line that came, repairs and repeats included, that came by themselves, and that were sent, over a while.
func (s *shapedSitting) heard(line int, length time.Duration) (whole, plain, of int) {
	s.t.Helper()
	const newest = 40 // whose repair may be under way
	l := s.weak.lines[line]
	l.window()
	begun := time.Now()
	eventuallyIn(s.t, length+patience, "figures of a while", func() bool { return time.Since(begun) > length })
	return l.whole(newest)
}

func (s *shapedSitting) wait(d time.Duration) {
	begun := time.Now()
	eventuallyIn(s.t, d+patience, "time passes", func() bool { return time.Since(begun) >= d })
}

// TestTortureLossyVoice holds the sound and the picture of bad radio to their bars, and shows what is lost without repeats and repairs.
func TestTortureLossyVoice(t *testing.T) {
	if tortured() == 0 {
		return
	}
	tests := []struct {
		name         string
		loss         uint32 // per mille
		delay, shake time.Duration
		voice        float64 // share of the sound that may be missing
		picture      float64 // share of the frames that must be whole, 0 = any
	}{
		{"5 % and 30 ms", 50, 30 * time.Millisecond, 0, 0.01, 0.95},
		{"10 % at 300 ms round trip", 100, 300 * time.Millisecond, 0, 0.03, 0.95},
		{"30 % and 200 ms of jitter", 300, 200 * time.Millisecond, 100 * time.Millisecond, 0.15, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newShapedSitting(t, []string{"h"}, 0, 0)
			eventually(t, "a picture", shows(s.weak, layerH))
			s.weak.apart.Store(int64(max(nackApart, tt.delay)))
			s.line.loss.Store(tt.loss)
			s.line.delay.Store(int64(tt.delay))
			s.line.shake.Store(int64(tt.shake))
			s.wait(settled)
			stage := s.weak.lines[lineStage]
			stage.window()
			heard, alone, of := s.heard(lineVoice, tortured())
			whole, plain, frames := stage.whole(40)
			missing, without := 1-float64(heard)/float64(of), 1-float64(alone)/float64(of)
			t.Logf("voice: %.2f %% missing, %.2f %% without repeats (%d packets); pictures: %d of %d whole, %d without repairs",
				100*missing, 100*without, of, whole, frames, plain)
			if of == 0 || missing > tt.voice {
				t.Errorf("%.2f %% of the voice is missing, bar %.0f %%", 100*missing, 100*tt.voice)
			}
			if without < tt.voice {
				t.Errorf("without repeats only %.2f %% would be missing: the line shows nothing", 100*without)
			}
			if tt.picture > 0 && float64(whole) < tt.picture*float64(frames) {
				t.Errorf("%d of %d frames are whole, want %.0f %%", whole, frames, 100*tt.picture)
			}
		})
	}
}

// TestTortureRandomLoss checks that 15 % of random loss does not make the picture smaller: at least 80 % of what came before goes on coming.
func TestTortureRandomLoss(t *testing.T) {
	if tortured() == 0 {
		return
	}
	s := newShapedSitting(t, []string{"q", "h"}, 1_200_000, 500*time.Millisecond)
	s.line.delay.Store(int64(40 * time.Millisecond))
	eventuallyIn(t, 2*patience, "the large picture", shows(s.weak, layerH))
	rate := func() float64 {
		before := s.weak.down.conn.bytes.Load()
		s.wait(tortured())
		return float64(s.weak.down.conn.bytes.Load()-before) * 8 / tortured().Seconds()
	}
	clean := rate()
	s.line.loss.Store(150)
	s.wait(settled)
	s.weak.lines[lineStage].window()
	lossy := rate()
	seen := s.weak.lines[lineStage].packets()
	t.Logf("%.0f kb/s came without loss, %.0f kb/s with 15 %%; packets per layer %v", clean/1000, lossy/1000, seen)
	if lossy < 0.8*clean {
		t.Errorf("%.0f kb/s of %.0f with 15 %% of random loss", lossy/1000, clean/1000)
	}
}

// TestTortureSteps checks that a line which falls from 1 Mb/s to 200 kb/s and comes back costs hardly a word: the small picture within 2 s,
// the larger one again within 20 s.
func TestTortureSteps(t *testing.T) {
	if tortured() == 0 {
		return
	}
	s := newShapedSitting(t, []string{"q", "h", "f"}, 1_000_000, time.Second)
	s.line.delay.Store(int64(20 * time.Millisecond))
	voice, stage := s.weak.lines[lineVoice], s.weak.lines[lineStage]
	eventuallyIn(t, 2*patience, "the larger picture on 1 Mb/s", shows(s.weak, layerH))
	s.wait(settled)
	voice.window()
	small := func() bool { _, layer, _ := stage.current(); return layer == layerQ }
	s.line.rate.Store(200_000)
	begun := time.Now()
	eventually(t, "the small picture on 200 kb/s", small)
	down := time.Since(begun)
	s.wait(tortured())
	s.line.rate.Store(1_000_000)
	begun = time.Now()
	eventuallyIn(t, 3*patience, "the larger picture again", shows(s.weak, layerH))
	up := time.Since(begun)
	heard, _, of := voice.whole(20)
	lost := of - heard
	t.Logf("down in %v, up in %v, %d of %d packets of the voice lost (the queue dropped %d)", down.Round(time.Millisecond), up.Round(time.Millisecond), lost, of, s.line.tail.Load())
	if down > 2*time.Second || up > 20*time.Second {
		t.Errorf("down in %v, up in %v; bars 2 s and 20 s", down, up)
	}
	if lost*200 > of { // what the full queue dropped before the first report told of it
		t.Errorf("%d of %d packets of the voice lost, at most 0.5 %%", lost, of)
	}
}

// TestTortureDeepQueue checks that 300 kb/s behind a queue of two seconds carries the voice first: nothing of it is lost, and it does not wait
// in a queue that pictures filled.
func TestTortureDeepQueue(t *testing.T) {
	if tortured() == 0 {
		return
	}
	s := newShapedSitting(t, []string{"q", "h", "f"}, 300_000, 2*time.Second)
	s.wait(settled)
	voice := s.weak.lines[lineVoice]
	voice.window()
	s.wait(tortured())
	lost, of := voice.missing()
	voice.mu.Lock()
	delays := append([]int64(nil), voice.delays...)
	voice.mu.Unlock()
	slices.Sort(delays)
	p50, p95 := percentile(delays, 0.5), percentile(delays, 0.95)
	t.Logf("%d of %d packets of the voice lost; delay p50 %v, p95 %v", lost, of, time.Duration(p50), time.Duration(p95))
	if lost > 0 || of == 0 {
		t.Errorf("%d of %d packets of the voice lost", lost, of)
	}
	if p95 > int64(600*time.Millisecond) {
		t.Errorf("the voice waits %v (p95)", time.Duration(p95))
	}
}
