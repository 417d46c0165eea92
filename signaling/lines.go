package signaling

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/room"
	"nghitruong/sfu"
)

const (
	maxLines   = 300         // people of one media.lines; who is on the list goes first, then who has more trouble
	linesFresh = time.Second // an answer serves everybody who asks within this time
	statsOld   = 15 * time.Second
	maxImpl    = 64 // bytes of the name of a decoder or encoder
)

// board is what a sitting tells technicians: the newest answer, and what its halls did last.
type board struct {
	asking sync.Mutex // one look at the media at a time
	at     time.Time  // of lines; asking
	lines  []Line     // with everybody's person id; asking
	total  int        // asking

	mu    sync.Mutex
	halls map[council.PersonID]HallLine
}

// askLines answers with the lines of the sitting, off the reader and the worker: media must hold up neither.
func (s *socket) askLines(id string) {
	seat := s.seat.Load()
	if seat == nil || !s.looking.CompareAndSwap(false, true) {
		s.send(busy(id, time.Second))
		return
	}
	s.start("lines", func() {
		defer s.looking.Store(false)
		now, known := seat.standingNow()
		if !known || now.Waiting || now.Out || !auth.MayLook(now.Roles, MediaLinesAsk{}.messageName()) {
			s.send(Error{Re: id, Kind: council.NotAllowed, Code: room.CodeNotAllowed})
			return
		}
		m := seat.st.lines(time.Now())
		m.Re = id
		if now.Audience != council.AudienceSteer {
			m.Lines = withoutCitizens(m.Lines)
		}
		s.send(m)
	})
}

// withoutCitizens takes from citizens' lines who they are: that is for chair and clerk, as in the room's views.
func withoutCitizens(in []Line) []Line {
	out := slices.Clone(in)
	for i := range out {
		if !listed(out[i].Roles) {
			out[i].Person, out[i].Label = "", ""
		}
	}
	return out
}

// lines looks at everybody's lines, at most once a second.
func (st *sitting) lines(now time.Time) MediaLines {
	b := &st.board
	b.asking.Lock()
	defer b.asking.Unlock()
	if now.Sub(b.at) >= linesFresh {
		b.lines, b.total = st.look(now)
		b.at = now
	}
	return MediaLines{At: b.at.UnixMilli(), Total: b.total, Lines: b.lines, Halls: b.hallLines()}
}

func (b *board) hallLines() []HallLine {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]HallLine, 0, len(b.halls))
	for _, h := range b.halls {
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, c HallLine) int { return cmp.Compare(a.Person, c.Person) })
	return out
}

// hall notes what a hall did; the time moves only when something changed.
func (st *sitting) hall(p auth.Person, change func(*HallLine)) {
	if !slices.Contains(p.Roles, council.RoleHall) {
		return
	}
	b := &st.board
	b.mu.Lock()
	defer b.mu.Unlock()
	was, known := b.halls[p.ID]
	now := was
	now.Person = p.ID
	change(&now)
	if known && now == was {
		return
	}
	now.Since = time.Now().UnixMilli()
	if b.halls == nil {
		b.halls = map[council.PersonID]HallLine{}
	}
	b.halls[p.ID] = now
}

// look makes a line of every seat from what the server sees and what the page measured.
func (st *sitting) look(now time.Time) (lines []Line, total int) {
	peers := map[string][]sfu.PeerStats{}
	if st.conf != nil {
		for _, p := range st.conf.Stats() {
			peers[p.Who] = append(peers[p.Who], p)
		}
	}
	st.mu.Lock()
	lines = make([]Line, 0, len(st.seats))
	for _, seat := range st.seats {
		l := Line{Key: lineKey(seat.sid), Person: seat.person.ID, Label: seat.person.Label, Roles: seat.person.Roles, Online: seat.sock != nil, Up: []UpLine{}}
		l.client(seat, now)
		for _, p := range peers[seat.media()] {
			l.take(p)
		}
		lines = append(lines, l)
	}
	st.mu.Unlock()
	slices.SortFunc(lines, func(a, b Line) int {
		if la, lb := listed(a.Roles), listed(b.Roles); la != lb {
			if la {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.trouble(), a.trouble()), cmp.Compare(a.Key, b.Key))
	})
	total = len(lines)
	return lines[:min(total, maxLines)], total
}

// lineKey names a seat for as long as it lasts, without being of use for anything else.
func lineKey(sid string) string {
	sum := sha256.Sum256([]byte("line:" + sid))
	return hex.EncodeToString(sum[:6])
}

// client adds the page's own measurements while they are new.
func (l *Line) client(t *seat, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stats != nil && now.Sub(t.statsAt) < statsOld {
		l.Client = t.stats
	}
}

// take adds what the server sees; an encoder or camera adds its sources to those of the person it stands for.
func (l *Line) take(p sfu.PeerStats) {
	if !p.Outside {
		l.Path, l.Direct, l.Connected = p.Path, p.Direct, p.Connected
		l.RTTMs, l.Lost, l.EstimateBps = math.Round(p.RTTMs), round3(p.Lost), p.EstimateBP
		l.Layer, l.Why = p.StageLayer, p.StageWhy
	}
	if p.UpPath != "" {
		l.UpPath, l.UpRTTMs = p.UpPath, math.Round(p.UpRTTMs)
	}
	for _, up := range p.Up {
		l.Up = append(l.Up, UpLine{
			Kind: up.Kind, Codec: up.Codec, Outside: p.Outside, Open: up.Open, Lost: round3(up.Lost), JitterMs: math.Round(up.JitterMs),
			QuietMs: up.QuietMs, Level: up.Level, HeardMs: up.HeardMs, Layers: slices.Clone(up.Layers), W: up.W, H: up.H, FPS: math.Round(up.FPS),
		})
	}
}

// trouble orders lines: the greatest loss of any way.
func (l *Line) trouble() float64 {
	worst := l.Lost
	for _, up := range l.Up {
		worst = max(worst, up.Lost)
	}
	if l.Client != nil {
		worst = max(worst, l.Client.Loss, l.Client.Concealed)
	}
	return worst
}

func round3(v float64) float64 { return math.Round(v*1000) / 1000 }

// keepStats remembers a page's newest measurements beside its seat; impossible ones are dropped.
func (s *socket) keepStats(m MediaStats) {
	seat := s.seat.Load()
	if !m.valid() {
		s.log.Debug("impossible measurements", slog.String("type", m.messageName()))
		return
	}
	s.h.metrics.report(m)
	if seat == nil || !seat.holds(s) {
		return
	}
	seat.mu.Lock()
	defer seat.mu.Unlock()
	seat.stats, seat.statsAt = &m, time.Now()
}

// valid holds measurements to what can be.
func (m MediaStats) valid() bool {
	ratio := func(v float64) bool { return v >= 0 && v <= 1 }
	within := func(v, limit float64) bool { return v >= 0 && v <= limit }
	path := m.Path == "" || m.Path == sfu.PathUDP || m.Path == sfu.PathTCP || m.Path == sfu.PathRelay
	return ratio(m.Loss) && ratio(m.Concealed) && within(m.RTTMs, 1e6) && within(m.JitterMs, 1e6) && within(m.FPS, 1000) &&
		within(float64(m.Freezes), 1000) && within(float64(m.FreezeMs), 1e6) && within(m.InBps, 1e12) && within(m.OutBps, 1e12) &&
		within(float64(m.Height), 1<<14) && len(m.Codec) <= maxImpl && path
}
