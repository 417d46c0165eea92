package council

import "slices"

// citizensSee is how much of the queue citizens and displays get.
const citizensSee = 5

// View gives the document of a topic as one audience may see it: an AgendaView, RollCallView, QueueView, FloorView, BallotView,
// MessagesView, PeopleView or RecordingView. TopicSelf has no audience: see Self. Nil for an unknown topic. live may be nil.
func (s *Sitting) View(t Topic, a Audience, live *Live) any {
	v := viewer{s: s, audience: a, live: live.orNone()}
	switch t {
	case TopicAgenda:
		return v.agenda()
	case TopicRollCall:
		return v.rollCall()
	case TopicQueue:
		return v.queue()
	case TopicFloor:
		return v.floor()
	case TopicBallot:
		return v.ballot()
	case TopicMessages:
		return v.messages()
	case TopicPeople:
		return v.people()
	case TopicRecording:
		return v.recording()
	case TopicSelf:
	}
	return nil
}

// viewer knows for whom a document is written.
type viewer struct {
	s        *Sitting
	audience Audience
	live     *Live
}

func (v viewer) steer() bool { return v.audience == AudienceSteer }

// public: citizens and the hall's display.
func (v viewer) public() bool {
	return v.audience == AudienceCitizen || v.audience == AudienceDisplay
}

func (v viewer) agenda() AgendaView {
	s := v.s
	p := s.pub
	out := AgendaView{Current: s.current, Items: []AgendaItemView{}}
	out.Sitting = SittingHead{
		ID: s.id, CouncilName: p.CouncilName, Title: p.Title, Kind: p.Kind, KindName: p.KindName, State: s.state, Place: p.Place,
		PlannedAt: p.PlannedAt.UnixMilli(), OpenedAt: s.openedAt, ClosedAt: s.closedAt, PauseEndsAt: s.pauseEnd,
		HelpPhone: p.HelpPhone, WaitingRoom: s.admission.on, RollCall: p.Rules.RollCall, Head: v.live.Head,
	}
	if v.steer() {
		out.Sitting.Votes = p.Votes
	}
	current := s.itemIndex(s.current)
	for i, item := range p.Agenda {
		line := AgendaItemView{
			No: i + 1, ID: item.ID, Title: item.Title, Minutes: item.Minutes, Presenter: item.Presenter,
			State: "next", HasVote: item.Vote != nil,
		}
		switch {
		case i == current:
			line.State = "current"
		case i < current:
			line.State = "past"
		}
		if v.steer() {
			line.Vote = item.Vote
		}
		out.Items = append(out.Items, line)
	}
	return out
}

func (v viewer) rollCall() RollCallView {
	r := v.s.roll
	out := RollCallView{
		State: r.state, OpenedAt: r.openedAt, EndsAt: r.endsAt, ClosedAt: r.closedAt,
		Quorum: v.s.Quorum(), Counts: v.s.rollCallCounts(),
	}
	if v.audience == AudienceCitizen {
		return out
	}
	for _, id := range v.s.voters() {
		person, _ := v.s.Person(id)
		p := r.presence[id]
		row := RollCallRow{
			Person: id, Name: person.Name, Group: person.Group, Seat: person.Seat,
			State: v.s.presenceOf(id), Place: p.place, At: p.at, Lost: v.s.lost[id],
		}
		if v.steer() {
			row.By = p.by
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func (v viewer) queue() QueueView {
	out := QueueView{Entries: []QueueEntry{}, Length: len(v.s.queue)}
	for i := range v.s.queue {
		if v.public() && i == citizensSee {
			break
		}
		h := &v.s.queue[i]
		e := QueueEntry{
			ID: h.id, Place: i + 1, Label: v.labelOf(h.person, h.label), Kind: h.kind, Asked: v.s.label(h.asked),
			Hall: string(h.hall), OnBehalf: h.onBehalf != "", Since: h.at, Online: v.live.Online[h.person] || v.live.Online[h.hall],
		}
		e.Person, e.Name = v.identity(h.person, h.label)
		out.Entries = append(out.Entries, e)
	}
	return out
}

// labelOf is the public name of a speaker: the label of a listed person, "Cử tri số 12", or "Cử tri thôn 3".
func (v viewer) labelOf(id PersonID, label string) string {
	if label != "" {
		return label
	}
	if _, listed := v.s.people[id]; listed {
		return v.s.label(id)
	}
	return v.s.hamletLabel(v.live.Citizens[id].Hamlet)
}

// identity gives the id of a speaker and, to steer, the name a citizen wrote. Outside steer a citizen has neither.
func (v viewer) identity(id PersonID, label string) (PersonID, string) {
	if label != "" {
		return "", ""
	}
	if _, listed := v.s.people[id]; listed {
		return id, ""
	}
	if !v.steer() {
		return "", ""
	}
	return id, v.live.Citizens[id].Name
}

func (v viewer) floor() FloorView {
	s := v.s
	out := FloorView{
		Holder: v.holder(s.turn), Policy: s.gate.policy, MutedAll: s.gate.mutedAll, Pin: s.gate.pin,
		Chair: s.chairNow(v.live), CitizensStopped: s.gate.citizensStopped,
	}
	if v.steer() {
		out.CanUndo = s.gate.mutedAll
		for i := range slices.Backward(s.ended) {
			if s.ended[i].startedAt > 0 {
				out.LastEnded = v.holder(&s.ended[i])
				break
			}
		}
	}
	return out
}

func (v viewer) holder(t *turn) *FloorHolder {
	if t == nil {
		return nil
	}
	h := &FloorHolder{
		Turn: t.id, Label: v.labelOf(t.person, t.label), Kind: t.kind, State: t.state, InvitedAt: t.invitedAt,
		StartedAt: t.startedAt, AllowedMS: t.allowedMS, Online: v.live.Online[t.source] || v.live.Online[t.person],
	}
	if t.endedAt > 0 {
		h.State = turnEnded
	}
	if p, ok := v.s.Person(t.person); ok && t.label == "" {
		h.Seat = p.Seat
	}
	h.Person, h.Name = v.identity(t.person, t.label)
	if _, listed := v.s.people[t.source]; listed || v.steer() {
		h.Source = t.source
	}
	return h
}

func (v viewer) ballot() BallotView {
	s := v.s
	out := BallotView{History: []BallotBrief{}}
	last := len(s.ballots) - 1
	for i, b := range s.ballots {
		if i == last {
			out.Ballot = v.ballotDoc(b)
			break
		}
		out.History = append(out.History, BallotBrief{
			ID: b.open.Ballot, Question: b.open.Question, Passed: b.result.Passed, Sentence: b.result.Sentence, ClosedAt: b.closedAt,
		})
	}
	if !v.steer() {
		return out
	}
	if b := s.openBallot(); b != nil {
		out.Missing = s.missing(b)
	}
	if e := asError(s.mayOpenBallot(v.requiresQuorum())); e != nil {
		out.WhyNot = e.Code
	} else {
		out.CanOpen = true
	}
	return out
}

// requiresQuorum of the vote that the current item would open.
func (v viewer) requiresQuorum() bool {
	if i := v.s.itemIndex(v.s.current); i >= 0 && v.s.pub.Agenda[i].Vote != nil {
		return v.s.pub.Agenda[i].Vote.RequiresQuorum
	}
	return true
}

// missing are those who are present and have not pressed.
func (s *Sitting) missing(b *ballot) []PersonLabel {
	var out []PersonLabel
	for _, id := range b.open.Electorate {
		if s.presenceOf(id).Counts() && b.votes[id].choice == "" {
			out = append(out, PersonLabel{Person: id, Label: s.label(id)})
		}
	}
	return out
}

func (v viewer) ballotDoc(b *ballot) *BallotDoc {
	o := b.open
	doc := &BallotDoc{
		ID: o.Ballot, Item: o.Item, Question: o.Question, Options: o.Options, Base: o.Base, Threshold: o.Threshold,
		State: "open", OpenedAt: b.openedAt, EndsAt: o.EndsAt, ClosedAt: b.closedAt, Pressed: len(b.votes),
		Present: v.s.presentCount(), Total: o.Total, RemindedAt: b.remindedAt,
	}
	if b.result != nil {
		r := *b.result
		if v.public() {
			r.ByName = nil
		}
		doc.State, doc.Result, doc.Present = "closed", &r, r.Present
	}
	return doc
}

func (v viewer) messages() MessagesView {
	out := MessagesView{Items: []MessageItem{}}
	if v.audience == AudienceDisplay {
		return out
	}
	for i := range slices.Backward(v.s.messages) {
		m := &v.s.messages[i]
		if !v.steer() && (m.to != toAll || m.hidden) {
			continue
		}
		if out.Items = append(out.Items, v.message(m)); len(out.Items) == shownLatest {
			break
		}
	}
	slices.Reverse(out.Items)
	return out
}

// message writes one out. To steer a citizen has the name he wrote.
func (v viewer) message(m *message) MessageItem {
	item := MessageItem{
		Seq: m.seq, Label: v.labelOf(m.from, ""), To: m.to, Text: m.text, At: m.at, Hidden: m.hidden, Reason: m.reason,
	}
	if m.ref != "" {
		item.Text = v.live.Texts[m.ref]
	}
	var name string
	if item.From, name = v.identity(m.from, ""); name != "" {
		item.Label = name
		if hamlet := v.live.Citizens[m.from].Hamlet; hamlet != "" {
			item.Label += " (" + hamlet + ")"
		}
	}
	return item
}

func (v viewer) people() PeopleView {
	s := v.s
	out := PeopleView{People: []PersonView{}}
	out.Counts.Citizens = v.live.CitizensOnline
	for i := range s.pub.People {
		p := &s.pub.People[i]
		online := v.live.Online[p.ID]
		if online {
			out.Counts.Online++
		}
		if slices.Contains(p.Roles, RoleHall) {
			out.Counts.Halls++
			if online && v.live.Ready[p.ID] {
				out.Counts.HallsReady++
			}
		}
		if v.public() && !hasAny(p.Roles, RoleChair, RoleClerk, RoleDeputy, RoleTeller, RoleGuest, RoleHall) {
			continue
		}
		out.People = append(out.People, v.person(p, online))
	}
	if v.steer() {
		v.citizens(&out)
	}
	return out
}

// person writes out a listed person; to the public without states.
func (v viewer) person(p *Person, online bool) PersonView {
	out := PersonView{
		ID: p.ID, Name: p.Name, Label: v.s.label(p.ID), Office: p.Office, Group: p.Group, Unit: p.Unit,
		Seat: p.Seat, Hall: p.Hall, Roles: v.s.RolesOf(p.ID),
	}
	if v.public() {
		return out
	}
	out.Online = online
	out.Hand = v.s.handOf(p.ID) + 1
	out.Muted = v.s.muted(p.ID)
	return out
}

// citizens adds who is there and who waits, by name: for chair and clerk.
func (v viewer) citizens(out *PeopleView) {
	ids := make([]PersonID, 0, len(v.live.Citizens))
	for id := range v.live.Citizens {
		if v.live.Online[id] && !slices.Contains(v.live.Waiting, id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		if _, out, _ := v.s.Door(id, []Role{RoleCitizen}); out {
			continue
		}
		out.Citizens = append(out.Citizens, v.citizen(id))
	}
	for _, id := range v.live.Waiting {
		out.Waiting = append(out.Waiting, v.citizen(id))
	}
	out.Counts.Waiting = len(out.Waiting)
}

// citizen writes out who came by the public door, or a guest who waits.
func (v viewer) citizen(id PersonID) CitizenView {
	c := v.live.Citizens[id]
	if p, ok := v.s.Person(id); ok {
		c = CitizenName{Name: p.Name, Hamlet: p.Unit}
	}
	return CitizenView{Person: id, Name: c.Name, Hamlet: c.Hamlet, Online: v.live.Online[id], Muted: v.s.gate.muted[id]}
}
