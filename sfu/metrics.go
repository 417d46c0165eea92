package sfu

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// Reasons why a packet was not forwarded, as the label "reason" of nghitruong_sfu_dropped_total.
const (
	dropGate      = iota // the chair's gate is closed
	dropMalformed        // not RTP, or not what the codec says
	dropDuplicate        // already in the ring, or too old
	dropQueue            // a worker's queue was full
	dropWrite            // the transport refused it
	dropPace             // a picture for a line too narrow for it
	dropLate             // a picture, because the server could not keep up
	dropReasons
)

var dropNames = [dropReasons]string{"gate", "malformed", "duplicate", "queue", "write", "pace", "late"}

// delayBounds are the upper bounds of the forwarding delay histogram, in nanoseconds.
var delayBounds = [...]int64{100e3, 250e3, 500e3, 1e6, 2e6, 5e6, 10e6, 20e6, 50e6, 100e6}

// metrics are counted with atomics on the packet path and read when Prometheus asks.
type metrics struct {
	inPackets, inBytes, inLost, nacksOut, plisOut      atomic.Uint64
	outPackets, outBytes, nacksIn, plisIn, retransmits atomic.Uint64
	inRecovered, outLost, panics, replays, badOffers   atomic.Uint64
	reports                                            atomic.Uint64
	outDirect, outPlain, outCalls, inDirect, outRED    atomic.Uint64
	feedbackCut, inRED, outPaced                       atomic.Uint64
	dropped                                            [dropReasons]atomic.Uint64
	delay                                              [len(delayBounds) + 1]atomic.Uint64
	delaySum                                           atomic.Uint64 // nanoseconds
}

func newMetrics() *metrics { return &metrics{} }

func (m *metrics) observeDelay(ns int64) {
	if ns < 0 {
		ns = 0
	}
	i := 0
	for i < len(delayBounds) && ns > delayBounds[i] {
		i++
	}
	m.delay[i].Add(1)
	m.delaySum.Add(uint64(ns))
}

// Collectors returns what the server measures, for registration at /metrics.
func (s *Server) Collectors() []prometheus.Collector { return []prometheus.Collector{collector{s}} }

type collector struct{ s *Server }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("nghitruong_sfu_"+name, help, labels, nil)
}

var (
	descDropped = desc("dropped_total", "RTP packets not forwarded, by reason.", "reason")
	descDelay   = desc("forward_delay_seconds", "Time from the arrival of an RTP packet to its writing to a viewer.")
	descQueue   = desc("worker_queue", "Packets waiting in the egress workers' queues.")
	descRelief  = desc("relief", "What a server leaves out that cannot keep up: 0 nothing, 1 larger pictures, 2 the audience's pictures.")
	descPath    = desc("out_path_total", "RTP packets sent, by path.", "path")
	descPeers   = desc("peers", "People in all conferences.")
	descSources = desc("sources", "Sources that are present in all conferences.")
	descCounts  = []struct {
		desc *prometheus.Desc
		get  func(*metrics) *atomic.Uint64
	}{
		{desc("in_packets_total", "RTP packets received."), func(m *metrics) *atomic.Uint64 { return &m.inPackets }},
		{desc("in_direct_total", "RTP packets received past Pion, retransmissions included."), func(m *metrics) *atomic.Uint64 { return &m.inDirect }},
		{desc("in_bytes_total", "RTP bytes received."), func(m *metrics) *atomic.Uint64 { return &m.inBytes }},
		{desc("in_lost_total", "RTP packets missing from publishers."), func(m *metrics) *atomic.Uint64 { return &m.inLost }},
		{desc("in_recovered_total", "Missing packets that came late, by RTX or by RED."), func(m *metrics) *atomic.Uint64 { return &m.inRecovered }},
		{desc("in_red_total", "Audio packets that publishers sent with earlier ones repeated in them (RED)."), func(m *metrics) *atomic.Uint64 { return &m.inRED }},
		{desc("nacks_out_total", "Packets asked of publishers again."), func(m *metrics) *atomic.Uint64 { return &m.nacksOut }},
		{desc("plis_out_total", "Keyframes asked of publishers."), func(m *metrics) *atomic.Uint64 { return &m.plisOut }},
		{desc("out_packets_total", "RTP packets sent, without RTX."), func(m *metrics) *atomic.Uint64 { return &m.outPackets }},
		{desc("out_bytes_total", "RTP payload bytes sent, without RTX."), func(m *metrics) *atomic.Uint64 { return &m.outBytes }},
		{desc("out_lost_total", "Packets that viewers reported lost."), func(m *metrics) *atomic.Uint64 { return &m.outLost }},
		{desc("out_red_total", "Audio packets sent with earlier ones repeated in them (RED)."), func(m *metrics) *atomic.Uint64 { return &m.outRED }},
		{desc("out_paced_total", "Packets of pictures that waited for their turn on a narrow line."), func(m *metrics) *atomic.Uint64 { return &m.outPaced }},
		{desc("nacks_in_total", "Packets that viewers asked for again."), func(m *metrics) *atomic.Uint64 { return &m.nacksIn }},
		{desc("plis_in_total", "Keyframes that viewers asked for."), func(m *metrics) *atomic.Uint64 { return &m.plisIn }},
		{desc("feedback_cut_total", "RTCP packets of viewers not looked at, because the viewer sent too many."), func(m *metrics) *atomic.Uint64 { return &m.feedbackCut }},
		{desc("retransmits_total", "RTX packets sent."), func(m *metrics) *atomic.Uint64 { return &m.retransmits }},
		{desc("replays_total", "Newcomers served with a keyframe from the ring."), func(m *metrics) *atomic.Uint64 { return &m.replays }},
		{desc("out_calls_total", "Batched writes on the direct path."), func(m *metrics) *atomic.Uint64 { return &m.outCalls }},
		{desc("reports_out_total", "RTCP compounds sent to viewers."), func(m *metrics) *atomic.Uint64 { return &m.reports }},
		{desc("bad_offers_total", "Offers refused."), func(m *metrics) *atomic.Uint64 { return &m.badOffers }},
		{desc("panics_total", "Panics that ended one peer."), func(m *metrics) *atomic.Uint64 { return &m.panics }},
	}
)

// Describe implements prometheus.Collector.
func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descDropped, descDelay, descQueue, descRelief, descPath, descPeers, descSources} {
		ch <- d
	}
	for _, d := range censusDescs {
		ch <- d
	}
	for _, d := range descCounts {
		ch <- d.desc
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	m := c.s.metrics
	for _, d := range descCounts {
		ch <- prometheus.MustNewConstMetric(d.desc, prometheus.CounterValue, float64(d.get(m).Load()))
	}
	for i := range m.dropped {
		ch <- prometheus.MustNewConstMetric(descDropped, prometheus.CounterValue, float64(m.dropped[i].Load()), dropNames[i])
	}
	buckets, total := map[float64]uint64{}, uint64(0)
	for i, bound := range delayBounds {
		total += m.delay[i].Load()
		buckets[float64(bound)/1e9] = total
	}
	total += m.delay[len(delayBounds)].Load()
	ch <- prometheus.MustNewConstHistogram(descDelay, total, float64(m.delaySum.Load())/1e9, buckets)
	ch <- prometheus.MustNewConstMetric(descPath, prometheus.CounterValue, float64(m.outDirect.Load()), "direct")
	ch <- prometheus.MustNewConstMetric(descPath, prometheus.CounterValue, float64(m.outPlain.Load()), "plain")
	queued := 0
	for _, w := range c.s.workers {
		queued += len(w.in)
	}
	ch <- prometheus.MustNewConstMetric(descQueue, prometheus.GaugeValue, float64(queued))
	ch <- prometheus.MustNewConstMetric(descRelief, prometheus.GaugeValue, float64(c.s.relief.now(c.s.now())))
	c.s.collectCensus(ch)
	peers, sources := c.s.population()
	ch <- prometheus.MustNewConstMetric(descPeers, prometheus.GaugeValue, float64(peers))
	ch <- prometheus.MustNewConstMetric(descSources, prometheus.GaugeValue, float64(sources))
}

// population counts people and present sources over all conferences.
func (s *Server) population() (peers, sources int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.confs {
		peers += int(c.peerCount.Load())
		sources += int(c.sourceCount.Load())
	}
	return peers, sources
}
