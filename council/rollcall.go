package council

import "slices"

// States of a roll-call.
const (
	rollNone   = "none"
	rollOpen   = "open"
	rollClosed = "closed"
)

// Who pressed.
const (
	bySelf  = "self"
	byHall  = "hall"
	byClerk = "clerk"
)

type rollCall struct {
	state    string
	openedAt int64
	endsAt   int64
	closedAt int64
	presence map[PersonID]presence // of deputies that were marked
	changes  []PresenceChange
	records  []RollCallRecord
}

type presence struct {
	state PresenceState
	place string
	by    string
	at    int64
}

// PresenceChange is one step of a person's time line. State is a PresenceState, "lost" or "back".
type PresenceChange struct {
	Person PersonID `json:"person"`
	State  string   `json:"state"`
	Place  string   `json:"place,omitempty"`
	By     string   `json:"by,omitempty"`
	Reason string   `json:"reason,omitempty"`
	At     int64    `json:"at"`
	Item   string   `json:"item,omitempty"` // agenda item then current
}

// RollCallRecord is one roll-call with its frozen count.
type RollCallRecord struct {
	OpenedAt int64          `json:"opened_at"`
	ClosedAt int64          `json:"closed_at"`
	Counts   RollCallCounts `json:"counts"`
	Quorum   QuorumView     `json:"quorum"`
}

// Counts tells whether somebody in this state is present.
func (p PresenceState) Counts() bool { return p == PresencePresent || p == PresenceLate }

func (s *Sitting) presenceOf(id PersonID) PresenceState {
	if p, ok := s.roll.presence[id]; ok {
		return p.state
	}
	return PresenceUnknown
}

// voters are the deputies in office, in the order of the list.
func (s *Sitting) voters() []PersonID { return s.listed(RoleDeputy) }

func (s *Sitting) presentCount() int {
	n := 0
	for _, id := range s.voters() {
		if s.presenceOf(id).Counts() {
			n++
		}
	}
	return n
}

// total is N, the number of all deputies: in office as published, never less than those listed.
func (s *Sitting) total() int { return max(s.pub.Rules.InOffice, len(s.voters())) }

// Quorum is live: who is marked present now, against the rule.
func (s *Sitting) Quorum() QuorumView {
	r := s.pub.Rules
	q := QuorumView{Needed: r.RollCall && r.Quorum.Valid(), Present: s.presentCount(), Total: s.total()}
	if q.Needed {
		q.Need = r.Quorum.Need(q.Total)
		q.Met = r.Quorum.Met(q.Present, q.Total)
	}
	return q
}

func (s *Sitting) rollCallCounts() RollCallCounts {
	var c RollCallCounts
	for _, id := range s.voters() {
		p, ok := s.roll.presence[id]
		if !ok {
			c.Unknown++
			continue
		}
		c.count(p)
	}
	return c
}

func (c *RollCallCounts) count(p presence) {
	switch p.state {
	case PresencePresent:
		c.Present++
	case PresenceLate:
		c.Present++
		c.Late++
	case PresenceExcused:
		c.Excused++
	case PresenceUnexcused:
		c.Unexcused++
	case PresenceLeft:
		c.Left++
	case PresenceUnknown:
		c.Unknown++
	}
	if !p.state.Counts() {
		return
	}
	switch p.by {
	case bySelf:
		c.BySelf++
	case byHall:
		c.ByHall++
	default:
		c.ByClerk++
	}
}

func (s *Sitting) hasRollCall() error {
	if err := s.alive(); err != nil {
		return err
	}
	if !s.pub.Rules.RollCall {
		return refuse(CodeNoRollCall)
	}
	return nil
}

func (c RollCallOpen) decide(s *Sitting, a asker) ([]EventBody, error) {
	if err := s.hasRollCall(); err != nil {
		return nil, err
	}
	if err := checkRange("seconds", c.Seconds, 0, maxSeconds); err != nil {
		return nil, err
	}
	if s.roll.state == rollOpen {
		return nil, refuse(CodeRollCallOpen)
	}
	opened := RollCallOpened{}
	if c.Seconds > 0 {
		opened.EndsAt = a.at + int64(c.Seconds)*1000
	}
	return one(opened), nil
}

func (e RollCallOpened) apply(s *Sitting, _ uint64, at int64) {
	s.roll.state, s.roll.openedAt, s.roll.endsAt, s.roll.closedAt = rollOpen, at, e.EndsAt, 0
}

func (RollCallCheckIn) decide(s *Sitting, a asker) ([]EventBody, error) {
	if err := s.hasRollCall(); err != nil {
		return nil, err
	}
	if !s.has(a.id, RoleDeputy) {
		return nil, refuse(CodeNotDeputy)
	}
	if s.roll.state == rollNone {
		return nil, refuse(CodeRollCallNotOpen)
	}
	place := Online
	if hall := PersonID(a.place); a.place != "" && s.has(hall, RoleHall) {
		place = a.place
	}
	state := PresencePresent
	was := s.roll.presence[a.id]
	switch {
	case was.state.Counts():
		state = was.state
		if was.place == place {
			return nil, nil
		}
	case s.roll.state == rollClosed:
		state = PresenceLate
	}
	return one(PersonMarked{Person: a.id, State: state, Place: place, By: bySelf}), nil
}

func (c RollCallSet) decide(s *Sitting, a asker) ([]EventBody, error) {
	if err := s.hasRollCall(); err != nil {
		return nil, err
	}
	if err := checkText("reason", c.Reason, 0, maxReason, false); err != nil {
		return nil, err
	}
	p, ok := s.Person(c.Person)
	if !ok {
		return nil, refuse(CodeNoPerson)
	}
	if !slices.Contains(p.Roles, RoleDeputy) {
		return nil, refuse(CodeNotDeputy)
	}
	if a.steers {
		return c.bySteer(s, p)
	}
	return c.byHall(s, a, p)
}

// bySteer is the clerk's or chair's entry.
func (c RollCallSet) bySteer(s *Sitting, p Person) ([]EventBody, error) {
	was := s.presenceOf(p.ID)
	if was == c.State {
		return nil, nil
	}
	switch c.State {
	case PresencePresent, PresenceLate:
		if s.roll.state == rollNone {
			return nil, refuse(CodeRollCallNotOpen)
		}
	case PresenceLeft:
		if !was.Counts() {
			return nil, refuse(CodeNotPresent, "presence", string(was))
		}
	case PresenceUnknown, PresenceExcused, PresenceUnexcused:
	default:
		return nil, refuse(CodeBadState, "state", string(c.State))
	}
	// Arriving late and leaving early happen after the close; anything else then corrects what was counted.
	correction := s.roll.state == rollClosed && c.State != PresenceLate && c.State != PresenceLeft
	if correction && c.Reason == "" {
		return nil, refuse(CodeReasonRequired)
	}
	// A vote in the open ballot must not lose its voter: the ballot is closed first.
	if b := s.openBallot(); b != nil && !c.State.Counts() && b.votes[p.ID].choice != "" {
		return nil, refuse(CodeHasVoted)
	}
	e := PersonMarked{Person: p.ID, State: c.State, By: byClerk, Reason: c.Reason}
	if c.State.Counts() {
		e.Place = placeOf(p)
	}
	return one(e), nil
}

// byHall is a hall operator's entry: only "present", only for the hall's own list.
func (c RollCallSet) byHall(s *Sitting, a asker, p Person) ([]EventBody, error) {
	if PersonID(p.Hall) != a.id || !hasAny(a.roles, RoleHall) {
		return nil, refuse(CodeNotYours)
	}
	if c.State != PresencePresent {
		return nil, refuse(CodeBadState, "state", string(c.State))
	}
	state := PresencePresent
	switch {
	case s.presenceOf(p.ID).Counts():
		return nil, nil
	case s.roll.state == rollNone:
		return nil, refuse(CodeRollCallNotOpen)
	case s.roll.state == rollClosed:
		state = PresenceLate
	}
	return one(PersonMarked{Person: p.ID, State: state, Place: string(a.id), By: byHall}), nil
}

func placeOf(p Person) string {
	if p.Hall != "" {
		return p.Hall
	}
	return Online
}

func (e PersonMarked) apply(s *Sitting, _ uint64, at int64) {
	s.roll.presence[e.Person] = presence{state: e.State, place: e.Place, by: e.By, at: at}
	s.roll.changes = append(s.roll.changes, PresenceChange{
		Person: e.Person, State: string(e.State), Place: e.Place, By: e.By, Reason: e.Reason, At: at, Item: s.current,
	})
}

func (RollCallClose) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if err := s.hasRollCall(); err != nil {
		return nil, err
	}
	switch s.roll.state {
	case rollNone:
		return nil, refuse(CodeRollCallNotOpen)
	case rollClosed:
		return nil, nil
	}
	return one(s.rollCallClosed()), nil
}

func (s *Sitting) rollCallClosed() RollCallClosed {
	return RollCallClosed{Counts: s.rollCallCounts(), Quorum: s.Quorum()}
}

func (e RollCallClosed) apply(s *Sitting, _ uint64, at int64) {
	s.roll.records = append(s.roll.records, RollCallRecord{OpenedAt: s.roll.openedAt, ClosedAt: at, Counts: e.Counts, Quorum: e.Quorum})
	s.roll.state, s.roll.closedAt, s.roll.endsAt = rollClosed, at, 0
}

func (c ConnectionLost) decide(s *Sitting, a asker) ([]EventBody, error) {
	return s.connection(a, c.Person, true, PersonLost(c))
}

func (c ConnectionBack) decide(s *Sitting, a asker) ([]EventBody, error) {
	return s.connection(a, c.Person, false, PersonBack(c))
}

// connection gives the event only for listed persons and only on a change.
func (s *Sitting) connection(a asker, id PersonID, lost bool, e EventBody) ([]EventBody, error) {
	if !a.system {
		return nil, refuse(CodeSystemOnly)
	}
	if _, ok := s.people[id]; !ok || s.state == StateClosed || s.lost[id] == lost {
		return nil, nil
	}
	return one(e), nil
}

func (e PersonLost) apply(s *Sitting, _ uint64, at int64) {
	s.lost[e.Person] = true
	s.roll.changes = append(s.roll.changes, PresenceChange{Person: e.Person, State: "lost", At: at, Item: s.current})
}

func (e PersonBack) apply(s *Sitting, _ uint64, at int64) {
	delete(s.lost, e.Person)
	s.roll.changes = append(s.roll.changes, PresenceChange{Person: e.Person, State: "back", At: at, Item: s.current})
}

// Headcount is the number of people at one place at one time.
type Headcount struct {
	Place  string `json:"place"` // "online" or a hall's person id
	Hall   int    `json:"hall"`
	Online int    `json:"online"`
	At     int64  `json:"at"`
}

func (c AttendanceCount) decide(s *Sitting, a asker) ([]EventBody, error) {
	if !a.system {
		return nil, refuse(CodeSystemOnly)
	}
	if err := s.alive(); err != nil {
		return nil, err
	}
	if c.Hall < 0 || c.Online < 0 {
		return nil, refuse(CodeBadNumber, "field", "online", "min", 0, "max", 1_000_000)
	}
	return one(AttendanceCounted(c)), nil
}

func (e AttendanceCounted) apply(s *Sitting, _ uint64, at int64) {
	s.headcounts = append(s.headcounts, Headcount{Place: e.Place, Hall: e.Hall, Online: e.Online, At: at})
}
