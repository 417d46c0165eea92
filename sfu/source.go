package sfu

import (
	"sync/atomic"
	"time"

	"nghitruong/sfu/packets"
)

// layerRIDs are the simulcast ids from low to high; a layer's index is its place here.
var layerRIDs = [...]string{"q", "h", "f"}

const (
	layerQ = iota
	layerH
	layerF
)

const (
	sourceGone  = 3 * time.Second // a source leaves this long after its last packet
	layerDead   = 3 * time.Second // a layer without packets for so long is not switched to
	levelsKept  = 64              // audio levels between two looks of the conference; a power of two
	singleLayer = layerF          // where a source without simulcast keeps its only layer
)

// sourceKey names a source for the whole sitting.
type sourceKey struct {
	who  string
	kind Kind
}

// Source is one microphone, camera or screen of one person. It outlives the PeerConnections that feed it.
type Source struct {
	id     uint32 // CSRC
	key    sourceKey
	gate   atomic.Bool                           // open; checked for each packet before the ring
	lays   [len(layerRIDs)]atomic.Pointer[Layer] // nil when not published
	taps   atomic.Pointer[[]Tap]
	tapped tapping

	lastPassed atomic.Int64 // now() of the newest packet that passed the gate, 0 = none

	heardAt atomic.Int64 // now() of the newest packet that was loud enough, before the gate; 0 = none

	levels    [levelsKept]atomic.Uint64 // written by the reader: arrival<<8 | level
	levelHead atomic.Uint32             // how many were written

	// Owned by the conference's goroutine.
	present   bool
	info      SourceInfo
	since     int64 // when it became present
	levelRead uint32
	hushUntil int64 // its slots wait so long for the silence behind a closed gate
	wantLayer int   // highest layer a viewer wants, -1 = none
	onLayers  int   // what the publisher was told: highest layer, -1 = none, -2 = nothing yet
	lowerAt   int64 // when a lower wish may be told, 0 = none pending
}

func newSource(id uint32, key sourceKey) *Source {
	s := &Source{id: id, key: key, onLayers: layersUntold, wantLayer: -1}
	s.tapped.want.Store(tapNoLayer)
	s.tapped.now.Store(tapNoLayer)
	return s
}

// isVideo tells whether the source is a picture.
func (s *Source) isVideo() bool { return s.key.kind != KindMic }

// noteLevel keeps an audio level for the conference's next look. Only the reader calls it.
func (s *Source) noteLevel(level uint8, at int64) {
	h := s.levelHead.Load()
	s.levels[h%levelsKept].Store(uint64(at)<<8 | uint64(level))
	s.levelHead.Store(h + 1)
}

// drainLevels calls f for each audio level since the last call. Only the conference calls it.
func (s *Source) drainLevels(f func(level uint8, at int64)) {
	head := s.levelHead.Load()
	if head-s.levelRead > levelsKept {
		s.levelRead = head - levelsKept
	}
	for ; s.levelRead != head; s.levelRead++ {
		v := s.levels[s.levelRead%levelsKept].Load()
		f(uint8(v), int64(v>>8))
	}
}

// alive tells whether layer i has sent a packet lately.
func (s *Source) alive(i int, now int64) bool {
	l := s.lays[i].Load()
	return l != nil && now-l.lastPacket.Load() < int64(layerDead)
}

// published tells whether any layer is fed by a PeerConnection.
func (s *Source) published() bool {
	for i := range s.lays {
		if s.lays[i].Load() != nil {
			return true
		}
	}
	return false
}

// describe fills the SourceInfo from the largest layer seen.
func (s *Source) describe() SourceInfo {
	info := SourceInfo{Src: s.id, Kind: s.key.kind, Who: s.key.who, Codec: s.info.Codec, W: s.info.W, H: s.info.H}
	for i := range s.lays {
		l := s.lays[i].Load()
		if l == nil {
			continue
		}
		info.Codec = l.codecName
		if wh := l.size.Load(); int(wh&0xffff) > 0 {
			info.W, info.H = int(wh>>16), int(wh&0xffff)
		}
	}
	return info
}

// ringSize gives the packets kept for a layer: about 3 s.
func ringSize(kind Kind, index int) int {
	switch {
	case kind == KindMic:
		return packets.RingAudio
	case kind == KindScreen && index == singleLayer:
		return packets.RingScreen
	case index == layerQ:
		return packets.RingQ
	case index == layerH:
		return packets.RingH
	}
	return packets.RingF
}
