package auth

import (
	"net/netip"
	"sync"
	"time"
)

// Limits of failed tries. Only failures count, so that a hall or a carrier behind one address is never shut out by people
// who come in rightly.
const (
	triesWindow     = 15 * time.Minute
	triesPerAccount = 10
	triesPerNetwork = 300
	triesKeysCap    = 50_000 // keys remembered at once; beyond it the oldest window is dropped
)

// tries counts failures per key in a sliding window of two halves.
type tries struct {
	now func() time.Time

	mu      sync.Mutex
	started time.Time      // guarded by mu: of the current half
	current map[string]int // guarded by mu
	before  map[string]int // guarded by mu: the half before
}

func newTries(now func() time.Time) *tries {
	return &tries{now: now, started: now(), current: map[string]int{}, before: map[string]int{}}
}

// over says whether the key has failed too often; it counts nothing.
func (t *tries) over(key string, limit int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turn()
	return t.current[key]+t.before[key] >= limit
}

// failed counts one failure.
func (t *tries) failed(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turn()
	if len(t.current) >= triesKeysCap {
		t.before, t.current = t.current, map[string]int{}
	}
	t.current[key]++
}

// forget clears a key after a success.
func (t *tries) forget(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.current, key)
	delete(t.before, key)
}

// turn moves the window on; call it with mu held.
func (t *tries) turn() {
	now := t.now()
	switch passed := now.Sub(t.started); {
	case passed >= 2*triesWindow:
		t.before, t.current, t.started = map[string]int{}, map[string]int{}, now
	case passed >= triesWindow:
		t.before, t.current, t.started = t.current, map[string]int{}, t.started.Add(triesWindow)
	}
}

// Network is the key under which an address's failures count: its /24 or /64. An address that cannot be read shares one key.
func Network(remote string) string {
	ap, err := netip.ParseAddrPort(remote)
	addr := ap.Addr()
	if err != nil {
		if addr, err = netip.ParseAddr(remote); err != nil {
			return "unknown"
		}
	}
	addr = addr.Unmap().WithZone("")
	bits := 64
	if addr.Is4() {
		bits = 24
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}
