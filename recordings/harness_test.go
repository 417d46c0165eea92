package recordings

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(childDir) != "" {
		record(os.Getenv(childDir))
		return
	}
	goleak.VerifyTestMain(m)
}

// rtp makes a packet of a stream; it carries the time at which it was made.
func rtp(ssrc uint32, sn int, size int) []byte {
	b := make([]byte, max(size, 20))
	b[0], b[1] = 0x80, 111
	binary.BigEndian.PutUint16(b[2:], uint16(sn))
	binary.BigEndian.PutUint32(b[4:], uint32(sn*960))
	binary.BigEndian.PutUint32(b[8:], ssrc)
	binary.BigEndian.PutUint64(b[12:], uint64(time.Now().UnixNano()))
	return b
}

// report makes a sender report (RFC 3550 section 6.4.1).
func report(ssrc uint32) []byte {
	b := make([]byte, 28)
	b[0], b[1], b[3] = 0x80, 200, 6
	binary.BigEndian.PutUint32(b[4:], ssrc)
	return b
}

func opus() webrtc.RTPParameters {
	return webrtc.RTPParameters{
		Codecs: []webrtc.RTPCodecParameters{{
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "audio/opus", ClockRate: 48000, Channels: 2}, PayloadType: 111,
		}},
		HeaderExtensions: []webrtc.RTPHeaderExtensionParameter{{ID: 1, URI: "urn:ietf:params:rtp-hdrext:ssrc-audio-level"}},
	}
}

// take is a recorder under test and what it told.
type take struct {
	*Recorder
	dir string

	mu     sync.Mutex
	sealed []Segment
	gaps   []Gap
}

func begin(t *testing.T, dir string, change func(*Config)) *take {
	t.Helper()
	tk := &take{dir: dir}
	m, err := LoadManifest(dir)
	if err != nil {
		m = NewManifest("sitting", "r1")
	}
	cfg := Config{
		Dir: dir, Manifest: m, Boot: "boot",
		Sealed: func(s []Segment) {
			tk.mu.Lock()
			defer tk.mu.Unlock()
			tk.sealed = append(tk.sealed, s...)
		},
		Lost: func(g Gap) {
			tk.mu.Lock()
			defer tk.mu.Unlock()
			tk.gaps = append(tk.gaps, g)
		},
	}
	if change != nil {
		change(&cfg)
	}
	r, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	tk.Recorder = r
	t.Cleanup(func() { _ = r.Close(StateSealed) })
	return tk
}

func (tk *take) lostStretches() []Gap {
	tk.mu.Lock()
	defer tk.mu.Unlock()
	return append([]Gap(nil), tk.gaps...)
}

// eventually waits for a state with a deadline.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %s", what)
		}
	}
}

// packetsOf reads every sealed capture of a source and gives how many packets it holds.
func packetsOf(t *testing.T, dir string, src uint32) int {
	t.Helper()
	m, err := LoadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, s := range m.Segments {
		if s.Src == src {
			n += scanFile(t, s.Path(dir)).Packets
		}
	}
	return n
}

func scanFile(t *testing.T, name string) Scan {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := ScanCapture(f, nil, nil)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if !s.Whole {
		t.Fatalf("%s has a bad record behind %d bytes", name, s.Size)
	}
	return s
}

var errDisk = errors.New("the test's disk refuses")

// badDisk is a disk that can stall and refuse.
type badDisk struct {
	osDisk

	mu    sync.Mutex
	gate  chan struct{} // not nil: writes and syncs wait until it is closed
	room  int           // bytes that may still be written; negative = no limit
	syncs error         // what datasync says
}

func newBadDisk() *badDisk { return &badDisk{room: -1} }

func (d *badDisk) wait() {
	d.mu.Lock()
	gate := d.gate
	d.mu.Unlock()
	if gate != nil {
		<-gate
	}
}

// stall holds every write and sync until the returned function is called.
func (d *badDisk) stall() (release func()) {
	gate := make(chan struct{})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gate = gate
	return sync.OnceFunc(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.gate = nil
		close(gate)
	})
}

func (d *badDisk) leave(room int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room = room
}

func (d *badDisk) refuseSyncs(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.syncs = err
}

func (d *badDisk) create(name string) (file, error) {
	d.wait()
	f, err := d.osDisk.create(name)
	if err != nil {
		return nil, err
	}
	return &badFile{f.(osFile), d}, nil
}

type badFile struct {
	osFile
	d *badDisk
}

func (f *badFile) Write(b []byte) (int, error) {
	f.d.wait()
	f.d.mu.Lock()
	n := len(b)
	if f.d.room >= 0 && n > f.d.room {
		n = f.d.room
	}
	if f.d.room >= 0 {
		f.d.room -= n
	}
	f.d.mu.Unlock()
	written, err := f.osFile.Write(b[:n]) // a full disk takes a part
	if err == nil && n < len(b) {
		err = errDisk
	}
	return written, err
}

func (f *badFile) datasync() error {
	f.d.wait()
	f.d.mu.Lock()
	err := f.d.syncs
	f.d.mu.Unlock()
	if err != nil {
		return err
	}
	return f.osFile.datasync()
}

func folder(t *testing.T) string { return filepath.Join(t.TempDir(), "sitting", "r1") }
