package sfu

import (
	"sync"
	"time"
)

const (
	lateLimit  = 400 * time.Millisecond // how long a datagram may wait to be read before pictures are left out
	lateApart  = 500 * time.Millisecond // two times of being late that count as two
	lateMemory = 10 * time.Second       // a time of being late is forgotten after this
	reliefTime = 20 * time.Second       // how long a step of relief lasts after the server was late for the last time

	reliefSmall  = 1 // everybody gets the smallest layer of cameras
	reliefVoices = 2 // the audience gets no cameras at all
)

// relief keeps a server that is asked for more than its processors can do from falling behind: what waits in the kernel's buffer
// would make everybody seconds late, the voices with the pictures. A batch that is late loses its pictures, up to the next keyframe. A
// server that is late again and again sends smaller pictures, then, to the audience, none. Voices are never left out.
type relief struct {
	mu    sync.Mutex
	times int   // the server was late, within lateMemory
	last  int64 // when
	level int   // of relief, at since
	since int64
}

// late is told how long the oldest datagram of a batch has waited; true: the pictures of the batch are left out.
func (r *relief) late(waited time.Duration, now int64) bool {
	if waited < lateLimit {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.times == 0 || now-r.last > int64(lateMemory):
		r.times, r.last = 1, now
	case now-r.last >= int64(lateApart):
		r.times, r.last = r.times+1, now
	default:
		return true
	}
	r.level, r.since = max(r.at(now), min(r.times/2, reliefVoices)), now
	return true
}

// now is the step of relief, 0 = none.
func (r *relief) now(now int64) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at(now)
}

func (r *relief) at(now int64) int {
	return max(0, r.level-int((now-r.since)/int64(reliefTime)))
}

// leaveOut tells the workers that a packet of a picture was not forwarded: what is left of it is worth nothing.
func (l *Layer) leaveOut() {
	for _, f := range *l.fans.Load() {
		f.cut.Store(true)
	}
}

// mend makes the slots of a fan from which pictures were left out wait for a keyframe. Only the worker calls it.
func (f *fan) mend() {
	if !f.cut.Load() || !f.cut.Swap(false) {
		return
	}
	for _, s := range f.slots {
		s.held.starved, s.held.keyOf = true, nil
	}
}
