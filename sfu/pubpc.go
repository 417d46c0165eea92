package sfu

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

// lineKinds are the kinds of the lines of a pub offer, in order.
var lineKinds = [pubLines]Kind{KindMic, KindCam, KindScreen}

// pubPC is one pub PeerConnection: the uplink of one person.
type pubPC struct {
	seat *seat
	pc   *webrtc.PeerConnection
	rtcp rtcpWriter
	ssrc uint32 // sender of feedback
	mids []string
	rtt  atomic.Int64 // ns, 0 = unknown

	path     trail
	keys     keyTap
	feedback *uplinkFeedback

	closeOnce sync.Once

	// Owned by the conference's goroutine.
	key        *srtpKey  // nil: every packet comes by Pion
	remote     *inRemote // nil: nothing comes past Pion
	at         netip.AddrPort
	layers     []*Layer
	nextReport int64
}

func newPub(st *seat, mids []string) *pubPC {
	ssrc := rand.Uint32()
	return &pubPC{seat: st, ssrc: ssrc, mids: mids, feedback: newUplinkFeedback(ssrc, st.conf.srv.now)}
}

// onTrack is called by Pion when the first packet of a stream came.
func (u *pubPC) onTrack(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	s := u.seat.conf.srv
	kind, ok := u.kindOf(receiver)
	codec := codecOf(track.Codec().MimeType)
	if codec == packets.CodecRED {
		codec = packets.CodecOpus // within
	}
	if !ok || codec == packets.CodecOther || codec.Video() == (kind == KindMic) {
		s.log.Debug("track ignored", "codec", track.Codec().MimeType)
		return
	}
	params := receiver.GetParameters()
	var level uint8
	for _, e := range params.HeaderExtensions {
		if e.URI == uriAudioLevel {
			level = uint8(e.ID)
		}
	}
	var l *Layer
	u.seat.conf.call(func() { l = u.addLayer(kind, track, params, codec, level) })
	if l == nil {
		return
	}
	broken := func() { u.seat.conf.post(func() { u.seat.pubEnded(u) }) }
	s.spawn("layer", func() {
		defer u.seat.conf.post(func() { u.removeLayer(l) })
		l.read(track)
	}, broken)
	s.spawn("layer rtcp", func() { l.readRTCP(track, receiver) }, broken)
}

// kindOf tells which line of the offer a receiver serves.
func (u *pubPC) kindOf(receiver *webrtc.RTPReceiver) (Kind, bool) {
	for _, t := range u.pc.GetTransceivers() {
		if t.Receiver() != receiver {
			continue
		}
		for i, mid := range u.mids {
			if mid == t.Mid() {
				return lineKinds[i], true
			}
		}
	}
	return "", false
}

// addLayer joins a track to its source. Only the conference calls it.
func (u *pubPC) addLayer(kind Kind, track *webrtc.TrackRemote, params webrtc.RTPParameters, codec packets.Codec, level uint8) *Layer {
	st := u.seat
	if st.pub != u || st.displaced() {
		return nil
	}
	index := singleLayer
	if kind == KindMic {
		index = 0
	}
	for i, rid := range layerRIDs {
		if track.RID() == rid {
			index = i
		}
	}
	src := st.source(kind)
	l := newLayer(u, src, index, track, codec, level)
	if codec == packets.CodecOpus {
		if l.red, l.pt = newUplinkRED(params.Codecs); l.pt == 0 {
			l.pt = uint8(track.PayloadType())
		}
	}
	if old := src.lays[index].Swap(l); old != nil {
		old.close()
	}
	l.check = st.check
	u.layers = append(u.layers, l)
	l.params = params
	for _, t := range st.conf.taps {
		l.openTo(t)
	}
	u.known(l)
	return l
}

// removeLayer forgets a layer whose track ended. Only the conference calls it.
func (u *pubPC) removeLayer(l *Layer) {
	for i, have := range u.layers {
		if have == l {
			u.layers = append(u.layers[:i], u.layers[i+1:]...)
			u.unknown(l)
			for _, t := range u.seat.conf.taps {
				t.Closed(l.src.id, l.ssrc)
			}
			break
		}
	}
	l.close()
}

// close ends the uplink; its readers end with the PeerConnection. Only the conference calls it.
func (u *pubPC) close() {
	u.closeOnce.Do(func() {
		for _, l := range append([]*Layer(nil), u.layers...) {
			u.removeLayer(l)
		}
		u.follow(netip.AddrPort{}, false)
		u.seat.conf.srv.closePC(u.pc)
	})
}

// tick sends receiver reports each second and something at least every 500 ms, and polls the round trip.
func (u *pubPC) tick(now int64) {
	for _, l := range u.layers {
		l.tickKeyframe(now)
		l.measure(now)
		l.readMeter(now)
		if !l.rtxKnown && l.rtxSSRC() != 0 {
			u.known(l)
		}
	}
	if pkts := u.feedback.take(); len(pkts) > 0 {
		u.writeRTCP(pkts...)
	}
	if now < u.nextReport {
		return
	}
	u.nextReport = now + int64(silenceLimit)
	rr := &rtcp.ReceiverReport{SSRC: u.ssrc}
	for _, l := range u.layers {
		if l.recv.base.Load() != 0 && len(rr.Reports) < 31 {
			rr.Reports = append(rr.Reports, l.report(now))
		}
	}
	u.writeRTCP(rr)
	if pair, ok := u.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePairStats(); ok {
		u.rtt.Store(int64(pair.CurrentRoundTripTime * float64(time.Second)))
	}
}

func (u *pubPC) writeRTCP(pkts ...rtcp.Packet) {
	if err := u.rtcp.WriteRTCP(pkts); err != nil {
		u.seat.conf.srv.metrics.dropped[dropWrite].Add(1)
	}
}

// readRTCP takes the publisher's sender reports.
func (l *Layer) readRTCP(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	buf := make([]byte, packets.MaxPacket)
	for {
		var n int
		var err error
		if track.RID() != "" {
			n, _, err = receiver.ReadSimulcast(buf, track.RID())
		} else {
			n, _, err = receiver.Read(buf)
		}
		if err != nil {
			return
		}
		l.onRTCP(buf[:n], l.s.now())
	}
}

func (l *Layer) onRTCP(raw []byte, now int64) {
	pkts, err := rtcp.Unmarshal(raw)
	if err != nil {
		return
	}
	for _, p := range pkts {
		sr, ok := p.(*rtcp.SenderReport)
		if !ok || sr.SSRC != l.ssrc {
			continue
		}
		l.recv.lastSR.Store(uint64(uint32(sr.NTPTime >> 16)))
		l.recv.lastSRAt.Store(now)
		l.clk.pending.Store(&senderReport{ntp: sr.NTPTime, rtp: sr.RTPTime, arrival: now})
		if l.src.gate.Load() {
			l.tapRTCP(raw, now)
		}
	}
}
