package packets

import "time"

// Bounds of KeyframeControl.
const (
	KeyframeMinQ     = 500 * time.Millisecond // lowest layer
	KeyframeMin      = time.Second            // other layers
	keyframeMax      = 5 * time.Second
	keyframeShare    = 0.15 // of a layer's rate that keyframes may cost (a fixed limit let them triple the stage's QP)
	keyframeAnswer   = time.Second
	rateWindow       = 2 * time.Second
	bitsPerByte      = 8
	keyframeTryLimit = 8 // repeats of one request that nobody answers
)

// KeyframeControl is the only sender of picture loss indications (RFC 4585 section 6.3.1) of a layer. It merges requests and
// bounds what keyframes cost: the distance is keyframe bytes x 8 / (0.15 x bit/s), between the minimum and 5 s. It belongs to one
// goroutine.
type KeyframeControl struct {
	min      int64
	pending  bool
	waiting  bool // a request was sent and no keyframe came yet
	tries    int
	lastSent int64
	ever     bool

	keyTS       uint64
	keyBytes    int // of the newest keyframe, growing while it arrives
	inKey       bool
	knownBytes  int
	winStart    int64
	winBytes    int
	bps         float64
	haveTraffic bool
}

// NewKeyframeControl makes a control with the least distance of two requests.
func NewKeyframeControl(minimum time.Duration) *KeyframeControl {
	return &KeyframeControl{min: int64(minimum)}
}

// Request says that somebody needs a keyframe. It returns true when a PLI is to be sent now; otherwise the wish is kept and Tick
// tells when.
func (k *KeyframeControl) Request(now int64) bool {
	if !k.pending {
		k.pending, k.tries = true, 0
	}
	return k.Tick(now)
}

// Tick is polled (each 20 to 100 ms). It returns true when a PLI is to be sent now: for a request that had to wait, or again when
// nothing came of the last one for a second.
func (k *KeyframeControl) Tick(now int64) bool {
	if !k.pending || k.ever && now-k.lastSent < int64(k.wait()) {
		return false
	}
	if k.tries >= keyframeTryLimit { // the publisher does not listen; the next Request starts over
		k.pending = false
		return false
	}
	k.ever, k.waiting, k.lastSent = true, true, now
	k.tries++
	return true
}

func (k *KeyframeControl) wait() time.Duration {
	if k.waiting {
		return max(k.Interval(), keyframeAnswer)
	}
	return k.Interval()
}

// Interval is the least distance of two requests at the present cost.
func (k *KeyframeControl) Interval() time.Duration {
	least := time.Duration(k.min)
	if k.bps <= 0 || k.knownBytes == 0 {
		return least
	}
	cost := float64(k.knownBytes*bitsPerByte) / (keyframeShare * k.bps)
	return min(max(time.Duration(cost*float64(time.Second)), least), keyframeMax)
}

// Pending tells whether a keyframe is asked for and has not begun to arrive.
func (k *KeyframeControl) Pending() bool { return k.pending }

// OnPacket tells of every packet of the layer, so that size and rate are known and a keyframe answers the request.
func (k *KeyframeControl) OnPacket(p *Packet) {
	size := len(p.Raw())
	k.traffic(size, p.Arrival)
	switch {
	case p.Key && (!k.inKey || p.ExtTS != k.keyTS):
		k.pending, k.waiting, k.tries = false, false, 0
		k.inKey, k.keyTS, k.keyBytes = true, p.ExtTS, size
	case k.inKey && p.ExtTS == k.keyTS:
		k.keyBytes += size
	case k.inKey && p.ExtTS > k.keyTS:
		k.inKey, k.knownBytes = false, k.keyBytes
	}
	if k.inKey {
		k.knownBytes = max(k.knownBytes, k.keyBytes)
	}
}

func (k *KeyframeControl) traffic(size int, now int64) {
	if !k.haveTraffic {
		k.haveTraffic, k.winStart = true, now
	}
	k.winBytes += size
	if d := now - k.winStart; d >= int64(rateWindow) {
		k.bps = float64(k.winBytes*bitsPerByte) / (float64(d) / float64(nanosPerSec))
		k.winStart, k.winBytes = now, 0
	}
}
