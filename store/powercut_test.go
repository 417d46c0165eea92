package store_test

import (
	"bufio"
	"bytes"
	"database/sql"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"nghitruong/store"
	"nghitruong/store/storetest"
)

// A kill proves nothing about a power cut: the kernel keeps what the process wrote. Here a child's system calls are
// recorded, and for each moment the files are put together as a power cut could have left them: what was synced, and all,
// half or none of the sectors written since. What the child acknowledged before that moment must be in each of them.

const sector = 512

// TestTorturePowerCut: nothing acknowledged is lost; the control with synchronous=NORMAL loses, so the model can see it.
func TestTorturePowerCut(t *testing.T) {
	appends, every := 12, 3
	if os.Getenv("TORTURE") != "" {
		appends, every = 150, 1
	} else if testing.Short() {
		t.Skip("power cuts are not a short test")
	}
	full := powerCuts(t, "", appends, every)
	t.Logf("as the server: %+v", full)
	if full.lost > 0 || full.damaged > 0 || full.unsynced > 0 {
		t.Errorf("acknowledged records were lost: %+v", full)
	}
	normal := powerCuts(t, "NORMAL", appends, every)
	t.Logf("control: %+v", normal)
	if normal.lost+normal.damaged == 0 || normal.unsynced == 0 { // damaged: the tables themselves were never synced
		t.Errorf("the control lost nothing, so the test sees nothing: %+v", normal)
	}
}

// outcome counts what the cuts did.
type outcome struct {
	acks     int
	unsynced int // acknowledgements with bytes of the journal not synced yet
	cuts     int
	lost     int // cuts after which an acknowledged record was missing
	damaged  int // cuts after which the database could not be read
}

// disk is the content of the database's files as the device may have it.
type disk struct {
	files map[string]*content
	fds   map[string]string // descriptor → file name
	rng   *rand.Rand
}

type content struct {
	synced  []byte
	pending []change
}

// change is a write at an offset, or with data nil a new length.
type change struct {
	at   int
	data []byte
}

func powerCuts(t *testing.T, mode string, appends, every int) outcome {
	t.Helper()
	dir := t.TempDir()
	trace := record(t, dir, mode, appends)
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any bits do
	t.Logf("seed %d", seed)
	d := disk{files: map[string]*content{}, fds: map[string]string{}, rng: rand.New(rand.NewPCG(seed, 4))} //nolint:gosec // not a secret
	var out outcome
	var acked uint64
	image := t.TempDir()
	for i, call := range calls(t, trace) {
		if seq, ok := d.apply(t, call, dir); ok {
			acked = seq
			out.acks++
			if journal := d.files[store.DatabaseFile+"-wal"]; journal != nil && len(journal.pending) > 0 {
				out.unsynced++
			}
		}
		if acked == 0 || i%every != 0 {
			continue
		}
		for _, keep := range []float64{1, 0.5, 0} {
			out.cuts++
			head, err := d.cut(t, image, keep)
			switch {
			case err != nil:
				out.damaged++
			case head < acked:
				out.lost++
			}
		}
	}
	if out.acks < appends {
		t.Fatalf("the trace shows %d of %d acknowledgements", out.acks, appends)
	}
	return out
}

// record runs a child under strace and gives the trace's path.
func record(t *testing.T, dir, mode string, appends int) string {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := exec.CommandContext(t.Context(), strace, "-f", "-xx", "-s", "200000", "-o", trace, "-e", //nolint:gosec // a tool of the test
		"trace=open,openat,close,write,pwrite64,pwritev,fsync,fdatasync,ftruncate,unlink,unlinkat,rename", self)
	cmd.Env = append(os.Environ(), storetest.ChildDir+"="+dir, storetest.ChildLimit+"="+strconv.Itoa(appends), childSync+"="+mode)
	if out, err := cmd.CombinedOutput(); err != nil {
		if bytes.Contains(out, []byte("ptrace")) {
			t.Skipf("strace may not trace here: %s", out)
		}
		t.Fatalf("the child: %v: %s", err, out)
	}
	return trace
}

var (
	unfinished = regexp.MustCompile(`^(\d+) +(.*) <unfinished \.\.\.>$`)
	resumed    = regexp.MustCompile(`^(\d+) +<\.\.\. \w+ resumed>(.*)$`)
	finished   = regexp.MustCompile(`^(\d+) +(\w+)\((.*)\) += (-?\d+)`)
)

// call is one system call that succeeded.
type call struct {
	name, args, result string
}

// calls reads a trace in the order in which the calls returned.
func calls(t *testing.T, path string) []call {
	t.Helper()
	f, err := os.Open(path) //nolint:gosec // the test's own file
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	begun := map[string]string{}
	var list []call
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		line := lines.Text()
		if m := unfinished.FindStringSubmatch(line); m != nil {
			begun[m[1]] = m[2]
			continue
		}
		if m := resumed.FindStringSubmatch(line); m != nil {
			line = m[1] + " " + begun[m[1]] + m[2]
		}
		if m := finished.FindStringSubmatch(line); m != nil && !strings.HasPrefix(m[4], "-") {
			list = append(list, call{m[2], m[3], m[4]})
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// apply changes the disk by a call; ok tells that the child acknowledged the record seq.
func (d *disk) apply(t *testing.T, c call, dir string) (seq uint64, ok bool) {
	t.Helper()
	args := strings.Split(c.args, ", ")
	switch c.name {
	case "open", "openat":
		for _, a := range args {
			if strings.HasPrefix(a, `"`) {
				d.opened(c.result, strings.TrimPrefix(text(t, a), dir+"/"))
			}
		}
	case "close":
		delete(d.fds, args[0])
	case "write":
		if args[0] == "1" {
			_, err := fmt.Sscanf(text(t, args[1]), "%d ", &seq)
			return seq, err == nil
		}
		d.unmodelled(t, c, args[0])
	case "pwrite64":
		if f := d.file(args[0]); f != nil {
			f.pending = append(f.pending, change{number(t, args[3]), []byte(text(t, args[1]))})
		}
	case "ftruncate":
		if f := d.file(args[0]); f != nil {
			f.pending = append(f.pending, change{at: number(t, args[1])})
		}
	case "fsync", "fdatasync":
		if f := d.file(args[0]); f != nil {
			for _, p := range f.pending {
				f.synced = p.on(f.synced)
			}
			f.pending = nil
		}
	case "unlink", "unlinkat":
		for _, a := range args {
			if strings.HasPrefix(a, `"`) {
				delete(d.files, strings.TrimPrefix(text(t, a), dir+"/"))
			}
		}
	case "pwritev", "rename":
		d.unmodelled(t, c, args[0])
	}
	return 0, false
}

// opened notes a descriptor of the database or its journals; the shared-memory file is rebuilt by SQLite and left out.
func (d *disk) opened(fd, name string) {
	delete(d.fds, fd)
	if !strings.HasPrefix(name, store.DatabaseFile) || strings.HasSuffix(name, "-shm") {
		return
	}
	d.fds[fd] = name
	if d.files[name] == nil {
		d.files[name] = &content{}
	}
}

func (d *disk) file(fd string) *content { return d.files[d.fds[fd]] }

// unmodelled ends the test when a call changes our files in a way that the model does not know.
func (d *disk) unmodelled(t *testing.T, c call, fd string) {
	t.Helper()
	if name, ours := d.fds[fd]; ours {
		t.Fatalf("%s on %s is not modelled", c.name, name)
	}
}

// on gives a file's content after a change.
func (p change) on(b []byte) []byte {
	if p.data == nil {
		if p.at <= len(b) {
			return b[:p.at]
		}
		return append(b, make([]byte, p.at-len(b))...)
	}
	if end := p.at + len(p.data); end > len(b) {
		b = append(b, make([]byte, end-len(b))...)
	}
	copy(b[p.at:], p.data)
	return b
}

// cut writes the files as a power cut leaves them when each unsynced sector survives with a probability, and gives the
// log's head that a start finds there.
func (d *disk) cut(t *testing.T, dir string, keep float64) (head uint64, err error) {
	t.Helper()
	for _, name := range []string{store.DatabaseFile, store.DatabaseFile + "-wal", store.DatabaseFile + "-journal"} {
		path := filepath.Join(dir, name)
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		f := d.files[name]
		if f == nil {
			continue
		}
		if err := os.WriteFile(path, f.after(d.rng, keep), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, store.DatabaseFile+"-shm")); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, store.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var sound string
	if err := db.QueryRowContext(t.Context(), "PRAGMA quick_check(1)").Scan(&sound); err != nil {
		return 0, err
	}
	if sound != "ok" {
		return 0, fmt.Errorf("damaged: %s", sound)
	}
	err = db.QueryRowContext(t.Context(), "SELECT coalesce(max(seq), 0) FROM events").Scan(&head)
	return head, err
}

func (f *content) after(rng *rand.Rand, keep float64) []byte {
	b := slices.Clone(f.synced)
	for _, p := range f.pending {
		if p.data == nil {
			if rng.Float64() < keep {
				b = p.on(b)
			}
			continue
		}
		for from := 0; from < len(p.data); {
			to := min(len(p.data), from+sector-(p.at+from)%sector)
			if rng.Float64() < keep {
				b = change{p.at + from, p.data[from:to]}.on(b)
			}
			from = to
		}
	}
	return b
}

// text decodes a string argument of strace -xx.
func text(t *testing.T, arg string) string {
	t.Helper()
	if strings.HasSuffix(arg, "...") {
		t.Fatal("the trace cuts strings short")
	}
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Trim(arg, `"`), `\x`, ""))
	if err != nil {
		t.Fatalf("argument %.40q: %v", arg, err)
	}
	return string(b)
}

func number(t *testing.T, arg string) int {
	t.Helper()
	n, err := strconv.Atoi(arg)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
