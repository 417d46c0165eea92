package cameras

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nghitruong/ffmpeg"
	"nghitruong/sfu"
)

const described = `echo '{"streams":[{"codec_type":"audio","codec_name":"opus"}]}'`

// speak writes RTP of the SSRC that it was told until it is ended.
const speak = `for a; do [ "$last" = -ssrc ] && ssrc=$a; last=$a; done
hex=$(printf '%08x' "$ssrc"); o() { printf '%o' "0x$(echo "$hex" | cut -c$1-$2)"; }
n=0; while :; do n=$((n+1)); printf "\200\140\000\\$(printf '%o' $((n % 256)))\000\000\000\\$(printf '%o' $((n % 256)))\\$(o 1 2)\\$(o 3 4)\\$(o 5 6)\\$(o 7 8)\374\377\376" >&3; sleep 0.02; done`

// heard is a sink that knows the sources.
type heard struct{ add chan sfu.SourceInfo }

func (h heard) Sources(add []sfu.SourceInfo, _ []uint32) {
	for _, s := range add {
		h.add <- s
	}
}
func (heard) Slots(sfu.SlotMap)         {}
func (heard) Layers(uint32, []string)   {}
func (heard) Gate(uint32, bool, string) {}
func (heard) Failed(sfu.PC, error)      {}

// stage is a sitting with a hall, and a pool that pulls one camera into it.
func stage(t *testing.T, found *ffmpeg.Tool, networks string) (*Pool, *sfu.Conference, heard) {
	t.Helper()
	server, err := sfu.NewServer(sfu.Config{Listen: netip.MustParseAddr("127.0.0.1"), TCPPort: -1})
	must(t, err)
	t.Cleanup(func() { must(t, server.Close(context.Background())) })
	r := ffmpeg.NewRunner(nil)
	t.Cleanup(r.Close)
	conf := server.Conference("s")
	sink := heard{make(chan sfu.SourceInfo, 100)}
	conf.Join(sfu.Participant{ID: "viewer", Profile: sfu.ProfileAudience}, sink)
	conf.Direct(sfu.Direction{Mic: map[string]bool{"p7": true}})
	return NewPool(Config{
		Cameras: []Camera{camera(t, "Hội An=rtsp://cam:pw@127.0.0.1:1/live")}, Networks: []netip.Prefix{netip.MustParsePrefix(networks)},
		Tool: found, Runner: r, Log: slog.New(slog.DiscardHandler),
		Hall: func(_ context.Context, sitting, name string) (string, error) {
			if sitting == "s" && name == "Hội An" {
				return "p7", nil
			}
			return "", ErrNoHall
		},
	}), conf, sink
}

func TestCameraFeedsItsHall(t *testing.T) {
	pool, conf, sink := stage(t, tool(t, "", described, speak), "127.0.0.0/8")
	pool.Attend("s", conf)
	pool.Attend("s", conf)
	select {
	case s := <-sink.add:
		if s.Who != "p7" || s.Kind != sfu.KindMic || s.Codec != "opus" {
			t.Errorf("%+v", s)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("nothing is heard")
	}
	// The sitting ends: so does the child, for good.
	conf.Close()
	for deadline := time.Now().Add(20 * time.Second); !pool.busy[0].TryLock(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the camera is still pulled")
		}
	}
	pool.busy[0].Unlock()
}

// TestRefusedCameras checks that no child is even started for a camera outside the networks, and that errors tell no password.
func TestRefusedCameras(t *testing.T) {
	started := filepath.Join(t.TempDir(), "started")
	found := tool(t, "", fmt.Sprintf("echo $* > %s; echo \"$*: refused\" >&2; exit 1", started), "")
	pool, conf, _ := stage(t, found, "10.20.0.0/16")
	if err := pool.attempt(context.Background(), 0, "s", conf); err == nil || !strings.Contains(err.Error(), ErrOutside.Error()) {
		t.Errorf("outside: %v", err)
	}
	if _, err := os.Stat(started); err == nil {
		t.Error("a child was started for a camera outside the networks")
	}
	pool, conf, _ = stage(t, found, "127.0.0.0/8")
	err := pool.attempt(context.Background(), 0, "s", conf)
	if err == nil || strings.Contains(err.Error(), "pw") || !strings.Contains(err.Error(), "refused") {
		t.Errorf("refused by the camera: %v", err)
	}
	asked, err := os.ReadFile(started)
	if err != nil || strings.Contains(string(asked), "127.0.0.1:1/") || !strings.Contains(string(asked), "-i rtsp://cam:pw@127.0.0.1:") {
		t.Errorf("the child was not led to the guard: %q %v", asked, err)
	}
	if err := pool.attempt(context.Background(), 0, "another", conf); err != nil {
		t.Errorf("a sitting without the hall: %v", err)
	}
	pool.busy[0].Lock()
	defer pool.busy[0].Unlock()
	if err := pool.attempt(context.Background(), 0, "s", conf); err == nil || !strings.Contains(err.Error(), "another sitting") {
		t.Errorf("a camera in use: %v", err)
	}
}
