package sfu

import (
	"context"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"
)

// patience bounds every wait of the tests; a loaded machine may need seconds for a handshake.
const patience = 20 * time.Second

// childMain is the whole work of a process that a benchmark started as its server; nil in any other.
var childMain func() int

func TestMain(m *testing.M) {
	if childMain != nil {
		os.Exit(childMain())
	}
	goleak.VerifyTestMain(m)
}

// newTestServer listens on loopback.
func newTestServer(t *testing.T) *Server { return newPathServer(t, false) }

// onBothPaths is the conformance suite's frame: what the plain path does the direct path does as well.
func onBothPaths(t *testing.T, test func(t *testing.T, s *Server)) {
	t.Helper()
	for name, plain := range map[string]bool{"direct": false, "plain": true} {
		t.Run(name, func(t *testing.T) {
			s := newPathServer(t, plain)
			test(t, s)
			if n := s.metrics.inDirect.Load(); (n == 0) != plain {
				t.Errorf("%d packets came past Pion", n)
			}
			if sent := s.metrics.outDirect.Load(); (sent == 0) != plain {
				t.Errorf("%d packets on the direct path, %d on the plain one", sent, s.metrics.outPlain.Load())
			}
		})
	}
}

func newPathServer(t *testing.T, plain bool) *Server {
	t.Helper()
	s, err := NewServer(Config{Listen: netip.MustParseAddr("127.0.0.1"), PlainPath: plain})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// eventually polls until ok; it fails the test after patience.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	eventuallyIn(t, patience, what, ok)
}

func eventuallyIn(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		<-tick.C
	}
}

// sinkRecorder keeps what a client was told.
type sinkRecorder struct {
	mu      sync.Mutex
	sources map[uint32]SourceInfo
	slots   SlotMap
	maps    []time.Time
	gates   map[uint32]bool
	layers  map[uint32][]string
	failed  []PC
}

func newSink() *sinkRecorder {
	return &sinkRecorder{sources: map[uint32]SourceInfo{}, gates: map[uint32]bool{}, layers: map[uint32][]string{}}
}

func (r *sinkRecorder) Sources(add []SourceInfo, del []uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range add {
		r.sources[s.Src] = s
	}
	for _, s := range del {
		delete(r.sources, s)
	}
}

func (r *sinkRecorder) Slots(m SlotMap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.slots = m
	r.maps = append(r.maps, time.Now())
}

func (r *sinkRecorder) Layers(src uint32, on []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.layers[src] = on
}

func (r *sinkRecorder) Gate(src uint32, open bool, _ string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gates[src] = open
}

func (r *sinkRecorder) Failed(pc PC, _ error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = append(r.failed, pc)
}

func (r *sinkRecorder) slotMap() SlotMap {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.slots
}

// find returns the source of a person and kind as the client knows it.
func (r *sinkRecorder) find(who string, kind Kind) (SourceInfo, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.sources {
		if s.Who == who && s.Kind == kind {
			return s, true
		}
	}
	return SourceInfo{}, false
}

// clientEngine knows the codecs and extensions of a browser that matter.
func clientEngine(t testing.TB) *webrtc.MediaEngine {
	t.Helper()
	m := &webrtc.MediaEngine{}
	feedback := []webrtc.RTCPFeedback{
		{Type: "goog-remb"}, {Type: "transport-cc"}, {Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"},
	}
	audio := opusCodec
	audio.SDPFmtpLine = "minptime=10;useinbandfec=1"
	must(t, m.RegisterCodec(audio, webrtc.RTPCodecTypeAudio))
	must(t, m.RegisterCodec(redCodec, webrtc.RTPCodecTypeAudio))
	for _, c := range []webrtc.RTPCodecParameters{vp8Codec, h264Codec} {
		c.RTCPFeedback = feedback
		must(t, m.RegisterCodec(c, webrtc.RTPCodecTypeVideo))
		must(t, m.RegisterCodec(webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=" + itoa(int(c.PayloadType)),
			}, PayloadType: c.PayloadType + 1,
		}, webrtc.RTPCodecTypeVideo))
	}
	for _, uri := range []string{sdp.SDESMidURI, uriAudioLevel, sdp.TransportCCURI, uriAbsSendTime} {
		must(t, m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeAudio))
	}
	for _, uri := range []string{
		sdp.SDESMidURI, sdp.SDESRTPStreamIDURI, sdp.SDESRepairRTPStreamIDURI, sdp.TransportCCURI, uriAbsSendTime,
	} {
		must(t, m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeVideo))
	}
	return m
}

// loopbackSettings keep a client on this machine.
func loopbackSettings() webrtc.SettingEngine {
	var e webrtc.SettingEngine
	e.SetIncludeLoopbackCandidate(true)
	e.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	return e
}

// clientAPI behaves like a browser: the codecs and extensions that matter, candidates on loopback only.
func clientAPI(t testing.TB, tcp bool) *webrtc.API {
	t.Helper()
	m, e := clientEngine(t), loopbackSettings()
	if tcp {
		e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	}
	reports, err := report.NewReceiverInterceptor(report.ReceiverInterval(200 * time.Millisecond))
	must(t, err)
	chain := &interceptor.Registry{}
	chain.Add(reports)
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(e), webrtc.WithInterceptorRegistry(chain))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func itoa(n int) string {
	b := [3]byte{byte('0' + n/100), byte('0' + n/10%10), byte('0' + n%10)}
	i := 0
	for i < 2 && b[i] == '0' {
		i++
	}
	return string(b[i:])
}

// got is one packet that a client received.
type got struct {
	line    int // index among the lines of the offer
	header  rtp.Header
	payload []byte
	at      time.Time
}

// testClient is a person with up to two PeerConnections.
type testClient struct {
	t      *testing.T
	peer   *Peer
	sink   *sinkRecorder
	sub    *webrtc.PeerConnection
	pub    *webrtc.PeerConnection
	gen    int
	mu     sync.Mutex
	count  map[int]int // packets per line
	last   map[int]got
	all    []got
	keep   bool
	rtx    []got
	wg     sync.WaitGroup
	tracks []*fakeTrack // mic, cam, screen
}

func join(t *testing.T, c *Conference, part Participant) *testClient {
	t.Helper()
	cl := &testClient{t: t, sink: newSink(), count: map[int]int{}, last: map[int]got{}}
	cl.peer = c.Join(part, cl.sink)
	t.Cleanup(cl.close)
	return cl
}

func (c *testClient) close() {
	c.peer.Leave()
	if c.sub != nil {
		_ = c.sub.GracefulClose()
	}
	if c.pub != nil {
		_ = c.pub.GracefulClose()
	}
	c.wg.Wait()
}

// offer negotiates a PeerConnection with the server.
func (c *testClient) offer(kind PC, pc *webrtc.PeerConnection, restart bool) error {
	c.t.Helper()
	c.gen++
	offer, err := pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	must(c.t, err)
	must(c.t, pc.SetLocalDescription(offer))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer, err := c.peer.Answer(ctx, Offer{PC: kind, Gen: c.gen, Restart: restart, SDP: offer.SDP})
	if err != nil {
		return err
	}
	return pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
}

// listen opens the sub PeerConnection and waits until it is connected.
func (c *testClient) listen(api *webrtc.API, audio, video int) {
	c.t.Helper()
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	must(c.t, err)
	c.sub = pc
	for i := range audio + video {
		kind := webrtc.RTPCodecTypeAudio
		if i >= audio {
			kind = webrtc.RTPCodecTypeVideo
		}
		_, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		must(c.t, err)
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
		line := -1
		for i, tr := range pc.GetTransceivers() {
			if tr.Receiver() == r {
				line = i
			}
		}
		c.wg.Go(func() { c.receive(track, line) })
	})
	must(c.t, c.offer(PCSub, pc, false))
	eventually(c.t, "sub connected", func() bool { return pc.ConnectionState() == webrtc.PeerConnectionStateConnected })
}

func (c *testClient) receive(track *webrtc.TrackRemote, line int) {
	for {
		p, attrs, err := track.ReadRTP()
		if err != nil {
			return
		}
		c.mu.Lock()
		g := got{line: line, header: p.Header.Clone(), payload: append([]byte(nil), p.Payload...), at: time.Now()}
		if attrs.Get(webrtc.AttributeRtxSsrc) != nil {
			c.rtx = append(c.rtx, g)
			c.mu.Unlock()
			continue
		}
		c.count[line]++
		c.last[line] = g
		if c.keep {
			c.all = append(c.all, g)
		}
		c.mu.Unlock()
	}
}

func (c *testClient) received(line int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count[line]
}

// csrc is the source of the newest packet on a line, 0 when there is none.
func (c *testClient) csrc(line int) uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, ok := c.last[line]
	if !ok || len(g.header.CSRC) != 1 {
		return 0
	}
	return g.header.CSRC[0]
}

// line is the newest packet of a line.
func (c *testClient) line(i int) got {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last[i]
}

// ssrc is what the answer says that a line's packets carry.
func (c *testClient) ssrc(line int) uint32 { return c.line(line).header.SSRC }

// sendRTCP sends feedback as a viewer does.
func (c *testClient) sendRTCP(pkts ...rtcp.Packet) { _ = c.sub.WriteRTCP(pkts) }
