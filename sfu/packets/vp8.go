package packets

import "encoding/binary"

// VP8 is the payload descriptor of one VP8 packet (RFC 7741 section 4.2) and what its first payload bytes tell.
type VP8 struct {
	Len    uint8  // bytes of the descriptor
	Start  bool   // first packet of a picture: S set and partition 0
	Key    bool   // Start of a keyframe (section 4.3: P bit 0)
	NonRef bool   // N: nobody refers to this picture
	Sync   bool   // Y: may switch up to this temporal layer here
	HasPID bool   // PictureID present
	Wide   bool   // PictureID has 15 bits, else 7
	HasTL0 bool   // TL0PICIDX present
	HasTID bool   // TID and Y present
	HasKey bool   // KEYIDX present
	TID    uint8  // 0..3; 0 when absent
	TL0    uint8  // TL0PICIDX
	KeyIdx uint8  // 0..31
	PID    uint16 // PictureID, 15 or 7 bits
	W, H   uint16 // picture size, only when Key and the size is in this packet
}

// ParseVP8 reads the payload descriptor and, at the start of a keyframe, the picture size. It allocates nothing.
func ParseVP8(payload []byte, d *VP8) error {
	*d = VP8{}
	if len(payload) < 1 {
		return ErrMalformed
	}
	first := payload[0]
	d.NonRef = first&0x20 != 0
	d.Start = first&0x10 != 0 && first&0x07 == 0
	n := 1
	if first&0x80 != 0 {
		var err error
		if n, err = d.parseExtended(payload); err != nil {
			return err
		}
	}
	if n >= len(payload) {
		return ErrMalformed // a descriptor without a payload byte: libwebrtc never sends it
	}
	d.Len = uint8(n)
	if d.Start {
		d.parseFrame(payload[n:])
	}
	return nil
}

func (d *VP8) parseExtended(payload []byte) (int, error) {
	if len(payload) < 2 {
		return 0, ErrMalformed
	}
	x, n := payload[1], 2
	if d.HasPID = x&0x80 != 0; d.HasPID {
		if len(payload) < n+1 {
			return 0, ErrMalformed
		}
		d.PID, d.Wide = uint16(payload[n]&0x7F), payload[n]&0x80 != 0
		n++
		if d.Wide {
			if len(payload) < n+1 {
				return 0, ErrMalformed
			}
			d.PID = d.PID<<8 | uint16(payload[n])
			n++
		}
	}
	if d.HasTL0 = x&0x40 != 0; d.HasTL0 {
		if len(payload) < n+1 {
			return 0, ErrMalformed
		}
		d.TL0 = payload[n]
		n++
	}
	d.HasTID, d.HasKey = x&0x20 != 0, x&0x10 != 0
	if d.HasTID || d.HasKey {
		if len(payload) < n+1 {
			return 0, ErrMalformed
		}
		if d.HasTID {
			d.TID, d.Sync = payload[n]>>6, payload[n]&0x20 != 0
		}
		if d.HasKey {
			d.KeyIdx = payload[n] & 0x1F
		}
		n++
	}
	return n, nil
}

// parseFrame reads the frame header of RFC 6386 section 9.1: P bit, then for keyframes start code, width, height.
func (d *VP8) parseFrame(b []byte) {
	if len(b) == 0 || b[0]&0x01 != 0 {
		return
	}
	d.Key = true
	if len(b) >= 10 && b[3] == 0x9D && b[4] == 0x01 && b[5] == 0x2A {
		d.W = binary.LittleEndian.Uint16(b[6:]) & 0x3FFF
		d.H = binary.LittleEndian.Uint16(b[8:]) & 0x3FFF
	}
}

// VP8IDs are the picture numbers that a slot writes instead of the publisher's.
type VP8IDs struct {
	PID    uint16 // 15 bits
	TL0    uint8
	KeyIdx uint8 // 5 bits
}

// RewriteVP8 copies payload (whose descriptor is d) into dst with ids in place of the publisher's numbers, and returns the
// length written. The PictureID is always written with 15 bits, so dst needs len(payload)+1 bytes; 0 means dst is too small.
// Fields that the publisher does not send are not added.
func RewriteVP8(dst, payload []byte, d *VP8, ids VP8IDs) int {
	grow := 0
	if d.HasPID && !d.Wide {
		grow = 1
	}
	if int(d.Len) > len(payload) || len(dst) < len(payload)+grow {
		return 0
	}
	n := copy(dst, payload[:min(2, int(d.Len))])
	if d.HasPID {
		dst[n], dst[n+1] = 0x80|byte(ids.PID>>8), byte(ids.PID)
		n += 2
	}
	if d.HasTL0 {
		dst[n] = ids.TL0
		n++
	}
	if d.HasTID || d.HasKey {
		b := payload[d.Len-1]
		if d.HasKey {
			b = b&0xE0 | ids.KeyIdx&0x1F
		}
		dst[n] = b
		n++
	}
	return n + copy(dst[n:], payload[d.Len:])
}
