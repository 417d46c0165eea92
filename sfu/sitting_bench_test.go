//go:build unix

package sfu

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The sitting that is measured: a council of a commune in one conference, everybody a member with four voices and nine
// pictures; all microphones are open, three at a time are loud, the others are silent as DTX leaves them.
const (
	sittingPeople    = 30
	sittingCameras   = 9
	sittingLoud      = 3
	sittingStage     = 5 * time.Second // the stage changes this often
	sittingWindow    = 20 * time.Second
	sittingWarm      = 60 * time.Second // at most, until the viewers have climbed
	sittingFill      = 6                // seconds of the full load
	sittingInPackets = 1000             // a second: fewer is no full load
	sittingIdle      = 15               // percent of the machine that must stay idle for a figure to mean something
)

// sitting is the load of BenchmarkSitting30: the clients of this process and their server, which is another process.
type sitting struct {
	b       testing.TB
	server  *childServer
	clients []*loadClient
	cameras []int // clients that have one
	stage   int   // index among cameras
}

// openSitting starts a server process and joins people; their uplinks are connected, nothing is sent yet.
func openSitting(b testing.TB, people, cameras int) *sitting {
	b.Helper()
	s := &sitting{b: b, server: startChildServer(b)}
	for i := range people {
		id := "p" + strconv.Itoa(i)
		s.server.call(request{Do: "join", Who: id})
		ask := func(ctx context.Context, o Offer) (string, error) {
			return s.server.answer(ctx, request{Do: "offer", Who: id, Offer: &o})
		}
		s.clients = append(s.clients, newLoadClient(b, id, ask, time.Second))
		if i < cameras {
			s.cameras = append(s.cameras, i)
		}
	}
	s.direct() // who has no gate open may not publish
	for i, c := range s.clients {
		rids := layerRIDs[:]
		if i >= cameras {
			rids = nil
		}
		must(b, c.publish(rids...))
	}
	s.direct()
	return s
}

// direct puts the next camera on stage and makes its person and two others loud.
func (s *sitting) direct() {
	s.stage = (s.stage + 1) % len(s.cameras)
	on := s.cameras[s.stage]
	for i, c := range s.clients {
		for _, src := range c.sources {
			if src.layer < 0 {
				src.loud.Store((i-on+len(s.clients))%len(s.clients) < sittingLoud)
			}
		}
	}
	ids := make([]string, len(s.clients))
	for i, c := range s.clients {
		ids[i] = c.id
	}
	s.server.call(request{Do: "direct", Who: s.clients[on].id, All: ids})
}

// listenAll opens the downlinks one after another; it gives how long each took from its offer to its connection and
// to its first packet, in ns.
func (s *sitting) listenAll() (connected, first []int64) {
	for _, c := range s.clients {
		begun := loadNow()
		must(s.b, c.listen(4, 9, nil))
		connected = append(connected, loadNow()-begun)
		eventually(s.b, "the first packet", func() bool { return c.first.Load() != 0 })
		first = append(first, max(c.first.Load()-begun, 0))
	}
	slices.Sort(connected)
	slices.Sort(first)
	return connected, first
}

// climbed counts the viewers whose stage shows the largest layer; the person on stage sees another.
func (s *sitting) climbed() int {
	n := 0
	for _, c := range s.clients {
		if _, layer, _ := c.lines[4].current(); int(layer) == layerF {
			n++
		}
	}
	return n
}

// fill waits until the server's rings of packets hold what they can hold, so that viewers are not charged with it.
func (s *sitting) fill() {
	var was uint64
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; n < sittingFill; {
		<-tick.C
		u := s.server.call(request{Do: "usage"}).Usage
		if u.InPackets-was > sittingInPackets {
			n++
		}
		was = u.InPackets
	}
}

// warm waits until nearly all viewers show the largest layer, or the time is over.
func (s *sitting) warm() {
	begun := time.Now()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; time.Since(begun) < sittingWarm && s.climbed() < len(s.clients)*9/10; n++ {
		<-tick.C
	}
}

// run measures for a while with a stage that changes.
func (s *sitting) run(window time.Duration) (switches []int64) {
	for _, c := range s.clients {
		for _, l := range c.lines {
			l.window()
		}
	}
	for begun := time.Now(); time.Since(begun) < window; {
		at := loadNow()
		s.direct()
		t := time.NewTimer(min(sittingStage, window-time.Since(begun)))
		<-t.C
		for _, c := range s.clients {
			if _, _, since := c.lines[4].current(); since > at {
				switches = append(switches, since-at)
			}
		}
	}
	slices.Sort(switches)
	return switches
}

// quiet waits until no packet has come for half a second; the load must have stopped.
func (s *sitting) quiet() {
	last, same := -1, 0
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 100 {
		<-tick.C
		n := 0
		for _, c := range s.clients {
			for _, l := range c.lines {
				_, of := l.missing()
				n += of
			}
		}
		if n != last {
			last, same = n, 0
		} else if same++; same >= 5 {
			return
		}
	}
}

// sums adds up what all viewers saw in the window.
func (s *sitting) sums() (lost, of int, delays []int64, layers [len(layerRIDs)]int) {
	for _, c := range s.clients {
		for i, l := range c.lines {
			lo, o := l.missing()
			lost, of = lost+lo, of+o
			l.mu.Lock()
			delays = append(delays, l.delays...)
			if i == 4 {
				for k, n := range l.layers {
					layers[k] += n
				}
			}
			l.mu.Unlock()
		}
	}
	slices.Sort(delays)
	return lost, of, delays, layers
}

// BenchmarkSitting30 holds a sitting of 30 people over loopback with full ICE, DTLS and SRTP: clients in this process,
// the server in another, so that its processor time is its own. docs/PERFORMANCE.md says what the figures mean.
func BenchmarkSitting30(b *testing.B) {
	for b.Loop() {
		benchSitting(b)
	}
	b.ReportMetric(0, "ns/op")
}

func benchSitting(b *testing.B) {
	s := openSitting(b, sittingPeople, sittingCameras)
	stop := metronome(s.clients)
	defer stop()
	s.fill()
	uplinks := s.server.call(request{Do: "usage", GC: true}).Usage
	connected, first := s.listenAll()
	all := s.server.call(request{Do: "usage", GC: true}).Usage
	s.warm()

	mine, busy := ownCPU(), machineCPU()
	before := s.server.call(request{Do: "usage"}).Usage
	begun := time.Now()
	switches := s.run(sittingWindow)
	took := time.Since(begun).Seconds()
	after := s.server.call(request{Do: "usage"}).Usage
	clients, idle := ownCPU()-mine, machineCPU().idleSince(busy)
	stop()
	s.quiet()

	lost, of, delays, layers := s.sums()
	ms := func(ns int64) float64 { return float64(ns) / 1e6 }
	sent := float64(after.OutPackets - before.OutPackets)
	cpu := after.CPU - before.CPU
	people := float64(len(s.clients))
	b.ReportMetric(100*cpu/took, "server-cpu-%")
	b.ReportMetric(100*clients/took, "client-cpu-%")
	b.ReportMetric(idle, "idle-%")
	b.ReportMetric(sent/took, "packets/s")
	b.ReportMetric(float64(after.InPackets-before.InPackets)/took, "in-packets/s")
	b.ReportMetric(1e6*cpu/sent, "µs/packet")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/sent, "allocs/packet")
	b.ReportMetric(float64(lost), "lost")
	b.ReportMetric(ms(percentile(delays, 0.5)), "p50-ms")
	b.ReportMetric(ms(percentile(delays, 0.99)), "p99-ms")
	b.ReportMetric(ms(percentile(connected, 0.5)), "join-p50-ms")
	b.ReportMetric(ms(percentile(first, 0.5)), "first-packet-p50-ms")
	b.ReportMetric(ms(percentile(switches, 0.5)), "stage-p50-ms")
	b.ReportMetric(float64(all.Live-uplinks.Live)/1024/people, "KB-live/viewer")
	b.ReportMetric(float64(after.RSS)/1024/1024, "MB-resident")
	b.ReportMetric(100*float64(layers[layerF])/float64(max(1, layers[0]+layers[1]+layers[2])), "stage-f-%")
	b.Logf("%d packets at viewers, %d lost, stage packets per layer %v, dropped by the server %v", of, lost, layers, after.Dropped)
	switch {
	case idle < sittingIdle:
		b.Logf("machine too busy (%.0f %% idle): these figures mean nothing", idle)
	case lost > 0 || of == 0:
		b.Errorf("%d of %d packets lost", lost, of)
	}
	for _, c := range s.clients {
		c.close()
	}
	s.server.stop()
}

// TestSittingCountsLoss is the control of the benchmark's loss counter: a small sitting of the same kind loses nothing,
// and one packet thrown away on purpose is one packet lost.
func TestSittingCountsLoss(t *testing.T) {
	t.Parallel()
	s := openSitting(t, 3, 1)
	stop := metronome(s.clients)
	defer stop()
	s.listenAll()
	voice := s.clients[1].lines[0]
	begin := func() {
		for _, c := range s.clients {
			for _, l := range c.lines {
				l.window()
			}
		}
	}
	heard := func() int { _, of := voice.missing(); return of }
	eventually(t, "a voice", func() bool { return heard() > 5 })
	begin()
	eventually(t, "a second of voice", func() bool { return heard() > 50 })
	if lost, of, _, _ := s.sums(); lost != 0 {
		t.Fatalf("%d of %d packets lost", lost, of)
	}
	voice.mu.Lock()
	voice.drop = 1
	voice.mu.Unlock()
	n := heard()
	eventually(t, "more voice", func() bool { return heard() > n+20 })
	stop()
	s.quiet()
	if lost, of, _, _ := s.sums(); lost != 1 {
		t.Errorf("%d of %d packets lost, want the one thrown away", lost, of)
	}
	for _, c := range s.clients {
		c.close()
	}
	s.server.stop()
}

// cpuTimes are the machine's ticks, all and idle; zero where the system does not tell.
type cpuTimes struct{ all, idle uint64 }

// machineCPU reads the first line of /proc/stat.
func machineCPU() (c cpuTimes) {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return c
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	for i, f := range strings.Fields(line) {
		n, err := strconv.ParseUint(f, 10, 64)
		if err != nil || i > 8 { // guest time is part of user time
			continue
		}
		c.all += n
		if i == 4 || i == 5 { // idle, waiting for disks
			c.idle += n
		}
	}
	return c
}

// idleSince gives the idle share of the machine in percent since an earlier reading, 100 when it is unknown.
func (c cpuTimes) idleSince(old cpuTimes) float64 {
	if c.all == old.all {
		return 100
	}
	return 100 * float64(c.idle-old.idle) / float64(c.all-old.all)
}

var errChildGone = fmt.Errorf("the server process ended")

// pending are the calls that await a reply.
type pending struct {
	mu   sync.Mutex
	next int
	wait map[int]chan reply
}
