package packets

import "encoding/binary"

// H.264 NAL unit types (RFC 6184 table 1 and section 5.2).
const (
	nalIDR   = 5
	nalSPS   = 7
	nalPPS   = 8
	nalSTAPA = 24
	nalFUA   = 28

	nalTypeMask = 0x1F
	nalNRIMask  = 0x60
)

// H264 is what one H.264 RTP payload holds (RFC 6184, packetization modes 0 and 1).
type H264 struct {
	Start bool   // begins a NAL unit: a single unit, an aggregate, or the first fragment
	IDR   bool   // begins an IDR slice
	SPS   []byte // the sequence parameter set in it, pointing into the payload, or nil
	PPS   []byte // the picture parameter set in it, pointing into the payload, or nil
}

// Key tells whether a keyframe may begin with this packet.
func (d *H264) Key() bool { return d.IDR || d.SPS != nil }

// ParseH264 reads the NAL unit headers of a payload: single units, STAP-A and FU-A. Other aggregates are ErrMalformed, as
// nobody may send them with packetization-mode 1 (RFC 6184 section 6.3). It allocates nothing.
func ParseH264(payload []byte, d *H264) error {
	*d = H264{}
	if len(payload) < 1 {
		return ErrMalformed
	}
	switch t := payload[0] & nalTypeMask; {
	case t == 0 || t == 30 || t == 31:
		return ErrMalformed
	case t < nalSTAPA:
		d.Start = true
		d.unit(payload)
		return nil
	case t == nalSTAPA:
		d.Start = true
		return d.aggregate(payload[1:])
	case t == nalFUA:
		if len(payload) < 3 {
			return ErrMalformed
		}
		if payload[1]&0x80 != 0 {
			d.Start = true
			d.IDR = payload[1]&nalTypeMask == nalIDR
		}
		return nil
	}
	return ErrMalformed
}

func (d *H264) aggregate(b []byte) error {
	if len(b) == 0 {
		return ErrMalformed
	}
	for len(b) > 0 {
		if len(b) < 2 {
			return ErrMalformed
		}
		n := int(binary.BigEndian.Uint16(b))
		if n == 0 || len(b) < 2+n {
			return ErrMalformed
		}
		d.unit(b[2 : 2+n])
		b = b[2+n:]
	}
	return nil
}

func (d *H264) unit(nal []byte) {
	switch nal[0] & nalTypeMask {
	case nalIDR:
		d.IDR = true
	case nalSPS:
		d.SPS = nal
	case nalPPS:
		d.PPS = nal
	}
}

// ParamSets keeps the newest SPS and PPS of a layer, so that an IDR that comes without them can be given them again. It
// belongs to the layer's reader.
type ParamSets struct {
	sps, pps []byte
	ts       uint64 // timestamp of the newest set
	have     bool
}

// Observe copies the parameter sets of a packet, if any. extTS is the packet's extended timestamp.
func (s *ParamSets) Observe(d *H264, extTS uint64) {
	if d.SPS != nil {
		s.sps = append(s.sps[:0], d.SPS...)
	}
	if d.PPS != nil {
		s.pps = append(s.pps[:0], d.PPS...)
	}
	if d.SPS != nil || d.PPS != nil {
		s.ts, s.have = extTS, true
	}
}

// Missing tells whether an IDR at extTS came without parameter sets of its own while older ones are known.
func (s *ParamSets) Missing(d *H264, extTS uint64) bool {
	return d.IDR && s.have && s.ts != extTS && len(s.sps) > 0 && len(s.pps) > 0
}

// AppendSTAPA appends one STAP-A payload (RFC 6184 section 5.7.1) with the kept SPS and PPS to dst; nothing when there are none.
func (s *ParamSets) AppendSTAPA(dst []byte) []byte {
	if len(s.sps) == 0 || len(s.pps) == 0 {
		return dst
	}
	dst = append(dst, max(s.sps[0]&nalNRIMask, s.pps[0]&nalNRIMask)|nalSTAPA)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(s.sps)))
	dst = append(dst, s.sps...)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(s.pps)))
	return append(dst, s.pps...)
}
