//go:build !race

// What a line's timing does to the media is measured here; the race detector slows server and clients so much that its own
// slowness is all that would be seen. What runs at the same time is covered by the conformance suite.

package sfu

import (
	"testing"
	"time"
)

// TestShapedLine checks that a viewer behind 300 kb/s gets the smallest picture and every packet of the voice, from its
// first second on and through the server's probes, while one on loopback gets a larger picture; and that the first
// climbs when the limit is lifted.
func TestShapedLine(t *testing.T) {
	t.Parallel()
	s := newShapedSitting(t, []string{"q", "h", "f"}, 300_000, 600*time.Millisecond)
	voice, stage := s.weak.lines[lineVoice], s.weak.lines[lineStage]
	eventuallyIn(t, 2*patience, "a larger picture on loopback", shows(s.far, layerH))
	eventually(t, "ten seconds of voice through 300 kb/s", func() bool { _, of := voice.missing(); return of >= 500 })
	if lost, of := voice.missing(); lost > 0 {
		t.Errorf("the voice lost %d of %d packets (the queue dropped %d)", lost, of, s.line.tail.Load())
	}
	seen := stage.packets()
	if seen[layerQ] < 100 || seen[layerH]+seen[layerF] > seen[layerQ]/10 {
		t.Errorf("packets per layer through 300 kb/s: %v", seen)
	}
	s.line.rate.Store(0)
	begun := time.Now()
	eventuallyIn(t, 2*patience, "a larger picture once the limit is lifted", shows(s.weak, layerH))
	t.Logf("climbed in %v", time.Since(begun))
	if lost, of := voice.missing(); lost > 0 {
		t.Errorf("the voice lost %d of %d packets on the way up", lost, of)
	}
}

// TestLossyLine checks that RTX repairs a line that loses one packet in twenty.
func TestLossyLine(t *testing.T) {
	t.Parallel()
	s := newShapedSitting(t, []string{"h"}, 0, 0)
	stage := s.weak.lines[lineStage]
	eventually(t, "a picture", shows(s.weak, layerH))
	stage.window()
	s.line.loss.Store(50)
	const newest = 12 // frames whose repair may be under way
	of, whole, plain := 0, 0, 0
	eventually(t, "150 frames", func() bool { whole, plain, of = stage.whole(newest); return of >= 150 })
	t.Logf("%d of %d frames whole, %d without repairs", whole, of, plain)
	if whole*100 < of*95 {
		t.Errorf("%d of %d frames are whole, want 95 %%", whole, of)
	}
	if plain*100 >= of*95 {
		t.Errorf("%d of %d frames needed no repair: the line is not lossy enough to show anything", plain, of)
	}
}
