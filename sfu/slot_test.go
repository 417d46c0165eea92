package sfu

import (
	"log/slog"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

// countingEgress keeps the newest header and how many packets were written.
type countingEgress struct {
	n   int
	hdr rtp.Header
	len int
}

func (e *countingEgress) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	e.n++
	e.hdr = *h
	e.len = len(payload)
	return len(payload), nil
}

func (e *countingEgress) Write(b []byte) (int, error) { return len(b), nil }

// bench is a server without sockets, one viewer with one video and one audio slot, and one source each.
type bench struct {
	s     *Server
	v     *viewer
	cam   *Layer
	mic   *Layer
	video countingEgress
	audio countingEgress
	up    rtcpRecorder // to the publisher
	down  rtcpRecorder // to the viewer
}

// rtcpRecorder keeps what was sent.
type rtcpRecorder struct{ pkts []rtcp.Packet }

func (r *rtcpRecorder) WriteRTCP(pkts []rtcp.Packet) error {
	r.pkts = append(r.pkts, pkts...)
	return nil
}

func newBench(t testing.TB) *bench {
	t.Helper()
	s := &Server{metrics: newMetrics(), log: slog.New(slog.DiscardHandler)}
	s.workers = []*worker{newWorker(s)}
	c := newConference(s, "s")
	st := newSeat(c, Participant{ID: "v"})
	b := &bench{s: s, v: newViewer(st, 1, 1, packets.StartRate)}
	for sl, out := range map[*slot]*countingEgress{b.v.video[0]: &b.video, b.v.audio[0]: &b.audio} {
		sl.out = out
		sl.rtxSSRC, sl.absExtID = 2, 3
		sl.ssrc.Store(1)
		sl.pts[packets.CodecVP8], sl.rtxPTs[packets.CodecVP8], sl.pts[packets.CodecOpus] = 96, 97, 111
		if err := sl.prepareHeaders(); err != nil {
			t.Fatal(err)
		}
		sl.bound.Store(true)
	}
	pub := newPub(newSeat(c, Participant{ID: "p"}), nil)
	pub.rtcp, b.v.rtcp = &b.up, &b.down
	b.cam = newLayer(pub, newSource(77, sourceKey{"p", KindCam}), layerH, fakeRemote, packets.CodecVP8, 0)
	b.mic = newLayer(pub, newSource(78, sourceKey{"p", KindMic}), 0, fakeRemote, packets.CodecOpus, 0)
	return b
}

// packet makes a received packet of a layer.
func (b *bench) packet(t testing.TB, l *Layer, sn uint16, ts uint32, payload []byte) *packets.Packet {
	t.Helper()
	h := rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: sn, Timestamp: ts, SSRC: 5, Marker: true}
	raw, err := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	p := b.s.pool.Get()
	p.SetLen(copy(p.Buffer(), raw))
	if err := p.Parse(l.codec, 0); err != nil {
		t.Fatal(err)
	}
	p.ExtSN, p.ExtTS = 1<<16|uint64(sn), 1<<32|uint64(ts)
	p.Arrival = int64(ts) * 1e9 / int64(l.clock)
	return p
}

// TestForwardAllocates proves that forwarding and repairing a packet allocates nothing.
func TestForwardAllocates(t *testing.T) {
	b := newBench(t)
	b.v.video[0].assign(b.cam, false, 0)
	b.v.audio[0].assign(b.mic, false, 0)
	sn, ts := uint16(0), uint32(0)
	video := make([]*packets.Packet, 400)
	audio := make([]*packets.Packet, 400)
	for i := range video {
		video[i] = b.packet(t, b.cam, sn, ts, vp8Payload(uint16(i), i == 0, 640, 360, 1000))
		audio[i] = b.packet(t, b.mic, sn, ts, []byte{1, 2, 3})
		sn, ts = sn+1, ts+3600
		b.cam.ring.Put(video[i])
	}
	w, i := b.v.w, 0
	if n := testing.AllocsPerRun(300, func() {
		w.fans[b.cam].slots[0].onPacket(b.cam, video[i], video[i].Arrival)
		w.fans[b.mic].slots[0].onPacket(b.mic, audio[i], audio[i].Arrival)
		i++
	}); n != 0 {
		t.Errorf("%v allocations per forwarded pair", n)
	}
	if b.video.n != i || b.audio.n != i {
		t.Fatalf("forwarded %d and %d of %d", b.video.n, b.audio.n, i)
	}
	if h := b.video.hdr; len(h.CSRC) != 1 || h.CSRC[0] != 77 || h.PayloadType != 96 || h.GetExtension(3) == nil {
		t.Errorf("header %+v", h)
	}
	before := b.video.n
	back := uint16(b.v.video[0].lastOut) - 50
	if n := testing.AllocsPerRun(40, func() {
		back++
		b.v.video[0].resend(back, video[i].Arrival)
	}); n != 0 {
		t.Errorf("%v allocations per repaired packet", n)
	}
	if b.video.n <= before || b.video.hdr.SSRC != 2 || b.video.hdr.PayloadType != 97 {
		t.Errorf("%d repairs, header %+v", b.video.n-before, b.video.hdr)
	}
}

// TestReplayIsNotSealedTwice checks that a packet which a newcomer got from the ring is not sent again from the queue.
func TestReplayIsNotSealedTwice(t *testing.T) {
	b := newBench(t)
	var queue []*packets.Packet
	for i := range 5 {
		p := b.packet(t, b.cam, uint16(i), uint32(i)*3600, vp8Payload(uint16(i), i == 0, 640, 360, 10))
		b.cam.ring.Put(p)
		queue = append(queue, p)
	}
	b.v.video[0].assign(b.cam, false, queue[4].Arrival)
	if b.video.n != 5 {
		t.Fatalf("replayed %d packets", b.video.n)
	}
	queue = append(queue, b.packet(t, b.cam, 5, 5*3600, vp8Payload(5, false, 0, 0, 10)))
	for _, p := range queue {
		b.v.video[0].onPacket(b.cam, p, p.Arrival)
	}
	if b.video.n != 6 {
		t.Errorf("sent %d packets, want 6", b.video.n)
	}
}

// TestTemporal checks that a slot restricted to the lowest temporal layer leaves no holes.
func TestTemporal(t *testing.T) {
	b := newBench(t)
	s := b.v.video[0]
	s.assign(b.cam, true, 0)
	first := uint16(0)
	for i := range 20 {
		pl := append([]byte{0x90, 0xa0, 0x80, byte(i), byte(i%2) << 6}, vp8Payload(0, i == 0, 640, 360, 10)[4:]...)
		p := b.packet(t, b.cam, uint16(i), uint32(i)*3600, pl)
		s.onPacket(b.cam, p, p.Arrival)
		if i == 0 {
			first = b.video.hdr.SequenceNumber
		}
	}
	if b.video.n != 10 {
		t.Fatalf("sent %d of 10 base pictures", b.video.n)
	}
	if d := b.video.hdr.SequenceNumber - first; d != 9 {
		t.Errorf("sequence moved by %d for 10 packets", d)
	}
}

func BenchmarkForward(b *testing.B) {
	x := newBench(b)
	s := x.v.video[0]
	s.assign(x.cam, false, 0)
	p := x.packet(b, x.cam, 0, 0, vp8Payload(0, true, 640, 360, 1000))
	b.ReportAllocs()
	for b.Loop() {
		p.ExtSN++
		p.Header.SN++
		p.Header.TS += 90
		s.onPacket(x.cam, p, p.Arrival)
	}
}

// fakeRemote stands for a track that is never read.
var fakeRemote = &webrtc.TrackRemote{}

// panicEgress is a path that breaks.
type panicEgress struct{ countingEgress }

func (panicEgress) WriteRTP(*rtp.Header, []byte) (int, error) { var p *int; return *p, nil }

// TestPanicEndsOneViewer checks that a panic while a viewer is served ends that viewer and not its worker.
func TestPanicEndsOneViewer(t *testing.T) {
	b := newBench(t)
	other := newBench(t)
	w := b.v.w
	other.v.w = w
	w.viewers[b.v], w.viewers[other.v] = struct{}{}, struct{}{}
	b.v.audio[0].out = panicEgress{}
	b.v.audio[0].assign(b.mic, false, 0)
	other.v.audio[0].assign(b.mic, false, 0)
	for i := range 3 {
		w.in <- item{w.fans[b.mic], b.packet(t, b.mic, uint16(i), uint32(i)*960, []byte{1})}
	}
	for len(w.in) > 0 {
		it := <-w.in
		w.drain(it)
	}
	b.s.wg.Wait()
	if b.s.metrics.panics.Load() != 1 {
		t.Errorf("%d panics", b.s.metrics.panics.Load())
	}
	if _, still := w.viewers[b.v]; still || len(w.viewers) != 1 || len(w.fans[b.mic].slots) != 1 {
		t.Errorf("viewers %d, slots %d", len(w.viewers), len(w.fans[b.mic].slots))
	}
	if other.audio.n != 3 {
		t.Errorf("the other viewer got %d packets", other.audio.n)
	}
}

// TestFanRotates checks that each of three viewers is the first and the last once in three batches.
func TestFanRotates(t *testing.T) {
	f := &fan{slots: []*slot{{index: 1}, {index: 2}, {index: 3}}}
	for _, want := range []int{2, 3, 1} {
		f.rotate()
		if f.slots[0].index != want {
			t.Errorf("slot %d is the first, want %d", f.slots[0].index, want)
		}
	}
	(&fan{}).rotate()
}

// TestUplinkLossIsNotTheViewers checks that holes which the publisher's line made are not blamed on the viewer's.
func TestUplinkLossIsNotTheViewers(t *testing.T) {
	b := newBench(t)
	s := b.v.video[0]
	s.assign(b.cam, false, 0)
	sn := uint16(0)
	send := func(n int, hole func(int) bool) {
		for i := range n {
			if !hole(i) {
				p := b.packet(t, b.cam, sn, uint32(sn)*3600, vp8Payload(sn, sn == 0, 640, 360, 10))
				s.onPacket(b.cam, p, p.Arrival)
			}
			sn++
		}
	}
	send(100, func(i int) bool { return i > 0 && i%10 == 5 })
	if lost, span := s.netLoss(0.10); span < 95 || lost > 2 {
		t.Errorf("uplink loss alone: %.1f of %.0f", lost, span)
	}
	send(100, func(i int) bool { return i%10 == 5 })
	if lost, _ := s.netLoss(0.30); lost < 15 || lost > 25 {
		t.Errorf("both lines lose: %.1f of 100, want 20", lost)
	}
	send(100, func(int) bool { return false })
	if lost, _ := s.netLoss(0.10); lost < 8 || lost > 12 {
		t.Errorf("the viewer's line alone: %.1f of 100, want 10", lost)
	}
	if lost, span := s.netLoss(0.5); lost != 0 || span != 0 {
		t.Errorf("nothing was sent: %.1f of %.0f", lost, span)
	}
}
