package packets

import "time"

// Behaviour of NackResponder.
const (
	resendApart  = 20 * time.Millisecond // repeats within max(RTT, this) are ignored
	resendEarly  = 7                     // eighths of the round trip: receivers know it no better
	resendTries  = 5
	resendWindow = 2500 * time.Millisecond
	resendShare  = 0.30 // of the estimate
	resendTable  = 128  // packets whose re-sends are counted
	resendBurst  = 500 * time.Millisecond
)

// Refusal says why a NACK is not answered.
type Refusal uint8

// Outcomes of NackResponder.Ask.
const (
	Resend       Refusal = iota // send it again
	TooOld                      // sent more than 2.5 s ago
	BeforeKey                   // a later keyframe was forwarded
	KeyframeDue                 // a keyframe is on its way
	TooSoon                     // asked again within the round trip
	TooOften                    // five times already
	TooExpensive                // more than 30 % of the estimate
)

type resend struct {
	sn    uint64
	last  int64
	tries uint8
}

// NackResponder decides which packets a slot sends again. It belongs to the slot's writer and allocates nothing.
type NackResponder struct {
	RTX *Budget // in bits, of all slots of the viewer; nil = the slot has one of its own

	table [resendTable]resend
	keySN uint64
	own   Budget
}

// OnKeyframe says that a forwarded keyframe began with outgoing number outSN.
func (r *NackResponder) OnKeyframe(outSN uint64) { r.keySN = max(r.keySN, outSN) }

// Ask decides about one outgoing extended number: size in bytes and age are the packet's, rtt the viewer's, estimate the
// viewer's capacity in bit/s (0 = unknown: no bound), pli whether a keyframe of the layer is awaited. Resend counts as sent.
func (r *NackResponder) Ask(outSN uint64, size int, age, rtt time.Duration, estimate uint64, pli bool, now int64) Refusal {
	switch {
	case age > resendWindow:
		return TooOld
	case outSN < r.keySN:
		return BeforeKey
	case pli:
		return KeyframeDue
	}
	e := &r.table[outSN%resendTable]
	if e.sn != outSN {
		*e = resend{sn: outSN}
	}
	if e.tries > 0 && now-e.last < int64(max(rtt*resendEarly/8, resendApart)) {
		return TooSoon
	}
	if e.tries >= resendTries {
		return TooOften
	}
	if !r.pay(size, estimate, now) {
		return TooExpensive
	}
	e.tries++
	e.last = now
	return Resend
}

// Again tells whether the budget bears a second copy of what was just sent again: on a line that loses packets by chance repairs get
// lost as well, and asking once more costs another round trip.
func (r *NackResponder) Again(size int, estimate uint64, now int64) bool {
	return r.pay(size, estimate, now)
}

// pay takes the packet's bits from a budget that fills with 30 % of the estimate and holds half a second of it.
func (r *NackResponder) pay(size int, estimate uint64, now int64) bool {
	if estimate == 0 {
		return true
	}
	b := r.RTX
	if b == nil {
		b = &r.own
	}
	rate := resendShare * float64(estimate)
	return b.Take(float64(size*bitsPerByte), rate, rate*resendBurst.Seconds(), now)
}
