package sfu

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"nghitruong/sfu/packets"
)

// storm is a compound of feedback about the camera of a bench's viewer: complaints, requests for all packets, lies about the line.
func storm(ssrc uint32) []rtcp.Packet {
	pairs := make([]rtcp.NackPair, 60)
	for i := range pairs {
		pairs[i] = rtcp.NackPair{PacketID: uint16(i * 17), LostPackets: 0xFFFF}
	}
	return []rtcp.Packet{
		&rtcp.PictureLossIndication{SenderSSRC: 9, MediaSSRC: ssrc},
		&rtcp.FullIntraRequest{SenderSSRC: 9, MediaSSRC: ssrc, FIR: []rtcp.FIREntry{{SSRC: ssrc}}},
		&rtcp.TransportLayerNack{SenderSSRC: 9, MediaSSRC: ssrc, Nacks: pairs},
		&rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: 9, Bitrate: 4e9, SSRCs: []uint32{ssrc}},
		&rtcp.TransportLayerCC{
			Header:     rtcp.Header{Padding: true, Count: rtcp.FormatTCC, Type: rtcp.TypeTransportSpecificFeedback, Length: 5},
			SenderSSRC: 9, MediaSSRC: ssrc, BaseSequenceNumber: 1, PacketStatusCount: 1,
			PacketChunks: []rtcp.PacketStatusChunk{
				&rtcp.RunLengthChunk{Type: rtcp.TypeTCCRunLengthChunk, PacketStatusSymbol: rtcp.TypeTCCPacketReceivedSmallDelta, RunLength: 1},
			},
			RecvDeltas: []*rtcp.RecvDelta{{Type: rtcp.TypeTCCPacketReceivedSmallDelta, Delta: 250}},
		},
	}
}

// TestStormCostsLittle counts what ten thousand packets of feedback a second make the server do: keyframe requests, retransmissions,
// work for the worker.
func TestStormCostsLittle(t *testing.T) {
	b := newBench(t)
	s, w := b.v.video[0], b.v.w
	const ssrc = 11
	s.ssrc.Store(ssrc)
	s.assign(b.cam, false, 0)
	const seconds = 5
	posted := 0
	b.s.epoch = time.Now().Add(-time.Minute)
	begun := b.s.now()
	for ms := range seconds * 1000 {
		b.s.epoch = b.s.epoch.Add(-time.Millisecond) // a millisecond passes
		now := b.s.now()
		if ms%10 == 0 { // a packet of 1 kB: 800 kb/s
			p := b.packet(t, b.cam, uint16(ms/10), uint32(ms)*90, vp8Payload(uint16(ms/10), ms == 0, 640, 360, 1000))
			p.Arrival = now
			b.cam.ring.Put(p)
			b.cam.picture(p)
			s.onPacket(b.cam, p, now)
		}
		raw, err := rtcp.Marshal(storm(ssrc))
		must(t, err)
		for range 10 {
			b.v.onRTCP(ssrc, raw)
		}
		for len(w.ctl) > 0 {
			(<-w.ctl)()
			posted++
		}
		if ms%50 == 0 {
			b.cam.tickKeyframe(now)
		}
	}
	plis, took := 0, float64(b.s.now()-begun)/1e9
	for _, p := range b.up.pkts {
		if _, ok := p.(*rtcp.PictureLossIndication); ok {
			plis++
		}
	}
	if plis == 0 || plis > int(took)+1 {
		t.Errorf("%d keyframes were asked of the publisher in %.1f s", plis, took)
	}
	if posted > int(took+1)*feedbackRate {
		t.Errorf("the worker was asked %d times", posted)
	}
	most := 0.3 * float64(packets.StartRate) * (took + 0.5)
	if bits := float64(b.s.metrics.retransmits.Load()) * 8 * 1000; bits > 1.1*most {
		t.Errorf("%.0f bits were sent again, at most %.0f", bits, most)
	}
	if b.s.metrics.feedbackCut.Load() == 0 {
		t.Error("nothing was cut: the storm is none")
	}
}

// TestStormHurtsNobodyElse sends a storm through a real PeerConnection: the other viewer loses no packet of voice or picture, and the publisher
// is asked for no more keyframes than its control allows.
func TestStormHurtsNobodyElse(t *testing.T) { onBothPaths(t, conformStorm) }

func conformStorm(t *testing.T, srv *Server) {
	conf := srv.Conference("s")
	conf.Direct(allOpen("a"))
	client := func(id string) *loadClient {
		peer := conf.Join(Participant{ID: id, Profile: ProfileAudience}, newSink())
		return newLoadClient(t, id, peer.Answer, 500*time.Millisecond)
	}
	a, good, bad := client("a"), client("good"), client("bad")
	must(t, a.publish("h"))
	a.sources[0].loud.Store(true)
	t.Cleanup(metronome([]*loadClient{a}))
	must(t, good.listen(2, 2, nil))
	must(t, bad.listen(2, 2, nil))
	eventually(t, "pictures for both", func() bool { return shows(good, layerH)() && shows(bad, layerH)() })
	voice, stage := good.lines[lineVoice], good.lines[lineStage]
	voice.window()
	stage.window()
	before, begun := srv.metrics.plisOut.Load(), time.Now()
	bad.lines[lineStage].mu.Lock()
	ssrc := bad.lines[lineStage].ssrc
	bad.lines[lineStage].mu.Unlock()
	stop := every(time.Millisecond, func(int) {
		for range 2 {
			pkts := storm(ssrc)
			_ = bad.sub.WriteRTCP(pkts) // 10,000 packets a second
		}
	})
	eventually(t, "three seconds of voice in the storm", func() bool { _, of := voice.missing(); return of >= 150 })
	stop()
	if lost, of := voice.missing(); lost > 0 {
		t.Errorf("the other's voice lost %d of %d packets", lost, of)
	}
	if lost, of := stage.missing(); lost > 0 || of < 50 {
		t.Errorf("the other's picture lost %d of %d packets", lost, of)
	}
	took := time.Since(begun)
	if plis := srv.metrics.plisOut.Load() - before; plis > uint64(took/packets.KeyframeMin)+1 {
		t.Errorf("%d keyframes were asked of the publisher in %v", plis, took)
	}
	if srv.metrics.plisIn.Load() == 0 {
		t.Error("the storm did not arrive")
	}
}

// TestOthersKeyframesLeaveNoHoles checks that a viewer's lost packets are sent again although somebody else waits for a keyframe, and not
// when it gave up the picture itself.
func TestOthersKeyframesLeaveNoHoles(t *testing.T) {
	b := newBench(t)
	s := b.v.video[0]
	s.assign(b.cam, false, 0)
	now := int64(0)
	for i := range 30 {
		p := b.packet(t, b.cam, uint16(i), uint32(i)*3600, vp8Payload(uint16(i), i == 0, 640, 360, 10))
		b.cam.ring.Put(p)
		b.cam.picture(p)
		s.onPacket(b.cam, p, p.Arrival)
		now = p.Arrival
	}
	last := uint16(s.lastOut)
	b.cam.requestKeyframe(now)
	if !b.cam.keyframePending() {
		t.Fatal("no keyframe is awaited")
	}
	s.resend(last-1, now)
	if got := b.s.metrics.retransmits.Load(); got != 1 {
		t.Fatalf("%d packets sent again while others wait for a keyframe", got)
	}
	s.onPLI(now)
	s.resend(last-2, now)
	if got := b.s.metrics.retransmits.Load(); got != 1 {
		t.Error("sent again what the viewer gave up")
	}
	s.resend(last-2, now+int64(keyframeSoon))
	if got := b.s.metrics.retransmits.Load(); got != 2 {
		t.Error("a keyframe that does not come stops repairs for ever")
	}
}

// TestRepairsGoTwiceByChance checks that a repair is doubled where losses are random, and not where packets wait or none are lost.
func TestRepairsGoTwiceByChance(t *testing.T) {
	for _, tt := range []struct {
		name            string
		loss            float64
		congested, late bool
		want            uint64
	}{
		{"a clean line", 0, false, false, 1}, {"by chance", 0.05, false, false, 2},
		{"congested", 0.05, true, false, 1}, {"packets wait", 0.05, false, true, 1},
	} {
		b := newBench(t)
		s := b.v.video[0]
		s.assign(b.cam, false, 0)
		p := b.packet(t, b.cam, 1, 3600, vp8Payload(1, true, 640, 360, 10))
		b.cam.ring.Put(p)
		s.onPacket(b.cam, p, p.Arrival)
		b.v.lossBits.Store(math.Float64bits(tt.loss))
		b.v.congesting.Store(tt.congested)
		b.v.delayed.Store(tt.late)
		s.resend(uint16(s.lastOut), p.Arrival)
		if got := b.s.metrics.retransmits.Load(); got != tt.want {
			t.Errorf("%s: sent %d times, want %d", tt.name, got, tt.want)
		}
	}
}
