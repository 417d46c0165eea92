package packets

import (
	"bytes"
	"testing"
)

// TestHush checks that nothing of what was said is left in a packet, and that it still parses.
func TestHush(t *testing.T) {
	speech := []byte{0x78, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	// padded, one-byte extension 1 with level 12 and voice
	head := []byte{0xB0, 111, 0, 7, 0, 0, 0, 9, 0, 0, 0, 2, 0xBE, 0xDE, 0, 1, 0x10, 0x80 | 12, 0, 0}
	rows := []struct {
		name     string
		codec    Codec
		raw      []byte
		levelExt uint8
		want     bool
	}{
		{"speech with level and padding", CodecOpus, append(append([]byte{}, head...), append(speech, 0, 0, 3)...), 1, true},
		{"one byte, no level negotiated", CodecOpus, []byte{0x80, 111, 0, 7, 0, 0, 0, 9, 0, 0, 0, 2, 0x78}, 0, true},
		{"a picture", CodecVP8, []byte{0x80, 96, 0, 7, 0, 0, 0, 9, 0, 0, 0, 2, 0x10, 0x01, 0, 0}, 0, false},
		{"no room", CodecOpus, func() []byte {
			b := make([]byte, MaxPacket)
			b[0], b[1] = 0x90, 111
			b[12], b[13] = 0xBE, 0xDE
			n := (MaxPacket - 16) / 4
			b[14], b[15] = byte(n>>8), byte(n)
			return b
		}(), 0, false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			var pool Pool
			p := pool.Get()
			p.SetLen(copy(p.Buffer(), row.raw))
			if err := p.Parse(row.codec, row.levelExt); err != nil {
				t.Fatal(err)
			}
			if got := p.Hush(row.levelExt); got != row.want {
				t.Fatalf("hushed %v, want %v", got, row.want)
			}
			if !row.want {
				if !bytes.Equal(p.Raw(), row.raw) {
					t.Error("a packet that is no Opus was changed")
				}
				return
			}
			sn, ts := p.Header.SN, p.Header.TS
			if err := p.Parse(row.codec, row.levelExt); err != nil {
				t.Fatalf("silence does not parse: %v", err)
			}
			if !bytes.Equal(p.Payload(), []byte{0xF8, 0xFF, 0xFE}) || p.Level != SilentLevel || p.Voice {
				t.Errorf("payload %x, level %d, voice %v", p.Payload(), p.Level, p.Voice)
			}
			if p.Header.SN != sn || p.Header.TS != ts {
				t.Error("the packet lost its place in the stream")
			}
			if len(p.Raw()) != p.Header.PayloadEnd {
				t.Error("something follows the silence")
			}
		})
	}
}
