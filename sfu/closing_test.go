package sfu

import (
	"errors"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// TestDoorsCloseWithTheSitting: encoders, players and cameras leave when the sitting ends and none comes in after; people stay.
func TestDoorsCloseWithTheSitting(t *testing.T) {
	c := newTestServer(t).Conference("s")
	c.Direct(open("hall"))
	join(t, c, Participant{ID: "p", Profile: ProfileMember})
	e := ingest(t, c, "hall", "net", false)
	e.send(false)
	pl, d := player(t, c, "hall")
	pl.more("before the end", 1)
	camera, err := c.Feed("other hall", feedStreams...)
	must(t, err)
	_, cameraEnded := play(t, camera)

	c.Direct(Direction{Closed: true})
	for name, ended := range map[string]*Door{"encoder": e.door, "player": d} {
		<-ended.Done()
		if ended.Reason() != EndConfClose {
			t.Errorf("%s: %q", name, ended.Reason())
		}
	}
	eventually(t, "the player's connection ends", func() bool { return pl.sub.ConnectionState() == webrtc.PeerConnectionStateClosed })
	select {
	case <-cameraEnded:
	case <-time.After(patience):
		t.Error("a camera goes on")
	}
	camera.Close()
	if s := c.Ingests(); len(s) != 1 || s[0].Ended != EndConfClose || s[0].Connected {
		t.Errorf("%+v", s)
	}

	head := "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n" +
		"a=fingerprint:sha-256 DA:7B:57:DC:28:CE:04:4F:31:79:85:C4:31:67:EB:27:58:29:ED:77:2A:0D:24:AE:ED:AD:30:BC:BD:F1:9C:02\r\na=setup:actpass\r\n" +
		"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
	if _, err := c.Ingest(t.Context(), "hall", "net", head+"a=sendonly\r\n"); !errors.Is(err, ErrClosed) {
		t.Errorf("an encoder: %v", err)
	}
	if _, err := c.Watch(t.Context(), "", head+"a=recvonly\r\n"); !errors.Is(err, ErrClosed) {
		t.Errorf("a player: %v", err)
	}
	if _, err := c.Feed("hall", feedStreams...); !errors.Is(err, ErrFeedEnd) {
		t.Errorf("a camera: %v", err)
	}
	c.call(func() {
		if len(c.order) != 1 || c.seats["p"] == nil || c.watchers != 0 || len(c.ingests) != 0 {
			t.Errorf("%d seats, %d players, %d encoders stay", len(c.order), c.watchers, len(c.ingests))
		}
	})
}

// TestPlayersPictureWaitsForItsClient: a replay may begin only when a client had time to set its receivers up.
func TestPlayersPictureWaitsForItsClient(t *testing.T) {
	c := newTestServer(t).Conference("s")
	c.Direct(open("hall"))
	e := ingest(t, c, "hall", "net", false)
	e.send(false)
	pl, d := player(t, c, "hall")
	pl.more("the picture", 1)
	c.call(func() {
		st := d.peer.seat
		v, src := st.viewer, c.ids[sourceKey{"hall", KindCam}]
		shown := func(now int64) uint32 {
			st.watchVideo(v, now)
			return st.video[0]
		}
		now := c.srv.now()
		st.watch.ready = 0
		v.connected.Store(false)
		if got := shown(now); got != 0 {
			t.Errorf("before the handshake: %d", got)
		}
		v.connected.Store(true)
		if got := shown(now); got != 0 {
			t.Errorf("right after it: %d", got)
		}
		v.connected.Store(false) // an ICE restart takes the picture away from nobody
		if got := shown(now + int64(settleTime)); got != src {
			t.Errorf("then: %d, want %d", got, src)
		}
	})
}
