package packets

import (
	"testing"

	"pgregory.net/rapid"
)

func TestExtSeq(t *testing.T) {
	const c = 1 << 16
	tests := []struct {
		name string
		in   []uint16
		want []uint64
	}{
		{"first in cycle 1", []uint16{0, 1}, []uint64{c, c + 1}},
		{"wrap", []uint16{65534, 65535, 0, 1}, []uint64{c + 65534, c + 65535, 2 * c, 2*c + 1}},
		{"late over the wrap", []uint16{65535, 1, 0}, []uint64{c + 65535, 2*c + 1, 2 * c}},
		{"before the first", []uint16{0, 65535, 1}, []uint64{c, c - 1, c + 1}},
		{"one stray far behind", []uint16{20000, 10000, 20001}, []uint64{c + 20000, c + 10000, c + 20001}},
		{"sender starts over", []uint16{20000, 10000, 10001, 10002}, []uint64{c + 20000, c + 10000, 2*c + 10001, 2*c + 10002}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var e ExtSeq
			for i, sn := range tt.in {
				if got := e.Unwrap(sn); got != tt.want[i] {
					t.Fatalf("number %d (%d): %d, want %d", i, sn, got, tt.want[i])
				}
			}
		})
	}
}

func TestExtSeqFollowsAnyWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var e ExtSeq
		truth := uint64(1<<16) + rapid.Uint64Range(0, 65535).Draw(t, "first")
		high := truth
		e.Unwrap(uint16(truth))
		for _, step := range rapid.SliceOfN(rapid.IntRange(-1000, 1500), 1, 300).Draw(t, "steps") {
			truth = high + uint64(int64(step))
			if got := e.Unwrap(uint16(truth)); got != truth {
				t.Fatalf("got %d, want %d", got, truth)
			}
			high = max(high, truth)
		}
		if e.Highest() != high {
			t.Fatalf("highest %d, want %d", e.Highest(), high)
		}
	})
}

func TestExtTS(t *testing.T) {
	const c = 1 << 32
	tests := []struct {
		name string
		in   []uint32
		want []uint64
	}{
		{"first in cycle 1", []uint32{0, 960}, []uint64{c, c + 960}},
		{"wrap", []uint32{0xFFFFFF00, 0x10}, []uint64{c + 0xFFFFFF00, 2*c + 0x10}},
		{"late over the wrap", []uint32{0x10, 0xFFFFFF00, 0x20}, []uint64{c + 0x10, 0xFFFFFF00, c + 0x20}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var e ExtTS
			for i, ts := range tt.in {
				if got := e.Unwrap(ts); got != tt.want[i] {
					t.Fatalf("timestamp %d: %d, want %d", i, got, tt.want[i])
				}
			}
			if e.Highest() < tt.want[0] {
				t.Fatalf("highest %d", e.Highest())
			}
		})
	}
}
