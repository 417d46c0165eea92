package packets

import "time"

// Behaviour of RateEstimator.
const (
	StartRate      uint64 = 300_000 // bit/s, when nothing is known: audio and the smallest picture; probes find more within seconds
	minRate        uint64 = 50_000
	maxRate        uint64 = 20_000_000
	rembHeadroom          = 1.15 // REMB this far above what is sent is no limit
	rembFell              = 0.97 // a report below this share of the one before is falling
	rembDropped           = 0.85 // of the recent highest: down more than 15 %
	rembFalls             = 3
	rttGrew               = 1.5
	rttSlack              = 20 * time.Millisecond // jitter of a short round trip is no congestion
	rttVars               = 3
	rttVarWeight          = 8
	lossIgnored           = 0.02
	lossRandom            = 0.15 // up to here loss alone proves nothing (3G, 4G)
	lossProven            = 0.20 // above, smoothed, it may be a line that drops without queueing: see judgeHeavyLoss
	lossHeavy             = 0.10 // with falling REMB or growing RTT: congestion
	lossWeight            = 1.5
	lossMargin            = 0.95
	lossChance            = 0.5 // reports of one second differ by chance by this share
	lossMost              = 0.5
	cutTo                 = 0.85 // of what is delivered
	rateBuckets           = 10
	rateBucketNs          = int64(100 * time.Millisecond)
	cutApart              = 1500 * time.Millisecond // a report tells of the second before it
	lossCutApart          = 2 * time.Second
	randomHold            = 10 * time.Second
	growApart             = time.Second
	growBy                = 1.08
	regrowBy              = 1.15 // below the rate of the last cut
	pathFilled            = 0.85 // of the estimate is sent: then REMB says something about the path
	lossBaseWeight        = 0.2
	baseRTTWindow         = 30 * time.Second
	congestedFor          = 2 * time.Second
	reportStale           = 3 * time.Second
)

// State is what the estimator believes about a path.
type State uint8

// States.
const (
	Stable State = iota
	Congesting
	Probing
)

// Estimator follows the capacity of the path to one viewer; rates in bit/s, now in monotonic ns.
type Estimator interface {
	// OnREMB tells of a receiver's estimate; call it once per compound packet.
	OnREMB(bps uint64, now int64)
	// OnRR tells of reception reports: fracLost in 1/256 over all slots by packets, jitter in ticks of the video clock.
	OnRR(fracLost uint8, rtt time.Duration, jitter uint32, now int64)
	// OnNACKed tells that n packets were asked for again.
	OnNACKed(n int)
	// Sent tells of every packet; probe says that it was sent only to probe.
	Sent(bytes int, probe bool, now int64)
	// Estimate is what may be sent.
	Estimate() (bps uint64, s State)
}

var _ Estimator = (*RateEstimator)(nil)

// RateEstimator estimates from REMB, loss and the trend of the round trip. REMB is only believed when it falls: receivers start it
// far too low and raise it no further than 1.5 times what arrives, so headroom is found by probes (BeginProbe). Loss alone is not
// taken for congestion up to 15 %, as radio links lose at random; above, the rate is cut and restored when that did not help.
// It belongs to one goroutine.
type RateEstimator struct {
	capacity float64
	sent     rateMeter
	now      int64

	remb, rembTop float64 // newest, and recent highest (decays)
	rembAt        int64
	falls         int
	caught        bool // REMB was once above what is sent: from then on it counts

	loss     float64 // smoothed over a few reports
	lossBase float64 // smoothed over tens of reports: what this path always loses
	rtt      time.Duration
	rttVar   time.Duration // smoothed difference of two round trips
	waits    bool          // the newest was late
	baseRTT  time.Duration
	baseAt   int64
	nextBase time.Duration
	lastRR   int64
	nacked   int // since the newest reception report
	packets  int // since the newest reception report

	cutAt, growAt, lossCutAt int64
	congestedAt              int64
	everCut                  bool
	cutFrom                  float64 // what was sent at the newest cut
	beforeCut, lossAtCut     float64
	randomUntil              int64

	probe prober
}

// NewRateEstimator starts at start bit/s.
func NewRateEstimator(start uint64) *RateEstimator {
	return &RateEstimator{capacity: float64(start), probe: newProber()}
}

// rateMeter measures bit/s over the last second.
type rateMeter struct {
	bits  [rateBuckets]int
	index int64
	first int64
	sum   int
	any   bool
}

func (r *rateMeter) advance(now int64) {
	i := now / rateBucketNs
	if !r.any {
		r.any, r.index, r.first = true, i, i
	}
	for n := 0; r.index < i; n++ {
		r.index++
		if n < rateBuckets {
			b := &r.bits[r.index%rateBuckets]
			r.sum -= *b
			*b = 0
		} else {
			r.index = i
		}
	}
}

func (r *rateMeter) add(bytes int, now int64) {
	r.advance(now)
	r.bits[r.index%rateBuckets] += bytes * bitsPerByte
	r.sum += bytes * bitsPerByte
}

func (r *rateMeter) bps(now int64) float64 {
	r.advance(now)
	n := min(max(r.index-r.first+1, rateBuckets/2), rateBuckets) // a first burst is not a rate
	return float64(r.sum) / (float64(n*rateBucketNs) / float64(nanosPerSec))
}

// Sent implements Estimator.
func (e *RateEstimator) Sent(bytes int, probe bool, now int64) {
	e.now = max(e.now, now)
	e.sent.add(bytes, now)
	e.packets++
	e.probe.sent(bytes, probe)
}

// OnNACKed implements Estimator.
func (e *RateEstimator) OnNACKed(n int) { e.nacked += n }

// OnREMB implements Estimator.
func (e *RateEstimator) OnREMB(bps uint64, now int64) {
	e.now = max(e.now, now)
	v := min(max(float64(bps), float64(minRate)), float64(maxRate))
	prev, sent := e.remb, e.sent.bps(now)
	e.remb, e.rembAt = v, now
	e.rembTop = max(v, e.rembTop*0.98)
	fell := prev > 0 && v < prev*rembFell
	if fell {
		e.falls++
	} else if v >= prev {
		e.falls = 0
	}
	if v >= sent {
		e.caught = true
	}
	switch {
	case v < sent && (e.caught && fell || e.falls >= rembFalls) && e.inShadow(v, now):
		e.caught = true
		e.probe.abort(now)
	case v < sent && (e.caught && fell || e.falls >= rembFalls):
		e.caught = true
		e.cut(e.rembFloor(sent), now)
	case v >= sent*rembHeadroom && !fell:
		e.grow(sent, now)
	}
	e.judgeProbe(now)
}

// rembFloor is what a falling REMB cuts to. REMB counts what arrives, so what the path loses by chance is added again (Estimate
// takes it off); and a receiver that has only begun to measure does not pull the rate to its start value.
func (e *RateEstimator) rembFloor(sent float64) float64 {
	return max(min(e.rembSent(), sent*lossMargin), sent*(1-e.lossNow())/2)
}

// rembSent is REMB plus what the path loses by chance.
func (e *RateEstimator) rembSent() float64 {
	return e.remb / (1 - min(e.lossNow(), e.lossBase, lossRandom))
}

// grow commits what is being sent without trouble, and a little more while the path is filled.
func (e *RateEstimator) grow(sent float64, now int64) {
	if e.lossGrew(e.lossBase) || e.delayed() {
		return
	}
	e.capacity = max(e.capacity, sent)
	if now-e.growAt < int64(growApart) || e.everCut && now-e.cutAt < int64(growApart) {
		return
	}
	e.growAt = now
	if usable, _ := e.Estimate(); sent >= float64(usable)*pathFilled {
		by := growBy
		if e.capacity*regrowBy < e.cutFrom { // known ground
			by = regrowBy
		}
		e.set(min(e.capacity*by, e.rembSent()/rembHeadroom))
	}
}

// lossGrew tells whether more is lost than before, beyond what chance does to some hundred packets.
func (e *RateEstimator) lossGrew(before float64) bool {
	return e.loss > before*(1+lossChance)+lossIgnored
}

// set raises the capacity to v, never lowers it.
func (e *RateEstimator) set(v float64) {
	e.capacity = min(max(e.capacity, v), float64(maxRate))
}

// cut lowers the capacity to v, never raises it.
func (e *RateEstimator) cut(v float64, now int64) {
	if v >= e.capacity {
		return
	}
	e.capacity = max(v, float64(minRate))
	e.everCut, e.cutAt, e.congestedAt = true, now, now
	e.cutFrom = e.sent.bps(now)
	e.rembTop = e.remb // one fall is one cut
	e.probe.abort(now)
}

// OnRR implements Estimator.
func (e *RateEstimator) OnRR(fracLost uint8, rtt time.Duration, _ uint32, now int64) {
	e.now = max(e.now, now)
	loss := float64(fracLost) / 256
	if e.lastRR == 0 {
		e.loss, e.lossBase = loss, min(loss, lossRandom)
	} else {
		e.loss += (loss - e.loss) / 2
		e.lossBase += (loss - e.lossBase) * lossBaseWeight
	}
	e.lastRR = now
	e.nacked, e.packets = 0, 0
	e.noteRTT(rtt, now)
	e.judgeLoss(loss, now)
	e.judgeProbe(now)
}

// noteRTT keeps the least round trip of the last 30 to 60 s as base.
func (e *RateEstimator) noteRTT(rtt time.Duration, now int64) {
	if rtt <= 0 {
		return
	}
	if e.rtt != 0 {
		e.waits = e.late(rtt)
		e.rttVar += (max(rtt-e.rtt, e.rtt-rtt) - e.rttVar) / rttVarWeight
	}
	e.rtt = rtt
	if e.baseRTT == 0 || rtt < e.baseRTT {
		e.baseRTT = rtt
	}
	if e.nextBase == 0 || rtt < e.nextBase {
		e.nextBase = rtt
	}
	if e.baseAt == 0 {
		e.baseAt = now
	}
	if now-e.baseAt > int64(baseRTTWindow) {
		e.baseRTT, e.nextBase, e.baseAt = e.nextBase, 0, now
	}
}

// late tells whether a round trip is longer than the path's own and than what its jitter explains (as RFC 6298 reckons).
func (e *RateEstimator) late(rtt time.Duration) bool {
	return rtt > time.Duration(rttGrew*float64(e.baseRTT)) && rtt > e.baseRTT+max(rttSlack, rttVars*e.rttVar)
}

func (e *RateEstimator) delayed() bool { return e.waits }

func (e *RateEstimator) judgeLoss(loss float64, now int64) {
	sent := e.sent.bps(now)
	delivered := sent * (1 - loss)
	// Receivers raise REMB to 1.5 times what arrives: it falls with the loss alone, and only near what arrives does it tell more.
	fell := e.remb > 0 && e.remb < e.rembTop*rembDropped && e.remb < delivered*rembHeadroom
	if loss > lossHeavy && (e.lossGrew(e.lossBase) && fell || e.delayed()) {
		if !e.everCut || now-e.cutAt >= int64(cutApart) {
			v := cutTo * delivered
			if e.remb > 0 && e.caught {
				v = min(v, e.remb)
			}
			e.cut(v, now)
		}
		return
	}
	if e.loss > lossProven {
		e.judgeHeavyLoss(loss, delivered, now)
	}
}

// judgeHeavyLoss cuts to what is delivered, for links that drop without queueing; when the loss stays the same, it is
// random and the cut is taken back.
func (e *RateEstimator) judgeHeavyLoss(loss, delivered float64, now int64) {
	if now < e.randomUntil || e.lossCutAt != 0 && now-e.lossCutAt < int64(lossCutApart) {
		return
	}
	if e.lossCutAt != 0 && now-e.lossCutAt < int64(2*lossCutApart) && loss > e.lossAtCut*0.8 {
		e.randomUntil, e.lossCutAt = now+int64(randomHold), 0
		e.set(e.beforeCut)
		return
	}
	if delivered < e.capacity {
		e.beforeCut, e.lossAtCut, e.lossCutAt = e.capacity, loss, now
		e.cut(delivered, now)
	}
}

// lossNow is the smoothed loss of the reports, or of the NACKs while no report comes.
func (e *RateEstimator) lossNow() float64 {
	if e.now-e.lastRR < int64(reportStale) || e.packets == 0 {
		return e.loss
	}
	return min(float64(e.nacked)/float64(e.packets), lossMost)
}

// Capacity is what the line is thought to carry, in bit/s, before anything is put aside for repairs.
func (e *RateEstimator) Capacity() uint64 { return uint64(max(e.capacity, float64(minRate))) }

// Loss is the smoothed share of packets lost, 0..1; RTT the newest round trip, 0 when unknown.
func (e *RateEstimator) Loss() float64 { return e.lossNow() }

// Delayed tells whether packets wait on their way longer than they used to.
func (e *RateEstimator) Delayed() bool { return e.delayed() }

// RTT is the newest round trip, 0 when unknown.
func (e *RateEstimator) RTT() time.Duration { return e.rtt }

// SentRate is what was sent in the last second, in bit/s.
func (e *RateEstimator) SentRate() uint64 { return uint64(e.sent.bps(e.now)) }

// REMB is the receiver's newest estimate in bit/s, 0 when it sent none.
func (e *RateEstimator) REMB() uint64 { return uint64(e.remb) }

// Estimate implements Estimator: the capacity, less what repairs of random loss will need.
func (e *RateEstimator) Estimate() (bps uint64, s State) {
	v := e.capacity
	if loss := min(e.lossNow(), lossMost); loss >= lossIgnored {
		v *= (1 - lossWeight*loss) * lossMargin
	}
	switch {
	case e.probe.running:
		s = Probing
	case e.everCut && e.now-e.congestedAt < int64(congestedFor):
		s = Congesting
	}
	return uint64(max(v, float64(minRate))), s
}
