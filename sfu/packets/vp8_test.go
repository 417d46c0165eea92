package packets

import (
	"bytes"
	"errors"
	"testing"

	"github.com/pion/rtp/codecs"
	"pgregory.net/rapid"
)

func TestParseVP8(t *testing.T) {
	key := []byte{0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01} // 640 x 360
	cat := func(a []byte, b ...byte) []byte { return append(append([]byte{}, a...), b...) }
	tests := []struct {
		name string
		in   []byte
		bad  bool
		want VP8
	}{
		{name: "empty", bad: true},
		{name: "descriptor only", in: []byte{0x10}, bad: true},
		{name: "extension cut", in: []byte{0x90}, bad: true},
		{name: "PictureID cut", in: []byte{0x90, 0x80}, bad: true},
		{name: "15-bit PictureID cut", in: []byte{0x90, 0x80, 0x80}, bad: true},
		{name: "TL0PICIDX cut", in: []byte{0x90, 0x40}, bad: true},
		{name: "TID cut", in: []byte{0x90, 0x20}, bad: true},
		{name: "no extension, key", in: cat([]byte{0x10}, key...), want: VP8{Len: 1, Start: true, Key: true, W: 640, H: 360}},
		{name: "no extension, delta", in: []byte{0x10, 0x01, 9}, want: VP8{Len: 1, Start: true}},
		{name: "not the start", in: cat([]byte{0x00}, key...), want: VP8{Len: 1}},
		{name: "second partition", in: cat([]byte{0x11}, key...), want: VP8{Len: 1}},
		{name: "7-bit PictureID", in: []byte{0x90, 0x80, 0x7F, 0x01}, want: VP8{Len: 3, Start: true, HasPID: true, PID: 127}},
		{name: "15-bit PictureID", in: []byte{0xB0, 0x80, 0xFF, 0xFF, 0x01}, want: VP8{Len: 4, Start: true, NonRef: true, HasPID: true, Wide: true, PID: 32767}},
		{name: "all", in: []byte{0x90, 0xF0, 0x81, 0x02, 0xFE, 0xAB, 0x01}, want: VP8{
			Len: 6, Start: true, HasPID: true, Wide: true, PID: 0x102, HasTL0: true, TL0: 254, HasTID: true, TID: 2, Sync: true, HasKey: true, KeyIdx: 11,
		}},
		{name: "KEYIDX without TID", in: []byte{0x90, 0x10, 0xFF, 0x01}, want: VP8{Len: 3, Start: true, HasKey: true, KeyIdx: 31}},
		{name: "key, size cut", in: []byte{0x10, 0x00, 0x00, 0x00, 0x9D}, want: VP8{Len: 1, Start: true, Key: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d VP8
			err := ParseVP8(tt.in, &d)
			if tt.bad != errors.Is(err, ErrMalformed) {
				t.Fatalf("error %v", err)
			}
			if !tt.bad && d != tt.want {
				t.Errorf("got %+v\nwant %+v", d, tt.want)
			}
		})
	}
}

func TestRewriteVP8(t *testing.T) {
	ids := VP8IDs{PID: 0x1234, TL0: 7, KeyIdx: 21}
	tests := []struct {
		name     string
		in, want []byte
	}{
		{"nothing to write", []byte{0x10, 1, 2}, []byte{0x10, 1, 2}},
		{"7 bits grow", []byte{0x90, 0x80, 0x05, 1, 2}, []byte{0x90, 0x80, 0x92, 0x34, 1, 2}},
		{"15 bits stay", []byte{0x90, 0x80, 0x80, 0x05, 1, 2}, []byte{0x90, 0x80, 0x92, 0x34, 1, 2}},
		{"all", []byte{0x90, 0xF0, 0x05, 9, 0x6B, 1, 2}, []byte{0x90, 0xF0, 0x92, 0x34, 7, 0x75, 1, 2}},
		{"TID without KEYIDX keeps its bits", []byte{0x90, 0x20, 0x6B, 1, 2}, []byte{0x90, 0x20, 0x6B, 1, 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d VP8
			if err := ParseVP8(tt.in, &d); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, len(tt.in)+Headroom)
			if got := buf[:RewriteVP8(buf, tt.in, &d, ids)]; !bytes.Equal(got, tt.want) {
				t.Errorf("got %x, want %x", got, tt.want)
			}
			if n := RewriteVP8(make([]byte, len(tt.want)-1), tt.in, &d, ids); n != 0 {
				t.Errorf("wrote %d bytes into a buffer that is too small", n)
			}
		})
	}
}

// TestRewriteVP8AgainstPion reads rewritten packets with Pion's depacketizer.
func TestRewriteVP8AgainstPion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOfN(rapid.Byte(), 1, 30).Draw(t, "payload")
		var d VP8
		if ParseVP8(in, &d) != nil {
			t.Skip("not VP8")
		}
		ids := VP8IDs{
			PID: rapid.Uint16Range(0, pidMask).Draw(t, "pid"), TL0: rapid.Uint8().Draw(t, "tl0"),
			KeyIdx: rapid.Uint8Range(0, 31).Draw(t, "key"),
		}
		buf := make([]byte, len(in)+Headroom)
		out := buf[:RewriteVP8(buf, in, &d, ids)]
		var was, is codecs.VP8Packet
		before, err := was.Unmarshal(in)
		if err != nil {
			t.Skip("Pion refuses it")
		}
		after, err := is.Unmarshal(out)
		if err != nil {
			t.Fatalf("Pion refuses %x: %v", out, err)
		}
		if !bytes.Equal(before, after) || was.TID != is.TID || was.Y != is.Y || was.S != is.S || was.N != is.N {
			t.Fatalf("changed more than the numbers: %+v to %+v", was, is)
		}
		if d.HasPID && is.PictureID != ids.PID || d.HasTL0 && is.TL0PICIDX != ids.TL0 || d.HasKey && is.KEYIDX != ids.KeyIdx {
			t.Fatalf("numbers %+v, want %+v", is, ids)
		}
	})
}

func FuzzVP8(f *testing.F) {
	f.Add([]byte{0x90, 0xF0, 0x81, 0x02, 0xFE, 0xAB, 0x01})
	f.Add([]byte{0x10, 0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01})
	f.Add([]byte{0x90, 0x80, 0x7F, 0x01})
	f.Fuzz(func(t *testing.T, in []byte) {
		var d, again VP8
		if ParseVP8(in, &d) != nil {
			return
		}
		buf := make([]byte, len(in)+Headroom)
		ids := VP8IDs{PID: d.PID, TL0: d.TL0, KeyIdx: d.KeyIdx}
		out := buf[:RewriteVP8(buf, in, &d, ids)]
		if err := ParseVP8(out, &again); err != nil {
			t.Fatalf("rewritten %x does not parse", out)
		}
		if d.HasPID {
			d.Len += again.Len - d.Len
			d.Wide = true
		}
		if again != d {
			t.Fatalf("rewritten %+v, was %+v", again, d)
		}
	})
}
