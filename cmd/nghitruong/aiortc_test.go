package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// python is Debian's, for which python3-aiortc is made.
const python = "/usr/bin/python3"

// aiortc starts the client of another make.
func aiortc(t *testing.T, ctx context.Context, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	words := &bytes.Buffer{}
	cmd := exec.CommandContext(ctx, python, append([]string{"testdata/client.py"}, args...)...)
	cmd.Stderr = words
	cmd.WaitDelay = time.Second
	return cmd, words
}

// TestTortureAiortc has a WebRTC stack that shares no code with ours push by WHIP and watch by WHEP: aiortc, with its own ICE, DTLS by
// OpenSSL, SRTP by libsrtp (AES_CM_128_HMAC_SHA1_80 only, so the plain path) and decoders of ffmpeg.
func TestTortureAiortc(t *testing.T) {
	if os.Getenv("TORTURE") == "" {
		return // needs python3-aiortc: make torture
	}
	s, l := demoWithLinks(t)
	openSitting(t, l)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	for i, codec := range []string{"video/VP8", "video/H264"} {
		push, words := aiortc(t, ctx, "push", l.Ingest[i].URL, l.Ingest[i].Token, codec)
		in, err := push.StdinPipe()
		noError(t, err)
		out, err := push.StdoutPipe()
		noError(t, err)
		noError(t, push.Start())
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "connected\n" {
			t.Fatalf("%s: push: %q %v %s", codec, line, err, words)
		}
		name := strings.ToUpper(strings.TrimPrefix(codec, "video/"))
		clerkSees(t, l, l.Ingest[i], "a picture of aiortc", func(r streamRow) bool {
			return r.State.Connected && r.State.Codec == name && r.State.W == 640 && r.State.H == 360
		})
		watch, complaints := aiortc(t, ctx, "watch", l.Egress[i+1].URL, l.Egress[i+1].Token)
		raw, err := watch.Output()
		if err != nil {
			t.Fatalf("%s: watch: %v %s", codec, err, complaints)
		}
		var got struct {
			Tracks struct {
				Audio, Video struct{ Frames, W, H, Spread, Rate, Peak int }
			}
			SRTP    bool
			Deleted int
		}
		noError(t, json.Unmarshal(raw, &got))
		t.Logf("%s: %s", codec, raw)
		v, a := got.Tracks.Video, got.Tracks.Audio
		if v.Frames < 60 || v.W != 640 || v.H != 360 || v.Spread < 100 || a.Frames < 60 || a.Rate != 48000 || a.Peak < 1000 || !got.SRTP || got.Deleted != 200 {
			t.Errorf("%s: %s", codec, raw)
		}
		noError(t, in.Close())
		if err := push.Wait(); err != nil {
			t.Errorf("%s: push: %v %s", codec, err, words)
		}
		clerkSees(t, l, l.Ingest[i], "the encoder has left", func(r streamRow) bool { return r.State.Ended == "left" })
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}
