package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrAbsent says that this machine has no ffmpeg that could be run.
var ErrAbsent = errors.New("ffmpeg is not installed on this machine")

// askTime bounds the questions about version and encoders.
const askTime = 10 * time.Second

// Tool is an ffmpeg found on this machine.
type Tool struct {
	Path     string // absolute path of ffmpeg
	Probe    string // absolute path of the ffprobe beside it, "" when there is none
	Version  string // as it names itself, "5.1.9-0+deb12u1"
	encoders map[string]bool
}

// Find looks for ffmpeg at path, in PATH when path is empty, and asks for its version and encoders. The error wraps
// ErrAbsent when there is none that runs.
func Find(ctx context.Context, path string) (*Tool, error) {
	if path == "" {
		path = "ffmpeg"
	}
	found, err := exec.LookPath(path)
	if err == nil {
		found, err = filepath.Abs(found)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	t := &Tool{Path: found}
	version, err := ask(ctx, found, "-version")
	if err != nil {
		return nil, fmt.Errorf("%w: %s does not run: %w", ErrAbsent, found, err)
	}
	t.Version = versionOf(version)
	list, err := ask(ctx, found, "-hide_banner", "-encoders")
	if err != nil {
		return nil, fmt.Errorf("%w: %s does not tell its encoders: %w", ErrAbsent, found, err)
	}
	t.encoders = encodersOf(list)
	if probe, err := exec.LookPath(filepath.Join(filepath.Dir(found), "ffprobe")); err == nil {
		t.Probe = probe
	}
	return t, nil
}

// Has tells whether an encoder ("libx264", "libopus") is built in.
func (t *Tool) Has(encoder string) bool { return t.encoders[encoder] }

// ask runs the program for its answer on standard output.
func ask(ctx context.Context, path string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{}
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	return string(out), err
}

// versionOf reads "ffmpeg version 5.1.9 Copyright …".
func versionOf(out string) string {
	fields := strings.Fields(out)
	if len(fields) < 3 || fields[1] != "version" {
		return "unknown"
	}
	return fields[2]
}

// encodersOf reads the table of `ffmpeg -encoders`: flags, name, description; the table starts after a line of dashes.
func encodersOf(out string) map[string]bool {
	all := map[string]bool{}
	_, table, _ := strings.Cut(out, "------")
	for line := range strings.Lines(table) {
		if f := strings.Fields(line); len(f) >= 2 {
			all[f[1]] = true
		}
	}
	return all
}
