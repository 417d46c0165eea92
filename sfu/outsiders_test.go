package sfu

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"
)

// answered joins a peer whose PeerConnection waits for its client.
func answered(t *testing.T, s *Server, offer string) (answer string) {
	t.Helper()
	p := s.Conference("a").Join(Participant{ID: "p", Profile: ProfileAudience}, newSink())
	answer, err := p.Answer(context.Background(), Offer{PC: PCSub, Gen: 1, SDP: offer})
	must(t, err)
	return answer
}

func sdpValue(t *testing.T, sdp, key string) string {
	t.Helper()
	m := regexp.MustCompile(`a=` + key + `:(\S+)`).FindStringSubmatch(sdp)
	if m == nil {
		t.Fatalf("no %s in %s", key, sdp)
	}
	return m[1]
}

// check is a connectivity check to the server's ufrag, signed with password.
func check(username, password string) []byte {
	return stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername(username),
		stun.RawAttribute{Type: stun.AttrPriority, Value: []byte{1, 2, 3, 4}},
		stun.RawAttribute{Type: stun.AttrICEControlling, Value: make([]byte, 8)},
		stun.NewShortTermIntegrity(password), stun.Fingerprint).Raw
}

// unauthenticated is what anybody can send to a media port.
func unauthenticated(username string) map[string][]byte {
	hello := append([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40, 1, 0, 0, 28, 0, 0, 0, 0, 0, 0, 0, 28, 254, 253}, make([]byte, 26)...)
	allocate := stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest)).Raw
	return map[string][]byte{
		"a bare binding request":  stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw,
		"no integrity":            stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername(username), stun.Fingerprint).Raw,
		"a wrong password":        check(username, "a wrong password of some length"),
		"an unknown user":         check("nobody:nobody", "a wrong password of some length"),
		"an allocation":           allocate,
		"a DTLS ClientHello":      hello,
		"RTP":                     append([]byte{0x80, 111, 0, 1}, make([]byte, 40)...),
		"RTCP":                    append([]byte{0x80, 200, 0, 6}, make([]byte, 24)...),
		"text":                    []byte("GET / HTTP/1.1\r\n\r\n"),
		"one byte":                {0},
		"a cut binding request":   {0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42},
		"a wish for an echo (RR)": append([]byte{0x81, 201, 0, 7}, make([]byte, 28)...),
	}
}

// TestMediaPortsAnswerAuthenticatedChecksOnly sends everything else first: nothing comes back, although some
// of it names a peer that waits; then a signed check gets its answer.
func TestMediaPortsAnswerAuthenticatedChecksOnly(t *testing.T) {
	for _, plain := range []bool{false, true} {
		s := newPathServer(t, plain)
		offer := clientOffer(t, PCSub, 2, 2)
		answer := answered(t, s, offer)
		username := sdpValue(t, answer, "ice-ufrag") + ":client"
		c, err := net.Dial("udp", s.Addresses()[0].String())
		must(t, err)
		for _, b := range unauthenticated(username) {
			for range 3 {
				_, err := c.Write(b)
				must(t, err)
			}
		}
		b := make([]byte, 1500)
		must(t, c.SetReadDeadline(time.Now().Add(300*time.Millisecond)))
		if n, err := c.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("%d bytes for nothing: %x, %v", n, b[:n], err)
		}
		// The port is not simply deaf.
		_, err = c.Write(check(sdpValue(t, answer, "ice-ufrag")+":"+sdpValue(t, offer, "ice-ufrag"), sdpValue(t, answer, "ice-pwd")))
		must(t, err)
		must(t, c.SetReadDeadline(time.Now().Add(patience)))
		if _, err := c.Read(b); err != nil {
			t.Errorf("a signed check got no answer: %v", err)
		}
		c.Close()
	}
}

func TestICETCPAnswersNobody(t *testing.T) {
	s := newTestServer(t)
	answer := answered(t, s, clientOffer(t, PCSub, 2, 2))
	host := s.Addresses()[0].Addr().String()
	for name, b := range unauthenticated(sdpValue(t, answer, "ice-ufrag") + ":client") {
		c, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.ParseIP(host), Port: s.TCPPort()})
		must(t, err)
		_, err = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...))
		must(t, err)
		must(t, c.SetReadDeadline(time.Now().Add(100*time.Millisecond)))
		if n, _ := c.Read(make([]byte, 1500)); n > 0 {
			t.Errorf("%s: %d bytes came back", name, n)
		}
		c.Close()
	}
}

// TestOffersSendTheServerNowhere names a decoy in every way that SDP knows; the control shows that a plain Pion server
// would go there.
func TestOffersSendTheServerNowhere(t *testing.T) {
	decoy, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	defer decoy.Close()
	port := decoy.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	var lines strings.Builder
	for _, host := range []string{"127.0.0.1", "localhost", "decoy.local", "::ffff:127.0.0.1"} {
		for _, kind := range []string{"host", "srflx raddr 0.0.0.0 rport 0"} {
			lines.WriteString("a=candidate:1 1 udp 2130706431 " + host + " " + strconv.Itoa(int(port)) + " typ " + kind + "\r\n")
		}
	}
	offer := strings.ReplaceAll(clientOffer(t, PCSub, 2, 2), "a=rtcp-mux\r\n", "a=rtcp-mux\r\n"+lines.String())
	s := newTestServer(t)
	answered(t, s, offer)
	b := make([]byte, 1500)
	must(t, decoy.SetReadDeadline(time.Now().Add(time.Second))) // five rounds of checks
	if n, _, err := decoy.ReadFromUDP(b); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes reached the decoy, %v", n, err)
	}

	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	plain, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	defer func() { must(t, plain.GracefulClose()) }()
	must(t, plain.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}))
	own, err := plain.CreateAnswer(nil)
	must(t, err)
	must(t, plain.SetLocalDescription(own))
	must(t, decoy.SetReadDeadline(time.Now().Add(patience)))
	if _, _, err := decoy.ReadFromUDP(b); err != nil {
		t.Errorf("the control reached nothing, so the test proves nothing: %v", err)
	}
}
