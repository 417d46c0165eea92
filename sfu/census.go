package sfu

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// census is a count of a conference's peers for /metrics.
type census struct {
	viewers   map[viewerClass]int
	stage     map[string]int // by layer of the stage's picture, "none" without one
	uplinks   map[string]int // by path
	estimates []uint64       // bit/s of each connected downlink
	up, down  []float64      // losses
}

type viewerClass struct {
	path   string
	direct bool
}

func newCensus() *census {
	return &census{viewers: map[viewerClass]int{}, stage: map[string]int{}, uplinks: map[string]int{}}
}

// count makes the census. Only the conference calls it.
func (c *Conference) count(now int64) {
	n := newCensus()
	for _, st := range c.order {
		s := st.stats(now)
		if s.Connected {
			n.viewers[viewerClass{s.Path, s.Direct}]++
			n.estimates = append(n.estimates, s.EstimateBP)
			n.down = append(n.down, s.Lost)
			layer := s.StageLayer
			if layer == "" {
				layer = "none"
			}
			n.stage[layer]++
		}
		if s.UpPath != "" {
			n.uplinks[s.UpPath]++
		}
		for _, up := range s.Up {
			n.up = append(n.up, up.Lost)
		}
	}
	c.census.Store(n)
}

var (
	descViewers  = desc("viewers", "Connected downlinks, by path (udp, tcp, relay) and way of forwarding (direct, plain).", "path", "forwarding")
	descUplinks  = desc("uplinks", "Connected uplinks, by path.", "path")
	descStage    = desc("stage_viewers", "Connected downlinks, by the layer of the stage's picture (q, h, f, none).", "layer")
	descEstimate = desc("estimate_bits_per_second", "What downlinks are thought to carry: the lowest, the middle and the highest.", "rank")
	descLoss     = desc("loss_ratio", "Loss of the lines, up and down: the middle and the highest.", "way", "rank")

	censusDescs = []*prometheus.Desc{descViewers, descUplinks, descStage, descEstimate, descLoss}
)

// collectCensus adds the newest counts of all conferences; every label value is there, also with nobody in it.
func (s *Server) collectCensus(ch chan<- prometheus.Metric) {
	all := s.counted()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, path := range []string{PathUDP, PathTCP, PathRelay} {
		gauge(descUplinks, float64(all.uplinks[path]), path)
		gauge(descViewers, float64(all.viewers[viewerClass{path, true}]), path, "direct")
		gauge(descViewers, float64(all.viewers[viewerClass{path, false}]), path, "plain")
	}
	for _, layer := range append([]string{"none"}, layerRIDs[:]...) {
		gauge(descStage, float64(all.stage[layer]), layer)
	}
	slices.Sort(all.estimates)
	if n := len(all.estimates); n > 0 {
		gauge(descEstimate, float64(all.estimates[0]), "lowest")
		gauge(descEstimate, float64(all.estimates[n/2]), "middle")
		gauge(descEstimate, float64(all.estimates[n-1]), "highest")
	}
	for _, way := range []struct {
		name   string
		losses []float64
	}{{"up", all.up}, {"down", all.down}} {
		slices.Sort(way.losses)
		if n := len(way.losses); n > 0 {
			gauge(descLoss, way.losses[n/2], way.name, "middle")
			gauge(descLoss, way.losses[n-1], way.name, "highest")
		}
	}
}

// counted adds up the censuses of all conferences.
func (s *Server) counted() *census {
	all := newCensus()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.confs {
		n := c.census.Load()
		if n == nil {
			continue
		}
		for class, k := range n.viewers {
			all.viewers[class] += k
		}
		for path, k := range n.uplinks {
			all.uplinks[path] += k
		}
		for layer, k := range n.stage {
			all.stage[layer] += k
		}
		all.estimates = append(all.estimates, n.estimates...)
		all.up, all.down = append(all.up, n.up...), append(all.down, n.down...)
	}
	return all
}
