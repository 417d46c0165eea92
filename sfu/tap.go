package sfu

import (
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

// Of each picture with layers a tap gets one at a time, changed at a keyframe: the best one of those who matter now (stage, chair,
// halls, whoever spoke lately) and of screens, the middle one of the others, the lowest when there are many.
const (
	tapManyCams  = 25               // more cameras than this are tapped as layer q
	tapSpoke     = 30 * time.Second // who spoke so lately matters
	tapKeyframes = 10 * time.Second // a keyframe at least so often, so that little is lost behind a gap
	tapNoLayer   = -1
)

// Tap sees what passes the gates of a conference, as received: a recorder enters by this door. Opened and Closed come
// from the conference, RTP and RTCP from the readers of the streams, which they must not hold up. A stream is named by
// its source and its SSRC; layers and reconnects have SSRCs of their own. who is a person's id.
type Tap interface {
	Opened(src, ssrc uint32, who, kind, rid string, p webrtc.RTPParameters) // before the stream's first packet
	RTP(src, ssrc uint32, at time.Time, raw []byte)                         // raw is valid during the call only
	RTCP(src, ssrc uint32, at time.Time, raw []byte)                        // sender reports; raw as above
	Closed(src, ssrc uint32)
}

// AddTap shows every source of the conference to t, from now on.
func (c *Conference) AddTap(t Tap) {
	c.call(func() {
		first := len(c.taps) == 0
		c.taps = append(append([]Tap(nil), c.taps...), t)
		for _, src := range c.sources {
			if first { // pictures begin with a keyframe
				src.tapped.now.Store(tapNoLayer)
			}
			for i := range src.lays {
				if l := src.lays[i].Load(); l != nil {
					l.openTo(t)
				}
			}
			c.setTaps(src)
		}
		c.directTaps(c.srv.now())
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

// openTo tells a tap of the layer.
func (l *Layer) openTo(t Tap) {
	t.Opened(l.src.id, l.ssrc, l.src.key.who, string(l.src.key.kind), l.rid, l.params)
}

// tapping is what taps see of a source's layers.
type tapping struct {
	want atomic.Int32 // layer that the conference wishes
	now  atomic.Int32 // layer that is tapped, written by its reader
	key  atomic.Int64 // now() of its newest keyframe

	best int // highest layer that the publisher is asked for on behalf of taps; owned by the conference
}

// directTaps chooses the layer of every picture and sees that its keyframes come.
func (c *Conference) directTaps(now int64) {
	if len(c.taps) == 0 {
		return
	}
	cams := 0
	for _, src := range c.sources {
		if src.key.kind == KindCam && src.present {
			cams++
		}
	}
	for _, src := range c.sources {
		if !src.isVideo() || !src.published() {
			continue
		}
		t := &src.tapped
		t.best = c.tapBest(src, cams, now)
		layer := src.tapLayer(t.best, now)
		t.want.Store(int32(layer))
		if layer == tapNoLayer {
			continue
		}
		if l := src.lays[layer].Load(); l != nil && (t.now.Load() != int32(layer) || now-t.key.Load() >= int64(tapKeyframes)) && src.gate.Load() {
			l.requestKeyframe(now)
		}
	}
}

// tapBest is the layer that a picture deserves.
func (c *Conference) tapBest(src *Source, cams int, now int64) int {
	who := src.key.who
	spoke, ever := c.spoke[who]
	switch {
	case src.key.kind == KindScreen, who == c.dir.Stage, who == c.dir.Chair, c.dir.Priority[who], ever && now-spoke < int64(tapSpoke):
		return layerF
	case cams > tapManyCams:
		return layerQ
	}
	return layerH
}

// tapLayer is the highest live layer up to best, else the lowest live one above it.
func (s *Source) tapLayer(best int, now int64) int {
	for i := best; i >= 0; i-- {
		if s.alive(i, now) {
			return i
		}
	}
	for i := best + 1; i < len(s.lays); i++ {
		if s.alive(i, now) {
			return i
		}
	}
	return tapNoLayer
}

// isTapped tells whether taps get this layer now.
func (l *Layer) isTapped() bool {
	taps := l.src.taps.Load()
	return taps != nil && len(*taps) > 0 && (!l.codec.Video() || l.src.tapped.now.Load() == int32(l.index))
}

// tap shows a packet that passed the gate.
func (l *Layer) tap(p *packets.Packet) {
	taps := l.src.taps.Load()
	if taps == nil || len(*taps) == 0 {
		return
	}
	if t := &l.src.tapped; l.codec.Video() {
		if p.Key && t.want.Load() == int32(l.index) {
			t.now.Store(int32(l.index))
			t.key.Store(p.Arrival)
		}
		if t.now.Load() != int32(l.index) {
			return
		}
	}
	at := l.s.wall(p.Arrival)
	for _, t := range *taps {
		t.RTP(l.src.id, l.ssrc, at, p.Raw())
	}
}

func (l *Layer) tapRTCP(raw []byte, now int64) {
	if !l.isTapped() {
		return
	}
	for _, t := range *l.src.taps.Load() {
		t.RTCP(l.src.id, l.ssrc, l.s.wall(now), raw)
	}
}
