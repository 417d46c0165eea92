package council

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// System is the actor of the room's own records; no person has this id.
const System PersonID = "system"

// Online is the place of somebody who takes part from an own device.
const Online = "online"

// Sitting is the state of one sitting. Its owner calls Decide and then Apply with each event, in sequence, from one goroutine.
// Everything in it follows from the events: equal logs give deeply equal sittings.
type Sitting struct {
	id  string
	seq uint64

	pub    Published
	people map[PersonID]int // index in pub.People

	state    SittingState
	openedAt int64 // Unix milliseconds, as all times here; 0 = not yet
	closedAt int64
	pauseEnd int64
	pauses   []Span
	current  string // agenda item
	moves    []itemMove

	roll       rollCall
	queue      []hand
	turn       *turn
	ended      []turn // in order of their end
	gate       gate
	ballots    []*ballot
	messages   []message
	admission  admission
	interim    PersonID          // the clerk who presides for the chair
	lost       map[PersonID]bool // mất kết nối
	headcounts []Headcount
	recordings []*recording // in order of their start
}

type itemMove struct {
	item string
	at   int64
}

type admission struct {
	on       bool
	admitted map[PersonID]bool
	refused  map[PersonID]string
}

// Span is a stretch of time in Unix milliseconds; End 0 = still going on.
type Span struct {
	Start int64 `json:"start"`
	End   int64 `json:"end"`
}

// NewSitting returns a sitting to which no event has been applied; the first must be SittingPublished.
func NewSitting(id string) *Sitting {
	return &Sitting{
		id:     id,
		people: map[PersonID]int{},
		roll:   rollCall{state: rollNone, presence: map[PersonID]presence{}},
		gate:   newGate(),
		admission: admission{
			admitted: map[PersonID]bool{},
			refused:  map[PersonID]string{},
		},
		lost: map[PersonID]bool{},
	}
}

// ID is the sitting's id.
func (s *Sitting) ID() string { return s.id }

// Seq is the sequence of the last applied event; 0 before the first.
func (s *Sitting) Seq() uint64 { return s.seq }

// State is where the sitting stands; "" before SittingPublished.
func (s *Sitting) State() SittingState { return s.state }

// Published is what was published. The caller does not change it.
func (s *Sitting) Published() Published { return s.pub }

// Person finds a listed person.
func (s *Sitting) Person(id PersonID) (Person, bool) {
	i, ok := s.people[id]
	if !ok {
		return Person{}, false
	}
	return s.pub.People[i], true
}

// RolesOf is the set of roles of a listed person, with chair for a clerk who presides for the time being. Nil for anybody else.
func (s *Sitting) RolesOf(id PersonID) []Role {
	p, ok := s.Person(id)
	if !ok {
		return nil
	}
	roles := slices.Clone(p.Roles)
	if s.interim == id && !slices.Contains(roles, RoleChair) {
		roles = append(roles, RoleChair)
	}
	return roles
}

// ActorRoles is the set of roles that count for an actor: a listed person's from the sitting, anybody else's from the session, of
// which only citizen and display are believed.
func (s *Sitting) ActorRoles(a Actor) []Role {
	if roles := s.RolesOf(a.Person); roles != nil {
		return roles
	}
	var roles []Role
	for _, r := range a.Roles {
		if r == RoleCitizen || r == RoleDisplay {
			roles = append(roles, r)
		}
	}
	return roles
}

// AudienceOf is the audience of a set of roles: the one that may see most.
func (s *Sitting) AudienceOf(roles []Role) Audience {
	switch {
	case hasAny(roles, RoleChair, RoleClerk):
		return AudienceSteer
	case hasAny(roles, RoleDeputy, RoleTeller, RoleGuest):
		return AudienceDeputy
	case hasAny(roles, RoleHall, RoleTechnician):
		return AudienceHall
	case hasAny(roles, RoleCitizen):
		return AudienceCitizen
	default:
		return AudienceDisplay
	}
}

// Door tells whether a person may be inside: waiting while the waiting room holds him, out with the reason after a refusal.
// Only citizens and guests wait or are refused.
func (s *Sitting) Door(id PersonID, roles []Role) (waiting, out bool, reason string) {
	if !movable(roles) {
		return false, false, ""
	}
	if reason, ok := s.admission.refused[id]; ok {
		return false, true, reason
	}
	return s.admission.on && !s.admission.admitted[id], false, ""
}

// movable tells whether these roles can be made to wait or be shown out.
func movable(roles []Role) bool {
	return !hasAny(roles, RoleChair, RoleClerk, RoleDeputy, RoleTeller, RoleTechnician, RoleHall, RoleDisplay)
}

func hasAny(roles []Role, of ...Role) bool {
	return slices.ContainsFunc(of, func(r Role) bool { return slices.Contains(roles, r) })
}

func (s *Sitting) has(id PersonID, of ...Role) bool {
	p, ok := s.Person(id)
	return ok && hasAny(p.Roles, of...)
}

// listed returns ids of the people with one of the roles, in the order of the list; with none given, of everybody.
func (s *Sitting) listed(of ...Role) []PersonID {
	var ids []PersonID
	for i := range s.pub.People {
		if p := &s.pub.People[i]; len(of) == 0 || hasAny(p.Roles, of...) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// label is the short text of a listed person; "" for anybody else.
func (s *Sitting) label(id PersonID) string {
	p, ok := s.Person(id)
	if !ok {
		return ""
	}
	if p.Label != "" {
		return p.Label
	}
	return p.Name
}

// chairs are the people who may preside, the clerk who stands in first.
func (s *Sitting) chairs() []PersonID {
	chairs := s.listed(RoleChair)
	if s.interim != "" {
		chairs = slices.Insert(chairs, 0, s.interim)
	}
	return chairs
}

// sitsIn is where who acts sits: the session's hall, else the hall where the roll-call has him, else as the session says.
func (s *Sitting) sitsIn(a asker) string {
	marked := s.roll.presence[a.id].place
	if (a.place == "" || a.place == Online) && s.has(PersonID(marked), RoleHall) {
		return marked
	}
	return a.place
}

// hallOf is the hall device where a person sits: the place if it is one, else that of the list when no place is known. "" = none.
func (s *Sitting) hallOf(id PersonID, place string) PersonID {
	switch {
	case place == Online:
		return ""
	case place != "" && s.has(PersonID(place), RoleHall):
		return PersonID(place)
	}
	p, _ := s.Person(id)
	return PersonID(p.Hall)
}

// id names a thing that begins with the offset-th event of the coming command.
func (s *Sitting) nextID(prefix string, offset int) string {
	return prefix + strconv.FormatUint(s.seq+uint64(offset)+1, 10) //nolint:gosec // offset counts events of one command
}

// Apply changes the sitting by one event. It never fails: what was recorded is true. Events whose type is of no concern to the
// rules only move the sequence.
func (s *Sitting) Apply(e Event) {
	s.seq = e.Seq
	if a, ok := e.Body.(applier); ok {
		a.apply(s, e.Seq, e.At.UnixMilli())
	}
}

// applier is implemented by every event of this package. at is Unix milliseconds.
type applier interface {
	apply(s *Sitting, seq uint64, at int64)
}

func (e SittingPublished) apply(s *Sitting, _ uint64, _ int64) {
	p := e.Published
	p.PlannedAt = p.PlannedAt.UTC().Round(0).Truncate(time.Millisecond)
	p.Agenda = slices.Clone(p.Agenda)
	p.People = slices.Clone(p.People)
	p.Votes = slices.Clone(p.Votes)
	for i := range p.Votes {
		p.Votes[i] = withDefaults(p.Votes[i])
	}
	for i := range p.Agenda {
		if v := p.Agenda[i].Vote; v != nil {
			full := withDefaults(*v)
			p.Agenda[i].Vote = &full
		}
	}
	p.Rules.TurnSeconds = maps.Clone(p.Rules.TurnSeconds)
	s.pub = p
	s.state = StatePublished
	s.people = make(map[PersonID]int, len(p.People))
	for i := range p.People {
		s.people[p.People[i].ID] = i
	}
	s.admission.on = p.WaitingRoom
	s.gate.policy = GateChair
}
