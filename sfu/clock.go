package sfu

import "nghitruong/sfu/packets"

// translate maps the timestamp of p, a packet of layer to, onto this layer's RTP clock; ok is false while the sender
// reports of either layer are missing.
func (l *Layer) translate(to *Layer, p *packets.Packet) (ts uint32, ok bool) {
	_, _ = to, p
	return 0, false
}
