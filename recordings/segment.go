package recordings

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
)

// bufferBytes of a capture are written with one call.
const bufferBytes = 64 << 10

// segment is one capture that is being written. The writer owns it until it hands it to the syncer for sealing; meanwhile the
// syncer only asks its file to be synced.
type segment struct {
	src    uint32
	n      int
	minute int64  // of the take
	name   string // sealed; openSuffix is behind it until then
	f      file
	fresh  bool // its name is not durable yet; owned by the syncer after the first flush

	buf     []byte
	pending int // packets in buf
	from    int64
	to      int64 // nanoseconds since the take's start of the first and last packet in buf

	began   int64 // nanoseconds since the take's start: zero of the records
	size    int64 // bytes in the kernel
	packets int
	last    uint32 // ms since began
	sum     hash.Hash
}

// add puts a packet into the buffer.
func (s *segment) add(e *entry) {
	if s.pending == 0 {
		s.from = e.at
	}
	ms := uint32(max(0, e.at-s.began) / 1e6)
	s.buf = appendRecord(s.buf, ms, e.rtcp, e.raw)
	s.pending++
	s.to = e.at
	s.last = max(s.last, ms)
}

// flush gives the buffer to the kernel. When that fails the file is cut back to its last whole record, the buffer is lost and
// the error says so.
func (s *segment) flush() error {
	if len(s.buf) == 0 {
		return nil
	}
	_, err := s.f.Write(s.buf)
	if err == nil {
		s.sum.Write(s.buf)
		s.size += int64(len(s.buf))
		s.packets += s.pending
	} else if cut := s.f.Truncate(s.size); cut != nil {
		err = fmt.Errorf("%w; cut back: %w", err, cut)
	}
	s.buf, s.pending = s.buf[:0], 0
	return err
}

// sealed describes the segment once all of it is written; start is the take's in Unix milliseconds.
func (s *segment) sealed(start, mono int64) Segment {
	began := s.began / 1e6
	return Segment{
		Src: s.src, N: s.n, Packets: s.packets, Bytes: s.size, SHA256: hex.EncodeToString(s.sum.Sum(nil)),
		Start: start + began, End: start + began + int64(s.last), MonoMS: mono + began,
	}
}

func newSum() hash.Hash { return sha256.New() }
