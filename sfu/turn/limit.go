package turn

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// What a source without an allocation may make the server send, so that a forged source cannot be flooded.
const (
	repliesPerSecond = 10 // per /24 of IPv4, /64 of IPv6
	replyFactor      = 4  // bytes out per byte in
	maxPrefixes      = 10000
)

// replies knows who has an allocation and limits answers to everybody else.
type replies struct {
	limited *atomic.Uint64

	mu     sync.Mutex
	have   map[netip.AddrPort]int // sources with allocations
	recent map[netip.Prefix]*times
	swept  time.Time
}

// times are when a prefix got its last answers, a ring.
type times struct {
	at   [repliesPerSecond]time.Time
	next int
}

func newReplies(limited *atomic.Uint64) *replies {
	return &replies{limited: limited, have: map[netip.AddrPort]int{}, recent: map[netip.Prefix]*times{}}
}

// allocated notes that a source's allocation came or went.
func (r *replies) allocated(src net.Addr, on bool) {
	a := addrPort(src)
	r.mu.Lock()
	defer r.mu.Unlock()
	if on {
		r.have[a]++
	} else if r.have[a]--; r.have[a] <= 0 {
		delete(r.have, a)
	}
}

func (r *replies) has(a netip.AddrPort) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.have[a] > 0
}

// allow counts one answer to a prefix.
func (r *replies) allow(a netip.Addr, now time.Time) bool {
	p := prefixOf(a)
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.recent[p]
	if t == nil {
		if len(r.recent) >= maxPrefixes && !r.sweep(now) {
			return false
		}
		t = &times{}
		r.recent[p] = t
	}
	if now.Sub(t.at[t.next]) < time.Second {
		return false
	}
	t.at[t.next] = now
	t.next = (t.next + 1) % repliesPerSecond
	return true
}

// sweep forgets prefixes without an answer in the last second, at most once a second; it tells whether there is room.
func (r *replies) sweep(now time.Time) bool {
	if now.Sub(r.swept) < time.Second {
		return false
	}
	r.swept = now
	for p, t := range r.recent {
		if now.Sub(t.at[(t.next+repliesPerSecond-1)%repliesPerSecond]) >= time.Second {
			delete(r.recent, p)
		}
	}
	return len(r.recent) < maxPrefixes
}

func prefixOf(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p, _ := a.WithZone("").Prefix(bits) // the sizes are right for both families
	return p
}

func addrPort(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		ap = a.AddrPort()
	case *net.TCPAddr:
		ap = a.AddrPort()
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// limitedConn is the UDP port: answers to sources without an allocation are few and small. Pion answers a request in
// the goroutine that read it, before it reads the next.
type limitedConn struct {
	net.PacketConn
	replies *replies

	mu   sync.Mutex
	from netip.AddrPort // of the last request
	size int
}

// ReadFrom remembers who asked and how much.
func (c *limitedConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, a, err := c.PacketConn.ReadFrom(b)
	if err == nil {
		c.mu.Lock()
		c.from, c.size = addrPort(a), n
		c.mu.Unlock()
	}
	return n, a, err
}

// WriteTo drops answers beyond the limits without an error.
func (c *limitedConn) WriteTo(b []byte, to net.Addr) (int, error) {
	a := addrPort(to)
	if !c.replies.has(a) {
		c.mu.Lock()
		small := a == c.from && len(b) <= replyFactor*c.size
		c.mu.Unlock()
		if !small || !c.replies.allow(a.Addr(), time.Now()) {
			c.replies.limited.Add(1)
			return len(b), nil
		}
	}
	return c.PacketConn.WriteTo(b, to)
}
