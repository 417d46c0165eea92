package packets

import "time"

// Behaviour of ClockMap.
const (
	clockBuckets   = 30
	clockShort     = int64(time.Second)            // buckets of the window for the offset
	clockLong      = int64(20 * time.Second)       // and for the slope
	clockLongSpan  = int64(time.Minute)            // a slope of noisy offsets needs this much history
	clockLineApart = int64(100 * time.Millisecond) // without reports the line is drawn anew this often
	clockMinSpan   = int64(10 * time.Second)       // and one of exact ones this much
	clockMaxSkew   = 500e-6                        // a quartz is never worse
	clockReset     = int64(10 * time.Second)       // a jump this big is a new clock
	ntpUnixOffset  = int64(2208988800)             // seconds from 1900 to 1970, RFC 5905
	ntpFraction    = float64(1<<32) / float64(1e9) // NTP fraction units in a nanosecond
)

// NTP converts nanoseconds since 1970 to an NTP timestamp in 32.32 fixed point (RFC 3550 section 4).
func NTP(unixNs int64) uint64 {
	sec, ns := unixNs/nanosPerSec, unixNs%nanosPerSec
	return uint64(sec+ntpUnixOffset)<<32 | uint64(float64(ns)*ntpFraction)
}

// UnixNs converts an NTP timestamp to nanoseconds since 1970.
func UnixNs(ntp uint64) int64 {
	sec := int64(ntp>>32) - ntpUnixOffset
	return sec*nanosPerSec + int64(float64(uint32(ntp))/ntpFraction)
}

// ClockLine tells when a timestamp was captured on the server's monotonic clock. It is a value: take one with ClockMap.Line and
// give it to other goroutines. The zero value knows nothing.
type ClockLine struct {
	OK    bool // the rest is meaningful
	SR    bool // from sender reports, so that lines of one sender are comparable to a few ms
	ts    uint32
	at    int64   // server ns at ts
	nsPer float64 // server ns per tick
}

// At is the server's time, in monotonic ns, of a timestamp.
func (l ClockLine) At(ts uint32) int64 { return l.at + int64(float64(int32(ts-l.ts))*l.nsPer) }

// TS is the timestamp of a server's time.
func (l ClockLine) TS(at int64) uint32 {
	return l.ts + uint32(int64(float64(at-l.at)/l.nsPer))
}

// Translate expresses timestamp ts of one layer on the clock of another; ok only when both lines rest on sender reports.
func Translate(from, to ClockLine, ts uint32) (mapped uint32, ok bool) {
	if !from.OK || !to.OK || !from.SR || !to.SR {
		return 0, false
	}
	return to.TS(from.At(ts)), true
}

// sample is one point of a minimum filter: an offset y at x.
type sample struct {
	x, y int64
	set  bool
}

// minima keeps the least offset of each of the last 30 buckets of noisy offsets.
type minima struct {
	width  int64 // of a bucket, ns
	bucket [clockBuckets]sample
	index  int64
}

func (m *minima) add(x, y int64) {
	i := x / m.width
	for j := m.index + 1; j <= i && j <= m.index+clockBuckets; j++ {
		m.bucket[j%clockBuckets] = sample{}
	}
	m.index = max(m.index, i)
	if i <= m.index-clockBuckets || i < 0 {
		return
	}
	if b := &m.bucket[i%clockBuckets]; !b.set || y < b.y {
		*b = sample{x: x, y: y, set: true}
	}
}

// slope is the least-squares slope through the minima, 0 until they span minSpan.
func (m *minima) slope(minSpan int64) float64 {
	var ref sample
	for _, s := range m.bucket {
		if s.set && (!ref.set || s.x < ref.x) {
			ref = s
		}
	}
	var n, sx, sy, sxx, sxy, span float64
	for _, s := range m.bucket {
		if s.set {
			x, y := float64(s.x-ref.x), float64(s.y-ref.y)
			n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
			span = max(span, x)
		}
	}
	d := n*sxx - sx*sx
	if d <= 0 || span < float64(minSpan) {
		return 0
	}
	return min(max((n*sxy-sx*sy)/d, -clockMaxSkew), clockMaxSkew)
}

// least is the lowest offset, each moved along slope to x.
func (m *minima) least(x int64, slope float64) int64 {
	low, any := int64(0), false
	for _, s := range m.bucket {
		if s.set {
			if y := s.y + int64(slope*float64(x-s.x)); !any || y < low {
				low, any = y, true
			}
		}
	}
	return low
}

// lowerEdge follows the lower edge of noisy offsets: the least of the last 30 s, along the slope of the last ten minutes. A
// slope over 30 s would follow the jitter.
type lowerEdge struct{ short, long minima }

func newLowerEdge() lowerEdge {
	return lowerEdge{short: minima{width: clockShort}, long: minima{width: clockLong}}
}

func (l *lowerEdge) add(x, y int64) {
	l.short.add(x, y)
	l.long.add(x, y)
}

// at is the edge at x, and its slope.
func (l *lowerEdge) at(x int64) (y int64, slope float64) {
	slope = l.long.slope(clockLongSpan)
	return l.short.least(x, slope), slope
}

// ClockMap puts one layer's timestamps on the server's clock: from sender reports (RFC 3550 section 6.4.1) when they come, else from
// the earliest arrivals. It belongs to the layer's reader.
type ClockMap struct {
	clock   uint32
	arrival lowerEdge // arrival - nominal time of packets
	sr      lowerEdge // arrival - sender's time of reports
	rate    minima    // sender's time - nominal time of reports, for the true rate
	ts      ExtTS
	base    uint64
	started bool
	lastNTP int64
	lastTS  uint64
	reports int
	line    ClockLine
	lastAt  int64
}

// NewClockMap makes a map for timestamps of that rate in Hz.
func NewClockMap(clock uint32) *ClockMap {
	return &ClockMap{clock: clock, arrival: newLowerEdge(), sr: newLowerEdge(), rate: minima{width: clockShort}}
}

func (c *ClockMap) nominal(ext uint64) int64 {
	d := int64(ext - c.base)
	return d/int64(c.clock)*nanosPerSec + d%int64(c.clock)*nanosPerSec/int64(c.clock)
}

func (c *ClockMap) unwrap(ts uint32) uint64 {
	ext := c.ts.Unwrap(ts)
	if !c.started {
		c.started, c.base = true, ext
	}
	return ext
}

// OnPacket tells of a packet's timestamp and arrival. Late packets do no harm.
func (c *ClockMap) OnPacket(ts uint32, arrival int64) {
	if c.reports > 0 {
		c.ts.Unwrap(ts)
		return
	}
	ext := c.unwrap(ts)
	c.arrival.add(arrival, arrival-c.nominal(ext))
	if arrival-c.lastAt < clockLineApart && c.line.OK {
		return
	}
	c.lastAt = arrival
	off, slope := c.arrival.at(arrival)
	c.line = ClockLine{OK: true, ts: ts, at: c.nominal(ext) + off, nsPer: c.perTick(slope)}
}

func (c *ClockMap) perTick(slope float64) float64 {
	return float64(nanosPerSec) / float64(c.clock) * (1 + slope)
}

// OnSR tells of a sender report: its NTP and RTP timestamps and its arrival.
func (c *ClockMap) OnSR(ntp uint64, rtp uint32, arrival int64) {
	if ntp == 0 {
		return
	}
	sender, ext := UnixNs(ntp), c.unwrap(rtp)
	if c.reports > 0 {
		moved := (sender - c.lastNTP) - (c.nominal(ext) - c.nominal(c.lastTS))
		if moved > clockReset || moved < -clockReset {
			c.sr, c.rate, c.reports = newLowerEdge(), minima{width: clockShort}, 0
		}
	}
	c.reports++
	c.lastNTP, c.lastTS = sender, ext
	c.sr.add(arrival, arrival-sender)
	c.rate.add(arrival, sender-c.nominal(ext))
	off, skew := c.sr.at(arrival)
	c.line = ClockLine{OK: true, SR: true, ts: rtp, at: sender + off, nsPer: c.perTick(skew + c.rate.slope(clockMinSpan))}
}

// Line is the present mapping.
func (c *ClockMap) Line() ClockLine { return c.line }
