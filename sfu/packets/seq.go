package packets

// resyncDistance is the backward jump of a sequence number after which two packets in a row mean that the sender started
// over (RFC 3550 A.1 asks for two consecutive numbers too).
const resyncDistance = 3000

// ExtSeq extends 16-bit sequence numbers to 64 bits (RFC 3550 A.1). The first number gets cycle 1, so that packets that
// were sent before it still have a positive number. The zero value is ready.
type ExtSeq struct {
	hi      uint64
	bad     uint16
	started bool
	suspect bool
}

// Unwrap returns the extended number of sn. Reordered packets get numbers below the highest. A sender that starts over far
// behind is followed forward from its second consecutive packet on.
func (e *ExtSeq) Unwrap(sn uint16) uint64 {
	if !e.started {
		e.started, e.hi = true, 1<<16|uint64(sn)
		return e.hi
	}
	diff := int64(int16(sn - uint16(e.hi)))
	if diff < -resyncDistance {
		if e.suspect && sn == e.bad {
			diff += 1 << 16
		} else {
			e.suspect, e.bad = true, sn+1
			return e.below(diff)
		}
	}
	if diff > 0 {
		e.suspect = false
		e.hi += uint64(diff)
		return e.hi
	}
	return e.below(diff)
}

func (e *ExtSeq) below(diff int64) uint64 {
	if int64(e.hi)+diff < 0 {
		return 0
	}
	return uint64(int64(e.hi) + diff)
}

// Highest is the highest extended number so far, 0 before the first.
func (e *ExtSeq) Highest() uint64 { return e.hi }

// ExtTS extends 32-bit RTP timestamps to 64 bits. The zero value is ready.
type ExtTS struct {
	hi      uint64
	started bool
}

// Unwrap returns the extended timestamp of ts: the one nearest to the highest so far.
func (e *ExtTS) Unwrap(ts uint32) uint64 {
	if !e.started {
		e.started, e.hi = true, 1<<32|uint64(ts)
		return e.hi
	}
	diff := int64(int32(ts - uint32(e.hi)))
	if diff > 0 {
		e.hi += uint64(diff)
		return e.hi
	}
	if int64(e.hi)+diff < 0 {
		return 0
	}
	return uint64(int64(e.hi) + diff)
}

// Highest is the highest extended timestamp so far, 0 before the first.
func (e *ExtTS) Highest() uint64 { return e.hi }
