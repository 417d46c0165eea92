package sfu

import (
	"encoding/binary"
	"net/netip"
	"sync"

	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

// inboundTries is how many false tags in a row end a stream's direct way: its count of rollovers is lost, Pion goes on.
const inboundTries = 64

// inbound knows the streams that may come past Pion, by address and SSRC. Conferences write it, the sockets' readers read
// it; what it does not know is Pion's: STUN, DTLS, RTCP, streams that begin, addresses that change.
type inbound struct {
	mu      sync.RWMutex
	remotes map[netip.AddrPort]*inRemote
}

// inRemote is a publisher's address.
type inRemote struct {
	key     *srtpKey // owned by the reader of the socket
	pub     *pubPC
	streams map[uint32]*inStream
}

// inStream is one SSRC. The reader owns its counters.
type inStream struct {
	layer *Layer
	rtx   bool // retransmissions of layer (RFC 4588)
	index packets.SRTPIndex
	fails int
}

// learn makes the streams of a publisher's address known; nil forgets it.
func (in *inbound) learn(at netip.AddrPort, r *inRemote) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if r == nil {
		delete(in.remotes, at)
		return
	}
	in.remotes[at] = r
}

// add makes a stream of a known publisher known; nil forgets it.
func (in *inbound) add(r *inRemote, ssrc uint32, st *inStream) {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case st == nil:
		delete(r.streams, ssrc)
	case r.streams[ssrc] == nil:
		r.streams[ssrc] = st
	}
}

// take opens a packet of a known stream into p and lets its layer judge it. handled is false when Pion must have the packet (too);
// l is nil when there is nothing to forward. in.mu is held for reading.
func (in *inbound) take(raw []byte, from netip.AddrPort, p *packets.Packet) (l *Layer, handled bool) {
	n, ok := packets.HeaderLen(raw)
	if !ok || packets.IsRTCP(raw) {
		return nil, false
	}
	r := in.remotes[from]
	if r == nil {
		return nil, false
	}
	ssrc := binary.BigEndian.Uint32(raw[8:])
	st := r.streams[ssrc]
	if st == nil || st.fails > inboundTries || len(raw) > packets.MaxPacket {
		return nil, false
	}
	sn := binary.BigEndian.Uint16(raw[2:])
	index := st.index.Guess(sn)
	if !st.index.Fresh(index) {
		return nil, true
	}
	b, err := r.key.open(append(p.Buffer()[:0], raw[:n]...), raw[n:], ssrc, uint32(index>>16), sn)
	if err != nil {
		st.fails++
		return nil, false
	}
	st.fails = 0
	st.index.Seen(index)
	p.SetLen(len(b))
	handled = index%plainEvery != 0
	r.pub.feedback.record(p.Raw(), ssrc, p.Arrival)
	if st.rtx && !packets.UnwrapRTX(p, st.layer.ssrc, st.layer.pt) {
		return nil, handled
	}
	st.layer.s.metrics.inDirect.Add(1)
	if !st.layer.accept(p) {
		return nil, handled
	}
	return st.layer, handled
}

// moved is told of the pair that ICE selected. Before the handshake ended there are no keys; the state "connected" calls it again.
func (u *pubPC) moved(pair *webrtc.ICECandidatePair) {
	u.path.note(u.seat.conf.srv, pair)
	_, at, ok := u.seat.conf.srv.routeOf(pair)
	_, key, known := u.keys.keys()
	u.seat.conf.post(func() {
		if known {
			u.key = key
		}
		if u.seat.pub == u {
			u.follow(at, ok)
		}
	})
}

// follow makes the uplink's streams known at the address of the pair that ICE selected, or forgets them. Only the
// conference calls it.
func (u *pubPC) follow(at netip.AddrPort, ok bool) {
	in := &u.seat.conf.srv.inbound
	if u.at.IsValid() {
		in.learn(u.at, nil)
		u.at = netip.AddrPort{}
	}
	if !ok || u.key == nil {
		return
	}
	if u.remote == nil {
		u.remote = &inRemote{key: u.key, pub: u, streams: map[uint32]*inStream{}}
		for _, l := range u.layers {
			u.known(l)
		}
	}
	u.at = at
	in.learn(at, u.remote)
}

// known lets a layer's packets, and its retransmissions once their SSRC was seen, come past Pion. Only the conference calls it.
func (u *pubPC) known(l *Layer) {
	if u.remote == nil {
		return
	}
	in := &u.seat.conf.srv.inbound
	in.add(u.remote, l.ssrc, &inStream{layer: l})
	if rtx := l.rtxSSRC(); rtx != 0 {
		in.add(u.remote, rtx, &inStream{layer: l, rtx: true})
		l.rtxKnown = true
	}
}

// unknown gives a layer's packets back to Pion. Only the conference calls it.
func (u *pubPC) unknown(l *Layer) {
	if u.remote == nil {
		return
	}
	in := &u.seat.conf.srv.inbound
	in.add(u.remote, l.ssrc, nil)
	if rtx := l.rtxSSRC(); rtx != 0 {
		in.add(u.remote, rtx, nil)
	}
}

// publisher is who sends from an address, nil for nobody. in.mu is held for reading.
func (in *inbound) publisher(at netip.AddrPort) *pubPC {
	if r := in.remotes[at]; r != nil {
		return r.pub
	}
	return nil
}
