package packets

import "time"

// Behaviour of NackGenerator.
const (
	NackTick     = 20 * time.Millisecond // how often to call Tick
	nackFirst    = 20 * time.Millisecond // first request this long after the hole was seen
	nackLater    = 2                     // or after so many later packets
	nackRepeat   = 40 * time.Millisecond // repeats are max(RTT, this) apart
	nackTries    = 8
	nackMaxAge   = 1200 * time.Millisecond
	nackMaxHoles = 256
	nackMaxJump  = 200 // a bigger hole is a broken stream: ask for a keyframe instead
)

type hole struct {
	sn    uint64
	since int64
	last  int64
	tries uint8
	later uint8
}

// NackGenerator finds the holes in one received stream and says which numbers to ask for again, mindful of the round trip. It
// belongs to one goroutine and allocates nothing after NewNackGenerator.
type NackGenerator struct {
	hi      uint64
	started bool
	holes   []hole // ascending by sn
	lost    uint64
	filled  uint64
	asked   uint64
	broken  bool
}

// NewNackGenerator makes a generator for one SSRC.
func NewNackGenerator() *NackGenerator {
	return &NackGenerator{holes: make([]hole, 0, nackMaxHoles)}
}

// OnPacket tells of a received packet, first or repaired. recovered is true when it filled a hole.
func (g *NackGenerator) OnPacket(extSN uint64, now int64) (recovered bool) {
	if !g.started {
		g.started, g.hi = true, extSN
		return false
	}
	if extSN <= g.hi {
		return g.fill(extSN)
	}
	for i := range g.holes {
		if g.holes[i].later < nackLater {
			g.holes[i].later++
		}
	}
	if extSN-g.hi > nackMaxJump {
		g.holes, g.broken = g.holes[:0], true
		g.hi = extSN
		return false
	}
	for sn := g.hi + 1; sn < extSN; sn++ {
		if len(g.holes) == cap(g.holes) {
			g.remove(0, 1)
			g.broken = true
		}
		g.holes = append(g.holes, hole{sn: sn, since: now, later: 1})
	}
	g.hi = extSN
	return false
}

func (g *NackGenerator) fill(sn uint64) bool {
	for i := range g.holes {
		if g.holes[i].sn == sn {
			g.remove(i, i+1)
			g.filled++
			return true
		}
	}
	return false
}

func (g *NackGenerator) remove(from, to int) {
	g.holes = g.holes[:from+copy(g.holes[from:], g.holes[to:])]
}

// Tick appends the sequence numbers to ask for now to dst. rtt is the publisher's round trip, 0 when unknown.
func (g *NackGenerator) Tick(now int64, rtt time.Duration, dst []uint16) []uint16 {
	repeat := int64(max(rtt, nackRepeat))
	keep := g.holes[:0]
	for _, h := range g.holes {
		if now-h.since > int64(nackMaxAge) || h.tries >= nackTries && now-h.last >= repeat {
			g.lost++
			g.broken = true
			continue
		}
		due := h.later >= nackLater || now-h.since >= int64(nackFirst)
		if h.tries > 0 {
			due = h.tries < nackTries && now-h.last >= repeat
		}
		if due {
			h.tries++
			h.last = now
			g.asked++
			dst = append(dst, uint16(h.sn))
		}
		keep = append(keep, h)
	}
	g.holes = keep
	return dst
}

// ForgetBefore gives up all holes before extSN: after a keyframe nobody needs them.
func (g *NackGenerator) ForgetBefore(extSN uint64) {
	n := 0
	for n < len(g.holes) && g.holes[n].sn < extSN {
		n++
	}
	g.remove(0, n)
}

// Broken tells, once, that packets are lost for good, so that video needs a keyframe.
func (g *NackGenerator) Broken() bool {
	b := g.broken
	g.broken = false
	return b
}

// Counts returns how many packets were asked for (repeats included), came after all, and were given up.
func (g *NackGenerator) Counts() (asked, recovered, lost uint64) { return g.asked, g.filled, g.lost }

// Missing is the number of open holes.
func (g *NackGenerator) Missing() int { return len(g.holes) }
