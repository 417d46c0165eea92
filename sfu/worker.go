package sfu

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"nghitruong/sfu/packets"
)

const (
	workerQueue = 4096 // packets; a full queue drops video
	workerCtl   = 1024
	workerTick  = 50 * time.Millisecond
	audioWait   = 2 * time.Millisecond // what a reader waits for a place in a full queue, for audio only
	workerBatch = 64                   // packets handled together
	maxHeader   = 256                  // bytes of an RTP header that the server writes
)

// item is one packet for the slots of one fan; the queue holds a reference to the packet.
type item struct {
	fan *fan
	pkt *packets.Packet
}

// fan joins a layer to the slots of one worker. Only the worker touches slots.
type fan struct {
	layer *Layer
	w     *worker
	slots []*slot
	cut   atomic.Bool // packets of pictures were left out
}

// rotate makes the first slot the last.
func (f *fan) rotate() {
	if n := len(f.slots); n > 1 {
		first := f.slots[0]
		copy(f.slots, f.slots[1:])
		f.slots[n-1] = first
	}
}

// worker owns the slots of the viewers pinned to it. Who holds mu is the worker: its goroutine, for control, ticks and packets of
// the plain path, or the reader of its media socket, which runs a batch to completion. Writes are collected and never
// wait, so mu is held for microseconds.
type worker struct {
	s    *Server
	in   chan item
	ctl  chan func()
	quit chan struct{}
	done chan struct{}

	mu sync.Mutex

	// Guarded by mu.
	fans    map[*Layer]*fan
	viewers map[*viewer]struct{}
	replay  []*packets.Packet // scratch
	serving *viewer           // to blame for a panic
	batch   []item            // scratch
	out     *outbox
	header  [maxHeader]byte // scratch
	pacing  []*viewer       // whose packets wait for their turn
	queues  [][]paced       // empty ones

	paceTimer *time.Timer // runs while pacing is not empty
}

func newWorker(s *Server) *worker {
	idle := time.NewTimer(time.Hour)
	idle.Stop()
	return &worker{
		paceTimer: idle,
		s:         s, in: make(chan item, workerQueue), ctl: make(chan func(), workerCtl),
		quit: make(chan struct{}), done: make(chan struct{}),
		fans: map[*Layer]*fan{}, viewers: map[*viewer]struct{}{}, out: newOutbox(s.metrics),
	}
}

func (w *worker) run() {
	defer close(w.done)
	tick := time.NewTicker(workerTick)
	defer tick.Stop()
	for !w.turn(tick.C) {
	}
	w.locked(func() {
		for _, v := range w.pacing {
			v.pace.clear(w)
		}
	})
	for { // give the packets back
		select {
		case it := <-w.in:
			it.pkt.Release()
		default:
			return
		}
	}
}

// turn serves the worker until it must end (true) or a panic was caught (false: the viewer that was being served is
// ended and the next turn goes on).
func (w *worker) turn(tick <-chan time.Time) (ended bool) {
	w.s.guard("worker", func() {
		for {
			select {
			case it := <-w.in:
				w.runQueue(it)
			case f := <-w.ctl:
				w.locked(f)
			case <-tick:
				w.locked(w.tickNow)
			case <-w.paceTimer.C:
				w.locked(w.paceNow)
			case <-w.quit:
				ended = true
				return
			}
		}
	}, func() { w.locked(w.blame) })
	return ended
}

// blame ends the viewer that was being served when a panic was caught. mu is held.
func (w *worker) blame() {
	v := w.serving
	w.serving = nil
	if v == nil {
		return
	}
	delete(w.viewers, v)
	w.stopPacing(v)
	for l, f := range w.fans {
		f.slots = slices.DeleteFunc(f.slots, func(s *slot) bool { return s.v == v })
		if len(f.slots) == 0 {
			delete(w.fans, l)
			l.removeFan(f)
		}
	}
	w.s.spawn("blame", func() { v.seat.conf.post(func() { v.seat.viewerEnded(v) }) }, nil)
}

// locked runs f as the worker and sends what it wrote.
func (w *worker) locked(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
	w.out.flush()
}

// runQueue forwards a packet of the queue and what waits behind it.
func (w *worker) runQueue(it item) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drain(it)
	w.out.flush()
}

// runNow forwards packets in the caller's thread, behind what waits. The reader of a media socket calls it.
func (w *worker) runNow(items []item) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.in) > 0 {
		select {
		case it := <-w.in:
			w.drain(it)
		default:
		}
	}
	w.batch = append(w.batch[:0], items...)
	w.forwardAll()
	w.out.flush()
}

// drain forwards a packet and what waits behind it.
func (w *worker) drain(first item) {
	w.batch = append(w.batch[:0], first)
	for len(w.batch) < workerBatch {
		select {
		case it := <-w.in:
			w.batch = append(w.batch, it)
			continue
		default:
		}
		break
	}
	w.forwardAll()
}

// forwardAll forwards the batch, fan by fan.
func (w *worker) forwardAll() {
	for i := range w.batch {
		if f := w.batch[i].fan; f != nil {
			w.forward(f, w.batch[i:])
		}
	}
	clear(w.batch)
}

// forward writes the packets of one fan among items to every slot of it, slot by slot: packets of one viewer that follow each
// other leave in one run. It takes the items out. Every time another slot is the first, so that nobody is always the last of a
// thousand.
func (w *worker) forward(f *fan, items []item) {
	f.rotate()
	f.mend()
	now := w.s.now()
	for i := 0; i < len(f.slots); {
		sl := f.slots[i]
		w.serve(sl, f, items, now)
		if i < len(f.slots) && f.slots[i] == sl { // it did not leave
			i++
		}
	}
	now = w.s.now()
	for i := range items {
		if items[i].fan == f {
			w.s.metrics.observeDelay(now - items[i].pkt.Arrival)
			items[i].pkt.Release()
			items[i] = item{}
		}
	}
}

// serve writes the packets of one fan to one slot; a panic ends that viewer and costs nobody else a packet.
func (w *worker) serve(sl *slot, f *fan, items []item, now int64) {
	w.serving = sl.v
	defer func() {
		if r := recover(); r != nil {
			w.s.panicked("worker", r)
			w.blame()
		}
	}()
	for _, it := range items {
		if it.fan == f {
			sl.onPacket(f.layer, it.pkt, now)
		}
	}
	w.serving = nil
}

func (w *worker) tickNow() { w.tick(w.s.now()) }

func (w *worker) tick(now int64) {
	for v := range w.viewers {
		w.serving = v
		v.tick(now)
	}
	w.serving = nil
}

// do runs f in the worker; false when the worker has ended. It may wait for a place in the queue.
func (w *worker) do(f func()) bool {
	select {
	case <-w.done:
		return false
	default:
	}
	select {
	case w.ctl <- f:
		return true
	case <-w.done:
		return false
	}
}

// try is do without waiting: for feedback, which comes again.
func (w *worker) try(f func()) bool {
	select {
	case w.ctl <- f:
		return true
	default:
		return false
	}
}

// wait runs f in the worker and waits for its end.
func (w *worker) wait(f func()) {
	ended := make(chan struct{})
	if !w.do(func() { defer close(ended); f() }) {
		return
	}
	select {
	case <-ended:
	case <-w.done:
	}
}

// subscribe adds a slot to the viewers of a layer. Only the worker calls it.
func (w *worker) subscribe(l *Layer, s *slot) {
	f := w.fans[l]
	if f == nil {
		if l.closed.Load() {
			return
		}
		f = &fan{layer: l, w: w}
		w.fans[l] = f
		l.addFan(f)
	}
	if slices.Contains(f.slots, s) {
		return
	}
	f.slots = append(f.slots, s)
}

// unsubscribe takes a slot off a layer. Only the worker calls it.
func (w *worker) unsubscribe(l *Layer, s *slot) {
	f := w.fans[l]
	if f == nil {
		return
	}
	if i := slices.Index(f.slots, s); i >= 0 {
		f.slots = slices.Delete(f.slots, i, i+1)
	}
	if len(f.slots) == 0 {
		delete(w.fans, l)
		l.removeFan(f)
	}
}

// drop takes a closed layer off all its slots.
func (w *worker) drop(l *Layer) {
	f := w.fans[l]
	if f == nil {
		return
	}
	for _, s := range append([]*slot(nil), f.slots...) {
		s.layerClosed(l)
	}
	delete(w.fans, l)
	l.removeFan(f)
}
