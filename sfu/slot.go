package sfu

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

// egress writes a finished RTP packet to one viewer by the plain path, which is Pion's and always right; the direct path is
// slot.write. header and payload may be reused after the call.
type egress interface {
	WriteRTP(header *rtp.Header, payload []byte) (int, error)
}

const (
	numCodecs    = int(packets.CodecH264) + 1
	slotLayers   = 4       // layers remembered for repair after switches
	absSendScale = 18      // abs-send-time counts 1/2^18 s
	absSendWrap  = 64e9    // and wraps every 64 s
	firstSN      = 1 << 15 // streams begin below, so that a lost beginning is no rollover (RFC 3711 section 3.3.1)
)

// slot is one receive line of a viewer: one SSRC whose source changes. It is the TrackLocal of that line.
type slot struct {
	v      *viewer
	index  int
	video  bool
	id     string
	stream string

	// Set once by Bind, before bound is true.
	out        egress
	ssrc       atomic.Uint32
	rtxSSRC    uint32
	pts        [numCodecs]uint8 // payload type per codec, 0 = not negotiated
	rtxPTs     [numCodecs]uint8
	absExtID   uint8
	delayExtID uint8
	bound      atomic.Bool

	asked assignment // what the conference last told the worker; owned by the conference

	// Owned by the viewer's worker.
	want              *Layer // nil: nothing
	cur               *Layer // being forwarded until want's keyframe comes
	curSrc            *Source
	picker            packets.LayerPicker
	mun               *packets.Munger
	meta              *packets.MetaRing // nil before the first packet: most slots of most people stay empty
	recent            [slotLayers]*Layer
	recentAt          int
	hdr               rtp.Header
	hdrShort, hdrLong []rtp.Extension // of hdr, without and with playout-delay
	rtxHdr            rtp.Header
	csrc              [1]uint32
	absTime           [3]byte
	buf               []byte
	rtxSN             uint64 // extended, like the munger's: its first cycle is 1
	begun             bool   // a media packet went the plain way
	rtxBegun          bool   // a retransmission did
	lastSent          int64
	lastOut           uint64 // newest outgoing extended number
	sr                packets.SRState
	reported          uint32 // sr.Packets at the last receiver report
	lost              uint32 // cumulative, as last reported

	reportedOut uint64  // lastOut at the last receiver report
	holesLeft   float64 // holes of the uplink that no report has covered yet

	responder packets.NackResponder
	gaveUp    int64 // when the viewer last asked for a keyframe, 0 = never
	probeBack uint64
	replayed  *Layer // packets up to replayHi of this layer were replayed from the ring
	replayHi  uint64
	base      bool   // only the lowest temporal layer
	since     uint64 // audio: the first packet of the source that is heard
	held      heldBack
}

// assignment is what a slot is told to show.
type assignment struct {
	src   *Source
	layer *Layer
	base  bool // only the lowest temporal layer
}

func newSlot(v *viewer, index int, video bool, id, stream string) *slot {
	s := &slot{
		v: v, index: index, video: video, id: id, stream: stream,
		buf: make([]byte, packets.MaxPacket+packets.Headroom), rtxSN: 1<<16 | uint64(rand.Uint32N(firstSN)),
	}
	clock, gaps := uint32(clockAudio), packets.GapsAudio
	if video {
		clock, gaps = clockVideo, packets.GapsVideo
	}
	s.mun = packets.NewMunger(clock, !video, gaps, uint16(rand.Uint32N(firstSN)), rand.Uint32())
	s.responder.RTX = &v.rtx
	return s
}

// ID implements webrtc.TrackLocal.
func (s *slot) ID() string { return s.id }

// RID implements webrtc.TrackLocal.
func (s *slot) RID() string { return "" }

// StreamID implements webrtc.TrackLocal.
func (s *slot) StreamID() string { return s.stream }

// Kind implements webrtc.TrackLocal.
func (s *slot) Kind() webrtc.RTPCodecType {
	if s.video {
		return webrtc.RTPCodecTypeVideo
	}
	return webrtc.RTPCodecTypeAudio
}

// Bind implements webrtc.TrackLocal: it learns the payload types, the SSRCs and the writer. Every negotiated codec may
// be sent; the payload type changes with the source.
func (s *slot) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	var first webrtc.RTPCodecParameters
	codecs := ctx.CodecParameters()
	for _, c := range codecs {
		codec := codecOf(c.MimeType)
		if codec == packets.CodecOther || s.pts[codec] != 0 {
			continue
		}
		s.pts[codec] = uint8(c.PayloadType)
		s.rtxPTs[codec] = rtxFor(codecs, c.PayloadType)
		if first.PayloadType == 0 && codec != packets.CodecRED {
			first = c
		}
	}
	if first.PayloadType == 0 {
		return first, webrtc.ErrUnsupportedCodec
	}
	for _, e := range ctx.HeaderExtensions() {
		if e.URI == uriAbsSendTime {
			s.absExtID = uint8(e.ID)
		}
		if e.URI == uriPlayoutDelay {
			s.delayExtID = uint8(e.ID)
		}
	}
	s.rtxSSRC = uint32(ctx.SSRCRetransmission())
	s.out = ctx.WriteStream()
	s.ssrc.Store(uint32(ctx.SSRC()))
	if err := s.prepareHeaders(); err != nil {
		return first, err
	}
	s.bound.Store(true)
	return first, nil
}

// Unbind implements webrtc.TrackLocal.
func (s *slot) Unbind(webrtc.TrackLocalContext) error {
	s.bound.Store(false)
	return nil
}

// prepareHeaders makes the headers that every packet reuses, so that sending allocates nothing.
func (s *slot) prepareHeaders() error {
	for h, ssrc := range map[*rtp.Header]uint32{&s.hdr: s.ssrc.Load(), &s.rtxHdr: s.rtxSSRC} {
		*h = rtp.Header{Version: 2, SSRC: ssrc, CSRC: s.csrc[:]}
		if s.absExtID != 0 {
			if err := h.SetExtension(s.absExtID, s.absTime[:]); err != nil {
				return fmt.Errorf("abs-send-time: %w", err)
			}
		}
	}
	return s.preparePlayout()
}

// assign sets what the slot shows: a layer, or nothing. Until the layer's keyframe comes the old picture
// goes on, unless its source is no longer wanted at all.
// With base only the lowest temporal layer is sent.
func (s *slot) assign(l *Layer, base bool, now int64) {
	if l != nil && (l.closed.Load() || s.pts[l.codec] == 0) {
		l = nil
	}
	s.base = base
	if l == s.want {
		if l != nil {
			s.picker.Want(l.num, s.temporal(), now)
		}
		return
	}
	old := s.want
	s.want = l
	if old != nil && old != s.cur {
		s.v.w.unsubscribe(old, s)
	}
	if l == nil {
		s.stop()
		s.picker.Want(0, packets.AllTemporal, now)
		return
	}
	s.picker.Want(l.num, s.temporal(), now)
	s.v.w.subscribe(l, s)
	if s.video && (s.cur == nil || s.curSrc != l.src) {
		s.catchUp(l, now)
	}
}

// fallBack takes any living layer of the source when the wanted one sends no keyframe (RFC 4585 has no answer to a
// publisher that ignores PLI).
func (s *slot) fallBack(now int64) {
	if s.want == nil {
		return
	}
	src := s.want.src
	for i := range src.lays {
		if l := src.lays[i].Load(); l != nil && l != s.want && src.alive(i, now) {
			s.assign(l, s.base, now)
			return
		}
	}
}

func (s *slot) temporal() uint8 {
	if s.base {
		return 0
	}
	return packets.AllTemporal
}

// stop forwards nothing more.
func (s *slot) stop() {
	if s.cur != nil {
		s.v.w.unsubscribe(s.cur, s)
		s.cur, s.curSrc = nil, nil
	}
}

// layerClosed forgets a layer that will send nothing more.
func (s *slot) layerClosed(l *Layer) {
	if s.cur == l {
		s.cur = nil
	}
	if s.want == l {
		s.want = nil
		s.picker.Want(0, packets.AllTemporal, s.v.s.now())
	}
}

// onPacket forwards a packet of a layer that this slot is subscribed to.
func (s *slot) onPacket(l *Layer, p *packets.Packet, now int64) {
	if !s.bound.Load() || (l != s.want && l != s.cur) {
		return
	}
	if l == s.replayed && p.ExtSN <= s.replayHi {
		return // came by the ring already; the same number must not be sealed twice
	}
	if !s.video {
		s.onAudio(l, p, now)
		return
	}
	if !s.v.holds(s, l, p, now) {
		s.onPicture(l, p, now)
	}
}

// onPicture forwards a packet of a picture whose turn has come.
func (s *slot) onPicture(l *Layer, p *packets.Packet, now int64) {
	if s.overfills(l, now) {
		return
	}
	switch s.picker.OnPacket(l.num, p) {
	case packets.Skip:
		return
	case packets.Filter:
		if s.mun.Drop(l.num, p) {
			return
		}
	case packets.Switch:
		if !s.switchTo(l, p, now) {
			return
		}
	case packets.Forward:
	}
	if len(p.Payload()) == 0 && s.mun.Drop(l.num, p) {
		return
	}
	s.send(l, p, now)
}

// onAudio forwards audio, which may change its source at any packet.
func (s *slot) onAudio(l *Layer, p *packets.Packet, now int64) {
	if l != s.want {
		return
	}
	if s.cur != l {
		s.mun.SwitchSource(l.num, p)
		s.since = p.ExtSN
		s.arrived(l)
	}
	s.send(l, p, now)
}

// switchTo makes a keyframe of the wanted layer the next picture; false when it must wait for another keyframe.
func (s *slot) switchTo(l *Layer, p *packets.Packet, now int64) bool {
	if s.cur != nil && s.curSrc == l.src && s.mun.Layer() == s.cur.num {
		mapped, ok := s.cur.translate(l, p)
		if !s.mun.SwitchLayer(l.num, p, mapped, ok) {
			l.requestKeyframe(now)
			return false
		}
	} else {
		s.mun.SwitchSource(l.num, p)
	}
	s.picker.Switched()
	s.arrived(l)
	return true
}

// arrived makes l the layer being forwarded.
func (s *slot) arrived(l *Layer) {
	if s.cur != nil && s.cur != l {
		s.v.w.unsubscribe(s.cur, s)
	}
	s.cur, s.curSrc = l, l.src
	s.recent[s.recentAt%slotLayers] = l
	s.recentAt++
}

// send rewrites and writes one packet. It allocates nothing.
func (s *slot) send(l *Layer, p *packets.Packet, now int64) {
	var out packets.Out
	if !s.mun.Forward(l.num, p, s.buf, &out) {
		return
	}
	s.hdr.SequenceNumber = out.SN()
	s.hdr.Timestamp = out.TS
	s.hdr.Marker = out.Marker
	s.tellPlayout(out.Marker && s.video, now)
	s.hdr.PayloadType = s.pts[l.codec]
	if !s.video && s.v.repeat.Load() > 0 && s.pts[packets.CodecRED] != 0 {
		if n := s.wrapRED(l, p, out.Payload); n > 0 {
			out.Payload, s.hdr.PayloadType = s.buf[:n], s.pts[packets.CodecRED]
		}
	}
	s.csrc[0] = l.src.id
	s.stamp(now)
	if p.Key {
		s.responder.OnKeyframe(out.ExtSN)
	}
	if err := s.write(&s.hdr, out.ExtSN, out.Payload); err != nil {
		s.v.s.metrics.dropped[dropWrite].Add(1)
		return
	}
	s.remember(out.Meta)
	s.sr.Sent(len(out.Payload))
	s.lastSent = now
	if s.lastOut == 0 {
		s.reportedOut = out.ExtSN - 1
	}
	s.lastOut = max(s.lastOut, out.ExtSN)
	s.v.sent(len(out.Payload), false, now)
	s.v.s.metrics.outPackets.Add(1)
	s.v.s.metrics.outBytes.Add(uint64(len(out.Payload)))
}

// remember keeps how a packet was sent, for repair.
func (s *slot) remember(m packets.Meta) {
	if s.meta == nil {
		size := packets.MetaSizeAudio
		if s.video {
			size = packets.MetaSize
		}
		s.meta = packets.NewMetaRing(size)
	}
	s.meta.Put(m)
}

// stamp writes abs-send-time: seconds in 6.18 fixed point.
func (s *slot) stamp(now int64) {
	t := uint64(now%absSendWrap) << absSendScale / 1e9
	s.absTime[0], s.absTime[1], s.absTime[2] = byte(t>>16), byte(t>>8), byte(t)
}
