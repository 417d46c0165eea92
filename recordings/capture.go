package recordings

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// A capture is a file in the rtpdump format of the rtptools: a line, a header, then records.
const (
	captureLine  = "#!rtpplay1.0 0.0.0.0/0\n" // no participant's address in an archive
	captureHead  = len(captureLine) + 16      // start seconds, microseconds, address, port, padding
	recordHead   = 8                          // length with this header, RTP length or 0 for RTCP, milliseconds since the start
	minRTP       = 12                         // RFC 3550 section 5.1
	minRTCP      = 8                          // RFC 3550 section 6.1, the sender's SSRC included
	maxRecord    = 1<<16 - 1                  // its length has 16 bits
	offsetJitter = 5000                       // ms by which a record may lie before or far behind the newest one without being damage
)

// ErrNoCapture means that a file does not begin as a capture does: nothing in it can be used.
var ErrNoCapture = errors.New("recordings: not a capture")

// appendHead begins a capture.
func appendHead(b []byte, start time.Time) []byte {
	b = append(b, captureLine...)
	b = binary.BigEndian.AppendUint32(b, uint32(start.Unix()))
	b = binary.BigEndian.AppendUint32(b, uint32(start.Nanosecond()/1000))
	return append(b, 0, 0, 0, 0, 0, 0, 0, 0)
}

// appendRecord adds one packet that arrived that many milliseconds after the capture's start. The packet has at most
// maxRecord-recordHead bytes.
func appendRecord(b []byte, ms uint32, rtcp bool, raw []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(raw)+recordHead))
	plen := uint16(len(raw))
	if rtcp {
		plen = 0
	}
	b = binary.BigEndian.AppendUint16(b, plen)
	b = binary.BigEndian.AppendUint32(b, ms)
	return append(b, raw...)
}

// Record is one packet of a capture. Raw is valid until the next one is read.
type Record struct {
	MS   uint32 // arrival, milliseconds since the capture's start
	RTCP bool
	Raw  []byte
}

// SSRC is the sender's.
func (r Record) SSRC() uint32 {
	if r.RTCP {
		return binary.BigEndian.Uint32(r.Raw[4:])
	}
	return binary.BigEndian.Uint32(r.Raw[8:])
}

// Scan is what a capture holds up to its first bad record.
type Scan struct {
	Start       time.Time // wall clock
	Size        int64     // bytes up to the end of the last good record
	Packets     int       // RTP and RTCP
	First, Last uint32    // milliseconds of the earliest and the latest packet since Start
	Whole       bool      // nothing follows
	SHA256      [sha256.Size]byte
}

// ScanCapture reads a capture as far as it is good and calls fn, if there is one, with each record. A record is good when its
// lengths fit together, its version is 2, known (if given) knows its SSRC and its time is within five seconds of the newest one.
// The error is ErrNoCapture, one of reading, or fn's; damage is none: the scan ends there.
func ScanCapture(r io.Reader, known func(ssrc uint32) bool, fn func(Record) error) (Scan, error) {
	in := bufio.NewReaderSize(r, 16<<10)
	var s Scan
	sum := sha256.New()
	head := make([]byte, captureHead)
	if _, err := io.ReadFull(in, head); err != nil {
		return s, ended(err, ErrNoCapture)
	}
	if string(head[:len(captureLine)]) != captureLine {
		return s, ErrNoCapture
	}
	at := head[len(captureLine):]
	s.Start = time.Unix(int64(binary.BigEndian.Uint32(at)), int64(binary.BigEndian.Uint32(at[4:]))*1000).UTC()
	sum.Write(head)
	s.Size = int64(captureHead)
	buf := make([]byte, 2<<10) // grows for longer packets
	for {
		rec, n, err := nextRecord(in, &buf)
		if err != nil {
			s.Whole = errors.Is(err, io.EOF)
			sum.Sum(s.SHA256[:0])
			return s, ended(err, nil)
		}
		if known != nil && !known(rec.SSRC()) || s.Packets > 0 && strays(rec.MS, s.Last) {
			sum.Sum(s.SHA256[:0])
			return s, nil
		}
		if fn != nil {
			if err := fn(rec); err != nil {
				return s, err
			}
		}
		sum.Write(buf[:n])
		s.Size += int64(n)
		if s.Packets == 0 || rec.MS < s.First {
			s.First = rec.MS
		}
		s.Packets, s.Last = s.Packets+1, max(s.Last, rec.MS)
	}
}

// strays tells whether a record's time cannot be: arrival order makes time monotone but for the readers of several streams.
func strays(ms, newest uint32) bool { return int64(ms) < int64(newest)-offsetJitter }

// errDamaged ends a scan at a record that cannot be one.
var errDamaged = errors.New("damaged record")

// nextRecord reads a record into a buffer that it may make longer; n is its length. io.EOF comes only between two records.
func nextRecord(in io.Reader, into *[]byte) (rec Record, n int, err error) {
	buf := *into
	if _, err := io.ReadFull(in, buf[:recordHead]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = errDamaged
		}
		return rec, 0, err
	}
	n = int(binary.BigEndian.Uint16(buf))
	plen := int(binary.BigEndian.Uint16(buf[2:]))
	rec = Record{MS: binary.BigEndian.Uint32(buf[4:]), RTCP: plen == 0}
	least := recordHead + minRTP
	if rec.RTCP {
		least = recordHead + minRTCP
	}
	if n < least || !rec.RTCP && plen != n-recordHead {
		return rec, 0, errDamaged
	}
	if n > len(buf) {
		buf = append(buf, make([]byte, maxRecord-len(buf))...)
		*into = buf
	}
	if _, err := io.ReadFull(in, buf[recordHead:n]); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errDamaged
		}
		return rec, 0, err
	}
	rec.Raw = buf[recordHead:n]
	if rec.Raw[0]>>6 != 2 {
		return rec, 0, errDamaged
	}
	return rec, n, nil
}

// ended maps the end of a file to what it means, and leaves failures of reading.
func ended(err, meaning error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errDamaged) {
		return meaning
	}
	return fmt.Errorf("recordings: read a capture: %w", err)
}
