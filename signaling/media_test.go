package signaling

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"nghitruong/council"
)

// browser makes PeerConnections with the codecs that matter, on loopback only.
func browser(t *testing.T) *webrtc.API {
	t.Helper()
	m := &webrtc.MediaEngine{}
	must(t, m.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
		}, PayloadType: 111,
	}, webrtc.RTPCodecTypeAudio))
	must(t, m.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, PayloadType: 96,
	}, webrtc.RTPCodecTypeVideo))
	for _, uri := range []string{sdp.SDESMidURI, sdp.AudioLevelURI} {
		must(t, m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeAudio))
	}
	must(t, m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.SDESMidURI}, webrtc.RTPCodecTypeVideo))
	var e webrtc.SettingEngine
	e.SetIncludeLoopbackCandidate(true)
	e.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(e), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
}

// offer negotiates a PeerConnection over the socket and gives the server's answer.
func (c *client) offer(pc *webrtc.PeerConnection, name, profile string) map[string]any {
	c.t.Helper()
	c.gen++
	offer, err := pc.CreateOffer(nil)
	must(c.t, err)
	must(c.t, pc.SetLocalDescription(offer))
	m := c.answer(c.send("media.offer", map[string]any{"pc": name, "gen": c.gen, "profile": profile, "sdp": offer.SDP}))
	if m["type"] == "media.answer" {
		must(c.t, pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: m["sdp"].(string)}))
	}
	return m
}

// receiver is a sub PeerConnection of an audience: two audio lines, two video lines. It counts audio packets.
func receiver(t *testing.T) (*webrtc.PeerConnection, *atomic.Int64) {
	t.Helper()
	pc, err := browser(t).NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	t.Cleanup(func() { _ = pc.GracefulClose() })
	for _, kind := range []webrtc.RTPCodecType{
		webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeVideo,
	} {
		_, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		must(t, err)
	}
	heard := &atomic.Int64{}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			if track.Kind() == webrtc.RTPCodecTypeAudio && len(p.CSRC) == 1 {
				heard.Add(1)
			}
		}
	})
	return pc, heard
}

// speaker publishes a microphone that speaks until the test ends; camera and screen lines stay silent.
func speaker(t *testing.T, c *client) {
	t.Helper()
	pc, err := browser(t).NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	mic, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "mic", "mic")
	must(t, err)
	sendonly := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}
	tr, err := pc.AddTransceiverFromTrack(mic, sendonly)
	must(t, err)
	for range 2 {
		_, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, sendonly)
		must(t, err)
	}
	if m := c.offer(pc, "pub", ""); m["type"] != "media.answer" {
		t.Fatalf("pub: %v", m)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		speak(mic, tr, stop)
	}()
	t.Cleanup(func() {
		close(stop)
		<-stopped
		_ = pc.GracefulClose()
	})
}

// speak sends 50 loud packets a second (RFC 6464: level 10 = -10 dBov, voice).
func speak(mic *webrtc.TrackLocalStaticRTP, tr *webrtc.RTPTransceiver, stop <-chan struct{}) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := uint32(1); ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(n), Timestamp: n * 960}, Payload: []byte{0xfc, 1, 2, 3}}
		for _, e := range tr.Sender().GetParameters().HeaderExtensions {
			if e.URI == sdp.AudioLevelURI {
				_ = p.SetExtension(uint8(e.ID), []byte{0x80 | 10})
			}
		}
		_ = mic.WriteRTP(p) // before the connection there is nobody to write to
	}
}

func sourceOf(who, kind string) func(map[string]any) bool {
	return func(m map[string]any) bool {
		if m["type"] != "media.sources" {
			return false
		}
		for _, s := range m["add"].([]any) {
			if s := s.(map[string]any); s["who"] == who && s["kind"] == kind {
				return true
			}
		}
		return false
	}
}

func TestACitizenHearsTheChairThroughAReconnect(t *testing.T) {
	h := newHouse(t)
	clerk, chair := h.join("clerk"), h.join("p01")
	clerk.act("sitting.open", nil)
	speaker(t, chair)
	chair.next("the own gate open", func(m map[string]any) bool { return m["type"] == "media.gate" && m["open"] == true })

	citizen := h.dial(h.device("citizen-1", council.RoleCitizen))
	page := map[string]any{"page": "first", "want": map[string]any{"step": "full", "visible": true}}
	if m := citizen.hello(page); m["type"] != "session.welcome" {
		t.Fatalf("hello: %v", m)
	}
	pc, heard := receiver(t)
	member := map[string]any{"pc": "sub", "gen": 1, "profile": "member", "sdp": "v=0\r\n"}
	if m := citizen.answer(citizen.send("media.offer", member)); m["code"] != "bad_offer" {
		t.Errorf("a citizen with a member's profile: %v", m)
	}
	if m := citizen.offer(pc, "sub", "audience"); m["type"] != "media.answer" || m["gen"] != 1.0 {
		t.Fatalf("sub: %v", m)
	}
	citizen.next("the chair's microphone", sourceOf("p01", "mic"))
	eventually(t, "the chair is heard", func() bool { return heard.Load() > 10 })
	if m := citizen.answer(citizen.send("media.offer", map[string]any{"pc": "pub", "gen": 1, "sdp": "v=0\r\n"})); m["code"] != "not_allowed" {
		t.Errorf("a citizen published without the floor: %v", m)
	}

	citizen.cut()
	back := h.dial(citizen.cookie)
	if m := back.hello(map[string]any{"page": "first", "resume": citizen.resume()}); m["resumed"] != true {
		t.Fatalf("back: %v", m)
	}
	back.next("the sources again", sourceOf("p01", "mic"))
	back.expect("media.slots")
	before := heard.Load()
	eventually(t, "the same PeerConnection goes on", func() bool { return heard.Load() > before+10 })

	clerk.act("gate.mute", map[string]any{"person": "p01"})
	chair.next("the own gate closed", func(m map[string]any) bool { return m["type"] == "media.gate" && m["open"] == false })

	back.cut()
	reloaded := h.dial(citizen.cookie)
	if m := reloaded.hello(map[string]any{"page": "second", "resume": citizen.resume()}); m["resumed"] != true {
		t.Fatalf("reloaded: %v", m)
	}
	again, _ := receiver(t)
	if m := reloaded.offer(again, "sub", ""); m["type"] != "media.answer" || m["gen"] != 1.0 {
		t.Errorf("a reloaded page's first offer: %v", m)
	}
}

func TestOffersCostOnlyThemselves(t *testing.T) {
	h := newHouse(t)
	c := h.join("p02")
	tests := []struct {
		name   string
		fields map[string]any
		code   string
	}{
		{"no such PC", map[string]any{"pc": "third", "gen": 1, "sdp": "v=0\r\n"}, "bad_offer"},
		{"no SDP", map[string]any{"pc": "sub", "gen": 1, "sdp": ""}, "bad_offer"},
		{"no SDP at all", map[string]any{"pc": "sub", "gen": 1, "sdp": "xin chào"}, "bad_offer"},
		{"unknown profile", map[string]any{"pc": "sub", "gen": 2, "profile": "choir", "sdp": "v=0\r\n"}, "bad_offer"},
		{"restart of nothing", map[string]any{"pc": "sub", "gen": 3, "restart": true, "sdp": "v=0\r\n"}, "bad_offer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if m := c.answer(c.send("media.offer", tt.fields)); m["type"] != "media.refused" || m["code"] != tt.code {
				t.Errorf("answer %v", m)
			}
		})
	}
	c.act("message.send", map[string]any{"to": "clerk", "text": "vẫn còn đây"})
	if m := c.answer(c.send("media.ice", nil)); len(m["servers"].([]any)) != 0 {
		t.Errorf("ice: %v", m)
	}
}

// fixedRelay is a relay that gives every session its own name back.
type fixedRelay struct{}

func (fixedRelay) Relays(sid string) ([]string, string, string, time.Duration) {
	return []string{"turn:192.0.2.1:3478?transport=udp"}, "1:" + sid, "secret", 5 * time.Minute
}

func TestRelaysAreForSessions(t *testing.T) {
	h := newHouse(t, func(c *Config, _ *timing) { c.Relay = fixedRelay{} })
	c := h.join("p03")
	m := c.answer(c.send("media.ice", nil))
	servers := m["servers"].([]any)
	if len(servers) != 1 || m["expires_s"] != 300.0 {
		t.Fatalf("ice: %v", m)
	}
	sid, found := strings.CutPrefix(servers[0].(map[string]any)["username"].(string), "1:")
	if !found || !h.handler.Alive(sid) || h.handler.Alive("another") {
		t.Errorf("session %q lives: %t", sid, h.handler.Alive(sid))
	}
}

func TestAHallIsReady(t *testing.T) {
	h := newHouse(t)
	clerk, hall := h.join("clerk"), h.join("hall1")
	hall.sendRaw(`{"type":"media.ready","ready":true}`)
	clerk.view("people", func(d map[string]any) bool { return d["counts"].(map[string]any)["halls_ready"] == 1.0 })
}
