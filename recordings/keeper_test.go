package recordings

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"nghitruong/council"
)

// book is a ledger in memory.
type book struct {
	mu     sync.Mutex
	notes  []council.CommandBody
	light  *council.RecordingLight
	refuse error // what Note answers
}

func (b *book) Note(_ context.Context, body council.CommandBody) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse == nil {
		b.notes = append(b.notes, body)
	}
	return b.refuse
}

func (b *book) SetRecording(_ context.Context, light *council.RecordingLight) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.light = light
	return nil
}

func (b *book) MonoMS(time.Time) int64 { return 1234 }

func (b *book) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refuse = err
}

// lamp is what is shown; "" for no light.
func (b *book) lamp() council.RecordingLight {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.light == nil {
		return council.RecordingLight{}
	}
	return *b.light
}

// segments counts the sealed ones of a recording; twice the same counts once, as in the ledger.
func (b *book) segments(id string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := map[[2]int]bool{}
	for _, n := range b.notes {
		if s, ok := n.(council.RecordingSeal); ok && s.Recording == id {
			for _, seg := range s.Segments {
				seen[[2]int{int(seg.Src), seg.N}] = true
			}
		}
	}
	return len(seen)
}

// noted tells whether the ledger was told this.
func (b *book) noted(is func(council.CommandBody) bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.notes {
		if is(n) {
			return true
		}
	}
	return false
}

// house is a server with one sitting: a microphone and a camera that never rest.
type house struct {
	*Keeper
	book *book
	wish func(council.RecordingWish)
	root string

	mu   sync.Mutex
	tap  *Recorder
	taps int
	sn   int
}

// disk0 is a disk with so many percent free.
type disk0 struct {
	mu  sync.Mutex
	pct float64
	err error
}

func (d *disk0) of(string) (Space, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	const total = 1 << 40
	return Space{Free: uint64(d.pct / 100 * total), Total: total}, d.err
}

func (d *disk0) set(pct float64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pct, d.err = pct, err
}

func openHouse(t *testing.T, root string, b *book, measure func(string) (Space, error)) *house {
	t.Helper()
	k, err := NewKeeper(KeeperConfig{Root: root, Data: filepath.Dir(root), Boot: "boot", measure: measure})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{Keeper: k, book: b, root: root}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				h.feed()
			case <-ctx.Done():
				return
			}
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait(); h.Close() })
	h.wish = k.Attend("s1", b, func(r *Recorder) func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.tap = r
		h.taps++
		r.Opened(5, 7, "an", kindMic, "", opus())
		r.Opened(6, 8, "an", "cam", "", opus())
		return func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.tap = nil
		}
	})
	return h
}

func (h *house) feed() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tap == nil {
		return
	}
	h.sn++
	h.tap.RTP(5, 7, time.Now(), rtp(7, h.sn, 80))
	h.tap.RTP(6, 8, time.Now(), rtp(8, h.sn, 800))
}

func (h *house) manifest(id string) *Manifest {
	m, err := LoadManifest(filepath.Join(h.root, "s1", id))
	if err != nil {
		return &Manifest{}
	}
	return m
}

func on(id string) council.RecordingWish {
	return council.RecordingWish{ID: id, State: council.RecordingOn}
}
func held(id string) council.RecordingWish {
	return council.RecordingWish{ID: id, State: council.RecordingOnHold}
}
func stopped(id string) council.RecordingWish {
	return council.RecordingWish{ID: id, State: council.RecordingStopped}
}

func rootOf(t *testing.T) string { return filepath.Join(t.TempDir(), "recordings") }

// TestKeeper follows a recording from start to stop, with a pause between: light, takes, sums in the ledger.
func TestKeeper(t *testing.T) {
	t.Parallel()
	b := &book{}
	h := openHouse(t, rootOf(t), b, (&disk0{pct: 50}).of)
	h.wish(council.RecordingWish{State: council.RecordingNone})
	h.wish(on("r2"))
	eventually(t, "red light", func() bool { l := b.lamp(); return l.Lamp == string(LightOn) && l.Space == SpaceOK && l.Bytes > 0 })
	h.wish(held("r2"))
	eventually(t, "no light in the pause", func() bool { return b.lamp() == (council.RecordingLight{}) })
	eventually(t, "paused manifest", func() bool { return h.manifest("r2").State == StatePaused })
	eventually(t, "segments of the first take", func() bool { return b.segments("r2") == 2 })
	h.wish(on("r2"))
	eventually(t, "red light again", func() bool { return b.lamp().Lamp == string(LightOn) })
	h.wish(stopped("r2"))
	eventually(t, "sealed manifest", func() bool { m := h.manifest("r2"); return m.State == StateSealed && m.Noted })
	m := h.manifest("r2")
	if len(m.Takes) != 2 || m.Takes[0].MonoMS != 1234 || m.Takes[0].Boot != "boot" || len(m.Segments) != 4 || b.segments("r2") != 4 || len(m.Gaps) != 0 {
		t.Errorf("manifest %+v; %d segments in the ledger", m, b.segments("r2"))
	}
	h.wish(on("r9"))
	eventually(t, "the next recording", func() bool { return h.manifest("r9").State == StateRecording })
	h.wish(on("r11")) // the end and the start came as one wish
	eventually(t, "the one after", func() bool { return h.manifest("r9").State == StateSealed && h.manifest("r11").State == StateRecording })
}

// TestKeeperRestart: a recording goes on after a restart, the time between is written down as a gap, and nothing is missing in the ledger.
func TestKeeperRestart(t *testing.T) {
	t.Parallel()
	root, b, d := rootOf(t), &book{}, &disk0{pct: 50}
	first := openHouse(t, root, b, d.of)
	first.wish(on("r2"))
	eventually(t, "red light", func() bool { return b.lamp().Lamp == string(LightOn) })
	first.Close()
	if m := first.manifest("r2"); m.State != StateRecording || m.Takes[0].End == 0 || m.Takes[0].Interrupted {
		t.Fatalf("after the stop: %+v", m)
	}
	b.notes, b.light = nil, nil // as if the server had died before it could write
	second := openHouse(t, root, b, d.of)
	second.wish(on("r2"))
	eventually(t, "red light", func() bool { return b.lamp().Lamp == string(LightOn) })
	eventually(t, "gap", func() bool {
		return b.noted(func(n council.CommandBody) bool {
			g, ok := n.(council.RecordingMiss)
			return ok && g.Recording == "r2" && g.Src == 0 && g.Why == WhyRestart && g.To >= g.From
		})
	})
	second.wish(stopped("r2"))
	eventually(t, "sealed manifest", func() bool { return second.manifest("r2").Noted })
	if n, m := b.segments("r2"), second.manifest("r2"); n != 4 || len(m.Segments) != 4 {
		t.Errorf("%d segments in the ledger, manifest %+v", n, m)
	}
}

// TestKeeperFindsCrashed: after a crash the ledger gets what was sealed, also of recordings that have ended.
func TestKeeperFindsCrashed(t *testing.T) {
	t.Parallel()
	bytes, _ := sample(30)
	root := rootOf(t)
	dir := filepath.Join(root, "s1", "r2")
	if err := (osDisk{}).mkdir(sourceDir(dir, 5)); err != nil {
		t.Fatal(err)
	}
	write(t, captureName(dir, 5, 0)+openSuffix, bytes)
	b := &book{}
	h := openHouse(t, root, b, (&disk0{pct: 50}).of)
	if got := h.Unfinished(); len(got) != 0 {
		t.Errorf("attended and still unfinished: %v", got)
	}
	h.wish(stopped("r2"))
	eventually(t, "segment in the ledger", func() bool { return b.segments("r2") == 1 && h.manifest("r2").Noted })
	h.Close()
	k, err := NewKeeper(KeeperConfig{Root: root, Data: root})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if got := k.Unfinished(); len(got) != 0 {
		t.Errorf("finished and still listed: %v", got)
	}
}

func TestKeeperLists(t *testing.T) {
	root := rootOf(t)
	for _, s := range []string{"s1", "s2"} {
		if err := (osDisk{}).mkdir(filepath.Join(root, s, "r2")); err != nil {
			t.Fatal(err)
		}
	}
	k, err := NewKeeper(KeeperConfig{Root: root, Data: root})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(k.Unfinished(), " "); got != "s1 s2" {
		t.Errorf("unfinished: %v", got)
	}
	k.Close()
	k.Attend("s1", &book{}, nil)(on("r2")) // after the end nothing happens
}

// TestKeeperKeepsWhatTheLedgerCannotTake and tells it later.
func TestKeeperKeepsWhatTheLedgerCannotTake(t *testing.T) {
	t.Parallel()
	b := &book{}
	h := openHouse(t, rootOf(t), b, (&disk0{pct: 50}).of)
	h.wish(on("r2"))
	eventually(t, "red light", func() bool { return b.lamp().Lamp == string(LightOn) })
	b.fail(errors.New("the disk is full"))
	h.wish(held("r2"))
	eventually(t, "paused manifest", func() bool { return h.manifest("r2").State == StatePaused })
	if b.segments("r2") != 0 {
		t.Fatal("noted in spite of the failure")
	}
	b.fail(nil)
	eventually(t, "segments in the ledger", func() bool { return b.segments("r2") == 2 })
}

// TestSpaceSteps walks a recording down a disk that fills: warned, audio only, stopped; and up again.
func TestSpaceSteps(t *testing.T) {
	t.Parallel()
	b, d := &book{}, &disk0{pct: 50}
	h := openHouse(t, rootOf(t), b, d.of)
	h.wish(on("r2"))
	reduced := func(want bool) func() bool {
		return func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			last := false
			for _, n := range b.notes {
				if r, ok := n.(council.RecordingReduce); ok {
					last = r.AudioOnly
				}
			}
			return last == want
		}
	}
	step := func(pct float64, want string) {
		t.Helper()
		d.set(pct, nil)
		eventually(t, want, func() bool { l := b.lamp(); return l.Space == want && l.FreePct == int(pct) })
	}
	step(50, SpaceOK)
	step(9.9, SpaceLow)
	step(10.5, SpaceLow) // clearly more is needed
	step(4.9, SpaceAudio)
	eventually(t, "audio only", reduced(true))
	step(5.5, SpaceAudio)
	step(7.5, SpaceLow)
	eventually(t, "pictures again", reduced(false))
	step(0.9, SpaceFull)
	eventually(t, "halt", func() bool {
		return b.noted(func(n council.CommandBody) bool { return n == council.CommandBody(council.RecordingHalt{}) })
	})
	h.wish(stopped("r2"))
	eventually(t, "sealed", func() bool { return h.manifest("r2").State == StateSealed })
}

// TestReady refuses what would not last: hours until pictures must be left out.
func TestReady(t *testing.T) {
	t.Parallel()
	d := &disk0{pct: 50}
	k, err := NewKeeper(KeeperConfig{Root: rootOf(t), Data: t.TempDir(), measure: d.of})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	few, need, able := k.Ready(4)
	many, _, _ := k.Ready(25)
	if !able || need != needHours || few < need || many > few/2 || many < need {
		t.Errorf("%v hours for 4 people, %v for 25, need %v, %v", few, many, need, able)
	}
	if more, _, _ := k.Ready(100); more > many {
		t.Errorf("%v hours for 100 people, %v for 25", more, many)
	}
	d.set(5.1, nil)
	eventually(t, "too little room", func() bool { hours, need, able := k.Ready(25); return able && hours < need })
	d.set(5.1, os.ErrPermission)
	eventually(t, "no disk", func() bool { _, _, able := k.Ready(4); return !able })
}

// TestReserve is made once, when there is plenty of room, and given up when the ledger's disk is nearly full.
func TestReserve(t *testing.T) {
	dir := t.TempDir()
	free := uint64(ballastWhen)
	r := room{root: dir, data: dir, measure: func(string) (Space, error) { return Space{Free: free, Total: 1 << 40}, nil }}
	name := filepath.Join(dir, ballastName)
	if err := r.reserve(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(name); !absent(err) {
		t.Fatalf("made although room is short: %v", err)
	}
	write(t, name, nil) // what it holds is the system's business
	if err := r.reserve(); err != nil {
		t.Fatal(err)
	}
	r.look()
	if _, err := os.Stat(name); err != nil {
		t.Errorf("given up with %d bytes free: %v", free, err)
	}
	free = ballastEnds - 1
	r.look()
	if _, err := os.Stat(name); !absent(err) {
		t.Errorf("kept on a full disk: %v", err)
	}
	f, err := os.Create(filepath.Join(dir, "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := allocate(f, 1<<20); err != nil {
		t.Fatal(err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != 1<<20 {
		t.Errorf("%v, %v", info, err)
	}
}

// TestSpaceOf measures a real disk.
func TestSpaceOf(t *testing.T) {
	s, err := SpaceOf(t.TempDir())
	if err != nil || s.Free == 0 || s.Total < s.Free || s.Pct() > 100 {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := SpaceOf(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("measured nothing")
	}
	if (Space{}).Pct() != 0 {
		t.Error("percent of nothing")
	}
}

// TestMergedGaps joins what follows each other.
func TestMergedGaps(t *testing.T) {
	got := merged([]Gap{
		{Src: 1, From: 0, To: 100, Packets: 1, Why: WhyDisk}, {Src: 2, From: 0, To: 100, Packets: 1, Why: WhyDisk},
		{Src: 1, From: 900, To: 1000, Packets: 2, Why: WhyDisk}, {Src: 1, From: 9000, To: 9100, Packets: 4, Why: WhyDisk},
	})
	if len(got) != 3 || got[0] != (Gap{Src: 1, From: 0, To: 1000, Packets: 3, Why: WhyDisk}) {
		t.Errorf("%+v", got)
	}
}
