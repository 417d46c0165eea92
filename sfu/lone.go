package sfu

import (
	"fmt"
	"slices"

	"github.com/pion/webrtc/v4"
)

// lowHeight is where a picture is small enough: layer q of a simulcast publisher has no more lines.
const lowHeight = 360

// Lone is the picture of an encoder or camera that comes in one size, too large for weak lines.
type Lone struct {
	Src  uint32
	Who  string
	W, H int
}

// Lone lists them; false when the conference is closed.
func (c *Conference) Lone() (out []Lone, open bool) {
	open = c.call(func() {
		now := c.srv.now()
		for _, src := range c.sources {
			if l := src.lone(now); l != nil {
				wh := l.size.Load()
				out = append(out, Lone{Src: src.id, Who: src.key.who, W: int(wh >> 16), H: int(wh & 0xffff)})
			}
		}
	})
	slices.SortFunc(out, func(a, b Lone) int { return int(int64(a.Src) - int64(b.Src)) })
	return out, open
}

// lone is the source's only layer when it is H264 of somebody who publishes no others and more than lowHeight lines, else nil.
func (s *Source) lone(now int64) *Layer {
	l := s.lays[singleLayer].Load()
	if s.key.kind != KindCam || l == nil || s.lays[layerQ].Load() != nil || s.lays[layerH].Load() != nil || !s.alive(singleLayer, now) || !s.gate.Load() {
		return nil
	}
	st := l.pub.seat
	if st.door == nil && st.feed == nil || l.rid != "" || l.codecName != codecH264 || l.size.Load()&0xffff <= lowHeight {
		return nil
	}
	return l
}

// Shrink joins a smaller picture, H264 of ssrc, to a lone one as its lowest layer. show gets every RTP packet of the large one that
// passed the gate, in the order of arrival; it must not wait, and raw is valid during the call only. The feed ends with the large
// picture. Errors: ErrFed when the source is not lone (any more), ErrFeedEnd when the sitting has ended.
func (c *Conference) Shrink(src, ssrc uint32, show func(raw []byte)) (*Feed, error) {
	f, u, err := c.newFeed("")
	if err != nil {
		return nil, err
	}
	if !c.call(func() { err = f.openBelow(u, src, ssrc, show) }) {
		err = ErrFeedEnd
	}
	if err != nil {
		c.srv.closePC(u.pc)
		return nil, err
	}
	return f, nil
}

// openBelow makes the lowest layer. Only the conference calls it.
func (f *Feed) openBelow(u *pubPC, id, ssrc uint32, show func(raw []byte)) error {
	c := f.conf
	src := c.bySrc[id]
	switch {
	case c.dir.Closed:
		return ErrFeedEnd
	case ssrc == 0:
		return fmt.Errorf("sfu: no feed can be of SSRC 0")
	case src == nil:
		return ErrFed
	}
	now := c.srv.now()
	large := src.lone(now)
	if large == nil {
		return ErrFed
	}
	f.seat.part.ID = src.key.who
	f.seat.pub, f.large = u, large
	f.addStream(u, FeedStream{Kind: KindCam, Codec: codecH264, SSRC: ssrc}, layerQ)
	c.order = append(c.order, f.seat)
	large.shown.Store(&show)
	large.requestKeyframe(now)
	return nil
}

// show hands a packet that passed the gate to who makes a smaller picture.
func (l *Layer) show(raw []byte) {
	if f := l.shown.Load(); f != nil {
		(*f)(raw)
	}
}

// newFeed makes a feed of somebody with a PeerConnection that never connects, where the others have theirs.
func (c *Conference) newFeed(who string) (*Feed, *pubPC, error) {
	f := &Feed{conf: c, seat: newSeat(c, Participant{ID: who, Profile: ProfileAudience}), layers: map[Kind]*Layer{}}
	f.seat.feed = f
	u := newPub(f.seat, nil)
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(c.srv.pubMedia), webrtc.WithSettingEngine(c.srv.settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, nil, fmt.Errorf("sfu: make a feed: %w", err)
	}
	u.pc, u.rtcp = pc, nobody{}
	return f, u, nil
}
