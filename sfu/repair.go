package sfu

import (
	"time"

	"github.com/pion/rtcp"

	"nghitruong/sfu/packets"
)

// onNACK sends the named packets again over RTX (RFC 4588), as far as bandwidth and time allow.
func (s *slot) onNACK(pairs []rtcp.NackPair, now int64) {
	for _, pair := range pairs {
		pair.Range(func(sn uint16) bool {
			if !s.v.asks.Take(1, asksRate, asksRate, now) {
				return false
			}
			s.v.s.metrics.nacksIn.Add(1)
			s.resend(sn, now)
			return true
		})
	}
}

// resend writes one packet again, from the ring that all viewers of its layer share.
func (s *slot) resend(sn uint16, now int64) {
	meta, ok := s.meta.Get(sn)
	if !ok || meta.Inserted || s.rtxSSRC == 0 {
		return
	}
	l := s.layerByNumber(meta.Layer)
	if l == nil {
		return
	}
	p := l.ring.Get(meta.InSN)
	if p == nil {
		return
	}
	defer p.Release()
	pli := s.video && s.cur == l && s.keyDue(l, now)
	line := max(s.v.estimate(), s.v.lineBps.Load())
	verdict := s.responder.Ask(s.mun.ExtOut(sn), len(p.Raw()), time.Duration(now-p.Arrival),
		time.Duration(s.v.rttNs.Load()), line, pli, now)
	if verdict == packets.Resend && s.writeRTX(l, p, &meta, false, now) > 0 {
		s.v.est.OnNACKed(1) // what is not sent again (too old, before a keyframe) says nothing about the line now
		s.v.s.metrics.retransmits.Add(1)
		if s.v.random() && s.responder.Again(len(p.Raw()), line, now) && s.writeRTX(l, p, &meta, false, now) > 0 {
			s.v.s.metrics.retransmits.Add(1)
		}
	}
}

// onPLI is a viewer that cannot decode.
func (s *slot) onPLI(now int64) {
	s.v.s.metrics.plisIn.Add(1)
	if s.video && s.cur != nil {
		s.gaveUp = now
		s.cur.requestKeyframe(now)
	}
}

// keyDue tells whether this viewer gave up a picture and the keyframe for it is on its way: what it still asks for is of no use
// then. Others' wishes for a keyframe, and one that must wait for its turn, are no reason to leave holes.
func (s *slot) keyDue(l *Layer, now int64) bool {
	return s.gaveUp != 0 && now-s.gaveUp < int64(keyframeSoon) && l.keyframePending()
}

// keyframeSoon is how soon after a request a keyframe is to be expected.
const keyframeSoon = 500 * time.Millisecond

// onReport takes a viewer's receiver report about this slot.
func (s *slot) onReport(r rtcp.ReceptionReport, now int64) {
	v := s.v
	if rtt, ok := packets.RoundTrip(v.ntp(now), r.LastSenderReport, r.Delay); ok {
		v.rttNs.Store(int64(rtt))
		if v.echo != 0 && int32(r.LastSenderReport-v.echo) >= 0 {
			v.echo = 0
			v.est.OnEcho(rtt, now)
		}
	}
	if lost := r.TotalLost & 0xffffff; lost > s.lost && lost < 1<<23 { // 24 bits, signed
		v.s.metrics.outLost.Add(uint64(lost - s.lost))
		s.lost = lost
	}
	net, span := s.netLoss(float64(r.FractionLost) / 256)
	v.lossNum += net
	v.lossDen += span
	v.reported = true
}

// netLoss turns the fraction that a viewer reports lost since its last report into packets that the viewer's own line
// lost, and gives how many numbers the report spans. What the publisher's line lost is a hole in the viewer's numbers
// too, and no reason to send this viewer less.
func (s *slot) netLoss(fraction float64) (lost, span float64) {
	span = float64(s.lastOut - s.reportedOut)
	holes := span - float64(s.sr.Packets-s.reported)
	s.reportedOut, s.reported = s.lastOut, s.sr.Packets
	if span <= 0 || span > reportSpanMost {
		return 0, 0
	}
	lost = fraction*span - holes - s.holesLeft
	s.holesLeft = 0
	if lost < 0 {
		s.holesLeft = min(-lost, span) / 2 // the report may not cover the newest holes yet
		lost = 0
	}
	return lost, span
}

// reportSpanMost is the longest believable span of a report, in packets: 5 s of a 4 Mb/s picture.
const reportSpanMost = 1 << 12

// layerByNumber finds a layer that was forwarded lately.
func (s *slot) layerByNumber(num uint32) *Layer {
	for _, l := range s.recent {
		if l != nil && l.num == num {
			return l
		}
	}
	return nil
}

// drainTime is how long a line that has just become too narrow gets no new picture, so that its queue empties.
const drainTime = 400 * time.Millisecond

// overfills tells whether a packet of a picture would fill a queue that the voices wait in: one of the larger picture that would go on
// until the smaller one's keyframe comes, or of that keyframe while the queue is full yet. A picture that stands for a moment costs less
// than a word.
func (s *slot) overfills(l *Layer, now int64) bool {
	w := s.want
	if w == nil || !s.v.congesting.Load() {
		return false
	}
	if l == s.cur && w != l && w.src == l.src && w.index < l.index {
		s.stop()
		s.picker.Leave()
		return true
	}
	return s.cur == nil && now < s.v.drained
}
