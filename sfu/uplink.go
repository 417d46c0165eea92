package sfu

import (
	"time"

	"github.com/pion/rtcp"

	"nghitruong/sfu/packets"
)

// uplinkNack asks a publisher for missing video packets again, mindful of the round trip. It belongs to the reader:
// repeats are sent when packets arrive, because a repaired packet surfaces with the next primary one anyway.
type uplinkNack struct {
	l        *Layer
	gen      *packets.NackGenerator
	lastTick int64
	sns      []uint16
	used     bool // gen has seen packets
}

func newUplinkNack(l *Layer) *uplinkNack {
	return &uplinkNack{l: l, gen: packets.NewNackGenerator(), sns: make([]uint16, 0, 64)}
}

// forget starts over: nothing that the gate kept out is asked for again.
func (n *uplinkNack) forget() {
	if n.used {
		n.gen, n.used = packets.NewNackGenerator(), false
	}
}

// onPacket takes a packet that passed the gate; ext is its extended number as the publisher counts.
func (n *uplinkNack) onPacket(p *packets.Packet, ext uint64) {
	if !n.l.codec.Video() {
		return
	}
	m := n.l.s.metrics
	n.used = true
	if n.gen.OnPacket(ext, p.Arrival) {
		m.inRecovered.Add(1)
		n.l.up.repaired.Add(1)
	}
	if n.gen.Missing() == 0 && !p.Key {
		return
	}
	if p.Arrival-n.lastTick < int64(packets.NackTick) {
		return
	}
	n.lastTick = p.Arrival
	n.sns = n.gen.Tick(p.Arrival, time.Duration(n.l.pub.rtt.Load()), n.sns[:0])
	if len(n.sns) > 0 {
		m.nacksOut.Add(uint64(len(n.sns)))
		n.l.pub.writeRTCP(&rtcp.TransportLayerNack{
			SenderSSRC: n.l.pub.ssrc, MediaSSRC: n.l.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(n.sns),
		})
	}
	if n.gen.Broken() && (len(*n.l.fans.Load()) > 0 || n.l.isTapped()) {
		n.l.requestKeyframe(p.Arrival)
	}
}
