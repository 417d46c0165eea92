package council

import "slices"

const maxQuestion = 500 // runes

// Presets of options, docs/GLOSSARY.md: tán thành, không tán thành, không biểu quyết.
func threeOptions() []Option {
	return []Option{{"for", "Tán thành"}, {"against", "Không tán thành"}, {"not_voting", "Không biểu quyết"}}
}

type ballot struct {
	open       BallotOpened
	openedAt   int64
	closedAt   int64
	remindedAt int64
	votes      map[PersonID]vote
	history    []VoteStep
	result     *Result // with names, when closed
}

type vote struct {
	choice   string
	recorded bool // by the clerk
	seq      uint64
	at       int64
}

// VoteStep is one vote as it came in; the last of a person before the close counts.
type VoteStep struct {
	Person   PersonID `json:"person"`
	Choice   string   `json:"choice"`
	Recorded bool     `json:"recorded,omitempty"`
	Seq      uint64   `json:"seq"`
	At       int64    `json:"at"`
}

func (s *Sitting) ballotByID(id string) *ballot {
	for _, b := range s.ballots {
		if b.open.Ballot == id {
			return b
		}
	}
	return nil
}

func (s *Sitting) openBallot() *ballot {
	if n := len(s.ballots); n > 0 && s.ballots[n-1].result == nil {
		return s.ballots[n-1]
	}
	return nil
}

// OpenBallot is the id of the ballot that is open; "" if none is.
func (s *Sitting) OpenBallot() string {
	if b := s.openBallot(); b != nil {
		return b.open.Ballot
	}
	return ""
}

func (s *Sitting) noOpenBallot() error {
	if b := s.openBallot(); b != nil {
		return refuse(CodeBallotOpen, "ballot", b.open.Ballot)
	}
	return nil
}

// mayOpenBallot says why no ballot can be opened now, whatever its question.
func (s *Sitting) mayOpenBallot(requiresQuorum bool) error {
	if err := s.during(StateOpen); err != nil {
		return err
	}
	if err := s.noOpenBallot(); err != nil {
		return err
	}
	if !s.pub.Rules.RollCall {
		return refuse(CodeNoRollCall)
	}
	q := s.Quorum()
	if requiresQuorum && q.Needed && !q.Met {
		return refuse(CodeNoQuorum, "present", q.Present, "need", q.Need, "total", q.Total)
	}
	if q.Present == 0 {
		return refuse(CodeNobodyPresent)
	}
	return nil
}

func (c BallotOpen) decide(s *Sitting, a asker) ([]EventBody, error) {
	t, item, err := c.template(s)
	if err != nil {
		return nil, err
	}
	if err := s.mayOpenBallot(t.RequiresQuorum); err != nil {
		return nil, err
	}
	if err := checkTemplate(t); err != nil {
		return nil, err
	}
	if err := checkRange("seconds", c.Seconds, 0, maxSeconds); err != nil {
		return nil, err
	}
	e := BallotOpened{
		Ballot: s.nextID("b", 0), Item: item, Template: t.ID, Question: t.Question, Options: slices.Clone(t.Options),
		Electorate: s.voters(), Total: s.total(), Base: t.Base, Threshold: t.Threshold, RequiresQuorum: t.RequiresQuorum,
		Announce: t.Announce, Citation: t.Citation,
	}
	if c.Seconds > 0 {
		e.EndsAt = a.at + int64(c.Seconds)*1000
	}
	e.Hash = e.BallotHash()
	return one(e), nil
}

// template puts the ballot's template together: the named preset or the item's own, with the command's fields over it.
func (c BallotOpen) template(s *Sitting) (VoteTemplate, string, error) {
	item := c.Item
	if item == "" {
		item = s.current
	}
	index := s.itemIndex(item)
	if item != "" && index < 0 {
		return VoteTemplate{}, "", refuse(CodeNoItem)
	}
	t := VoteTemplate{RequiresQuorum: true}
	switch {
	case c.Template != "":
		i := slices.IndexFunc(s.pub.Votes, func(v VoteTemplate) bool { return v.ID == c.Template })
		if i < 0 {
			return VoteTemplate{}, "", refuse(CodeNoTemplate)
		}
		t = s.pub.Votes[i]
	case index >= 0 && s.pub.Agenda[index].Vote != nil:
		t = *s.pub.Agenda[index].Vote
	}
	if c.Question != "" {
		t.Question = c.Question
	}
	if t.Question == "" && index >= 0 {
		t.Question = s.pub.Agenda[index].Title
	}
	if t.Question == "" {
		return VoteTemplate{}, "", refuse(CodeNoTemplate)
	}
	if c.Base != "" {
		t.Base = c.Base
	}
	if c.Threshold != (Fraction{}) {
		t.Threshold = c.Threshold
	}
	return withDefaults(t), item, nil
}

// withDefaults fills in the three options and "more than half of all deputies".
func withDefaults(t VoteTemplate) VoteTemplate {
	if len(t.Options) == 0 {
		t.Options = threeOptions()
	}
	if t.Base == "" {
		t.Base = BaseAll
	}
	if t.Threshold == (Fraction{}) {
		t.Threshold = Fraction{Num: 1, Den: 2, Strict: true}
	}
	return t
}

func checkTemplate(t VoteTemplate) error {
	if err := checkText("question", t.Question, 1, maxQuestion, false); err != nil {
		return err
	}
	if !t.Threshold.Valid() || (t.Base != BaseAll && t.Base != BasePresent) {
		return refuse(CodeBadThreshold)
	}
	return nil
}

// BallotHash is the hex SHA-256 over the length-prefixed fields that a ballot freezes: id, question, options, electorate, N, base
// and threshold. Lengths and integers are big-endian uint64.
func (e BallotOpened) BallotHash() string {
	h := newHash()
	h.text(e.Ballot)
	h.text(e.Question)
	h.number(len(e.Options))
	for _, o := range e.Options {
		h.text(o.ID)
		h.text(o.Label)
	}
	h.number(len(e.Electorate))
	for _, p := range e.Electorate {
		h.text(string(p))
	}
	h.number(e.Total)
	h.text(string(e.Base))
	h.number(e.Threshold.Num)
	h.number(e.Threshold.Den)
	if e.Threshold.Strict {
		h.text("more than")
	} else {
		h.text("at least")
	}
	return h.hex()
}

func (e BallotOpened) apply(s *Sitting, _ uint64, at int64) {
	e.Options = slices.Clone(e.Options)
	e.Electorate = slices.Clone(e.Electorate)
	s.ballots = append(s.ballots, &ballot{open: e, openedAt: at, votes: map[PersonID]vote{}})
}

// castable finds the ballot and checks voter and choice. Only the voter himself is told what was counted of him.
func (s *Sitting) castable(id string, voter PersonID, choice string, own bool) (*ballot, error) {
	b := s.ballotByID(id)
	if b == nil {
		return nil, refuse(CodeNoBallot)
	}
	if !slices.Contains(b.open.Electorate, voter) {
		return nil, refuse(CodeNotVoter)
	}
	if b.result != nil {
		counted := vote{}
		if own {
			counted = b.votes[voter]
		}
		return nil, b.closedError(counted)
	}
	if p := s.presenceOf(voter); !p.Counts() {
		return nil, refuse(CodeNotPresent, "presence", string(p))
	}
	if !slices.ContainsFunc(b.open.Options, func(o Option) bool { return o.ID == choice }) {
		return nil, refuse(CodeBadChoice)
	}
	return b, nil
}

func (b *ballot) closedError(counted vote) *Error {
	return refuse(CodeBallotClosed, "closed_at", b.closedAt, "choice", counted.choice, "seq", counted.seq)
}

func (c VoteCast) decide(s *Sitting, a asker) ([]EventBody, error) {
	if _, err := s.castable(c.Ballot, a.id, c.Choice, true); err != nil {
		return nil, err
	}
	return one(VoteReceived{Ballot: c.Ballot, Person: a.id, Choice: c.Choice}), nil
}

func (e VoteReceived) apply(s *Sitting, seq uint64, at int64) {
	s.count(e.Ballot, VoteStep{Person: e.Person, Choice: e.Choice, Seq: seq, At: at})
}

func (c VoteRecord) decide(s *Sitting, a asker) ([]EventBody, error) {
	if c.Person == a.id || !hasAny(a.roles, RoleClerk) {
		return nil, refuse(CodeNotYours)
	}
	b, err := s.castable(c.Ballot, c.Person, c.Choice, false)
	if err != nil {
		return nil, err
	}
	// The record stands in for a device that failed; it never replaces what the deputy pressed himself.
	if v, ok := b.votes[c.Person]; ok && !v.recorded {
		return nil, refuse(CodeHasVoted)
	}
	return one(VoteRecorded(c)), nil
}

func (e VoteRecorded) apply(s *Sitting, seq uint64, at int64) {
	s.count(e.Ballot, VoteStep{Person: e.Person, Choice: e.Choice, Recorded: true, Seq: seq, At: at})
}

// count takes a vote; one after the close does not count, whatever the log holds.
func (s *Sitting) count(id string, v VoteStep) {
	b := s.ballotByID(id)
	if b == nil || b.result != nil {
		return
	}
	b.votes[v.Person] = vote{choice: v.Choice, recorded: v.Recorded, seq: v.Seq, at: v.At}
	b.history = append(b.history, v)
}

func (c BallotRemind) decide(s *Sitting, _ asker) ([]EventBody, error) {
	b := s.ballotByID(c.Ballot)
	if b == nil {
		return nil, refuse(CodeNoBallot)
	}
	if b.result != nil {
		return nil, b.closedError(vote{})
	}
	return one(BallotReminded(c)), nil
}

func (e BallotReminded) apply(s *Sitting, _ uint64, at int64) {
	if b := s.ballotByID(e.Ballot); b != nil {
		b.remindedAt = at
	}
}

func (c BallotClose) decide(s *Sitting, _ asker) ([]EventBody, error) {
	b := s.ballotByID(c.Ballot)
	if b == nil {
		return nil, refuse(CodeNoBallot)
	}
	if b.result != nil {
		return nil, nil
	}
	result := s.tally(b)
	result.ByName = nil
	return one(BallotClosed{Ballot: c.Ballot, Result: result}), nil
}

func (e BallotClosed) apply(s *Sitting, _ uint64, at int64) {
	b := s.ballotByID(e.Ballot)
	if b == nil || b.result != nil {
		return
	}
	result := e.Result
	result.Options = slices.Clone(result.Options)
	result.ByName = s.byName(b)
	b.closedAt, b.result = at, &result
}
