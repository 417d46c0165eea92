package sfu

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// h264Packet is one NAL unit as a packet of its own.
func h264Packet(t *testing.T, ssrc uint32, n uint16, nal ...byte) []byte {
	t.Helper()
	return marshal(t, rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, Marker: true, SequenceNumber: n, Timestamp: uint32(n) * 3600, SSRC: ssrc}, Payload: nal})
}

// set720 is the sequence parameter set of 1280×720, set360 of 640×360.
var (
	set720 = []byte("\x67\x64\x00\x1f\xac\xd9\x40\x50\x05\xbb\x01\x10\x00\x00\x03\x01\x00\x00\x03\x03\x20\xf1\x83\x19\x60")
	set360 = []byte("\x67\x42\xc0\x1e\xd9\x00\xa0\x2f\xf9\x70\x11\x00\x00\x03\x00\x01\x00\x00\x03\x00\x32\x0f\x16\x2e\x48")
)

func TestShrinkGivesALonePictureALowerLayer(t *testing.T) {
	c := newTestServer(t).Conference("s")
	c.Direct(open("hall"))
	large, err := c.Feed("hall", FeedStream{KindCam, codecH264, feedCam})
	must(t, err)
	defer large.Close()
	if all, open := c.Lone(); len(all) != 0 || !open {
		t.Errorf("before a picture: %+v", all)
	}
	must(t, large.Packet(KindCam, h264Packet(t, feedCam, 1, set360...)))
	if all, _ := c.Lone(); len(all) != 0 {
		t.Errorf("a small one is lone: %+v", all)
	}
	must(t, large.Packet(KindCam, h264Packet(t, feedCam, 2, set720...)))
	all, _ := c.Lone()
	if len(all) != 1 || all[0].Who != "hall" || all[0].W != 1280 || all[0].H != 720 {
		t.Fatalf("%+v", all)
	}
	src := all[0].Src

	var shown atomic.Int64
	show := func([]byte) { shown.Add(1) }
	for name, bad := range map[string]struct{ src, ssrc uint32 }{"no source": {src + 1, 5}, "no SSRC": {src, 0}} {
		if _, err := c.Shrink(bad.src, bad.ssrc, show); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	small, err := c.Shrink(src, 5, show)
	must(t, err)
	if _, err := c.Shrink(src, 6, show); !errors.Is(err, ErrFed) {
		t.Errorf("a second one: %v", err)
	}
	if all, _ := c.Lone(); len(all) != 0 {
		t.Errorf("lone beside a small one: %+v", all)
	}
	must(t, large.Packet(KindCam, h264Packet(t, feedCam, 3, 0x65, 0x88)))
	must(t, small.Packet(KindCam, h264Packet(t, 5, 1, set360...)))
	must(t, small.Packet(KindCam, h264Packet(t, 6, 2, 0x65, 0x88))) // of nobody: dropped
	c.call(func() {
		s, now := c.bySrc[src], c.srv.now()
		if !s.alive(layerQ, now) || !s.alive(singleLayer, now) || s.lays[layerQ].Load().recv.received.Load() != 1 {
			t.Error("the source has no two layers")
		}
		if info := s.describe(); info.H != 720 {
			t.Errorf("the source is told as %+v", info)
		}
	})
	if shown.Load() != 1 {
		t.Errorf("%d packets were shown", shown.Load())
	}

	// A closed gate keeps both back.
	c.Direct(Direction{})
	must(t, large.Packet(KindCam, h264Packet(t, feedCam, 4, 0x65, 0x88)))
	if shown.Load() != 1 {
		t.Error("what the gate keeps back was shown")
	}

	// The small one ends without touching the large one, and with it.
	c.Direct(open("hall"))
	small.Close()
	small.Close()
	must(t, large.Packet(KindCam, h264Packet(t, feedCam, 5, set720...)))
	again, err := c.Shrink(src, 7, show)
	must(t, err)
	large.Close()
	if again.Lives() || !errors.Is(again.Packet(KindCam, h264Packet(t, 7, 1, set360...)), ErrFeedEnd) {
		t.Error("a small picture outlives its large one")
	}
	again.Close()
	c.Close()
	if _, open := c.Lone(); open {
		t.Error("a closed conference is open")
	}
	if _, err := c.Shrink(src, 8, show); !errors.Is(err, ErrFeedEnd) {
		t.Errorf("closed: %v", err)
	}
}

// TestPagesAreNotShrunk: a browser makes its own layers.
func TestPagesAreNotShrunk(t *testing.T) {
	c := newTestServer(t).Conference("s")
	c.Direct(open("hall"))
	e := ingest(t, c, "hall", "net", false)
	e.send(false)
	eventually(t, "the encoder's picture", func() bool { s := c.Ingests(); return len(s) == 1 && s[0].W > 0 })
	if all, _ := c.Lone(); len(all) != 0 { // VP8
		t.Errorf("%+v", all)
	}
}

// TestWeakViewersGetTheSmallPicture: the lower layer is chosen as a browser's is.
func TestWeakViewersGetTheSmallPicture(t *testing.T) {
	c := newTestServer(t).Conference("s")
	d := open("hall")
	d.Stage = "hall"
	c.Direct(d)
	large, err := c.Feed("hall", FeedStream{KindCam, codecH264, feedCam})
	must(t, err)
	defer large.Close()
	must(t, large.Packet(KindCam, h264Packet(t, feedCam, 1, set720...)))
	all, _ := c.Lone()
	small, err := c.Shrink(all[0].Src, 5, func([]byte) {})
	must(t, err)
	defer small.Close()
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := uint16(2); ; n++ {
			for i := range uint16(10) { // 4 Mb/s against 20 kb/s
				nal := append([]byte{0x41}, make([]byte, 1000)...)
				if n%50 == 0 && i == 0 {
					nal = set720
				}
				if large.Packet(KindCam, h264Packet(t, feedCam, 10*n+i, nal...)) != nil {
					return
				}
			}
			nal := append([]byte{0x41}, make([]byte, 50)...)
			if n%25 == 0 {
				nal = set360
			}
			_ = small.Packet(KindCam, h264Packet(t, 5, n, nal...)) // ends with the large one
			select {
			case <-tick.C:
			case <-quit:
				return
			}
		}
	}()
	defer func() { close(quit); <-done }()
	pl, door := player(t, c, "hall")
	pl.more("the small picture: a fresh line is believed to carry 600 kb/s", 1)
	c.call(func() {
		s := door.peer.seat.viewer.video[0]
		layers := map[uint32]bool{}
		lays := &c.bySrc[all[0].Src].lays
		for i := range lays {
			if have := lays[i].Load(); have != nil {
				layers[have.num] = have.index == layerQ
			}
		}
		if cur := s.cur; cur == nil || !layers[cur.num] {
			t.Errorf("the player is shown %+v", cur)
		}
	})
}
