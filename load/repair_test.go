//go:build linux

package load

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"nghitruong/sfu"
)

// TestStreamWishes checks which packets are asked for: the missing ones, not too often, until they came.
func TestStreamWishes(t *testing.T) {
	l := stream{asks: true}
	now := time.Unix(1000, 0)
	for _, sn := range []uint16{65533, 65535, 2} {
		l.take(sn)
	}
	if got := l.wishes(now); !slices.Equal(got, []uint16{65534, 0, 1}) {
		t.Fatalf("asked for %d", got)
	}
	if got := l.wishes(now.Add(nackAgain / 2)); len(got) != 0 {
		t.Errorf("asked again too early for %d", got)
	}
	l.take(0)
	if got := l.wishes(now.Add(nackAgain)); !slices.Equal(got, []uint16{65534, 1}) {
		t.Errorf("asked again for %d", got)
	}
	for i := range nackTries {
		l.wishes(now.Add(time.Duration(i+2) * nackAgain))
	}
	if len(l.gaps) != 0 {
		t.Errorf("still waits for %v", l.gaps)
	}
	l.take(5000)
	if len(l.gaps) != nackMax {
		t.Errorf("waits for %d packets after a long gap", len(l.gaps))
	}
}

// TestStreamSeal checks that later packets do not count and late ones do.
func TestStreamSeal(t *testing.T) {
	var l stream
	l.take(1)
	l.take(4)
	l.seal()
	l.take(5)
	l.take(3)
	if r, lost := l.counts(); r != 3 || lost != 1 {
		t.Errorf("%d received, %d lost; want 3 and 1", r, lost)
	}
}

// TestLossLearns checks which payload types an answer says are repairs.
func TestLossLearns(t *testing.T) {
	l := loss{repair: map[uint8]bool{}, mended: map[uint8]bool{}}
	l.learn("nonsense")
	l.learn("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97 98\r\n" +
		"a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:98 VP9/90000\r\n")
	if len(l.repair) != 1 || !l.repair[97] || len(l.mended) != 1 || !l.mended[96] {
		t.Errorf("repairs %v of %v", l.repair, l.mended)
	}
}

// TestLoseAndRepair lets two viewers lose a tenth of the pictures: the one that asks gets them back, the one that does not
// gets none. The camera sends layers, as a browser's does.
func TestLoseAndRepair(t *testing.T) {
	ctx, conf, crowd := sitting(t)
	publisher := publish(ctx, t, conf, crowd, Camera{Layers: true, Browser: true})
	asks := newPerson(t, crowd, asker(conf, "asks", sfu.PCSub, sfu.ProfileAudience))
	mute := newPerson(t, crowd, asker(conf, "mute", sfu.PCSub, sfu.ProfileAudience))
	for i, v := range []*Person{asks, mute} {
		v.Lose(0.1, uint64(i))
		v.socket.mu.Lock() // the sweep runs already
		v.socket.loss.quiet = v == mute
		v.socket.mu.Unlock()
		if _, err := v.Listen(ctx, 2, 2); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "loss", func() bool {
		_, lost := mute.socket.counts()
		got, _ := asks.socket.counts()
		return lost > 20 && got > 300
	})
	crowd.Seal()
	_, unmended := mute.socket.counts()
	eventually(t, "repair", func() bool {
		_, lost := asks.socket.counts()
		return lost < unmended/4
	})
	if _, lost := mute.socket.counts(); lost < unmended {
		t.Errorf("who asks for nothing got %d packets back", unmended-lost)
	}
	askFor(t, asks)
	eventually(t, "wish for a keyframe", func() bool { return publisher.Asked() > 0 })
	if asks.Asked() != 0 {
		t.Error("a viewer was asked for a keyframe")
	}
}

// askFor lets a viewer ask for a keyframe of each picture that it gets.
func askFor(t *testing.T, p *Person) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, track := range p.media {
		if err := p.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: uint32(track.SSRC())}}); err != nil {
			t.Fatal(err)
		}
	}
}
