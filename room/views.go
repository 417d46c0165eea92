package room

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"maps"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"nghitruong/council"
)

// Distances of two documents of a topic to one audience that need not go at once.
const (
	memberEvery    = 100 * time.Millisecond
	citizenEvery   = 250 * time.Millisecond
	headShownEvery = time.Minute // the ledger's head hash, beside the moments when it matters
)

// Who is connected is in documents about everybody, which go to everybody: when a whole sitting comes back, each return would cost
// a document for each person. So the distance grows with the number of people; what they do is shown as fast as ever.
const (
	connectionsEach = 5 * time.Millisecond // for each session
	connectionsMost = time.Second
)

// class is a set of audiences that share a rhythm.
type class int

const (
	members class = iota
	citizens
	classes
)

func classOf(a council.Audience) class {
	if a == council.AudienceCitizen {
		return citizens
	}
	return members
}

func (c class) every() time.Duration {
	if c == citizens {
		return citizenEvery
	}
	return memberEvery
}

// views is what was shown to whom.
type views struct {
	docs   map[council.Audience]map[council.Topic]document
	stale  map[council.Audience]bool // nobody was there at the last flush
	dirty  [classes]bool
	live   [classes]bool      // somebody came or went
	last   [classes]time.Time // of the last flush
	headAt time.Time
	head   string
	may    map[string][]string // permitted commands by joined roles
}

// document is one encoded view; seq is the room's sequence when it last changed.
type document struct {
	bytes []byte
	seq   uint64
}

func newViews() views {
	return views{
		docs:  map[council.Audience]map[council.Topic]document{},
		stale: map[council.Audience]bool{},
		may:   map[string][]string{},
	}
}

// due is when the next flush is with so many sessions; zero when nothing changed.
func (v *views) due(sessions int) time.Time {
	var next time.Time
	for c := range classes {
		if t := v.dueFor(c, sessions); !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	return next
}

func (v *views) dueFor(c class, sessions int) time.Time {
	switch {
	case v.dirty[c]:
		return v.last[c].Add(c.every())
	case v.live[c]:
		return v.last[c].Add(max(c.every(), min(connectionsMost, time.Duration(sessions)*connectionsEach)))
	default:
		return time.Time{}
	}
}

// checkpoint shows the log's head once in a while.
func (v *views) checkpoint(now time.Time, hash [32]byte) {
	if head := hex.EncodeToString(hash[:8]); head != v.head && now.Sub(v.headAt) >= headShownEvery {
		v.show(now, head)
	}
}

func (v *views) show(now time.Time, head string) {
	v.head, v.headAt = head, now
	v.touch()
}

func (v *views) touch() {
	for c := range classes {
		v.dirty[c] = true
	}
}

// publish shows what a committed batch changed.
func (r *Room) publish(b *batch) {
	r.seq.Store(r.state.sitting.Seq())
	maps.Copy(r.people.live.Texts, b.texts)
	r.schedule()
	r.refreshLive()
	r.direct()
	if b.urgent {
		r.views.show(time.Now(), hex.EncodeToString(r.state.hash[:8]))
		r.flushAll()
		return
	}
	r.views.touch()
	for _, sub := range r.people.subs {
		if slices.Contains(b.acted, sub.person) {
			r.showSelf(sub)
		}
	}
	r.flushDue(time.Now())
}

// liveChanged shows a change of connections; it is not urgent.
func (r *Room) liveChanged() {
	if r.state.sitting == nil {
		return
	}
	r.refreshLive()
	r.direct()
	for c := range classes {
		r.views.live[c] = true
	}
	r.flushDue(time.Now())
}

// refreshAll shows everything anew after a rebuild.
func (r *Room) refreshAll() {
	r.refreshLive()
	r.schedule()
	r.direct()
	r.views.show(time.Now(), hex.EncodeToString(r.state.hash[:8]))
	r.flushAll()
}

// direct tells the media server what changed for it.
func (r *Room) direct() {
	d := r.state.sitting.Media(&r.people.live)
	if reflect.DeepEqual(d, r.direction) {
		return
	}
	r.direction = d
	for _, fn := range r.directions {
		fn(d)
	}
}

func (r *Room) flushAll() {
	for c := range classes {
		r.flush(c)
	}
}

func (r *Room) flushDue(now time.Time) {
	for c := range classes {
		if due := r.views.dueFor(c, len(r.people.subs)); !due.IsZero() && !now.Before(due) {
			r.flush(c)
		}
	}
}

// flush encodes each document once per audience and hands out those that changed.
func (r *Room) flush(c class) {
	r.views.dirty[c], r.views.live[c] = false, false
	r.views.last[c] = time.Now()
	r.people.live.Head = r.views.head
	changed := map[council.Audience][]council.Topic{}
	present := map[council.Audience]bool{}
	for _, sub := range r.people.subs {
		present[sub.audience] = true
	}
	for _, a := range council.Audiences {
		switch {
		case classOf(a) != c:
		case present[a]:
			changed[a] = r.encode(a)
		default:
			r.views.stale[a] = true
		}
	}
	for _, sub := range r.people.subs {
		if classOf(sub.audience) == c {
			r.show(sub, changed[sub.audience])
		}
	}
}

// encode brings the documents of an audience up to date and gives the topics that changed.
func (r *Room) encode(a council.Audience) []council.Topic {
	docs := r.views.docs[a]
	if docs == nil {
		docs = map[council.Topic]document{}
		r.views.docs[a] = docs
	}
	delete(r.views.stale, a)
	var changed []council.Topic
	for _, t := range council.Topics {
		if t == council.TopicSelf {
			continue
		}
		data, err := json.Marshal(r.state.sitting.View(t, a, &r.people.live))
		if err != nil {
			r.log.Error("room: encode view", "topic", t, "audience", a, "err", err)
			continue
		}
		if bytes.Equal(data, docs[t].bytes) {
			continue
		}
		docs[t] = document{data, r.seq.Load()}
		changed = append(changed, t)
	}
	return changed
}

// show hands a session its own document and those that changed, as far as it may see them. Who comes in from the waiting
// room gets everything.
func (r *Room) show(sub *Subscriber, changed []council.Topic) {
	was := sub.standing
	r.showStanding(sub)
	r.showSelf(sub)
	if sub.standing.depth() > was.depth() {
		r.showSince(sub, 0)
		return
	}
	for _, t := range changed {
		if sub.sees(t) {
			r.send(sub, t, r.views.docs[sub.audience][t])
		}
	}
}

// depth is how far inside somebody is: out, waiting, in.
func (st Standing) depth() int {
	switch {
	case st.Out:
		return 0
	case st.Waiting:
		return 1
	default:
		return 2
	}
}

// sees: who waits sees what the sitting is about; who was shown out sees nothing.
func (s *Subscriber) sees(t council.Topic) bool {
	switch s.standing.depth() {
	case 0:
		return false
	case 1:
		return t == council.TopicAgenda
	default:
		return true
	}
}

// welcome gives a new session its standing and the documents that are newer than what it has.
func (r *Room) welcome(sub *Subscriber, since uint64) {
	if r.views.docs[sub.audience] == nil || r.views.stale[sub.audience] {
		r.people.live.Head = r.views.head
		r.encode(sub.audience)
	}
	sub.standing = r.standingOf(sub)
	r.hand(sub, func() { sub.outlet.Standing(sub.standing) })
	r.showSelf(sub)
	r.showSince(sub, since)
}

// showSince hands out the documents that changed at or after a sequence: connections change documents without a new one.
func (r *Room) showSince(sub *Subscriber, since uint64) {
	for _, t := range council.Topics {
		if doc, ok := r.views.docs[sub.audience][t]; ok && doc.seq >= since && sub.sees(t) {
			r.send(sub, t, doc)
		}
	}
}

func (r *Room) send(sub *Subscriber, t council.Topic, doc document) {
	r.metrics.views.WithLabelValues(string(t)).Inc()
	r.hand(sub, func() { sub.outlet.View(t, doc.seq, doc.bytes) })
}

// hand calls a session's outlet; one that panics loses its session, not the room.
func (r *Room) hand(sub *Subscriber, fn func()) {
	if sub.broken {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			sub.broken = true
			r.metrics.panics.Inc()
			r.log.Error("room: a session's outlet panicked", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	fn()
}

// showSelf hands a session its own document if it changed.
func (r *Room) showSelf(sub *Subscriber) {
	v := r.state.sitting.Self(sub.person, &r.people.live)
	v.Roles = r.state.sitting.ActorRoles(council.Actor{Person: sub.person, Roles: sub.roles})
	v.Audience = r.state.sitting.AudienceOf(v.Roles)
	v.May = r.mayOf(v.Roles)
	data, err := json.Marshal(v)
	if err != nil {
		r.log.Error("room: encode view", "topic", council.TopicSelf, "err", err)
		return
	}
	if bytes.Equal(data, sub.self) {
		return
	}
	sub.self = data
	r.send(sub, council.TopicSelf, document{data, r.seq.Load()})
}

// mayOf lists the commands that a set of roles may give.
func (r *Room) mayOf(roles []council.Role) []string {
	names := make([]string, len(roles))
	for i, role := range roles {
		names[i] = string(role)
	}
	key := strings.Join(names, " ")
	may, known := r.views.may[key]
	if !known {
		may = []string{}
		for _, name := range council.CommandNames() {
			if r.permits.May(roles, name) {
				may = append(may, name)
			}
		}
		r.views.may[key] = may
	}
	return may
}

func (r *Room) standingOf(sub *Subscriber) Standing {
	s := r.state.sitting
	st := Standing{Roles: s.ActorRoles(council.Actor{Person: sub.person, Roles: sub.roles}), Place: sub.place}
	st.Audience = s.AudienceOf(st.Roles)
	st.Waiting, st.Out, st.Reason = s.Door(sub.person, st.Roles)
	if st.Waiting {
		st.Ahead = max(0, slices.Index(r.people.live.Waiting, sub.person))
	}
	return st
}

// showStanding tells a session when its place changed. Its audience is that of its roles at Attach: roles that are added
// later (a clerk who presides) stay within the same audience.
func (r *Room) showStanding(sub *Subscriber) {
	st := r.standingOf(sub)
	if reflect.DeepEqual(st, sub.standing) {
		return
	}
	sub.standing = st
	r.hand(sub, func() { sub.outlet.Standing(st) })
}
