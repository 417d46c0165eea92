package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestChildEnds(t *testing.T) {
	r := newRunner(t)
	for name, c := range map[string]struct{ script, err, tail string }{
		"well":       {"echo fine >&2", "", "fine"},
		"with error": {"echo first >&2; echo no hidden-key here >&2; exit 3", "exit status 3: no *** here", "first\nno *** here"},
		"silent":     {"exit 1", "exit status 1", ""},
	} {
		job := shell(c.script)
		job.Secrets = []string{"hidden-key"}
		child := start(t, r, job)
		err := child.Wait()
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) || child.Tail() != c.tail {
			t.Errorf("%s: error %v, tail %q", name, err, child.Tail())
		}
	}
}

func TestChildHasNothingOfOurs(t *testing.T) {
	t.Setenv("NGHITRUONG_METRICS_TOKEN", "ours")
	var out bytes.Buffer
	child := start(t, newRunner(t), Job{Name: "env", Path: "/usr/bin/env", Out: &out})
	must(t, child.Wait())
	if out.Len() != 0 {
		t.Errorf("the child has an environment: %q", out.String())
	}
	// Arguments are arguments: nothing expands them.
	child = start(t, newRunner(t), Job{Name: "echo", Path: "/bin/echo", Args: []string{"$(id)", "*", ";", "a b"}, Out: &out})
	must(t, child.Wait())
	if out.String() != "$(id) * ; a b\n" {
		t.Errorf("%q", out.String())
	}
}

func TestStopAsksThenKills(t *testing.T) {
	r := newRunner(t)
	var out syncBuffer
	polite := shell(`trap 'echo finished; exit 0' TERM; echo ready; while :; do sleep 0.05; done`)
	polite.Out = &out
	child := start(t, r, polite)
	until(t, "the child is ready", func() bool { return strings.Contains(out.String(), "ready") })
	child.Stop()
	if err := child.Wait(); err != nil || !strings.Contains(out.String(), "finished") || r.killed.Load() != 0 {
		t.Errorf("polite: %v, %q", err, out.String())
	}

	// Deaf to the request, with a child of its own: both are killed, nobody is left as a zombie.
	out = syncBuffer{}
	deaf := shell(`trap '' TERM; sleep 600 & echo $!; wait; while :; do sleep 0.05; done`)
	deaf.Out, deaf.Grace = &out, 50*time.Millisecond
	child = start(t, r, deaf)
	until(t, "the grandchild is there", func() bool { return strings.HasSuffix(out.String(), "\n") })
	pid := child.pid
	child.Stop()
	if r.killed.Load() != 1 || !gone(pid) {
		t.Errorf("killed %d, child gone: %v", r.killed.Load(), gone(pid))
	}
	grandchild := number(t, out.String())
	until(t, "the grandchild is dead", func() bool { return dead(grandchild) })
}

// dead tells whether a process ended; its adopter may reap it later than we look.
func dead(pid int) bool {
	state, err := os.ReadFile("/proc/" + itoa(pid) + "/stat")
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(state), ") ")
	return strings.HasPrefix(rest, "Z") || strings.HasPrefix(rest, "X")
}

func TestContextAndCloseStop(t *testing.T) {
	r := NewRunner(nil)
	ctx, cancel := context.WithCancel(context.Background())
	child, err := r.Start(ctx, shell("exec sleep 600"))
	must(t, err)
	cancel()
	if err := child.Wait(); err != nil {
		t.Errorf("stopped by its context: %v", err)
	}
	var all []*Child
	for range 5 {
		all = append(all, start(t, r, shell("exec sleep 600")))
	}
	r.Close()
	r.Close()
	for _, c := range all {
		select {
		case <-c.Done():
		default:
			t.Error("Close left a child")
		}
	}
	if _, err := r.Start(context.Background(), shell("true")); !errors.Is(err, ErrClosed) {
		t.Errorf("start after Close: %v", err)
	}
}

func TestStartFails(t *testing.T) {
	r := newRunner(t)
	f, err := os.Open("/dev/null")
	must(t, err)
	_, err = r.Start(context.Background(), Job{Name: "none", Path: "/nonexistent/ffmpeg", Files: []*os.File{f}, Progress: func(Progress) {}})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such program: %v", err)
	}
	if _, err := f.Stat(); !errors.Is(err, os.ErrClosed) {
		t.Error("the job's file was left open")
	}
	job := shell("true")
	job.Dir = filepath.Join(t.TempDir(), "none")
	if _, err := r.Start(context.Background(), job); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such folder: %v", err)
	}
}

func TestFilesAndProgress(t *testing.T) {
	r := newRunner(t)
	ours, theirs, err := os.Pipe()
	must(t, err)
	defer ours.Close()
	var got []Progress
	// The shell gets: -c script -progress … would come first, so the script stands in a file.
	path := fakeTool(t, `echo "$1 $2 $3 $4" >&3; printf 'frame=7\nprogress=end\n' >&4`)
	child := start(t, r, Job{Name: "files", Path: path, Args: []string{"last"}, Files: []*os.File{theirs}, Progress: func(p Progress) { got = append(got, p) }})
	must(t, child.Wait())
	text, err := io.ReadAll(ours)
	must(t, err)
	if string(text) != "-progress pipe:4 -nostats last\n" || len(got) != 1 || got[0].Frame != 7 || !got[0].Last {
		t.Errorf("%q %+v", text, got)
	}
}

func TestPacketPipe(t *testing.T) {
	ours, theirs, err := PacketPipe()
	must(t, err)
	defer ours.Close()
	job := shell(`printf one >&3; printf 'twice ' >&3`)
	job.Files = []*os.File{theirs}
	must(t, start(t, newRunner(t), job).Wait())
	buf := make([]byte, 100)
	for _, want := range []string{"one", "twice ", ""} {
		n, err := ours.Read(buf)
		if string(buf[:n]) != want || (want == "") != errors.Is(err, io.EOF) {
			t.Errorf("%q, %v; want %q", buf[:n], err, want)
		}
	}
}
