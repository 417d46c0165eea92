package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// TestUplinkNack checks that a hole in the uplink is asked for and that holes behind a closed gate are not.
func TestUplinkNack(t *testing.T) {
	b := newBench(t)
	b.cam.src.gate.Store(true)
	feed := func(sn uint16, at time.Duration) {
		p := b.packet(t, b.cam, sn, uint32(sn)*3600, vp8Payload(sn, sn == 0, 640, 360, 10))
		p.Arrival = int64(time.Second + at)
		b.cam.receive(p)
		p.Release()
	}
	for i, sn := range []uint16{0, 1, 2, 4, 5, 6} {
		feed(sn, time.Duration(i)*25*time.Millisecond)
	}
	asked := []uint16{}
	for _, p := range b.up.pkts {
		if n, ok := p.(*rtcp.TransportLayerNack); ok {
			for _, pair := range n.Nacks {
				asked = append(asked, pair.PacketList()...)
			}
		}
	}
	if len(asked) == 0 || asked[0] != 3 {
		t.Fatalf("asked for %v", asked)
	}
	feed(3, 200*time.Millisecond)
	if b.s.metrics.inRecovered.Load() != 1 {
		t.Error("the repair is not counted")
	}
	if r := b.cam.report(int64(2 * time.Second)); r.TotalLost != 0 || r.LastSequenceNumber&0xffff != 6 {
		t.Errorf("report %+v", r)
	}
	b.cam.src.gate.Store(false)
	b.up.pkts = nil
	for i, sn := range []uint16{10, 12, 14, 20} {
		feed(sn, time.Duration(300+i*30)*time.Millisecond)
	}
	if len(b.up.pkts) != 0 {
		t.Errorf("asked behind a closed gate: %v", b.up.pkts)
	}
}

// TestGateLeavesNoHole checks that viewers see unbroken numbers across a closed gate and that pictures start with a
// keyframe.
func TestGateLeavesNoHole(t *testing.T) {
	b := newBench(t)
	slots := map[*Layer]*slot{b.cam: b.v.video[0], b.mic: b.v.audio[0]}
	seen := map[*Layer]*countingEgress{b.cam: &b.video, b.mic: &b.audio}
	for l, s := range slots {
		l.src.gate.Store(true)
		s.assign(l, false, 0)
	}
	feed := func(l *Layer, sn uint16, key bool) {
		payload := []byte{1}
		if l == b.cam {
			payload = vp8Payload(sn, key, 640, 360, 10)
		}
		p := b.packet(t, l, sn, uint32(sn)*3600, payload)
		l.receive(p)
		p.Release()
		for len(b.v.w.in) > 0 {
			b.v.w.drain(<-b.v.w.in)
		}
	}
	for l, out := range seen {
		sn := uint16(65500)
		for i := range 20 {
			feed(l, sn, i == 0)
			sn++
		}
		last, n := out.hdr.SequenceNumber, out.n
		l.src.gate.Store(false)
		for range 300 {
			feed(l, sn, false)
			sn++
		}
		silence := 0
		if l == b.mic {
			silence = hushPackets
		}
		if out.n-n != silence || out.hdr.SequenceNumber-last != uint16(silence) {
			t.Fatalf("%d packets passed a closed gate, want %d", out.n-n, silence)
		}
		if silence > 0 && out.len != 3 {
			t.Fatalf("%d bytes passed a closed gate, not silence", out.len)
		}
		last, n = out.hdr.SequenceNumber, out.n
		l.src.gate.Store(true)
		for i := range 10 {
			feed(l, sn, i == 5)
			sn++
		}
		want := 10
		if l == b.cam {
			want = 5
		}
		if out.n-n != want || out.hdr.SequenceNumber-last != uint16(want) {
			t.Errorf("%s: %d packets, numbers moved by %d, want %d", l.codecName, out.n-n, out.hdr.SequenceNumber-last, want)
		}
	}
	if len(b.up.pkts) == 0 {
		t.Error("no keyframe was asked for")
	}
}
