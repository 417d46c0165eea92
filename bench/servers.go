//go:build linux

package main

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"nghitruong/sfu"
)

// ours drives the media server as signaling does.
type ours struct {
	srv   *sfu.Server
	conf  *sfu.Conference
	mu    sync.Mutex
	peers map[string]*sfu.Peer
}

func newOurs() (server, error) {
	sfu.SaveMemory() // as the program does
	s, err := sfu.NewServer(sfu.Config{Listen: netip.MustParseAddr("127.0.0.1"), TCPPort: -1})
	if err != nil {
		return nil, err
	}
	return &ours{srv: s, conf: s.Conference("sitting"), peers: map[string]*sfu.Peer{}}, nil
}

// deaf is a person's news that nobody reads.
type deaf struct{}

func (deaf) Sources([]sfu.SourceInfo, []uint32) {}
func (deaf) Slots(sfu.SlotMap)                  {}
func (deaf) Layers(uint32, []string)            {}
func (deaf) Gate(uint32, bool, string)          {}
func (deaf) Failed(sfu.PC, error)               {}

func (o *ours) answer(ctx context.Context, q request) (string, error) {
	o.mu.Lock()
	p, known := o.peers[q.Who]
	if !known {
		profile := sfu.ProfileAudience
		if q.Member || q.Publish {
			profile = sfu.ProfileMember
		}
		p = o.conf.Join(sfu.Participant{ID: q.Who, Profile: profile}, deaf{})
		if profile == sfu.ProfileMember { // everybody sees everybody: one on stage, the others in tiles
			p.Want(sfu.Want{Step: "full", Tiles: 28, TilePx: 720, Visible: true})
		}
		o.peers[q.Who] = p
	}
	o.mu.Unlock()
	offer := sfu.Offer{PC: sfu.PCSub, Gen: 1, SDP: q.Offer}
	if q.Publish {
		open := map[string]bool{}
		for _, who := range q.PublishBy {
			open[who] = true
		}
		o.conf.Direct(sfu.Direction{Stage: q.PublishBy[0], Mic: open, Cam: open, Why: "chair"})
		offer.PC = sfu.PCPub
	}
	return p.Answer(ctx, offer)
}

// zap lets half of the viewers say that their screen is large, and the other half that it is small.
func (o *ours) zap(turn int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for who, p := range o.peers {
		if who[0] != 'v' {
			continue
		}
		i, _ := strconv.Atoi(who[1:])
		px := 360
		if (i+turn)%2 == 0 {
			px = 1080
		}
		p.Want(sfu.Want{Step: "full", ScreenPx: px, Visible: true})
	}
}

func (o *ours) close() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = o.srv.Close(ctx)
}

// control is plain Pion: default codecs and interceptors, TrackLocalStaticRTP, a socket per PeerConnection.
type control struct {
	mu     sync.Mutex
	tracks []ownedTrack
	pcs    []*webrtc.PeerConnection
}

type ownedTrack struct {
	who   string
	track *webrtc.TrackLocalStaticRTP
	ask   func() // for a keyframe
}

func newControl() (server, error) { return &control{}, nil }

// zap does nothing: plain Pion has no layers to switch, its viewers all get the largest.
func (c *control) zap(int) {}

func (c *control) answer(ctx context.Context, q request) (string, error) {
	var e webrtc.SettingEngine
	e.SetIncludeLoopbackCandidate(true)
	e.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(e)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	c.pcs = append(c.pcs, pc)
	tracks := append([]ownedTrack(nil), c.tracks...)
	c.mu.Unlock()
	if q.Publish {
		pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { c.forward(q.Who, pc, t) })
	} else {
		for _, t := range tracks {
			if t.who == q.Who {
				continue
			}
			sender, err := pc.AddTrack(t.track)
			if err != nil {
				return "", err
			}
			go keyframes(sender, t.ask)
		}
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: q.Offer}); err != nil {
		return "", err
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		return "", err
	}
	select {
	case <-gathered:
		return pc.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// forward copies a publisher's track to whoever watches; of layers, the largest.
func (c *control) forward(who string, pc *webrtc.PeerConnection, from *webrtc.TrackRemote) {
	if rid := from.RID(); rid != "" && rid != "f" {
		for buf := make([]byte, 1500); ; {
			if _, _, err := from.Read(buf); err != nil {
				return
			}
		}
	}
	to, err := webrtc.NewTrackLocalStaticRTP(from.Codec().RTPCodecCapability, from.ID(), who)
	if err != nil {
		return
	}
	c.mu.Lock()
	c.tracks = append(c.tracks, ownedTrack{who, to, func() {
		_ = pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(from.SSRC())}})
	}})
	c.mu.Unlock()
	for {
		p, _, err := from.ReadRTP()
		if err != nil {
			return
		}
		_ = to.WriteRTP(p)
	}
}

// keyframes passes on a viewer's wishes, at most one a second, and drives the interceptors by reading.
func keyframes(s *webrtc.RTPSender, ask func()) {
	var last time.Time
	for {
		pkts, _, err := s.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range pkts {
			if _, ok := p.(*rtcp.PictureLossIndication); ok && time.Since(last) > time.Second {
				last = time.Now()
				ask()
			}
		}
	}
}

func (c *control) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, pc := range c.pcs {
		_ = pc.Close()
	}
}
