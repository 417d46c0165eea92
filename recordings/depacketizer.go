package recordings

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/pion/rtp/codecs"

	"nghitruong/sfu/packets"
)

const (
	mimeOpus = "audio/opus"
	mimeVP8  = "video/vp8"
	mimeH264 = "video/h264"

	repairTime  = int64(3 * time.Second) // a retransmission that comes later than this is not waited for
	repairMost  = 4096                   // packets that wait behind a hole
	silenceTime = int64(20 * time.Millisecond)
)

// opusSilence is 20 ms without sound (RFC 6716 section 3.1).
var opusSilence = []byte{0xF8, 0xFF, 0xFE}

// mediaFrame is one decodable unit.
type mediaFrame struct {
	codec    string
	key      bool
	ts       uint32
	at       int64 // arrival of its first packet, ns since the recording's start
	pts      int64 // on the recording's clock, ns
	duration int64 // of sound, ns
	data     []byte
	private  []byte // of H264: the decoder's configuration, with keyframes
	w, h     uint16 // of VP8 keyframes
}

// depacketizer puts one stream's packets in order and builds its frames.
type depacketizer struct {
	codec string
	sn    packets.ExtSeq
	next  uint64
	held  []rtpPacket // sorted by number, behind a hole
	seen  int64       // newest arrival

	open    bool // a picture is being built
	frame   mediaFrame
	broken  bool // pictures refer to one that is missing
	h264    codecs.H264Packet
	sps     []byte
	pps     []byte
	dropped int
}

type rtpPacket struct {
	ext     uint64
	ts      uint32
	marker  bool
	at      int64
	payload []byte
}

func newDepacketizer(codec string) *depacketizer {
	return &depacketizer{codec: codec, broken: true, h264: codecs.H264Packet{IsAVC: true}}
}

// push takes a packet in order of arrival; payload is kept. emit is called with every frame that became complete.
func (d *depacketizer) push(h *packets.Header, payload []byte, at int64, emit func(mediaFrame)) {
	p := rtpPacket{ext: d.sn.Unwrap(h.SN), ts: h.TS, marker: h.Marker, at: at, payload: payload}
	d.seen = max(d.seen, at)
	if d.next == 0 {
		d.next = p.ext
	}
	i, twice := slices.BinarySearchFunc(d.held, p.ext, func(have rtpPacket, ext uint64) int {
		if have.ext < ext {
			return -1
		} else if have.ext > ext {
			return 1
		}
		return 0
	})
	if p.ext < d.next || twice {
		return
	}
	d.held = slices.Insert(d.held, i, p)
	d.advance(false, emit)
}

// flush gives up waiting.
func (d *depacketizer) flush(emit func(mediaFrame)) {
	d.advance(true, emit)
	d.spoil()
}

// advance hands on what is in order; a hole is waited for, unless too long or at the end.
func (d *depacketizer) advance(end bool, emit func(mediaFrame)) {
	for len(d.held) > 0 {
		p := &d.held[0]
		if p.ext != d.next {
			if !end && d.seen-p.at < repairTime && len(d.held) < repairMost {
				return
			}
			d.spoil()
			d.broken = true
		}
		d.next = p.ext + 1
		d.packet(p, emit)
		d.held = d.held[1:]
	}
}

// spoil drops the picture that is being built.
func (d *depacketizer) spoil() {
	if d.open {
		d.dropped++
		d.open, d.broken = false, true
	}
}

// packet takes the next packet in order.
func (d *depacketizer) packet(p *rtpPacket, emit func(mediaFrame)) {
	switch d.codec {
	case mimeOpus:
		if t := opusTime(p.payload); t > 0 {
			emit(mediaFrame{codec: d.codec, key: true, ts: p.ts, at: p.at, duration: t, data: p.payload})
		}
		return
	case mimeVP8:
		d.vp8(p)
	case mimeH264:
		d.avc(p)
	default:
		return
	}
	if !d.open || !p.marker {
		return
	}
	d.open = false
	if d.frame.key {
		d.broken = false
	}
	if d.broken || len(d.frame.data) == 0 {
		d.dropped++
		return
	}
	emit(d.frame)
}

// begin starts a picture.
func (d *depacketizer) begin(p *rtpPacket) {
	d.spoil()
	d.open = true
	d.frame = mediaFrame{codec: d.codec, ts: p.ts, at: p.at}
}

func (d *depacketizer) vp8(p *rtpPacket) {
	var v packets.VP8
	if packets.ParseVP8(p.payload, &v) != nil {
		d.spoil()
		return
	}
	if v.Start {
		d.begin(p)
		d.frame.key, d.frame.w, d.frame.h = v.Key, v.W, v.H
	}
	if d.open && d.frame.ts == p.ts {
		d.frame.data = append(d.frame.data, p.payload[v.Len:]...)
	} else if d.open {
		d.spoil()
	}
}

func (d *depacketizer) avc(p *rtpPacket) {
	var v packets.H264
	if packets.ParseH264(p.payload, &v) != nil {
		d.spoil()
		return
	}
	if !d.open || d.frame.ts != p.ts {
		if !v.Start {
			d.spoil()
			return
		}
		d.begin(p)
	}
	if v.SPS != nil {
		d.sps = slices.Clone(v.SPS)
	}
	if v.PPS != nil {
		d.pps = slices.Clone(v.PPS)
	}
	units, err := d.h264.Unmarshal(p.payload)
	if err != nil {
		d.spoil()
		return
	}
	d.frame.data = append(d.frame.data, units...)
	if v.IDR {
		d.frame.private = avcConfig(d.sps, d.pps)
		d.frame.key = d.frame.private != nil
	}
}

// avcConfig is the decoder's configuration (ISO/IEC 14496-15 section 5.3.3.1); nil while a parameter set is missing.
func avcConfig(sps, pps []byte) []byte {
	if len(sps) < 4 || len(pps) == 0 {
		return nil
	}
	b := []byte{1, sps[1], sps[2], sps[3], 0xFF, 0xE1}
	b = binary.BigEndian.AppendUint16(b, uint16(len(sps)))
	b = append(b, sps...)
	b = append(b, 1)
	b = binary.BigEndian.AppendUint16(b, uint16(len(pps)))
	return append(b, pps...)
}

// opusTime is how long an Opus packet sounds (RFC 6716 section 3.1), ns; 0 when it is none.
func opusTime(b []byte) int64 {
	if len(b) == 0 {
		return 0
	}
	var frame time.Duration
	switch config := b[0] >> 3; {
	case config < 12:
		frame = [...]time.Duration{10, 20, 40, 60}[config&3] * time.Millisecond
	case config < 16:
		frame = [...]time.Duration{10, 20}[config&1] * time.Millisecond
	default:
		frame = 2500 * time.Microsecond << (config & 3)
	}
	n := 1
	switch b[0] & 3 {
	case 1, 2:
		n = 2
	case 3:
		if len(b) < 2 {
			return 0
		}
		n = int(b[1] & 0x3F)
	}
	return int64(n) * int64(frame)
}
