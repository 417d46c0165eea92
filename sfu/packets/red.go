package packets

// MaxRedundant is the number of redundant blocks that ParseRED returns (RFC 2198); older ones are skipped.
const MaxRedundant = 2

// REDBlock is one redundant block: the payload that was sent Offset clock ticks before the packet.
type REDBlock struct {
	PayloadType uint8
	Offset      uint16 // 14 bits of RTP clock
	Data        []byte // points into the payload; may be empty
}

// RED is a split redundant audio payload (RFC 2198).
type RED struct {
	Blocks      [MaxRedundant]REDBlock // newest last, as on the wire
	N           int                    // number of Blocks in use
	PayloadType uint8                  // of the primary
	Primary     []byte                 // points into the payload; may be empty
}

// ParseRED splits a payload into redundant blocks and primary without copying. When there are more than MaxRedundant blocks the
// newest are kept.
func ParseRED(payload []byte, r *RED) error {
	*r = RED{}
	total, blocks, n := 0, 0, 0
	for {
		if n >= len(payload) {
			return ErrMalformed
		}
		if payload[n]&0x80 == 0 {
			break
		}
		if n+4 > len(payload) {
			return ErrMalformed
		}
		total += redLen(payload[n:])
		blocks++
		n += 4
	}
	r.PayloadType = payload[n] & 0x7F
	body := payload[n+1:]
	if total > len(body) {
		return ErrMalformed
	}
	for i := range blocks {
		h := payload[4*i:]
		size := redLen(h)
		if i >= blocks-MaxRedundant {
			r.Blocks[r.N] = REDBlock{
				PayloadType: h[0] & 0x7F,
				Offset:      uint16(h[1])<<6 | uint16(h[2])>>2,
				Data:        body[:size],
			}
			r.N++
		}
		body = body[size:]
	}
	r.Primary = body
	return nil
}

// redLen is the 10-bit block length of a 4-byte block header.
func redLen(h []byte) int { return int(h[2]&0x03)<<8 | int(h[3]) }
