package sfu

import (
	"net"
	"net/netip"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// plainEvery: of each stream one packet in so many goes the plain way, from the first on, so that Pion's SRTP session keeps
// count of the rollovers (RFC 3711 section 3.3.1 needs one packet in 2^15) and a viewer can change path at any packet.
const plainEvery = 1 << 13

// directPath is the way of sealed packets to one viewer past Pion. It belongs to the viewer's worker and is replaced, never
// changed, when the viewer's address changes.
type directPath struct {
	sock *mediaSocket
	addr *net.UDPAddr
	key  *srtpKey
}

// routeOf gives the socket and the remote address of the pair that ICE selected; ok is false when the direct path cannot
// serve it: no pair, TCP, or an address that is not a media socket's.
func (s *Server) routeOf(pair *webrtc.ICECandidatePair) (sock *mediaSocket, remote netip.AddrPort, ok bool) {
	if s.cfg.PlainPath || pair == nil || pair.Local == nil || pair.Remote == nil ||
		pair.Local.Protocol != webrtc.ICEProtocolUDP || pair.Remote.Protocol != webrtc.ICEProtocolUDP {
		return nil, netip.AddrPort{}, false
	}
	ip, err := netip.ParseAddr(pair.Remote.Address)
	if err != nil {
		return nil, netip.AddrPort{}, false
	}
	remote = netip.AddrPortFrom(ip.Unmap(), pair.Remote.Port)
	for _, have := range s.sockets.media {
		if have.local.Addr().Is4() != remote.Addr().Is4() {
			continue
		}
		if pair.Local.Address == have.local.Addr().String() || len(s.sockets.media) == 1 {
			return have, remote, true
		}
	}
	return nil, netip.AddrPort{}, false
}

// follow puts a viewer on the direct path of the pair that ICE selected, or back on the plain one.
func (v *viewer) follow(pair *webrtc.ICECandidatePair) {
	v.keyOnce.Do(func() { v.key, _, _ = v.keys.keys() })
	var next *directPath
	if sock, remote, ok := v.s.routeOf(pair); ok && v.key != nil && !v.ended.Load() {
		next = &directPath{sock: sock, addr: net.UDPAddrFromAddrPort(remote), key: v.key}
	}
	v.w.do(func() { v.setDirect(next) })
}

// setDirect changes the path; nil is the plain one. Only the worker calls it. What is in the outbox has its old way.
func (v *viewer) setDirect(next *directPath) {
	v.w.out.flush()
	v.direct = next
	v.onDirect.Store(next != nil)
}

// write sends a packet of the slot's media stream or its retransmissions: ext is its extended sequence number, whose first
// cycle is 1 (packets.NewMunger). Whoever writes it, a number of a stream is sealed once.
func (s *slot) write(h *rtp.Header, ext uint64, payload []byte) error {
	d, w := s.v.direct, s.v.w
	if d == nil || ext%plainEvery == 0 || !s.opened(h) {
		if d != nil {
			w.out.flush() // in order
		}
		_, err := s.out.WriteRTP(h, payload)
		s.v.s.metrics.outPlain.Add(1)
		return err
	}
	n := h.MarshalSize()
	total := n + len(payload) + srtpTagLen
	w.out.room(total)
	if _, err := h.MarshalTo(w.header[:n]); err != nil {
		return err
	}
	w.out.arena = d.key.seal(w.out.arena, w.header[:n], payload, h.SSRC, uint32(ext>>16-1), h.SequenceNumber)
	w.out.add(d, total)
	s.v.s.metrics.outDirect.Add(1)
	return nil
}

// opened tells whether the stream of h was begun on the plain path, and notes that it now is.
func (s *slot) opened(h *rtp.Header) bool {
	at := &s.begun
	if h == &s.rtxHdr || h.SSRC == s.rtxSSRC {
		at = &s.rtxBegun
	}
	was := *at
	*at = true
	return was
}
