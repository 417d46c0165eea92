package council

import (
	"regexp"
	"slices"
	"strings"
)

// maxQueue bounds the hands raised at one time.
const maxQueue = 500

// citizenLabel is all that may be said of a voter without device: a number, never a name.
var citizenLabel = regexp.MustCompile(`^[Cc]ử tri số ([1-9][0-9]{0,3})$`)

// hand is one entry of the queue; the queue is ordered by seq.
type hand struct {
	id       string
	seq      uint64
	person   PersonID
	label    string
	kind     TurnKind
	asked    PersonID
	hall     PersonID
	onBehalf PersonID
	at       int64
}

func (s *Sitting) handIndex(match func(*hand) bool) int {
	for i := range s.queue {
		if match(&s.queue[i]) {
			return i
		}
	}
	return -1
}

func (s *Sitting) handByID(id string) int {
	return s.handIndex(func(h *hand) bool { return h.id == id })
}

// handOf finds the own hand of a person; hands of voters without device are nobody's own.
func (s *Sitting) handOf(id PersonID) int {
	return s.handIndex(func(h *hand) bool { return h.person == id && h.label == "" })
}

// insert puts a hand at its place by sequence.
func (s *Sitting) insert(h hand) {
	i := s.handIndex(func(other *hand) bool { return other.seq > h.seq })
	if i < 0 {
		i = len(s.queue)
	}
	s.queue = slices.Insert(s.queue, i, h)
}

func (s *Sitting) remove(i int) hand {
	h := s.queue[i]
	s.queue = slices.Delete(s.queue, i, i+1)
	return h
}

func (c QueueRaise) decide(s *Sitting, a asker) ([]EventBody, error) {
	if err := s.during(StateOpen, StatePaused); err != nil {
		return nil, err
	}
	e, err := c.hand(s, a)
	if err != nil {
		return nil, err
	}
	if e.Kind, err = s.turnKind(e, c.Kind); err != nil {
		return nil, err
	}
	if c.AskedWho != "" {
		if _, ok := s.people[c.AskedWho]; !ok {
			return nil, refuse(CodeNoPerson)
		}
		e.Asked = c.AskedWho
	}
	if t := s.turn; t != nil && t.person == e.Person && t.label == e.Label {
		return nil, refuse(CodeHasFloor)
	}
	if i := s.handIndex(func(h *hand) bool { return h.person == e.Person && h.label == e.Label }); i >= 0 {
		if h := &s.queue[i]; h.kind == e.Kind && h.asked == e.Asked {
			return nil, nil
		}
		return one(HandChanged{Entry: s.queue[i].id, Kind: e.Kind, Asked: e.Asked}), nil
	}
	if len(s.queue) >= maxQueue {
		return nil, refuse(CodeQueueFull, "max", maxQueue)
	}
	e.Entry = s.nextID("q", 0)
	return one(e), nil
}

// hand says whose hand it is: the own one, a listed person's on behalf, or that of a voter without device in a hall.
func (c QueueRaise) hand(s *Sitting, a asker) (HandRaised, error) {
	isHall := hasAny(a.roles, RoleHall)
	if c.Label != "" {
		if !isHall || c.Person != "" {
			return HandRaised{}, refuse(CodeNotYours)
		}
		number := citizenLabel.FindStringSubmatch(c.Label)
		if number == nil {
			return HandRaised{}, refuse(CodeBadLabel)
		}
		if !s.citizensAsk() {
			return HandRaised{}, refuse(CodeCitizensNotHere)
		}
		return HandRaised{Person: a.id, Label: "Cử tri số " + number[1], Hall: a.id, OnBehalf: a.id}, nil
	}
	if c.Person == "" || c.Person == a.id {
		if !a.listed && !s.citizensAsk() {
			return HandRaised{}, refuse(CodeCitizensNotHere)
		}
		if hasAny(a.roles, RoleDisplay) || len(a.roles) == 0 {
			return HandRaised{}, refuse(CodeCannotSpeak)
		}
		return HandRaised{Person: a.id, Hall: s.hallOf(a.id, s.sitsIn(a))}, nil
	}
	p, ok := s.Person(c.Person)
	if !ok {
		return HandRaised{}, refuse(CodeNoPerson)
	}
	if !a.steers && (!isHall || PersonID(p.Hall) != a.id) {
		return HandRaised{}, refuse(CodeNotYours)
	}
	if slices.Contains(p.Roles, RoleDisplay) {
		return HandRaised{}, refuse(CodeCannotSpeak)
	}
	return HandRaised{Person: p.ID, Hall: s.hallOf(p.ID, s.roll.presence[p.ID].place), OnBehalf: a.id}, nil
}

// citizensAsk tells whether citizens raise hands here: a public sitting whose rules give them speaking time.
func (s *Sitting) citizensAsk() bool {
	return s.pub.Public && s.pub.Rules.TurnSeconds[TurnCitizen] > 0
}

// turnKind is the kind that a hand gets; citizens have one kind only, members never that one.
func (s *Sitting) turnKind(e HandRaised, kind TurnKind) (TurnKind, error) {
	_, listed := s.people[e.Person]
	citizen := !listed || e.Label != ""
	switch kind {
	case "":
		if citizen {
			return TurnCitizen, nil
		}
		return TurnSpeak, nil
	case TurnCitizen:
		if citizen {
			return kind, nil
		}
	case TurnSpeak, TurnQuestion, TurnDebate, TurnExplain:
		if !citizen {
			return kind, nil
		}
	}
	return "", refuse(CodeBadKind, "kind", string(kind))
}

func (e HandRaised) apply(s *Sitting, seq uint64, at int64) {
	s.insert(hand{
		id: e.Entry, seq: seq, person: e.Person, label: e.Label, kind: e.Kind, asked: e.Asked,
		hall: e.Hall, onBehalf: e.OnBehalf, at: at,
	})
}

func (e HandChanged) apply(s *Sitting, _ uint64, _ int64) {
	if i := s.handByID(e.Entry); i >= 0 {
		s.queue[i].kind, s.queue[i].asked = e.Kind, e.Asked
	}
}

func (c QueueWithdraw) decide(s *Sitting, a asker) ([]EventBody, error) {
	if err := s.during(StateOpen, StatePaused); err != nil {
		return nil, err
	}
	i := s.handOf(a.id)
	if c.Entry != "" {
		if i = s.handByID(c.Entry); i < 0 {
			return nil, refuse(CodeNoEntry)
		}
	}
	if i < 0 {
		return nil, nil
	}
	h := &s.queue[i]
	if !a.steers && h.person != a.id && h.onBehalf != a.id {
		return nil, refuse(CodeNotYours)
	}
	return one(HandLowered{Entry: h.id}), nil
}

func (e HandLowered) apply(s *Sitting, _ uint64, _ int64) {
	if i := s.handByID(e.Entry); i >= 0 {
		s.remove(i)
	}
}

// hamletLabel names a citizen in public: "Cử tri thôn 3" for a hamlet of the published list, else "Cử tri".
func (s *Sitting) hamletLabel(hamlet string) string {
	if hamlet == "" || !slices.Contains(s.pub.Hamlets, hamlet) {
		return "Cử tri"
	}
	first, _, _ := strings.Cut(hamlet, " ")
	switch strings.ToLower(first) {
	case "thôn", "tổ", "bản", "xóm", "ấp", "khu", "khối", "buôn", "làng", "khóm", "tiểu":
		hamlet = lowerFirst(hamlet)
	}
	return "Cử tri " + hamlet
}
