package packets

import (
	"testing"
	"time"
)

// TestPacer checks what leaves of a burst: a full bucket at once, then the rate, whatever the steps of time are.
func TestPacer(t *testing.T) {
	const rate, size = 800_000, 1000
	for _, step := range []time.Duration{time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond} {
		var p Pacer
		now := int64(time.Hour)
		p.SetRate(rate, now)
		sent := 0
		drain := func() {
			for p.Ready(now) {
				p.Spend(size)
				sent += size
			}
		}
		drain()
		if first := p.Carries(paceBurst); sent < first || sent > first+size {
			t.Errorf("%v: %d bytes at once, the bucket holds %d", step, sent, first)
		}
		begun := sent
		for range int(2 * time.Second / step) {
			now += int64(step)
			drain()
		}
		if got, want := sent-begun, p.Carries(2*time.Second); got < want-size || got > want+size {
			t.Errorf("%v: %d bytes in 2 s, want %d", step, got, want)
		}
	}
}

// TestPacerBounds checks the edges: no rate, a rate that comes and goes, voices beyond the rate, a clock that stands.
func TestPacerBounds(t *testing.T) {
	var p Pacer
	p.Spend(1 << 20)
	if !p.Ready(0) || p.Bounded() || p.Carries(time.Second) != 0 {
		t.Error("the zero value bounds something")
	}
	now := int64(time.Minute)
	p.SetRate(80_000, now)
	if !p.Bounded() || !p.Ready(now) {
		t.Error("a bucket that begins is not full")
	}
	p.Spend(1 << 20)
	if p.Ready(now) || p.Ready(now-int64(time.Second)) {
		t.Error("an empty bucket lets packets pass")
	}
	if now += int64(2 * paceBurst); !p.Ready(now) {
		t.Error("one burst beyond the rate is not forgiven after two")
	}
	p.Spend(1 << 20)
	p.SetRate(160_000, now)
	if p.Ready(now) {
		t.Error("another rate fills the bucket")
	}
	p.SetRate(0, now)
	if !p.Ready(now) {
		t.Error("without a rate packets wait")
	}
	p.SetRate(80_000, now+int64(time.Hour))
	if n := testing.AllocsPerRun(100, func() { now += 1e6; p.Spend(10); p.Ready(now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
