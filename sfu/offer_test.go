package sfu

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// clientOffer is an offer as a browser makes it.
func clientOffer(t testing.TB, kind PC, audio, video int) string {
	t.Helper()
	pc, err := clientAPI(t, false).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pc.GracefulClose() }()
	dir := webrtc.RTPTransceiverDirectionRecvonly
	if kind == PCPub {
		dir = webrtc.RTPTransceiverDirectionSendonly
	}
	for i := range audio + video {
		k := webrtc.RTPCodecTypeAudio
		if i >= audio {
			k = webrtc.RTPCodecTypeVideo
		}
		if _, err := pc.AddTransceiverFromKind(k, webrtc.RTPTransceiverInit{Direction: dir}); err != nil {
			t.Fatal(err)
		}
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	return offer.SDP
}

func TestCheckOffer(t *testing.T) {
	sub, pub := clientOffer(t, PCSub, 2, 2), clientOffer(t, PCPub, 1, 2)
	member := clientOffer(t, PCSub, 4, 9)
	line := "a=candidate:1 1 udp 1 10.0.0.1 5000 typ host\r\n"
	rows := []struct {
		name    string
		sdp     string
		pc      PC
		profile Profile
		good    bool
	}{
		{"audience", sub, PCSub, ProfileAudience, true},
		{"member", member, PCSub, ProfileMember, true},
		{"member with a bigger grid", clientOffer(t, PCSub, 4, 24), PCSub, ProfileMember, true},
		{"pub", pub, PCPub, ProfileMember, true},
		{"pub of a citizen", pub, PCPub, ProfileAudience, true},
		{"candidates are deleted", strings.Replace(sub, "a=rtcp-mux\r\n", "a=rtcp-mux\r\n"+line, 1), PCSub, ProfileAudience, true},
		{"empty", "", PCSub, ProfileAudience, false},
		{"no SDP", "hello", PCSub, ProfileAudience, false},
		{"too large", sub + "a=x:" + strings.Repeat("x", maxSDPBytes) + "\r\n", PCSub, ProfileAudience, false},
		{"too few lines", sub, PCSub, ProfileMember, false},
		{"too many lines", member, PCSub, ProfileAudience, false},
		{"a grid beyond bounds", clientOffer(t, PCSub, 4, 25), PCSub, ProfileMember, false},
		{"more than 64 lines", clientOffer(t, PCSub, 4, 61), PCSub, ProfileMember, false},
		{"sub that sends", strings.ReplaceAll(sub, "a=recvonly", "a=sendrecv"), PCSub, ProfileAudience, false},
		{"one line that sends", strings.Replace(sub, "a=recvonly", "a=sendonly", 1), PCSub, ProfileAudience, false},
		{"two directions", strings.Replace(sub, "a=recvonly", "a=recvonly\r\na=sendrecv", 1), PCSub, ProfileAudience, false},
		{"pub that receives", strings.ReplaceAll(pub, "a=sendonly", "a=recvonly"), PCPub, ProfileMember, false},
		{"pub with two lines", clientOffer(t, PCPub, 1, 1), PCPub, ProfileMember, false},
		{"pub in the wrong order", clientOffer(t, PCPub, 2, 1), PCPub, ProfileMember, false},
		{"no bundle", strings.Replace(sub, "a=group:BUNDLE", "a=group:OTHER", 1), PCSub, ProfileAudience, false},
		{"no rtcp-mux", strings.Replace(sub, "a=rtcp-mux\r\n", "", 1), PCSub, ProfileAudience, false},
		{"a data channel", strings.Replace(sub, "m=video", "m=application", 1), PCSub, ProfileAudience, false},
		{"the same mid twice", strings.Replace(sub, "a=mid:1\r\n", "a=mid:0\r\n", 1), PCSub, ProfileAudience, false},
		{"four rids", strings.Replace(pub, "m=video", "m=video", 1) + "a=rid:1 send\r\na=rid:2 send\r\na=rid:3 send\r\na=rid:4 send\r\n", PCPub, ProfileMember, false},
		{"no ufrag", strings.ReplaceAll(sub, "a=ice-ufrag:", "a=ice-nothing:"), PCSub, ProfileAudience, false},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			got, err := checkOffer(r.sdp, r.pc, r.profile)
			if (err == nil) != r.good || err != nil && !errors.Is(err, ErrBadOffer) {
				t.Fatalf("err %v", err)
			}
			if strings.Contains(got.sdp, "candidate:") {
				t.Error("a candidate survived")
			}
		})
	}
}

// TestBadOfferCostsOnePeer checks that garbage is refused and that the same person may offer anew.
func TestBadOfferCostsOnePeer(t *testing.T) {
	s := newTestServer(t)
	conf := s.Conference("s1")
	b := join(t, conf, Participant{ID: "b", Profile: ProfileAudience})
	ctx := context.Background()
	good := clientOffer(t, PCSub, 2, 2)
	rows := []struct {
		name string
		o    Offer
		want error
	}{
		{"unknown pc", Offer{PC: "x", Gen: 1, SDP: good}, ErrBadOffer},
		{"garbage", Offer{PC: PCSub, Gen: 2, SDP: "garbage"}, ErrBadOffer},
		{"restart of nothing", Offer{PC: PCSub, Gen: 3, Restart: true, SDP: good}, ErrBadOffer},
		{"no codec in common", Offer{PC: PCSub, Gen: 4, SDP: strings.ReplaceAll(good, "opus/48000", "nope/48000")}, ErrBadOffer},
		{"no fingerprint", Offer{PC: PCSub, Gen: 5, SDP: strings.ReplaceAll(good, "a=fingerprint", "a=nofinger")}, ErrBadOffer},
		{"pub without a gate", Offer{PC: PCPub, Gen: 6, SDP: clientOffer(t, PCPub, 1, 2)}, ErrNotAllowed},
		{"an old generation", Offer{PC: PCSub, Gen: 3, SDP: good}, ErrStale},
	}
	for _, r := range rows {
		if _, err := b.peer.Answer(ctx, r.o); !errors.Is(err, r.want) {
			t.Errorf("%s: %v, want %v", r.name, err, r.want)
		}
	}
	b.gen = 10
	b.listen(clientAPI(t, false), 2, 2)
	if n := s.metrics.badOffers.Load(); n != 4 {
		t.Errorf("%d bad offers counted", n)
	}
}

func TestRemoteAllowed(t *testing.T) {
	rows := map[string][2]bool{ // address: allowed by a public server, allowed by one on loopback
		"203.0.113.7": {true, true}, "192.168.1.9": {true, true}, "10.0.0.1": {true, true}, "2001:db8::1": {true, true},
		"127.0.0.1": {false, true}, "::1": {false, true}, "::ffff:127.0.0.1": {false, true},
		"169.254.169.254": {false, false}, "fe80::1": {false, false}, "0.0.0.0": {false, false}, "::": {false, false},
		"224.0.0.1": {false, false}, "255.255.255.255": {false, false}, "ff02::1": {false, false},
	}
	for addr, want := range rows {
		ip := net.ParseIP(addr)
		if got := [2]bool{remoteAllowed(false)(ip), remoteAllowed(true)(ip)}; got != want {
			t.Errorf("%s: %v, want %v", addr, got, want)
		}
	}
	if remoteAllowed(true)(nil) {
		t.Error("no address is allowed")
	}
}

// TestKeepCodecs checks that only what the server forwards is left of a browser's section, with its repairs, and that a section
// of strangers stays as it is.
func TestKeepCodecs(t *testing.T) {
	section := func(formats string, attrs ...string) *sdp.MediaDescription {
		m := &sdp.MediaDescription{MediaName: sdp.MediaName{Media: "video", Formats: strings.Fields(formats)}}
		for _, a := range attrs {
			key, value, _ := strings.Cut(a, ":")
			m.Attributes = append(m.Attributes, sdp.NewAttribute(key, value))
		}
		return m
	}
	m := section("96 97 98 99 100 101", "mid:1", "rtpmap:96 VP8/90000", "rtcp-fb:96 nack", "rtpmap:97 rtx/90000", "fmtp:97 apt=96",
		"rtpmap:98 VP9/90000", "rtcp-fb:98 nack", "fmtp:98 profile-id=0", "rtpmap:99 rtx/90000", "fmtp:99 apt=98", "rtcp-fb:* transport-cc",
		"rtpmap:100 H264/90000", "fmtp:100 packetization-mode=1", "rtpmap:101 flexfec-03/90000")
	keepCodecs(m)
	if got := strings.Join(m.MediaName.Formats, " "); got != "96 97 100" {
		t.Errorf("formats %s", got)
	}
	var left []string
	for _, a := range m.Attributes {
		left = append(left, a.Key+":"+a.Value)
	}
	want := []string{"mid:1", "rtpmap:96 VP8/90000", "rtcp-fb:96 nack", "rtpmap:97 rtx/90000", "fmtp:97 apt=96", "rtcp-fb:* transport-cc",
		"rtpmap:100 H264/90000", "fmtp:100 packetization-mode=1"}
	if !slices.Equal(left, want) {
		t.Errorf("attributes %q", left)
	}
	strangers := section("98", "rtpmap:98 VP9/90000")
	keepCodecs(strangers)
	if len(strangers.MediaName.Formats) != 1 || len(strangers.Attributes) != 1 {
		t.Errorf("left of a stranger's section: %+v", strangers)
	}
}

func TestOpusAnswer(t *testing.T) {
	in := "m=audio 9 X 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=fmtp:96 x\r\n"
	out := opusAnswer(in)
	if !strings.Contains(out, "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1;stereo=0;maxaveragebitrate=32000\r\n") ||
		!strings.Contains(out, "a=fmtp:96 x\r\n") {
		t.Errorf("%q", out)
	}
}

// FuzzCheckOffer feeds foreign SDP to the checks: no panic, and what passes obeys the rules.
func FuzzCheckOffer(f *testing.F) {
	f.Add(clientOffer(f, PCSub, 2, 2), false)
	f.Add(clientOffer(f, PCPub, 1, 2), true)
	f.Add("v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", false)
	f.Fuzz(func(t *testing.T, sdp string, pub bool) {
		pc := PCSub
		if pub {
			pc = PCPub
		}
		o, err := checkOffer(sdp, pc, ProfileAudience)
		if err != nil {
			if !errors.Is(err, ErrBadOffer) {
				t.Fatalf("err %v", err)
			}
			return
		}
		if len(o.mids) != len(o.kinds) || strings.Contains(o.sdp, "\na=candidate:") || o.ufrag == "" {
			t.Fatalf("passed: %+v", o)
		}
	})
}

// FuzzLayerRTP feeds foreign bytes to a layer as received RTP and to a viewer as RTCP: no panic, nothing left.
func FuzzLayerRTP(f *testing.F) {
	f.Add([]byte{0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 5, 0x90, 0x80, 0x80, 1, 0x10, 2, 0, 0x9d, 1, 0x2a, 64, 1, 180, 0}, uint8(3))
	f.Add([]byte{0x81, 0xce, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1}, uint8(1))
	f.Add([]byte{0x8f, 0xce, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 1, 8, 0, 1, 0, 0, 0, 1}, uint8(1))
	f.Add([]byte{0x81, 201, 0, 7, 0, 0, 0, 1, 0, 0, 0, 1, 20, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, uint8(1))
	f.Fuzz(func(t *testing.T, raw []byte, times uint8) {
		b := newBench(t)
		for _, l := range []*Layer{b.cam, b.mic} {
			l.src.gate.Store(true)
			for i := range times % 8 {
				p := b.s.pool.Get()
				p.SetLen(copy(p.Buffer(), raw))
				p.Arrival = int64(i)
				l.receive(p)
				for _, s := range []*slot{b.v.video[0], b.v.audio[0]} {
					s.assign(l, false, 0)
				}
				p.Release()
			}
		}
		b.v.onRTCP(1, raw)
		for {
			select {
			case it := <-b.v.w.in:
				b.v.w.drain(it)
			case fn := <-b.v.w.ctl:
				fn()
			default:
				b.v.tick(1e9)
				return
			}
		}
	})
}
