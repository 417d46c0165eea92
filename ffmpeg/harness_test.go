package ffmpeg

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience bounds every wait for a state.
const patience = 20 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newRunner(t *testing.T) *Runner {
	t.Helper()
	r := NewRunner(nil)
	t.Cleanup(r.Close)
	return r
}

// shell is a job that plays a child by a shell script; the package itself never uses one.
func shell(script string) Job {
	return Job{Name: "test", Path: "/bin/sh", Args: []string{"-c", script}}
}

func start(t *testing.T, r *Runner, job Job) *Child {
	t.Helper()
	c, err := r.Start(context.Background(), job)
	must(t, err)
	return c
}

// until waits for a state.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// fakeTool writes a program that answers as ffmpeg does.
func fakeTool(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ffmpeg")
	must(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755))
	return path
}

// gone tells whether a process exists no more, not even as a zombie.
func gone(pid int) bool { return syscall.Kill(pid, 0) == syscall.ESRCH }

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(s))
	must(t, err)
	return n
}
