package sfu

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

const (
	feedMic = 0x1111
	feedCam = 0x2222
)

var feedStreams = []FeedStream{{KindCam, "VP8", feedCam}, {KindMic, "opus", feedMic}}

// play feeds sound and pictures as a child does until stop; it ends by itself with the feed.
func play(t *testing.T, f *Feed) (stop func(), ended <-chan struct{}) {
	quit, done := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := uint16(1); ; n++ {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			sound := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 97, SequenceNumber: n, Timestamp: uint32(n) * 960, SSRC: feedMic}, Payload: []byte{0xfc, 0xff, 0xfe}}
			picture := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, Marker: true, SequenceNumber: n, Timestamp: uint32(n) * 1800, SSRC: feedCam}, Payload: vp8Payload(n&0x7fff, n%25 == 1, 640, 360, 300)}
			if f.Packet(KindMic, marshal(t, sound)) != nil || f.Packet(KindCam, marshal(t, picture)) != nil {
				return
			}
		}
	})
	var once sync.Once
	stop = func() { once.Do(func() { close(quit); wg.Wait() }) }
	t.Cleanup(stop)
	return stop, done
}

func marshal(t *testing.T, p rtp.Packet) []byte {
	raw, err := p.Marshal()
	if err != nil {
		t.Error(err)
	}
	return raw
}

// TestFeed is a hall's camera pulled by a child: seen and heard, behind the same gates, gone with the feed.
func TestFeed(t *testing.T) {
	conf := newTestServer(t).Conference("s")
	viewer := join(t, conf, Participant{ID: "viewer", Profile: ProfileAudience})
	join(t, conf, Participant{ID: "hall", Profile: ProfileMember}) // its device is in the room as well
	open := map[string]bool{"hall": true}
	conf.Direct(Direction{Stage: "hall", Mic: open, Cam: open})
	viewer.listen(clientAPI(t, false), 2, 2)
	f, err := conf.Feed("hall", feedStreams...)
	must(t, err)
	play(t, f)
	eventually(t, "picture and sound at the viewer", func() bool { return viewer.received(2) > 10 && viewer.received(0) > 10 })
	cam, ok := viewer.sink.find("hall", KindCam)
	if !ok || cam.Codec != "VP8" || cam.W != 640 || viewer.csrc(2) != cam.Src {
		t.Errorf("%+v, CSRC %d", cam, viewer.csrc(2))
	}
	if _, err := conf.Feed("hall", feedStreams...); !errors.Is(err, ErrFed) {
		t.Errorf("a second feed: %v", err)
	}

	dropped := conf.srv.metrics.dropped[dropGate].Load()
	conf.Direct(Direction{Stage: "hall"})
	eventually(t, "the gate keeps packets out", func() bool { return conf.srv.metrics.dropped[dropGate].Load() > dropped+20 })
	before := viewer.received(2)
	dropped = conf.srv.metrics.dropped[dropGate].Load()
	eventually(t, "more of them", func() bool { return conf.srv.metrics.dropped[dropGate].Load() > dropped+20 })
	if now := viewer.received(2); now != before {
		t.Errorf("%d pictures passed a closed gate", now-before)
	}

	f.Close()
	f.Close()
	if err := f.Packet(KindMic, nil); !errors.Is(err, ErrFeedEnd) {
		t.Errorf("after Close: %v", err)
	}
	eventually(t, "the source is gone", func() bool { _, ok := viewer.sink.find("hall", KindCam); return !ok })
	f, err = conf.Feed("hall", feedStreams...)
	must(t, err)
	_, ended := play(t, f)
	conf.Close()
	<-ended
	if _, err := conf.Feed("hall", feedStreams...); !errors.Is(err, ErrFeedEnd) {
		t.Errorf("after the sitting: %v", err)
	}
}

// TestFeedYields checks that whoever publishes the source in person takes it from the feed.
func TestFeedYields(t *testing.T) {
	conf := newTestServer(t).Conference("s")
	hall := join(t, conf, Participant{ID: "hall", Profile: ProfileMember})
	open := map[string]bool{"hall": true}
	conf.Direct(Direction{Mic: open, Cam: open})
	f, err := conf.Feed("hall", feedStreams...)
	must(t, err)
	defer f.Close()
	_, ended := play(t, f)
	must(t, hall.publish(clientAPI(t, false)))
	hall.stream(20)
	<-ended
}

func TestFeedBadInput(t *testing.T) {
	conf := newTestServer(t).Conference("s")
	for _, s := range []FeedStream{
		{KindCam, "opus", 1}, {KindMic, "VP8", 1}, {KindCam, "H265", 1}, {KindScreen, "VP8", 1}, {KindMic, "opus", 0}, {"", "", 1},
	} {
		if f, err := conf.Feed("hall", s); err == nil {
			t.Errorf("%+v was taken", s)
			f.Close()
		}
	}
	f, err := conf.Feed("hall", feedStreams[1])
	must(t, err)
	defer f.Close()
	report, err := rtcp.Marshal([]rtcp.Packet{&rtcp.SenderReport{SSRC: feedMic, NTPTime: 1 << 40, RTPTime: 7}})
	must(t, err)
	foreign := marshal(t, rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 77}, Payload: []byte{1}})
	for _, raw := range [][]byte{nil, {0x80}, make([]byte, 12), make([]byte, 70000), foreign, report, report[:9]} {
		must(t, f.Packet(KindMic, raw))
	}
	l := f.layers[KindMic]
	if l.recv.received.Load() != 0 || l.recv.lastSR.Load() == 0 || conf.srv.metrics.dropped[dropMalformed].Load() != 5 {
		t.Errorf("%d packets, report %d, %d dropped", l.recv.received.Load(), l.recv.lastSR.Load(), conf.srv.metrics.dropped[dropMalformed].Load())
	}
	if err := f.Packet(KindCam, report); !errors.Is(err, ErrFeedEnd) {
		t.Errorf("a kind that is not fed: %v", err)
	}
}
