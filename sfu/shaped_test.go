package sfu

import (
	"testing"
	"time"
)

// lineVoice and lineStage are lines of an audience offer.
const lineVoice, lineStage = 0, 2

// shapedSitting is one publisher and two viewers: one behind a relay, one on loopback.
type shapedSitting struct {
	t         *testing.T
	conf      *Conference
	line      *relay
	weak, far *loadClient // behind the relay; on loopback
}

// newShapedSitting publishes the layers of rids; rate (bit/s, 0 = free) and depth are the relay's.
func newShapedSitting(t *testing.T, rids []string, rate int64, depth time.Duration) *shapedSitting {
	t.Helper()
	return newShapedSittingOn(t, newTestServer(t), rids, rate, depth)
}

func newShapedSittingOn(t *testing.T, srv *Server, rids []string, rate int64, depth time.Duration) *shapedSitting {
	t.Helper()
	s := &shapedSitting{t: t, conf: srv.Conference("s")}
	s.conf.Direct(allOpen("a"))
	s.line = newRelay(t, srv.Addresses()[0], depth)
	client := func(id string) *loadClient {
		peer := s.conf.Join(Participant{ID: id, Profile: ProfileAudience}, newSink())
		return newLoadClient(t, id, peer.Answer, 500*time.Millisecond)
	}
	a := client("a")
	must(t, a.publish(rids...))
	a.sources[0].loud.Store(true)
	s.weak, s.far = client("weak"), client("far")
	s.weak.repair, s.far.repair = true, true
	t.Cleanup(metronome([]*loadClient{a}))
	s.line.rate.Store(rate)
	must(t, s.weak.listen(2, 2, s.line))
	must(t, s.far.listen(2, 2, nil))
	return s
}

// shows tells whether a viewer's stage is at the layer or above.
func shows(c *loadClient, layer int) func() bool {
	return func() bool {
		_, now, since := c.lines[lineStage].current()
		return since != 0 && int(now) >= layer
	}
}

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

// TestSeqLog checks the counter of losses that the measurements rest on.
func TestSeqLog(t *testing.T) {
	tests := []struct {
		name      string
		skip, dup int // number left out or doubled, -1 = none
		swap      bool
		lost      int
	}{
		{"all there", -1, -1, false, 0},
		{"one lost", 40, -1, false, 1},
		{"one twice", -1, 50, false, 0},
		{"two swapped", -1, -1, true, 0},
		{"one lost at the wrap", 36, -1, false, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const n, first = 100, 65500
			var l seqLog
			l.take(first - 1)
			l.window()
			for i := range n {
				switch {
				case tt.swap && i == 20:
					l.take(first + 21)
				case tt.swap && i == 21:
					l.take(first + 20)
				case i != tt.skip:
					sn := first + i
					l.take(uint16(sn & 0xffff))
				}
				if i == tt.dup {
					sn := first + i
					l.take(uint16(sn & 0xffff))
				}
			}
			lost, of := l.missing()
			if lost != tt.lost || of != n || (tt.dup >= 0) != (l.dups == 1) {
				t.Errorf("lost %d of %d, %d twice; want %d of %d", lost, of, l.dups, tt.lost, n)
			}
		})
	}
}
