package packets

import (
	"math/rand/v2"
	"testing"
	"time"
)

// path is a link with a queue, and a receiver that answers like libwebrtc: REMB four times a second, at most 1.5 times what
// arrives, 0.85 times it when the queue grows; a reception report each second.
type path struct {
	e        *RateEstimator
	rnd      *rand.Rand
	capacity func(at time.Duration) float64 // bit/s
	loss     float64                        // random, 0..1
	rtt      time.Duration                  // without queue
	queueMax float64                        // seconds of capacity
	demand   float64                        // bit/s that the media could use
	noREMB   bool
	flat     bool // a policer: drops at once, never queues

	queue, lastDelay    float64
	remb                float64
	arrived             [25]float64 // bits of the last 500 ms
	tick                int
	sentN, lostN        float64
	probeEnd            time.Duration
	probe               Probe
	sum, delivered, dur float64 // of what was sent and arrived since mark
}

const pathTick = 20 * time.Millisecond

func newPath(start uint64, capacity float64) *path {
	return &path{
		e: NewRateEstimator(start), rnd: rand.New(rand.NewPCG(7, 9)), rtt: 60 * time.Millisecond, queueMax: 0.4, demand: 4e6,
		capacity: func(time.Duration) float64 { return capacity }, remb: 104_000,
	}
}

func (p *path) mark() { p.sum, p.delivered, p.dur = 0, 0, 0 }

// run plays the time from..to; each is called after every tick.
func (p *path) run(from, to time.Duration, each func(at time.Duration)) {
	for at := from; at < to; at += pathTick {
		now := int64(time.Hour + at)
		bps, _ := p.e.Estimate()
		rate := min(float64(bps), p.demand)
		probing := at < p.probeEnd
		if probing {
			rate = max(rate, float64(p.probe.Rate))
		} else if p.probeEnd != 0 {
			p.e.EndProbe(now)
			p.probeEnd = 0
		}
		p.send(rate, at, now, probing)
		p.report(at, now)
		if pr, ok := p.e.BeginProbe(uint64(p.demand), now); ok {
			p.probe, p.probeEnd = pr, at+pr.Length
		}
		if each != nil {
			each(at)
		}
	}
}

func (p *path) send(rate float64, at time.Duration, now int64, probing bool) {
	const packet = 1200 * 8
	capacity, secs := p.capacity(at), pathTick.Seconds()
	bits := rate * secs
	lost := 0.0
	for n := bits; n > 0; n -= packet {
		size := min(n, packet)
		p.e.Sent(int(size/8), probing, now)
		if p.rnd.Float64() < p.loss {
			lost += size
		}
	}
	limit := capacity * p.queueMax
	if p.flat {
		limit = 0
	}
	p.queue += bits - lost
	got := min(p.queue, capacity*secs)
	p.queue -= got
	if p.queue > limit {
		lost += p.queue - limit
		p.queue = limit
	}
	p.sentN, p.lostN = p.sentN+bits, p.lostN+lost
	p.arrived[p.tick%len(p.arrived)] = got
	p.tick++
	p.sum, p.delivered, p.dur = p.sum+bits, p.delivered+got, p.dur+secs
}

func (p *path) report(at time.Duration, now int64) {
	delay := p.queue / p.capacity(at)
	if p.tick%12 == 0 {
		in := 0.0
		for _, a := range p.arrived {
			in += a * 2
		}
		switch {
		case delay > p.lastDelay+0.01 && delay > 0.03 || delay > 0.2:
			p.remb = 0.85 * in
		case delay < p.lastDelay-0.005:
		default:
			p.remb = max(p.remb, min(p.remb*1.02, 1.5*in+10_000))
		}
		p.lastDelay = delay
		if !p.noREMB {
			p.e.OnREMB(uint64(p.remb), now)
		}
	}
	if p.tick%50 == 0 {
		frac := 0.0
		if p.sentN > 0 {
			frac = p.lostN / p.sentN
		}
		p.sentN, p.lostN = 0, 0
		p.e.OnRR(uint8(min(255, frac*256)), p.rtt+time.Duration(delay*float64(time.Second)), 0, now)
	}
}

func TestEstimatorKeepsRateUnderRandomLoss(t *testing.T) {
	const runs = 5
	for _, tt := range []struct{ loss, want float64 }{{0.03, 0.85}, {0.10, 0.80}, {0.14, 0.65}} {
		share := 0.0
		for seed := range uint64(runs) {
			p := newPath(1_000_000, 1_000_000)
			p.rnd = rand.New(rand.NewPCG(seed, 9))
			p.loss, p.remb = tt.loss, 1_200_000
			p.run(0, 10*time.Second, nil)
			p.mark()
			p.run(10*time.Second, 60*time.Second, nil)
			share += p.sum / p.dur / 1_000_000 / runs
		}
		t.Logf("random loss %.2f: %.0f %% of the capacity is used", tt.loss, 100*share)
		if share < tt.want {
			t.Errorf("random loss %.2f: only %.0f %% of the capacity is used, want %.0f %%", tt.loss, 100*share, 100*tt.want)
		}
	}
}

func TestEstimatorFindsCap(t *testing.T) {
	tests := []struct {
		name  string
		start uint64
		prep  func(p *path)
	}{
		{"from the start value", StartRate, func(*path) {}},
		{"from 1.2 Mb/s", 1_200_000, func(p *path) { p.remb = 1_300_000 }},
		{"with random loss", StartRate, func(p *path) { p.loss = 0.05 }},
		{"a policer without a queue", StartRate, func(p *path) { p.flat = true }},
		{"long round trip", StartRate, func(p *path) { p.rtt = 300 * time.Millisecond }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPath(tt.start, 300_000)
			tt.prep(p)
			p.run(0, 4*time.Second, nil)
			bps, _ := p.e.Estimate()
			t.Logf("after 4 s: %d bit/s", bps)
			if bps > 360_000 || bps < 120_000 {
				t.Errorf("after 4 s %d bit/s on a line of 300,000", bps)
			}
			p.run(4*time.Second, 8*time.Second, nil)
			p.mark()
			p.run(8*time.Second, 60*time.Second, nil)
			used, over := p.delivered/p.dur/300_000, p.sum/p.delivered
			t.Logf("then: %.0f %% used, %.2f sent per delivered", 100*used, over)
			if used < 0.55 || over > 1.2 {
				t.Errorf("steady: %.0f %% used, %.2f sent per delivered", 100*used, over)
			}
		})
	}
}

func TestEstimatorFollowsDropAndRecovery(t *testing.T) {
	p := newPath(StartRate, 0)
	p.capacity = func(at time.Duration) float64 {
		if at >= 30*time.Second && at < 60*time.Second {
			return 200_000
		}
		return 1_000_000
	}
	var low, back time.Duration
	p.run(0, 100*time.Second, func(at time.Duration) {
		bps, _ := p.e.Estimate()
		if at >= 30*time.Second && low == 0 && bps < 230_000 {
			low = at - 30*time.Second
		}
		if at >= 60*time.Second && back == 0 && bps > 550_000 {
			back = at - 60*time.Second
		}
	})
	t.Logf("down after %v, back after %v", low, back)
	if low == 0 || low > 3*time.Second {
		t.Errorf("down after %v, want < 3 s", low)
	}
	if back == 0 || back > 20*time.Second {
		t.Errorf("back after %v, want < 20 s", back)
	}
}

func TestEstimatorOnFreeLine(t *testing.T) {
	p := newPath(StartRate, 20_000_000)
	p.demand = 2_000_000
	p.run(0, 30*time.Second, func(at time.Duration) {
		if bps, _ := p.e.Estimate(); bps < StartRate {
			t.Fatalf("%d bit/s after %v on a free line", bps, at)
		}
	})
	if bps, _ := p.e.Estimate(); bps < 1_500_000 {
		t.Errorf("only %d bit/s after 30 s", bps)
	}
}

// TestEstimatorOnMeasuredREMB replays REMB as browsers sent it, with the rate that was sent meanwhile.
func TestEstimatorOnMeasuredREMB(t *testing.T) {
	tests := []struct {
		name        string
		sent        float64
		remb        []float64 // kbit/s, evenly over the time
		over        time.Duration
		least, most uint64
	}{
		{"Chromium creeps up while little is sent", 230_000, []float64{104, 130, 160, 190, 220, 250, 280, 313}, 30 * time.Second, StartRate, StartRate},
		{"Firefox on a free line", 500_000, []float64{643, 700, 760, 820, 880, 933}, 12 * time.Second, 500_000, 933_000},
		{"Firefox behind 300 kb/s", 600_000, []float64{500, 420, 350, 300, 240, 180}, 6 * time.Second, 180_000, 310_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := NewRateEstimator(StartRate)
			for at := time.Duration(0); at < tt.over; at += pathTick {
				now := int64(time.Hour + at)
				e.Sent(int(tt.sent*pathTick.Seconds()/8), false, now)
				if at%(260*time.Millisecond) == 0 && at > 0 {
					x := float64(at) / float64(tt.over) * float64(len(tt.remb)-1)
					i := int(x)
					e.OnREMB(uint64(1000*(tt.remb[i]+(tt.remb[i+1]-tt.remb[i])*(x-float64(i)))), now)
				}
			}
			if bps, _ := e.Estimate(); bps < tt.least || bps > tt.most {
				t.Errorf("%d bit/s, want %d to %d", bps, tt.least, tt.most)
			}
		})
	}
}

func TestEstimatorHeavyRandomLossIsGivenBack(t *testing.T) {
	p := newPath(800_000, 2_000_000)
	p.loss, p.remb, p.demand = 0.25, 1_500_000, 700_000
	p.run(0, 10*time.Second, nil)
	if p.e.capacity < 600_000 {
		t.Errorf("capacity %.0f: random loss of a quarter was taken for congestion", p.e.capacity)
	}
}

func TestEstimatorWithoutREMB(t *testing.T) {
	p := newPath(StartRate, 300_000)
	p.noREMB = true
	p.run(0, 8*time.Second, nil)
	if bps, _ := p.e.Estimate(); bps > 345_000 || bps < 100_000 {
		t.Errorf("%d bit/s on a line of 300,000 by loss and round trip alone", bps)
	}
}

func TestEstimatorState(t *testing.T) {
	e := NewRateEstimator(StartRate)
	now := int64(time.Hour)
	e.Sent(40_000, false, now)
	if _, s := e.Estimate(); s != Stable {
		t.Errorf("state %v at the start", s)
	}
	e.OnRR(0, 50*time.Millisecond, 0, now)
	pr, ok := e.BeginProbe(2_000_000, now+1)
	if _, s := e.Estimate(); !ok || s != Probing || pr.Rate != 2*StartRate || pr.Length != probeShort {
		t.Errorf("probe %+v, %v", pr, ok)
	}
	if _, ok := e.BeginProbe(2_000_000, now+2); ok {
		t.Error("two probes at once")
	}
	e.EndProbe(now + int64(probeShort))
	e.OnREMB(1_000_000, now+int64(300*time.Millisecond))
	e.OnREMB(200_000, now+int64(400*time.Millisecond))
	if _, s := e.Estimate(); s != Congesting {
		t.Errorf("state %v after a fall", s)
	}
	if _, ok := e.BeginProbe(2_000_000, now+int64(time.Second)); ok {
		t.Error("probes while congested")
	}
	if e.REMB() != 200_000 || e.RTT() != 50*time.Millisecond || e.Loss() != 0 || e.SentRate() == 0 {
		t.Error("figures for statistics")
	}
	e.OnNACKed(5)
	for range 50 {
		e.Sent(100, false, now+int64(10*time.Second))
	}
	if l := e.Loss(); l < 0.09 || l > 0.11 {
		t.Errorf("loss %v by NACKs, want 0.1", l)
	}
}
