package recordings

import (
	"encoding/hex"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTakeOnDisk checks a take from its first packet to its last: captures, manifest, sums, and what was told.
func TestTakeOnDisk(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	tk := begin(t, dir, nil)
	tk.Opened(5, 7, "an", "mic", "", opus())
	tk.Opened(6, 8, "an", "cam", "h", opus())
	tk.RTP(9, 9, time.Now(), rtp(9, 0, 50)) // of no stream that was opened
	for i := range 100 {
		tk.RTP(5, 7, time.Now(), rtp(7, i, 80))
		tk.RTP(6, 8, time.Now(), rtp(8, i, 1200))
	}
	tk.RTCP(5, 7, time.Now(), report(7))
	if m, err := LoadManifest(dir); err != nil || m.State != StateRecording || len(m.Takes) != 1 || m.Takes[0].Boot != "boot" {
		t.Fatalf("manifest at the start: %+v, %v", m, err)
	}
	eventually(t, "light", func() bool { return tk.Health().Light == LightOn })
	tk.Closed(5, 7)
	if err := tk.Close(StateSealed); err != nil {
		t.Fatal(err)
	}
	m, err := LoadManifest(dir)
	if err != nil || m.State != StateSealed || len(m.Segments) != 2 || m.Takes[0].End < m.Takes[0].Start || m.Takes[0].Interrupted {
		t.Fatalf("manifest at the end: %+v, %v", m, err)
	}
	if len(m.Streams) != 2 || m.Streams[0].Who != "an" || m.Streams[0].Codecs[0].PT != 111 || m.Streams[0].Extensions[0].ID != 1 || m.Streams[1].RID != "h" {
		t.Errorf("streams %+v", m.Streams)
	}
	for _, s := range m.Segments {
		scan := scanFile(t, s.Path(dir))
		want := 100
		if s.Src == 5 {
			want = 101
		}
		if s.Packets != want || scan.Packets != want || hex.EncodeToString(scan.SHA256[:]) != s.SHA256 || scan.Size != s.Bytes {
			t.Errorf("segment %+v, on disk %+v", s, scan)
		}
		if s.Start < m.Takes[0].Start || s.End < s.Start {
			t.Errorf("times of %+v in take %+v", s, m.Takes[0])
		}
	}
	if len(tk.sealed) != 2 || len(tk.gaps) != 0 {
		t.Errorf("told %v, %v", tk.sealed, tk.gaps)
	}
	again, err := Salvage(dir)
	if err != nil || len(again.Segments) != 2 || again.State != StateSealed {
		t.Errorf("salvage of a recording in order: %+v, %v", again, err)
	}
}

// TestMinutesAreSealed holds that a capture covers one minute of the take and that the next one goes on.
func TestMinutesAreSealed(t *testing.T) {
	dir := folder(t)
	tk := begin(t, dir, nil)
	tk.Opened(5, 7, "an", "mic", "", opus())
	for i, at := range []time.Duration{0, 59 * time.Second, 60 * time.Second, 61 * time.Second, 200 * time.Second} {
		tk.RTP(5, 7, tk.start.Add(at), rtp(7, i, 80))
	}
	if err := tk.Close(StatePaused); err != nil {
		t.Fatal(err)
	}
	m, err := LoadManifest(dir)
	if err != nil || len(m.Segments) != 3 {
		t.Fatalf("%+v, %v", m, err)
	}
	for i, want := range []int{2, 2, 1} {
		if s := m.Segments[i]; s.N != i || s.Packets != want {
			t.Errorf("segment %d: %+v", i, s)
		}
	}
	if d := m.Segments[1].Start - m.Segments[0].Start; d != 60000 {
		t.Errorf("the second segment begins %d ms after the first", d)
	}
}

// TestNextTake goes on with the same recording: numbers go on, nothing is written over.
func TestNextTake(t *testing.T) {
	dir := folder(t)
	for round := range 3 {
		tk := begin(t, dir, nil)
		tk.Opened(5, uint32(7+round), "an", "mic", "", opus())
		tk.RTP(5, uint32(7+round), time.Now(), rtp(uint32(7+round), 0, 80))
		if err := tk.Close(StatePaused); err != nil {
			t.Fatal(err)
		}
	}
	m, err := LoadManifest(dir)
	if err != nil || len(m.Segments) != 3 || len(m.Takes) != 3 || len(m.Streams) != 3 || packetsOf(t, dir, 5) != 3 {
		t.Fatalf("%+v, %v", m, err)
	}
}

func TestAudioOnly(t *testing.T) {
	dir := folder(t)
	tk := begin(t, dir, nil)
	tk.Opened(5, 7, "an", "mic", "", opus())
	tk.Opened(6, 8, "an", "cam", "", opus())
	tk.AudioOnly(true)
	tk.RTP(5, 7, time.Now(), rtp(7, 0, 80))
	tk.RTP(6, 8, time.Now(), rtp(8, 0, 80))
	tk.AudioOnly(false)
	tk.RTP(6, 8, time.Now(), rtp(8, 1, 80))
	if err := tk.Close(StateSealed); err != nil {
		t.Fatal(err)
	}
	if a, v := packetsOf(t, dir, 5), packetsOf(t, dir, 6); a != 1 || v != 1 {
		t.Errorf("%d audio, %d video packets", a, v)
	}
}

// TestStalledDisk stops the disk: media goes on, the light goes out, what did not fit is written down as lost, and all else is there.
func TestStalledDisk(t *testing.T) {
	t.Parallel()
	dir, d := folder(t), newBadDisk()
	tk := begin(t, dir, func(c *Config) { c.disk, c.queue = d, 3*chunkSize })
	tk.Opened(5, 7, "an", "mic", "", opus())
	tk.RTP(5, 7, time.Now(), rtp(7, 0, 80))
	eventually(t, "light", func() bool { return tk.Health().Light == LightOn })
	release := d.stall()
	defer release()
	sent := 1
	for tk.queue.overflow() == 0 { // the writer may hold one batch beside the queue
		tk.RTP(5, 7, time.Now(), rtp(7, sent, 1000))
		sent++
	}
	eventually(t, "dark light", func() bool { return tk.Health().Light == LightStalled })
	if h := tk.Health(); h.Age < litFor {
		t.Errorf("stalled with an age of %v", h.Age)
	}
	release()
	eventually(t, "written loss", func() bool { return len(tk.lostStretches()) == 1 })
	tk.RTP(5, 7, time.Now(), rtp(7, sent, 80))
	sent++
	eventually(t, "light after the stall", func() bool { return tk.Health().Light == LightOn })
	if err := tk.Close(StateSealed); err != nil {
		t.Fatal(err)
	}
	gap := tk.lostStretches()[0]
	if gap.Src != 5 || gap.Why != WhyDisk || gap.Packets < 1 || gap.To < gap.From {
		t.Errorf("gap %+v", gap)
	}
	if n := packetsOf(t, dir, 5); n+gap.Packets != sent {
		t.Errorf("%d packets on disk and %d lost of %d", n, gap.Packets, sent)
	}
	if m, err := LoadManifest(dir); err != nil || len(m.Gaps) != 1 || m.Gaps[0] != gap {
		t.Errorf("manifest %+v, %v", m.Gaps, err)
	}
}

// overflow is how many packets did not fit so far and were not reported.
func (q *queue) overflow() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for _, f := range q.sources {
		n += f.lost
	}
	return n
}

// TestFourSecondStall holds the promise in bytes: four seconds of 25 cameras, a stage, a screen and 30 microphones fit.
func TestFourSecondStall(t *testing.T) {
	q := newQueue(queueBytes)
	for src := range uint32(57) {
		q.open(Stream{Src: src, Kind: kindMic})
	}
	raw := make([]byte, 1200)
	for range 4 {
		for src := range uint32(27) {
			rate := 450_000 // bit/s
			if src < 2 {
				rate = 2_500_000
			}
			for range rate / 8 / len(raw) {
				q.put(false, src, src, 1, raw)
			}
		}
		for src := uint32(27); src < 57; src++ {
			for range 50 {
				q.put(false, src, src, 1, raw[:100])
			}
		}
	}
	if n := q.overflow(); n != 0 {
		t.Errorf("%d packets did not fit", n)
	}
}

// TestFullDisk fills the disk in the middle of a record: what is on disk stays readable, the loss is written down, and
// writing goes on when there is room again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir, d := folder(t), newBadDisk()
	tk := begin(t, dir, func(c *Config) { c.disk = d })
	tk.Opened(5, 7, "an", "mic", "", opus())
	tk.RTP(5, 7, time.Now(), rtp(7, 0, 80))
	eventually(t, "light", func() bool { return tk.Health().Light == LightOn })
	d.leave(333)
	for i := range 10 {
		tk.RTP(5, 7, time.Now(), rtp(7, 1+i, 80))
	}
	eventually(t, "written loss", func() bool { return len(tk.lostStretches()) > 0 })
	eventually(t, "fault", func() bool { return tk.Health().Fault != nil && tk.Health().Light == LightStalled })
	d.leave(-1)
	tk.RTP(5, 7, time.Now(), rtp(7, 11, 80))
	eventually(t, "light again", func() bool { return tk.Health().Light == LightOn })
	if err := tk.Close(StateSealed); err != nil {
		t.Fatal(err)
	}
	lost := 0
	for _, g := range tk.lostStretches() {
		lost += g.Packets
	}
	if n := packetsOf(t, dir, 5); n+lost != 12 || lost != 10 {
		t.Errorf("%d packets on disk, %d lost of 12", n, lost)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*", "*"+openSuffix)); len(left) > 0 {
		t.Errorf("left open: %v", left)
	}
}

// TestRefusedSync keeps the light dark while the disk does not confirm, and tries again.
func TestRefusedSync(t *testing.T) {
	t.Parallel()
	dir, d := folder(t), newBadDisk()
	d.refuseSyncs(errDisk)
	tk := begin(t, dir, func(c *Config) { c.disk = d })
	tk.Opened(5, 7, "an", "mic", "", opus())
	tk.RTP(5, 7, time.Now(), rtp(7, 0, 80))
	eventually(t, "fault", func() bool { return tk.Health().Fault != nil })
	if h := tk.Health(); h.Light != LightStalled || h.Bytes != 0 {
		t.Errorf("health %+v", h)
	}
	d.refuseSyncs(nil)
	eventually(t, "light", func() bool { return tk.Health().Light == LightOn })
	if err := tk.Close(StateSealed); err != nil {
		t.Errorf("close: %v", err)
	}
	if packetsOf(t, dir, 5) != 1 {
		t.Error("the packet is lost")
	}
}

// TestSealFailure leaves what could not be sealed to Salvage.
func TestSealFailure(t *testing.T) {
	t.Parallel()
	dir, d := folder(t), newBadDisk()
	tk := begin(t, dir, func(c *Config) { c.disk = d })
	tk.Opened(5, 7, "an", "mic", "", opus())
	tk.RTP(5, 7, time.Now(), rtp(7, 0, 80))
	eventually(t, "light", func() bool { return tk.Health().Light == LightOn })
	d.refuseSyncs(errDisk)
	if err := tk.Close(StateSealed); err == nil || !strings.Contains(err.Error(), errDisk.Error()) {
		t.Fatalf("close: %v", err)
	}
	m, err := Salvage(dir)
	if err != nil || len(m.Segments) != 1 || !m.Segments[0].Salvaged || packetsOf(t, dir, 5) != 1 {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestNothingArrives is no fault: the light is off and nobody is alarmed.
func TestNothingArrives(t *testing.T) {
	t.Parallel()
	tk := begin(t, folder(t), nil)
	eventually(t, "a round", func() bool { return tk.syncedAt.Load() > 0 })
	if h := tk.Health(); h.Light != LightQuiet || h.Fault != nil {
		t.Errorf("health %+v", h)
	}
}

// TestStartRefusals: a folder that cannot be made is an error, not a take.
func TestStartRefusals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, fileMode); err != nil {
		t.Fatal(err)
	}
	if r, err := Start(Config{Dir: filepath.Join(file, "r1"), Manifest: NewManifest("s", "r1")}); err == nil {
		_ = r.Close(StateSealed)
		t.Error("started in a file")
	}
}

// TestNoAllocations: what a reader of media does for a packet allocates nothing.
func TestNoAllocations(t *testing.T) {
	q := newQueue(queueBytes)
	q.open(Stream{Src: 5, Kind: kindMic})
	r := &Recorder{queue: q, start: time.Now()}
	raw, batch := rtp(7, 1, 1200), make([][]byte, 0, 100)
	at := time.Now()
	drain := func() {
		batch, _ = q.take(batch[:0])
		for _, c := range batch {
			q.giveBack(c)
		}
	}
	r.RTP(5, 7, at, raw)
	drain()
	if n := testing.AllocsPerRun(2000, func() { r.RTP(5, 7, at, raw); drain() }); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
}

// BenchmarkCapture is the cost of one packet on a reader's thread, with a writer that takes a batch of 30 sources' packets each.
func BenchmarkCapture(b *testing.B) {
	q := newQueue(queueBytes)
	for src := range uint32(30) {
		q.open(Stream{Src: src, Kind: kindMic})
	}
	r := &Recorder{queue: q, start: time.Now()}
	raw, at := rtp(7, 1, 1000), time.Now()
	var batch [][]byte
	b.ReportAllocs()
	for i := range b.N {
		r.RTP(uint32(i%30), 7, at, raw)
		if i%200 == 199 {
			batch, _ = q.take(batch[:0])
			for _, c := range batch {
				q.giveBack(c)
			}
		}
	}
}

// BenchmarkThirtySources is the whole cost of one second of 15 microphones and 15 cameras: taking in, writing, syncing. Its time in
// proportion to a second is the share of one core.
func BenchmarkThirtySources(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "sitting", "r1")
	m := NewManifest("sitting", "r1")
	m.Takes = []Take{{Boot: "b"}}
	r := &Recorder{
		cfg: Config{Dir: dir, Manifest: m}, disk: osDisk{}, log: slog.New(slog.DiscardHandler), start: time.Now(), queue: newQueue(queueBytes),
		current: map[uint32]*segment{}, next: map[uint32]int{}, dirty: map[*segment]bool{},
	}
	if err := r.disk.mkdir(dir); err != nil {
		b.Fatal(err)
	}
	for src := range uint32(30) {
		r.Opened(src, src, "an", kindMic, "", opus())
	}
	mic, cam := rtp(7, 1, 120), rtp(8, 1, 1100)
	packets := 0
	b.ReportAllocs()
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before) // never fails for the own process
	for i := range b.N {
		for turn := range 5 { // five turns of the writer a second
			at := r.start.Add(time.Duration(i)*time.Second + time.Duration(turn)*flushEvery)
			for src := range uint32(15) {
				for range 10 {
					r.RTP(src, src, at, mic)
				}
				for range 10 { // 440 kbit/s
					r.RTP(15+src, 15+src, at, cam)
				}
				packets += 20
			}
			r.turn(false)
		}
		r.round()
	}
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	cpu := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
	b.ReportMetric(100*cpu.Seconds()/float64(b.N), "%core")
	b.ReportMetric(float64(packets)/float64(b.N), "packets/s")
	for _, s := range r.current {
		_ = s.f.Close() // the folder goes away
	}
}
