package packets

import "encoding/binary"

// MetaSize is the number of packets that a video slot remembers for repair; MetaSizeAudio that of an audio slot.
const (
	MetaSize      = 512
	MetaSizeAudio = 64
)

const rtxHeader = 2 // original sequence number, RFC 4588 section 4

// Meta is how a slot sent one packet: enough to write exactly the same again from the layer's ring.
type Meta struct {
	InSN     uint64 // extended number in the layer
	Layer    uint32
	TSShift  uint32 // added to the publisher's timestamp
	OutSN    uint16
	IDs      VP8IDs // when VP8
	VP8      bool
	Mark     bool // marker set by the slot
	Inserted bool // the server's own parameter sets, sent before packet InSN; in no ring
}

// Apply writes p as it was sent: out gets everything but the high bits of ExtSN. buf must hold the payload plus Headroom. It
// returns false when buf is too small.
func (e *Meta) Apply(p *Packet, buf []byte, out *Out) bool {
	out.ExtSN = uint64(e.OutSN)
	out.TS = p.Header.TS + e.TSShift
	out.Marker = p.Header.Marker || e.Mark
	out.Meta = *e
	out.Payload = p.Payload()
	if !e.VP8 {
		return true
	}
	n := RewriteVP8(buf, out.Payload, &p.VP8, e.IDs)
	out.Payload = buf[:n]
	return n > 0
}

// RTX writes p again as a retransmission payload (RFC 4588: original sequence number, then the payload) into buf, which must
// hold the payload plus Headroom, and returns timestamp, marker and length; length 0 means buf is too small.
func (e *Meta) RTX(p *Packet, buf []byte) (ts uint32, marker bool, n int) {
	var out Out
	if len(buf) < rtxHeader || !e.Apply(p, buf[rtxHeader:], &out) || len(buf) < rtxHeader+len(out.Payload) {
		return 0, false, 0
	}
	binary.BigEndian.PutUint16(buf, e.OutSN)
	if !e.VP8 {
		copy(buf[rtxHeader:], out.Payload)
	}
	return out.TS, out.Marker, rtxHeader + len(out.Payload)
}

// MetaRing remembers the newest packets of a slot by outgoing number. It belongs to the slot's writer.
type MetaRing struct {
	entry []Meta
	set   []bool
}

// NewMetaRing makes a ring for size packets, rounded up to a power of two.
func NewMetaRing(size int) *MetaRing {
	n := 1
	for n < size {
		n <<= 1
	}
	return &MetaRing{entry: make([]Meta, n), set: make([]bool, n)}
}

// Put remembers a sent packet.
func (r *MetaRing) Put(e Meta) {
	i := int(e.OutSN) & (len(r.entry) - 1)
	r.entry[i], r.set[i] = e, true
}

// Get returns how the packet with that outgoing number was sent; ok is false when it is forgotten. A nil ring has forgotten all.
func (r *MetaRing) Get(outSN uint16) (e Meta, ok bool) {
	if r == nil {
		return e, false
	}
	i := int(outSN) & (len(r.entry) - 1)
	return r.entry[i], r.set[i] && r.entry[i].OutSN == outSN
}
