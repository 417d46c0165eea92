package turn

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	bytes, denied, overQuota, limited atomic.Uint64
}

// Collectors returns what the relay measures, for registration at /metrics.
func (s *Server) Collectors() []prometheus.Collector {
	counter := func(name, help string, v *atomic.Uint64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{
			Namespace: "nghitruong", Subsystem: "turn", Name: name, Help: help,
		}, func() float64 { return float64(v.Load()) })
	}
	return []prometheus.Collector{
		counter("bytes_total", "Bytes relayed, both ways.", &s.metrics.bytes),
		counter("denied_total", "Permissions and packets to anything but the media ports.", &s.metrics.denied),
		counter("over_quota_total", "Packets dropped because their session relayed too much.", &s.metrics.overQuota),
		counter("replies_limited_total", "Answers to sources without an allocation that were not sent.", &s.metrics.limited),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "nghitruong", Subsystem: "turn", Name: "allocations", Help: "Allocations that live.",
		}, func() float64 { return float64(s.book.allocations()) }),
	}
}
