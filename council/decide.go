package council

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// Decide says what a command does: the events, in order, or an *Error that says why not now. It changes nothing and reads no clock.
// No events and no error means that there is nothing to do (a second close of a ballot): the answer is success.
//
// Which roles may give a command at all is decided before (default deny); Decide adds what depends on the sitting and the person.
func (s *Sitting) Decide(cmd Command) ([]EventBody, error) {
	d, ok := cmd.Body.(decider)
	if !ok {
		return nil, refuse(CodeUnknownCommand)
	}
	if s.state == "" {
		return nil, refuse(CodeNotOpen, "state", "")
	}
	a := s.asker(cmd)
	if err := s.admit(a); err != nil {
		return nil, err
	}
	events, err := d.decide(s, a)
	if err != nil {
		return nil, err
	}
	return events, nil
}

// decider is implemented by every command of this package. The error is nil or an *Error.
type decider interface {
	decide(s *Sitting, a asker) ([]EventBody, error)
}

// asker is who asks, with what the sitting knows of him.
type asker struct {
	id          PersonID
	roles       []Role
	listed      bool
	system      bool
	steers      bool // chair or clerk
	place       string
	at          int64 // Unix milliseconds
	chairOnline bool
}

func (s *Sitting) asker(cmd Command) asker {
	a := asker{id: cmd.Actor.Person, system: cmd.Actor.System, place: cmd.Actor.Place, at: cmd.At.UnixMilli(), chairOnline: cmd.ChairOnline}
	a.roles = s.ActorRoles(cmd.Actor)
	_, a.listed = s.people[a.id]
	a.steers = hasAny(a.roles, RoleChair, RoleClerk)
	return a
}

// admit keeps out those who wait or were refused.
func (s *Sitting) admit(a asker) error {
	if a.system {
		return nil
	}
	waiting, out, reason := s.Door(a.id, a.roles)
	if out {
		return refuse(CodeRefused, "reason", reason)
	}
	if waiting {
		return refuse(CodeWaiting)
	}
	return nil
}

// during refuses unless the sitting is in one of the states.
func (s *Sitting) during(states ...SittingState) error {
	if slices.Contains(states, s.state) {
		return nil
	}
	switch s.state {
	case StateClosed:
		return refuse(CodeSittingClosed, "closed_at", s.closedAt)
	case StatePaused:
		return refuse(CodePaused)
	case StatePublished, StateOpen:
	}
	return refuse(CodeNotOpen, "state", string(s.state))
}

// alive refuses only after the close.
func (s *Sitting) alive() error { return s.during(StatePublished, StateOpen, StatePaused) }

// target checks that a command names a listed person, or somebody who can be a citizen of a public sitting.
func (s *Sitting) target(id PersonID) error {
	if _, ok := s.people[id]; ok {
		return nil
	}
	if !s.pub.Public || !plainID(id) {
		return refuse(CodeNoPerson)
	}
	return nil
}

// plainID accepts what the makers of ids make: 1 to 64 letters, digits, "-" and "_".
func plainID(id PersonID) bool {
	if id == "" || len(id) > 64 || id == System || id == Online {
		return false
	}
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return true
}

// checkText refuses what is too long or has control characters (line breaks may be allowed) or invisible direction marks.
func checkText(field, text string, minRunes, maxRunes int, lines bool) error {
	n := utf8.RuneCountInString(text)
	bad := n < minRunes || n > maxRunes || !utf8.ValidString(text)
	for _, r := range text {
		switch {
		case lines && r == '\n':
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			bad = true
		}
	}
	if bad {
		return refuse(CodeBadText, "field", field, "max", maxRunes)
	}
	return nil
}

func checkRange(field string, n, low, high int) error {
	if n < low || n > high {
		return refuse(CodeBadNumber, "field", field, "min", low, "max", high)
	}
	return nil
}
