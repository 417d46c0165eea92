package sfu

import (
	"encoding/binary"
	"net"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
)

// TestReliefSteps plays times of being late: one alone costs a moment's pictures, many make everybody's pictures smaller and then take
// the audience's away, and it goes back step by step.
func TestReliefSteps(t *testing.T) {
	var r relief
	second := int64(time.Second)
	if r.late(lateLimit-1, second) || r.now(second) != 0 {
		t.Error("a batch in time is late")
	}
	for _, tc := range []struct {
		at   time.Duration
		step int
	}{
		{time.Second, 0},
		{1100 * time.Millisecond, 0}, // the same time
		{2 * time.Second, 1},
		{3 * time.Second, 1},
		{4 * time.Second, 2},
		{5 * time.Second, 2},
	} {
		if !r.late(lateLimit, int64(tc.at)) {
			t.Errorf("%v: in time", tc.at)
		}
		if got := r.now(int64(tc.at)); got != tc.step {
			t.Errorf("%v: step %d, want %d", tc.at, got, tc.step)
		}
	}
	end := 5 * second
	for _, tc := range []struct {
		after time.Duration
		step  int
	}{{reliefTime - 1, 2}, {reliefTime, 1}, {2*reliefTime - 1, 1}, {2 * reliefTime, 0}, {time.Hour, 0}} {
		if got := r.now(end + int64(tc.after)); got != tc.step {
			t.Errorf("%v later: step %d, want %d", tc.after, got, tc.step)
		}
	}
	if r.late(lateLimit, end+int64(time.Hour)); r.now(end+int64(time.Hour)) != 0 {
		t.Error("one hiccup after a quiet hour makes pictures small")
	}
}

// TestLateBatchKeepsVoices lets a batch be late: the voice in it is forwarded, the picture is not; the next keyframe is, without a hole
// in the viewer's numbers.
func TestLateBatchKeepsVoices(t *testing.T) {
	b := newInboundBench(t)
	b.mic.src.gate.Store(true)
	b.cam.src.gate.Store(true)
	b.r.streams[8] = &inStream{layer: b.cam}
	b.v.audio[0].assign(b.mic, false, 0)
	b.v.video[0].assign(b.cam, false, 0)
	m := &mediaSocket{s: b.s, home: b.v.w}
	picture := func(sn uint16, key bool) []byte {
		h := []byte{0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8}
		binary.BigEndian.PutUint16(h[2:], sn)
		binary.BigEndian.PutUint32(h[4:], uint32(sn)*3000)
		return b.key.seal(make([]byte, 0, 128), h, vp8Payload(sn, key, 640, 360, 10), 8, 0, sn)
	}
	arrive := func(late bool, raw ...[]byte) {
		var msgs []ipv4.Message
		for _, r := range raw {
			msgs = append(msgs, ipv4.Message{Buffers: [][]byte{r}, N: len(r), Addr: net.UDPAddrFromAddrPort(b.at)})
		}
		m.take(msgs, late)
	}
	arrive(false, b.sealed(1), picture(1, true), picture(2, false))
	first := b.video.n
	if first != 2 || b.audio.n != 1 {
		t.Fatalf("%d pictures and %d voices in time", first, b.audio.n)
	}
	arrive(true, b.sealed(2), picture(3, false), b.sealed(3), picture(4, true))
	arrive(false, picture(5, false), b.sealed(4))
	if b.video.n != first || b.audio.n != 4 {
		t.Errorf("%d pictures and %d voices after the late batch, want %d and 4", b.video.n, b.audio.n, first)
	}
	if got := b.s.metrics.dropped[dropLate].Load(); got != 2 {
		t.Errorf("%d left out", got)
	}
	last := b.video.hdr.SequenceNumber
	arrive(false, picture(6, true), picture(7, false))
	if b.video.n != first+2 || b.video.hdr.SequenceNumber != last+2 {
		t.Errorf("%d pictures after the keyframe, numbers %d to %d", b.video.n-first, last, b.video.hdr.SequenceNumber)
	}
}

// TestReliefShrinks checks what viewers get at each step: smaller cameras for all, none for the audience, the screen always.
func TestReliefShrinks(t *testing.T) {
	h := newHall(t)
	audience := h.seat(Participant{ID: "a", Profile: ProfileAudience})
	member := h.seat(Participant{ID: "m", Profile: ProfileMember})
	h.seat(Participant{ID: "b", Profile: ProfileMember}, KindMic, KindCam, KindScreen)
	h.c.dir = Direction{Stage: "b"}
	h.viewer(audience, 2, 2)
	h.viewer(member, 4, 9)
	cam, screen := h.c.sources[sourceKey{"b", KindCam}], h.c.sources[sourceKey{"b", KindScreen}]
	for step, want := range []struct {
		layer    int
		audience Why
	}{{layerF, WhyLive}, {layerQ, WhyLive}, {layerQ, WhyPausedBW}} {
		h.c.relieve(step)
		audience.arrange(h.now)
		member.arrange(h.now)
		if got := audience.wantedLayer(slotStage, cam); got != want.layer {
			t.Errorf("step %d: layer %d, want %d", step, got, want.layer)
		}
		if got := audience.shown.V[slotStage].Why; got != want.audience {
			t.Errorf("step %d: the audience's picture is %q, want %q", step, got, want.audience)
		}
		if got := member.alloc.plan[slotStage].why; got != WhyLive {
			t.Errorf("step %d: a member's picture is %q", step, got)
		}
		if got := audience.wantedLayer(slotScreen, screen); got != layerF {
			t.Errorf("step %d: layer %d of the screen", step, got)
		}
		h.now += int64(slotsApart)
	}
}
