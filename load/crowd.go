//go:build linux

package load

import (
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	sweepLeast   = 2 * time.Millisecond
	sweepEach    = 5 * time.Microsecond // longer for each person: looking at an empty socket is a system call
	sweepMost    = 5 * time.Millisecond
	reportsEvery = time.Second // a receiver report and REMB
	repairsEvery = 10          // sweeps
	sendEvery    = 5 * time.Millisecond
)

// Crowd sweeps the sockets of its persons and paces what they publish. Close must be called to end it.
type Crowd struct {
	mu     sync.Mutex
	at     netip.Addr // of the sockets
	people []*Person
	delays sample
	quit   chan struct{}
	once   sync.Once
	wg     sync.WaitGroup
}

// Totals are what all persons received since the last Window. Delays are in ns, sorted, from a publisher's call that sends a packet to
// the kernel's time stamp at the viewer, of one packet in sixteen.
type Totals struct {
	Packets, Lost int64
	Delays        []int64
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// NewCrowd starts the sweep of a crowd on loopback.
func NewCrowd() *Crowd { return NewCrowdAt(loopback) }

// NewCrowdAt is NewCrowd with sockets at another IPv4 address of this machine.
func NewCrowdAt(at netip.Addr) *Crowd {
	c := &Crowd{at: at, quit: make(chan struct{})}
	c.wg.Go(func() { c.sweep() })
	c.wg.Go(func() { c.send() })
	return c
}

// Close ends all persons and waits for their goroutines.
func (c *Crowd) Close() {
	c.once.Do(func() {
		for _, p := range c.persons() {
			p.close()
		}
		close(c.quit)
		c.wg.Wait()
	})
}

func (c *Crowd) persons() []*Person {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.people)
}

func (c *Crowd) sweep() {
	var w sweeper
	for n := 0; ; n++ {
		people := c.persons()
		every := min(sweepMost, max(sweepLeast, time.Duration(len(people))*sweepEach))
		select {
		case <-c.quit:
			return
		case <-time.After(every):
		}
		reports := int(reportsEvery / every)
		now := time.Now()
		for i, p := range people {
			w.sweep(p.socket)
			if (n+i)%reports == 0 {
				p.report()
			}
			if n%repairsEvery == 0 {
				p.repair(now)
			}
		}
	}
}

// send paces the publishers; a late tick sends what was due.
func (c *Crowd) send() {
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	begun := time.Now()
	for done := 0; ; {
		select {
		case <-c.quit:
			return
		case <-tick.C:
		}
		for due := int(time.Since(begun) / sendEvery); done < due; done++ {
			for i, p := range c.persons() {
				p.step(time.Duration(done+2*i) * sendEvery) // cameras are not in step with each other
			}
		}
	}
}

func (c *Crowd) delay(ns int64) {
	c.mu.Lock()
	c.delays.add(ns)
	c.mu.Unlock()
}

// Window begins a new measurement.
func (c *Crowd) Window() {
	for _, p := range c.persons() {
		p.socket.window()
	}
	c.mu.Lock()
	c.delays = sample{}
	c.mu.Unlock()
}

// Seal ends the window: what is sent from now on does not count, what was sent before still may arrive or be repaired.
func (c *Crowd) Seal() {
	for _, p := range c.persons() {
		p.socket.seal()
	}
}

// Totals sums up the window so far.
func (c *Crowd) Totals() (t Totals) {
	for _, p := range c.persons() {
		got, lost := p.socket.counts()
		t.Packets, t.Lost = t.Packets+got, t.Lost+lost
	}
	c.mu.Lock()
	t.Delays = slices.Clone(c.delays.kept)
	c.mu.Unlock()
	slices.Sort(t.Delays)
	return t
}

// Percentile gives the value below which the share q (0..1) of sorted values lies, 0 when there are none.
func Percentile(sorted []int64, q float64) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
