package packets

import (
	"encoding/binary"
	"testing"
	"time"
)

// picture describes one VP8 packet for vp8Packet.
type picture struct {
	sn, ts uint64
	at     time.Duration
	pid    uint16
	narrow bool // 7-bit PictureID
	bare   bool // no descriptor extension at all
	tl0    uint8
	keyIdx uint8
	tid    uint8
	sync   bool
	key    bool
	cont   bool // not the first packet of the picture
	end    bool // marker
	size   int  // payload bytes beyond the header
}

// vp8Packet writes and parses a whole RTP packet.
func vp8Packet(tb testing.TB, pool *Pool, d picture) *Packet {
	tb.Helper()
	p := pool.Get()
	b := p.Buffer()[:0]
	second := byte(96)
	if d.end {
		second |= 0x80
	}
	b = append(b, 0x80, second)
	b = binary.BigEndian.AppendUint16(b, uint16(d.sn))
	b = binary.BigEndian.AppendUint32(b, uint32(d.ts))
	b = binary.BigEndian.AppendUint32(b, 1)
	start := byte(0x10)
	if d.cont {
		start = 0
	}
	switch {
	case d.bare:
		b = append(b, start)
	case d.narrow:
		b = append(b, 0x80|start, 0xF0, byte(d.pid&0x7F), d.tl0)
	default:
		b = append(b, 0x80|start, 0xF0, 0x80|byte(d.pid>>8), byte(d.pid), d.tl0)
	}
	if !d.bare {
		t := d.tid<<6 | d.keyIdx&0x1F
		if d.sync {
			t |= 0x20
		}
		b = append(b, t)
	}
	frame := byte(1)
	if d.key {
		frame = 0
	}
	b = append(b, frame)
	for range d.size {
		b = append(b, byte(d.sn))
	}
	p.SetLen(len(b))
	if err := p.Parse(CodecVP8, 0); err != nil {
		tb.Fatal(err)
	}
	p.ExtSN, p.ExtTS, p.Arrival = d.sn, d.ts, int64(d.at)
	return p
}

// opusPacket writes and parses one audio packet of 20 ms.
func opusPacket(tb testing.TB, pool *Pool, sn, ts uint64, at time.Duration) *Packet {
	tb.Helper()
	p := pool.Get()
	b := append(p.Buffer()[:0], 0x80, 111)
	b = binary.BigEndian.AppendUint16(b, uint16(sn))
	b = binary.BigEndian.AppendUint32(b, uint32(ts))
	b = append(b, 0, 0, 0, 2, 0xFC, byte(sn))
	p.SetLen(len(b))
	if err := p.Parse(CodecOpus, 0); err != nil {
		tb.Fatal(err)
	}
	p.ExtSN, p.ExtTS, p.Arrival = sn, ts, int64(at)
	return p
}
