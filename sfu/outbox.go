package sfu

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/net/ipv4"
)

// Sizes of an outbox. A run is what the kernel splits into packets by itself (UDP_SEGMENT).
const (
	outboxBytes = 512 << 10
	outboxRuns  = 256
	runPackets  = 60    // the kernel takes 64
	runBytes    = 60000 // and 65,535 with headers
)

// run is consecutive packets of one size to one viewer; only the last may be shorter.
type run struct {
	to     *directPath
	size   int // of each packet but the last
	count  int
	closed bool // a shorter packet ended it
}

// outbox collects sealed packets until the batch that brought them is handled, then sends them in as few system calls as the
// kernel allows. It belongs to one worker.
type outbox struct {
	m      *metrics
	arena  []byte
	runs   []run
	msgs   []ipv4.Message
	oob    [][]byte
	single []ipv4.Message // scratch of a run that goes without segmentation
}

func newOutbox(m *metrics) *outbox {
	o := &outbox{m: m, arena: make([]byte, 0, outboxBytes), single: make([]ipv4.Message, 1)}
	o.single[0].Buffers = make([][]byte, 1)
	for range outboxRuns {
		o.msgs = append(o.msgs, ipv4.Message{Buffers: make([][]byte, 1)})
		o.oob = append(o.oob, newSegmentControl())
	}
	o.runs = make([]run, 0, outboxRuns)
	return o
}

// room makes sure that a packet of n bytes and one more run fit.
func (o *outbox) room(n int) {
	if len(o.arena)+n > cap(o.arena) || len(o.runs) == outboxRuns {
		o.flush()
	}
}

// add takes a packet of n bytes that was just appended to the arena.
func (o *outbox) add(to *directPath, n int) {
	if i := len(o.runs) - 1; i >= 0 {
		r := &o.runs[i]
		b := &o.msgs[i].Buffers[0]
		if r.to == to && !r.closed && n <= r.size && r.count < runPackets && len(*b)+n <= runBytes && to.sock.segments.Load() {
			*b = (*b)[:len(*b)+n]
			r.count++
			r.closed = n < r.size
			return
		}
	}
	i := len(o.runs)
	o.runs = append(o.runs, run{to: to, size: n, count: 1})
	m := &o.msgs[i]
	m.Buffers[0] = o.arena[len(o.arena)-n : len(o.arena) : cap(o.arena)]
	m.Addr = to.addr
}

// flush sends everything. Runs of one socket that follow each other share a system call.
func (o *outbox) flush() {
	for from := 0; from < len(o.runs); {
		sock := o.runs[from].to.sock
		to := from
		for to < len(o.runs) && o.runs[to].to.sock == sock {
			o.msgs[to].OOB = nil
			if o.runs[to].count > 1 {
				o.msgs[to].OOB = segmentControl(o.oob[to], o.runs[to].size)
			}
			to++
		}
		o.write(sock, from, to)
		from = to
	}
	o.runs = o.runs[:0]
	o.arena = o.arena[:0]
}

// write sends the runs [from, to). A destination that cannot be reached costs its own run only; a full socket buffer drops, as the
// network would.
func (o *outbox) write(sock *mediaSocket, from, to int) {
	for from < to {
		n, err := sock.batch.WriteBatch(o.msgs[from:to], syscall.MSG_DONTWAIT)
		o.m.outCalls.Add(1)
		from += max(n, 0)
		if err == nil && n > 0 {
			continue
		}
		if from >= to {
			return
		}
		switch {
		case o.runs[from].count > 1 && noSegments(err):
			sock.segments.Store(false)
			o.one(sock, from)
		case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.ENOBUFS), errors.Is(err, net.ErrClosed):
			for _, r := range o.runs[from:to] {
				o.m.dropped[dropWrite].Add(uint64(r.count))
			}
			return
		default:
			o.m.dropped[dropWrite].Add(uint64(o.runs[from].count))
		}
		from++
	}
}

// noSegments tells whether the kernel or the card refused UDP_SEGMENT.
func noSegments(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOPROTOOPT) || errors.Is(err, syscall.EIO)
}

// one sends the packets of a run one by one.
func (o *outbox) one(sock *mediaSocket, i int) {
	rest, size := o.msgs[i].Buffers[0], o.runs[i].size
	o.single[0].Addr = o.msgs[i].Addr
	for len(rest) > 0 {
		n := min(size, len(rest))
		o.single[0].Buffers[0] = rest[:n]
		if _, err := sock.batch.WriteBatch(o.single, syscall.MSG_DONTWAIT); err != nil {
			o.m.dropped[dropWrite].Add(1)
		}
		o.m.outCalls.Add(1)
		rest = rest[n:]
	}
}
