package sfu

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// answerer is the server as a load client sees it.
type answerer func(ctx context.Context, o Offer) (string, error)

// countingConn is a client's socket; it counts the bytes that arrive, which is what REMB is made of.
type countingConn struct {
	net.PacketConn
	bytes atomic.Int64
}

func (c *countingConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.PacketConn.ReadFrom(b)
	c.bytes.Add(int64(n))
	return n, from, err
}

// loadClient is a person for measurements: full ICE, DTLS and SRTP over sockets of its own, receiver reports, REMB
// and, with repair, NACKs. It keeps a log per line instead of the packets.
type loadClient struct {
	t      testing.TB
	id     string
	ask    answerer
	down   *loadSocket  // of sub
	up     *loadSocket  // of pub; a server tells clients apart by their addresses
	repair bool         // ask for missing video packets
	apart  atomic.Int64 // ns between two requests for the same packet

	gen     int
	sub     *webrtc.PeerConnection
	pub     *webrtc.PeerConnection
	sources []*loadSource
	lines   []*lineLog
	first   atomic.Int64 // loadNow of the first media packet
	remb    rembSender
	quit    chan struct{}
	once    sync.Once
	wg      sync.WaitGroup
}

// loadSocket is a UDP socket with what makes PeerConnections over it.
type loadSocket struct {
	conn *countingConn
	mux  ice.UDPMux
	api  *webrtc.API
}

// openLoadSocket binds a free port; reports is the interval of receiver reports.
func openLoadSocket(t testing.TB, reports time.Duration) *loadSocket {
	t.Helper()
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	must(t, udp.SetReadBuffer(4<<20))
	s := &loadSocket{conn: &countingConn{PacketConn: udp}}
	s.mux = webrtc.NewICEUDPMux(nil, s.conn)
	settings := loopbackSettings()
	settings.SetICEUDPMux(s.mux)
	rr, err := report.NewReceiverInterceptor(report.ReceiverInterval(reports))
	must(t, err)
	chain := &interceptor.Registry{}
	chain.Add(rr)
	s.api = webrtc.NewAPI(webrtc.WithMediaEngine(clientEngine(t)), webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(chain))
	return s
}

func (s *loadSocket) close() {
	_ = s.mux.Close()
	_ = s.conn.Close()
}

// newLoadClient opens the client's sockets; reports is the interval of its receiver reports.
func newLoadClient(t testing.TB, id string, ask answerer, reports time.Duration) *loadClient {
	t.Helper()
	c := &loadClient{t: t, id: id, ask: ask, quit: make(chan struct{})}
	c.apart.Store(int64(nackApart))
	c.down, c.up = openLoadSocket(t, reports), openLoadSocket(t, reports)
	t.Cleanup(c.close)
	return c
}

func (c *loadClient) close() {
	c.once.Do(func() {
		close(c.quit)
		for _, pc := range []*webrtc.PeerConnection{c.sub, c.pub} {
			if pc != nil {
				_ = pc.GracefulClose()
			}
		}
		c.down.close()
		c.up.close()
		c.wg.Wait()
	})
}

// offer negotiates one PeerConnection and waits until it is connected. via, when not nil, is the only way to the server.
func (c *loadClient) offer(kind PC, pc *webrtc.PeerConnection, via *relay) error {
	connected := make(chan struct{})
	var once sync.Once
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(connected) })
		}
	})
	c.gen++
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	if err := pc.SetLocalDescription(offer); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer, err := c.ask(ctx, Offer{PC: kind, Gen: c.gen, SDP: offer.SDP})
	if err != nil {
		return err
	}
	if via != nil {
		answer = via.through(answer)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return err
	}
	select {
	case <-connected:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s of %s: %w", kind, c.id, ctx.Err())
	}
}

// listen opens the sub PeerConnection.
func (c *loadClient) listen(audio, video int, via *relay) error {
	pc, err := c.down.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return err
	}
	c.sub = pc
	for i := range audio + video {
		kind := webrtc.RTPCodecTypeAudio
		if i >= audio {
			kind = webrtc.RTPCodecTypeVideo
		}
		if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			return err
		}
		c.lines = append(c.lines, &lineLog{})
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
		for i, tr := range pc.GetTransceivers() {
			if tr.Receiver() == r {
				c.wg.Go(func() { c.receive(track, c.lines[i]) })
				c.wg.Go(func() { readReports(r) })
			}
		}
	})
	if err := c.offer(PCSub, pc, via); err != nil {
		return err
	}
	c.wg.Go(func() { c.feedback(c.lines[audio:]) })
	return nil
}

func (c *loadClient) receive(track *webrtc.TrackRemote, line *lineLog) {
	buf := make([]byte, 1600)
	var h rtp.Header
	for {
		n, attrs, err := track.Read(buf)
		if err != nil {
			return
		}
		h.CSRC = nil
		k, err := h.Unmarshal(buf[:n])
		if err != nil || len(h.CSRC) != 1 {
			c.t.Errorf("header %+v: %v", h, err)
			return
		}
		now := loadNow()
		c.first.CompareAndSwap(0, now)
		repaired := attrs.Get(webrtc.AttributeRtxSsrc) != nil
		if t, ok := parseTrailer(buf[k:n]); ok && !repaired {
			c.remb.delay(now - t.sent)
		}
		if h.PayloadType == testREDPT {
			line.takeRED(buf[k:n])
		}
		line.take(h.SSRC, h.SequenceNumber, h.CSRC[0], buf[k:n], repaired, now)
	}
}

// readReports takes the server's sender reports, so that the receiver reports can name the newest.
func readReports(r *webrtc.RTPReceiver) {
	buf := make([]byte, 1600)
	for {
		if _, _, err := r.Read(buf); err != nil {
			return
		}
	}
}

// feedback sends REMB four times a second and, with repair, NACKs each 20 ms.
func (c *loadClient) feedback(video []*lineLog) {
	asked := make([]map[uint16]askedFor, len(video))
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-c.quit:
			return
		case <-tick.C:
		}
		var pkts []rtcp.Packet
		if c.repair {
			for i, l := range video {
				if asked[i] == nil {
					asked[i] = map[uint16]askedFor{}
				}
				if nack := l.nack(asked[i], loadNow(), c.apart.Load()); nack != nil {
					pkts = append(pkts, nack)
				}
			}
		}
		if bps, due := c.remb.tick(c.down.conn.bytes.Load(), loadNow()); due {
			if remb := rembFor(video, bps); remb != nil {
				pkts = append(pkts, remb)
			}
		}
		if len(pkts) > 0 {
			_ = c.sub.WriteRTCP(pkts)
		}
	}
}

// askedFor is when and how often a packet was asked for.
type askedFor struct {
	at    int64
	tries int
}

const (
	nackApart  = 100 * time.Millisecond
	nackWindow = 128 // packets
	nackTimes  = 5
)

// nack asks for what is missing, each packet at most five times, apart ns apart; nil when nothing is due.
func (l *lineLog) nack(asked map[uint16]askedFor, now, apart int64) rtcp.Packet {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.seq.any {
		return nil
	}
	var due []uint16
	for _, sn := range l.seq.holes(nackWindow) {
		if a := asked[sn]; a.tries < nackTimes && now-a.at >= apart {
			asked[sn] = askedFor{now, a.tries + 1}
			due = append(due, sn)
		}
	}
	if len(due) == 0 {
		return nil
	}
	return &rtcp.TransportLayerNack{SenderSSRC: 1, MediaSSRC: l.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(due)}
}

// rembFor names the SSRCs of the lines that carry something.
func rembFor(video []*lineLog, bps float64) rtcp.Packet {
	p := &rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: 1, Bitrate: float32(bps)}
	for _, l := range video {
		l.mu.Lock()
		if l.ssrc != 0 {
			p.SSRCs = append(p.SSRCs, l.ssrc)
		}
		l.mu.Unlock()
	}
	if len(p.SSRCs) == 0 {
		return nil
	}
	return p
}

// rembSender estimates as browsers' receivers do: while packets wait longer than before on their way, 0.85 of what
// arrives; else 8 % more each second, at most 1.5 times what arrives.
type rembSender struct {
	mu    sync.Mutex
	least int64 // shortest delay seen, ns
	now   int64 // shortest delay since the last tick: a late reader delays only some packets, a queue all
	bps   float64
	at    int64
	past  []rembPoint
}

type rembPoint struct{ at, bytes int64 }

const (
	rembEvery   = int64(250 * time.Millisecond)
	rembQueue   = int64(80 * time.Millisecond) // waiting that counts as congestion
	rembStart   = 300_000.0
	rembHistory = 3 // points over which the rate is taken
)

// delay notes how long one packet was on its way.
func (r *rembSender) delay(ns int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.least == 0 || ns < r.least {
		r.least = ns
	}
	if r.now == 0 || ns < r.now {
		r.now = ns
	}
}

// tick gives the estimate in bit/s four times a second, from the number of bytes that arrived so far.
func (r *rembSender) tick(bytes, now int64) (bps float64, due bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now-r.at < rembEvery {
		return 0, false
	}
	elapsed := float64(now-r.at) / 1e9
	r.at = now
	r.past = append(r.past, rembPoint{now, bytes})
	if len(r.past) <= rembHistory {
		r.bps = rembStart
		return 0, false
	}
	old := r.past[len(r.past)-1-rembHistory]
	rate := float64(bytes-old.bytes) * 8 / (float64(now-old.at) / 1e9)
	if r.now-r.least > rembQueue {
		r.bps = min(r.bps, 0.85*rate)
	} else {
		r.bps = max(r.bps, min(r.bps*(1+0.08*elapsed), 1.5*rate+10_000))
	}
	r.now = 0
	return r.bps, true
}
