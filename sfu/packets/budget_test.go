package packets

import (
	"testing"
	"time"
)

func TestBudget(t *testing.T) {
	var b Budget
	const rate, most = 100, 50
	tests := []struct {
		ms   int64
		n    float64
		want bool
	}{
		{1000, 51, false}, {1000, 50, true}, {1000, 1, false}, {1010, 1, true}, {1010, 0.5, false},
		{900, 1, false}, // a clock that went back gives nothing
		{9000, 51, false}, {9000, 50, true}, {9100, 10, true}, {9100, 1, false},
	}
	for i, tt := range tests {
		if got := b.Take(tt.n, rate, most, tt.ms*int64(time.Millisecond)); got != tt.want {
			t.Errorf("step %d: %v", i, got)
		}
	}
}

// TestNackRespondersShare checks that the slots of one viewer spend one budget.
func TestNackRespondersShare(t *testing.T) {
	var b Budget
	sent := 0
	for i := range 10 {
		r := NackResponder{RTX: &b}
		for sn := range uint64(20) {
			if r.Ask(sn+1, 1200, 0, 0, 1_000_000, false, int64(i)*int64(time.Millisecond)) == Resend {
				sent += 1200 * bitsPerByte
			}
		}
	}
	if most := 300_000*0.5 + 300_000*0.01; float64(sent) > most || float64(sent) < most/2 {
		t.Errorf("%d bits were sent again, at most %g", sent, most)
	}
}
