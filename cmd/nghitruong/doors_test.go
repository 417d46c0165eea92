package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

// demoWithLinks starts a sample council, with more flags, and reads its links.
func demoWithLinks(t *testing.T, more ...string) (*started, linkList) {
	t.Helper()
	data, port := t.TempDir(), freePort(t)
	file := filepath.Join(data, "links.json")
	s := start(t, port, append([]string{"demo", "--data", data, "--links", file}, more...)...)
	var l linkList
	wait(t, "links file", func() bool {
		raw, err := os.ReadFile(file)
		return err == nil && json.Unmarshal(raw, &l) == nil
	})
	return s, l
}

// iceLink is a Link header of RFC 9725 section 4.6 with a relay.
var iceLink = regexp.MustCompile(`^<(turn:[^>]+)>; rel="ice-server"; username="([^"]+)"; credential="([^"]+)"; credential-type="password"$`)

// relaysOf reads the relays that an answer tells of.
func relaysOf(t *testing.T, hd http.Header) (out []webrtc.ICEServer) {
	t.Helper()
	for _, l := range hd["Link"] {
		m := iceLink.FindStringSubmatch(l)
		if m == nil {
			t.Fatalf("link %q", l)
		}
		out = append(out, webrtc.ICEServer{URLs: []string{m[1]}, Username: m[2], Credential: m[3]})
	}
	if len(out) == 0 {
		t.Fatalf("no relay in %v", hd)
	}
	return out
}

// relayOnly makes a client that may use nothing but relays.
func relayOnly(t *testing.T, servers []webrtc.ICEServer) *webrtc.PeerConnection {
	t.Helper()
	pc := newPC(t)
	noError(t, pc.SetConfiguration(webrtc.Configuration{ICETransportPolicy: webrtc.ICETransportPolicyRelay, ICEServers: servers}))
	return pc
}

func recvonly(t *testing.T, pc *webrtc.PeerConnection) {
	t.Helper()
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		_, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		noError(t, err)
	}
}

func usesRelay(pc *webrtc.PeerConnection) bool {
	pair, err := pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	return err == nil && pair != nil && pair.Local.Typ == webrtc.ICECandidateTypeRelay
}

// TestPlayersComeThroughTheRelayOfTheLinkHeader: a player that knows no relay but those that the answers name.
func TestPlayersComeThroughTheRelayOfTheLinkHeader(t *testing.T) {
	s, l := demoWithLinks(t)
	push(t, s.base, l.Ingest[0])
	link := l.Egress[1]
	o := &outsider{}

	// As RFC 9725 section 4.6 wants it: the answer tells, the gathering follows.
	late := relayOnly(t, nil)
	recvonly(t, late)
	offer, err := late.CreateOffer(nil)
	noError(t, err)
	resp, answer := o.call(t, "POST", link.URL, link.Token, "application/sdp", offer.SDP)
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s", resp.StatusCode, answer)
	}
	first := relaysOf(t, resp.Header)
	noError(t, late.SetConfiguration(webrtc.Configuration{ICETransportPolicy: webrtc.ICETransportPolicyRelay, ICEServers: first}))
	connected := make(chan struct{})
	late.OnConnectionStateChange(func(st webrtc.PeerConnectionState) {
		if st == webrtc.PeerConnectionStateConnected {
			close(connected)
		}
	})
	noError(t, late.SetLocalDescription(offer))
	noError(t, late.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
	t.Cleanup(func() { _ = late.GracefulClose() })
	wait(t, "connected through the answer's relay", func() bool {
		select {
		case <-connected:
			return true
		default:
			return false
		}
	})
	if !usesRelay(late) {
		t.Error("the path is no relay")
	}

	// A client that must know before its offer asks first.
	asked, _ := o.call(t, "OPTIONS", link.URL, link.Token, "", "")
	if asked.StatusCode != http.StatusNoContent {
		t.Fatalf("options: %d", asked.StatusCode)
	}
	early := relaysOf(t, asked.Header)
	if early[0].Username == first[0].Username {
		t.Error("who asks shares the quota of a session")
	}
	pc := relayOnly(t, early)
	recvonly(t, pc)
	viewer := knock(t, s.base, link, pc)
	wait(t, "the hall's picture through the relay", func() bool { return viewer.video.Load() > 20 })
	if !usesRelay(pc) {
		t.Error("the path is no relay")
	}

	// A made-up name opens nothing.
	forged := append([]webrtc.ICEServer(nil), early...)
	for i := range forged {
		at, _, _ := strings.Cut(forged[i].Username, ":")
		forged[i].Username = at + ":somebody"
	}
	if n := relayCandidates(t, forged); n != 0 {
		t.Errorf("%d relays for a made-up name", n)
	}
	if n := relayCandidates(t, early); n == 0 {
		t.Error("no relay for the name that was given")
	}
}

// relayCandidates counts what a client gathers from relays.
func relayCandidates(t *testing.T, servers []webrtc.ICEServer) int {
	t.Helper()
	pc := relayOnly(t, servers)
	defer func() { noError(t, pc.GracefulClose()) }()
	recvonly(t, pc)
	gathered := webrtc.GatheringCompletePromise(pc)
	offer, err := pc.CreateOffer(nil)
	noError(t, err)
	noError(t, pc.SetLocalDescription(offer))
	<-gathered
	return strings.Count(pc.LocalDescription().SDP, " typ relay")
}
