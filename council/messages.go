package council

const (
	maxMessage  = 1000 // runes
	shownLatest = 200  // messages in one view
	toAll       = "all"
	toClerk     = "clerk"
)

type message struct {
	seq    uint64
	from   PersonID
	to     string
	text   string
	ref    string // of a text in the side table
	at     int64
	hidden bool
	reason string
}

// NeedsRef tells the room that the text of such a message goes to the side table: the sender or the only reader is not a listed
// person, so that the text may be personal data.
func (s *Sitting) NeedsRef(from PersonID, to string) bool {
	if _, listed := s.people[from]; !listed {
		return true
	}
	_, listed := s.people[PersonID(to)]
	return to != toAll && to != toClerk && !listed
}

func (c MessageSend) decide(s *Sitting, a asker) ([]EventBody, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	least := 1
	if c.Ref != "" {
		least = 0 // the room has put the text away
	}
	if err := checkText("text", c.Text, least, maxMessage, true); err != nil {
		return nil, err
	}
	if hasAny(a.roles, RoleDisplay) || len(a.roles) == 0 {
		return nil, refuse(CodeNotMember)
	}
	switch c.To {
	case toClerk:
	case toAll:
		if !a.listed {
			return nil, refuse(CodeNotMember)
		}
	default:
		if !a.steers {
			return nil, refuse(CodeBadRecipient)
		}
		if err := s.target(PersonID(c.To)); err != nil {
			return nil, err
		}
	}
	e := MessageSent{From: a.id, To: c.To, Ref: c.Ref}
	if c.Ref == "" {
		if s.NeedsRef(a.id, c.To) {
			return nil, refuse(CodeSideTextRequired)
		}
		e.Text = c.Text
	}
	return one(e), nil
}

func (e MessageSent) apply(s *Sitting, seq uint64, at int64) {
	s.messages = append(s.messages, message{seq: seq, from: e.From, to: e.To, text: e.Text, ref: e.Ref, at: at})
}

func (c MessageHide) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	if err := checkText("reason", c.Reason, 0, maxReason, false); err != nil {
		return nil, err
	}
	m := s.messageBySeq(c.Seq)
	if m == nil {
		return nil, refuse(CodeNoMessage)
	}
	if m.hidden {
		return nil, nil
	}
	return one(MessageHidden{Message: c.Seq, Reason: c.Reason}), nil
}

func (s *Sitting) messageBySeq(seq uint64) *message {
	for i := range s.messages {
		if s.messages[i].seq == seq {
			return &s.messages[i]
		}
	}
	return nil
}

func (e MessageHidden) apply(s *Sitting, _ uint64, _ int64) {
	if m := s.messageBySeq(e.Message); m != nil {
		m.hidden, m.reason = true, e.Reason
	}
}
