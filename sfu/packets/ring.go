package packets

import (
	"sync"
	"time"
)

// Ring sizes in packets: about 3 s of each kind of layer.
const (
	RingAudio  = 64
	RingQ      = 128
	RingH      = 256
	RingF      = 512
	RingScreen = 1024
)

// Ring keeps the newest packets of a layer by extended sequence number; all viewers of the layer share it. It is safe for
// concurrent use.
type Ring struct {
	mu    sync.Mutex
	slot  []*Packet
	mask  uint64
	hi    uint64
	any   bool
	keySN uint64
	keyTS uint64
	keyAt int64
	key   bool
}

// NewRing makes a ring for size packets, rounded up to a power of two.
func NewRing(size int) *Ring {
	n := 1
	for n < size {
		n <<= 1
	}
	return &Ring{slot: make([]*Packet, n), mask: uint64(n - 1)}
}

// Put keeps a packet (taking a reference of its own) and returns true; it returns false for a duplicate and for a packet
// older than the ring reaches, which must not be forwarded.
func (r *Ring) Put(p *Packet) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := p.ExtSN & r.mask
	old := r.slot[i]
	if r.any && p.ExtSN+uint64(len(r.slot)) <= r.hi {
		return false
	}
	if old != nil && old.ExtSN >= p.ExtSN {
		return false
	}
	p.Retain()
	r.slot[i] = p
	if old != nil {
		old.Release()
	}
	if !r.any || p.ExtSN > r.hi {
		r.any, r.hi = true, p.ExtSN
	}
	if p.Key {
		r.noteKey(p)
	}
	return true
}

// noteKey remembers where the newest keyframe begins: its packet with the lowest number.
func (r *Ring) noteKey(p *Packet) {
	switch {
	case r.key && p.ExtTS == r.keyTS:
		r.keySN = min(r.keySN, p.ExtSN)
	case !r.key || p.ExtSN > r.keySN:
		r.key, r.keySN, r.keyTS, r.keyAt = true, p.ExtSN, p.ExtTS, p.Arrival
	}
}

// Get returns the packet with that number and a reference for the caller, or nil.
func (r *Ring) Get(extSN uint64) *Packet {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.slot[extSN&r.mask]
	if p == nil || p.ExtSN != extSN {
		return nil
	}
	p.Retain()
	return p
}

// Lacks tells whether the packet with that number is missing where timestamp extTS lies between its neighbours: a packet made
// from a repeat has its place there.
func (r *Ring) Lacks(extSN, extTS uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := func(sn uint64) *Packet {
		if p := r.slot[sn&r.mask]; p != nil && p.ExtSN == sn {
			return p
		}
		return nil
	}
	if !r.any || extSN+uint64(len(r.slot)) <= r.hi || at(extSN) != nil {
		return false
	}
	before, after := at(extSN-1), at(extSN+1)
	return (before == nil || before.ExtTS < extTS) && (after == nil || after.ExtTS > extTS)
}

// Highest returns the highest number kept; ok is false when the ring is empty.
func (r *Ring) Highest() (extSN uint64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hi, r.any
}

// LastKey returns where the newest keyframe begins and when it arrived; ok is false when none is in the ring.
func (r *Ring) LastKey() (extSN uint64, arrival int64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keySN, r.keyAt, r.keyInside()
}

func (r *Ring) keyInside() bool { return r.key && r.hi < r.keySN+uint64(len(r.slot)) }

// AppendFromKey appends the packets from the newest keyframe to the newest packet to dst, in order and each with a
// reference for the caller: what a newcomer needs to see a picture at once (GOP replay). It appends nothing when the keyframe
// is older than maxAge at now, when more than limit packets would follow, or when one is missing.
func (r *Ring) AppendFromKey(dst []*Packet, now int64, maxAge time.Duration, limit int) []*Packet {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.keyInside() || now-r.keyAt > int64(maxAge) || r.hi-r.keySN >= uint64(max(limit, 0)) {
		return dst
	}
	for sn := r.keySN; sn <= r.hi; sn++ {
		if p := r.slot[sn&r.mask]; p == nil || p.ExtSN != sn {
			return dst
		}
	}
	for sn := r.keySN; sn <= r.hi; sn++ {
		p := r.slot[sn&r.mask]
		p.Retain()
		dst = append(dst, p)
	}
	return dst
}

// AppendRecent appends up to limit of the newest packets, newest first, each with a reference for the caller: material
// for probing.
func (r *Ring) AppendRecent(dst []*Packet, limit int) []*Packet {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := uint64(0); r.any && i <= r.hi && i < uint64(len(r.slot)) && limit > 0; i++ {
		if p := r.slot[(r.hi-i)&r.mask]; p != nil && p.ExtSN == r.hi-i {
			p.Retain()
			dst = append(dst, p)
			limit--
		}
	}
	return dst
}

// Clear releases every packet; the ring may be used again.
func (r *Ring) Clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, p := range r.slot {
		if p != nil {
			p.Release()
			r.slot[i] = nil
		}
	}
	r.any, r.key, r.hi = false, false, 0
}
