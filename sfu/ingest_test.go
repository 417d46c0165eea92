package sfu

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

// encoder is a WHIP client: microphone and camera on two lines, the picture first when asked.
type encoder struct {
	*testClient
	door *Door
}

// ingest connects an encoder; it streams nothing yet.
func ingest(t *testing.T, c *Conference, who, network string, videoFirst bool) *encoder {
	t.Helper()
	pc, err := clientAPI(t, false).NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	e := &encoder{testClient: &testClient{t: t, pub: pc, count: map[int]int{}, last: map[int]got{}}}
	kinds := []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo}
	if videoFirst {
		kinds[0], kinds[1] = kinds[1], kinds[0]
	}
	for _, k := range kinds {
		f := &fakeTrack{kind: k, id: k.String()}
		_, err := pc.AddTransceiverFromTrack(f, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		must(t, err)
		e.tracks = append(e.tracks, f)
	}
	offer := offerOf(t, pc)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	e.door, err = c.Ingest(ctx, who, network, offer)
	must(t, err)
	t.Cleanup(func() { e.door.Close(); _ = pc.GracefulClose() })
	must(t, pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: e.door.Answer()}))
	eventually(t, "encoder connected", func() bool { return pc.ConnectionState() == webrtc.PeerConnectionStateConnected })
	return e
}

func offerOf(t *testing.T, pc *webrtc.PeerConnection) string {
	t.Helper()
	offer, err := pc.CreateOffer(nil)
	must(t, err)
	must(t, pc.SetLocalDescription(offer))
	return offer.SDP
}

// send streams until the test ends: sound each 20 ms, a picture each 40 ms, a keyframe each second.
func (e *encoder) send(videoFirst bool) (stop func()) {
	mic, cam := 0, 1
	if videoFirst {
		mic, cam = 1, 0
	}
	screen := &fakeTrack{} // stream leaves the last track out
	mids := e.pub.GetTransceivers()
	ordered := &testClient{t: e.t, pub: e.pub, tracks: []*fakeTrack{e.tracks[mic], e.tracks[cam], screen}}
	return ordered.streamTo(20, mids[mic].Mid(), mids[cam].Mid())
}

// player is a WHEP client: one audio and one video line.
func player(t *testing.T, c *Conference, only string) (*testClient, *Door) {
	t.Helper()
	pc, err := clientAPI(t, false).NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	cl := &testClient{t: t, sub: pc, count: map[int]int{}, last: map[int]got{}}
	for _, k := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		_, err := pc.AddTransceiverFromKind(k, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		must(t, err)
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		line := 0
		if track.Kind() == webrtc.RTPCodecTypeVideo {
			line = 1
		}
		cl.wg.Go(func() { cl.receive(track, line) })
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d, err := c.Watch(ctx, only, offerOf(t, pc))
	must(t, err)
	t.Cleanup(func() { d.Close(); _ = pc.GracefulClose(); cl.wg.Wait() })
	must(t, pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: d.Answer()}))
	return cl, d
}

func open(who string) Direction {
	return Direction{Mic: map[string]bool{who: true}, Cam: map[string]bool{who: true}}
}

// more waits for fresh packets on a line.
func (c *testClient) more(what string, line int) {
	c.t.Helper()
	before := c.received(line)
	eventually(c.t, what, func() bool { return c.received(line) > before+5 })
}

func TestEncoderReachesPlayers(t *testing.T) {
	for _, videoFirst := range []bool{false, true} {
		c := newTestServer(t).Conference("s")
		c.Direct(open("hall"))
		e := ingest(t, c, "hall", "net", videoFirst)
		stop := e.send(videoFirst)
		named, _ := player(t, c, "hall")
		named.more("sound of the named source", 0)
		named.more("picture of the named source", 1)

		stage, d := player(t, c, "")
		stage.more("sound of the stage", 0)
		if n := stage.received(1); n > 0 {
			t.Errorf("an encoder came on stage by itself: %d packets of its picture", n)
		}
		d2 := open("hall")
		d2.Stage = "hall"
		c.Direct(d2)
		stage.more("picture of the stage", 1)

		c.Direct(Direction{})
		eventually(t, "the camera behind a closed gate leaves, the microphone stays known", func() bool { return c.sourceCount.Load() == 1 })
		d.Close()
		<-d.Done()
		if d.Reason() != EndLeft {
			t.Errorf("reason %q", d.Reason())
		}
		stop()
	}
}

func TestEncoderIsReplacedAtOnce(t *testing.T) {
	c := newTestServer(t).Conference("s")
	c.Direct(open("hall"))
	first := ingest(t, c, "hall", "net", false)
	stop := first.send(false)
	named, _ := player(t, c, "hall")
	named.more("first encoder", 1)
	src := named.csrc(1)
	stop()

	second := ingest(t, c, "hall", "net", false)
	<-first.door.Done()
	if first.door.Reason() != EndReplaced {
		t.Errorf("reason %q", first.door.Reason())
	}
	second.send(false)
	named.more("second encoder", 1)
	if named.csrc(1) != src {
		t.Errorf("source %d became %d", src, named.csrc(1))
	}

	foreign := ingest(t, c, "hall", "other", false)
	foreign.send(false)
	state := func() IngestState { return c.Ingests()[0] }
	eventually(t, "packets come", func() bool { return state().Connected })
	if s := state(); !s.Held || s.OnAir {
		t.Errorf("from another network: %+v", s)
	}
	c.Readmit("hall")
	if s := state(); s.Held || !s.OnAir {
		t.Errorf("readmitted: %+v", s)
	}
	named.more("readmitted encoder", 1)
	foreign.door.Close()
	if s := state(); s.Ended != EndLeft || s.Connected {
		t.Errorf("after the end: %+v", s)
	}
}

func TestEncoderTakesThePlaceOfThePage(t *testing.T) {
	c := newTestServer(t).Conference("s")
	c.Direct(open("hall"))
	page := join(t, c, Participant{ID: "hall", Profile: ProfileMember})
	must(t, page.publish(clientAPI(t, false)))
	e := ingest(t, c, "hall", "net", false)
	eventually(t, "the page is told", func() bool {
		page.sink.mu.Lock()
		defer page.sink.mu.Unlock()
		return len(page.sink.failed) == 1
	})
	must(t, page.publish(clientAPI(t, false)))
	page.stream(30)
	e.send(false)
	named, _ := player(t, c, "hall")
	named.more("the encoder", 1)
	c.call(func() {
		if l := c.sources[sourceKey{"hall", KindCam}].lays[singleLayer].Load(); l == nil || l.pub.seat != e.door.peer.seat {
			t.Error("the page feeds the camera beside the encoder")
		}
	})
}

func TestDoorRestartsICE(t *testing.T) {
	c := newTestServer(t).Conference("s")
	c.Direct(open("hall"))
	e := ingest(t, c, "hall", "net", false)
	e.send(false)
	cl, d := player(t, c, "hall")
	cl.more("before", 1)
	tag := d.Tag()
	offer, err := cl.sub.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	must(t, err)
	must(t, cl.sub.SetLocalDescription(offer))
	ufrag, pwd, _, _ := iceOf(offer.SDP)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	frag, err := d.Restart(ctx, ufrag, pwd)
	must(t, err)
	if d.Tag() == tag || !strings.Contains(frag, "a=ice-ufrag:"+d.Tag()+"\r\n") || !strings.Contains(frag, "a=candidate:") {
		t.Errorf("fragment %q", frag)
	}
	must(t, cl.sub.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: d.Answer()}))
	cl.more("after", 1)
	d.Close()
	if _, err := d.Restart(ctx, ufrag, pwd); !errors.Is(err, ErrBusy) {
		t.Errorf("restart of an ended session: %v", err)
	}
}

func TestDoorRefusesBadOffers(t *testing.T) {
	c := newTestServer(t).Conference("s")
	head := "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
	line := func(kind, mid, more string) string {
		return "m=" + kind + " 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:" + mid + "\r\na=rtcp-mux\r\na=sendonly\r\n" + more
	}
	opus, h264 := "a=rtpmap:96 opus/48000/2\r\n", "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;profile-level-id="
	for name, sdp := range map[string]string{
		"empty":        "",
		"no SDP":       "hello",
		"too large":    strings.Repeat("a", maxSDPBytes+1),
		"no lines":     head,
		"500 lines":    head + strings.Repeat(line("audio", "0", opus), 500),
		"two pictures": head + line("video", "0", h264+"42e01f\r\n") + line("video", "1", h264+"42e01f\r\n"),
		"one mid":      head + line("audio", "0", opus) + line("video", "0", h264+"42e01f\r\n"),
		"receives":     head + strings.Replace(line("audio", "0", opus), "sendonly", "recvonly", 1),
		"G.711":        head + line("audio", "0", "a=rtpmap:96 PCMU/8000\r\n"),
		"H265":         head + line("video", "0", "a=rtpmap:96 H265/90000\r\n"),
		"High":         head + line("video", "0", h264+"640c1f\r\n"),
		"data":         head + line("application", "0", ""),
	} {
		if _, err := c.Ingest(t.Context(), "hall", "net", sdp); !errors.Is(err, ErrBadOffer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Ingest(t.Context(), "hall", "net", head+line("video", "0", h264+"640c1f\r\n")); !strings.Contains(err.Error(), "baseline") {
		t.Errorf("High is refused without saying what to do: %v", err)
	}
	if len(c.Ingests()) != 0 {
		t.Errorf("%+v", c.Ingests())
	}
	c.Close()
	if _, err := c.Watch(t.Context(), "", head+strings.Replace(line("audio", "0", opus), "sendonly", "recvonly", 1)); !errors.Is(err, ErrBusy) {
		t.Errorf("closed: %v", err)
	}
}

// picture makes a packet as the reader hands it to the check.
func picture(ext, ts uint64, at int64, key bool) *packets.Packet {
	p := &packets.Packet{ExtTS: ts, Arrival: at, Key: key, Codec: packets.CodecVP8}
	return p
}

func TestCheckFindsReorderedPictures(t *testing.T) {
	c := &streamCheck{}
	ts := []uint64{3000, 12000, 6000, 9000, 21000, 15000, 18000, 30000, 24000} // I P B B P B B …
	for i, at := range ts {
		why := c.onPacket(picture(uint64(i), at, int64(i)*40e6, i == 0), uint64(i))
		if last := i == len(ts)-1; (why == EndBFrames) != last {
			t.Errorf("packet %d: %q", i, why)
		}
	}
	late := &streamCheck{}
	for _, ext := range []uint64{1, 2, 5, 3, 4, 6, 9, 7, 8, 10, 13, 11, 12} { // packets that overtook each other are no B-frames
		if why := late.onPacket(picture(ext, ext*3000, int64(ext)*40e6, ext == 1), ext); why != "" {
			t.Errorf("packet %d: %q", ext, why)
		}
	}
}

func TestCheckWarnsOfRareKeyframes(t *testing.T) {
	for seconds, want := range map[int64]string{1: "", 2: "", 3: WarnKeyframes, 5: WarnKeyframesLong} {
		c, now := &streamCheck{}, int64(0)
		for n := int64(0); n <= 50*seconds; n++ { // two intervals at 25 pictures a second
			now = 1 + n*40e6
			if why := c.onPacket(picture(uint64(n), uint64(n)*3600, now, n%(25*seconds) == 0), uint64(n)); why != "" {
				t.Fatal(why)
			}
		}
		s := IngestState{}
		c.describe(&s, now)
		got := strings.Join(s.Warnings, " ")
		if got != want || s.KeyframeMS != seconds*1000 {
			t.Errorf("each %d s: %q, %d ms", seconds, got, s.KeyframeMS)
		}
		c.ask(now)
		if c.onPacket(picture(1e6, 1e9, now+2e8, true), 1e6); !c.obeys.Load() {
			t.Error("a keyframe on demand was not seen")
		}
		s.Warnings = nil
		if c.describe(&s, now); s.Warnings != nil {
			t.Errorf("an encoder that sends keyframes on demand is warned: %v", s.Warnings)
		}
		if s.FPS < 24 || s.FPS > 26 {
			t.Errorf("%f pictures a second", s.FPS)
		}
	}
}
