package turn_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"nghitruong/sfu"
	"nghitruong/sfu/turn"
)

const patience = 20 * time.Second

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// quiet is a sink of a peer that nobody reads.
type quiet struct{}

func (quiet) Sources([]sfu.SourceInfo, []uint32) {}
func (quiet) Slots(sfu.SlotMap)                  {}
func (quiet) Layers(uint32, []string)            {}
func (quiet) Gate(uint32, bool, string)          {}
func (quiet) Failed(sfu.PC, error)               {}

// TestAJoinThroughTheRelay connects a client that may use nothing but the relay to the real media server.
func TestAJoinThroughTheRelay(t *testing.T) {
	loopback := netip.MustParseAddr("127.0.0.1")
	var relay *turn.Server
	media, err := sfu.NewServer(sfu.Config{
		Listen: loopback, TCPPort: -1, Relayed: func(from netip.AddrPort) bool { return relay.Relayed(from) },
	})
	must(t, err)
	relay, err = turn.New(turn.Config{Media: media.Bound(), Alive: func(string) bool { return true }})
	must(t, err)
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		must(t, relay.Close())
		must(t, media.Close(ctx))
	}()
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	username, password, _ := relay.Credentials("one")
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{
		ICETransportPolicy: webrtc.ICETransportPolicyRelay,
		ICEServers: []webrtc.ICEServer{{
			URLs: []string{fmt.Sprintf("turn:127.0.0.1:%d?transport=udp", relay.Port())}, Username: username, Credential: password,
		}},
	})
	must(t, err)
	defer func() { must(t, pc.GracefulClose()) }()
	connected := make(chan struct{})
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			close(connected)
		}
	})
	for _, kind := range []webrtc.RTPCodecType{
		webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeVideo,
	} {
		_, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		must(t, err)
	}
	offer, err := pc.CreateOffer(nil)
	must(t, err)
	must(t, pc.SetLocalDescription(offer))
	peer := media.Conference("a").Join(sfu.Participant{ID: "p", Profile: sfu.ProfileAudience}, quiet{})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer, err := peer.Answer(ctx, sfu.Offer{PC: sfu.PCSub, Gen: 1, SDP: offer.SDP})
	must(t, err)
	must(t, pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
	select {
	case <-connected:
	case <-ctx.Done():
		t.Fatalf("not connected through the relay: %v", pc.ICEConnectionState())
	}
	pair, err := pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err == nil && pair.Local.Typ != webrtc.ICECandidateTypeRelay {
		t.Errorf("the path is %v", pair)
	}
	if st := media.Conference("a").Stats(); len(st) != 1 || st[0].Path != sfu.PathRelay {
		t.Errorf("the server sees %+v", st)
	}
}
