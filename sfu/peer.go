package sfu

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

var (
	errTakenOver = fmt.Errorf("%w: the seat was left or taken over", ErrStale)
	errFailed    = errors.New("sfu: connection failed")
)

// Peer is one person's hold on a seat of a conference. It outlives its WebSocket until Leave. When the same person
// joins again, the new Peer takes over the seat and the old one's calls do nothing more.
type Peer struct {
	seat *seat
	neg  [2]negotiation
}

type negotiation struct {
	busy atomic.Bool
	gen  atomic.Int64
}

// Answer answers an offer and installs the PeerConnection, or restarts ICE of the standing one. It may block for as
// long as Pion needs (milliseconds); ctx bounds it. Errors: ErrBadOffer, ErrNotAllowed, ErrBusy, ErrStale, or internal.
func (p *Peer) Answer(ctx context.Context, o Offer) (string, error) {
	if o.PC != PCSub && o.PC != PCPub {
		return "", badOffer("pc %q", o.PC)
	}
	n := &p.neg[0]
	if o.PC == PCPub {
		n = &p.neg[1]
	}
	if !n.busy.CompareAndSwap(false, true) {
		return "", ErrBusy
	}
	defer n.busy.Store(false)
	if int64(o.Gen) <= n.gen.Load() {
		return "", ErrStale
	}
	n.gen.Store(int64(o.Gen))
	var answer string
	var err error
	s := p.seat.conf.srv
	s.guard("offer", func() { answer, err = p.answer(ctx, o) }, func() { err = badOffer("it broke the server's parser") })
	if errors.Is(err, ErrBadOffer) {
		s.metrics.badOffers.Add(1)
	}
	return answer, err
}

func (p *Peer) answer(ctx context.Context, o Offer) (string, error) {
	st := p.seat
	var profile Profile
	var standing *webrtc.PeerConnection
	var plain func()
	var err error
	if !st.conf.call(func() {
		profile = st.part.Profile
		switch {
		case st.owner != p:
			err = errTakenOver
		case o.PC == PCPub && !st.mayPublish:
			err = ErrNotAllowed
		default:
			standing = st.standing(o.PC)
			if v := st.viewer; v != nil && o.PC == PCSub {
				plain = func() { v.follow(nil) }
			}
		}
	}) {
		return "", ErrBusy
	}
	if err != nil {
		return "", err
	}
	checked, err := checkOffer(o.SDP, o.PC, profile)
	if err != nil {
		return "", err
	}
	if o.Restart {
		if standing == nil {
			return "", badOffer("restart of a PeerConnection that is gone")
		}
		if plain != nil {
			plain() // Pion forgets the pair; the direct path comes back with the next one
		}
		return negotiate(ctx, standing, checked.sdp)
	}
	if o.PC == PCSub {
		return p.answerSub(ctx, checked)
	}
	return p.answerPub(ctx, checked)
}

// answerSub makes a viewer with one slot per line of the offer.
func (p *Peer) answerSub(ctx context.Context, o checkedOffer) (string, error) {
	st := p.seat
	audio := 0
	for _, k := range o.kinds {
		if k == "audio" {
			audio++
		}
	}
	v := newViewer(st, audio, len(o.kinds)-audio, packets.StartRate)
	settings := st.conf.srv.settings
	settings.BufferFactory = v.buffers
	settings.DisableMediaEngineMultipleCodecs(true) // a page offers the same codecs on every line: matched once, not thirteen times
	if err := v.keys.watch(&settings); err != nil {
		return "", fmt.Errorf("sfu: watch keys: %w", err)
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(st.conf.srv.subMedia), webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	var err error
	if v.pc, err = api.NewPeerConnection(st.conf.srv.pcConfig()); err != nil {
		return "", fmt.Errorf("sfu: make sub: %w", err)
	}
	v.rtcp = v.pc
	answer, err := p.finishSub(ctx, v, o)
	if err != nil {
		v.close()
		return "", err
	}
	return answer, nil
}

func (p *Peer) finishSub(ctx context.Context, v *viewer, o checkedOffer) (string, error) {
	st := p.seat
	var err error
	v.each(func(s *slot) {
		if err == nil {
			_, err = v.pc.AddTransceiverFromTrack(s, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		}
	})
	if err != nil {
		return "", fmt.Errorf("sfu: add slot: %w", err)
	}
	v.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			v.connected.Store(true)
			pair := selected(v.pc)
			v.path.note(v.s, pair)
			v.follow(pair)
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			st.conf.post(func() { st.viewerEnded(v) })
		default:
			v.connected.Store(false)
		}
	})
	v.pc.SCTP().Transport().ICETransport().OnSelectedCandidatePairChange(func(pair *webrtc.ICECandidatePair) {
		v.path.note(v.s, pair)
		if v.connected.Load() {
			v.follow(pair)
		}
	})
	answer, err := negotiate(ctx, v.pc, o.sdp)
	if err != nil {
		return "", err
	}
	if !st.conf.call(func() { err = st.installViewer(p, v) }) {
		return "", ErrBusy
	}
	return answer, err
}

// answerPub makes the person's uplink and lets it replace the old one.
func (p *Peer) answerPub(ctx context.Context, o checkedOffer) (string, error) {
	st := p.seat
	srv := st.conf.srv
	u := newPub(st, o.mids)
	settings, chain := srv.settings, &interceptor.Registry{}
	chain.Add(u.feedback)
	if err := u.keys.watch(&settings); err != nil {
		return "", fmt.Errorf("sfu: watch keys: %w", err)
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(srv.pubMedia), webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(chain))
	var err error
	if u.pc, err = api.NewPeerConnection(srv.pcConfig()); err != nil {
		return "", fmt.Errorf("sfu: make pub: %w", err)
	}
	u.rtcp = u.pc
	u.pc.OnTrack(u.onTrack)
	u.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			u.moved(selected(u.pc))
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			st.conf.post(func() { st.pubEnded(u) })
		default:
		}
	})
	u.pc.SCTP().Transport().ICETransport().OnSelectedCandidatePairChange(u.moved)
	answer, err := negotiate(ctx, u.pc, o.sdp)
	if err == nil && !st.conf.call(func() { err = st.installPub(p, u) }) {
		err = ErrBusy
	}
	if err != nil {
		srv.closePC(u.pc)
		return "", err
	}
	return opusAnswer(answer), nil
}

// negotiate answers an offer with all host candidates in the answer; they are static, so nothing trickles.
func negotiate(ctx context.Context, pc *webrtc.PeerConnection, offer string) (string, error) {
	err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer})
	if err != nil {
		return "", badOffer("%v", err)
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", badOffer("%v", err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		return "", badOffer("%v", err)
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return "", fmt.Errorf("sfu: gather: %w", ctx.Err())
	}
	return pc.LocalDescription().SDP, nil
}

// opusAnswer asks the publisher for what the council's microphones send: in-band FEC, DTX, mono, 32 kb/s (RFC 7587
// section 6.1). Pion echoes the offer's own parameters instead.
func opusAnswer(sdp string) string {
	lines := strings.Split(sdp, "\r\n")
	pt := ""
	for _, l := range lines {
		if rest, ok := strings.CutPrefix(l, "a=rtpmap:"); ok && strings.Contains(strings.ToLower(rest), " opus/48000") {
			pt, _, _ = strings.Cut(rest, " ")
		}
	}
	redFirst(lines)
	for i, l := range lines {
		if pt != "" && strings.HasPrefix(l, "a=fmtp:"+pt+" ") {
			lines[i] = "a=fmtp:" + pt + " minptime=10;useinbandfec=1;usedtx=1;stereo=0;maxaveragebitrate=32000"
		}
	}
	return strings.Join(lines, "\r\n")
}

// SetSink attaches a new receiver of news, after a reconnect, and sends it the whole sources and slots.
func (p *Peer) SetSink(sink Sink) {
	st := p.seat
	st.conf.call(func() {
		if st.owner == p {
			st.attach(sink)
		}
	})
}

// Want tells what the client asks to see. It replaces the last wish.
func (p *Peer) Want(w Want) {
	st := p.seat
	st.conf.call(func() {
		if st.owner == p {
			st.setWant(w)
		}
	})
}

// SetSilent empties the person's audio slots, or fills them again: a device that comes to a hall or leaves it.
func (p *Peer) SetSilent(silent bool) {
	st := p.seat
	st.conf.call(func() {
		if st.owner == p {
			st.part.Silent = silent
		}
	})
}

// Leave ends the person's media at once and gives up the seat; the source ids stay reserved for the sitting. It does
// nothing when another Peer has taken over the seat.
func (p *Peer) Leave() {
	st := p.seat
	st.conf.call(func() {
		if st.owner == p {
			st.conf.remove(st)
		}
	})
}
