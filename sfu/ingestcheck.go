package sfu

import (
	"math"
	"sync/atomic"
	"time"

	"nghitruong/sfu/packets"
)

// Profiles of H264 (ITU-T H.264 annex A): profile_idc of the sequence parameter set.
const (
	profileBaseline = 66
	profileMain     = 77
)

// streamCheck watches an encoder's picture for settings that would hurt viewers. The reader writes, the conference reads.
type streamCheck struct {
	// Owned by the reader.
	started bool
	lastExt uint64
	lastTS  uint64
	falls   int
	counted int64 // since when frames are counted
	frames  int
	dead    bool
	h264    packets.H264

	keyAt   atomic.Int64  // now() of the newest keyframe, 0 = none
	keyGap  atomic.Int64  // ns between the newest two
	fps     atomic.Uint64 // float64 bits
	profile atomic.Int32
	asked   atomic.Int64 // since when a keyframe is asked for, 0 = none is
	obeys   atomic.Bool  // a keyframe came when it was asked for: then their distance hurts nobody
}

// obeyIn is how soon a keyframe comes from an encoder that sends one on demand.
const obeyIn = time.Second

// ask notes that a keyframe was asked for.
func (c *streamCheck) ask(now int64) { c.asked.CompareAndSwap(0, now) }

// onPacket takes a packet of the picture in the order of arrival; ext is its extended number. It gives the reason when the
// encoder must go.
func (c *streamCheck) onPacket(p *packets.Packet, ext uint64) string {
	if c.dead || c.started && ext <= c.lastExt {
		return ""
	}
	if why := c.follow(p, ext); why != "" {
		c.dead = true
		return why
	}
	if p.Key && p.Codec == packets.CodecH264 {
		if why := c.look(p); why != "" {
			c.dead = true
			return why
		}
	}
	return ""
}

// follow counts pictures and those whose time is before that of an earlier one (B-frames).
func (c *streamCheck) follow(p *packets.Packet, ext uint64) string {
	fresh := !c.started || p.ExtTS != c.lastTS
	if c.started && p.ExtTS < c.lastTS {
		if c.falls++; c.falls >= fallsAllowed {
			return EndBFrames
		}
	}
	if fresh && p.Key {
		if at := c.keyAt.Swap(p.Arrival); at != 0 {
			c.keyGap.Store(p.Arrival - at)
		}
		if asked := c.asked.Swap(0); asked != 0 {
			c.obeys.Store(p.Arrival-asked < int64(obeyIn))
		}
	}
	if fresh {
		c.frames++
	}
	if !c.started {
		c.counted, c.frames = p.Arrival, 0
	}
	if d := p.Arrival - c.counted; d >= int64(time.Second) {
		c.fps.Store(math.Float64bits(float64(c.frames) * float64(time.Second) / float64(d)))
		c.counted, c.frames = p.Arrival, 0
	}
	c.started, c.lastExt, c.lastTS = true, ext, p.ExtTS
	return ""
}

// look reads the profile of a sequence parameter set.
func (c *streamCheck) look(p *packets.Packet) string {
	c.h264 = packets.H264{}
	if err := p.H264(&c.h264); err != nil || len(c.h264.SPS) < 4 {
		return ""
	}
	idc := int32(c.h264.SPS[1])
	c.profile.Store(idc)
	if idc != profileBaseline && idc != profileMain {
		return EndProfile
	}
	return ""
}

// describe puts what was seen into the clerk's view.
func (c *streamCheck) describe(s *IngestState, now int64) {
	s.FPS = math.Float64frombits(c.fps.Load())
	at := c.keyAt.Load()
	if at == 0 {
		return
	}
	gap := max(c.keyGap.Load(), now-at)
	s.KeyframeMS = gap / int64(time.Millisecond)
	switch {
	case c.obeys.Load():
	case gap > int64(keyframesLong):
		s.Warnings = append(s.Warnings, WarnKeyframesLong)
	case gap > int64(keyframesLate):
		s.Warnings = append(s.Warnings, WarnKeyframes)
	}
	if c.profile.Load() == profileMain {
		s.Warnings = append(s.Warnings, WarnProfile)
	}
}
