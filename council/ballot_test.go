package council

import (
	"slices"
	"testing"
)

// open a ballot and give its id.
func (h *house) openVote(t *testing.T, c BallotOpen) string {
	t.Helper()
	h.must(t, "p01", c)
	return h.OpenBallot()
}

func (h *house) cast(t *testing.T, ballot, choice string, from, to int) {
	t.Helper()
	for i := from; i <= to; i++ {
		h.must(t, pid(i), VoteCast{ballot, choice})
	}
}

func (h *house) ballotView(t *testing.T, a Audience) BallotView {
	t.Helper()
	v, ok := h.View(TopicBallot, a, nil).(BallotView)
	if !ok {
		t.Fatal("no BallotView")
	}
	return v
}

func TestVerdicts(t *testing.T) {
	half := Fraction{1, 2, true}
	for name, c := range map[string]struct {
		open              BallotOpen
		n, present        int
		yes, no, notVoted int
		passed            bool
		need, base        int
		notPressed        int
		pctTotal          string
	}{
		"half of 30 by one":     {BallotOpen{Item: "m2"}, 30, 26, 16, 8, 2, true, 16, 30, 0, "53,33%"},
		"exactly half of 30":    {BallotOpen{Item: "m2"}, 30, 26, 15, 0, 0, false, 16, 30, 11, "50%"},
		"half of 31":            {BallotOpen{Item: "m2"}, 31, 26, 16, 0, 0, true, 16, 31, 10, "51,61%"},
		"half of 19":            {BallotOpen{Item: "m2"}, 19, 13, 10, 3, 0, true, 10, 19, 0, "52,63%"},
		"two thirds of 30":      {BallotOpen{Template: "hai-phan-ba"}, 30, 20, 20, 0, 0, true, 20, 30, 0, "66,67%"},
		"one less than 2/3":     {BallotOpen{Template: "hai-phan-ba"}, 30, 21, 19, 2, 0, false, 20, 30, 0, "63,33%"},
		"two thirds of 31":      {BallotOpen{Template: "hai-phan-ba"}, 31, 21, 21, 0, 0, true, 21, 31, 0, "67,74%"},
		"two thirds of 19":      {BallotOpen{Template: "hai-phan-ba"}, 19, 14, 12, 2, 0, false, 13, 19, 0, "63,16%"},
		"of those present":      {BallotOpen{Template: "co-mat"}, 30, 20, 11, 9, 0, true, 11, 20, 0, "36,67%"},
		"base over the preset":  {BallotOpen{Template: "co-mat", Base: BaseAll}, 30, 20, 11, 9, 0, false, 16, 30, 0, "36,67%"},
		"threshold over preset": {BallotOpen{Template: "hai-phan-ba", Threshold: half}, 30, 20, 16, 4, 0, true, 16, 30, 0, "53,33%"},
		"nobody pressed":        {BallotOpen{Item: "m2"}, 30, 20, 0, 0, 0, false, 16, 30, 20, "0%"},
	} {
		t.Run(name, func(t *testing.T) {
			h := openHouse(t, c.n, c.present)
			id := h.openVote(t, c.open)
			h.cast(t, id, "for", 1, c.yes)
			h.cast(t, id, "against", c.yes+1, c.yes+c.no)
			h.cast(t, id, "not_voting", c.yes+c.no+1, c.yes+c.no+c.notVoted)
			h.must(t, "p01", BallotClose{id})
			r := h.ballotView(t, AudienceSteer).Ballot.Result
			got := []int{r.Need, r.BaseCount, r.NotPressed, r.Present, r.Total, r.Options[0].Count, r.Options[1].Count, r.Options[2].Count}
			want := []int{c.need, c.base, c.notPressed, c.present, c.n, c.yes, c.no, c.notVoted}
			if !slices.Equal(got, want) || r.Passed != c.passed || r.Options[0].PctTotal != c.pctTotal {
				t.Errorf("got %v passed %v %s, want %v %v %s", got, r.Passed, r.Options[0].PctTotal, want, c.passed, c.pctTotal)
			}
			if len(r.ByName) != c.present {
				t.Errorf("%d names of %d present", len(r.ByName), c.present)
			}
		})
	}
}

func TestBallotOpenIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		present int
		before  []CommandBody // by the chair
		open    BallotOpen
		code    string
	}{
		"without quorum":   {19, nil, BallotOpen{Item: "m2"}, CodeNoQuorum},
		"nobody present":   {0, nil, BallotOpen{Template: "hai-phan-ba"}, CodeNobodyPresent},
		"second ballot":    {20, []CommandBody{BallotOpen{Item: "m2"}}, BallotOpen{Item: "m2"}, CodeBallotOpen},
		"paused":           {20, []CommandBody{SittingPause{}}, BallotOpen{Item: "m2"}, CodePaused},
		"closed":           {20, []CommandBody{SittingClose{}}, BallotOpen{Item: "m2"}, CodeSittingClosed},
		"no question":      {20, nil, BallotOpen{}, CodeNoTemplate},
		"no such item":     {20, nil, BallotOpen{Item: "m9"}, CodeNoItem},
		"no such template": {20, nil, BallotOpen{Template: "x"}, CodeNoTemplate},
		"bad threshold":    {20, nil, BallotOpen{Item: "m2", Threshold: Fraction{3, 2, false}}, CodeBadThreshold},
		"bad base":         {20, nil, BallotOpen{Item: "m2", Base: "some"}, CodeBadThreshold},
		"bad question":     {20, nil, BallotOpen{Question: "a\x00b"}, CodeBadText},
		"bad seconds":      {20, nil, BallotOpen{Item: "m2", Seconds: -1}, CodeBadNumber},
	} {
		t.Run(name, func(t *testing.T) {
			h := openHouse(t, 30, c.present)
			for _, b := range c.before {
				h.must(t, "p01", b)
			}
			h.refused(t, "p01", c.open, c.code)
		})
	}
	e := openHouse(t, 30, 19).refused(t, "p01", BallotOpen{Item: "m2"}, CodeNoQuorum)
	if e.Data["present"] != 19 || e.Data["need"] != 20 || e.Data["total"] != 30 {
		t.Errorf("numbers of the sentence: %v", e.Data)
	}
}

func TestVoteIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		by     PersonID
		body   func(id string) CommandBody
		before func(h *house, t *testing.T, id string)
		code   string
	}{
		"not present":          {"p25", func(id string) CommandBody { return VoteCast{id, "for"} }, nil, CodeNotPresent},
		"guest":                {"guest", func(id string) CommandBody { return VoteCast{id, "for"} }, nil, CodeNotVoter},
		"clerk":                {"clerk", func(id string) CommandBody { return VoteCast{id, "for"} }, nil, CodeNotVoter},
		"hall":                 {"hall1", func(id string) CommandBody { return VoteCast{id, "for"} }, nil, CodeNotVoter},
		"citizen":              {"cu1", func(id string) CommandBody { return VoteCast{id, "for"} }, nil, CodeNotVoter},
		"no such choice":       {"p02", func(id string) CommandBody { return VoteCast{id, "yes"} }, nil, CodeBadChoice},
		"no such ballot":       {"p02", func(string) CommandBody { return VoteCast{"b1", "for"} }, nil, CodeNoBallot},
		"recorded for absent":  {"clerk", func(id string) CommandBody { return VoteRecord{id, "p25", "for"} }, nil, CodeNotPresent},
		"recorded by the hall": {"hall1", func(id string) CommandBody { return VoteRecord{id, "p03", "for"} }, nil, CodeNotYours},
		"recorded by a chair":  {"p01", func(id string) CommandBody { return VoteRecord{id, "p03", "for"} }, nil, CodeNotYours},
		"recorded over the own vote": {
			"clerk", func(id string) CommandBody { return VoteRecord{id, "p02", "against"} },
			func(h *house, t *testing.T, id string) { h.must(t, "p02", VoteCast{id, "for"}) }, CodeHasVoted,
		},
		"after the close": {
			"p02", func(id string) CommandBody { return VoteCast{id, "for"} },
			func(h *house, t *testing.T, id string) { h.must(t, "p01", BallotClose{id}) }, CodeBallotClosed,
		},
		"recorded after the close": {
			"clerk", func(id string) CommandBody { return VoteRecord{id, "p02", "for"} },
			func(h *house, t *testing.T, id string) { h.must(t, "p01", BallotClose{id}) }, CodeBallotClosed,
		},
		"remind after the close": {
			"p01", func(id string) CommandBody { return BallotRemind{id} },
			func(h *house, t *testing.T, id string) { h.must(t, "p01", BallotClose{id}) }, CodeBallotClosed,
		},
		"close of no ballot":  {"p01", func(string) CommandBody { return BallotClose{"b1"} }, nil, CodeNoBallot},
		"remind of no ballot": {"p01", func(string) CommandBody { return BallotRemind{"b1"} }, nil, CodeNoBallot},
		"voter marked as left": {
			"clerk", func(string) CommandBody { return RollCallSet{Person: "p02", State: PresenceLeft} },
			func(h *house, t *testing.T, id string) { h.must(t, "p02", VoteCast{id, "for"}) }, CodeHasVoted,
		},
		"pause":     {"p01", func(string) CommandBody { return SittingPause{} }, nil, CodeBallotOpen},
		"close":     {"p01", func(string) CommandBody { return SittingClose{} }, nil, CodeBallotOpen},
		"next item": {"p01", func(string) CommandBody { return AgendaGoto{"m1"} }, nil, CodeBallotOpen},
	} {
		t.Run(name, func(t *testing.T) {
			h := openHouse(t, 30, 24)
			id := h.openVote(t, BallotOpen{Item: "m2"})
			if c.before != nil {
				c.before(h, t, id)
			}
			h.refused(t, c.by, c.body(id), c.code)
		})
	}
}

func TestLastVoteBeforeTheCloseCounts(t *testing.T) {
	h := openHouse(t, 30, 24)
	id := h.openVote(t, BallotOpen{Item: "m2"})
	h.must(t, "p02", VoteCast{id, "for"})
	h.must(t, "p02", VoteCast{id, "against"})
	h.must(t, "clerk", VoteRecord{id, "p03", "for"})
	h.must(t, "clerk", VoteRecord{id, "p03", "against"})
	h.must(t, "clerk", VoteRecord{id, "p04", "for"})
	h.must(t, "p04", VoteCast{id, "not_voting"}) // the own vote goes over the clerk's record
	if got := h.ballotView(t, AudienceCitizen).Ballot; got.Pressed != 3 || got.Present != 24 || got.Total != 30 {
		t.Errorf("pressed %d of %d of %d", got.Pressed, got.Present, got.Total)
	}
	h.must(t, "p01", BallotClose{id})
	want := map[PersonID]NamedVote{
		"p02": {"p02", "Đại biểu số 02", "against", false},
		"p03": {"p03", "Đại biểu số 03", "against", true},
		"p04": {"p04", "Đại biểu số 04", "not_voting", false},
		"p05": {"p05", "Đại biểu số 05", "", false},
	}
	for _, n := range h.ballotView(t, AudienceDeputy).Ballot.Result.ByName {
		if w, ok := want[n.Person]; ok && n != w {
			t.Errorf("got %v, want %v", n, w)
		}
	}
	e := h.refused(t, "p02", VoteCast{id, "for"}, CodeBallotClosed)
	if e.Data["choice"] != "against" || e.Data["seq"] == uint64(0) {
		t.Errorf("the voter is not told what was counted: %v", e.Data)
	}
	e = h.refused(t, "clerk", VoteRecord{id, "p02", "for"}, CodeBallotClosed)
	if e.Data["choice"] != "" {
		t.Errorf("the clerk is told a voter's choice by an error: %v", e.Data)
	}
	if steps := h.Minutes().Votes[0].Steps; len(steps) != 6 {
		t.Errorf("%d steps kept, want 6", len(steps))
	}
}

func TestLateDeputyVotesInAnOpenBallot(t *testing.T) {
	h := openHouse(t, 30, 20)
	h.must(t, "clerk", RollCallClose{})
	id := h.openVote(t, BallotOpen{Item: "m2"})
	h.refused(t, "p21", VoteCast{id, "for"}, CodeNotPresent)
	h.must(t, "p21", RollCallCheckIn{})
	h.must(t, "p21", VoteCast{id, "for"})
	h.must(t, "p20", VoteCast{id, "for"})
	h.must(t, "clerk", RollCallSet{Person: "p19", State: PresenceLeft})
	h.must(t, "p01", BallotClose{id})
	r := h.ballotView(t, AudienceDeputy).Ballot.Result
	if r.Present != 20 || r.NotPressed != 18 || r.Options[0].Count != 2 {
		t.Errorf("present %d, not pressed %d, for %d", r.Present, r.NotPressed, r.Options[0].Count)
	}
}

func TestCloseIsIdempotent(t *testing.T) {
	h := openHouse(t, 30, 24)
	id := h.openVote(t, BallotOpen{Item: "m2"})
	h.cast(t, id, "for", 1, 20)
	if n := len(h.must(t, "p01", BallotClose{id})); n != 1 {
		t.Fatalf("%d events", n)
	}
	before := encode(t, h.View(TopicBallot, AudienceSteer, nil))
	if n := len(h.must(t, "clerk", BallotClose{id})); n != 0 {
		t.Errorf("a second close makes %d events", n)
	}
	h.must(t, "p01", SittingClose{})
	if n := len(h.must(t, "p01", BallotClose{id})); n != 0 {
		t.Errorf("a close after the sitting makes %d events", n)
	}
	h.Apply(Event{Seq: h.Seq() + 1, At: h.now, Body: VoteReceived{id, "p24", "for"}})
	h.Apply(Event{Seq: h.Seq() + 1, At: h.now, Body: BallotClosed{Ballot: id}})
	if after := encode(t, h.ballotView(t, AudienceSteer).Ballot); !contains(before, after) {
		t.Errorf("a closed ballot changed:\n%s\n%s", before, after)
	}
}

func TestFrozenElectorateAndHash(t *testing.T) {
	h := openHouse(t, 30, 24)
	opened, ok := h.must(t, "p01", BallotOpen{Item: "m2", Seconds: 60})[0].(BallotOpened)
	if !ok || len(opened.Electorate) != 30 || opened.Total != 30 || opened.EndsAt != h.now.UnixMilli()+60_000 {
		t.Fatalf("opened: %+v", opened)
	}
	if opened.Hash != opened.BallotHash() || len(opened.Hash) != 64 {
		t.Error("hash does not belong to the fields")
	}
	for name, change := range map[string]func(*BallotOpened){
		"question":   func(e *BallotOpened) { e.Question += "." },
		"option":     func(e *BallotOpened) { e.Options[0].Label = "Đồng ý" },
		"electorate": func(e *BallotOpened) { e.Electorate = e.Electorate[1:] },
		"total":      func(e *BallotOpened) { e.Total++ },
		"base":       func(e *BallotOpened) { e.Base = BasePresent },
		"threshold":  func(e *BallotOpened) { e.Threshold.Strict = false },
	} {
		other := opened
		other.Options = slices.Clone(opened.Options)
		change(&other)
		if other.BallotHash() == opened.Hash {
			t.Errorf("the hash does not cover %s", name)
		}
	}
}

func TestRemindAndWhyNot(t *testing.T) {
	h := openHouse(t, 30, 20)
	if v := h.ballotView(t, AudienceSteer); !v.CanOpen || v.WhyNot != "" {
		t.Errorf("can open: %+v", v)
	}
	id := h.openVote(t, BallotOpen{Question: "Tán thành chủ trương?"})
	h.cast(t, id, "for", 1, 18)
	h.must(t, "p01", BallotRemind{id})
	v := h.ballotView(t, AudienceSteer)
	if len(v.Missing) != 2 || v.Missing[0].Person != "p19" || v.Ballot.RemindedAt == 0 || v.WhyNot != CodeBallotOpen {
		t.Errorf("steer sees %+v", v)
	}
	for _, a := range []Audience{AudienceDeputy, AudienceHall, AudienceCitizen, AudienceDisplay} {
		if v := h.ballotView(t, a); v.Missing != nil || v.WhyNot != "" || v.Ballot.Result != nil {
			t.Errorf("%s sees %+v", a, v)
		}
	}
}
