package council

import (
	"slices"
)

// Why a gate changed, told to the people whose gate it is.
const (
	whyChair  = "chair"
	whyFloor  = "floor"
	whyPolicy = "policy"
)

// gate is the chair's will about microphones.
type gate struct {
	policy          GatePolicy
	muted           map[PersonID]bool // one by one
	mutedAll        bool              // closes what the policy "open" would open, until undone or another policy
	spared          map[PersonID]bool // unmuted one by one since
	citizensStopped bool
	pin             PersonID
	why             string
}

func newGate() gate {
	return gate{policy: GateChair, muted: map[PersonID]bool{}, spared: map[PersonID]bool{}, why: whyPolicy}
}

func (g *gate) setPolicy(p GatePolicy) {
	g.policy, g.why = p, whyPolicy
	g.sweep(false)
}

func (g *gate) sweep(on bool) {
	g.mutedAll = on
	g.spared = map[PersonID]bool{}
}

// swept tells whether "mute all" closes this microphone.
func (g *gate) swept(id PersonID) bool {
	return g.mutedAll && g.policy == GateOpen && !g.spared[id]
}

func (c GateSet) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if err := s.during(StateOpen, StatePaused); err != nil {
		return nil, err
	}
	if !slices.Contains([]GatePolicy{GateOpen, GateFloor, GateChair}, c.Policy) {
		return nil, refuse(CodeBadState, "state", string(c.Policy))
	}
	if c.Policy == s.gate.policy && !s.gate.mutedAll {
		return nil, nil
	}
	return one(GateChanged(c)), nil
}

func (e GateChanged) apply(s *Sitting, _ uint64, _ int64) { s.gate.setPolicy(e.Policy) }

func (c GateMute) decide(s *Sitting, a asker) ([]EventBody, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	if err := s.target(c.Person); err != nil {
		return nil, err
	}
	if s.gate.muted[c.Person] {
		return nil, nil
	}
	return one(PersonMuted(c)), nil
}

func (e PersonMuted) apply(s *Sitting, _ uint64, _ int64) {
	s.gate.muted[e.Person] = true
	delete(s.gate.spared, e.Person)
	s.gate.why = whyChair
}

func (c GateUnmute) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	if err := s.target(c.Person); err != nil {
		return nil, err
	}
	if !s.gate.muted[c.Person] && !s.gate.swept(c.Person) {
		return nil, nil
	}
	return one(PersonUnmuted(c)), nil
}

func (e PersonUnmuted) apply(s *Sitting, _ uint64, _ int64) {
	delete(s.gate.muted, e.Person)
	if s.gate.mutedAll {
		s.gate.spared[e.Person] = true
	}
	s.gate.why = whyChair
}

func (GateMuteAll) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if err := s.during(StateOpen, StatePaused); err != nil {
		return nil, err
	}
	if s.gate.mutedAll && len(s.gate.spared) == 0 {
		return nil, nil
	}
	return one(AllMuted{Persons: s.sweepable()}), nil
}

// sweepable are the people whom the policy keeps open now and who are neither chair nor speaker.
func (s *Sitting) sweepable() []PersonID {
	var ids []PersonID
	for _, id := range s.listed() {
		open := s.gate.policy == GateOpen && !s.gate.muted[id] && !s.gate.swept(id)
		if open && s.inside(id) && !s.presides(id) && !s.speaks(id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (AllMuted) apply(s *Sitting, _ uint64, _ int64) {
	s.gate.sweep(true)
	s.gate.why = whyChair
}

func (GateUndo) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if err := s.during(StateOpen, StatePaused); err != nil {
		return nil, err
	}
	if !s.gate.mutedAll {
		return nil, refuse(CodeNothingToUndo)
	}
	return one(MuteUndone{}), nil
}

func (MuteUndone) apply(s *Sitting, _ uint64, _ int64) {
	s.gate.sweep(false)
	s.gate.why = whyChair
}

func (c GateStopCitizens) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	if s.gate.citizensStopped == c.Stop {
		return nil, nil
	}
	return one(CitizensStopped(c)), nil
}

func (e CitizensStopped) apply(s *Sitting, _ uint64, _ int64) {
	s.gate.citizensStopped, s.gate.why = e.Stop, whyChair
}

func (c StagePin) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	if c.Person != "" {
		if _, ok := s.people[c.Person]; !ok || s.has(c.Person, RoleDisplay) {
			return nil, refuse(CodeNoPerson)
		}
	}
	if s.gate.pin == c.Person {
		return nil, nil
	}
	return one(StagePinned(c)), nil
}

func (e StagePinned) apply(s *Sitting, _ uint64, _ int64) { s.gate.pin = e.Person }
