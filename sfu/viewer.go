package sfu

import (
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v5/packetio"
	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

const (
	reportEvery   = time.Second
	silenceLimit  = 500 * time.Millisecond // every PeerConnection hears something this often
	srIdle        = 10 * time.Second
	lossTrouble   = 0.02 // share of packets lost
	provenReports = 3
	feedbackRate  = 1000 // RTCP packets a second of one viewer, one for each slot that it names
	asksRate      = 2000 // packets a second that one viewer may ask for again
	lossSample    = 100  // packets that make a loss figure without waiting a second for more
)

// rtcpWriter sends RTCP to a client. A PeerConnection is one.
type rtcpWriter interface {
	WriteRTCP(pkts []rtcp.Packet) error
}

// viewer is one sub PeerConnection: the slots of one person, pinned to one worker.
type viewer struct {
	s     *Server
	seat  *seat
	w     *worker
	pc    *webrtc.PeerConnection
	rtcp  rtcpWriter
	ssrc  uint32 // sender of RTCP that belongs to no slot
	cname string
	audio []*slot
	video []*slot

	path    trail
	keys    keyTap
	keyOnce sync.Once
	key     *srtpKey // set once by follow; nil when the direct path cannot serve

	closeOnce  sync.Once
	onDirect   atomic.Bool // direct is not nil
	ended      atomic.Bool
	connected  atomic.Bool
	troubled   atomic.Bool // the line was congested once
	congesting atomic.Bool // it is now
	delayed    atomic.Bool // packets wait on their way
	proven     atomic.Bool // enough reports came to believe the estimate

	sentBytes atomic.Uint64
	lossBits  atomic.Uint64 // float64 bits: smoothed fraction lost
	rttNs     atomic.Int64
	estBps    atomic.Uint64 // what may be sent, bit/s
	repeat    atomic.Int32  // how many earlier packets each of the voices repeats
	lineBps   atomic.Uint64 // what the line is thought to carry, repairs included, bit/s
	granted   atomic.Uint64 // what the layers that it is shown take, voices included, bit/s; set by the conference
	target    atomic.Uint64 // what the viewer could use at most, bit/s; set by the conference

	feedback packets.Budget // RTCP packets; owned by the reader of the PeerConnection's RTCP

	// Owned by the worker.
	direct     *directPath // nil: the plain path
	pace       pacer
	red        redundancy
	playout    playout
	rtx        packets.Budget // bits of retransmissions, of all slots
	asks       packets.Budget // packets that may be asked for again
	est        *packets.RateEstimator
	probing    probeRun
	echo       uint32 // middle of the NTP time of the report that ended the newest probe, 0 = none is awaited
	lastSent   int64
	nextReport int64
	reports    int     // receiver reports taken
	reported   bool    // a receiver report came since the last tick
	lossNum    float64 // packets that the viewer's line lost since the last tick, of lossDen
	lossDen    float64
	lossAt     int64 // when the estimator was told last
	drained    int64 // until then no new picture begins
}

// newViewer makes the slots; the PeerConnection is set by the caller.
func newViewer(st *seat, audio, video int, start uint64) *viewer {
	v := &viewer{
		est: packets.NewRateEstimator(start),
		s:   st.conf.srv, seat: st, w: st.conf.srv.pickWorker(), ssrc: rand.Uint32(),
		cname: "nghitruong",
	}
	v.estBps.Store(start)
	for i := range audio {
		v.audio = append(v.audio, newSlot(v, i, false, "a"+strconv.Itoa(i), slotStream("a", i)))
	}
	for i := range video {
		v.video = append(v.video, newSlot(v, i, true, "v"+strconv.Itoa(i), slotStream("v", i)))
	}
	return v
}

// slotStream is the msid of a slot. A0 and V0 share theirs, so that browsers lip-sync the stage.
func slotStream(kind string, i int) string {
	if i == 0 {
		return "stage"
	}
	return kind + strconv.Itoa(i)
}

// start gives the viewer to its worker.
func (v *viewer) start() {
	v.w.do(func() {
		v.w.viewers[v] = struct{}{}
		v.setPace(v.s.now())
	})
}

// close takes the viewer off its worker, then closes the PeerConnection. It may be called more than once.
func (v *viewer) close() {
	v.closeOnce.Do(func() {
		v.ended.Store(true)
		v.w.do(func() {
			delete(v.w.viewers, v)
			v.w.stopPacing(v)
			now := v.s.now()
			v.each(func(s *slot) { s.assign(nil, false, now) })
		})
		v.s.closePC(v.pc)
	})
}

func (v *viewer) each(f func(*slot)) {
	for _, s := range v.audio {
		f(s)
	}
	for _, s := range v.video {
		f(s)
	}
}

// slotOf finds the slot with an SSRC, nil when there is none.
func (v *viewer) slotOf(ssrc uint32) *slot {
	for _, s := range v.audio {
		if s.ssrc.Load() == ssrc {
			return s
		}
	}
	for _, s := range v.video {
		if s.ssrc.Load() == ssrc {
			return s
		}
	}
	return nil
}

// sent counts bytes that went out.
func (v *viewer) sent(n int, probe bool, now int64) {
	v.lastSent = now
	v.sentBytes.Add(uint64(n))
	v.est.Sent(n, probe, now)
	if !probe {
		v.pace.bucket.Spend(n)
	}
}

// estimate is what the viewer's line is thought to carry, in bit/s.
func (v *viewer) estimate() uint64 { return v.estBps.Load() }

// ntp is the server's time as RTCP carries it.
func (v *viewer) ntp(now int64) uint64 { return packets.NTP(v.s.wall(now).UnixNano()) }

// tick asks for keyframes that are awaited, follows the line's capacity and sends reports.
func (v *viewer) tick(now int64) {
	for _, s := range v.video {
		if now < v.drained {
			break
		}
		if _, ask := s.picker.NeedKeyframe(now); ask && s.want != nil {
			s.want.requestKeyframe(now)
		}
		if s.picker.GaveUp(now) {
			s.fallBack(now)
		}
		s.seekKeyframe(now)
	}
	if v.reported && v.lossDen > 0 && (v.lossDen >= lossSample || now-v.lossAt >= int64(reportEvery)) {
		v.lossAt = now
		v.est.OnRR(uint8(255*min(1, v.lossNum/v.lossDen)), time.Duration(v.rttNs.Load()), 0, now)
		v.reports++
		v.reported, v.lossNum, v.lossDen = false, 0, 0
	}
	if v.reports >= provenReports || v.reports > 0 && v.rttNs.Load() != 0 && v.est.REMB() != 0 {
		v.probe(now)
	}
	bps, state := v.est.Estimate()
	v.estBps.Store(bps)
	if state == packets.Congesting && !v.congesting.Swap(true) {
		v.drained = now + int64(drainTime)
	}
	v.congesting.Store(state == packets.Congesting)
	v.delayed.Store(v.est.Delayed())
	if v.reports >= provenReports {
		v.proven.Store(true)
	}
	if state == packets.Congesting {
		v.troubled.Store(true)
	}
	v.lossBits.Store(math.Float64bits(v.est.Loss()))
	v.lineBps.Store(v.est.Capacity())
	v.setPace(now)
	v.redundant(now)
	v.playout.follow(v.loss(), time.Duration(v.rttNs.Load()), now)
	switch {
	case now >= v.nextReport:
		v.nextReport = now + int64(reportEvery)
	case now-v.lastSent < int64(silenceLimit-workerTick):
		return
	}
	v.report(now)
}

// report sends one compound: a sender report per slot in use on the server's clock, and the canonical name.
// It tells whether a sender report left.
func (v *viewer) report(now int64) (sent bool) {
	var pkts []rtcp.Packet
	names := &rtcp.SourceDescription{}
	v.each(func(s *slot) {
		ts, ok := s.rtpNow(now)
		if !ok || !s.bound.Load() || now-s.lastSent > int64(srIdle) {
			return
		}
		ssrc := s.ssrc.Load()
		sr := s.sr.Report(ssrc, v.ntp(now), ts)
		pkts = append(pkts, &sr)
		names.Chunks = append(names.Chunks, v.chunk(ssrc))
	})
	sent = len(pkts) > 0
	if !sent {
		pkts = append(pkts, &rtcp.ReceiverReport{SSRC: v.ssrc})
		names.Chunks = append(names.Chunks, v.chunk(v.ssrc))
	}
	if err := v.rtcp.WriteRTCP(append(pkts, names)); err != nil {
		return false
	}
	v.s.metrics.reports.Add(1)
	v.lastSent = now
	return sent
}

func (v *viewer) chunk(ssrc uint32) rtcp.SourceDescriptionChunk {
	return rtcp.SourceDescriptionChunk{
		Source: ssrc, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: v.cname}},
	}
}

// congested tells whether the line shows any trouble now.
func (v *viewer) congested() bool { return v.congesting.Load() || v.loss() > lossTrouble }

// random tells whether the line loses packets by chance: nothing waits, nothing speaks for a full queue.
func (v *viewer) random() bool {
	return v.loss() > lossTrouble && !v.congesting.Load() && !v.delayed.Load()
}

// strained tells whether the line loses packets or makes them wait: REMB alone may fall for a hiccup, to a share of what
// happened to be sent.
func (v *viewer) strained() bool { return v.delayed.Load() || v.loss() > lossTrouble }

// loss is the fraction of packets lost lately, 0..1.
func (v *viewer) loss() float64 { return math.Float64frombits(v.lossBits.Load()) }

// rtcpBuffer stands where Pion would queue the RTCP of one SSRC: Write handles the packet at once, so that no goroutine
// has to read it.
type rtcpBuffer struct {
	v    *viewer
	ssrc uint32
	once sync.Once
	done chan struct{}
}

// buffers is the BufferFactory of the sub PeerConnection; it sends no RTP to the server, so that RTP is dropped.
func (v *viewer) buffers(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
	b := &rtcpBuffer{v: v, ssrc: ssrc, done: make(chan struct{})}
	if kind != packetio.RTCPBufferPacket {
		b.v = nil
	}
	return b
}

// Write implements io.Writer with one decrypted RTCP packet.
func (b *rtcpBuffer) Write(raw []byte) (int, error) {
	if b.v != nil {
		b.v.s.guard("rtcp", func() { b.v.onRTCP(b.ssrc, raw) }, nil)
	}
	return len(raw), nil
}

// Read implements io.Reader: there is never anything to read.
func (b *rtcpBuffer) Read([]byte) (int, error) {
	<-b.done
	return 0, io.EOF
}

// Close implements io.Closer.
func (b *rtcpBuffer) Close() error {
	b.once.Do(func() { close(b.done) })
	return nil
}

// onRTCP handles feedback. SRTP hands a packet once to every SSRC that it names; only the part about ssrc counts here.
func (v *viewer) onRTCP(ssrc uint32, raw []byte) {
	s, now := v.slotOf(ssrc), v.s.now()
	if !v.feedback.Take(1, feedbackRate, feedbackRate, now) {
		v.s.metrics.feedbackCut.Add(1)
		return
	}
	pkts, err := rtcp.Unmarshal(raw)
	if err != nil {
		v.s.metrics.dropped[dropMalformed].Add(1)
		return
	}
	if more := float64(len(pkts) - 1); more > 0 && !v.feedback.Take(more, feedbackRate, feedbackRate, now) {
		v.s.metrics.feedbackCut.Add(1)
		return
	}
	for _, p := range pkts {
		switch p := p.(type) {
		case *rtcp.ReceiverEstimatedMaximumBitrate:
			if len(p.SSRCs) == 0 || p.SSRCs[0] == ssrc {
				bps := uint64(max(0, p.Bitrate))
				v.w.try(func() { v.est.OnREMB(bps, now) })
			}
		case *rtcp.ReceiverReport:
			v.onReports(s, p.Reports, now)
		case *rtcp.SenderReport:
			v.onReports(s, p.Reports, now)
		case *rtcp.TransportLayerNack:
			if s != nil && p.MediaSSRC == ssrc {
				v.w.try(func() { s.onNACK(p.Nacks, now) })
			}
		case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
			if s != nil {
				v.w.try(func() { s.onPLI(now) })
			}
		}
	}
}

func (v *viewer) onReports(s *slot, reports []rtcp.ReceptionReport, now int64) {
	if s == nil {
		return
	}
	for _, r := range reports {
		if r.SSRC == s.ssrc.Load() {
			v.w.try(func() { s.onReport(r, now) })
		}
	}
}

// selected is the pair that ICE uses, nil when there is none.
func selected(pc *webrtc.PeerConnection) *webrtc.ICECandidatePair {
	pair, err := pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil {
		return nil
	}
	return pair
}
