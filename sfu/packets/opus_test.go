package packets

import (
	"testing"
	"time"
)

func TestOpusDuration(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name    string
		payload []byte
		want    time.Duration
	}{
		{"nothing", nil, 0},
		{"SILK 10 ms", []byte{0 << 3}, 10 * ms},
		{"SILK 60 ms", []byte{11 << 3, 1}, 60 * ms},
		{"hybrid 20 ms, as browsers send", []byte{15 << 3, 1}, 20 * ms},
		{"hybrid 10 ms", []byte{14 << 3, 1}, 10 * ms},
		{"CELT 2.5 ms", []byte{16 << 3, 1}, 2500 * time.Microsecond},
		{"CELT 20 ms, as encoders send", []byte{31 << 3, 1}, 20 * ms},
		{"two frames of one size", []byte{15<<3 | 1, 1}, 40 * ms},
		{"two frames", []byte{15<<3 | 2, 1}, 40 * ms},
		{"three frames: a browser's 60 ms of hybrid", []byte{15<<3 | 3, 3, 1}, 60 * ms},
		{"no frames", []byte{15<<3 | 3, 0}, 0},
		{"a count that is missing", []byte{15<<3 | 3}, 0},
		{"120 ms", []byte{11<<3 | 1, 1}, 120 * ms},
		{"more than there may be", []byte{11<<3 | 3, 3}, 0},
	}
	for _, tt := range tests {
		if got := OpusDuration(tt.payload); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	for b := range 1 << 16 {
		if d := OpusDuration([]byte{byte(b >> 8), byte(b)}); d < 0 || d > 120*ms {
			t.Fatalf("%x: %v", b, d)
		}
	}
}
