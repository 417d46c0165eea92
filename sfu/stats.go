package sfu

import (
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

// Paths of a PeerConnection, as PeerStats.Path and UpPath.
const (
	PathUDP   = "udp"
	PathTCP   = "tcp"
	PathRelay = "relay" // through our own TURN
)

const (
	lossMemory  = 5  // reports of half a second over which an uplink's loss is smoothed
	loudEnough  = 50 // -dBov; a quieter room counts as silent
	censusEvery = 20 // ticks between two counts for /metrics
)

// PeerStats is what the server sees of one peer. Ratios are 0 to 1. Down is from the server to the person.
type PeerStats struct {
	Who        string  // person id, of a player from outside the name of its seat
	Outside    bool    // an encoder, a camera or a player instead of the person's own page
	Connected  bool    // the downlink
	Path       string  // of the downlink: PathUDP, PathTCP, PathRelay, "" before ICE chose one
	Direct     bool    // packets leave on the direct path
	EstimateBP uint64  // bit/s that the downlink is thought to carry
	SentBytes  uint64  // on the downlink
	Lost       float64 // of the downlink, from receiver reports
	RTTMs      float64 // of the downlink, from receiver reports
	StageLayer string  // layer of the stage's picture: "q", "h", "f"; "" = none
	StageWhy   Why     // what the stage's slot does

	UpPath  string // of the uplink, "" = none
	UpRTTMs float64
	Up      []SourceStats // what arrives, microphone first
}

// SourceStats is one source as it arrives, before the chair's gate.
type SourceStats struct {
	Kind     Kind
	Codec    string
	Open     bool    // the gate lets it through
	Lost     float64 // of its streams on their way here, before retransmissions filled the holes
	JitterMs float64 // of its worst stream
	QuietMs  int64   // since a packet came; -1 = none ever did

	Level   int   // a microphone's loudest moment in the last second, -dBov; packets.SilentLevel = silent or not told
	HeardMs int64 // since a microphone was loud enough to be somebody or something in a room; -1 = never

	Layers []string // a picture's layers that arrive, low to high
	W, H   int      // pixels of the largest that arrives; 0 = not known
	FPS    float64  // of the liveliest
}

// Stats tells what the server sees of every peer, in the order of joining.
func (c *Conference) Stats() []PeerStats {
	var out []PeerStats
	c.call(func() {
		now := c.srv.now()
		for _, st := range c.order {
			out = append(out, st.stats(now))
		}
	})
	return out
}

func (st *seat) stats(now int64) PeerStats {
	s := PeerStats{Who: st.part.ID, Outside: st.door != nil || st.fed()}
	if v := st.viewer; v != nil {
		s.EstimateBP, s.SentBytes, s.Lost = v.estimate(), v.sentBytes.Load(), v.loss()
		s.RTTMs = float64(v.rttNs.Load()) / float64(time.Millisecond)
		s.Connected, s.Direct = v.connected.Load(), v.onDirect.Load()
		s.Path = v.path.name()
		if len(st.shown.V) > 0 {
			s.StageLayer, s.StageWhy = st.shown.V[0].Layer, st.shown.V[0].Why
		}
	}
	if u := st.pub; u != nil {
		s.UpPath = u.path.name()
		s.UpRTTMs = float64(u.rtt.Load()) / float64(time.Millisecond)
		for _, kind := range lineKinds {
			if src := st.conf.sources[sourceKey{st.part.ID, kind}]; src != nil {
				if up, ok := u.sourceStats(src, now); ok {
					s.Up = append(s.Up, up)
				}
			}
		}
	}
	return s
}

// fed tells whether packets of this machine stand where others have an uplink.
func (st *seat) fed() bool {
	if st.pub == nil {
		return false
	}
	_, silent := st.pub.rtcp.(nobody)
	return silent
}

// trail keeps how packets of one PeerConnection travel.
type trail struct{ path atomic.Pointer[string] }

// note is told of each pair that ICE selects.
func (t *trail) note(s *Server, pair *webrtc.ICECandidatePair) {
	path := s.pathOf(pair)
	t.path.Store(&path)
}

// name is the path, "" before there is one.
func (t *trail) name() string {
	if p := t.path.Load(); p != nil {
		return *p
	}
	return ""
}

// pathOf names the way of a pair.
func (s *Server) pathOf(pair *webrtc.ICECandidatePair) string {
	if pair == nil || pair.Local == nil || pair.Remote == nil {
		return ""
	}
	if pair.Local.Protocol == webrtc.ICEProtocolTCP {
		return PathTCP
	}
	ip, err := netip.ParseAddr(pair.Remote.Address)
	if err == nil && s.cfg.Relayed != nil && s.cfg.Relayed(netip.AddrPortFrom(ip.Unmap(), pair.Remote.Port)) {
		return PathRelay
	}
	return PathUDP
}

// sourceStats adds up the layers of a source that this uplink feeds; false = none.
func (u *pubPC) sourceStats(src *Source, now int64) (SourceStats, bool) {
	s := SourceStats{Kind: src.key.kind, Open: src.gate.Load(), Level: packets.SilentLevel, QuietMs: -1, HeardMs: -1}
	if at := src.heardAt.Load(); at != 0 {
		s.HeardMs = (now - at) / int64(time.Millisecond)
	}
	var lost, of float64
	found := false
	for i := range src.lays {
		l := src.lays[i].Load()
		if l == nil || !slices.Contains(u.layers, l) {
			continue
		}
		found = true
		s.Codec = l.codecName
		lost, of = lost+l.up.lost, of+l.up.of
		jitter := float64(l.recv.jitter.Load()>>4) * 1000 / float64(l.clock)
		s.JitterMs = max(s.JitterMs, jitter)
		last := l.lastHeard.Load()
		if last == 0 {
			continue
		}
		if quiet := (now - last) / int64(time.Millisecond); s.QuietMs < 0 || quiet < s.QuietMs {
			s.QuietMs = quiet
		}
		if now-last > int64(layerDead) {
			continue
		}
		if !src.isVideo() {
			s.Level = int(l.up.level)
			continue
		}
		s.Layers = append(s.Layers, layerRIDs[l.index])
		s.FPS = max(s.FPS, l.up.fps)
		if wh := l.size.Load(); wh != 0 {
			s.W, s.H = int(wh>>16), int(wh&0xffff)
		}
	}
	if of > 0 {
		s.Lost = min(1, max(0, lost/of))
	}
	return s, found
}

// uplinkMeter is how a layer arrives, gate or no gate. Atomics are written by the reader, the rest is the conference's.
type uplinkMeter struct {
	frames   atomic.Uint64 // pictures begun
	lastTS   uint64        // of the newest picture; reader only
	loudest  atomic.Uint64 // packets.SilentLevel - the lowest -dBov since the last look
	repaired atomic.Uint64 // packets that came late or by RTX

	framesBefore   uint64
	repairedBefore uint64
	at             int64
	fps            float64
	level          uint8
	lost, of       float64 // packets, smoothed
}

// meter looks at a packet before the gate. Only the reader calls it.
func (l *Layer) meter(p *packets.Packet) {
	l.lastHeard.Store(p.Arrival)
	switch {
	case l.codec.Video():
		if len(p.Payload()) > 0 && p.ExtTS > l.up.lastTS {
			l.up.lastTS = p.ExtTS
			l.up.frames.Add(1)
		}
		if p.Key {
			l.keepSize(p)
		}
	case l.levelExt != 0:
		l.noteLoudest(p.Level, p.Arrival)
	}
}

// noteLoudest counts a level of a packet that arrived at at.
func (l *Layer) noteLoudest(level uint8, at int64) {
	if level >= packets.SilentLevel {
		return
	}
	if loud := uint64(packets.SilentLevel - level); loud > l.up.loudest.Load() {
		l.up.loudest.Store(loud) // the conference may take it meanwhile: then this packet is of the next second
	}
	if level <= loudEnough {
		l.src.heardAt.Store(at)
	}
}

// keepSize notes the size that a keyframe tells.
func (l *Layer) keepSize(p *packets.Packet) {
	if l.codec == packets.CodecH264 {
		var d packets.H264
		if p.H264(&d) != nil || d.SPS == nil {
			return
		}
		if w, h, ok := packets.SPSSize(d.SPS); ok {
			l.size.Store(uint32(w)<<16 | uint32(h))
		}
		return
	}
	if p.VP8.W > 0 {
		l.size.Store(uint32(p.VP8.W)<<16 | uint32(p.VP8.H))
	}
}

// readMeter takes the last second's pictures and loudness; the conference calls it.
func (l *Layer) readMeter(now int64) {
	if now-l.up.at < int64(time.Second) {
		return
	}
	frames := l.up.frames.Load()
	if l.up.at != 0 {
		l.up.fps = float64(frames-l.up.framesBefore) * float64(time.Second) / float64(now-l.up.at)
	}
	l.up.framesBefore, l.up.at = frames, now
	l.up.level = packets.SilentLevel - uint8(l.up.loudest.Swap(0))
}

// noteLoss smooths what went missing on the way: expected and received since the last report. A packet that came late or
// was sent again counts as lost once, when its hole is filled.
func (l *Layer) noteLoss(expected, received uint64) {
	repaired := l.up.repaired.Load()
	lost := int64(expected) - int64(received) + int64(repaired-l.up.repairedBefore)
	l.up.repairedBefore = repaired
	const keep = 1 - 1.0/lossMemory
	l.up.lost = keep*l.up.lost + float64(lost)
	l.up.of = keep*l.up.of + float64(expected)
}
