package main

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"nghitruong/recordings"
)

// TestRecorderWithoutAFolder: a folder that cannot be made costs the recordings, not the server.
func TestRecorderWithoutAFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	a := &app{config: &Config{Data: t.TempDir(), Recordings: filepath.Join(file, "x")}, log: slog.New(slog.DiscardHandler)}
	r := a.openRecorder("boot")
	if r.asRoom() != nil {
		t.Error("a recorder without a folder")
	}
	r.attend("s1", nil)
	r.resume(t.Context())
	r.close()

	a.config = &Config{Data: t.TempDir()}
	r = a.openRecorder("boot")
	defer r.close()
	if r.asRoom() == nil {
		t.Error("no recorder in the data folder")
	}
	if _, err := os.Stat(filepath.Join(a.config.Data, "recordings")); err != nil {
		t.Error(err)
	}
}

// TestNotice: pages get the built-in notice, or the council's own.
func TestNotice(t *testing.T) {
	get := func(file string) *httptest.ResponseRecorder {
		t.Helper()
		mux := http.NewServeMux()
		if err := (&Config{RecordingNotice: file}).serveNotice(mux); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, noticePath, nil))
		return w
	}
	if w := get(""); w.Code != http.StatusOK || w.Body.Len() < 1000 || w.Header().Get("Content-Type") != "audio/webm" {
		t.Errorf("the built-in one: %d, %d bytes, %v", w.Code, w.Body.Len(), w.Header())
	}
	dir := t.TempDir()
	own, large := filepath.Join(dir, "own"), filepath.Join(dir, "large")
	for file, content := range map[string][]byte{own: []byte("webm"), large: make([]byte, maxNotice+1)} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if w := get(own); w.Body.String() != "webm" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	if err := (&Config{RecordingNotice: large}).serveNotice(http.NewServeMux()); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("a large file: %v", err)
	}
	if err := (&Config{RecordingNotice: filepath.Join(dir, "none")}).serveNotice(http.NewServeMux()); err == nil {
		t.Error("a file that is not there")
	}
}

// TestDoctorRecordings judges the recordings' own disk.
func TestDoctorRecordings(t *testing.T) {
	for name, x := range map[string]struct {
		folder string
		p99    time.Duration
		err    error
		want   string
	}{
		"in the data folder": {"", 0, nil, ""},
		"fast":               {"/rec", time.Millisecond, nil, "fast enough"},
		"slow":               {"/rec", 1500 * time.Millisecond, nil, "too slow"},
		"not writable":       {"/rec", 0, errors.New("read-only"), "cannot be written"},
	} {
		d := &doctor{c: &Config{Recordings: x.folder}, measure: func(string) ([]time.Duration, error) { return []time.Duration{x.p99}, x.err }}
		d.recordings()
		said := ""
		for _, f := range d.results {
			said += f.Says
		}
		if !strings.Contains(said, x.want) || (x.want == "") != (said == "") {
			t.Errorf("%s: %q", name, said)
		}
	}
}

// TestRecordingTool works on a folder and says what is wrong with one that is none.
func TestRecordingTool(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s1", "r2")
	rec, err := recordings.Start(recordings.Config{Dir: dir, Manifest: recordings.NewManifest("s1", "r2")})
	if err != nil {
		t.Fatal(err)
	}
	rec.Opened(5, 7, "an", "mic", "", webrtc.RTPParameters{Codecs: []webrtc.RTPCodecParameters{{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000}, PayloadType: 111,
	}}})
	rec.RTP(5, 7, time.Now(), []byte{0x80, 111, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 0xF8, 0xFF, 0xFE})
	if err := rec.Close(recordings.StateSealed); err != nil {
		t.Fatal(err)
	}
	out := &output{}
	if err := run(t.Context(), []string{"recording", "verify", dir}, nil, out, out); err != nil || !strings.Contains(out.String(), "1 files are as") {
		t.Errorf("verify: %v: %s", err, out)
	}
	if err := run(t.Context(), []string{"recording", "remux", dir}, nil, out, out); err != nil || !strings.Contains(out.String(), "5.mkv: mic of an") {
		t.Errorf("remux: %v: %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "remuxed", "5.mkv")); err != nil {
		t.Error(err)
	}
	for _, what := range []string{"verify", "remux"} {
		if err := run(t.Context(), []string{"recording", what, t.TempDir()}, nil, out, out); err == nil {
			t.Errorf("%s of nothing", what)
		}
	}
}
