package room

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what rooms do; one set serves all rooms. No label names a person or a sitting.
type Metrics struct {
	commands *prometheus.CounterVec   // by command and outcome
	batch    prometheus.Histogram     // commands in a batch
	append   *prometheus.HistogramVec // seconds of the ledger's append, by outcome
	views    *prometheus.CounterVec   // documents handed to sessions, by topic
	sessions prometheus.Gauge
	panics   prometheus.Counter
	rebuilds prometheus.Counter
}

// NewMetrics makes the collectors; Collectors gives them for registration.
func NewMetrics() *Metrics {
	return &Metrics{
		commands: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nghitruong_room_commands_total", Help: "Commands by name and outcome: ok, repeated, refused, failed.",
		}, []string{"command", "outcome"}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "nghitruong_room_batch_commands", Help: "Commands decided in one batch.",
			Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128, 256},
		}),
		append: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "nghitruong_room_append_seconds", Help: "Time until a batch was durable, by outcome: ok, settled, failed.",
			Buckets: []float64{.0002, .0005, .001, .002, .005, .01, .02, .05, .1, .5, 2, 10},
		}, []string{"outcome"}),
		views: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nghitruong_room_views_total", Help: "View documents handed to sessions.",
		}, []string{"topic"}),
		sessions: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "nghitruong_room_sessions", Help: "Sessions attached to rooms.",
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "nghitruong_room_panics_total", Help: "Panics recovered in a room's goroutine.",
		}),
		rebuilds: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "nghitruong_room_rebuilds_total", Help: "Times a room's state was rebuilt from its log.",
		}),
	}
}

// Collectors gives everything to register.
func (m *Metrics) Collectors() []prometheus.Collector {
	return []prometheus.Collector{m.commands, m.batch, m.append, m.views, m.sessions, m.panics, m.rebuilds}
}
