package packets

// SPSSize reads the size in pixels of the pictures that a sequence parameter set announces (ITU-T H.264 section 7.3.2.1.1), after
// cropping. ok is false for one that is cut short, scaled by lists, or of a size that no encoder of ours sends.
func SPSSize(nal []byte) (w, h int, ok bool) {
	if len(nal) < 4 || nal[0]&nalTypeMask != nalSPS {
		return 0, 0, false
	}
	b := bitReader{in: nal[4:]} // header, profile, constraints, level
	b.ue()                      // seq_parameter_set_id
	chroma := uint32(1)
	if hasChroma(nal[1]) {
		if chroma = b.ue(); chroma == 3 {
			b.bits(1) // separate_colour_plane_flag
		}
		b.ue()             // bit_depth_luma_minus8
		b.ue()             // bit_depth_chroma_minus8
		b.bits(1)          // qpprime_y_zero_transform_bypass_flag
		if b.bits(1) > 0 { // seq_scaling_matrix_present_flag
			return 0, 0, false
		}
	}
	b.ue() // log2_max_frame_num_minus4
	switch b.ue() {
	case 0:
		b.ue() // log2_max_pic_order_cnt_lsb_minus4
	case 1:
		b.bits(1) // delta_pic_order_always_zero_flag
		b.ue()    // offset_for_non_ref_pic, signed but of the same length
		b.ue()    // offset_for_top_to_bottom_field
		cycle := b.ue()
		for i := uint32(0); i < cycle && !b.failed; i++ {
			b.ue()
		}
	}
	b.ue()    // max_num_ref_frames
	b.bits(1) // gaps_in_frame_num_value_allowed_flag
	across, down := b.ue()+1, b.ue()+1
	fields := 2 - b.bits(1) // frame_mbs_only_flag: else each unit of height is a pair of fields
	if fields == 2 {
		b.bits(1) // mb_adaptive_frame_field_flag
	}
	b.bits(1) // direct_8x8_inference_flag
	var left, right, top, bottom uint32
	if b.bits(1) > 0 { // frame_cropping_flag
		left, right, top, bottom = b.ue(), b.ue(), b.ue(), b.ue()
	}
	const most = maxSide / 16
	if b.failed || across > most || down > most || max(left, right, top, bottom) > maxSide {
		return 0, 0, false
	}
	unitX, unitY := cropUnits(chroma)
	w = int(across*16) - int((left+right)*unitX)
	h = int(down*16*fields) - int((top+bottom)*unitY*fields)
	return w, h, w > 0 && h > 0
}

// maxSide bounds a picture's side; level 6.2 allows 16384 only for odd shapes.
const maxSide = 1 << 13

// hasChroma tells whether a profile's parameter set names its chroma format (section 7.3.2.1.1).
func hasChroma(profile byte) bool {
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		return true
	}
	return false
}

// cropUnits are the pixels of one step of cropping (table 6-1).
func cropUnits(chroma uint32) (x, y uint32) {
	switch chroma {
	case 1:
		return 2, 2
	case 2:
		return 2, 1
	}
	return 1, 1
}

// bitReader reads a raw byte sequence payload bit by bit and skips the bytes that keep start codes out of it (section 7.4.1.1).
type bitReader struct {
	in     []byte
	at     int // next byte
	zeros  int // zero bytes before it
	cur    byte
	left   int // bits of cur not read yet
	failed bool
}

func (b *bitReader) bits(n int) (v uint32) {
	for range n {
		if b.left == 0 && !b.next() {
			b.failed = true
			return 0
		}
		b.left--
		v = v<<1 | uint32(b.cur>>b.left)&1
	}
	return v
}

func (b *bitReader) next() bool {
	if b.at < len(b.in) && b.zeros >= 2 && b.in[b.at] == 3 {
		b.at++
		b.zeros = 0
	}
	if b.at >= len(b.in) {
		return false
	}
	b.cur, b.left = b.in[b.at], 8
	b.at++
	if b.zeros++; b.cur != 0 {
		b.zeros = 0
	}
	return true
}

// ue reads an unsigned Exp-Golomb code (section 9.1); longer ones than 16 bits are none that a size needs.
func (b *bitReader) ue() uint32 {
	zeros := 0
	for b.bits(1) == 0 {
		if zeros++; b.failed || zeros > 16 {
			b.failed = true
			return 0
		}
	}
	return 1<<zeros - 1 + b.bits(zeros)
}
