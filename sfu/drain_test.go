package sfu

import (
	"testing"
	"time"

	"nghitruong/sfu/packets"
)

// TestDrain checks what a line that has just become too narrow gets: the larger picture ends at once, the smaller begins with a keyframe
// when the queue had time to empty, its numbers without a hole; on a line that is not congested the larger one goes on until then.
func TestDrain(t *testing.T) {
	for _, congested := range []bool{true, false} {
		b := newBench(t)
		small := newLayer(b.cam.pub, b.cam.src, layerQ, fakeRemote, packets.CodecVP8, 0)
		s, sn := b.v.video[0], uint16(0)
		feed := func(l *Layer, n int, key bool, now int64) int {
			before := b.video.n
			for i := range n {
				p := b.packet(t, l, sn, uint32(sn)*3600, vp8Payload(sn, key && i == 0, 640, 360, 10))
				p.Arrival = now
				s.onPacket(l, p, now)
				sn++
			}
			return b.video.n - before
		}
		now := int64(time.Minute)
		s.assign(b.cam, false, now)
		if got := feed(b.cam, 10, true, now); got != 10 {
			t.Fatalf("%d of 10 packets", got)
		}
		last := b.video.hdr.SequenceNumber
		b.v.congesting.Store(congested)
		if congested {
			b.v.drained = now + int64(drainTime)
		}
		s.assign(small, false, now)
		want := map[bool]int{true: 0, false: 5}[congested]
		if got := feed(b.cam, 5, false, now); got != want {
			t.Errorf("congested %v: %d packets of the larger picture went on, want %d", congested, got, want)
		}
		if congested {
			if got := feed(small, 3, true, now+int64(drainTime)-1); got != 0 {
				t.Errorf("%d packets while the queue empties", got)
			}
		}
		now += int64(drainTime)
		if got := feed(small, 3, true, now); got != 3 {
			t.Errorf("congested %v: %d of 3 packets of the smaller picture", congested, got)
		}
		if d := b.video.hdr.SequenceNumber - last; d != uint16(want+3) {
			t.Errorf("congested %v: numbers moved by %d for %d packets", congested, d, want+3)
		}
	}
}
