package packets

import "encoding/binary"

// HeaderLen is the length of an RTP header, extension included, before anything is decrypted (RFC 3711 section 3.1); ok is false when
// raw is no RTP packet.
func HeaderLen(raw []byte) (n int, ok bool) {
	if len(raw) < rtpFixedHeader || raw[0]>>6 != 2 {
		return 0, false
	}
	n = rtpFixedHeader + 4*int(raw[0]&0x0F)
	if raw[0]&0x10 != 0 {
		if len(raw) < n+4 {
			return 0, false
		}
		n += 4 + 4*int(binary.BigEndian.Uint16(raw[n+2:]))
	}
	return n, n <= len(raw)
}

// IsRTCP tells RTCP from RTP on one port (RFC 5761 section 4); raw has at least two bytes.
func IsRTCP(raw []byte) bool { return raw[1] >= 192 && raw[1] <= 223 }

// RawExtension returns the data of header extension id of an RTP packet, or nil; padding is not looked at.
func RawExtension(raw []byte, id uint8) []byte {
	n, ok := HeaderLen(raw)
	if !ok || raw[0]&0x10 == 0 {
		return nil
	}
	start := rtpFixedHeader + 4*int(raw[0]&0x0F)
	h := Header{extProfile: binary.BigEndian.Uint16(raw[start:]), extStart: start + 4, extEnd: n}
	return h.Extension(raw, id)
}

// UnwrapRTX makes of a decrypted retransmission the packet that it repeats (RFC 4588 section 4): number, SSRC and payload type are the
// primary's. It returns false for padding, which repeats nothing, and for what is malformed.
func UnwrapRTX(p *Packet, ssrc uint32, pt uint8) bool {
	raw := p.Raw()
	var h Header
	if ParseRTP(raw, &h) != nil || h.PayloadEnd-h.HeaderLen <= rtxHeader {
		return false
	}
	copy(raw[2:4], raw[h.HeaderLen:h.HeaderLen+rtxHeader])
	raw[1] = raw[1]&0x80 | pt&0x7F
	binary.BigEndian.PutUint32(raw[8:], ssrc)
	copy(raw[h.HeaderLen:], raw[h.HeaderLen+rtxHeader:])
	p.SetLen(len(raw) - rtxHeader)
	return true
}

// replayBits is how many packet indexes back a repeated one is known: browsers send old packets as probes.
const replayBits = 1024

// SRTPIndex keeps the 48-bit packet index of one received stream (RFC 3711 section 3.3.1) and which of the newest indexes were
// seen (section 3.3.2). The zero value expects a stream whose first cycle has begun. It belongs to one goroutine.
type SRTPIndex struct {
	hi   uint64
	any  bool
	seen [replayBits / 64]uint64
}

// Guess is the index that a sequence number most likely has.
func (x *SRTPIndex) Guess(sn uint16) uint64 {
	if !x.any {
		return uint64(sn)
	}
	roc, diff := x.hi>>16, int64(sn)-int64(x.hi&0xFFFF)
	switch {
	case diff > 1<<15 && roc > 0:
		roc--
	case diff < -1<<15:
		roc++
	}
	return roc<<16 | uint64(sn)
}

// Fresh tells whether a packet with that index may be taken: not seen before, not older than what is remembered.
func (x *SRTPIndex) Fresh(index uint64) bool {
	if !x.any || index > x.hi {
		return true
	}
	if x.hi-index >= replayBits {
		return false
	}
	return x.seen[index/64%uint64(len(x.seen))]&(1<<(index%64)) == 0
}

// Seen notes an index whose packet proved genuine.
func (x *SRTPIndex) Seen(index uint64) {
	if !x.any {
		x.any, x.hi = true, index
		x.seen = [replayBits / 64]uint64{}
	}
	for ; x.hi < index; x.hi++ {
		if index-x.hi > replayBits {
			x.hi = index - replayBits
		}
		next := x.hi + 1
		x.seen[next/64%uint64(len(x.seen))] &^= 1 << (next % 64)
	}
	x.seen[index/64%uint64(len(x.seen))] |= 1 << (index % 64)
}
