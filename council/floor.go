package council

// Speaking times used where the council's rules name none, in seconds: 7 minutes, 3 for questions and rejoinders, 10 for
// explanations, 3 for voters (docs/GLOSSARY.md; editable data of the council).
func defaultSeconds(kind TurnKind) int {
	switch kind {
	case TurnSpeak:
		return 7 * 60
	case TurnExplain:
		return 10 * 60
	case TurnQuestion, TurnDebate, TurnCitizen:
	}
	return 3 * 60
}

// States of a turn.
const (
	turnInvited  = "invited"
	turnSpeaking = "speaking"
	turnEnded    = "ended"
)

// turn is an invitation, then a turn that runs.
type turn struct {
	id        string
	hand      *hand // it answers; returns to its place when declined
	person    PersonID
	label     string
	kind      TurnKind
	item      string
	asked     PersonID
	source    PersonID
	state     string
	invitedAt int64
	startedAt int64
	endedAt   int64
	allowedMS int64
	why       string // of the end
}

func (c FloorGive) decide(s *Sitting, a asker) ([]EventBody, error) {
	if err := s.during(StateOpen); err != nil {
		return nil, err
	}
	if err := checkRange("seconds", c.Seconds, 0, maxSeconds); err != nil {
		return nil, err
	}
	e, err := c.invitation(s, a)
	if err != nil {
		return nil, err
	}
	if t := s.turn; t != nil && t.person == e.Person && t.label == e.Label {
		return nil, refuse(CodeHasFloor)
	}
	e.AllowedMS = int64(c.Seconds) * 1000
	if c.Seconds == 0 {
		e.AllowedMS = int64(s.turnSeconds(e)) * 1000
	}
	out := s.endTurn("next")
	e.Item = s.current
	e.Turn = s.nextID("t", len(out))
	return append(out, e), nil
}

// invitation says who is invited and for what: from the entry, or the person with his hand if it is up.
func (c FloorGive) invitation(s *Sitting, _ asker) (FloorGiven, error) {
	var i int
	switch {
	case c.Entry != "":
		if i = s.handByID(c.Entry); i < 0 {
			return FloorGiven{}, refuse(CodeNoEntry)
		}
	case c.Person == "":
		return FloorGiven{}, refuse(CodeNoPerson)
	default:
		i = s.handOf(c.Person)
	}
	if i >= 0 {
		h := &s.queue[i]
		e := FloorGiven{Entry: h.id, Person: h.person, Label: h.label, Kind: h.kind, Asked: h.asked, Source: h.person}
		if h.hall != "" {
			e.Source = h.hall
		}
		return c.withKind(s, e)
	}
	if err := s.target(c.Person); err != nil {
		return FloorGiven{}, err
	}
	if s.has(c.Person, RoleDisplay) {
		return FloorGiven{}, refuse(CodeCannotSpeak)
	}
	if _, refused := s.admission.refused[c.Person]; refused {
		return FloorGiven{}, refuse(CodeCannotSpeak)
	}
	e := FloorGiven{Person: c.Person, Source: c.Person}
	if hall := s.hallOf(c.Person, s.roll.presence[c.Person].place); hall != "" {
		e.Source = hall
	}
	return c.withKind(s, e)
}

func (c FloorGive) withKind(s *Sitting, e FloorGiven) (FloorGiven, error) {
	if e.Kind != "" && c.Kind == "" {
		return e, nil
	}
	kind, err := s.turnKind(HandRaised{Person: e.Person, Label: e.Label}, c.Kind)
	e.Kind = kind
	return e, err
}

// turnSeconds is the time of the kind; a second "speak" in the same item has its own.
func (s *Sitting) turnSeconds(e FloorGiven) int {
	r := s.pub.Rules
	if e.Kind == TurnSpeak && r.SecondTurn > 0 {
		for i := range s.ended {
			t := &s.ended[i]
			if t.startedAt > 0 && t.kind == TurnSpeak && t.person == e.Person && t.item == s.current {
				return r.SecondTurn
			}
		}
	}
	if n := r.TurnSeconds[e.Kind]; n > 0 {
		return n
	}
	return defaultSeconds(e.Kind)
}

func (e FloorGiven) apply(s *Sitting, _ uint64, at int64) {
	t := &turn{
		id: e.Turn, person: e.Person, label: e.Label, kind: e.Kind, item: e.Item, asked: e.Asked, source: e.Source,
		state: turnInvited, invitedAt: at, allowedMS: e.AllowedMS,
	}
	if i := s.handByID(e.Entry); i >= 0 {
		h := s.remove(i)
		t.hand = &h
	}
	s.turn = t
	s.gate.why = whyFloor
}

// endTurn gives the event that ends what is on the floor, if anything is.
func (s *Sitting) endTurn(why string) []EventBody {
	if s.turn == nil {
		return nil
	}
	return one(FloorEnded{Turn: s.turn.id, Why: why})
}

// mine checks that the actor is the person on the floor, or the hall whose microphone speaks for him.
func (s *Sitting) mine(a asker) (*turn, error) {
	t := s.turn
	if t == nil {
		return nil, refuse(CodeNoFloor)
	}
	if a.id != t.person && a.id != t.source {
		return nil, refuse(CodeNotInvited)
	}
	return t, nil
}

func (FloorAccept) decide(s *Sitting, a asker) ([]EventBody, error) {
	if err := s.during(StateOpen); err != nil {
		return nil, err
	}
	t, err := s.mine(a)
	if err != nil {
		return nil, err
	}
	if t.state == turnSpeaking {
		return nil, nil
	}
	return one(FloorAccepted{Turn: t.id}), nil
}

func (e FloorAccepted) apply(s *Sitting, _ uint64, at int64) {
	t := s.turn
	if t == nil || t.id != e.Turn {
		return
	}
	t.state, t.startedAt = turnSpeaking, at
	// Being given the floor is later than any muting before it.
	delete(s.gate.muted, t.person)
	delete(s.gate.muted, t.source)
	s.gate.why = whyFloor
}

func (FloorDecline) decide(s *Sitting, a asker) ([]EventBody, error) {
	if err := s.during(StateOpen); err != nil {
		return nil, err
	}
	t, err := s.mine(a)
	if err != nil {
		return nil, err
	}
	if t.state == turnSpeaking {
		return nil, refuse(CodeAlreadySpeaking)
	}
	return one(FloorDeclined{Turn: t.id}), nil
}

func (e FloorDeclined) apply(s *Sitting, _ uint64, at int64) {
	s.leaveFloor(e.Turn, "declined", at, true)
}

func (c FloorExtend) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if err := s.during(StateOpen); err != nil {
		return nil, err
	}
	if s.turn == nil {
		return nil, refuse(CodeNoFloor)
	}
	if err := checkRange("seconds", c.Seconds, 1, 3600); err != nil {
		return nil, err
	}
	return one(FloorExtended{Turn: s.turn.id, MS: int64(c.Seconds) * 1000}), nil
}

func (e FloorExtended) apply(s *Sitting, _ uint64, _ int64) {
	if t := s.turn; t != nil && t.id == e.Turn {
		t.allowedMS += e.MS
	}
}

func (FloorEnd) decide(s *Sitting, a asker) ([]EventBody, error) {
	if err := s.during(StateOpen); err != nil {
		return nil, err
	}
	t := s.turn
	if t == nil {
		return nil, nil
	}
	if !a.steers && a.id != t.person && a.id != t.source {
		return nil, refuse(CodeNotYours)
	}
	return one(FloorEnded{Turn: t.id, Why: "end"}), nil
}

func (e FloorEnded) apply(s *Sitting, _ uint64, at int64) {
	// Who was only invited when the chair went on, or when a break came, keeps the hand.
	back := (e.Why == "next" || e.Why == "pause") && s.turn != nil && s.turn.state == turnInvited
	s.leaveFloor(e.Turn, e.Why, at, back)
}

// leaveFloor ends the turn, with the hand back at its place or lowered.
func (s *Sitting) leaveFloor(id, why string, at int64, back bool) {
	t := s.turn
	if t == nil || t.id != id {
		return
	}
	if back && t.hand != nil {
		s.insert(*t.hand)
	}
	t.hand = nil
	t.endedAt, t.why = at, why
	s.ended = append(s.ended, *t)
	s.turn = nil
	s.gate.why = whyFloor
}
