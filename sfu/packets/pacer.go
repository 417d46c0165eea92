package packets

import "time"

// Bounds of Pacer.
const (
	// PacePassThrough is the rate in bit/s from which a line needs no pacing: its queue empties faster than anybody notices.
	PacePassThrough uint64 = 3_000_000
	// PaceQueue is how long packets wait for their turn at most, in time of the line, before pictures are left out.
	PaceQueue = 400 * time.Millisecond

	paceBurst = 40 * time.Millisecond // of the rate may leave at once: a usual picture
)

// Pacer is a bucket that says when the next packet towards a viewer may leave, so that a burst (a keyframe, a replay) waits here, where
// voices pass it, and not in a queue of the network, where they cannot. The zero value lets everything pass. It belongs to one goroutine
// and allocates nothing.
type Pacer struct {
	rate   float64 // bit/s, 0 = no bound
	credit float64 // bits
	at     int64
}

// SetRate sets the bound in bit/s; 0 takes it away. A bucket that begins is full.
func (p *Pacer) SetRate(bps uint64, now int64) {
	if p.rate == 0 && bps > 0 {
		p.at, p.credit = now, float64(bps)*paceBurst.Seconds()
	}
	p.refill(now)
	p.rate = float64(bps)
}

// Bounded tells whether a rate is set.
func (p *Pacer) Bounded() bool { return p.rate > 0 }

// Ready tells whether a packet may leave now. It may be longer than what the bucket holds: the next ones wait for it.
func (p *Pacer) Ready(now int64) bool {
	if p.rate == 0 {
		return true
	}
	p.refill(now)
	return p.credit > 0
}

// Spend counts bytes that left, those that did not ask as well. What voices and repairs take beyond the rate is forgiven past
// one burst, so that pictures are never stopped for long.
func (p *Pacer) Spend(bytes int) {
	if p.rate > 0 {
		p.credit = max(p.credit-float64(bytes*bitsPerByte), -p.rate*paceBurst.Seconds())
	}
}

// Carries is how many bytes leave in d at the rate.
func (p *Pacer) Carries(d time.Duration) int { return int(p.rate * d.Seconds() / bitsPerByte) }

func (p *Pacer) refill(now int64) {
	if now > p.at {
		p.credit = min(p.credit+p.rate*float64(now-p.at)/float64(nanosPerSec), p.rate*paceBurst.Seconds())
		p.at = now
	}
}
