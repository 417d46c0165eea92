package sfu

import "time"

const (
	replayMaxAge = 1500 * time.Millisecond
	replayLimit  = 200         // packets that a newcomer is given from the ring
	replayTime   = time.Second // of a narrow line: a larger replay would keep its picture behind the others' for long
)

// catchUp shows a newcomer the layer's newest keyframe and what followed it, when that is recent and little, at most twice as fast as
// the line is thought to carry; else the next tick asks for a keyframe.
func (s *slot) catchUp(l *Layer, now int64) {
	if now < s.v.drained {
		return
	}
	w := s.v.w
	w.replay = l.ring.AppendFromKey(w.replay[:0], now, replayMaxAge, replayLimit)
	if len(w.replay) == 0 {
		return
	}
	size := 0
	for _, p := range w.replay {
		size += len(p.Raw())
	}
	pace := &s.v.pace
	pace.replay = true
	s.v.setPace(now)
	fits := !pace.bucket.Bounded() || size <= pace.bucket.Carries(replayTime)
	if fits {
		s.v.s.metrics.replays.Add(1)
		s.replayed = nil // what an earlier replay sent has other numbers now
		for _, p := range w.replay {
			s.onPacket(l, p, now)
		}
		s.replayed, s.replayHi = l, w.replay[len(w.replay)-1].ExtSN
	}
	for _, p := range w.replay {
		p.Release()
	}
	pace.replay = false
	clear(w.replay)
}
