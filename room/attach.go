package room

import (
	"context"
	"slices"
	"time"

	"nghitruong/council"
)

// Times of grace: how long somebody may be away before the minutes say "mất kết nối".
const (
	defaultGrace = 60 * time.Second
	ballotGrace  = 120 * time.Second // at least, for deputies while a ballot is open
)

// people is who is connected and what the views show of it.
type people struct {
	live  council.Live
	subs  []*Subscriber // in order of arrival
	here  map[council.PersonID]*attendee
	order []council.PersonID // keys of here, in order of arrival
}

// attendee is a person with a session, or within the time of grace after the last one ended.
type attendee struct {
	roles    []council.Role
	place    string
	sessions int
	left     time.Time // when the last session ended; zero while connected
}

// Subscriber is one attached session.
type Subscriber struct {
	room     *Room
	person   council.PersonID
	roles    []council.Role
	audience council.Audience
	place    string
	outlet   Outlet

	// accessed by the room's goroutine only
	standing Standing
	self     []byte
	gone     bool
	broken   bool // its outlet panicked: nothing is handed to it any more
}

func newPeople() people {
	return people{
		live: council.Live{Online: map[council.PersonID]bool{}, Ready: map[council.PersonID]bool{}},
		here: map[council.PersonID]*attendee{},
	}
}

// Attach joins a session to the room: its outlet gets the standing, then every document that is newer than Since, then
// whatever changes. A session without any role in the sitting is refused.
func (r *Room) Attach(ctx context.Context, a Attachment, out Outlet) (*Subscriber, error) {
	name, named, err := r.side.Citizen(ctx, r.council, r.id, a.Person)
	if err != nil {
		return nil, unsaved(err)
	}
	var sub *Subscriber
	callErr := r.call(ctx, func(ctx context.Context) {
		if named {
			r.people.live.Citizens[a.Person] = name
		}
		sub, err = r.attach(ctx, a, out)
	})
	if callErr != nil {
		return nil, callErr
	}
	if sub == nil && err == nil { // the attaching panicked and was recovered
		err = refuse(council.Internal, CodeRoomPanic)
	}
	return sub, err
}

func (r *Room) attach(ctx context.Context, a Attachment, out Outlet) (*Subscriber, error) {
	if r.state.sitting == nil && !r.revive(ctx) {
		return nil, refuse(council.Internal, CodeNotSaved)
	}
	roles := r.state.sitting.ActorRoles(council.Actor{Person: a.Person, Roles: a.Roles})
	if len(roles) == 0 {
		return nil, refuse(council.NotAllowed, CodeNotAllowed)
	}
	// Whoever was lost is back: said first, so that the documents below show it. It is tried again at the next attach.
	r.system(ctx, council.ConnectionBack{Person: a.Person})
	s := r.state.sitting
	if s == nil {
		return nil, refuse(council.Internal, CodeNotSaved)
	}
	sub := &Subscriber{room: r, person: a.Person, roles: roles, audience: s.AudienceOf(roles), place: placeOf(s, a), outlet: out}
	at := r.people.here[a.Person]
	if at == nil {
		at = &attendee{}
		r.people.here[a.Person] = at
		r.people.order = append(r.people.order, a.Person)
	}
	at.roles, at.place, at.left = roles, sub.place, time.Time{}
	at.sessions++
	r.people.subs = append(r.people.subs, sub)
	r.metrics.sessions.Inc()
	r.liveChanged()
	since := a.Since
	if a.Boot != r.boot {
		since = 0
	}
	r.welcome(sub, since)
	if sub.broken {
		r.detach(sub)
		return nil, refuse(council.Internal, CodeRoomPanic)
	}
	return sub, nil
}

// placeOf is where a session counts. Who says to sit in a hall is believed only about the hall of the own entry on the list.
func placeOf(s *council.Sitting, a Attachment) string {
	if !a.AtHall {
		return a.Place
	}
	p, listed := s.Person(a.Person)
	if hall, known := s.Person(council.PersonID(p.Hall)); listed && known && slices.Contains(hall.Roles, council.RoleHall) {
		return string(hall.ID)
	}
	return a.Place
}

// Detach takes the session out. When it was the person's last one, the time of grace begins. Repeating it is harmless.
func (s *Subscriber) Detach() {
	// Without a context: the only error is that the room has ended, and with it the session's place.
	_ = s.room.call(s.room.life, func(context.Context) { s.room.detach(s) })
}

// Person is whose session it is.
func (s *Subscriber) Person() council.PersonID { return s.person }

func (r *Room) detach(sub *Subscriber) {
	if sub.gone {
		return
	}
	sub.gone = true
	r.people.subs = slices.DeleteFunc(r.people.subs, func(other *Subscriber) bool { return other == sub })
	r.metrics.sessions.Dec()
	at := r.people.here[sub.person]
	if at == nil {
		return
	}
	if at.sessions--; at.sessions > 0 {
		return
	}
	at.left = time.Now()
	delete(r.people.live.Ready, sub.person)
	r.liveChanged()
}

// grace is how long a person with these roles may be away now.
func (r *Room) grace(roles []council.Role) time.Duration {
	if r.state.sitting == nil {
		return ballotGrace
	}
	d := defaultGrace
	if n := r.state.sitting.Published().Rules.GraceSeconds; n > 0 {
		d = time.Duration(n) * time.Second
	}
	if slices.Contains(roles, council.RoleDeputy) && r.state.sitting.OpenBallot() != "" {
		d = max(d, ballotGrace)
	}
	return d
}

// nextGrace is when the next time of grace ends; zero when nobody is away.
func (r *Room) nextGrace() time.Time {
	var next time.Time
	for _, a := range r.people.here {
		if a.left.IsZero() {
			continue
		}
		if end := a.left.Add(r.grace(a.roles)); next.IsZero() || end.Before(next) {
			next = end
		}
	}
	return next
}

// endGraces lets go those who did not come back: listed persons get their one event.
func (r *Room) endGraces(ctx context.Context, now time.Time) {
	var lost []council.PersonID
	for _, id := range r.people.order {
		if at := r.people.here[id]; !at.left.IsZero() && !at.left.Add(r.grace(at.roles)).After(now) {
			lost = append(lost, id)
		}
	}
	if len(lost) == 0 {
		return
	}
	commands := make([]council.CommandBody, len(lost))
	for i, id := range lost {
		commands[i] = council.ConnectionLost{Person: id}
	}
	if !r.system(ctx, commands...) {
		for _, id := range lost { // the ledger was not there: once more soon
			r.people.here[id].left = r.people.here[id].left.Add(retryAfter)
		}
		return
	}
	for _, id := range lost {
		delete(r.people.here, id)
	}
	r.people.order = slices.DeleteFunc(r.people.order, func(id council.PersonID) bool { return r.people.here[id] == nil })
	r.liveChanged()
}

// expect gives those a time of grace who were present online when the server ended: who does not come back is lost.
func (r *Room) expect() {
	s := r.state.sitting
	if s.State() != council.StateOpen && s.State() != council.StatePaused {
		return
	}
	roll, ok := s.View(council.TopicRollCall, council.AudienceSteer, &r.people.live).(council.RollCallView)
	if !ok {
		return
	}
	for _, row := range roll.Rows {
		if !row.State.Counts() || row.Place != council.Online || row.Lost {
			continue
		}
		roles := s.RolesOf(row.Person)
		r.people.here[row.Person] = &attendee{roles: roles, place: row.Place, left: time.Now()}
		r.people.order = append(r.people.order, row.Person)
	}
}

// system runs the room's own commands; it tells whether they were saved. A refusal is no failure: there was nothing to say.
func (r *Room) system(ctx context.Context, bodies ...council.CommandBody) bool {
	reqs := make([]request, len(bodies))
	replies := make([]chan result, len(bodies))
	for i, body := range bodies {
		replies[i] = make(chan result, 1)
		reqs[i] = request{cmd: council.Command{Actor: council.Actor{System: true}, Body: body}, reply: replies[i]}
	}
	saved := true
	r.batch(ctx, reqs)
	for i := range replies {
		res := <-replies[i]
		if outcome(res) == "failed" {
			saved = false
		}
	}
	return saved
}

// SetReady notes that a hall pressed "Sẵn sàng", or takes it back. It ends with the hall's last session.
func (r *Room) SetReady(ctx context.Context, person council.PersonID, ready bool) error {
	return r.call(ctx, func(context.Context) {
		if at := r.people.here[person]; at == nil || at.sessions == 0 || r.people.live.Ready[person] == ready {
			return
		}
		r.people.live.Ready[person] = ready
		r.liveChanged()
	})
}

// Forget drops a citizen's name and texts from the room after they were erased from the side table.
func (r *Room) Forget(ctx context.Context, person council.PersonID) error {
	texts, err := r.side.Texts(ctx, r.council, r.id)
	if err != nil {
		return unsaved(err)
	}
	return r.call(ctx, func(context.Context) {
		for ref := range r.people.live.Texts {
			if _, kept := texts[ref]; !kept {
				delete(r.people.live.Texts, ref)
			}
		}
		delete(r.people.live.Citizens, person)
		if r.state.sitting != nil {
			r.refreshAll()
		}
	})
}

// refreshLive counts anew what views show of connections.
func (r *Room) refreshLive() {
	live := &r.people.live
	clear(live.Online)
	live.Waiting = nil
	live.CitizensOnline = 0
	for _, id := range r.people.order {
		at := r.people.here[id]
		if at.sessions > 0 {
			live.Online[id] = true
		}
		waiting, out, _ := r.state.sitting.Door(id, at.roles)
		switch {
		case waiting:
			live.Waiting = append(live.Waiting, id)
		case !out && at.sessions > 0 && slices.Contains(at.roles, council.RoleCitizen):
			live.CitizensOnline++
		}
	}
}

// countAttendance records the head counts when they are due.
func (r *Room) countAttendance(ctx context.Context, now time.Time) {
	if r.attendance.IsZero() || now.Before(r.attendance) {
		return
	}
	r.attendance = r.attendance.Add(attendanceEvery)
	if r.attendance.Before(now) {
		r.attendance = now.Add(attendanceEvery)
	}
	r.system(ctx, r.headCounts()...)
}

// attendanceEvery is the distance of two head counts.
const attendanceEvery = 10 * time.Minute

// headCounts counts every place: citizens with an own device, and for each hall also the listed persons who are marked
// present there.
func (r *Room) headCounts() []council.CommandBody {
	online := map[string]int{}
	for _, id := range r.people.order {
		at := r.people.here[id]
		waiting, out, _ := r.state.sitting.Door(id, at.roles)
		if at.sessions > 0 && !waiting && !out && slices.Contains(at.roles, council.RoleCitizen) {
			place := at.place
			if place == "" {
				place = council.Online
			}
			online[place]++
		}
	}
	present := map[string]int{}
	if roll, ok := r.state.sitting.View(council.TopicRollCall, council.AudienceSteer, &r.people.live).(council.RollCallView); ok {
		for _, row := range roll.Rows {
			if row.State.Counts() {
				present[row.Place]++
			}
		}
	}
	counts := []council.CommandBody{council.AttendanceCount{Place: council.Online, Online: online[council.Online]}}
	for _, p := range r.state.sitting.Published().People {
		if slices.Contains(p.Roles, council.RoleHall) {
			place := string(p.ID)
			counts = append(counts, council.AttendanceCount{Place: place, Hall: present[place], Online: online[place]})
		}
	}
	return counts
}

// schedule starts the head counts when the sitting opens and ends them when it is not open.
func (r *Room) schedule() {
	open := r.state.sitting.State() == council.StateOpen
	switch {
	case !open:
		r.attendance = time.Time{}
	case r.attendance.IsZero():
		r.attendance = time.Now().Add(attendanceEvery)
	}
}
