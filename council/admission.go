package council

import "slices"

const maxAdmitted = 10_000 // persons of one command

func (c AdmissionSet) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	if s.admission.on == c.On {
		return nil, nil
	}
	e := AdmissionSwitched{On: c.On}
	if c.On {
		for _, id := range c.Inside {
			if s.target(id) == nil && !s.admission.admitted[id] && !slices.Contains(e.Inside, id) {
				e.Inside = append(e.Inside, id)
			}
		}
	}
	return one(e), nil
}

func (e AdmissionSwitched) apply(s *Sitting, _ uint64, _ int64) {
	s.admission.on = e.On
	for _, id := range e.Inside {
		s.admission.admitted[id] = true
	}
}

// decide lets the named people in. "All" and a hamlet were resolved to persons by the room, who knows who waits.
func (c AdmissionAdmit) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	if err := checkRange("persons", len(c.Persons), 0, maxAdmitted); err != nil {
		return nil, err
	}
	e := PersonsAdmitted{}
	for _, id := range c.Persons {
		if err := s.target(id); err != nil {
			return nil, err
		}
		_, refused := s.admission.refused[id]
		if (!s.admission.admitted[id] || refused) && !slices.Contains(e.Persons, id) {
			e.Persons = append(e.Persons, id)
		}
	}
	if len(e.Persons) == 0 {
		return nil, nil
	}
	return one(e), nil
}

func (e PersonsAdmitted) apply(s *Sitting, _ uint64, _ int64) {
	for _, id := range e.Persons {
		s.admission.admitted[id] = true
		delete(s.admission.refused, id)
	}
}

func (c AdmissionRefuse) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	if err := checkText("reason", c.Reason, 0, maxReason, false); err != nil {
		return nil, err
	}
	if err := s.target(c.Person); err != nil {
		return nil, err
	}
	if p, ok := s.Person(c.Person); ok && !movable(p.Roles) {
		return nil, refuse(CodeNotRemovable)
	}
	if _, refused := s.admission.refused[c.Person]; refused {
		return nil, nil
	}
	var out []EventBody
	if s.turn != nil && s.turn.person == c.Person {
		out = append(out, s.endTurn("refused")...)
	}
	if i := s.handOf(c.Person); i >= 0 {
		out = append(out, HandLowered{Entry: s.queue[i].id})
	}
	return append(out, PersonRefused(c)), nil
}

func (e PersonRefused) apply(s *Sitting, _ uint64, _ int64) {
	delete(s.admission.admitted, e.Person)
	s.admission.refused[e.Person] = e.Reason
}

// decide lets a clerk preside only while no chair is connected.
func (ChairTake) decide(s *Sitting, a asker) ([]EventBody, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	if !s.has(a.id, RoleClerk) {
		return nil, refuse(CodeNotYours)
	}
	switch {
	case s.interim == a.id:
		return nil, nil
	case s.interim != "":
		return nil, refuse(CodeChairTaken)
	case a.chairOnline:
		return nil, refuse(CodeChairOnline)
	}
	return one(ChairTaken{Person: a.id}), nil
}

func (e ChairTaken) apply(s *Sitting, _ uint64, _ int64) { s.interim = e.Person }

func (ChairReturn) decide(s *Sitting, a asker) ([]EventBody, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	if s.interim == "" {
		return nil, refuse(CodeChairNotTaken)
	}
	if a.id != s.interim && !s.has(a.id, RoleChair) {
		return nil, refuse(CodeNotYours)
	}
	return one(ChairReturned{}), nil
}

func (ChairReturned) apply(s *Sitting, _ uint64, _ int64) { s.interim = "" }
