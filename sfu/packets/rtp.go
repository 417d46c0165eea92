package packets

import (
	"encoding/binary"
	"errors"
)

// ErrMalformed means that bytes do not follow the format they claim; the packet is of no use.
var ErrMalformed = errors.New("packets: malformed")

const (
	rtpFixedHeader   = 12     // RFC 3550 section 5.1
	paddingBit       = 0x20   // of its first byte
	extProfileOne    = 0xBEDE // RFC 8285 section 4.2: one-byte header
	extProfileTwo    = 0x1000 // RFC 8285 section 4.3: two-byte header, low four bits are appbits
	extProfileTwoAnd = 0xFFF0
)

// Header is a parsed RTP header (RFC 3550 section 5.1). It holds offsets into the bytes it was parsed from, so its methods take
// those same bytes again and nothing is allocated.
type Header struct {
	Marker      bool
	PayloadType uint8
	SN          uint16
	TS          uint32
	SSRC        uint32
	CSRCCount   uint8
	HeaderLen   int // bytes before the payload
	PayloadEnd  int // offset after the payload; padding (if any) follows

	extProfile       uint16
	extStart, extEnd int
}

// ParseRTP reads the header of an RTP packet. It returns ErrMalformed when the version is not 2 or any length runs over.
func ParseRTP(raw []byte, h *Header) error {
	*h = Header{}
	if len(raw) < rtpFixedHeader || raw[0]>>6 != 2 {
		return ErrMalformed
	}
	h.CSRCCount = raw[0] & 0x0F
	h.Marker = raw[1]&0x80 != 0
	h.PayloadType = raw[1] & 0x7F
	h.SN = binary.BigEndian.Uint16(raw[2:])
	h.TS = binary.BigEndian.Uint32(raw[4:])
	h.SSRC = binary.BigEndian.Uint32(raw[8:])
	n := rtpFixedHeader + 4*int(h.CSRCCount)
	if raw[0]&0x10 != 0 {
		if len(raw) < n+4 {
			return ErrMalformed
		}
		h.extProfile = binary.BigEndian.Uint16(raw[n:])
		h.extStart = n + 4
		h.extEnd = h.extStart + 4*int(binary.BigEndian.Uint16(raw[n+2:]))
		n = h.extEnd
	}
	if n > len(raw) {
		return ErrMalformed
	}
	h.HeaderLen, h.PayloadEnd = n, len(raw)
	if raw[0]&paddingBit != 0 {
		pad := int(raw[len(raw)-1])
		if pad == 0 || n+pad > len(raw) {
			return ErrMalformed
		}
		h.PayloadEnd -= pad
	}
	return nil
}

// CSRC returns contributing source i, or 0 when there is none.
func (h *Header) CSRC(raw []byte, i int) uint32 {
	if i < 0 || i >= int(h.CSRCCount) {
		return 0
	}
	return binary.BigEndian.Uint32(raw[rtpFixedHeader+4*i:])
}

// Payload returns the bytes after the header and before the padding.
func (h *Header) Payload(raw []byte) []byte { return raw[h.HeaderLen:h.PayloadEnd] }

// Extension returns the data of header extension id (RFC 8285, one-byte and two-byte forms), or nil. Damaged extension
// blocks end the search.
func (h *Header) Extension(raw []byte, id uint8) []byte {
	if id == 0 || h.extEnd <= h.extStart {
		return nil
	}
	b := raw[h.extStart:h.extEnd]
	switch {
	case h.extProfile == extProfileOne:
		return oneByteExtension(b, id)
	case h.extProfile&extProfileTwoAnd == extProfileTwo:
		return twoByteExtension(b, id)
	}
	return nil
}

func oneByteExtension(b []byte, id uint8) []byte {
	for len(b) > 0 {
		if b[0] == 0 { // padding
			b = b[1:]
			continue
		}
		got, n := b[0]>>4, int(b[0]&0x0F)+1
		if got == 15 || len(b) < 1+n { // 15 ends the block, RFC 8285 section 4.2
			return nil
		}
		if got == id {
			return b[1 : 1+n]
		}
		b = b[1+n:]
	}
	return nil
}

func twoByteExtension(b []byte, id uint8) []byte {
	for len(b) > 0 {
		if b[0] == 0 {
			b = b[1:]
			continue
		}
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return nil
		}
		n := int(b[1])
		if b[0] == id {
			return b[2 : 2+n]
		}
		b = b[2+n:]
	}
	return nil
}

// SilentLevel is the quietest audio level of RFC 6464 and stands for "unknown".
const SilentLevel = 127

// AudioLevel reads an ssrc-audio-level extension (RFC 6464): level in -dBov (0 loudest, 127 silence) and the voice flag.
// ok is false when ext has the wrong length.
func AudioLevel(ext []byte) (level uint8, voice, ok bool) {
	if len(ext) == 0 || len(ext) > 2 { // the two-byte form may carry one byte of padding
		return SilentLevel, false, false
	}
	return ext[0] & 0x7F, ext[0]&0x80 != 0, true
}
