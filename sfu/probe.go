package sfu

import (
	"github.com/pion/rtp"

	"nghitruong/sfu/packets"
)

const (
	paddingSize = 255 // bytes of a padding-only packet, the most that RFC 3550 section 5.1 allows
	probeBurst  = 8   // probe packets of one slot in a row
)

// probeRun is a probe that is being sent.
type probeRun struct {
	until int64
	last  int64
	rate  uint64 // bit/s, media included
	debt  int64  // bytes still owed
	base  uint64 // bytes sent when the debt was last computed
}

// probe looks for headroom: it re-sends recent packets over RTX, or padding, so that the whole reaches the probe's
// rate. Receivers throw both away after measuring them.
func (v *viewer) probe(now int64) {
	p := &v.probing
	if p.until == 0 {
		run, ok := v.est.BeginProbe(v.target.Load(), now)
		if !ok {
			return
		}
		*p = probeRun{until: now + int64(run.Length), last: now, rate: run.Rate, base: v.sentBytes.Load()}
		return
	}
	if now >= p.until+int64(workerTick) {
		*p = probeRun{}
		v.est.EndProbe(now)
		if v.report(now) { // it waits where the probe's packets wait, and its echo tells how long
			v.echo = uint32(v.ntp(now) >> 16)
			v.nextReport = now + int64(reportEvery)
			if v.rttNs.Load() != 0 { // the client's reports do tell the round trip
				v.est.ExpectEcho()
			}
		}
		return
	}
	sent := v.sentBytes.Load()
	p.debt += int64(p.rate)/8*(now-p.last)/1e9 - int64(sent-p.base)
	p.last, p.base = now, sent
	for _, s := range v.video {
		for n := 0; n < probeBurst && p.debt > 0; n++ {
			k := s.probeOnce(now)
			if k == 0 {
				break
			}
			p.debt -= int64(k)
		}
	}
	for p.debt > 0 {
		k := v.pad(now)
		if k == 0 {
			break
		}
		p.debt -= int64(k)
	}
	p.base = v.sentBytes.Load()
}

// probeOnce re-sends one recent packet of the slot and returns its size, 0 when there is none.
func (s *slot) probeOnce(now int64) int {
	if s.cur == nil || s.rtxSSRC == 0 || !s.bound.Load() {
		return 0
	}
	s.probeBack++
	meta, ok := s.meta.Get(uint16(s.lastOut - s.probeBack%probeBurst))
	if !ok || meta.Inserted || meta.Layer != s.cur.num {
		return 0
	}
	p := s.cur.ring.Get(meta.InSN)
	if p == nil {
		return 0
	}
	defer p.Release()
	return s.writeRTX(s.cur, p, &meta, true, now)
}

// pad sends one padding-only packet on the first video slot that has RTX.
func (v *viewer) pad(now int64) int {
	for _, s := range v.video {
		pt := s.anyRTX()
		if s.rtxSSRC == 0 || pt == 0 || !s.bound.Load() {
			continue
		}
		s.rtxSN++
		h := rtp.Header{
			Version: 2, Padding: true, SSRC: s.rtxSSRC, SequenceNumber: uint16(s.rtxSN), PayloadType: pt, Timestamp: s.rtxHdr.Timestamp,
		}
		s.stamp(now)
		if s.absExtID != 0 {
			if err := h.SetExtension(s.absExtID, s.absTime[:]); err != nil {
				return 0
			}
		}
		b := s.buf[:paddingSize]
		clear(b)
		b[paddingSize-1] = paddingSize
		if err := s.write(&h, s.rtxSN, b); err != nil {
			return 0
		}
		v.sent(paddingSize, true, now)
		return paddingSize
	}
	return 0
}

// anyRTX is a retransmission payload type of the slot, 0 when none was negotiated.
func (s *slot) anyRTX() uint8 {
	for _, pt := range s.rtxPTs {
		if pt != 0 {
			return pt
		}
	}
	return 0
}

// writeRTX writes p as it was sent, over the retransmission stream (RFC 4588), and returns the payload's size.
func (s *slot) writeRTX(l *Layer, p *packets.Packet, meta *packets.Meta, probe bool, now int64) int {
	ts, marker, n := meta.RTX(p, s.buf)
	if n == 0 || s.rtxPTs[l.codec] == 0 {
		return 0
	}
	s.rtxSN++
	s.rtxHdr.SequenceNumber = uint16(s.rtxSN)
	s.rtxHdr.Timestamp = ts
	s.rtxHdr.Marker = marker
	s.rtxHdr.PayloadType = s.rtxPTs[l.codec]
	s.csrc[0] = l.src.id
	s.stamp(now)
	if err := s.write(&s.rtxHdr, s.rtxSN, s.buf[:n]); err != nil {
		s.v.s.metrics.dropped[dropWrite].Add(1)
		return 0
	}
	s.v.sent(n, probe, now)
	return n
}
