package signaling

import (
	"time"

	"golang.org/x/time/rate"
)

// Rates of one session. Beyond them a message is answered "too_fast"; the session ends after maxWarnings of those.
const maxWarnings = 20

// limits are the token buckets of one socket; only its reader uses them.
type limits struct {
	acts     *rate.Limiter
	offers   *rate.Limiter
	wants    *rate.Limiter
	reports  *rate.Limiter
	pings    *rate.Limiter
	hellos   *rate.Limiter
	warnings *rate.Limiter
}

func newLimits() *limits {
	per := func(n int, d time.Duration, burst int) *rate.Limiter {
		return rate.NewLimiter(rate.Every(d/time.Duration(n)), burst)
	}
	return &limits{
		acts:     per(20, time.Second, 40),
		offers:   per(6, 10*time.Second, 6),
		wants:    per(5, time.Second, 20),
		reports:  per(1, time.Second, 5),
		pings:    per(2, time.Second, 10),
		hellos:   per(1, 2*time.Second, 5),
		warnings: per(1, 10*time.Second, maxWarnings),
	}
}

func (l *limits) of(m message) *rate.Limiter {
	switch m.own.(type) {
	case nil:
		return l.acts
	case SessionHello:
		return l.hellos
	case SessionPing, MediaICEAsk:
		return l.pings
	case MediaOffer:
		return l.offers
	case MediaWant:
		return l.wants
	default:
		return l.reports
	}
}

// allow says whether the message is within its rate, and if not whether the session has used up its warnings.
func (l *limits) allow(m message, now time.Time) (ok, ended bool) {
	if l.of(m).AllowN(now, 1) {
		return true, false
	}
	return false, !l.warnings.AllowN(now, 1)
}
