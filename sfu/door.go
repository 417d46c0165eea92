package sfu

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// Reasons why a Door ended, in words that a page translates.
const (
	EndLeft      = "left"       // closed by its holder
	EndReplaced  = "replaced"   // the same source came anew
	EndFailed    = "failed"     // the connection is gone, or never came about
	EndBFrames   = "b_frames"   // an encoder that reorders pictures: viewers would see them jump
	EndProfile   = "profile"    // H264 High: not every viewer can show it
	EndConfClose = "conf_close" // the sitting has ended, or its media
)

// Door is a session of a standard client that has no WebSocket: an encoder that came by WHIP (RFC 9725) or a player that came
// by WHEP. It is one PeerConnection, offered once; only ICE may restart. Its methods may be called from any goroutine.
type Door struct {
	conf   *Conference
	peer   *Peer
	kind   PC
	done   chan struct{}
	reason string // set before done closes

	mu     sync.Mutex // one negotiation at a time
	offer  string     // that holds, without candidates
	answer string
}

// Answer is the server's SDP.
func (d *Door) Answer() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.answer
}

// Tag names the ICE session: the server's ice-ufrag.
func (d *Door) Tag() string {
	tag, _, _, _ := iceOf(d.Answer())
	return tag
}

// Done closes when the session has ended; then Reason says why.
func (d *Door) Done() <-chan struct{} { return d.done }

// Reason is one of the End constants, "" while the session lives.
func (d *Door) Reason() string {
	select {
	case <-d.done:
		return d.reason
	default:
		return ""
	}
}

// Close ends the session at once. It may be called more than once.
func (d *Door) Close() { d.conf.call(func() { d.conf.endDoor(d.peer.seat, EndLeft) }) }

// Restart answers an ICE restart with the client's new ice-ufrag and ice-pwd by an SDP fragment (RFC 8840). Nothing else of the
// session changes. Errors: ErrBadOffer, ErrBusy when the session has ended.
func (d *Door) Restart(ctx context.Context, ufrag, pwd string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var standing *webrtc.PeerConnection
	d.conf.call(func() {
		st := d.peer.seat
		standing = st.standing(d.kind)
		if st.viewer != nil {
			st.viewer.follow(nil) // Pion forgets the pair
		}
	})
	if standing == nil {
		return "", fmt.Errorf("%w: the session has ended", ErrBusy)
	}
	offer := replaceICE(d.offer, ufrag, pwd)
	var answer string
	var err error
	d.conf.srv.guard("restart", func() { answer, err = negotiate(ctx, standing, offer) }, func() { err = badOffer("it broke the server's parser") })
	if err != nil {
		return "", err
	}
	d.offer, d.answer = offer, answer
	tag, secret, mid, candidates := iceOf(answer)
	var b strings.Builder
	fmt.Fprintf(&b, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:%s\r\n", tag, secret, mid)
	for _, c := range candidates {
		fmt.Fprintf(&b, "a=candidate:%s\r\n", c)
	}
	b.WriteString("a=end-of-candidates\r\n")
	return b.String(), nil
}

// replaceICE puts other ICE credentials into an SDP.
func replaceICE(raw, ufrag, pwd string) string {
	lines := strings.Split(raw, "\r\n")
	for i, l := range lines {
		switch {
		case strings.HasPrefix(l, "a=ice-ufrag:"):
			lines[i] = "a=ice-ufrag:" + ufrag
		case strings.HasPrefix(l, "a=ice-pwd:"):
			lines[i] = "a=ice-pwd:" + pwd
		}
	}
	return strings.Join(lines, "\r\n")
}

// iceOf reads the ICE part of an answer: credentials, the first mid and the candidates of its line.
func iceOf(raw string) (ufrag, pwd, mid string, candidates []string) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(raw); err != nil || len(d.MediaDescriptions) == 0 {
		return "", "", "", nil
	}
	m := d.MediaDescriptions[0]
	ufrag, _ = attribute(&d, m, "ice-ufrag")
	pwd, _ = attribute(&d, m, "ice-pwd")
	mid, _ = m.Attribute("mid")
	for _, a := range m.Attributes {
		if a.Key == "candidate" {
			candidates = append(candidates, a.Value)
		}
	}
	return ufrag, pwd, mid, candidates
}

// newDoor makes the seat of a standard client; the conference's goroutine calls it.
func (c *Conference) newDoor(part Participant, kind PC) *Door {
	st := newSeat(c, part)
	p := &Peer{seat: st}
	st.owner = p
	st.door = &Door{conf: c, peer: p, kind: kind, done: make(chan struct{})}
	return st.door
}

// open negotiates the session's one offer.
func (d *Door) open(ctx context.Context, o checkedOffer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.conf.srv
	var err error
	s.guard("door", func() {
		if d.kind == PCSub {
			d.answer, err = d.peer.answerSub(ctx, o)
		} else {
			d.answer, err = d.peer.answerPub(ctx, o)
		}
	}, func() { err = badOffer("it broke the server's parser") })
	d.offer = o.sdp
	if errors.Is(err, ErrBadOffer) {
		s.metrics.badOffers.Add(1)
	}
	return err
}

// endDoor ends a session and tells why; it does nothing for one that has ended. Only the conference calls it.
func (c *Conference) endDoor(st *seat, why string) {
	d := st.door
	select {
	case <-d.done:
		return
	default:
	}
	d.reason = why
	close(d.done)
	c.log.Info("a door session ended", "peer", st.part.ID, "kind", d.kind, "why", why)
	if d.kind == PCPub {
		c.removeIngest(st, why)
		return
	}
	c.remove(st)
}

// shutDoors ends everything that is no person's page: encoders, players and cameras.
func (c *Conference) shutDoors() {
	for _, st := range slices.Clone(c.order) {
		switch {
		case st.door != nil:
			c.endDoor(st, EndConfClose)
		case st.feed != nil:
			st.closePCs() // its packets are refused from now on, and its owner closes it
		}
	}
}

// unfit marks the fault of a line: RFC 9725 section 4.4.2 and 4.4.3 tell it from an offer that cannot be read.
func unfit(err error) error {
	_, why, _ := strings.Cut(err.Error(), ErrBadOffer.Error()+": ")
	return fmt.Errorf("%w: %s", ErrUnfit, why)
}

// checkDoor applies the rules of every offer to one that may have an audio and a video line in any order.
func checkDoor(raw string, pc PC) (checkedOffer, error) {
	if len(raw) > maxSDPBytes {
		return checkedOffer{}, badOffer("%d bytes", len(raw))
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(raw); err != nil {
		return checkedOffer{}, badOffer("%v", err)
	}
	if !strings.HasPrefix(raw, "v=0") { // Pion reads nothing as an offer of nothing
		return checkedOffer{}, badOffer("no SDP")
	}
	if n := len(d.MediaDescriptions); n == 0 || n > 2 {
		return checkedOffer{}, unfit(badOffer("%d m-lines: one audio and one video are taken", n))
	}
	o := checkedOffer{}
	d.Attributes = withoutCandidates(d.Attributes)
	bundle := bundled(&d)
	for i, m := range d.MediaDescriptions {
		m.Attributes = withoutCandidates(m.Attributes)
		if mid, ok := m.Attribute("mid"); ok && len(d.MediaDescriptions) == 1 {
			bundle[mid] = true // a lone line needs no group
		}
		mid, err := checkLine(&d, m, i, pc, bundle)
		if err == nil && i == 1 && (mid == o.mids[0] || m.MediaName.Media == o.kinds[0]) {
			err = badOffer("two %s lines", m.MediaName.Media)
		}
		if err == nil {
			err = checkCodecs(m)
		}
		if err != nil {
			return checkedOffer{}, unfit(err)
		}
		o.mids, o.kinds = append(o.mids, mid), append(o.kinds, m.MediaName.Media)
	}
	if o.ufrag, _ = attribute(&d, d.MediaDescriptions[0], "ice-ufrag"); o.ufrag == "" {
		return checkedOffer{}, badOffer("no ice-ufrag")
	}
	out, err := d.Marshal()
	if err != nil {
		return checkedOffer{}, badOffer("%v", err)
	}
	o.sdp = string(out)
	return o, nil
}

// checkCodecs refuses a line with nothing that viewers can be sent, and says what is missing.
func checkCodecs(m *sdp.MediaDescription) error {
	h264 := map[string]bool{}
	high := false
	for _, a := range m.Attributes {
		pt, rest, _ := strings.Cut(a.Value, " ")
		rest = strings.ToLower(rest)
		switch a.Key {
		case "rtpmap":
			if m.MediaName.Media == "audio" && strings.HasPrefix(rest, "opus/48000") || strings.HasPrefix(rest, "vp8/90000") {
				return nil
			}
			h264[pt] = h264[pt] || strings.HasPrefix(rest, "h264/90000")
		case "fmtp":
			if !h264[pt] {
				continue
			}
			if strings.Contains(rest, "profile-level-id=42") {
				return nil
			}
			high = true
		}
	}
	switch {
	case m.MediaName.Media == "audio":
		return badOffer("the sound must be Opus")
	case high:
		return badOffer("H264 High or Main: not every viewer can show it; set the encoder to the baseline profile")
	}
	return badOffer("the picture must be H264 (baseline profile) or VP8")
}
