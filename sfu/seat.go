package sfu

import (
	"slices"
	"time"

	"github.com/pion/webrtc/v4"
)

const hiddenGrace = 5 * time.Second // a hidden page keeps its video this long

// seat is one person's place in a conference. It is owned by the conference's goroutine.
type seat struct {
	conf       *Conference
	part       Participant
	owner      *Peer
	sink       Sink
	want       Want
	hiddenAt   int64 // since when the page is hidden, 0 = visible
	mayPublish bool
	viewer     *viewer
	pub        *pubPC
	gone       []uint32     // withdrawn sources the client must be told of
	door       *Door        // of a standard client, else nil
	watch      *watch       // of a player, else nil
	check      *streamCheck // of an encoder, else nil
	feed       *Feed        // of a camera, else nil

	audio []uint32 // assignment of the audio slots
	video []uint32 // assignment of the video slots
	alloc allocation
	shown SlotMap // what the client was told
	told  int64   // when, 0 = at once
	fresh bool    // the client must be told although nothing changed
}

// everything is what a client sees that has not said what it wants.
func everything() Want {
	return Want{Step: stepFull, Tiles: 7, TilePx: 180, ScreenPx: 720, Visible: true}
}

func newSeat(c *Conference, part Participant) *seat {
	return &seat{conf: c, part: part, want: everything(), mayPublish: c.opened[part.ID]}
}

// source is one of the person's own sources.
func (st *seat) source(kind Kind) *Source { return st.conf.source(sourceKey{st.part.ID, kind}) }

// vacate closes what the last holder of the seat had; sources stay announced for a while.
func (st *seat) vacate() {
	st.owner, st.sink = nil, nil
	st.closePCs()
	st.want, st.hiddenAt = everything(), 0
}

func (st *seat) closePCs() {
	if v := st.viewer; v != nil {
		st.viewer = nil
		v.close()
	}
	if u := st.pub; u != nil {
		st.pub = nil
		u.close()
	}
}

// attach takes a new receiver of news and tells it everything.
func (st *seat) attach(sink Sink) {
	st.sink = sink
	st.gone = nil
	if sink == nil {
		return
	}
	var infos []SourceInfo
	for _, src := range st.conf.sources {
		if src.present {
			infos = append(infos, src.info)
		}
		if src.key.who == st.part.ID && src.published() {
			sink.Gate(src.id, src.gate.Load(), st.conf.dir.Why)
		}
	}
	slices.SortFunc(infos, func(a, b SourceInfo) int { return int(int64(a.Src) - int64(b.Src)) })
	sink.Sources(infos, nil)
	st.fresh, st.told = true, 0
	if st.viewer != nil {
		st.arrange(st.conf.srv.now())
	}
	for _, kind := range lineKinds {
		if src := st.conf.sources[sourceKey{st.part.ID, kind}]; src != nil {
			src.onLayers = layersUntold
		}
	}
}

func (st *seat) setWant(w Want) {
	switch {
	case w.Visible:
		st.hiddenAt = 0
	case st.hiddenAt == 0:
		st.hiddenAt = max(1, st.conf.srv.now())
	}
	st.want = w
}

// standing is the PeerConnection that an ICE restart means.
func (st *seat) standing(pc PC) *webrtc.PeerConnection {
	switch {
	case pc == PCSub && st.viewer != nil:
		return st.viewer.pc
	case pc == PCPub && st.pub != nil:
		return st.pub.pc
	}
	return nil
}

// installViewer makes v the seat's only downlink. Slots keep their sources.
func (st *seat) installViewer(p *Peer, v *viewer) error {
	if st.owner != p {
		return errTakenOver
	}
	old := st.viewer
	st.viewer = v
	st.alloc.reset()
	v.start()
	if old != nil {
		old.close()
	}
	st.fresh, st.told = true, 0
	st.arrange(st.conf.srv.now())
	return nil
}

// installPub makes u the seat's only uplink; it replaces the old one at once and keeps the source ids.
func (st *seat) installPub(p *Peer, u *pubPC) error {
	if st.owner != p {
		return errTakenOver
	}
	old := st.pub
	st.pub = u
	if old != nil {
		old.close()
	}
	for _, kind := range lineKinds {
		src := st.source(kind)
		src.onLayers = layersUntold
		if st.sink != nil {
			st.sink.Gate(src.id, src.gate.Load(), st.conf.dir.Why)
		}
	}
	return nil
}

// viewerEnded is called when Pion gave a downlink up.
func (st *seat) viewerEnded(v *viewer) {
	if st.viewer != v {
		return
	}
	st.viewer = nil
	v.close()
	if st.door != nil {
		st.conf.endDoor(st, EndFailed)
		return
	}
	st.conf.log.Info("downlink ended", "peer", st.part.ID)
	if st.sink != nil {
		st.sink.Failed(PCSub, errFailed)
	}
}

// pubEnded is called when Pion gave an uplink up: its sources are gone.
func (st *seat) pubEnded(u *pubPC) {
	if st.pub != u {
		return
	}
	st.pub = nil
	u.close()
	if st.door != nil {
		st.conf.endDoor(st, EndFailed)
		return
	}
	st.conf.log.Info("uplink ended", "peer", st.part.ID)
	for _, kind := range lineKinds {
		if src := st.conf.sources[sourceKey{st.part.ID, kind}]; src != nil {
			st.conf.withdraw(src)
		}
	}
	if st.sink != nil {
		st.sink.Failed(PCPub, errFailed)
	}
}
