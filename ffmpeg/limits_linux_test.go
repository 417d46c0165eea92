package ffmpeg

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// syncBuffer may be read while a child writes.
type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestLimitsHold reads the limits back from the kernel.
func TestLimitsHold(t *testing.T) {
	r := newRunner(t)
	job := shell("exec sleep 600")
	job.Limits = Limits{CPU: 7 * time.Second, Memory: 1 << 30, FileSize: 1 << 20, Files: 40, Nice: 9}
	child := start(t, r, job)
	text, err := os.ReadFile("/proc/" + itoa(child.pid) + "/limits")
	must(t, err)
	for name, want := range map[string]string{
		"Max cpu time": "7 12", "Max address space": "1073741824 1073741824", "Max file size": "1048576 1048576",
		"Max open files": "40 40", "Max core file size": "0 0",
	} {
		_, rest, _ := strings.Cut(string(text), name)
		if f := strings.Fields(rest); len(f) < 2 || f[0]+" "+f[1] != want {
			t.Errorf("%s: %v, want %s", name, f[:2], want)
		}
	}
	stat, err := os.ReadFile("/proc/" + itoa(child.pid) + "/stat")
	must(t, err)
	_, rest, _ := strings.Cut(string(stat), ") ")
	if nice := strings.Fields(rest)[16]; nice != itoa(max(9, ownNice())) {
		t.Errorf("nice %s, want 9", nice)
	}
	child.Stop()
}

// TestLimitsBite checks that a child which writes too much is ended and its file is not larger than allowed.
func TestLimitsBite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "big")
	job := Job{Name: "big", Path: "/bin/dd", Args: []string{"if=/dev/zero", "of=" + file, "bs=64k", "count=1000"}, Limits: Limits{FileSize: 1 << 20}}
	if err := start(t, newRunner(t), job).Wait(); err == nil {
		t.Error("writing past the limit went well")
	}
	info, err := os.Stat(file)
	must(t, err)
	if info.Size() > 1<<20 {
		t.Errorf("%d bytes", info.Size())
	}
}

// TestNoNetwork checks that an isolated child sees no interface of this machine; where the kernel forbids it, the child
// runs and says so.
func TestNoNetwork(t *testing.T) {
	var out syncBuffer
	job := Job{Name: "net", Path: "/bin/cat", Args: []string{"/proc/self/net/dev"}, Out: &out, Limits: Limits{NoNetwork: true}}
	child := start(t, newRunner(t), job)
	must(t, child.Wait())
	interfaces := strings.Count(out.String(), ":")
	if interfaces == 0 {
		t.Fatalf("%q", out.String())
	}
	ours, err := os.Readlink("/proc/self/ns/net")
	must(t, err)
	out = syncBuffer{}
	job.Path, job.Args = "/bin/readlink", []string{"/proc/self/ns/net"}
	child = start(t, newRunner(t), job)
	must(t, child.Wait())
	if theirs := strings.TrimSpace(out.String()); (theirs != ours) != child.Isolated() {
		t.Errorf("isolated %v, but its network is %s and ours %s", child.Isolated(), theirs, ours)
	}
}
