//go:build linux

package main

import (
	"container/heap"
	"io"
	"math/rand/v2"
	"sync"
	"time"
)

// defaultQueue is how much a limited rate may delay a packet before it is dropped.
const defaultQueue = 500 * time.Millisecond

// Profile is what one direction does to packets; the zero value is a perfect line.
type Profile struct {
	DelayMs  float64 // one way
	JitterMs float64 // normal with half of it as deviation, never below zero delay: packets may be reordered
	Loss     float64 // probability for each packet, 0..1
	Dup      float64 // as Loss
	RateKbps float64 // 0 = unlimited
	QueueMs  float64 // a packet that would wait longer for the rate is dropped; 0 = 500
	Cut      bool    // nothing passes
}

// Control is the control file: A to B and B to A.
type Control struct{ AB, BA Profile }

// parcel is a packet on its way.
type parcel struct {
	at    time.Time // of its delivery
	order uint64    // of its arrival, for equal times
	data  []byte
}

// parcels is a heap by time of delivery.
type parcels []parcel

func (p parcels) Len() int { return len(p) }

func (p parcels) Less(i, j int) bool {
	if p[i].at.Equal(p[j].at) {
		return p[i].order < p[j].order
	}
	return p[i].at.Before(p[j].at)
}

func (p parcels) Swap(i, j int) { p[i], p[j] = p[j], p[i] }

// Push implements heap.Interface.
func (p *parcels) Push(x any) { *p = append(*p, x.(parcel)) }

// Pop implements heap.Interface.
func (p *parcels) Pop() any {
	old := *p
	last := old[len(old)-1]
	*p = old[:len(old)-1]
	return last
}

// counts are the packets of a direction.
type counts struct{ in, out, dropped uint64 }

// line is one direction.
type line struct {
	wake chan struct{}

	mu      sync.Mutex
	way     parcels
	profile Profile
	free    time.Time // when the rate is idle again
	order   uint64
	counts  counts
	chance  *rand.Rand
}

func newLine(seed uint64) *line {
	return &line{wake: make(chan struct{}, 1), chance: rand.New(rand.NewPCG(seed, seed))}
}

func (l *line) set(p Profile) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.profile = p
}

func (l *line) total() counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts
}

// push takes a packet that arrived at now; the data is kept.
func (l *line) push(data []byte, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts.in++
	at, ok := l.fate(len(data), now)
	if !ok {
		l.counts.dropped++
		return
	}
	copies := 1
	if l.chance.Float64() < l.profile.Dup {
		copies = 2
	}
	for range copies {
		l.order++
		heap.Push(&l.way, parcel{at, l.order, data})
	}
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// fate decides when a packet of n bytes is delivered; false when it never is.
func (l *line) fate(n int, now time.Time) (at time.Time, ok bool) {
	p := l.profile
	if p.Cut || l.chance.Float64() < p.Loss {
		return at, false
	}
	at = now
	if p.RateKbps > 0 {
		queue := ms(p.QueueMs)
		if queue == 0 {
			queue = defaultQueue
		}
		if l.free.Before(now) {
			l.free = now
		}
		if l.free.Sub(now) > queue {
			return at, false
		}
		l.free = l.free.Add(ms(float64(n*8) / p.RateKbps))
		at = l.free
	}
	jitter := 0.0
	if p.JitterMs > 0 {
		jitter = max(l.chance.NormFloat64()*p.JitterMs/2, -p.DelayMs)
	}
	return at.Add(ms(p.DelayMs + jitter)), true
}

func ms(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }

// due takes the next packet that is to be delivered by now; without one it tells how long to wait.
func (l *line) due(now time.Time) (data []byte, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.way) == 0 {
		return nil, time.Hour
	}
	if wait = l.way[0].at.Sub(now); wait > 0 {
		return nil, wait
	}
	l.counts.out++
	return heap.Pop(&l.way).(parcel).data, 0
}

// deliver writes packets to w when they are due, until quit is closed.
func (l *line) deliver(w io.Writer, quit <-chan struct{}) {
	t := time.NewTimer(time.Hour)
	defer t.Stop()
	for {
		data, wait := l.due(time.Now())
		if data != nil {
			_, _ = w.Write(data) // a device that is going down loses packets, as lines do
			continue
		}
		t.Reset(wait)
		select {
		case <-t.C:
		case <-l.wake:
		case <-quit:
			return
		}
	}
}
