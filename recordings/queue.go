package recordings

import (
	"encoding/binary"
	"sync"
)

const (
	chunkSize = 256 << 10
	// queueBytes bounds what waits for the disk: 4 s of 32 Mbit/s, twice what 25 cameras, a stage and a screen send.
	queueBytes  = 16 << 20
	spareChunks = 4  // kept when the queue is empty
	queueHead   = 20 // bytes before a packet: kind, source, SSRC, arrival, length
)

// queue takes packets from the readers of media streams and gives them to the writer. Its lock is held for one copy of a packet
// at most. What does not fit is lost and counted, never waited for.
type queue struct {
	limit int

	mu      sync.Mutex
	full    [][]byte // chunks in order; cur is behind them
	cur     []byte
	spare   [][]byte
	size    int // bytes in chunks that the writer has not given back
	sources map[uint32]*feed
	opened  []Stream
	noVideo bool
	arrived uint64 // bytes taken in
}

// feed is a source as the queue knows it.
type feed struct {
	video    bool
	lost     int // packets that did not fit
	from, to int64
}

func newQueue(limit int) *queue { return &queue{limit: limit, sources: map[uint32]*feed{}} }

// open makes a stream known; its packets are taken from now on.
func (q *queue) open(s Stream) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.opened = append(q.opened, s)
	if q.sources[s.Src] == nil {
		q.sources[s.Src] = &feed{video: s.Kind != kindMic}
	}
}

// put takes a packet that arrived at nanoseconds since the take's start.
func (q *queue) put(rtcp bool, src, ssrc uint32, at int64, raw []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f := q.sources[src]
	if f == nil || f.video && q.noVideo || len(raw) > maxRecord-recordHead {
		return
	}
	need := queueHead + len(raw)
	if len(q.cur)+need > cap(q.cur) && !q.next() {
		if f.lost++; f.lost == 1 {
			f.from = at
		}
		f.to = at
		return
	}
	kind := byte(0)
	if rtcp {
		kind = 1
	}
	b := append(q.cur, kind)
	b = binary.BigEndian.AppendUint32(b, src)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = binary.BigEndian.AppendUint64(b, uint64(at))
	b = append(b, byte(len(raw)>>16), byte(len(raw)>>8), byte(len(raw)))
	q.cur = append(b, raw...)
	q.arrived += uint64(len(raw) + recordHead)
}

// next begins a chunk; false when the queue is full.
func (q *queue) next() bool {
	if q.size+chunkSize > q.limit {
		return false
	}
	if q.cur != nil {
		q.full = append(q.full, q.cur)
	}
	if n := len(q.spare); n > 0 {
		q.cur, q.spare = q.spare[n-1], q.spare[:n-1]
	} else {
		q.cur = make([]byte, 0, chunkSize)
	}
	q.size += chunkSize
	return true
}

// take gives what waits, behind into, and the streams that were opened; the chunks must be given back.
func (q *queue) take(into [][]byte) ([][]byte, []Stream) {
	q.mu.Lock()
	defer q.mu.Unlock()
	into = append(into, q.full...)
	if len(q.cur) > 0 {
		into = append(into, q.cur)
		q.cur = nil
	}
	q.full = q.full[:0]
	opened := q.opened
	q.opened = nil
	return into, opened
}

// giveBack frees one taken chunk.
func (q *queue) giveBack(chunk []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.size -= chunkSize
	if len(q.spare) < spareChunks {
		q.spare = append(q.spare, chunk[:0])
	}
}

// losses gives the stretches that did not fit and ended, or all of them, with times in nanoseconds since the take's start.
func (q *queue) losses(all bool, report func(src uint32, from, to int64, packets int)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !all && q.size+chunkSize > q.limit { // still full
		return
	}
	for src, f := range q.sources {
		if f.lost > 0 {
			report(src, f.from, f.to, f.lost)
			f.lost = 0
		}
	}
}

// entry is one packet in a chunk.
type entry struct {
	rtcp      bool
	src, ssrc uint32
	at        int64
	raw       []byte
}

// firstEntry reads a chunk's first entry and gives the rest.
func firstEntry(b []byte) (e entry, rest []byte) {
	n := int(b[17])<<16 | int(b[18])<<8 | int(b[19])
	e = entry{
		rtcp: b[0] == 1, src: binary.BigEndian.Uint32(b[1:]), ssrc: binary.BigEndian.Uint32(b[5:]),
		at: int64(binary.BigEndian.Uint64(b[9:])), raw: b[queueHead : queueHead+n],
	}
	return e, b[queueHead+n:]
}
