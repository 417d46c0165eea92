package web

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"nghitruong/auth"
)

// Citizens without a known device come in at this pace per network: enough for a hall or a carrier's address, too slow to fill
// the disk. Who is over it waits, here and then at home: the page comes again by itself until it is let in.
const (
	arrivalsPerSecond = 20
	arrivalsBurst     = 200
	arrivalsPatience  = 5 * time.Second // well within the time that the listener gives a request; then the page comes again
	arrivalsNetworks  = 10_000          // remembered at once
)

// arrivals paces unknown devices by network.
type arrivals struct {
	mu       sync.Mutex
	networks map[string]*rate.Limiter // guarded by mu
}

func newArrivals() *arrivals { return &arrivals{networks: map[string]*rate.Limiter{}} }

// wait returns when the network's next newcomer may enter; auth.ErrTooMany when that would take too long.
func (a *arrivals) wait(ctx context.Context, remote string) error {
	ctx, cancel := context.WithTimeout(ctx, arrivalsPatience)
	defer cancel()
	if err := a.limiter(auth.Network(remote)).Wait(ctx); err != nil {
		return auth.ErrTooMany
	}
	return nil
}

func (a *arrivals) limiter(network string) *rate.Limiter {
	a.mu.Lock()
	defer a.mu.Unlock()
	l, ok := a.networks[network]
	if !ok {
		if len(a.networks) >= arrivalsNetworks {
			clear(a.networks)
		}
		l = rate.NewLimiter(arrivalsPerSecond, arrivalsBurst)
		a.networks[network] = l
	}
	return l
}
