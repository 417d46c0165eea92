package packets

import (
	"testing"
	"time"
)

// TestProbeIsJudged checks what a probe may rest on: the round trip of the report sent behind it, REMB and loss.
func TestProbeIsJudged(t *testing.T) {
	const rtt = 30 * time.Millisecond
	tests := []struct {
		name   string
		echo   time.Duration // 0 = none comes
		remb   float64       // after it, as a share of the one before
		loss   uint8
		passed bool
		before uint64 // REMB before it, bit/s; 0 = 400,000
	}{
		{"nothing waited", rtt, 1.05, 0, true, 0},
		{"a little jitter", rtt + 40*time.Millisecond, 1.05, 0, true, 0},
		{"packets waited behind it", rtt + 100*time.Millisecond, 1.05, 0, false, 0},
		{"the echo never came", 0, 1.05, 0, false, 0},
		{"REMB did not rise", rtt, 1, 0, false, 0},
		{"REMB is far above and need not rise", rtt, 1, 0, true, 5_000_000},
		{"packets were lost", rtt, 1.05, 60, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, now := NewRateEstimator(StartRate), int64(time.Hour)
			pass := func(d time.Duration) { now += int64(d) }
			e.OnRR(0, rtt, 0, now)
			before := max(tt.before, 400_000)
			e.OnREMB(before, now)
			pr, ok := e.BeginProbe(2_000_000, now)
			if !ok || pr.Rate != 2*StartRate {
				t.Fatalf("probe %+v %v: it should double", pr, ok)
			}
			for range 10 {
				e.Sent(int(pr.Rate)/8/50, true, now)
				pass(20 * time.Millisecond)
			}
			e.EndProbe(now)
			e.ExpectEcho()
			pass(100 * time.Millisecond)
			if tt.echo != 0 {
				e.OnEcho(tt.echo, now)
			}
			e.OnREMB(uint64(float64(before)*tt.remb), now)
			e.OnRR(tt.loss, tt.echo, 0, now)
			pass(3 * time.Second)
			e.OnREMB(uint64(float64(before)*tt.remb), now) // and the time for the echo is over
			if got := e.capacity > float64(StartRate); got != tt.passed {
				t.Errorf("capacity %.0f after the probe, want passed %v", e.capacity, tt.passed)
			}
			if e.ramping() != tt.passed {
				t.Error("only a line that nothing spoke against is probed by doubling")
			}
		})
	}
}

// TestProbeShadow checks that what a probe itself did to REMB does not cut what was flowing well before, and that a real
// fall does.
func TestProbeShadow(t *testing.T) {
	for _, tt := range []struct {
		name string
		remb uint64
		cut  bool
	}{
		{"0.85 of what was sent", 170_000, false},
		{"half the line is gone", 100_000, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, now := NewRateEstimator(StartRate), int64(time.Hour)
			send := func(bps int, d time.Duration) {
				for end := now + int64(d); now < end; now += int64(20 * time.Millisecond) {
					e.Sent(bps/8/50, false, now)
				}
			}
			send(200_000, 2*time.Second)
			e.OnRR(0, 20*time.Millisecond, 0, now)
			e.OnREMB(300_000, now)
			pr, _ := e.BeginProbe(2_000_000, now)
			send(int(pr.Rate), pr.Length)
			e.EndProbe(now)
			send(200_000, 300*time.Millisecond)
			e.OnREMB(tt.remb, now)
			if got := e.capacity < float64(StartRate); got != tt.cut {
				t.Errorf("capacity %.0f, want cut %v", e.capacity, tt.cut)
			}
		})
	}
}
