package cameras

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nghitruong/ffmpeg"
)

// tool writes programs that play ffmpeg and ffprobe.
func tool(t *testing.T, encoders, probe, pull string) *ffmpeg.Tool {
	t.Helper()
	dir := t.TempDir()
	var table strings.Builder
	for _, e := range strings.Fields(encoders) {
		table.WriteString(" V..... " + e + "\\n")
	}
	scripts := map[string]string{
		"ffmpeg":  "case \"$1$2\" in -version) echo ffmpeg version 5.1;; -hide_banner-encoders) printf ' ------\\n" + table.String() + "';; *)\n" + pull + "\n;; esac\n",
		"ffprobe": probe,
	}
	for name, script := range scripts {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755))
	}
	found, err := ffmpeg.Find(context.Background(), filepath.Join(dir, "ffmpeg"))
	must(t, err)
	return found
}

func TestPlan(t *testing.T) {
	const baseline = `{"codec_type":"video","codec_name":"h264","profile":"Constrained Baseline","has_b_frames":0}`
	for _, c := range []struct{ name, streams, encoders, want, err string }{
		{"as browsers take it", baseline + `,{"codec_type":"audio","codec_name":"opus"}`, "", "-c:v copy|-c:a copy", ""},
		{"other sound", baseline + `,{"codec_type":"audio","codec_name":"aac"}`, "libopus", "-c:v copy|-c:a libopus", ""},
		{"other sound, no encoder", baseline + `,{"codec_type":"audio","codec_name":"aac"}`, "", "-c:v copy", ""},
		{"B-frames", `{"codec_type":"video","codec_name":"h264","profile":"Baseline","has_b_frames":2}`, "libx264", "-c:v libx264", ""},
		{"High", `{"codec_type":"video","codec_name":"h264","profile":"High"}`, "libx264", "-c:v libx264", ""},
		{"H265, no encoder", `{"codec_type":"video","codec_name":"hevc","profile":"Main"}`, "libopus", "", "no libx264"},
		{"only sound, no encoder", `{"codec_type":"audio","codec_name":"pcm_alaw"}`, "libx264", "", "no libopus"},
		{"two of each", baseline + "," + baseline, "", "-c:v copy", ""},
		{"nothing", `{"codec_type":"data"}`, "", "", "neither"},
	} {
		picture, sound, err := readStreams([]byte(`{"streams":[` + c.streams + `]}`))
		var out []output
		if err == nil {
			out, err = plan(tool(t, c.encoders, "", ""), picture, sound)
		}
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		must(t, err)
		var got []string
		for _, o := range out {
			got = append(got, strings.Join(o.args[2:4], " "))
			if o.SSRC == 0 || o.SSRC >= 1<<31 {
				t.Errorf("%s: SSRC %d", c.name, o.SSRC)
			}
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
	if _, _, err := readStreams([]byte(`{"streams":[`)); err == nil {
		t.Error("half an answer was read")
	}
}

// TestArguments checks that children are kept to RTSP by TCP, whatever the camera's address says.
func TestArguments(t *testing.T) {
	for _, args := range [][]string{probeArgs("rtsp://127.0.0.1:1/"), pullArgs("rtsp://127.0.0.1:1/", []output{{args: copyH264}, {args: copyOpus}})} {
		line := strings.Join(args, " ")
		white, in := strings.Index(line, "-protocol_whitelist rtsp,rtp,tcp -rtsp_transport tcp"), strings.Index(line, "-i rtsp://127.0.0.1:1/")
		if white < 0 || in < white {
			t.Errorf("%s", line)
		}
	}
}
