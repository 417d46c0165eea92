package packets

import (
	"bytes"
	"errors"
	"testing"

	"github.com/pion/rtp"
	"pgregory.net/rapid"
)

func TestParseRTP(t *testing.T) {
	base := []byte{0x80, 0x6F, 0x12, 0x34, 0, 0, 0, 9, 0xAA, 0xBB, 0xCC, 0xDD}
	with := func(first byte, more ...byte) []byte {
		b := append([]byte{first}, base[1:]...)
		return append(b, more...)
	}
	tests := []struct {
		name    string
		raw     []byte
		bad     bool
		payload []byte
		csrc    uint32
		ext1    []byte
	}{
		{name: "empty", raw: nil, bad: true},
		{name: "short", raw: base[:11], bad: true},
		{name: "version 1", raw: with(0x40), bad: true},
		{name: "no payload", raw: base, payload: []byte{}},
		{name: "payload", raw: with(0x80, 1, 2), payload: []byte{1, 2}},
		{name: "one CSRC", raw: with(0x81, 0, 0, 1, 2, 7), csrc: 0x102, payload: []byte{7}},
		{name: "CSRC runs over", raw: with(0x81, 0, 0, 1), bad: true},
		{name: "padding", raw: with(0xA0, 5, 0, 2), payload: []byte{5}},
		{name: "only padding", raw: with(0xA0, 0, 2), payload: []byte{}},
		{name: "padding of zero", raw: with(0xA0, 5, 0), bad: true},
		{name: "padding runs over", raw: with(0xA0, 5, 9), bad: true},
		{name: "padding without a byte", raw: with(0xA0), bad: true},
		{name: "one-byte extension", raw: with(0x90, 0xBE, 0xDE, 0, 1, 0x10, 0x85, 0, 0, 3), ext1: []byte{0x85}, payload: []byte{3}},
		{name: "one-byte, padding and another before", raw: with(0x90, 0xBE, 0xDE, 0, 2, 0, 0x21, 1, 2, 0x11, 8, 9, 0), ext1: []byte{8, 9}, payload: []byte{}},
		{name: "one-byte id 15 ends", raw: with(0x90, 0xBE, 0xDE, 0, 1, 0xF0, 1, 0x10, 5), payload: []byte{}},
		{name: "one-byte data runs over", raw: with(0x90, 0xBE, 0xDE, 0, 1, 0x17, 1, 2, 3), payload: []byte{}},
		{name: "two-byte extension", raw: with(0x90, 0x10, 0x00, 0, 2, 2, 0, 0, 1, 2, 6, 7, 0, 4), ext1: []byte{6, 7}, payload: []byte{4}},
		{name: "two-byte of length 0", raw: with(0x90, 0x10, 0x05, 0, 1, 1, 0, 0, 0), ext1: []byte{}, payload: []byte{}},
		{name: "two-byte data runs over", raw: with(0x90, 0x10, 0x00, 0, 1, 1, 9, 1, 1), payload: []byte{}},
		{name: "unknown profile", raw: with(0x90, 0x12, 0x34, 0, 1, 0x10, 1, 0, 0), payload: []byte{}},
		{name: "extension runs over", raw: with(0x90, 0xBE, 0xDE, 0, 2, 0, 0, 0, 0), bad: true},
		{name: "extension header cut", raw: with(0x90, 0xBE, 0xDE, 0), bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var h Header
			err := ParseRTP(tt.raw, &h)
			if tt.bad {
				if !errors.Is(err, ErrMalformed) {
					t.Fatalf("error %v, want ErrMalformed", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if h.PayloadType != 0x6F || h.SN != 0x1234 || h.TS != 9 || h.SSRC != 0xAABBCCDD || h.Marker {
				t.Errorf("fixed fields %+v", h)
			}
			if got := h.Payload(tt.raw); !bytes.Equal(got, tt.payload) {
				t.Errorf("payload %v, want %v", got, tt.payload)
			}
			if got := h.CSRC(tt.raw, 0); got != tt.csrc {
				t.Errorf("CSRC %#x, want %#x", got, tt.csrc)
			}
			got := h.Extension(tt.raw, 1)
			if !bytes.Equal(got, tt.ext1) || (got == nil) != (tt.ext1 == nil) {
				t.Errorf("extension 1 %v, want %v", got, tt.ext1)
			}
		})
	}
}

// TestParseRTPAgainstPion writes packets with Pion and reads them here.
func TestParseRTPAgainstPion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rtp.Packet{
			Header: rtp.Header{
				Version: 2, Marker: rapid.Bool().Draw(t, "marker"),
				PayloadType: rapid.Uint8Range(0, 127).Draw(t, "pt"), SequenceNumber: rapid.Uint16().Draw(t, "sn"),
				Timestamp: rapid.Uint32().Draw(t, "ts"), SSRC: rapid.Uint32().Draw(t, "ssrc"),
				CSRC: rapid.SliceOfN(rapid.Uint32(), 0, 15).Draw(t, "csrc"),
			},
			Payload: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "payload"),
		}
		ids := rapid.SliceOfNDistinct(rapid.Uint8Range(1, 14), 0, 4, rapid.ID[uint8]).Draw(t, "ids")
		exts := map[uint8][]byte{}
		for _, id := range ids {
			exts[id] = rapid.SliceOfN(rapid.Byte(), 1, 16).Draw(t, "ext")
			if err := in.SetExtension(id, exts[id]); err != nil {
				t.Fatal(err)
			}
		}
		raw, err := in.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		var h Header
		if err := ParseRTP(raw, &h); err != nil {
			t.Fatal(err)
		}
		if h.Marker != in.Marker || h.PayloadType != in.PayloadType || h.SN != in.SequenceNumber || h.TS != in.Timestamp ||
			h.SSRC != in.SSRC || int(h.CSRCCount) != len(in.CSRC) || !bytes.Equal(h.Payload(raw), in.Payload) {
			t.Fatalf("read %+v of %+v", h, in)
		}
		for i, c := range in.CSRC {
			if h.CSRC(raw, i) != c {
				t.Fatalf("CSRC %d: %#x, want %#x", i, h.CSRC(raw, i), c)
			}
		}
		for id, want := range exts {
			if got := h.Extension(raw, id); !bytes.Equal(got, want) {
				t.Fatalf("extension %d: %v, want %v", id, got, want)
			}
		}
	})
}

func TestHeaderWithOneCSRC(t *testing.T) {
	raw, err := (&rtp.Packet{Header: rtp.Header{Version: 2, CSRC: []uint32{77}}, Payload: []byte{1}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var h Header
	if err := ParseRTP(raw, &h); err != nil || h.CSRCCount != 1 || h.CSRC(raw, 0) != 77 || h.HeaderLen != 16 {
		t.Fatalf("header %+v, error %v", h, err)
	}
	if h.CSRC(raw, 1) != 0 || h.CSRC(raw, -1) != 0 {
		t.Error("a CSRC that is not there is not 0")
	}
}

func TestAudioLevel(t *testing.T) {
	tests := []struct {
		name  string
		ext   []byte
		level uint8
		voice bool
		ok    bool
	}{
		{"none", nil, SilentLevel, false, false},
		{"silence", []byte{0x7F}, 127, false, true},
		{"voice at -20", []byte{0x94}, 20, true, true},
		{"with a byte of padding", []byte{0x14, 0}, 20, false, true},
		{"too long", []byte{1, 2, 3}, SilentLevel, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			level, voice, ok := AudioLevel(tt.ext)
			if level != tt.level || voice != tt.voice || ok != tt.ok {
				t.Errorf("got %d %v %v", level, voice, ok)
			}
		})
	}
}

func FuzzRTP(f *testing.F) {
	f.Add([]byte{0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 5})
	f.Add([]byte{0x91, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0xBE, 0xDE, 0, 1, 0x10, 0x85, 0, 0, 3})
	f.Add([]byte{0xB0, 111, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x10, 0, 0, 1, 1, 1, 6, 0, 7, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var pool Pool
		for c := CodecOther; c <= CodecH264; c++ {
			p := pool.Get()
			p.SetLen(copy(p.Buffer(), raw))
			err := p.Parse(c, 1)
			h := &p.Header
			if err == nil && (h.HeaderLen < 12 || h.HeaderLen > h.PayloadEnd || h.PayloadEnd > len(p.Raw())) {
				t.Fatalf("offsets %+v of %d bytes", h, len(p.Raw()))
			}
			if err == nil {
				_ = p.Payload()
				for id := range uint8(20) {
					h.Extension(p.Raw(), id)
				}
				for i := range 16 {
					h.CSRC(p.Raw(), i)
				}
			}
			p.Release()
		}
	})
}
