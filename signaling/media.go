package signaling

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"nghitruong/council"
	"nghitruong/room"
	"nghitruong/sfu"
)

// offerBox holds the newest offer of each PeerConnection until the socket's media goroutine takes it, so that a slow
// negotiation never holds up a vote. The goroutine starts with the first offer.
type offerBox struct {
	wake chan struct{} // capacity 1

	mu      sync.Mutex
	started bool
	waiting []pendingOffer
}

type pendingOffer struct {
	id    string
	offer MediaOffer
}

// put keeps an offer; dropped is the older one of the same PC, if it still waited.
func (b *offerBox) put(p pendingOffer) (dropped *pendingOffer, first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	first, b.started = !b.started, true
	i := slices.IndexFunc(b.waiting, func(w pendingOffer) bool { return w.offer.PC == p.offer.PC })
	if i < 0 {
		b.waiting = append(b.waiting, p)
		return nil, first
	}
	old := b.waiting[i]
	b.waiting[i] = p
	return &old, first
}

func (b *offerBox) take() (pendingOffer, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		return pendingOffer{}, false
	}
	p := b.waiting[0]
	b.waiting = b.waiting[1:]
	return p, true
}

// takeMedia handles a media message in the reader; only offers wait.
func (s *socket) takeMedia(msg message, own clientMessage) {
	switch m := own.(type) {
	case MediaOffer:
		s.takeOffer(msg.ID, m)
	case MediaICEAsk:
		s.relays(msg.ID)
	case MediaWant:
		if seat := s.seat.Load(); seat != nil && m.valid() {
			seat.wantNow(s, m)
		}
	case MediaStats:
		s.keepStats(m)
	case MediaLinesAsk:
		s.askLines(msg.ID)
	}
}

// relays answers with the seat's relays; without a seat or on a server that relays nothing, with none.
func (s *socket) relays(id string) {
	m := MediaICE{Re: id, Servers: []ICEServer{}}
	if seat := s.seat.Load(); seat != nil && s.h.cfg.Relay != nil {
		urls, username, credential, life := s.h.cfg.Relay.Relays(seat.sid)
		if len(urls) > 0 {
			m.Servers = append(m.Servers, ICEServer{URLs: urls, Username: username, Credential: credential})
			m.Expires = int64(life.Seconds())
		}
	}
	s.send(m)
}

// Alive tells whether a session has its seat, connected or in its grace time.
func (h *Handler) Alive(sid string) bool {
	h.mu.Lock()
	sittings := slices.Collect(maps.Values(h.sittings))
	h.mu.Unlock()
	for _, st := range sittings {
		if st.has(sid) {
			return true
		}
	}
	return false
}

func (st *sitting) has(sid string) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, seat := range st.seats {
		if seat.sid == sid {
			return true
		}
	}
	return false
}

// ready passes a hall's "Sẵn sàng" to the room. It concerns the desk's overview only, so a failure is not answered.
func (s *socket) ready(on bool) {
	seat := s.seat.Load()
	if seat == nil || !slices.Contains(seat.person.Roles, council.RoleHall) {
		return
	}
	ctx, cancel := s.h.actContext()
	defer cancel()
	seat.st.hall(seat.person, func(l *HallLine) { l.Ready = on })
	if err := seat.roomNow().SetReady(ctx, seat.person.ID, on); err != nil {
		s.log.Warn("cannot note that a hall is ready", slog.Any("err", err))
	}
}

func (s *socket) takeOffer(id string, m MediaOffer) {
	if m.PC != sfu.PCSub && m.PC != sfu.PCPub || m.SDP == "" {
		s.send(MediaRefused{Re: id, PC: m.PC, Gen: m.Gen, Code: "bad_offer"})
		return
	}
	dropped, first := s.offers.put(pendingOffer{id, m})
	if dropped != nil {
		s.send(MediaRefused{Re: dropped.id, PC: dropped.offer.PC, Gen: dropped.offer.Gen, Code: "stale"})
	}
	if first {
		s.start("media", s.negotiate)
	}
	select {
	case s.offers.wake <- struct{}{}:
	default:
	}
}

// negotiate answers offers one after the other until the socket ends.
func (s *socket) negotiate() {
	for {
		p, ok := s.offers.take()
		if ok {
			s.answer(p)
			continue
		}
		select {
		case <-s.ctx.Done():
			return
		case <-s.offers.wake:
		}
	}
}

// answer answers one offer. Whatever is wrong with it costs nothing but this offer.
func (s *socket) answer(p pendingOffer) {
	refuse := func(code string, retry time.Duration) {
		s.h.metrics.offers.WithLabelValues(code).Inc()
		s.send(MediaRefused{Re: p.id, PC: p.offer.PC, Gen: p.offer.Gen, Code: code, RetryMS: retry.Milliseconds()})
	}
	seat := s.seat.Load()
	if seat == nil {
		refuse("busy", time.Second)
		return
	}
	peer, code := seat.peerFor(s, p.offer.Profile)
	if peer == nil {
		refuse(code, time.Second)
		return
	}
	if !p.offer.Restart {
		if !s.mayConnect(seat, p) {
			return
		}
		defer s.h.pace.done()
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.h.times.act)
	defer cancel()
	sdp, err := peer.Answer(ctx, sfu.Offer{PC: p.offer.PC, Gen: p.offer.Gen, Restart: p.offer.Restart, SDP: p.offer.SDP})
	switch {
	case err == nil:
		s.h.metrics.offers.WithLabelValues("ok").Inc()
		s.send(MediaAnswer{Re: p.id, PC: p.offer.PC, Gen: p.offer.Gen, SDP: sdp})
	case errors.Is(err, sfu.ErrBadOffer):
		s.log.Info("refused an offer", slog.Any("err", err))
		refuse("bad_offer", 0)
	case errors.Is(err, sfu.ErrNotAllowed):
		refuse("not_allowed", time.Second)
	case errors.Is(err, sfu.ErrStale):
		refuse("stale", 0)
	case errors.Is(err, sfu.ErrBusy):
		refuse("busy", 300*time.Millisecond)
	default:
		s.log.Warn("cannot answer an offer", slog.Any("err", err))
		refuse("busy", time.Second)
	}
}

// peerFor gives the seat's peer, joining the conference at the first offer of a page. nil = not now, with the code.
func (t *seat) peerFor(s *socket, asked sfu.Profile) (*sfu.Peer, string) {
	t.turn.Lock()
	defer t.turn.Unlock()
	if !t.holds(s) {
		return nil, "stale"
	}
	standing, known := t.standingNow()
	switch {
	case t.st.conf == nil || !known:
		return nil, "busy"
	case standing.Waiting || standing.Out:
		return nil, "not_allowed"
	}
	profile := profileOf(standing)
	if asked == sfu.ProfileAudience {
		profile = asked // a member may ask for less
	} else if asked != "" && asked != profile {
		return nil, "bad_offer"
	}
	t.mu.Lock()
	peer, want, gone := t.peer, t.wanted(), t.gone
	if t.stale || t.profile != profile {
		peer = nil
	}
	t.mu.Unlock()
	if peer != nil || gone {
		return peer, "stale"
	}
	peer = t.st.conf.Join(sfu.Participant{
		ID: t.media(), Profile: profile, Priority: priority(standing.Roles), Silent: t.silent(standing),
	}, sink{s})
	if want != nil {
		peer.Want(*want)
	}
	t.mu.Lock()
	t.peer, t.stale, t.profile, gone = peer, false, profile, t.gone
	t.mu.Unlock()
	if gone {
		peer.Leave()
		return nil, "stale"
	}
	return peer, ""
}

// media names the seat in the conference: the person, or for one of several displays of a link, the seat itself.
func (t *seat) media() string {
	if t.key.device != "" {
		return string(t.person.ID) + "/" + t.sid
	}
	return string(t.person.ID)
}

// endMedia takes the person's media out of the conference; the seat stays.
func (s *socket) endMedia() {
	seat := s.seat.Load()
	if seat == nil {
		return
	}
	seat.turn.Lock()
	defer seat.turn.Unlock()
	seat.mu.Lock()
	peer := seat.peer
	seat.peer = nil
	seat.mu.Unlock()
	if peer != nil {
		peer.Leave()
	}
}

func profileOf(s room.Standing) sfu.Profile {
	if s.Audience == council.AudienceCitizen || s.Audience == council.AudienceDisplay {
		return sfu.ProfileAudience
	}
	return sfu.ProfileMember
}

// priority gives chair and halls the audio slot that no other speaker can take.
func priority(roles []council.Role) bool {
	return slices.Contains(roles, council.RoleChair) || slices.Contains(roles, council.RoleHall)
}

// valid holds the numbers of a wish to what a page can show.
func (m MediaWant) valid() bool {
	within := func(v, limit int) bool { return v >= 0 && v <= limit }
	return (m.Step == "full" || m.Step == "speaker" || m.Step == "audio") &&
		within(m.Page, 1000) && within(m.Tiles, 28) && within(m.TilePx, 8192) && within(m.ScreenPx, 8192)
}

func (m MediaWant) sfu() sfu.Want {
	return sfu.Want{
		Step: m.Step, Pin: m.Pin, Page: m.Page, Tiles: m.Tiles, TilePx: m.TilePx, ScreenPx: m.ScreenPx, Visible: m.Visible, Saver: m.Saver,
	}
}

// wanted is the page's wish as the conference is to know it now, nil when it told none; t.mu is held.
func (t *seat) wanted() *sfu.Want {
	if t.want == nil {
		return nil
	}
	w := t.want.sfu()
	if t.soundOnly {
		w.Step = "audio"
	}
	return &w
}

func (t *seat) keepWant(m MediaWant) (*sfu.Peer, sfu.Want) {
	if !m.valid() {
		return nil, sfu.Want{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.want = &m
	return t.peer, *t.wanted()
}

func (t *seat) wantNow(s *socket, m MediaWant) {
	if !t.holds(s) {
		return
	}
	if peer, want := t.keepWant(m); peer != nil {
		peer.Want(want)
	}
}

// sink queues what the media server tells a client.
type sink struct{ s *socket }

// Sources tells of sources that came and went.
func (k sink) Sources(add []sfu.SourceInfo, del []uint32) {
	if add == nil {
		add = []sfu.SourceInfo{}
	}
	if del == nil {
		del = []uint32{}
	}
	k.s.send(MediaSources{Add: add, Del: del})
}

// Slots replaces the slot map that still waits.
func (k sink) Slots(m sfu.SlotMap) {
	b, err := encode(MediaSlots{Epoch: m.Epoch, A: slices.Clone(m.A), V: slices.Clone(m.V)})
	if err != nil {
		k.s.log.Error("cannot encode slots", slog.Any("err", err))
		return
	}
	k.s.out.put("media.slots", frame{head: b})
}

// Layers tells a publisher what is wanted.
func (k sink) Layers(src uint32, on []string) {
	if on == nil {
		on = []string{}
	}
	k.s.send(MediaLayers{Src: src, On: on})
}

// Gate tells a publisher whether it is heard or seen.
func (k sink) Gate(src uint32, open bool, why string) {
	k.s.send(MediaGate{Src: src, Open: open, Why: why})
}

// Failed asks the client for a new offer.
func (k sink) Failed(pc sfu.PC, _ error) { k.s.send(MediaFailed{PC: pc}) }

// silence is the sink of a seat without a socket.
type silence struct{}

func (silence) Sources([]sfu.SourceInfo, []uint32) {}
func (silence) Slots(sfu.SlotMap)                  {}
func (silence) Layers(uint32, []string)            {}
func (silence) Gate(uint32, bool, string)          {}
func (silence) Failed(sfu.PC, error)               {}
