package packets

import "time"

// Behaviour of probes.
const (
	probeShort      = 200 * time.Millisecond
	probeLong       = 500 * time.Millisecond
	probeEvery      = 3 * time.Second
	probeEveryMost  = 30 * time.Second
	probeBackoffNum = 3 // x 1.5 after a failure
	probeBackoffDen = 2
	probeMore       = 200_000.0 // bit/s above the estimate, or
	probeMoreShare  = 0.20      // this share of it,
	probeMoreSure   = 0.50      // or this one after two probes in a row passed
	probeRamp       = 2.0       // times the estimate, until a first probe failed or the line showed trouble
	probeRampEvery  = 500 * time.Millisecond
	probeWait       = 50 * time.Millisecond // that the end of a probe may wait longer than other packets
	probeShadow     = 2 * time.Second       // after its end, what a probe did to the line is not held against the media
	probeShadowREMB = 0.7                   // of what was sent before: unless REMB falls below
	probeJudgeMost  = 2 * time.Second
	probeDelivered  = 0.9
	probeREMBFar    = 1.5 // times a probe's rate: a REMB as high has no reason to rise further
)

// Probe is what to send to find headroom: packets beyond the media so that the whole reaches Rate bit/s for Length.
type Probe struct {
	Rate   uint64
	Length time.Duration
}

// prober remembers one probe and how far apart probes are.
type prober struct {
	running, judging bool
	rate             float64
	length           time.Duration
	begun, ended     int64
	before           float64 // bit/s sent before
	echo, echoed     bool    // the round trip at its end is awaited; is known
	echoRTT          time.Duration
	bytes            int
	loss             float64
	rtt              time.Duration
	remb             float64
	every            time.Duration
	last             int64
	any              bool
	passed           int
	everFailed       bool
}

func newProber() prober { return prober{every: probeEvery} }

func (p *prober) sent(bytes int, _ bool) {
	if p.running {
		p.bytes += bytes
	}
}

// abort ends a probe as failed.
func (p *prober) abort(now int64) {
	if p.running || p.judging {
		p.running, p.judging = false, false
		p.failed(now)
	}
}

func (p *prober) failed(now int64) {
	p.last, p.passed, p.everFailed = now, 0, true
	p.every = min(p.every*probeBackoffNum/probeBackoffDen, probeEveryMost)
}

// BeginProbe tells whether to probe now; target is what the viewer could use at most, in bit/s. The caller sends the extra packets
// (marked as probe in Sent), then calls EndProbe.
func (e *RateEstimator) BeginProbe(target uint64, now int64) (Probe, bool) {
	p := &e.probe
	if p.running || p.judging || float64(target) <= e.capacity || p.any && now-p.last < int64(p.every) {
		return Probe{}, false
	}
	if e.everCut && now-e.congestedAt < int64(congestedFor) || e.delayed() || e.lastRR == 0 {
		return Probe{}, false
	}
	p.running, p.any, p.begun, p.last, p.bytes = true, true, now, now, 0
	p.before, p.echo, p.echoed = e.sent.bps(now), false, false
	p.length = probeShort
	share := probeMoreShare
	if p.passed > 1 {
		share = probeMoreSure
	}
	p.rate = e.capacity + max(probeMore, share*e.capacity)
	if e.ramping() {
		p.rate = e.capacity * probeRamp
	} else if p.passed > 0 {
		p.length = probeLong
	}
	p.loss, p.rtt, p.remb = e.loss, e.rtt, e.remb
	return Probe{Rate: uint64(p.rate), Length: p.length}, true
}

// ramping tells whether nothing has spoken against the line yet: then probes come soon after each other and double.
func (e *RateEstimator) ramping() bool { return !e.everCut && !e.probe.everFailed }

// ExpectEcho says that a sender report left behind the probe's last packet: its round trip tells how long the probe made
// packets wait, and the probe is not judged before OnEcho.
func (e *RateEstimator) ExpectEcho() { e.probe.echo = true }

// OnEcho tells the round trip of the sender report that ended a probe.
func (e *RateEstimator) OnEcho(rtt time.Duration, now int64) {
	e.now = max(e.now, now)
	if p := &e.probe; p.judging && p.echo {
		p.echoed, p.echoRTT = true, rtt
	}
}

// inShadow tells whether a fall of REMB to bps is what a probe did: packets waited behind it, and the media alone will
// not make them wait.
func (e *RateEstimator) inShadow(bps float64, now int64) bool {
	p := &e.probe
	recent := p.running || p.judging || p.ended != 0 && now-p.ended < int64(probeShadow)
	return recent && bps >= probeShadowREMB*p.before
}

// EndProbe says that the probe's packets are sent; the reports that follow decide.
func (e *RateEstimator) EndProbe(now int64) {
	if p := &e.probe; p.running {
		p.running, p.judging, p.ended = false, true, now
	}
}

// judgeProbe looks at the first reports a round trip after the end: the probe passed when the sending really reached its rate, REMB
// did not fall, and neither loss nor round trip rose.
func (e *RateEstimator) judgeProbe(now int64) {
	p := &e.probe
	if !p.judging {
		return
	}
	if now-p.ended > int64(probeJudgeMost) {
		p.abort(now)
		return
	}
	if e.lastRR <= p.ended+int64(p.rtt) || p.remb > 0 && e.rembAt <= p.ended || p.echo && !p.echoed {
		return
	}
	p.judging = false
	reached := float64(p.bytes*bitsPerByte) / (float64(max(p.ended-p.begun, int64(probeShort))) / float64(nanosPerSec))
	flat := e.ramping() && p.remb > 0 && e.remb <= p.remb && e.remb < probeREMBFar*p.rate // receivers raise REMB while nothing waits
	waited := e.delayed()
	if p.echoed {
		waited = p.echoRTT > max(p.rtt, e.baseRTT)+probeWait
	}
	bad := flat || waited || e.lossGrew(p.loss) || p.remb > 0 && e.remb < p.remb*rembFell
	if bad || reached < p.rate*probeDelivered && reached <= e.capacity {
		p.failed(now)
		return
	}
	p.passed++
	p.every = probeEvery
	if e.ramping() {
		p.every = probeRampEvery
	}
	e.set(min(p.rate, reached))
}
