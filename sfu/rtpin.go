package sfu

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

// Errors of a Feed.
var (
	ErrFed     = errors.New("sfu: somebody else feeds this source")
	ErrFeedEnd = errors.New("sfu: the feed ended: its sitting closed, or somebody else feeds its source now")
)

// Payload types of RTCP in a stream that carries both (RFC 5761 section 4), with the marker bit as their highest.
const (
	rtcpFirst = 192
	rtcpLast  = 223
)

// FeedStream is one RTP stream of a Feed.
type FeedStream struct {
	Kind  Kind   // KindMic or KindCam
	Codec string // "opus", "H264" or "VP8", as SourceInfo.Codec
	SSRC  uint32
}

// Feed is a source whose RTP comes from this machine, without ICE and DTLS: a camera's child process. Its packets pass the same
// gates as anybody's. Keyframes cannot be asked of it.
type Feed struct {
	conf   *Conference
	seat   *seat
	layers map[Kind]*Layer
	large  *Layer // that this feed makes a smaller picture of, nil = of none
	closed atomic.Bool
}

// nobody takes feedback for a sender that understands none.
type nobody struct{}

// WriteRTCP drops the feedback.
func (nobody) WriteRTCP([]rtcp.Packet) error { return nil }

// Feed lets streams feed microphone and camera of who. It yields to others: ErrFed when one of the sources is fed already,
// ErrFeedEnd when the sitting has ended, and from Packet also when somebody else began to feed it. One stream of each kind at
// most.
func (c *Conference) Feed(who string, streams ...FeedStream) (*Feed, error) {
	f, u, err := c.newFeed(who)
	if err != nil {
		return nil, err
	}
	if !c.call(func() { err = f.open(u, streams) }) {
		err = ErrFeedEnd
	}
	if err != nil {
		c.srv.closePC(u.pc)
		return nil, err
	}
	return f, nil
}

// open joins the streams to their sources. Only the conference calls it.
func (f *Feed) open(u *pubPC, streams []FeedStream) error {
	if f.conf.dir.Closed {
		return ErrFeedEnd
	}
	for _, s := range streams {
		if codec := feedCodec(s.Codec); codec == packets.CodecOther || codec.Video() != (s.Kind == KindCam) || s.Kind == KindScreen || s.SSRC == 0 {
			return fmt.Errorf("sfu: no feed can be %s of %s", s.Codec, s.Kind)
		}
		if f.seat.source(s.Kind).published() {
			return ErrFed
		}
	}
	f.seat.pub = u
	for _, s := range streams {
		index := 0
		if s.Kind == KindCam {
			index = singleLayer
		}
		f.addStream(u, s, index)
	}
	f.conf.order = append(f.conf.order, f.seat)
	return nil
}

// feedCodec finds a codec by its name in SourceInfo.Codec.
func feedCodec(name string) packets.Codec {
	for codec, n := range codecNames {
		if n == name {
			return codec
		}
	}
	return packets.CodecOther
}

// addStream makes the layer of one stream at its place among the source's.
func (f *Feed) addStream(u *pubPC, s FeedStream, index int) {
	codec, params := feedCodec(s.Codec), opusCodec
	switch codec {
	case packets.CodecVP8:
		params = vp8Codec
	case packets.CodecH264:
		params = h264Codec
	case packets.CodecOpus, packets.CodecRED, packets.CodecPCMA, packets.CodecPCMU, packets.CodecOther:
	}
	src := f.seat.source(s.Kind)
	l := newLayer(u, src, index, &webrtc.TrackRemote{}, codec, 0)
	l.ssrc = s.SSRC
	l.params = webrtc.RTPParameters{Codecs: []webrtc.RTPCodecParameters{params}}
	src.lays[index].Store(l)
	u.layers = append(u.layers, l)
	f.layers[s.Kind] = l
	for _, t := range f.conf.taps {
		l.openTo(t)
	}
}

// Packet takes one RTP or RTCP packet of the stream of a kind as it came; raw may be used again after the return. One goroutine
// calls it for each kind. Packets of another SSRC, too long ones and broken ones are dropped and counted. The error is ErrFeedEnd
// when no packet will be taken any more.
func (f *Feed) Packet(kind Kind, raw []byte) error {
	l := f.layers[kind]
	if l == nil || !f.Lives() {
		return ErrFeedEnd
	}
	s := f.conf.srv
	if len(raw) >= 8 && raw[1] >= rtcpFirst && raw[1] <= rtcpLast {
		l.onRTCP(raw, s.now())
		return nil
	}
	p := s.pool.Get()
	defer p.Release()
	if len(raw) > packets.MaxPacket || !ofStream(raw, l.ssrc) {
		s.metrics.dropped[dropMalformed].Add(1)
		return nil
	}
	p.SetLen(copy(p.Buffer(), raw))
	p.Arrival = s.now()
	l.receive(p)
	return nil
}

// ofStream tells whether a packet carries the stream's SSRC (RFC 3550 section 5.1).
func ofStream(raw []byte, ssrc uint32) bool {
	return len(raw) >= 12 && uint32(raw[8])<<24|uint32(raw[9])<<16|uint32(raw[10])<<8|uint32(raw[11]) == ssrc
}

// Lives tells whether packets are still taken.
func (f *Feed) Lives() bool {
	for _, l := range f.layers {
		if l.closed.Load() {
			return false
		}
	}
	return !f.closed.Load() && (f.large == nil || !f.large.closed.Load())
}

// Close takes the streams from their sources. It may be called more than once.
func (f *Feed) Close() {
	if f.closed.Swap(true) {
		return
	}
	c := f.conf
	c.call(func() {
		f.seat.closePCs()
		if f.large != nil {
			f.large.shown.Store(nil)
		}
		c.order = slices.DeleteFunc(c.order, func(o *seat) bool { return o == f.seat })
		for kind := range f.layers {
			if src := c.sources[sourceKey{f.seat.part.ID, kind}]; src != nil && !src.published() {
				c.withdraw(src)
			}
		}
		c.flushSources(nil, nil)
	})
}
