package council

import "slices"

const (
	maxReason  = 300     // runes of a reason
	maxPause   = 24 * 60 // minutes
	maxSeconds = 2 * 3600
)

func one(e EventBody) []EventBody { return []EventBody{e} }

func (SittingOpen) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if s.state == StateOpen {
		return nil, nil
	}
	if err := s.during(StatePublished); err != nil {
		return nil, err
	}
	policy := s.pub.Rules.GatePolicy
	if policy == "" {
		policy = GateFloor
	}
	return one(SittingOpened{Policy: policy}), nil
}

func (e SittingOpened) apply(s *Sitting, _ uint64, at int64) {
	s.state, s.openedAt = StateOpen, at
	s.gate.setPolicy(e.Policy)
}

func (c SittingPause) decide(s *Sitting, a asker) ([]EventBody, error) {
	if s.state == StatePaused {
		return nil, nil
	}
	if err := s.during(StateOpen); err != nil {
		return nil, err
	}
	if err := checkRange("minutes", c.Minutes, 0, maxPause); err != nil {
		return nil, err
	}
	if err := s.noOpenBallot(); err != nil {
		return nil, err
	}
	out := s.endTurn("pause")
	paused := SittingPaused{}
	if c.Minutes > 0 {
		paused.EndsAt = a.at + int64(c.Minutes)*60_000
	}
	return append(out, paused), nil
}

func (e SittingPaused) apply(s *Sitting, _ uint64, at int64) {
	s.state, s.pauseEnd = StatePaused, e.EndsAt
	s.pauses = append(s.pauses, Span{Start: at})
	s.gate.why = whyChair
}

func (SittingResume) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if s.state == StateOpen {
		return nil, nil
	}
	if err := s.during(StatePaused); err != nil {
		return nil, err
	}
	return one(SittingResumed{}), nil
}

func (SittingResumed) apply(s *Sitting, _ uint64, at int64) {
	s.state, s.pauseEnd = StateOpen, 0
	s.endPause(at)
	s.gate.why = whyPolicy
}

func (s *Sitting) endPause(at int64) {
	if n := len(s.pauses); n > 0 && s.pauses[n-1].End == 0 {
		s.pauses[n-1].End = at
	}
}

func (SittingClose) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if s.state == StateClosed {
		return nil, nil
	}
	if err := s.during(StateOpen, StatePaused); err != nil {
		return nil, err
	}
	if err := s.noOpenBallot(); err != nil {
		return nil, err
	}
	out := s.endTurn("close")
	if s.roll.state == rollOpen {
		out = append(out, s.rollCallClosed())
	}
	out = append(out, s.stopRecording(whyClose)...)
	return append(out, SittingClosed{}), nil
}

func (SittingClosed) apply(s *Sitting, _ uint64, at int64) {
	s.state, s.closedAt, s.pauseEnd = StateClosed, at, 0
	s.endPause(at)
	s.interim = ""
}

func (c AgendaGoto) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if err := s.during(StateOpen); err != nil {
		return nil, err
	}
	if s.itemIndex(c.Item) < 0 {
		return nil, refuse(CodeNoItem)
	}
	if err := s.noOpenBallot(); err != nil {
		return nil, err
	}
	if s.current == c.Item {
		return nil, nil
	}
	return one(AgendaMoved(c)), nil
}

func (e AgendaMoved) apply(s *Sitting, _ uint64, at int64) {
	s.current = e.Item
	s.moves = append(s.moves, itemMove{item: e.Item, at: at})
}

func (s *Sitting) itemIndex(id string) int {
	return slices.IndexFunc(s.pub.Agenda, func(i AgendaItem) bool { return i.ID == id })
}
