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

// presides tells whether the person is a chair or stands in for one.
func (s *Sitting) presides(id PersonID) bool {
	return s.has(id, RoleChair) || (s.interim != "" && s.interim == id)
}

// speaks tells whether the turn that runs is the person's, or spoken through the person's (a hall's) microphone.
func (s *Sitting) speaks(id PersonID) bool {
	return s.turn != nil && s.turn.state == turnSpeaking && (s.turn.person == id || s.turn.source == id)
}

// inside tells whether a listed person takes part with own media: not a display, not waiting, not shown out.
func (s *Sitting) inside(id PersonID) bool {
	p, ok := s.Person(id)
	if !ok || slices.Contains(p.Roles, RoleDisplay) {
		return false
	}
	waiting, out, _ := s.Door(id, p.Roles)
	return !waiting && !out
}

// micOpen is the gate of one microphone. Chair and speaker are open unless muted one by one.
func (s *Sitting) micOpen(id PersonID) bool {
	if s.state == StateClosed || s.state == "" || s.gate.muted[id] {
		return false
	}
	if _, listed := s.people[id]; !listed {
		return s.citizenOpen(id)
	}
	if !s.inside(id) {
		return false
	}
	if s.presides(id) {
		return true
	}
	if s.state == StatePaused {
		return false
	}
	return s.speaks(id) || (s.gate.policy == GateOpen && !s.gate.swept(id))
}

// citizenOpen: a citizen's media pass only while he speaks.
func (s *Sitting) citizenOpen(id PersonID) bool {
	_, refused := s.admission.refused[id]
	return s.state == StateOpen && s.speaks(id) && !s.gate.citizensStopped && !refused
}

// muted tells whether the chair closed a microphone that would be open.
func (s *Sitting) muted(id PersonID) bool {
	return s.gate.muted[id] || (s.gate.swept(id) && !s.presides(id) && !s.speaks(id))
}

func (s *Sitting) camOpen(id PersonID) bool {
	if s.state == StateClosed || s.state == "" {
		return false
	}
	if _, listed := s.people[id]; !listed {
		return s.citizenOpen(id)
	}
	return s.inside(id) && (s.state != StatePaused || s.presides(id))
}

func (s *Sitting) screenOpen(id PersonID) bool {
	if s.state == StateClosed || s.state == "" || !s.inside(id) {
		return false
	}
	if s.presides(id) {
		return true
	}
	return s.state != StatePaused && (s.has(id, RoleClerk) || s.speaks(id))
}

// chairNow is who presides: the clerk who stands in, else the first chair who is connected, else the first.
func (s *Sitting) chairNow(live *Live) PersonID {
	chairs := s.chairs()
	if s.interim == "" {
		for _, id := range chairs {
			if live.Online[id] {
				return id
			}
		}
	}
	if len(chairs) == 0 {
		return ""
	}
	return chairs[0]
}

// Media is what the media server must obey now. Maps hold only what is open.
func (s *Sitting) Media(live *Live) MediaDirection {
	live = live.orNone()
	d := MediaDirection{
		Chair: s.chairNow(live), Why: s.gate.why,
		Mic: map[PersonID]bool{}, Cam: map[PersonID]bool{}, Screen: map[PersonID]bool{}, Priority: map[PersonID]bool{},
	}
	ids := s.listed()
	if s.turn != nil {
		if _, listed := s.people[s.turn.person]; !listed {
			ids = append(ids, s.turn.person)
		}
	}
	for _, id := range ids {
		set(d.Mic, id, s.micOpen(id))
		set(d.Cam, id, s.camOpen(id))
		set(d.Screen, id, s.screenOpen(id))
		set(d.Priority, id, s.presides(id) || s.has(id, RoleHall))
	}
	d.Stage = s.gate.pin
	if d.Stage == "" && s.turn != nil && s.turn.state == turnSpeaking {
		d.Stage = s.turn.source
	}
	return d
}

func set(m map[PersonID]bool, id PersonID, open bool) {
	if open {
		m[id] = true
	}
}

// orNone lets a nil Live be read.
func (l *Live) orNone() *Live {
	if l == nil {
		return &Live{}
	}
	return l
}
