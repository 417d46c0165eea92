package council

import "slices"

// Self is the own state of one person. May is left empty for the room, who knows the permissions. Somebody who is not listed is a
// citizen.
func (s *Sitting) Self(id PersonID, live *Live) SelfView {
	live = live.orNone()
	p, listed := s.Person(id)
	out := SelfView{Person: id, Name: p.Name, Label: s.label(id), Seat: p.Seat, Group: p.Group, Roles: s.RolesOf(id), May: []string{}}
	if !listed {
		out.Name = live.Citizens[id].Name
		out.Label = s.hamletLabel(live.Citizens[id].Hamlet)
		out.Roles = []Role{RoleCitizen}
	}
	out.Audience = s.AudienceOf(out.Roles)
	out.Profile = "member"
	if out.Audience == AudienceCitizen || out.Audience == AudienceDisplay {
		out.Profile = "audience"
	}
	out.Waiting, out.Out, out.Refused = s.Door(id, out.Roles)
	if slices.Contains(p.Roles, RoleDeputy) {
		out.Voter = true
		out.Presence = s.presenceOf(id)
	}
	if i := s.handOf(id); i >= 0 {
		out.Place, out.Kind = i+1, s.queue[i].kind
	}
	if t := s.turn; t != nil && (t.person == id || t.source == id) {
		out.Floor = viewer{s: s, audience: AudienceDeputy, live: live}.holder(t)
		out.Floor.Person = t.person
		out.Floor.Source = t.source
	}
	s.ownVote(id, &out)
	out.Mic, out.Cam, out.Screen = s.micOpen(id), s.camOpen(id), s.screenOpen(id)
	out.Muted = s.muted(id)
	out.Thread = s.thread(id, live)
	return out
}

// ownVote adds the own choice in the ballot on screen.
func (s *Sitting) ownVote(id PersonID, out *SelfView) {
	if len(s.ballots) == 0 {
		return
	}
	b := s.ballots[len(s.ballots)-1]
	if v, ok := b.votes[id]; ok {
		out.Ballot, out.Choice, out.ChoiceSeq, out.ChoiceAt = b.open.Ballot, v.choice, v.seq, v.at
	}
}

// thread is what the person wrote to the clerk, what was written to him, and what of his was hidden; the newest 200.
func (s *Sitting) thread(id PersonID, live *Live) []MessageItem {
	v := viewer{s: s, audience: AudienceDeputy, live: live}
	var out []MessageItem
	for i := range slices.Backward(s.messages) {
		m := &s.messages[i]
		mine := m.from == id && (m.to != toAll || m.hidden)
		if !mine && m.to != string(id) {
			continue
		}
		item := v.message(m)
		item.From = m.from
		if out = append(out, item); len(out) == shownLatest {
			break
		}
	}
	slices.Reverse(out)
	return out
}
