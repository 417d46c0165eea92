package recordings

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// cutDisk knows what a power cut would leave: content up to the last sync, and names whose folder was synced.
type cutDisk struct {
	osDisk

	mu    sync.Mutex
	files map[string]*cutFile
}

type cutFile struct {
	osFile
	d       *cutDisk
	name    string // as it would be found after a cut; "" = not at all
	now     string
	written int64
	synced  int64
}

func (d *cutDisk) create(name string) (file, error) {
	f, err := d.osDisk.create(name)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	c := &cutFile{osFile: f.(osFile), d: d, now: name}
	d.files[name] = c
	return c, nil
}

func (f *cutFile) Write(b []byte) (int, error) {
	n, err := f.osFile.Write(b)
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	f.written += int64(n)
	return n, err
}

func (f *cutFile) datasync() error {
	f.d.mu.Lock()
	size := f.written
	f.d.mu.Unlock()
	err := f.osFile.datasync()
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err == nil {
		f.synced = size
	}
	return err
}

func (d *cutDisk) rename(from, to string) error {
	d.mu.Lock()
	if f := d.files[from]; f != nil {
		f.now = to
		delete(d.files, from)
		d.files[to] = f
	}
	d.mu.Unlock()
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return d.syncDir(filepath.Dir(to))
}

func (d *cutDisk) syncDir(dir string) error {
	err := d.osDisk.syncDir(dir)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.files {
		if filepath.Dir(f.now) == dir {
			f.name = f.now
		}
	}
	return err
}

// remains is one file after a cut.
type remains struct {
	name            string
	written, synced int64
}

// cut is the state at an instant.
type cut struct {
	at       time.Time
	files    []remains
	manifest []byte
}

func (d *cutDisk) cutNow(dir string) cut {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := cut{at: time.Now()}
	for _, f := range d.files {
		if f.name != "" {
			c.files = append(c.files, remains{f.name, f.written, f.synced})
		}
	}
	c.manifest, _ = os.ReadFile(filepath.Join(dir, manifestName)) // replaced durably; none yet is none
	return c
}

// rebuild makes the folder as a cut would leave it: of what was not synced nothing, all, half, or zeroes reached the disk.
func (c cut) rebuild(t *testing.T, from, to, tail string) {
	t.Helper()
	d := osDisk{}
	if err := d.mkdir(to); err != nil {
		t.Fatal(err)
	}
	if len(c.manifest) > 0 {
		write(t, filepath.Join(to, manifestName), c.manifest)
	}
	for _, f := range c.files {
		rel, err := filepath.Rel(from, f.name)
		if err != nil {
			t.Fatal(err)
		}
		final := f.name
		content, err := os.ReadFile(final)
		if absent(err) { // sealed since
			content, err = os.ReadFile(final[:len(final)-len(openSuffix)])
		}
		if err != nil {
			t.Fatal(err)
		}
		content = content[:f.written]
		switch tail {
		case "none":
			content = content[:f.synced]
		case "half":
			content = content[:(f.synced+f.written)/2]
		case "zeroes":
			clear(content[f.synced:])
		}
		if err := d.mkdir(filepath.Dir(filepath.Join(to, rel))); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(to, rel), content)
	}
}

// TestPowerCut replays power cuts at random instants of a take: whatever of the unsynced tail reached the disk, less than two
// seconds of a source are lost, and everything is readable.
func TestPowerCut(t *testing.T) {
	dir, d := folder(t), &cutDisk{files: map[string]*cutFile{}}
	tk := begin(t, dir, func(c *Config) { c.disk = d })
	sources := []uint32{5, 6, 7}
	for _, src := range sources {
		tk.Opened(src, src, "an", kindMic, "", opus())
	}
	began := time.Now()
	var cuts []cut
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for sn := 0; time.Since(began) < 3500*time.Millisecond; sn++ {
		for _, src := range sources {
			tk.RTP(src, src, time.Now(), rtp(src, sn, 300))
		}
		if rand.IntN(8) == 0 {
			cuts = append(cuts, d.cutNow(dir))
		}
		<-tick.C
	}
	if err := tk.Close(StateSealed); err != nil {
		t.Fatal(err)
	}
	cuts = append(cuts, d.cutNow(dir))
	worst := time.Duration(0)
	for _, c := range cuts {
		for _, tail := range []string{"none", "half", "zeroes", "all"} {
			to := filepath.Join(t.TempDir(), "s", "r1")
			c.rebuild(t, dir, to, tail)
			m, err := Salvage(to)
			if err != nil {
				t.Fatal(err)
			}
			for _, src := range sources {
				newest := began
				for _, s := range m.Segments {
					if s.Src == src {
						newest = later(newest, newestIn(t, s.Path(to)))
					}
				}
				worst = max(worst, c.at.Sub(newest))
			}
		}
	}
	t.Logf("%d cuts, four tails each: at most %v lost", len(cuts), worst)
	if worst >= 2*time.Second {
		t.Errorf("%v lost", worst)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// newestIn is when the newest packet of a sealed capture was sent.
func newestIn(t *testing.T, name string) time.Time {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	newest := int64(0)
	s, err := ScanCapture(f, nil, func(r Record) error {
		newest = max(newest, int64(binary.BigEndian.Uint64(r.Raw[12:])))
		return nil
	})
	if err != nil || !s.Whole {
		t.Errorf("%s: %+v, %v", name, s, err)
	}
	return time.Unix(0, newest)
}
