package sfu

import (
	"time"

	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

// Tap sees what passes the gates of a conference, as received: a recorder enters by this door. Opened and Closed come
// from the conference, RTP and RTCP from the readers of the streams, which they must not hold up. A stream is named by
// its source and its SSRC; layers and reconnects have SSRCs of their own.
type Tap interface {
	Opened(src, ssrc uint32, rid string, p webrtc.RTPParameters) // before the stream's first packet
	RTP(src, ssrc uint32, at time.Time, raw []byte)              // raw is valid during the call only
	RTCP(src, ssrc uint32, at time.Time, raw []byte)             // sender reports; raw as above
	Closed(src, ssrc uint32)
}

// AddTap shows every source of the conference to t, from now on.
func (c *Conference) AddTap(t Tap) {
	c.call(func() {
		c.taps = append(append([]Tap(nil), c.taps...), t)
		for _, src := range c.sources {
			for i := range src.lays {
				if l := src.lays[i].Load(); l != nil {
					t.Opened(src.id, l.ssrc, l.rid, l.params)
				}
			}
			c.setTaps(src)
		}
	})
}

// RemoveTap shows t nothing more; a packet that is being read may still reach it.
func (c *Conference) RemoveTap(t Tap) {
	c.call(func() {
		var rest []Tap
		for _, have := range c.taps {
			if have != t {
				rest = append(rest, have)
			}
		}
		c.taps = rest
		for _, src := range c.sources {
			c.setTaps(src)
		}
	})
}

func (c *Conference) setTaps(src *Source) {
	taps := c.taps
	src.taps.Store(&taps)
}

func (l *Layer) tap(p *packets.Packet) {
	taps := l.src.taps.Load()
	if taps == nil || len(*taps) == 0 {
		return
	}
	at := l.s.wall(p.Arrival)
	for _, t := range *taps {
		t.RTP(l.src.id, l.ssrc, at, p.Raw())
	}
}

func (l *Layer) tapRTCP(raw []byte, now int64) {
	taps := l.src.taps.Load()
	if taps == nil {
		return
	}
	for _, t := range *taps {
		t.RTCP(l.src.id, l.ssrc, l.s.wall(now), raw)
	}
}
