package recordings

import (
	"bufio"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"
)

// childDir makes the test binary a server that records into the folder it names, until it is killed.
const childDir = "RECORDINGS_TEST_CHILD"

// killSources are fed 50 packets a second each.
const killSources = 10

// record feeds a recorder with packets that carry the time at which they were sent.
func record(dir string) {
	m, err := Salvage(dir)
	if err != nil {
		m = NewManifest("sitting", "r1")
	}
	r, err := Start(Config{Dir: dir, Manifest: m})
	if err != nil {
		os.Stdout.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	ssrc := func(src uint32) uint32 { return src + uint32(len(m.Takes))<<8 }
	for src := range uint32(killSources) {
		r.Opened(src, ssrc(src), "an", kindMic, "", opus())
	}
	tick := time.NewTicker(20 * time.Millisecond)
	for i := 0; ; i++ {
		for src := range uint32(killSources) {
			r.RTP(src, ssrc(src), time.Now(), rtp(ssrc(src), i, 200))
		}
		if i == 0 {
			os.Stdout.WriteString("recording\n")
		}
		<-tick.C
	}
}

// killAt lets a child record for so long and kills it; the answer is when.
func killAt(t *testing.T, dir string, after time.Duration) time.Time {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "recording\n" {
		t.Errorf("the child says %q, %v", line, err)
	}
	<-time.After(after) // the instant of the kill is the test's input
	at := time.Now()
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // killed
	return at
}

// newestOf is when the newest packet on disk of a source was sent.
func newestOf(t *testing.T, dir string, m *Manifest, src uint32) time.Time {
	t.Helper()
	newest := time.Time{}
	for _, s := range m.Segments {
		if s.Src == src {
			newest = later(newest, newestIn(t, s.Path(dir)))
		}
	}
	return newest
}

// killed records into one folder through many kills: each loses less than a second at its tail, is marked, and leaves nothing that
// cannot be read.
func killed(t *testing.T, kills int, longest time.Duration) {
	dir := folder(t)
	worst := time.Duration(0)
	for i := range kills {
		at := killAt(t, dir, time.Duration(rand.Int64N(int64(longest))))
		m, err := Salvage(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Takes) != i+1 || !m.Takes[i].Interrupted {
			t.Fatalf("kill %d: takes %+v", i, m.Takes)
		}
		for src := range uint32(killSources) {
			from := time.UnixMilli(m.Takes[i].Start)
			newest := newestOf(t, dir, m, src)
			if newest.Before(from) {
				newest = from
			}
			worst = max(worst, at.Sub(newest))
		}
	}
	t.Logf("%d kills: at most %v lost at the tail", kills, worst)
	if worst >= time.Second {
		t.Errorf("%v lost at the tail", worst)
	}
}

// TestKill is the short form of TestKillTorture.
func TestKill(t *testing.T) { killed(t, 4, 1500*time.Millisecond) }

// TestKillTorture kills at 100 instants.
func TestKillTorture(t *testing.T) {
	if os.Getenv("TORTURE") == "" {
		t.Skip("run by make torture")
	}
	killed(t, 100, 3*time.Second)
}
