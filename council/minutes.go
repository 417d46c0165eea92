package council

// Minutes is what a sitting was, for the papers and the tables that are downloaded. Times are Unix milliseconds. Citizens appear
// without name: the label is "Cử tri" or "Cử tri số 12".
type Minutes struct {
	Sitting    string
	Published  Published
	State      SittingState
	OpenedAt   int64
	ClosedAt   int64
	Pauses     []Span
	Items      []MinutesItem
	RollCalls  []RollCallRecord
	Attendance []AttendanceLine
	Speakers   []SpeakerLine
	Votes      []VoteLine
	Messages   []MessageItem // to everyone, not hidden
	Headcounts []Headcount
	Unheard    []SpeakerLine // hands still raised: asked, not heard
}

// MinutesItem is an agenda item with the stretches of time when it was current.
type MinutesItem struct {
	No      int
	Item    AgendaItem
	Spans   []Span
	Present int // deputies present when it last ended; now, while it is current
}

// AttendanceLine is one deputy with his time line.
type AttendanceLine struct {
	Person  Person
	State   PresenceState
	Place   string // where he last was: "online" or a hall's person id
	Since   int64  // of State
	FirstAt int64  // first time counted as present; 0 = never
	Changes []PresenceChange
}

// SpeakerLine is a turn that began, or a hand that was not heard.
type SpeakerLine struct {
	Turn      string
	Person    PersonID
	Label     string
	Kind      TurnKind
	Item      string
	Asked     PersonID
	Source    PersonID
	InvitedAt int64
	StartedAt int64
	EndedAt   int64 // 0 = still speaking
	AllowedMS int64
	Why       string // of the end: "end", "next", "pause", "close", "refused"
}

// VoteLine is one ballot with all its steps.
type VoteLine struct {
	Opened   BallotOpened
	OpenedAt int64
	ClosedAt int64
	Result   *Result // with names; nil while open
	Steps    []VoteStep
}

// Minutes gives what the sitting is so far. While a ballot is open its steps are left out.
func (s *Sitting) Minutes() Minutes {
	m := Minutes{
		Sitting: s.id, Published: s.pub, State: s.state, OpenedAt: s.openedAt, ClosedAt: s.closedAt,
		Pauses: append([]Span(nil), s.pauses...), Items: s.minutesItems(),
		RollCalls:  append([]RollCallRecord(nil), s.roll.records...),
		Headcounts: append([]Headcount(nil), s.headcounts...),
	}
	for _, id := range s.voters() {
		m.Attendance = append(m.Attendance, s.attendance(id))
	}
	for i := range s.ended {
		if t := &s.ended[i]; t.startedAt > 0 {
			m.Speakers = append(m.Speakers, s.speaker(t))
		}
	}
	if t := s.turn; t != nil && t.startedAt > 0 {
		m.Speakers = append(m.Speakers, s.speaker(t))
	}
	for i := range s.queue {
		h := &s.queue[i]
		m.Unheard = append(m.Unheard, SpeakerLine{
			Person: h.person, Label: s.paperLabel(h.person, h.label), Kind: h.kind, Asked: h.asked, InvitedAt: h.at,
		})
	}
	for _, b := range s.ballots {
		line := VoteLine{Opened: b.open, OpenedAt: b.openedAt, ClosedAt: b.closedAt, Result: b.result}
		if b.result != nil {
			line.Steps = append(line.Steps, b.history...)
		}
		m.Votes = append(m.Votes, line)
	}
	v := viewer{s: s, audience: AudienceDeputy, live: &Live{}}
	for i := range s.messages {
		if msg := &s.messages[i]; msg.to == toAll && !msg.hidden {
			m.Messages = append(m.Messages, v.message(msg))
		}
	}
	return m
}

func (s *Sitting) paperLabel(id PersonID, label string) string {
	return viewer{s: s, audience: AudienceDeputy, live: &Live{}}.labelOf(id, label)
}

func (s *Sitting) speaker(t *turn) SpeakerLine {
	return SpeakerLine{
		Turn: t.id, Person: t.person, Label: s.paperLabel(t.person, t.label), Kind: t.kind, Item: t.item, Asked: t.asked,
		Source: t.source, InvitedAt: t.invitedAt, StartedAt: t.startedAt, EndedAt: t.endedAt, AllowedMS: t.allowedMS, Why: t.why,
	}
}

func (s *Sitting) attendance(id PersonID) AttendanceLine {
	person, _ := s.Person(id)
	line := AttendanceLine{Person: person, State: s.presenceOf(id), Since: s.roll.presence[id].at}
	for _, c := range s.roll.changes {
		if c.Person != id {
			continue
		}
		line.Changes = append(line.Changes, c)
		if c.Place != "" {
			line.Place = c.Place
		}
		if line.FirstAt == 0 && PresenceState(c.State).Counts() {
			line.FirstAt = c.At
		}
	}
	return line
}

// minutesItems spans the agenda by the moves; the last span ends with the sitting.
func (s *Sitting) minutesItems() []MinutesItem {
	items := make([]MinutesItem, len(s.pub.Agenda))
	for i, item := range s.pub.Agenda {
		items[i] = MinutesItem{No: i + 1, Item: item}
	}
	for i, move := range s.moves {
		end := s.closedAt
		if i+1 < len(s.moves) {
			end = s.moves[i+1].at
		}
		at := s.itemIndex(move.item)
		if at < 0 {
			continue
		}
		items[at].Spans = append(items[at].Spans, Span{Start: move.at, End: end})
		items[at].Present = s.presentAt(end)
	}
	return items
}

// presentAt counts the deputies who were present at a time; 0 = now.
func (s *Sitting) presentAt(at int64) int {
	states := map[PersonID]PresenceState{}
	for _, c := range s.roll.changes {
		if at != 0 && c.At > at {
			break
		}
		if c.By != "" {
			states[c.Person] = PresenceState(c.State)
		}
	}
	n := 0
	for _, state := range states {
		if state.Counts() {
			n++
		}
	}
	return n
}
