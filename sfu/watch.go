package sfu

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"nghitruong/sfu/packets"
)

// maxWatchers bounds the players of one conference.
const maxWatchers = 2000

// watchPrefix begins the seat names of players; no person is named so.
const watchPrefix = "watch/"

// watch is what a player shows: one voice and one picture.
type watch struct {
	only   string   // the person whose sources are shown, "" = what is on stage
	voices []uint32 // the stage's voice and the next one, as last assigned
	ready  int64    // when pictures may begin, 0 = not connected yet
}

// settleTime passes between a player's handshake and its first picture. A client that sets its receivers up only then (aiortc is
// one) would miss the keyframe of a replay, does not know that something came before what it sees, and waits for the next one.
const settleTime = 200 * time.Millisecond

// Watch lets a player that came by WHEP see and hear what is on stage, or one person's sources when only is given, from an offer
// of one audio and one video line in any order (one of them may be missing). The gates hold for it as for any viewer.
// Errors: ErrBadOffer, ErrClosed, ErrBusy, or internal.
func (c *Conference) Watch(ctx context.Context, only, offer string) (*Door, error) {
	checked, err := checkDoor(offer, PCSub)
	if err != nil {
		c.srv.metrics.badOffers.Add(1)
		return nil, err
	}
	var d *Door
	closed := false
	if !c.call(func() {
		if closed = c.dir.Closed; closed || c.watchers >= maxWatchers {
			return
		}
		id := watchPrefix + strconv.FormatUint(rand.Uint64(), 36)
		d = c.newDoor(Participant{ID: id, Profile: ProfileAudience}, PCSub)
		st := d.peer.seat
		st.watch = &watch{only: only}
		c.seats[id] = st
		c.order = append(c.order, st)
		c.watchers++
		c.peerCount.Add(1)
	}) || d == nil {
		if closed {
			return nil, ErrClosed
		}
		return nil, fmt.Errorf("%w: no place for one more player", ErrBusy)
	}
	if err := d.open(ctx, checked); err != nil {
		c.call(func() { c.endDoor(d.peer.seat, EndFailed) })
		if d.Reason() == EndConfClose {
			err = ErrClosed // while it negotiated
		}
		return nil, err
	}
	return d, nil
}

// watchAudio chooses a player's voice: the stage's owner when audible, else who speaks, else a microphone that is open.
func (st *seat) watchAudio(v *viewer, now int64) {
	c, w := st.conf, st.watch
	heard := uint32(0)
	if w.only != "" {
		heard = c.ids[sourceKey{w.only, KindMic}]
	} else {
		wish := packets.AudioWish{Loud: c.loud, Dominant: c.detector.Dominant(), Priority: c.isPriority}
		if c.dir.Stage != "" {
			wish.Stage = c.ids[sourceKey{c.dir.Stage, KindMic}]
		}
		layout := packets.AudioSlots{}
		prev := w.voices
		st.audio = layout.AssignAudio(make([]uint32, 0, layout.Count()), prev, &wish, now)
		st.dropAbsent()
		st.fillAudio(prev)
		st.endAudio(prev, now)
		w.voices = st.audio
		for _, id := range w.voices {
			if heard == 0 {
				heard = id
			}
		}
	}
	st.audio = make([]uint32, len(v.audio))
	if src := c.bySrc[heard]; src != nil && src.present && len(st.audio) > 0 {
		st.audio[0] = heard
	}
}

// watchVideo chooses a player's picture.
func (st *seat) watchVideo(v *viewer, now int64) {
	shown, w := uint32(0), st.watch
	if w.ready == 0 && v.connected.Load() {
		w.ready = now + int64(settleTime)
	}
	switch {
	case w.ready == 0 || now < w.ready:
	case w.only != "":
		shown = st.picture(w.only)
	default:
		shown = st.stage()
	}
	st.video = packets.AssignVideo(make([]uint32, 0, len(v.video)), st.video, len(v.video), shown, 0, nil)
}
