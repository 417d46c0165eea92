package sfu

import (
	"sync/atomic"

	"nghitruong/sfu/packets"
)

// senderReport is what the RTCP goroutine hands to the layer's reader.
type senderReport struct {
	ntp     uint64
	rtp     uint32
	arrival int64
}

// layerClock puts a layer's timestamps on the server's clock. The reader owns the map; others see its newest line.
type layerClock struct {
	line    atomic.Pointer[packets.ClockLine]
	pending atomic.Pointer[senderReport]
	m       *packets.ClockMap // owned by the reader
	last    packets.ClockLine // owned by the reader
}

// observe takes one packet and any sender report that came since the last one. Only the reader calls it.
func (c *layerClock) observe(p *packets.Packet) {
	if sr := c.pending.Swap(nil); sr != nil {
		c.m.OnSR(sr.ntp, sr.rtp, sr.arrival)
	}
	c.m.OnPacket(p.Header.TS, p.Arrival)
	if line := c.m.Line(); line != c.last {
		c.last = line
		published := line
		c.line.Store(&published)
	}
}

// translate maps the timestamp of p, a packet of layer to, onto this layer's RTP clock; ok is false while the sender
// reports of either layer are missing.
func (l *Layer) translate(to *Layer, p *packets.Packet) (ts uint32, ok bool) {
	from, onto := to.clk.line.Load(), l.clk.line.Load()
	if from == nil || onto == nil {
		return 0, false
	}
	return packets.Translate(*from, *onto, p.Header.TS)
}

// rtpNow is the slot's RTP time at now, for sender reports; ok is false before its first packet.
func (s *slot) rtpNow(now int64) (ts uint32, ok bool) {
	last, arrival, ok := s.mun.Last()
	if !ok {
		return 0, false
	}
	if l := s.cur; l != nil && s.mun.Layer() == l.num {
		if line := l.clk.line.Load(); line != nil && line.OK {
			return s.mun.OutTS(line.TS(now)), true
		}
	}
	clock := int64(clockAudio)
	if s.video {
		clock = clockVideo
	}
	return last + uint32((now-arrival)/1000*clock/1e6), true
}
