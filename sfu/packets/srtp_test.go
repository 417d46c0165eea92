package packets

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// rtxPacket is a retransmission of number osn with an extension block and a payload.
func rtxPacket(osn uint16, payload []byte, padding byte) []byte {
	raw := []byte{0x90, 0x80 | 97, 0, 9, 0, 0, 0, 1, 0, 0, 0, 2, 0xBE, 0xDE, 0, 1, 0x31, 0xAB, 0xCD, 0}
	raw = binary.BigEndian.AppendUint16(raw, osn)
	raw = append(raw, payload...)
	if padding > 0 {
		raw[0] |= paddingBit
		raw = append(raw, make([]byte, padding)...)
		raw[len(raw)-1] = padding
	}
	return raw
}

func TestUnwrapRTX(t *testing.T) {
	for _, tc := range []struct {
		name    string
		raw     []byte
		ok      bool
		payload []byte
	}{
		{"a packet", rtxPacket(513, []byte{1, 2, 3}, 0), true, []byte{1, 2, 3}},
		{"with padding behind", rtxPacket(513, []byte{1, 2, 3}, 4), true, []byte{1, 2, 3}},
		{"nothing repeated", rtxPacket(513, nil, 0), false, nil},
		{"too short for a number", rtxPacket(513, nil, 0)[:21], false, nil},
		{"no RTP", []byte{1, 2, 3}, false, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var pool Pool
			p := pool.Get()
			p.SetLen(copy(p.Buffer(), tc.raw))
			if ok := UnwrapRTX(p, 77, 96); ok != tc.ok {
				t.Fatalf("ok is %v", ok)
			}
			if !tc.ok {
				return
			}
			var h Header
			if err := ParseRTP(p.Raw(), &h); err != nil {
				t.Fatal(err)
			}
			if h.SN != 513 || h.SSRC != 77 || h.PayloadType != 96 || !h.Marker || !bytes.Equal(h.Payload(p.Raw()), tc.payload) {
				t.Errorf("%+v, payload %v", h, h.Payload(p.Raw()))
			}
		})
	}
}

func TestRawExtension(t *testing.T) {
	raw := rtxPacket(1, []byte{5}, 0)
	if got := RawExtension(raw, 3); !bytes.Equal(got, []byte{0xAB, 0xCD}) {
		t.Errorf("extension is %x", got)
	}
	if RawExtension(raw, 4) != nil || RawExtension(raw[:13], 3) != nil || RawExtension(nil, 3) != nil {
		t.Error("an extension that is not there")
	}
	if n, ok := HeaderLen(raw); !ok || n != 20 {
		t.Errorf("header of %d, %v", n, ok)
	}
	if !IsRTCP([]byte{0x80, 200}) || IsRTCP(raw) {
		t.Error("RTP and RTCP are mixed up")
	}
}

// TestSRTPIndex follows a stream over three rollovers with loss and reordering, and knows every repeated packet.
func TestSRTPIndex(t *testing.T) {
	var x SRTPIndex
	rng := rand.New(rand.NewPCG(1, 2))
	start := uint64(65000)
	for at := start; at < start+3<<16; at++ {
		for _, index := range []uint64{at, at - uint64(rng.IntN(900))} {
			if index < start || rng.IntN(10) == 0 {
				continue
			}
			if got := x.Guess(uint16(index)); got != index {
				t.Fatalf("%d taken for %d", index, got)
			}
			if x.Fresh(index) {
				x.Seen(index)
			}
			if x.Fresh(index) {
				t.Fatalf("%d is fresh after it was seen", index)
			}
		}
	}
	if x.Fresh(x.hi - replayBits) {
		t.Error("an index older than what is remembered is fresh")
	}
	x.Seen(x.hi + 5000)
	if !x.Fresh(x.hi-1) || x.Fresh(x.hi) {
		t.Error("after a jump")
	}
}

func FuzzUnwrapRTX(f *testing.F) {
	f.Add(rtxPacket(513, []byte{1, 2, 3}, 4))
	f.Add([]byte{0xBF, 0xFF})
	f.Fuzz(func(_ *testing.T, raw []byte) {
		var pool Pool
		p := pool.Get()
		p.SetLen(copy(p.Buffer(), raw))
		RawExtension(p.Raw(), 3)
		if UnwrapRTX(p, 1, 2) {
			_ = p.Parse(CodecVP8, 1)
		}
	})
}
