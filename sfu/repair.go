package sfu

import (
	"time"

	"github.com/pion/rtcp"

	"nghitruong/sfu/packets"
)

// repairState answers one viewer slot's NACKs from the layers' rings. It belongs to the slot's worker.
type repairState struct {
	responder packets.NackResponder
}

func (r *repairState) init() {}

// keyframe says that a forwarded keyframe began with this outgoing number: older packets are of no use.
func (r *repairState) keyframe(outSN uint64) { r.responder.OnKeyframe(outSN) }

// switched is called when the slot shows another layer.
func (r *repairState) switched() {}

// onNACK sends the named packets again over RTX (RFC 4588), as far as bandwidth and time allow.
func (s *slot) onNACK(pairs []rtcp.NackPair, now int64) {
	for _, pair := range pairs {
		pair.Range(func(sn uint16) bool {
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
	if l == nil || s.rtxPTs[l.codec] == 0 {
		return
	}
	p := l.ring.Get(meta.InSN)
	if p == nil {
		return
	}
	defer p.Release()
	pli := s.video && l.keyframePending() && s.cur == l
	verdict := s.repair.responder.Ask(s.mun.ExtOut(sn), len(p.Raw()), time.Duration(now-p.Arrival),
		time.Duration(s.sr.rtt), s.v.estimate(), pli, now)
	if verdict != packets.Resend {
		return
	}
	ts, marker, n := meta.RTX(p, s.buf)
	if n == 0 {
		return
	}
	s.rtxSN++
	s.rtxHdr.SequenceNumber = s.rtxSN
	s.rtxHdr.Timestamp = ts
	s.rtxHdr.Marker = marker
	s.rtxHdr.PayloadType = s.rtxPTs[l.codec]
	s.csrc[0] = l.src.id
	s.stamp(now)
	if _, err := s.out.WriteRTP(&s.rtxHdr, s.buf[:n]); err != nil {
		s.v.s.metrics.dropped[dropWrite].Add(1)
		return
	}
	s.v.sent(n, now)
	s.v.s.metrics.retransmits.Add(1)
}

// onPLI is a viewer that cannot decode.
func (s *slot) onPLI(now int64) {
	s.v.s.metrics.plisIn.Add(1)
	if s.video && s.cur != nil {
		s.cur.requestKeyframe(now)
	}
}

const (
	ntpEpoch   = 2208988800 // seconds from 1900 to 1970
	ntpFrac    = 1 << 32
	shortScale = 65536 // middle 32 bits of NTP time count 1/65536 s
)

// ntp is wall time as RTCP carries it (RFC 3550 section 4).
func ntp(t time.Time) uint64 {
	return uint64(t.Unix()+ntpEpoch)<<32 | uint64(t.Nanosecond())*ntpFrac/uint64(time.Second) //nolint:gosec // positive
}

// onReport takes a viewer's receiver report about this slot.
func (s *slot) onReport(r rtcp.ReceptionReport, now int64) {
	if r.LastSenderReport != 0 {
		mid := uint32(ntp(s.v.s.wall(now)) >> 16)                   //nolint:gosec // the middle 32 bits
		if d := int32(mid - r.LastSenderReport - r.Delay); d >= 0 { //nolint:gosec // differences of wrapped times
			s.sr.rtt = int64(d) * int64(time.Second) / shortScale
		}
	}
	if r.TotalLost > s.sr.lost {
		s.v.s.metrics.outLost.Add(uint64(r.TotalLost - s.sr.lost))
		s.sr.lost = r.TotalLost
	}
	s.v.onLoss(s, r, now)
}
