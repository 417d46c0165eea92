package sfu

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

// assumedLevel stands in, in -dBov, for a level that neither the packets tell nor the server can hear: they count as speech.
const assumedLevel = 30

// hushPackets of 20 ms behind a closed gate are sent on as silence; slots wait hushTime for them.
const (
	hushPackets = 10
	hushTime    = hushPackets*20*time.Millisecond + 200*time.Millisecond
)

// firstMeasure is how soon a new layer's rate is known.
const firstMeasure = 300 * time.Millisecond

// Layer is one RTP stream of a source: a simulcast layer, or its only stream. Its packets come from the reader of a media socket
// (direct path) or from Pion (plain path); readMu keeps the two apart when a stream changes path.
type Layer struct {
	num       uint32 // names the layer in mungers; never reused
	src       *Source
	index     int // place in layerRIDs
	rid       string
	ssrc      uint32
	codec     packets.Codec
	codecName string
	clock     uint32               // Hz
	levelExt  uint8                // RFC 6464 extension id, 0 = none
	params    webrtc.RTPParameters // what taps are told; set before the reader starts
	s         *Server
	pub       *pubPC
	check     *streamCheck // of an encoder's layer; set before the reader starts
	ring      *packets.Ring

	fans   atomic.Pointer[[]*fan] // copy on write under fanMu
	fanMu  sync.Mutex
	closed atomic.Bool
	shown  atomic.Pointer[func(raw []byte)] // gets what passed the gate, to make a smaller picture of it; nil = nobody

	kfMu sync.Mutex
	kf   *packets.KeyframeControl

	lastPacket atomic.Int64  // now() of the newest packet that passed the gate
	lastHeard  atomic.Int64  // now() of the newest packet before the gate
	size       atomic.Uint32 // width<<16 | height of the newest keyframe
	bytes      atomic.Uint64 // passed the gate
	rate       atomic.Uint64 // bit/s over the last second
	recv       receiverState
	clk        layerClock
	up         uplinkMeter

	// Owned by the conference.
	rtxKnown  bool // its retransmissions come past Pion, or may
	rateAt    int64
	rateBytes uint64

	track  *webrtc.TrackRemote
	pt     uint8 // what the publisher sends it as
	readMu sync.Mutex

	// Guarded by readMu.
	sn     packets.ExtSeq
	ts     packets.ExtTS
	barred bool   // the gate kept packets out and none passed since
	hushed int    // packets made silent since the gate closed
	hidden uint64 // packets kept out by the gate so far: the extended numbers of viewers are lower by this
	nack   *uplinkNack
	loud   *loudness  // nil when the packets tell how loud they are
	red    *uplinkRED // nil when the publisher cannot send RED
}

// receiverState is what a receiver report says (RFC 3550 section 6.4.1), written by the reader, read by the conference.
type receiverState struct {
	base, highest, received atomic.Uint64 // extended sequence numbers; packets without duplicates
	jitter                  atomic.Uint64 // RTP clock, times 16
	lastSR                  atomic.Uint64 // middle 32 bits of the newest sender report's NTP time
	lastSRAt                atomic.Int64  // now() of its arrival
	transit                 int64         // owned by the reader
	expectedPrior           uint64        // owned by the conference
	receivedPrior           uint64        // owned by the conference
}

func newLayer(pub *pubPC, src *Source, index int, track *webrtc.TrackRemote, codec packets.Codec, levelExt uint8) *Layer {
	minKey := packets.KeyframeMin
	if index == layerQ {
		minKey = packets.KeyframeMinQ
	}
	l := &Layer{
		num: pub.seat.conf.srv.layerNums.Add(1), src: src, index: index, rid: track.RID(), ssrc: uint32(track.SSRC()),
		codec: codec, codecName: codecNames[codec], clock: codec.ClockRate(), levelExt: levelExt,
		s: pub.seat.conf.srv, pub: pub, track: track, pt: uint8(track.PayloadType()),
		ring: packets.NewRing(ringSize(src.key.kind, index)), kf: packets.NewKeyframeControl(minKey),
		hushed: hushPackets, // nothing was heard that would have to end
	}
	l.nack = newUplinkNack(l)
	l.clk.m = packets.NewClockMap(l.clock)
	l.fans.Store(&[]*fan{})
	return l
}

// codecNames are the names of SourceInfo.Codec.
var codecNames = map[packets.Codec]string{
	packets.CodecOpus: codecOpus, packets.CodecVP8: codecVP8, packets.CodecH264: codecH264,
}

// read forwards the track's packets until the PeerConnection ends.
func (l *Layer) read(track *webrtc.TrackRemote) {
	for {
		p := l.s.pool.Get()
		n, _, err := track.Read(p.Buffer())
		if err != nil {
			p.Release()
			return
		}
		p.SetLen(n)
		p.Arrival = l.s.now()
		l.receive(p)
		p.Release()
	}
}

// receive takes one packet as it came and hands it to the workers.
func (l *Layer) receive(p *packets.Packet) {
	if l.accept(p) {
		l.fanOut(p)
	}
}

// accept judges one packet as it came: counts, gate, ring, taps. It tells whether viewers may have it.
func (l *Layer) accept(p *packets.Packet) bool {
	l.readMu.Lock()
	defer l.readMu.Unlock()
	m := l.s.metrics
	m.inPackets.Add(1)
	m.inBytes.Add(uint64(len(p.Raw())))
	if !l.unwrap(p) || p.Parse(l.codec, l.levelExt) != nil {
		m.dropped[dropMalformed].Add(1)
		return false
	}
	ext := l.sn.Unwrap(p.Header.SN)
	p.ExtTS = l.ts.Unwrap(p.Header.TS)
	l.meter(p)
	if l.check != nil {
		l.judge(p, ext)
	}
	hush := !l.src.gate.Load()
	if hush && !l.hush(p) {
		l.restore(p, ext, false)
		l.count(p, ext)
		l.nack.forget()
		l.barred = true
		m.dropped[dropGate].Add(1)
		return false
	}
	if l.barred && !l.reopen(p, ext) {
		l.count(p, ext)
		m.dropped[dropGate].Add(1)
		return false
	}
	if !hush {
		l.hushed = 0
	}
	p.ExtSN = ext - l.hidden
	l.restore(p, ext, !hush)
	if !l.ring.Put(p) {
		m.dropped[dropDuplicate].Add(1)
		return false
	}
	l.count(p, ext)
	l.nack.onPacket(p, ext)
	l.clk.observe(p)
	l.bytes.Add(uint64(len(p.Raw())))
	if len(p.Payload()) > 0 { // padding probes are no picture
		l.lastPacket.Store(p.Arrival)
		l.src.lastPassed.Store(p.Arrival)
	}
	switch {
	case hush: // says nothing: neither a level nor for the record
		return true
	case l.codec.Video():
		l.picture(p)
		l.show(p.Raw())
	default:
		l.noteVoice(p)
	}
	l.tap(p)
	return true
}

// hush makes silence of the first packets of a microphone behind a closed gate. A receiver whose packets just end goes on
// with the last sound for half a second, as if they were lost; told to be silent, it is. Nothing of what was said
// passes.
func (l *Layer) hush(p *packets.Packet) bool {
	if l.barred || l.hushed >= hushPackets || !p.Hush(l.levelExt) {
		return false
	}
	l.hushed++
	return true
}

// reopen lets a stream through again after its gate was closed. Viewers must not see how much was kept from them, so
// the numbers go on without a hole; pictures start with a keyframe.
func (l *Layer) reopen(p *packets.Packet, ext uint64) bool {
	if l.codec.Video() && !p.Key {
		l.requestKeyframe(p.Arrival)
		return false
	}
	if hi, ok := l.ring.Highest(); ok && ext-l.hidden > hi+1 {
		l.hidden = ext - hi - 1
	}
	l.barred = false
	return true
}

// picture keeps the keyframe control up to date.
func (l *Layer) picture(p *packets.Packet) {
	l.kfMu.Lock()
	l.kf.OnPacket(p)
	l.kfMu.Unlock()
}

// fanOut hands a packet to every worker that has viewers of this layer.
func (l *Layer) fanOut(p *packets.Packet) {
	for _, f := range *l.fans.Load() {
		p.Retain()
		l.enqueue(f, p)
	}
}

// enqueue puts a packet, with a reference, into a worker's queue.
func (l *Layer) enqueue(f *fan, p *packets.Packet) {
	select {
	case f.w.in <- item{f, p}:
	default:
		l.overflow(f, p)
	}
}

// overflow handles a full worker queue: audio waits a little, video is dropped.
func (l *Layer) overflow(f *fan, p *packets.Packet) {
	if !l.codec.Video() {
		t := time.NewTimer(audioWait)
		defer t.Stop()
		select {
		case f.w.in <- item{f, p}:
			return
		case <-t.C:
		}
	}
	l.s.metrics.dropped[dropQueue].Add(1)
	p.Release()
}

// count keeps the receiver report's figures.
func (l *Layer) count(p *packets.Packet, ext uint64) {
	r := &l.recv
	r.received.Add(1)
	if r.base.Load() == 0 {
		r.base.Store(ext)
	}
	if ext > r.highest.Load() {
		r.highest.Store(ext)
		transit := p.Arrival*int64(l.clock)/int64(time.Second) - int64(p.ExtTS)
		d := transit - r.transit
		if r.transit == 0 {
			d = 0
		}
		r.transit = transit
		j := r.jitter.Load()
		r.jitter.Store(j + uint64(max(d, -d)) - (j+8)>>4)
	}
}

// report makes this layer's block of a receiver report.
func (l *Layer) report(now int64) rtcp.ReceptionReport {
	r := &l.recv
	base, highest, received := r.base.Load(), r.highest.Load(), r.received.Load()
	expected := highest - base + 1
	if base == 0 {
		expected = 0
	}
	lost := uint64(0)
	if expected > received {
		lost = expected - received
	}
	de, dr := expected-r.expectedPrior, received-r.receivedPrior
	r.expectedPrior, r.receivedPrior = expected, received
	l.noteLoss(de, dr)
	frac := uint64(0)
	if de > dr && de > 0 {
		frac = min(255, (de-dr)<<8/de)
		l.s.metrics.inLost.Add(de - dr)
	}
	rep := rtcp.ReceptionReport{
		SSRC: l.ssrc, FractionLost: uint8(frac), TotalLost: uint32(min(lost, 1<<23-1)),
		LastSequenceNumber: uint32(highest), Jitter: uint32(r.jitter.Load() >> 4),
	}
	if sr := r.lastSR.Load(); sr != 0 {
		rep.LastSenderReport = uint32(sr)
		rep.Delay = uint32((now - r.lastSRAt.Load()) * 65536 / int64(time.Second))
	}
	return rep
}

// measure keeps the layer's rate; the conference calls it.
func (l *Layer) measure(now int64) {
	every := time.Second
	if l.rate.Load() == 0 {
		every = firstMeasure
	}
	if now-l.rateAt < int64(every) {
		return
	}
	total := l.bytes.Load()
	if l.rateAt != 0 {
		fresh := (total - l.rateBytes) * 8 * uint64(time.Second) / uint64(now-l.rateAt)
		if old := l.rate.Load(); old != 0 {
			fresh = (3*old + fresh) / 4 // pictures differ from second to second
		}
		l.rate.Store(fresh)
	}
	l.rateAt, l.rateBytes = now, total
}

// addFan shows the layer to one more worker.
func (l *Layer) addFan(f *fan) {
	l.fanMu.Lock()
	defer l.fanMu.Unlock()
	next := append(append([]*fan(nil), *l.fans.Load()...), f)
	l.fans.Store(&next)
}

// removeFan hides the layer from a worker.
func (l *Layer) removeFan(f *fan) {
	l.fanMu.Lock()
	defer l.fanMu.Unlock()
	var next []*fan
	for _, have := range *l.fans.Load() {
		if have != f {
			next = append(next, have)
		}
	}
	l.fans.Store(&next)
}

// close takes the layer from its source and from every worker. It may be called more than once.
func (l *Layer) close() {
	if l.closed.Swap(true) {
		return
	}
	l.src.lays[l.index].CompareAndSwap(l, nil)
	if q := l.src.lays[layerQ].Load(); q != nil && l.shown.Swap(nil) != nil {
		q.close() // made of this one
	}
	for _, w := range l.s.workers {
		w.do(func() { w.drop(l) })
	}
	l.ring.Clear()
}

// rtxSSRC is the SSRC of the layer's retransmissions, 0 while it is not known.
func (l *Layer) rtxSSRC() uint32 {
	if l.track == nil {
		return 0
	}
	return uint32(l.track.RtxSSRC())
}
