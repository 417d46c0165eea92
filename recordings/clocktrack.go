package recordings

import (
	"slices"

	"nghitruong/sfu/packets"
)

// lineEvery is the distance of two lines of a clock, nanoseconds.
const lineEvery = int64(10e9)

// clockTrack puts one stream's timestamps on the server's clock, with what was known later too: between two lines it goes from one
// to the other.
type clockTrack struct {
	m      *packets.ClockMap
	lines  []clockPoint
	newest int64
}

type clockPoint struct {
	at   int64 // arrival
	line packets.ClockLine
}

func newClockTrack(clock uint32) *clockTrack { return &clockTrack{m: packets.NewClockMap(clock)} }

func (c *clockTrack) packet(ts uint32, at int64) {
	c.m.OnPacket(ts, at)
	c.note(at, false)
}

func (c *clockTrack) report(ntp uint64, ts uint32, at int64) {
	c.m.OnSR(ntp, ts, at)
	c.note(at, false)
}

// note keeps the present line once in a while.
func (c *clockTrack) note(at int64, end bool) {
	c.newest = max(c.newest, at)
	line := c.m.Line()
	if n := len(c.lines); line.OK && (end || n == 0 || at-c.lines[n-1].at >= lineEvery) {
		c.lines = append(c.lines, clockPoint{at, line})
	}
}

// finish keeps the last line; lines that rest on reports take the place of those that do not.
func (c *clockTrack) finish() {
	c.note(c.newest, true)
	reported := slices.DeleteFunc(slices.Clone(c.lines), func(p clockPoint) bool { return !p.line.SR })
	if len(reported) > 0 {
		c.lines = reported
	}
}

// at is the server's time, nanoseconds since the recording's start, of a timestamp that arrived then.
func (c *clockTrack) at(ts uint32, arrival int64) int64 {
	if len(c.lines) == 0 {
		return arrival
	}
	i, _ := slices.BinarySearchFunc(c.lines, arrival, func(p clockPoint, at int64) int {
		if p.at <= at {
			return -1
		}
		return 1
	})
	switch {
	case i == 0:
		return c.lines[0].line.At(ts)
	case i == len(c.lines):
		return c.lines[i-1].line.At(ts)
	}
	a, b := c.lines[i-1], c.lines[i]
	from, to := a.line.At(ts), b.line.At(ts)
	return from + int64(float64(to-from)*float64(arrival-a.at)/float64(b.at-a.at))
}
