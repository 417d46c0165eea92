package council

import "slices"

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
		Recording: s.recordingWish(),
		Chair:     s.chairNow(live), Why: s.gate.why, Closed: s.state == StateClosed,
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
