package ffmpeg

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

const answers = `case "$1" in
-version) echo "ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026";;
-hide_banner) printf 'Encoders:\n V..... = Video\n ------\n V....D libx264   H.264\n A..... libopus  Opus\n';;
esac
`

func TestFind(t *testing.T) {
	tool, err := Find(context.Background(), fakeTool(t, answers))
	must(t, err)
	if tool.Version != "5.1.9-0+deb12u1" || tool.Probe != "" {
		t.Errorf("%+v", tool)
	}
	for name, want := range map[string]bool{"libx264": true, "libopus": true, "=": false, "aac": false, "": false} {
		if tool.Has(name) != want {
			t.Errorf("has %q: %v", name, !want)
		}
	}
	must(t, os.WriteFile(filepath.Join(filepath.Dir(tool.Path), "ffprobe"), []byte("#!/bin/sh\n"), 0o755))
	if tool, err = Find(context.Background(), tool.Path); err != nil || filepath.Base(tool.Probe) != "ffprobe" {
		t.Errorf("ffprobe beside it: %+v %v", tool, err)
	}
}

func TestFindAbsent(t *testing.T) {
	for name, path := range map[string]string{
		"no such file":    filepath.Join(t.TempDir(), "ffmpeg"),
		"a folder":        t.TempDir(),
		"does not run":    fakeTool(t, "exit 1"),
		"has no encoders": fakeTool(t, `[ "$1" = -version ] && echo ffmpeg version 1`),
	} {
		if tool, err := Find(context.Background(), path); !errors.Is(err, ErrAbsent) || tool != nil {
			t.Errorf("%s: %+v, %v", name, tool, err)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := Find(context.Background(), ""); !errors.Is(err, ErrAbsent) {
		t.Errorf("empty PATH: %v", err)
	}
}

func TestVersionOf(t *testing.T) {
	for out, want := range map[string]string{
		"ffmpeg version n7.1 Copyright": "n7.1", "ffmpeg version": "unknown", "": "unknown", "a b c": "unknown",
	} {
		if got := versionOf(out); got != want {
			t.Errorf("%q: %q, want %q", out, got, want)
		}
	}
}
