package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"encoding/json"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// outsider is a plain Pion client of a door.
type outsider struct {
	pc      *webrtc.PeerConnection
	session string
	audio   atomic.Int64 // packets received
	video   atomic.Int64
}

// knock offers pc at a door, takes the answer and counts what comes.
func knock(t *testing.T, base string, link linkStream, pc *webrtc.PeerConnection) *outsider {
	t.Helper()
	o := &outsider{pc: pc}
	var wg sync.WaitGroup
	t.Cleanup(func() { _ = pc.GracefulClose(); wg.Wait() })
	o.offer(t, base, link, func(track *webrtc.TrackRemote) {
		count := &o.audio
		if track.Kind() == webrtc.RTPCodecTypeVideo {
			count = &o.video
		}
		wg.Go(func() {
			for {
				if _, _, err := track.ReadRTP(); err != nil {
					return
				}
				count.Add(1)
			}
		})
	})
	return o
}

// offer offers at a door and takes the answer; came is told each track.
func (o *outsider) offer(t *testing.T, base string, link linkStream, came func(*webrtc.TrackRemote)) {
	t.Helper()
	o.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { came(track) })
	offer, err := o.pc.CreateOffer(nil)
	noError(t, err)
	noError(t, o.pc.SetLocalDescription(offer))
	resp, body := o.call(t, "POST", link.URL, link.Token, "application/sdp", offer.SDP)
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("%s: %d %s", link.Name, resp.StatusCode, body)
	}
	o.session = resp.Header.Get("Location")
	if !strings.HasPrefix(o.session, base+"/") {
		t.Fatalf("location %q", o.session)
	}
	noError(t, o.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: body}))
}

func (o *outsider) call(t *testing.T, method, url, token, kind, body string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	noError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", kind)
	resp, err := http.DefaultClient.Do(r)
	noError(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	noError(t, err)
	return resp, string(b)
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newPC(t *testing.T) *webrtc.PeerConnection {
	t.Helper()
	var e webrtc.SettingEngine
	e.SetIncludeLoopbackCandidate(true)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	m := &webrtc.MediaEngine{}
	noError(t, m.RegisterDefaultCodecs())
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(e), webrtc.WithMediaEngine(m)).NewPeerConnection(webrtc.Configuration{})
	noError(t, err)
	return pc
}

// push makes an encoder that sends Opus and VP8 until the test ends.
func push(t *testing.T, base string, link linkStream) *outsider {
	t.Helper()
	pc := newPC(t)
	var tracks []*webrtc.TrackLocalStaticRTP
	for _, mime := range []string{webrtc.MimeTypeOpus, webrtc.MimeTypeVP8} {
		track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime}, mime[:5], "encoder")
		noError(t, err)
		_, err = pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		noError(t, err)
		tracks = append(tracks, track)
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := uint16(0); ; n++ {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			_ = tracks[0].WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 960}, Payload: []byte{0xfc, 0xff, 0xfe}})
			picture := []byte{0x10, 0x11, 0, 0, 0}
			if n%50 == 0 { // a keyframe of 320×180 (RFC 6386 section 9.1)
				picture = []byte{0x10, 0x10, 2, 0, 0x9d, 0x01, 0x2a, 64, 1, 180, 0, 0}
			}
			_ = tracks[1].WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, SequenceNumber: n, Timestamp: uint32(n) * 1800}, Payload: picture})
		}
	}()
	t.Cleanup(func() { close(quit); <-done })
	return knock(t, base, link, pc)
}

func play(t *testing.T, base string, link linkStream) *outsider {
	t.Helper()
	pc := newPC(t)
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		_, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		noError(t, err)
	}
	return knock(t, base, link, pc)
}

// TestDemoTakesEncodersAndPlayers goes the whole way of a standard client: links file, WHIP, WHEP, deletion.
func TestDemoTakesEncodersAndPlayers(t *testing.T) {
	data, port := t.TempDir(), freePort(t)
	file := filepath.Join(data, "links.json")
	s := start(t, port, "demo", "--data", data, "--links", file)
	var l linkList
	wait(t, "links file", func() bool {
		raw, err := os.ReadFile(file)
		return err == nil && json.Unmarshal(raw, &l) == nil
	})
	if len(l.Ingest) != len(demoHalls) || len(l.Egress) != 1+len(demoHalls) {
		t.Fatalf("%d encoders, %d players", len(l.Ingest), len(l.Egress))
	}
	push(t, s.base, l.Ingest[0])
	named, other := play(t, s.base, l.Egress[1]), play(t, s.base, l.Egress[2])
	wait(t, "the hall's picture", func() bool { return named.video.Load() > 20 })
	if n := other.video.Load(); n != 0 {
		t.Errorf("the other hall's player got %d packets", n)
	}
	if resp, body := named.call(t, "DELETE", named.session, l.Egress[1].Token, "", ""); resp.StatusCode != http.StatusOK {
		t.Errorf("delete: %d %s", resp.StatusCode, body)
	}
	if resp, _ := named.call(t, "DELETE", named.session, l.Egress[1].Token, "", ""); resp.StatusCode != http.StatusNotFound {
		t.Errorf("delete again: %d", resp.StatusCode)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}
