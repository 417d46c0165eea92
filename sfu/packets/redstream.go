package packets

import (
	"encoding/binary"
	"time"
)

const (
	redHeader     = 4 // bytes before each redundant block, RFC 2198 section 3
	redBlockMost  = 1<<10 - 1
	redOffsetMost = 1<<14 - 1
	redMost       = 1100 // bytes of a payload that the server makes redundant; a longer one goes alone
)

// Unwrap makes of a received RED packet the packet of its primary, whose payload type is pt: what follows sees plain Opus. r gets
// the split payload; its blocks point into keep, which must hold MaxPacket bytes. ErrMalformed leaves nothing to forward:
// the payload is no RED or carries another codec.
func (r *RED) Unwrap(p *Packet, pt uint8, keep []byte) error {
	raw := p.Raw()
	var h Header
	if err := ParseRTP(raw, &h); err != nil {
		return err
	}
	keep = keep[:copy(keep, h.Payload(raw))]
	if err := ParseRED(keep, r); err != nil {
		return err
	}
	if r.PayloadType != pt {
		return ErrMalformed
	}
	raw[0] &^= paddingBit
	raw[1] = raw[1]&0x80 | pt&0x7F
	p.SetLen(h.HeaderLen + copy(raw[h.HeaderLen:], r.Primary))
	return nil
}

// Restore writes the packet that was sent back packets before p into lost, out of the block that repeats it: p's header without
// extensions and marker, number and timestamp moved. It returns false when no usable block is so far back, counting the
// newest as 1.
func (r *RED) Restore(lost, p *Packet, back int) bool {
	if back < 1 || back > r.N {
		return false
	}
	b := r.Blocks[r.N-back]
	if len(b.Data) == 0 || b.Offset == 0 || b.PayloadType != r.PayloadType {
		return false
	}
	raw := lost.Buffer()
	raw[0], raw[1] = 2<<6, b.PayloadType
	binary.BigEndian.PutUint16(raw[2:], p.Header.SN-uint16(back))
	binary.BigEndian.PutUint32(raw[4:], p.Header.TS-uint32(b.Offset))
	binary.BigEndian.PutUint32(raw[8:], p.Header.SSRC)
	lost.SetLen(rtpFixedHeader + copy(raw[rtpFixedHeader:], b.Data))
	lost.ExtTS, lost.Arrival = p.ExtTS-uint64(b.Offset), p.Arrival
	return lost.Parse(p.Codec, 0) == nil
}

// AppendRED appends a redundant payload to dst: blocks oldest first, then the primary, all of payload type pt. A block that the
// format or the size of a packet does not allow is left out; ok is false when none is left, and dst is returned as it was.
func AppendRED(dst []byte, pt uint8, primary []byte, blocks []REDBlock) (payload []byte, ok bool) {
	from, size := len(dst), 1+len(primary)
	fits := func(b *REDBlock) bool {
		return len(b.Data) > 0 && len(b.Data) <= redBlockMost && b.Offset > 0 && b.Offset <= redOffsetMost
	}
	first := len(blocks)
	for first > 0 { // the newest are worth most
		b := &blocks[first-1]
		if fits(b) && size+redHeader+len(b.Data) > redMost {
			break
		}
		if fits(b) {
			size += redHeader + len(b.Data)
		}
		first--
	}
	blocks = blocks[first:]
	for i := range blocks {
		if b := &blocks[i]; fits(b) {
			n := len(b.Data)
			dst = append(dst, 0x80|pt, byte(b.Offset>>6), byte(b.Offset<<2)|byte(n>>8), byte(n))
		}
	}
	if len(dst) == from {
		return dst, false
	}
	dst = append(dst, pt&0x7F)
	for i := range blocks {
		if b := &blocks[i]; fits(b) {
			dst = append(dst, b.Data...)
		}
	}
	return append(dst, primary...), true
}

// Losses, as shares of the packets, from which a viewer's voices are repeated, and how long a better line must last before less
// is.
const (
	redLoss1  = 0.03
	redLoss2  = 0.06
	redEnough = 0.6 // of those: below, less would do
	redHold   = 10 * time.Second
)

// REDControl chooses how many earlier packets every packet of a viewer's voices repeats: none, one from 3 % loss on, two from
// 6 % on; less only when the line was better for 10 s. It belongs to one goroutine.
type REDControl struct {
	distance int
	calm     int64 // since when less would do; 0 = it would not
}

// Distance decides at a loss (0..1) of now; most is how many the line has room for.
func (c *REDControl) Distance(loss float64, most int, now int64) int {
	at := [MaxRedundant + 1]float64{0, redLoss1, redLoss2}
	want := 0
	for d := 1; d <= MaxRedundant; d++ {
		if loss >= at[d] {
			want = d
		}
	}
	switch {
	case want > c.distance:
		c.distance, c.calm = want, 0
	case c.distance == 0 || loss > at[c.distance]*redEnough:
		c.calm = 0
	case c.calm == 0:
		c.calm = now
	case now-c.calm >= int64(redHold):
		c.distance--
		c.calm = now
	}
	return max(0, min(c.distance, most, MaxRedundant))
}

// AudioCostAt is what a live audio slot costs in bit/s when each packet repeats so many earlier ones.
func AudioCostAt(distance int) uint64 {
	switch {
	case distance <= 0:
		return AudioCost
	case distance == 1:
		return AudioCostRED1
	}
	return AudioCostRED2
}
