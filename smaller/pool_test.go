package smaller

import (
	"context"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"nghitruong/ffmpeg"
	"nghitruong/sfu"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait for a state.
const patience = 20 * time.Second

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// shrunk plays a child: it waits for pictures, then writes RTP of the SSRC that it was told, H264 keyframes of one byte.
const shrunk = `for a; do [ "$last" = -ssrc ] && ssrc=$a; last=$a; done
hex=$(printf '%08x' "$ssrc"); o() { printf '%o' "0x$(echo "$hex" | cut -c$1-$2)"; }
head -c 20 <&3 >/dev/null || exit 1; echo . >> "$0.ran"
cat <&3 >/dev/null & n=0; while :; do n=$((n+1)); printf "\200\340\000\\$(printf '%o' $((n % 256)))\000\000\\$(printf '%o' $((n % 256)))\000\\$(o 1 2)\\$(o 3 4)\\$(o 5 6)\\$(o 7 8)\145\210" >&4; sleep 0.02; done`

// fakeTool writes a program that answers as ffmpeg does and then runs script.
func fakeTool(t *testing.T, script string) *ffmpeg.Tool {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ffmpeg")
	must(t, os.WriteFile(path, []byte("#!/bin/sh\ncase \"$1$2\" in -version) echo ffmpeg version 5.1; exit;; -hide_banner-encoders) echo ' ------'; exit;; esac\n"+script+"\n"), 0o755))
	found, err := ffmpeg.Find(context.Background(), path)
	must(t, err)
	return found
}

// sitting is a conference with halls whose cameras send one large picture each.
type sitting struct {
	conf *sfu.Conference
	pool *Pool
}

func newSitting(t *testing.T, tool *ffmpeg.Tool, most int, halls ...string) *sitting {
	t.Helper()
	server, err := sfu.NewServer(sfu.Config{Listen: netip.MustParseAddr("127.0.0.1"), TCPPort: -1})
	must(t, err)
	t.Cleanup(func() { must(t, server.Close(context.Background())) })
	r := ffmpeg.NewRunner(nil)
	t.Cleanup(r.Close)
	s := &sitting{conf: server.Conference("s"), pool: NewPool(Config{Most: most, Tool: tool, Runner: r, Log: slog.New(slog.DiscardHandler)})}
	s.pool.every = 20 * time.Millisecond
	cams := map[string]bool{}
	for _, h := range halls {
		cams[h] = true
	}
	s.conf.Direct(sfu.Direction{Cam: cams})
	return s
}

// sps announces 1280×720.
var sps = []byte("\x67\x64\x00\x1f\xac\xd9\x40\x50\x05\xbb\x01\x10\x00\x00\x03\x01\x00\x00\x03\x03\x20\xf1\x83\x19\x60")

// film feeds a hall's camera until stop.
func (s *sitting) film(t *testing.T, hall string) (stop func()) {
	t.Helper()
	const ssrc = 77
	feed, err := s.conf.Feed(hall, sfu.FeedStream{Kind: sfu.KindCam, Codec: "H264", SSRC: ssrc})
	must(t, err)
	quit := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		n, ts := uint16(0), uint32(0)
		for ; ; ts += 3600 {
			for _, part := range [][]byte{sps, {0x68, 0xce, 0x3c, 0x80}, {0x65, 0x88, 0x84}} {
				n++
				p := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, Marker: part[0] == 0x65, SequenceNumber: n, Timestamp: ts, SSRC: ssrc}, Payload: part}
				raw, err := p.Marshal()
				if err != nil || feed.Packet(sfu.KindCam, raw) != nil {
					return
				}
			}
			select {
			case <-tick.C:
			case <-quit:
				return
			}
		}
	})
	var once sync.Once
	stop = func() { once.Do(func() { close(quit); wg.Wait(); feed.Close() }) }
	t.Cleanup(stop)
	return stop
}

// lone counts the pictures that nothing small is made of.
func (s *sitting) lone() int {
	all, _ := s.conf.Lone()
	return len(all)
}

func TestSmallPicturesAreMadeAndEnd(t *testing.T) {
	tool := fakeTool(t, shrunk)
	s := newSitting(t, tool, 1, "one", "two")
	stopOne, stopTwo := s.film(t, "one"), s.film(t, "two")
	eventually(t, "two large pictures", func() bool { return s.lone() == 2 })
	all, open := s.conf.Lone()
	if !open || all[0].W != 1280 || all[0].H != 720 {
		t.Errorf("%+v", all)
	}
	s.pool.Attend("s", s.conf)
	s.pool.Attend("s", s.conf)
	ran := func() int {
		text, _ := os.ReadFile(tool.Path + ".ran") // not there before the first child has read something
		return strings.Count(string(text), ".")
	}
	eventually(t, "one child that was given pictures: there is one place", func() bool { return s.lone() == 1 && ran() == 1 })
	first, _ := s.conf.Lone()
	if first[0].Who == "one" {
		stopTwo()
	} else {
		stopOne()
	}
	eventually(t, "the other's small picture in the place that got free", func() bool { return s.lone() == 0 && ran() == 2 })
	s.conf.Close()
	eventually(t, "no child after the end", func() bool { return len(s.pool.places) == 0 })
	eventually(t, "the sitting is forgotten", func() bool {
		s.pool.mu.Lock()
		defer s.pool.mu.Unlock()
		return len(s.pool.attended) == 0
	})
	if n := ran(); n != 2 {
		t.Errorf("%d children", n)
	}
}

// TestADeadChildTouchesNothing: the large picture goes on while children die; the next one is tried after a pause.
func TestADeadChildTouchesNothing(t *testing.T) {
	tool := fakeTool(t, "head -c 20 <&3 >/dev/null; echo . >> \"$0.ran\"; echo broken >&2; exit 1")
	s := newSitting(t, tool, 4, "one")
	s.film(t, "one")
	eventually(t, "a large picture", func() bool { return s.lone() == 1 })
	s.pool.Attend("s", s.conf)
	eventually(t, "two attempts", func() bool {
		ran, _ := os.ReadFile(tool.Path + ".ran") // not there before the first one
		return strings.Count(string(ran), ".") >= 2
	})
	eventually(t, "the large picture alone again", func() bool { return s.lone() == 1 })
}

func TestOffMeansNoChild(t *testing.T) {
	s := newSitting(t, nil, 0, "one")
	s.pool.Attend("s", s.conf)
	if len(s.pool.attended) != 0 {
		t.Error("a sitting is attended")
	}
}

func TestIntakeDropsRatherThanWaits(t *testing.T) {
	in := newIntake()
	for range waiting + 10 {
		in.show(sps)
	}
	if len(in.packets) != waiting {
		t.Errorf("%d packets wait", len(in.packets))
	}
	in.close()
	in.close()
	for name, stream := range map[string]bool{"\x00\x00\x00\x01\x67\x64": true, "\x00\x00\x01\x67": true, "\x00\x00\x01\x41": false, "\x00\x00\x01": false, "": false} {
		if begins([]byte(name)) != stream {
			t.Errorf("%x", name)
		}
	}
}
