package sfu

import (
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"nghitruong/sfu/packets"
)

// loadEpoch is the zero of the clock that load publishers write into packets and load viewers compare with.
var loadEpoch = time.Now()

func loadNow() int64 { return int64(time.Since(loadEpoch)) }

const (
	trailerSize  = 16
	trailerMagic = 0xa7
)

// trailer is what a load publisher writes at the end of every payload: when it was sent (ns of loadNow), the number of
// its frame, its place in the frame and the layer.
type trailer struct {
	sent         int64
	frame        uint32
	place, count uint8
	layer        uint8
}

func (t trailer) put(payload []byte) {
	b := payload[len(payload)-trailerSize:]
	binary.BigEndian.PutUint64(b, uint64(t.sent))
	binary.BigEndian.PutUint32(b[8:], t.frame)
	b[12], b[13], b[14], b[15] = t.place, t.count, t.layer, trailerMagic
}

func parseTrailer(payload []byte) (t trailer, ok bool) {
	if len(payload) < trailerSize || payload[len(payload)-1] != trailerMagic {
		return t, false
	}
	b := payload[len(payload)-trailerSize:]
	return trailer{int64(binary.BigEndian.Uint64(b)), binary.BigEndian.Uint32(b[8:]), b[12], b[13], b[14]}, true
}

// seqLog remembers which sequence numbers of a line arrived; repairs count as arrivals.
type seqLog struct {
	any     bool
	first   uint16
	highest int // extended, first is 0
	have    []bool
	from    int // where the window begins
	dups    int
}

// take notes a sequence number.
func (l *seqLog) take(sn uint16) {
	if !l.any {
		l.any, l.first, l.highest = true, sn, -1
	}
	ext := 0
	if l.highest >= 0 {
		ext = l.highest + int(int16(sn-l.first-uint16(l.highest)))
	}
	if ext < 0 {
		return
	}
	for len(l.have) <= ext {
		l.have = append(l.have, false)
	}
	if l.have[ext] {
		l.dups++
	}
	l.have[ext] = true
	l.highest = max(l.highest, ext)
}

// window begins a new window behind the newest number.
func (l *seqLog) window() {
	if l.any {
		l.from = l.highest + 1
	}
}

// missing gives how many numbers of the window did not arrive, of how many.
func (l *seqLog) missing() (lost, of int) {
	if !l.any {
		return 0, 0
	}
	for _, ok := range l.have[min(l.from, len(l.have)):] {
		of++
		if !ok {
			lost++
		}
	}
	return lost, of
}

// holes gives the missing numbers among the newest n.
func (l *seqLog) holes(n int) []uint16 {
	var out []uint16
	for ext := max(0, l.highest-n); ext < l.highest; ext++ {
		if !l.have[ext] {
			out = append(out, l.first+uint16(ext))
		}
	}
	return out
}

// lineLog is what a load viewer knows about one line.
type lineLog struct {
	mu     sync.Mutex
	ssrc   uint32
	seq    seqLog
	plain  seqLog // without repairs
	csrc   uint32
	layer  uint8 // of the newest packet
	layers [len(layerRIDs)]int
	csrcAt int64 // when csrc began
	frames map[uint32]frameLog
	since  uint32  // the first frame of the window
	delays []int64 // ns, of packets of the window that were no repairs
	keep   bool    // note delays
	drop   int     // this many packets to lose on purpose
}

type frameLog struct {
	count uint8
	have  uint32 // bits by place
	plain uint32
}

// take notes one packet; it tells whether the packet counts (it may be lost on purpose).
func (l *lineLog) take(ssrc uint32, sn uint16, csrc uint32, payload []byte, repair bool, now int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.drop > 0 {
		l.drop--
		return
	}
	l.ssrc = ssrc
	l.seq.take(sn)
	if !repair {
		l.plain.take(sn)
	}
	if csrc != l.csrc {
		l.csrc, l.csrcAt = csrc, now
	}
	t, ok := parseTrailer(payload)
	if !ok {
		return
	}
	if l.keep && !repair {
		l.delays = append(l.delays, now-t.sent)
	}
	l.layer = t.layer
	l.layers[t.layer]++
	if len(l.frames) == 0 {
		l.since = t.frame
	}
	if l.frames == nil || t.frame < l.since || len(l.frames) == 0 && repair {
		return
	}
	f := l.frames[t.frame]
	f.count = t.count
	f.have |= 1 << t.place
	if !repair {
		f.plain |= 1 << t.place
	}
	l.frames[t.frame] = f
}

// takeRED notes the frames that a redundant payload repeats; the primary, which is its end, is the caller's.
func (l *lineLog) takeRED(payload []byte) {
	var r packets.RED
	if packets.ParseRED(payload, &r) != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range r.Blocks[:r.N] {
		if t, ok := parseTrailer(b.Data); ok && len(l.frames) > 0 && t.frame >= l.since {
			f := l.frames[t.frame]
			f.count, f.have = t.count, f.have|1<<t.place
			l.frames[t.frame] = f
		}
	}
}

// window begins a window: what was counted so far is forgotten.
func (l *lineLog) window() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seq.window()
	l.plain.window()
	l.layers = [len(layerRIDs)]int{}
	l.delays, l.keep = l.delays[:0], true
	l.frames = map[uint32]frameLog{}
}

func (l *lineLog) missing() (lost, of int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seq.missing()
}

// current gives source, layer and the time since when the source is shown.
func (l *lineLog) current() (csrc uint32, layer uint8, since int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.csrc, l.layer, l.csrcAt
}

// packets gives how many packets of each layer came in the window.
func (l *lineLog) packets() [len(layerRIDs)]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.layers
}

// whole gives how many frames of one unbroken stream were complete with and without repairs, of how many that were sent
// between the first and the last one seen. The newest are left out: their repair may be under way.
func (l *lineLog) whole(newest uint32) (repaired, plain, of int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var numbers []uint32
	for n := range l.frames {
		numbers = append(numbers, n)
	}
	if len(numbers) == 0 {
		return 0, 0, 0
	}
	slices.Sort(numbers)
	last := numbers[len(numbers)-1]
	for n := numbers[0] + 1; n+newest < last; n++ {
		of++
		f, ok := l.frames[n]
		if all := uint32(1)<<f.count - 1; ok {
			if f.have == all {
				repaired++
			}
			if f.plain == all {
				plain++
			}
		}
	}
	return repaired, plain, of
}

// percentile gives the p-th part (0..1) of sorted values, 0 when there are none.
func percentile(sorted []int64, p float64) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}
