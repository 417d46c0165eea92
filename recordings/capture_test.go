package recordings

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/pion/webrtc/v4/pkg/media/rtpdump"
)

// sample is a capture of two streams; ends are the offsets behind its records.
func sample(records int) (b []byte, ends []int) {
	b = appendHead(nil, time.Unix(1700000000, 123456000))
	for i := range records {
		ms := uint32(i * 20)
		if i%10 == 9 {
			b = appendRecord(b, ms, true, report(7))
		} else {
			b = appendRecord(b, ms, false, rtp(7+uint32(i%2), i, 60+i%40))
		}
		ends = append(ends, len(b))
	}
	return b, ends
}

func streams7(ssrc uint32) bool { return ssrc == 7 || ssrc == 8 }

// readAll reads a capture with Pion's reader, as other programs do.
func readAll(t *testing.T, b []byte) int {
	t.Helper()
	r, _, err := rtpdump.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		_, err := r.Next()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			t.Fatalf("Pion's reader, behind %d packets: %v", n, err)
		}
		n++
	}
}

// TestCaptureIsRTPDump holds that other programs read what is written.
func TestCaptureIsRTPDump(t *testing.T) {
	b, _ := sample(50)
	r, head, err := rtpdump.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if head.Start.UnixMicro() != 1700000000123456 || !head.Source.IsUnspecified() || head.Port != 0 {
		t.Errorf("head %+v", head)
	}
	for i := range 50 {
		p, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if p.IsRTCP != (i%10 == 9) || p.Offset != time.Duration(i)*20*time.Millisecond {
			t.Fatalf("packet %d: %+v", i, p)
		}
	}
	s, err := ScanCapture(bytes.NewReader(b), streams7, nil)
	if err != nil || !s.Whole || s.Packets != 50 || s.First != 0 || s.Last != 980 || s.SHA256 != sha256.Sum256(b) || s.Start.UnixMicro() != 1700000000123456 {
		t.Errorf("scan %+v, %v", s, err)
	}
}

// TestTruncatedAnywhere cuts a capture at every byte: the scan keeps every whole record, and what it keeps is a
// capture that Pion's reader reads to its end.
func TestTruncatedAnywhere(t *testing.T) {
	b, ends := sample(300)
	if len(b) > 64<<10 || len(b) < 20<<10 {
		t.Fatalf("the sample has %d bytes", len(b))
	}
	whole := 0
	for cut := range len(b) + 1 {
		s, err := ScanCapture(bytes.NewReader(b[:cut]), streams7, nil)
		if cut < captureHead {
			if !errors.Is(err, ErrNoCapture) || s.Size != 0 {
				t.Fatalf("cut at %d: %+v, %v", cut, s, err)
			}
			continue
		}
		for whole < len(ends) && ends[whole] <= cut {
			whole++
		}
		want := captureHead
		if whole > 0 {
			want = ends[whole-1]
		}
		if err != nil || s.Packets != whole || s.Size != int64(want) || s.Whole != (cut == want) {
			t.Fatalf("cut at %d: %+v, %v; want %d packets in %d bytes", cut, s, err, whole, want)
		}
		if cut%197 == 0 || cut == len(b) {
			if n := readAll(t, b[:s.Size]); n != whole {
				t.Fatalf("cut at %d: Pion's reader finds %d of %d packets", cut, n, whole)
			}
		}
	}
}

// TestDamagedRecords holds that a scan ends before what cannot be a record.
func TestDamagedRecords(t *testing.T) {
	good, ends := sample(40)
	tests := map[string]func(b []byte){
		"length 1, which Pion's reader underflows on": func(b []byte) { binary.BigEndian.PutUint16(b, 1) },
		"length 0":                          func(b []byte) { binary.BigEndian.PutUint16(b, 0) },
		"length of an RTP packet too short": func(b []byte) { binary.BigEndian.PutUint16(b, 8+11) },
		"RTP length that does not fit":      func(b []byte) { binary.BigEndian.PutUint16(b[2:], 9) },
		"another version":                   func(b []byte) { b[8] = 0x40 },
		"unknown SSRC":                      func(b []byte) { binary.BigEndian.PutUint32(b[16:], 99) },
		"six seconds before the newest":     func(b []byte) { binary.BigEndian.PutUint32(b[4:], 0) },
		"zeroes to the end": func(b []byte) {
			clear(b)
		},
	}
	for name, damage := range tests {
		b := bytes.Clone(good)
		if name == "six seconds before the newest" {
			binary.BigEndian.PutUint32(b[ends[19]+4-(ends[19]-ends[18]):], 6000)
		}
		damage(b[ends[19]:])
		s, err := ScanCapture(bytes.NewReader(b), streams7, nil)
		if err != nil || s.Packets != 20 || s.Size != int64(ends[19]) || s.Whole {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errDisk }

func TestReadErrorIsNoDamage(t *testing.T) {
	b, _ := sample(5)
	if _, err := ScanCapture(io.MultiReader(bytes.NewReader(b), brokenReader{}), nil, nil); !errors.Is(err, errDisk) {
		t.Errorf("error %v", err)
	}
	if _, err := ScanCapture(bytes.NewReader(b), nil, func(Record) error { return errDisk }); !errors.Is(err, errDisk) {
		t.Errorf("fn's error: %v", err)
	}
}

// FuzzScan holds for any bytes: no panic, and what is kept is a capture that is kept whole the next time and read by Pion's reader.
func FuzzScan(f *testing.F) {
	b, ends := sample(30)
	f.Add(b)
	f.Add(b[:ends[10]+3])
	f.Add(append(bytes.Clone(b[:ends[3]]), make([]byte, 100)...))
	f.Add([]byte(captureLine))
	f.Fuzz(func(t *testing.T, in []byte) {
		s, err := ScanCapture(bytes.NewReader(in), nil, nil)
		if errors.Is(err, ErrNoCapture) {
			return
		}
		if err != nil || s.Size > int64(len(in)) {
			t.Fatalf("%+v, %v", s, err)
		}
		again, err := ScanCapture(bytes.NewReader(in[:s.Size]), nil, nil)
		if err != nil || !again.Whole || again.Packets != s.Packets || again.SHA256 != s.SHA256 || again.SHA256 != sha256.Sum256(in[:s.Size]) {
			t.Fatalf("%+v, then %+v, %v", s, again, err)
		}
		if n := readAll(t, in[:s.Size]); n != s.Packets {
			t.Fatalf("Pion's reader finds %d of %d packets", n, s.Packets)
		}
	})
}
