package room

import (
	"context"
	"errors"
	"slices"
	"time"

	"nghitruong/council"
)

// sideTimeout is the room's patience with the side table.
const sideTimeout = 5 * time.Second

// resolve fills in what only the room knows: who waits, who is inside, whether a chair is connected, where a citizen's
// text lies.
func (r *Room) resolve(ctx context.Context, b *batch, cmd council.Command) (council.Command, error) {
	switch body := cmd.Body.(type) {
	case council.AdmissionSet:
		if body.On {
			body.Inside = r.inside()
		}
		cmd.Body = body
	case council.AdmissionAdmit:
		cmd.Body = r.admitted(body)
	case council.RecordingStart, council.RecordingResume:
		return cmd, r.mayRecord()
	case council.ChairTake:
		cmd.ChairOnline = r.chairOnline()
	case council.MessageSend:
		return r.putText(ctx, b, cmd, body)
	}
	return cmd, nil
}

// inside lists the citizens and guests who are in the sitting now.
func (r *Room) inside() []council.PersonID {
	var ids []council.PersonID
	for _, id := range r.people.order {
		a := r.people.here[id]
		if waiting, out, _ := r.state.sitting.Door(id, a.roles); !waiting && !out && mayWait(a.roles) {
			ids = append(ids, id)
		}
	}
	return ids
}

// mayWait: the waiting room concerns citizens and guests.
func mayWait(roles []council.Role) bool {
	return slices.Contains(roles, council.RoleCitizen) || slices.Contains(roles, council.RoleGuest)
}

// admitted names the persons of "all" and of a hamlet.
func (r *Room) admitted(c council.AdmissionAdmit) council.AdmissionAdmit {
	persons := slices.Clone(c.Persons)
	for _, id := range r.people.live.Waiting {
		if c.All || c.Hamlet != "" && r.people.live.Citizens[id].Hamlet == c.Hamlet {
			persons = append(persons, id)
		}
	}
	return council.AdmissionAdmit{Persons: persons}
}

// chairOnline tells whether a chair of the list is connected, or away for less than the time of grace.
func (r *Room) chairOnline() bool {
	for _, p := range r.state.sitting.Published().People {
		if slices.Contains(p.Roles, council.RoleChair) && r.people.here[p.ID] != nil {
			return true
		}
	}
	return false
}

// putText stores a text that must not enter the log, once the rules have nothing else against the message.
func (r *Room) putText(ctx context.Context, b *batch, cmd council.Command, m council.MessageSend) (council.Command, error) {
	s := r.state.sitting
	if !s.NeedsRef(cmd.Actor.Person, m.To) {
		return cmd, nil
	}
	var refusal *council.Error
	if _, err := s.Decide(cmd); err != nil && !(errors.As(err, &refusal) && refusal.Code == council.CodeSideTextRequired) {
		return cmd, err
	}
	// The text is about the one of the two who is not listed.
	about := cmd.Actor.Person
	if s.RolesOf(about) != nil {
		about = council.PersonID(m.To)
	}
	ctx, cancel := context.WithTimeout(ctx, sideTimeout)
	defer cancel()
	ref, err := r.side.PutText(ctx, r.council, r.id, about, m.Text)
	if err != nil {
		return cmd, unsaved(err)
	}
	if b.texts == nil {
		b.texts = map[string]string{}
	}
	b.texts[ref] = m.Text
	m.Text, m.Ref = "", ref
	cmd.Body = m
	return cmd, nil
}
