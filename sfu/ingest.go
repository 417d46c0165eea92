package sfu

import (
	"context"
	"fmt"
	"slices"
	"time"

	"nghitruong/sfu/packets"
)

// noLine stands for a line that an ingest did not offer: no mid reads so.
const noLine = "\x00"

// Ingest lets an encoder that came by WHIP feed microphone and camera of who from a plain sendonly offer. It takes the place of
// an earlier encoder of the same source at once, and of what the person's own page sends, as long as it lasts. The room's gates
// hold for it as for any other; it comes on stage only by the room's will. From another network than the encoder before it
// comes with closed gates, until Readmit. Errors: ErrBadOffer, ErrClosed, ErrBusy, or internal.
func (c *Conference) Ingest(ctx context.Context, who, network, offer string) (*Door, error) {
	checked, err := checkDoor(offer, PCPub)
	if err != nil {
		c.srv.metrics.badOffers.Add(1)
		return nil, err
	}
	mids := []string{noLine, noLine}
	for i, kind := range checked.kinds {
		if kind == "audio" {
			mids[0] = checked.mids[i]
		} else {
			mids[1] = checked.mids[i]
		}
	}
	checked.mids = mids
	var d *Door
	if !c.call(func() {
		d = c.newDoor(Participant{ID: who, Profile: ProfileAudience}, PCPub)
		d.peer.seat.check = &streamCheck{}
	}) {
		return nil, fmt.Errorf("%w: the sitting's media ended", ErrBusy)
	}
	if err := d.open(ctx, checked); err != nil {
		c.call(func() { d.peer.seat.closePCs() })
		return nil, err
	}
	if !c.call(func() { err = c.admitIngest(d.peer.seat, network) }) {
		return nil, fmt.Errorf("%w: the sitting's media ended", ErrBusy)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// admitIngest makes the seat the source's only feed, unless the sitting has ended.
func (c *Conference) admitIngest(st *seat, network string) error {
	who := st.part.ID
	if c.dir.Closed {
		st.closePCs()
		return ErrClosed
	}
	if st.door.Reason() != "" {
		return nil // it failed before it came in
	}
	if old := c.ingests[who]; old != nil {
		c.endDoor(old, EndReplaced)
	}
	if last, known := c.networks[who]; known && last != network {
		c.held[who] = true
		c.log.Warn("a source came anew from another network: its gates wait for the clerk", "peer", who)
	}
	c.networks[who] = network
	c.ingests[who] = st
	c.order = append(c.order, st)
	c.resetPage(who)
	for _, kind := range lineKinds {
		src := st.source(kind)
		c.setGate(src, false)
		if c.held[who] {
			c.withdraw(src)
		}
	}
	c.flushSources(nil, nil)
	return nil
}

// removeIngest takes an encoder out; its sources end unless another one takes over at once.
func (c *Conference) removeIngest(st *seat, why string) {
	who := st.part.ID
	st.owner = nil
	st.closePCs()
	c.order = slices.DeleteFunc(c.order, func(o *seat) bool { return o == st })
	if c.ingests[who] == st {
		delete(c.ingests, who)
		c.ended[who] = why
	}
	if why == EndReplaced {
		return
	}
	for _, kind := range lineKinds {
		if src := c.sources[sourceKey{who, kind}]; src != nil && !src.published() {
			c.withdraw(src)
		}
	}
	c.flushSources(nil, nil)
	c.resetPage(who)
}

// resetPage ends what the person's own page sends, so that it offers anew: its tracks are taken only without an encoder.
func (c *Conference) resetPage(who string) {
	st := c.seats[who]
	if st == nil || st.pub == nil {
		return
	}
	u := st.pub
	st.pub = nil
	u.close()
	if st.sink != nil {
		st.sink.Failed(PCPub, errFailed)
	}
}

// displaced tells whether an encoder feeds the person's sources instead of this seat.
func (st *seat) displaced() bool {
	other := st.conf.ingests[st.part.ID]
	return other != nil && other != st
}

// Readmit opens the gates of a source that came anew from another network: the clerk has seen that it is the right one.
func (c *Conference) Readmit(who string) {
	c.call(func() {
		delete(c.held, who)
		for _, kind := range lineKinds {
			if src := c.sources[sourceKey{who, kind}]; src != nil {
				c.setGate(src, true)
			}
		}
	})
}

// IngestState is what the clerk sees of one source that an encoder feeds or fed.
type IngestState struct {
	Who        string
	Connected  bool    // packets came within the last 3 s
	Held       bool    // came anew from another network: gates closed until Readmit
	OnAir      bool    // the room's gate for its picture is open
	Codec      string  // of the picture: "VP8", "H264", "" when none came
	W, H       int     // of the newest keyframe, 0 = unknown
	FPS        float64 // pictures a second, lately
	KeyframeMS int64   // between the newest keyframes, or since the last one when that is longer; 0 = none came
	Warnings   []string
	Ended      string // why the last encoder left, one of the End constants; "" while one is there
}

// Warnings of an IngestState.
const (
	WarnKeyframes     = "keyframes"      // more than 2 s apart
	WarnKeyframesLong = "keyframes_long" // more than 3 s apart: people who join wait
	WarnProfile       = "profile"        // H264 Main: some phones show nothing
)

// Ingests tells of every source that an encoder feeds or fed in this sitting, in the order of their names.
func (c *Conference) Ingests() []IngestState {
	var out []IngestState
	c.call(func() {
		now := c.srv.now()
		for who := range c.networks {
			out = append(out, c.ingestState(who, now))
		}
	})
	slices.SortFunc(out, func(a, b IngestState) int {
		if a.Who < b.Who {
			return -1
		}
		return 1
	})
	return out
}

func (c *Conference) ingestState(who string, now int64) IngestState {
	s := IngestState{Who: who, Held: c.held[who]}
	st := c.ingests[who]
	if st == nil {
		s.Ended = c.ended[who]
		return s
	}
	for _, l := range st.pub.living() {
		s.Connected = s.Connected || now-l.lastHeard.Load() < int64(sourceGone)
		if l.codec.Video() {
			s.Codec = l.codecName
			if wh := l.size.Load(); wh != 0 {
				s.W, s.H = int(wh>>16), int(wh&0xffff)
			}
			s.OnAir = l.src.gate.Load()
		}
	}
	st.check.describe(&s, now)
	return s
}

// living are the uplink's layers; none of an uplink that ended.
func (u *pubPC) living() []*Layer {
	if u == nil {
		return nil
	}
	return u.layers
}

// judge looks at one packet of an encoder before its gate; an encoder that cannot be shown is sent away.
func (l *Layer) judge(p *packets.Packet, ext uint64) {
	if !l.codec.Video() || len(p.Payload()) == 0 {
		return
	}
	if why := l.check.onPacket(p, ext); why != "" {
		st := l.pub.seat
		st.conf.post(func() { st.conf.endDoor(st, why) })
	}
}

// Bounds of what an encoder should send.
const (
	keyframesLate = 2200 * time.Millisecond // a setting of 2 s with some jitter is fine
	keyframesLong = 3200 * time.Millisecond
	fallsAllowed  = 3 // pictures that step back in time before an encoder is sent away
)
