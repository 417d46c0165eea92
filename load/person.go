//go:build linux

package load

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

const (
	uriAudioLevel  = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
	uriAbsSendTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
	rembLeast      = 40_000_000 // bit/s: a person on loopback has room for all that a council sends
)

// Ask hands an offer to the server and gives its answer; both are SDP.
type Ask func(ctx context.Context, offer string) (answer string, err error)

// Person is one PeerConnection with a socket of its own: a viewer after Listen or a publisher after Publish.
type Person struct {
	crowd  *Crowd
	socket *socket
	mux    ice.UDPMux
	pc     *webrtc.PeerConnection
	ask    Ask
	once   sync.Once
	wg     sync.WaitGroup

	mu     sync.Mutex
	live   bool // connected
	media  []*webrtc.TrackRemote
	source *source
	bytes  int64 // arrived until the last report
	heard  map[uint32]senderReport
}

// NewPerson opens a person's socket and PeerConnection.
func (c *Crowd) NewPerson(ask Ask) (*Person, error) {
	s, err := openSocket(c.at)
	if err != nil {
		return nil, err
	}
	p := &Person{crowd: c, socket: s, ask: ask, mux: webrtc.NewICEUDPMux(nil, s), heard: map[uint32]senderReport{}}
	if p.pc, err = p.connection(); err != nil {
		_ = p.mux.Close()
		_ = s.Close()
		return nil, fmt.Errorf("load: make person: %w", err)
	}
	c.mu.Lock()
	c.people = append(c.people, p)
	c.mu.Unlock()
	return p, nil
}

func (p *Person) connection() (*webrtc.PeerConnection, error) {
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		uris := []string{sdp.SDESMidURI, sdp.SDESRTPStreamIDURI, sdp.SDESRepairRTPStreamIDURI, sdp.TransportCCURI, uriAbsSendTime}
		if kind == webrtc.RTPCodecTypeAudio {
			uris = []string{sdp.SDESMidURI, uriAudioLevel, sdp.TransportCCURI, uriAbsSendTime}
		}
		for _, uri := range uris {
			if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, kind); err != nil {
				return nil, err
			}
		}
	}
	var e webrtc.SettingEngine
	e.SetIncludeLoopbackCandidate(true)
	e.SetIPFilter(func(ip net.IP) bool { return ip.Equal(p.crowd.at.AsSlice()) })
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	e.SetICEUDPMux(p.mux)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(e), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	return api.NewPeerConnection(webrtc.Configuration{})
}

// Heard gives when the first media packet came; false before that.
func (p *Person) Heard() (time.Time, bool) {
	p.socket.mu.Lock()
	defer p.socket.mu.Unlock()
	return time.Unix(0, p.socket.first), p.socket.first != 0
}

// Close ends one person; the others go on.
func (p *Person) Close() {
	p.crowd.mu.Lock()
	p.crowd.people = slices.DeleteFunc(p.crowd.people, func(q *Person) bool { return q == p })
	p.crowd.mu.Unlock()
	p.close()
}

func (p *Person) close() {
	p.once.Do(func() {
		_ = p.pc.GracefulClose()
		_ = p.mux.Close()
		_ = p.socket.Close()
		p.wg.Wait()
	})
}

// Listen opens receive lines and gives how long it took from the offer to the connection.
func (p *Person) Listen(ctx context.Context, audio, video int) (time.Duration, error) {
	for i := range audio + video {
		kind := webrtc.RTPCodecTypeAudio
		if i >= audio {
			kind = webrtc.RTPCodecTypeVideo
		}
		if _, err := p.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			return 0, fmt.Errorf("load: add line: %w", err)
		}
	}
	p.pc.OnTrack(func(track *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
		p.mu.Lock()
		p.media = append(p.media, track)
		p.mu.Unlock()
		p.wg.Go(func() { p.prove(track) })
		p.wg.Go(func() { p.hear(r) })
	})
	return p.connect(ctx)
}

func (p *Person) connect(ctx context.Context) (time.Duration, error) {
	connected := make(chan struct{})
	var once sync.Once
	p.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		p.mu.Lock()
		p.live = s == webrtc.PeerConnectionStateConnected
		p.mu.Unlock()
		if s == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(connected) })
		}
	})
	begun := time.Now()
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		return 0, fmt.Errorf("load: offer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(offer); err != nil {
		return 0, fmt.Errorf("load: offer: %w", err)
	}
	<-gathered
	answer, err := p.ask(ctx, p.pc.LocalDescription().SDP)
	if err != nil {
		return 0, fmt.Errorf("load: ask the server: %w", err)
	}
	p.socket.answered(answer)
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return 0, fmt.Errorf("load: answer: %w", err)
	}
	select {
	case <-connected:
		return time.Since(begun), nil
	case <-ctx.Done():
		return 0, fmt.Errorf("load: connect: %w", ctx.Err())
	}
}

// prove reads what Pion decrypted and compares the send time inside with the arrival.
func (p *Person) prove(track *webrtc.TrackRemote) {
	buf := make([]byte, datagramMax)
	var h rtp.Header
	for {
		n, attr, err := track.Read(buf)
		if err != nil {
			return
		}
		h.CSRC = nil
		k, err := h.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		if attr.Get(webrtc.AttributeRtxSsrc) != nil {
			p.socket.mend(h.SSRC, h.SequenceNumber)
			continue
		}
		at, ok := p.socket.arrival(h.SSRC, h.SequenceNumber)
		if sent, stamped := sentAt(buf[k:n]); ok && stamped {
			p.crowd.delay(at - sent)
		}
	}
}

// senderReport is the newest one of a stream: the middle of its NTP time and when it came.
type senderReport struct {
	ntp uint32
	at  time.Time
}

// hear notes the server's sender reports, whose round trip the receiver reports let it measure (RFC 3550 section 6.4.1).
func (p *Person) hear(r *webrtc.RTPReceiver) {
	for {
		pkts, _, err := r.ReadRTCP()
		if err != nil {
			return
		}
		for _, pkt := range pkts {
			if sr, ok := pkt.(*rtcp.SenderReport); ok {
				p.mu.Lock()
				p.heard[sr.SSRC] = senderReport{uint32(sr.NTPTime >> 16), time.Now()}
				p.mu.Unlock()
			}
		}
	}
}

// report sends a receiver report of all streams and a REMB.
func (p *Person) report() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.live || len(p.media) == 0 {
		return
	}
	s := p.socket
	rr := &rtcp.ReceiverReport{SSRC: 1}
	remb := &rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: 1}
	s.mu.Lock()
	for _, track := range p.media {
		ssrc := uint32(track.SSRC())
		remb.SSRCs = append(remb.SSRCs, ssrc)
		if l := s.streams[ssrc]; l != nil {
			_, lost := l.counts()
			block := rtcp.ReceptionReport{SSRC: ssrc, TotalLost: uint32(max(0, lost)), LastSequenceNumber: uint32(l.highest - 1<<16)}
			if sr, ok := p.heard[ssrc]; ok {
				block.LastSenderReport, block.Delay = sr.ntp, uint32(time.Since(sr.at)*65536/time.Second)
			}
			rr.Reports = append(rr.Reports, block)
		}
	}
	remb.Bitrate = max(rembLeast, 1.5*8*float32(s.bytes-p.bytes))
	p.bytes = s.bytes
	s.mu.Unlock()
	_ = p.pc.WriteRTCP([]rtcp.Packet{rr, remb})
}

const (
	stampSize  = 9
	stampMagic = 0xa7
)

// putSent writes the time, ns since 1970, at the end of a payload.
func putSent(payload []byte, now int64) {
	b := payload[len(payload)-stampSize:]
	binary.BigEndian.PutUint64(b, uint64(now))
	b[stampSize-1] = stampMagic
}

// sentAt reads what putSent wrote.
func sentAt(payload []byte) (at int64, ok bool) {
	if len(payload) < stampSize || payload[len(payload)-1] != stampMagic {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(payload[len(payload)-stampSize:])), true
}
