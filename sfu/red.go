package sfu

import (
	"strings"

	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

// Redundant audio (RFC 2198) ends at the server in both directions: what publishers send as RED becomes plain Opus before gate, ring and
// taps, with what their lines lost put in its place; a viewer whose line loses packets gets RED made from the ring, whoever
// published. So nothing that the gate kept out can be repeated, and a repeat reaches viewers of publishers that send none.

// uplinkRED unwraps a microphone's RED. It is guarded by the layer's readMu.
type uplinkRED struct {
	pt    uint8 // as negotiated; the primary is the layer's pt
	red   packets.RED
	keep  [packets.MaxPacket]byte
	shut  bool   // the gate was closed for the newest packet
	floor uint64 // first number since the gate opened: what was said before stays unsaid
}

// newUplinkRED finds RED among what was negotiated, and the payload type of the Opus within; nil when there is none.
func newUplinkRED(codecs []webrtc.RTPCodecParameters) (r *uplinkRED, opus uint8) {
	for _, c := range codecs {
		switch codecOf(c.MimeType) {
		case packets.CodecOpus:
			opus = uint8(c.PayloadType)
		case packets.CodecRED:
			r = &uplinkRED{pt: uint8(c.PayloadType), shut: true}
		default:
		}
	}
	if opus == 0 {
		return nil, 0
	}
	return r, opus
}

// unwrap makes a RED packet a plain one; false when it is malformed.
func (l *Layer) unwrap(p *packets.Packet) bool {
	r := l.red
	if r == nil {
		return true
	}
	r.red.N = 0
	raw := p.Raw()
	if len(raw) < 2 || raw[1]&0x7F != r.pt {
		return true
	}
	if r.red.Unwrap(p, l.pt, r.keep[:]) != nil {
		return false
	}
	if r.red.N > 0 {
		l.s.metrics.inRED.Add(1)
	}
	return true
}

// restore puts what the uplink lost and p repeats where it belongs. open tells whether p passed an open gate, ext is
// its number as the publisher counts.
func (l *Layer) restore(p *packets.Packet, ext uint64, open bool) {
	r := l.red
	if r == nil {
		return
	}
	if !open {
		r.shut = true
		return
	}
	if r.shut {
		r.shut, r.floor = false, ext
	}
	for back := r.red.N; back >= 1; back-- {
		if uint64(back) <= ext && ext-uint64(back) > r.floor {
			l.restoreOne(p, back)
		}
	}
}

func (l *Layer) restoreOne(p *packets.Packet, back int) {
	number := p.ExtSN - uint64(back)
	lost := l.s.pool.Get()
	defer lost.Release()
	if !l.red.red.Restore(lost, p, back) || !l.ring.Lacks(number, lost.ExtTS) {
		return
	}
	lost.ExtSN = number
	if !l.ring.Put(lost) {
		return
	}
	l.s.metrics.inRecovered.Add(1)
	l.tap(lost)
	l.fanOut(lost)
}

// redundancy is how a viewer's voices are repeated. It belongs to the worker.
type redundancy struct {
	control packets.REDControl
	blocks  [packets.MaxRedundant]packets.REDBlock // scratch
	held    [packets.MaxRedundant]*packets.Packet  // scratch
}

// redundant chooses how much the voices repeat: what the loss asks for and the line has room for; nothing that waits
// is room too, however low the estimate.
func (v *viewer) redundant(now int64) {
	voices := uint64(0)
	for _, s := range v.audio {
		if s.pts[packets.CodecRED] != 0 && s.lastSent != 0 && now-s.lastSent < int64(reportEvery) {
			voices++
		}
	}
	most := 0
	for d := 1; d <= packets.MaxRedundant && voices > 0; d++ {
		if voices*packets.AudioCostAt(d) <= v.estimate() || !v.est.Delayed() {
			most = d
		}
	}
	v.repeat.Store(int32(v.red.control.Distance(v.loss(), most, now)))
}

// wrapRED writes p with the packets before it as RED into the slot's buffer and returns the length; 0 when nothing before it may be
// repeated.
func (s *slot) wrapRED(l *Layer, p *packets.Packet, primary []byte) int {
	r, n := &s.v.red, 0
	for back := uint64(s.v.repeat.Load()); back >= 1; back-- {
		if p.ExtSN < s.since+back { // another source was heard then
			continue
		}
		q := l.ring.Get(p.ExtSN - back)
		if q == nil {
			continue
		}
		if off := p.ExtTS - q.ExtTS; off > 0 && off < 1<<14 {
			r.blocks[n] = packets.REDBlock{Offset: uint16(off), Data: q.Payload()}
			r.held[n] = q
			n++
			continue
		}
		q.Release()
	}
	out, ok := packets.AppendRED(s.buf[:0], s.pts[packets.CodecOpus], primary, r.blocks[:n])
	for i := range n {
		r.held[i].Release()
		r.held[i], r.blocks[i] = nil, packets.REDBlock{}
	}
	if !ok {
		return 0
	}
	s.v.s.metrics.outRED.Add(1)
	return len(out)
}

// redFirst asks a publisher that offered RED for it: browsers send the first codec of the answer's line.
func redFirst(lines []string) {
	for i, l := range lines {
		if !strings.HasPrefix(l, "m=audio ") {
			continue
		}
		pt := redOf(lines[i:])
		f := strings.Fields(l)
		const formats = 3 // before them: media, port, protocol
		for k := formats; pt != "" && k < len(f); k++ {
			if f[k] == pt {
				copy(f[formats+1:k+1], f[formats:k])
				f[formats] = pt
				lines[i] = strings.Join(f, " ")
			}
		}
	}
}

// redOf is the payload type of RED in the media section that lines begin with, "" when it has none.
func redOf(lines []string) string {
	for i, l := range lines {
		if i > 0 && strings.HasPrefix(l, "m=") {
			break
		}
		if rest, ok := strings.CutPrefix(l, "a=rtpmap:"); ok && strings.Contains(strings.ToLower(rest), " red/48000") {
			pt, _, _ := strings.Cut(rest, " ")
			return pt
		}
	}
	return ""
}
