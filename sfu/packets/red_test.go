package packets

import (
	"bytes"
	"errors"
	"testing"
)

// redPayload writes an RFC 2198 payload: blocks oldest first.
func redPayload(primary []byte, blocks ...REDBlock) []byte {
	var out []byte
	for _, b := range blocks {
		out = append(out, 0x80|b.PayloadType, byte(b.Offset>>6), byte(b.Offset<<2)|byte(len(b.Data)>>8), byte(len(b.Data)))
	}
	out = append(out, 111)
	for _, b := range blocks {
		out = append(out, b.Data...)
	}
	return append(out, primary...)
}

func TestParseRED(t *testing.T) {
	long := bytes.Repeat([]byte{7}, 1023)
	block := func(offset uint16, data ...byte) REDBlock {
		return REDBlock{PayloadType: 111, Offset: offset, Data: data}
	}
	tests := []struct {
		name   string
		in     []byte
		bad    bool
		blocks []REDBlock
	}{
		{name: "empty", bad: true},
		{name: "header cut", in: []byte{0x80 | 111, 0, 0}, bad: true},
		{name: "no primary header", in: []byte{0x80 | 111, 0, 0, 1}, bad: true},
		{name: "block runs over", in: []byte{0x80 | 111, 0, 0, 2, 111, 5}, bad: true},
		{name: "primary only", in: redPayload([]byte{1, 2})},
		{name: "distance 1", in: redPayload([]byte{1, 2}, block(960, 9)), blocks: []REDBlock{block(960, 9)}},
		{name: "distance 2", in: redPayload([]byte{1, 2}, block(1920, 8), block(960, 9)), blocks: []REDBlock{block(1920, 8), block(960, 9)}},
		{name: "distance 3 keeps the newest", in: redPayload([]byte{1, 2}, block(2880, 7, 7), block(1920, 8), block(960, 9)), blocks: []REDBlock{block(1920, 8), block(960, 9)}},
		{name: "14-bit offset", in: redPayload([]byte{1, 2}, block(16383, 9)), blocks: []REDBlock{block(16383, 9)}},
		{name: "10-bit length", in: redPayload([]byte{1, 2}, block(960, long...)), blocks: []REDBlock{block(960, long...)}},
		{name: "empty block", in: redPayload([]byte{1, 2}, block(960)), blocks: []REDBlock{block(960)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r RED
			err := ParseRED(tt.in, &r)
			if tt.bad {
				if !errors.Is(err, ErrMalformed) {
					t.Fatalf("error %v", err)
				}
				return
			}
			if err != nil || r.PayloadType != 111 || !bytes.Equal(r.Primary, []byte{1, 2}) || r.N != len(tt.blocks) {
				t.Fatalf("got %+v, error %v", r, err)
			}
			for i, want := range tt.blocks {
				if got := r.Blocks[i]; got.Offset != want.Offset || got.PayloadType != 111 || !bytes.Equal(got.Data, want.Data) {
					t.Errorf("block %d: %+v, want %+v", i, got, want)
				}
			}
		})
	}
}

func FuzzRED(f *testing.F) {
	f.Add(redPayload([]byte{1, 2}))
	f.Add(redPayload([]byte{1, 2}, REDBlock{PayloadType: 111, Offset: 960, Data: []byte{3}}))
	f.Add(redPayload(nil, REDBlock{Offset: 1920, Data: []byte{3}}, REDBlock{Offset: 960, Data: []byte{4, 5}}))
	f.Fuzz(func(t *testing.T, in []byte) {
		var r RED
		if ParseRED(in, &r) != nil {
			return
		}
		total := len(r.Primary)
		for _, b := range r.Blocks[:r.N] {
			total += len(b.Data) + 4
		}
		if total+1 > len(in) {
			t.Fatalf("%d bytes of %d", total, len(in))
		}
	})
}
