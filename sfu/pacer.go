package sfu

import (
	"slices"
	"time"

	"nghitruong/sfu/packets"
)

const (
	paceTick    = 5 * time.Millisecond
	paceKeyMost = 2 * time.Second // of the line that keyframes and replays may take beyond packets.PaceQueue
	paceMost    = 1024            // packets of one viewer that wait
)

// Shares of what a line is thought to carry that leave, in halves: pictures catch up after a burst, and faster after a replay.
const (
	paceHalves       = 3
	paceHalvesReplay = 4
)

// paced is a packet of a picture that waits for its turn; the queue holds a reference to it. Slots decide about it when its turn comes,
// so numbers are given in the order of leaving, on both paths.
type paced struct {
	s     *slot
	l     *Layer
	p     *packets.Packet // nil: left out
	spare bool            // of a keyframe or a replay
	fresh bool            // a picture begins here after others were left out
}

// pacer holds back what would fill the queues of a narrow line, where the voices wait too: voices pass it. It belongs to the worker.
type pacer struct {
	bucket packets.Pacer
	queue  []paced // nil: nothing waits
	head   int
	bytes  int  // that wait
	spared int  // bytes of keyframes and replays since the queue was empty
	replay bool // what is pushed belongs to a replay
	behind int  // packets of replays that wait
}

// heldBack is what a pacer remembers of a slot.
type heldBack struct {
	bytes   int    // that wait, without keyframes and replays
	keyOf   *Layer // of the newest keyframe
	keyTS   uint64 // and its extended timestamp
	starved bool   // pictures were left out: nothing passes until a keyframe
}

// setPace bounds what leaves for the viewer: pass-through for lines that carry more than anybody sends, and for those that
// were seen to carry all that is wanted and never showed trouble.
func (v *viewer) setPace(now int64) {
	line, granted := v.lineBps.Load(), v.granted.Load()
	proven := v.proven.Load() && !v.troubled.Load() && line >= v.target.Load()
	if proven || v.estimate() >= packets.PacePassThrough {
		v.pace.bucket.SetRate(0, now)
		return
	}
	halves := uint64(paceHalves)
	if v.pace.behind > 0 || v.pace.replay {
		halves = paceHalvesReplay
	}
	rate := max(v.estimate(), granted) * halves / 2
	if v.probing.until != 0 {
		rate = max(rate, v.probing.rate)
	}
	v.pace.bucket.SetRate(rate, now)
}

// holds keeps a packet of a picture for later, or leaves it out; false: it may leave now.
func (v *viewer) holds(s *slot, l *Layer, p *packets.Packet, now int64) bool {
	c := &v.pace
	again := p.Key && !s.held.ofKeyframe(l, p)
	if again && !s.held.starved {
		s.held.keyOf, s.held.keyTS = l, p.ExtTS
	}
	if c.queue == nil && !s.held.starved && c.bucket.Ready(now) {
		return false
	}
	fresh := false
	if k := &s.held; k.starved && !k.ofKeyframe(l, p) {
		if !again || l != s.want {
			v.s.metrics.dropped[dropPace].Add(1)
			return true
		}
		k.starved, k.keyOf, k.keyTS, fresh = false, l, p.ExtTS, true
	}
	if !s.passes(l, p) {
		return false // the picker leaves it out
	}
	if c.queue == nil && c.bucket.Ready(now) {
		if fresh {
			s.restart()
		}
		return false
	}
	c.push(v, paced{s: s, l: l, p: p, fresh: fresh})
	if c.bytes > min(c.bucket.Carries(packets.PaceQueue)+c.spared, c.bucket.Carries(packets.PaceQueue+paceKeyMost)) || len(c.queue)-c.head > paceMost {
		c.shed(v)
	}
	return true
}

// ofKeyframe tells whether a packet belongs to the newest keyframe.
func (k *heldBack) ofKeyframe(l *Layer, p *packets.Packet) bool {
	return l == k.keyOf && p.ExtTS == k.keyTS
}

// passes tells whether the picker will want a packet when those before it have left.
func (s *slot) passes(l *Layer, p *packets.Packet) bool {
	return l == s.cur || l == s.want && (p.Key || l == s.held.keyOf)
}

// restart makes the next keyframe of the wanted layer begin as if nothing had been shown: what was left out before it leaves no hole in
// the numbers.
func (s *slot) restart() {
	if s.cur != s.want {
		s.stop()
	}
	s.cur, s.curSrc = nil, nil
	s.picker.Leave()
}

// push appends an entry and counts it.
func (c *pacer) push(v *viewer, e paced) {
	if c.queue == nil {
		v.w.startPacing(v)
	}
	k, n := &e.s.held, len(e.p.Raw())
	e.spare = c.replay || k.ofKeyframe(e.l, e.p)
	if c.replay {
		c.behind = len(c.queue) + 1 - c.head
	}
	if n := len(c.queue); n == cap(c.queue) && c.head > n/4 { // make room where others left
		c.queue, c.head = slices.Delete(c.queue, 0, c.head), 0
	}
	if e.spare {
		c.spared += n
	} else {
		k.bytes += n
	}
	c.bytes += n
	e.p.Retain()
	c.queue = append(c.queue, e)
	v.s.metrics.outPaced.Add(1)
}

// shed leaves out pictures when too much waits: those of the slot with most of it, up to its next keyframe, which is asked for. A
// keyframe that waits stays, or a large one would never be seen.
func (c *pacer) shed(v *viewer) {
	var worst *slot
	for _, s := range v.video {
		if s.held.bytes > 0 && (worst == nil || s.held.bytes > worst.held.bytes) {
			worst = s
		}
	}
	if worst == nil {
		if len(c.queue)-c.head <= paceMost {
			return // keyframes only
		}
		worst = c.queue[len(c.queue)-1].s
		worst.held.keyOf = nil
	}
	k := &worst.held
	k.starved = true
	kept := false
	for i := c.head; i < len(c.queue); i++ {
		e := &c.queue[i]
		if e.p == nil || e.s != worst {
			continue
		}
		if k.ofKeyframe(e.l, e.p) {
			e.fresh = !kept && e.p.Key // else its beginning has left
			kept = true
			continue
		}
		c.forget(e)
		v.s.metrics.dropped[dropPace].Add(1)
	}
}

// forget takes an entry's packet out of the counts and gives it back.
func (c *pacer) forget(e *paced) {
	n := len(e.p.Raw())
	c.bytes -= n
	if !e.spare {
		e.s.held.bytes -= n
	}
	e.p.Release()
	e.p = nil
}

// release sends what may leave now and tells whether more waits.
func (c *pacer) release(v *viewer, now int64) bool {
	for c.head < len(c.queue) && c.bucket.Ready(now) {
		e := c.queue[c.head]
		c.queue[c.head] = paced{}
		c.head++
		c.behind = max(c.behind-1, 0)
		if e.p == nil {
			continue
		}
		p := e.p
		p.Retain() // a panic must find the queue in order
		c.forget(&e)
		if e.fresh {
			e.s.restart()
		}
		if e.l == e.s.want || e.l == e.s.cur {
			e.s.onPicture(e.l, p, now)
		}
		p.Release()
	}
	if c.head < len(c.queue) {
		return true
	}
	c.clear(v.w)
	return false
}

// clear gives everything back.
func (c *pacer) clear(w *worker) {
	for i := c.head; i < len(c.queue); i++ {
		if e := &c.queue[i]; e.p != nil {
			c.forget(e)
		}
	}
	if c.queue != nil {
		clear(c.queue)
		w.queues = append(w.queues, c.queue[:0])
	}
	c.queue, c.head, c.bytes, c.spared, c.behind = nil, 0, 0, 0, 0
}

// startPacing gives the viewer a queue, from those that others emptied.
func (w *worker) startPacing(v *viewer) {
	if n := len(w.queues); n > 0 {
		v.pace.queue, w.queues = w.queues[n-1], w.queues[:n-1]
	} else {
		v.pace.queue = make([]paced, 0, paceMost/8)
	}
	if len(w.pacing) == 0 {
		w.paceTimer.Reset(paceTick)
	}
	w.pacing = append(w.pacing, v)
}

// paceNow sends what narrow lines have room for. mu is held.
func (w *worker) paceNow() {
	if len(w.pacing) == 0 {
		return
	}
	w.paceTimer.Reset(paceTick)
	now := w.s.now()
	for i := 0; i < len(w.pacing); {
		v := w.pacing[i]
		w.serving = v
		if v.pace.release(v, now) {
			i++
			continue
		}
		last := len(w.pacing) - 1
		w.pacing[i], w.pacing[last] = w.pacing[last], nil
		w.pacing = w.pacing[:last]
	}
	w.serving = nil
}

// stopPacing forgets what waits for a viewer.
func (w *worker) stopPacing(v *viewer) {
	v.pace.clear(w)
	w.pacing = slices.DeleteFunc(w.pacing, func(o *viewer) bool { return o == v })
}

// seekKeyframe asks for the keyframe that a picture waits for which was left out, once there is room for it.
func (s *slot) seekKeyframe(now int64) {
	c := &s.v.pace
	if s.held.starved && s.want != nil && c.bytes <= c.bucket.Carries(packets.PaceQueue)/2 {
		s.want.requestKeyframe(now)
	}
}
