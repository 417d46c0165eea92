package sfu

import (
	"testing"
	"time"

	"nghitruong/sfu/packets"
)

// narrow is a bench whose viewer's line is thought to carry 300 kb/s; its packets are fed and released by hand.
type narrow struct {
	*bench
	t   testing.TB
	now int64
	sn  uint16
	pic uint32
}

func newNarrow(t testing.TB) *narrow {
	n := &narrow{bench: newBench(t), t: t, now: int64(time.Minute)}
	n.v.setPace(n.now)
	n.v.video[0].assign(n.cam, false, n.now)
	n.v.audio[0].assign(n.mic, false, n.now)
	return n
}

// picture feeds a picture of so many packets of 1,000 bytes and gives them.
func (n *narrow) picture(count int, key bool) []*packets.Packet {
	n.t.Helper()
	var all []*packets.Packet
	for i := range count {
		pl := vp8Payload(uint16(n.pic), key, 640, 360, 1000)
		if i > 0 {
			pl[0] &^= 0x10 // goes on
		}
		p := n.packet(n.t, n.cam, n.sn, n.pic*6000, pl)
		p.Arrival = n.now
		n.sn++
		n.cam.ring.Put(p)
		n.v.video[0].onPacket(n.cam, p, n.now)
		all = append(all, p)
	}
	n.pic++
	return all
}

// pass lets time pass and gives how many packets of pictures left meanwhile.
func (n *narrow) pass(d time.Duration) int {
	before := n.video.n
	for end := n.now + int64(d); n.now < end; {
		n.now += int64(paceTick)
		if len(n.v.w.pacing) > 0 && !n.v.pace.release(n.v, n.now) {
			n.v.w.pacing = n.v.w.pacing[:0]
		}
	}
	return n.video.n - before
}

// TestPacingSpreadsKeyframe checks that a keyframe leaves over the time that it takes at one and a half times the line's rate, that a voice
// which comes meanwhile leaves at once, and that nothing of it is lost or out of order.
func TestPacingSpreadsKeyframe(t *testing.T) {
	n := newNarrow(t)
	n.picture(20, true)
	burst := n.video.n
	if burst == 0 || burst > 4 {
		t.Fatalf("%d of 20 packets left at once", burst)
	}
	first := n.video.hdr.SequenceNumber - uint16(burst) + 1
	for i := range 5 {
		p := n.packet(t, n.mic, uint16(i), uint32(i)*960, []byte{1, 2, 3})
		n.v.audio[0].onPacket(n.mic, p, n.now)
		if n.audio.n != i+1 {
			t.Fatal("a voice waits behind a picture")
		}
	}
	whole := time.Duration(20*1010*8) * time.Second / 450_000 // as long as the keyframe takes at 450 kb/s
	if got := n.pass(whole / 2); got < 6 || got > 12 {
		t.Errorf("%d packets in half the time", got)
	}
	n.picture(2, false)
	n.pass(whole)
	if n.video.n != 22 || n.video.hdr.SequenceNumber != first+21 {
		t.Errorf("%d of 22 packets, the last is number %d", n.video.n, n.video.hdr.SequenceNumber-first)
	}
	if n.v.pace.queue != nil || n.v.pace.bytes != 0 || len(n.v.w.queues) != 1 {
		t.Errorf("left over: %+v", n.v.pace)
	}
}

// TestPacingWithRoom checks that a line which is known to carry what is wanted waits for nothing, nor one above 3 Mb/s, and that one
// which showed trouble does.
func TestPacingWithRoom(t *testing.T) {
	tests := []struct {
		name             string
		proven, troubled bool
		estimate, target uint64
		paced            bool
	}{
		{"new", false, false, 300_000, 500_000, true},
		{"carries all that is wanted", true, false, 700_000, 600_000, false},
		{"carries less", true, false, 500_000, 600_000, true},
		{"was in trouble", true, true, 700_000, 600_000, true},
		{"wide", false, true, packets.PacePassThrough, 600_000, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := newNarrow(t)
			n.v.proven.Store(tt.proven)
			n.v.troubled.Store(tt.troubled)
			n.v.estBps.Store(tt.estimate)
			n.v.lineBps.Store(tt.estimate)
			n.v.target.Store(tt.target)
			n.v.setPace(n.now)
			n.picture(30, true)
			if paced := n.video.n < 30; paced != tt.paced {
				t.Errorf("%d of 30 packets left at once", n.video.n)
			}
		})
	}
}

// TestPacingSheds checks a line far too narrow for what comes: a keyframe that waits leaves whole, the pictures behind it are left out
// until the next keyframe, which is asked for when there is room, and the numbers have no hole.
func TestPacingSheds(t *testing.T) {
	n := newNarrow(t)
	n.picture(20, true)
	first := n.video.hdr.SequenceNumber - uint16(n.video.n) + 1
	pictures := 0
	for ; !n.v.video[0].held.starved && pictures < 100; pictures++ {
		n.picture(3, false)
	}
	if n.s.metrics.dropped[dropPace].Load() == 0 || pictures < 5 {
		t.Fatalf("nothing left out after %d pictures, %d bytes wait", pictures, n.v.pace.bytes)
	}
	if wait := n.v.pace.bytes; wait > 20*1020 {
		t.Errorf("%d bytes wait", wait)
	}
	n.picture(3, false)
	asked := len(n.up.pkts)
	n.v.video[0].seekKeyframe(n.now)
	if len(n.up.pkts) != asked {
		t.Error("asked for a keyframe that there is no room for")
	}
	n.pass(time.Second)
	if n.video.n != 20 {
		t.Errorf("%d of the keyframe's 20 packets", n.video.n)
	}
	n.v.video[0].seekKeyframe(n.now)
	if len(n.up.pkts) != asked+1 {
		t.Error("asked for no keyframe")
	}
	n.picture(3, false)
	n.picture(2, true)
	n.picture(1, false)
	n.pass(time.Second)
	if n.video.n != 23 || n.video.hdr.SequenceNumber != first+22 {
		t.Errorf("%d packets, the last is number %d, want 23 and 22", n.video.n, n.video.hdr.SequenceNumber-first)
	}
}

// TestPacingShedsGiant checks that even a keyframe longer than all limits keeps the memory bounded and is never sent in part and followed.
func TestPacingShedsGiant(t *testing.T) {
	n := newNarrow(t)
	n.picture(paceMost+100, true)
	if waiting := len(n.v.pace.queue) - n.v.pace.head; waiting > paceMost+1 || n.v.pace.bytes > paceMost*1100 {
		t.Fatalf("%d packets wait, %d bytes", waiting, n.v.pace.bytes)
	}
	n.pass(time.Minute)
	sent := n.video.n
	n.picture(2, false)
	n.pass(time.Second)
	if n.video.n != sent {
		t.Error("a picture follows a keyframe that was left out")
	}
	n.picture(2, true)
	n.pass(time.Second)
	if n.video.n != sent+2 {
		t.Errorf("%d packets of the next keyframe", n.video.n-sent)
	}
}

// TestPacedReplay checks what a newcomer on an unknown line is given from the ring: at most twice the line's rate, and then what came
// live in order and once. What takes longer than a second of the line is left to a keyframe.
func TestPacedReplay(t *testing.T) {
	for _, count := range []int{30, 100} {
		n := newNarrow(t)
		n.v.video[0].assign(nil, false, n.now)
		live := n.picture(count, true)
		n.v.video[0].assign(n.cam, false, n.now)
		if count == 100 {
			if n.video.n != 0 || n.s.metrics.replays.Load() != 0 || n.v.pace.queue != nil {
				t.Errorf("replayed %d packets of 100", n.video.n)
			}
			continue
		}
		for _, p := range live[count-5:] { // were in the worker's queue
			n.v.video[0].onPacket(n.cam, p, n.now)
		}
		n.picture(1, false)
		burst := n.video.n
		if rate := n.v.pace.bucket.Carries(time.Second) * 8; rate != 600_000 {
			t.Errorf("replays at %d b/s", rate)
		}
		if got := n.pass(100 * time.Millisecond); got < 5 || got > 9 {
			t.Errorf("%d packets in 100 ms after a burst of %d", got, burst)
		}
		n.pass(time.Second)
		if n.video.n != count+1 || n.v.pace.behind != 0 {
			t.Errorf("%d packets, want %d", n.video.n, count+1)
		}
	}
}

// TestPacingEnds checks that a viewer who leaves, and one whose serving panics, leave nothing waiting.
func TestPacingEnds(t *testing.T) {
	for _, panics := range []bool{false, true} {
		n := newNarrow(t)
		w := n.v.w
		w.viewers[n.v] = struct{}{}
		n.picture(20, true)
		if len(w.pacing) != 1 {
			t.Fatal("nothing waits")
		}
		if panics {
			n.v.video[0].out = panicEgress{}
			n.s.now() // the clock runs
			n.v.pace.bucket.SetRate(0, n.now)
			w.s.guard("worker", func() { w.locked(w.paceNow) }, func() { w.locked(w.blame) })
			n.s.wg.Wait()
		} else {
			w.stopPacing(n.v)
		}
		if len(w.pacing) != 0 || n.v.pace.queue != nil || n.v.pace.bytes != 0 || n.v.video[0].held.bytes != 0 {
			t.Errorf("panics %v: left over %+v", panics, n.v.pace)
		}
	}
}

// TestPacingAllocates proves that waiting costs no allocation.
func TestPacingAllocates(t *testing.T) {
	n := newNarrow(t)
	s := n.v.video[0]
	p := n.packet(t, n.cam, 0, 0, vp8Payload(0, true, 640, 360, 1000))
	s.onPacket(n.cam, p, n.now)
	p.Key = false
	round := func() {
		for range 8 {
			p.ExtSN++
			s.onPacket(n.cam, p, n.now)
		}
		n.pass(200 * time.Millisecond)
	}
	round()
	before := n.s.metrics.outPaced.Load()
	if got := testing.AllocsPerRun(100, round); got != 0 {
		t.Errorf("%v allocations", got)
	}
	if n.s.metrics.outPaced.Load() < before+400 {
		t.Error("hardly anything waited")
	}
}

// TestPacing checks on both paths that a narrow line gets a stream with large keyframes spread out, whole and without a lost voice.
func TestPacing(t *testing.T) { onBothPaths(t, conformPacing) }

func conformPacing(t *testing.T, srv *Server) {
	s := newShapedSittingOn(t, srv, []string{"h"}, 900_000, 600*time.Millisecond)
	voice, stage := s.weak.lines[lineVoice], s.weak.lines[lineStage]
	eventually(t, "a picture", shows(s.weak, layerH))
	eventually(t, "waiting packets", func() bool { return srv.metrics.outPaced.Load() >= 3 })
	eventually(t, "three seconds of voice", func() bool { _, of := voice.missing(); return of >= 150 })
	if lost, of := voice.missing(); lost > 0 {
		t.Errorf("the voice lost %d of %d packets (the queue dropped %d)", lost, of, s.line.tail.Load())
	}
	if lost, of := stage.missing(); lost > 0 || of == 0 {
		t.Errorf("the picture lost %d of %d packets", lost, of)
	}
}
