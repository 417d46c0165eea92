package signaling

import "github.com/prometheus/client_golang/prometheus"

// metrics counts what sessions do; no person, no sitting and no choice is a label.
type metrics struct {
	sockets   prometheus.Gauge
	seats     prometheus.GaugeFunc
	acts      *prometheus.CounterVec // type, result
	actTime   prometheus.Histogram   // seconds, queue of the room and fsync included
	offers    *prometheus.CounterVec // result
	malformed *prometheus.CounterVec // reason
	refused   *prometheus.CounterVec // reason
	tooFast   prometheus.Counter
	slow      prometheus.Counter
	replaced  prometheus.Counter
	resumed   prometheus.Counter
	panics    prometheus.Counter
	loss      prometheus.Histogram // ratio, as clients report it
	concealed prometheus.Histogram // ratio
	rtt       prometheus.Histogram // seconds
	freezes   prometheus.Counter
	frozen    prometheus.Counter // seconds
}

func newMetrics(h *Handler) *metrics {
	name := func(n, help string) prometheus.Opts {
		return prometheus.Opts{Namespace: "nghitruong", Subsystem: "signaling", Name: n, Help: help}
	}
	counter := func(n, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts(name(n, help)))
	}
	vec := func(n, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts(name(n, help)), labels)
	}
	hist := func(n, help string, buckets ...float64) prometheus.Histogram {
		o := name(n, help)
		return prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: o.Namespace, Subsystem: o.Subsystem, Name: o.Name, Help: o.Help, Buckets: buckets,
		})
	}
	return &metrics{
		sockets: prometheus.NewGauge(prometheus.GaugeOpts(name("sockets", "open WebSockets"))),
		seats: prometheus.NewGaugeFunc(prometheus.GaugeOpts(name("seats", "people in sittings, those in their grace time included")), func() float64 {
			return float64(h.people())
		}),
		acts:      vec("acts_total", "acts by type and result", "type", "result"),
		actTime:   hist("act_seconds", "time from the act to its durable answer", .001, .003, .01, .03, .1, .3, 1, 3, 10),
		offers:    vec("offers_total", "SDP offers by result", "result"),
		malformed: vec("malformed_total", "sessions ended for a malformed message", "reason"),
		refused:   vec("refused_total", "connections turned away", "reason"),
		tooFast:   counter("too_fast_total", "messages beyond their rate"),
		slow:      counter("slow_total", "sockets dropped because the client did not read"),
		replaced:  counter("replaced_total", "sockets replaced by another of the same person"),
		resumed:   counter("resumed_total", "sessions resumed"),
		panics:    counter("panics_total", "panics kept to one session"),
		loss:      hist("client_loss_ratio", "packet loss that clients measured", .001, .01, .03, .05, .1, .2, .3, .5),
		concealed: hist("client_concealed_ratio", "share of audio that clients concealed", .001, .01, .03, .05, .1, .2, .5),
		rtt:       hist("client_rtt_seconds", "round trip that clients measured", .01, .03, .1, .2, .3, .5, 1, 2),
		freezes:   counter("client_freezes_total", "video freezes that clients counted"),
		frozen:    counter("client_frozen_seconds_total", "time that video stood still at clients"),
	}
}

// report takes a client's valid measurements.
func (m *metrics) report(s MediaStats) {
	m.loss.Observe(s.Loss)
	m.concealed.Observe(s.Concealed)
	m.rtt.Observe(s.RTTMs / 1000)
	m.freezes.Add(float64(s.Freezes))
	m.frozen.Add(float64(s.FreezeMs) / 1000)
}

// Collectors are the metrics of all sessions, for /metrics.
func (h *Handler) Collectors() []prometheus.Collector {
	m := h.metrics
	return []prometheus.Collector{
		m.sockets, m.seats, m.acts, m.actTime, m.offers, m.malformed, m.refused, m.tooFast, m.slow, m.replaced, m.resumed, m.panics,
		m.loss, m.concealed, m.rtt, m.freezes, m.frozen,
	}
}

// people counts the seats of all sittings.
func (h *Handler) people() int {
	n := 0
	for _, st := range h.all() {
		st.mu.Lock()
		n += len(st.seats)
		st.mu.Unlock()
	}
	return n
}

func (h *Handler) all() []*sitting {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]*sitting, 0, len(h.sittings))
	for _, st := range h.sittings {
		out = append(out, st)
	}
	return out
}
