package council

import "testing"

func TestPresence(t *testing.T) {
	closed := []CommandBody{RollCallOpen{}, RollCallClose{}}
	type mark struct {
		by   PersonID
		body CommandBody
	}
	for _, c := range []struct {
		name   string
		before []CommandBody // by the clerk
		then   []mark
		code   string // of the last of then
		person PersonID
		state  PresenceState
		place  string
		by     string
	}{
		{"checks in", []CommandBody{RollCallOpen{}}, []mark{{"p02", RollCallCheckIn{}}}, "", "p02", PresencePresent, Online, bySelf},
		{"before any roll-call", nil, []mark{{"p02", RollCallCheckIn{}}}, CodeRollCallNotOpen, "p02", PresenceUnknown, "", ""},
		{"after the close is late", closed, []mark{{"p02", RollCallCheckIn{}}}, "", "p02", PresenceLate, Online, bySelf},
		{"guest checks in", []CommandBody{RollCallOpen{}}, []mark{{"guest", RollCallCheckIn{}}}, CodeNotDeputy, "p02", PresenceUnknown, "", ""},
		{
			"excused, but comes", []CommandBody{RollCallOpen{}, RollCallSet{Person: "p02", State: PresenceExcused}},
			[]mark{{"p02", RollCallCheckIn{}}}, "", "p02", PresencePresent, Online, bySelf,
		},
		{
			"left, comes back after the close", []CommandBody{
				RollCallOpen{}, RollCallSet{Person: "p02", State: PresencePresent}, RollCallClose{},
				RollCallSet{Person: "p02", State: PresenceLeft},
			},
			[]mark{{"p02", RollCallCheckIn{}}}, "", "p02", PresenceLate, Online, bySelf,
		},
		{
			"the hall for its own list", []CommandBody{RollCallOpen{}},
			[]mark{{"hall1", RollCallSet{Person: "p03", State: PresencePresent}}}, "", "p03", PresencePresent, "hall1", byHall,
		},
		{
			"the hall after the close", closed,
			[]mark{{"hall1", RollCallSet{Person: "p03", State: PresencePresent}}}, "", "p03", PresenceLate, "hall1", byHall,
		},
		{
			"the hall for somebody else", []CommandBody{RollCallOpen{}},
			[]mark{{"hall1", RollCallSet{Person: "p02", State: PresencePresent}}}, CodeNotYours, "p02", PresenceUnknown, "", "",
		},
		{
			"the hall marks absent", []CommandBody{RollCallOpen{}},
			[]mark{{"hall1", RollCallSet{Person: "p03", State: PresenceExcused}}}, CodeBadState, "p03", PresenceUnknown, "", "",
		},
		{
			"the hall before a roll-call", nil,
			[]mark{{"hall1", RollCallSet{Person: "p03", State: PresencePresent}}}, CodeRollCallNotOpen, "p03", PresenceUnknown, "", "",
		},
		{
			"a deputy for another", []CommandBody{RollCallOpen{}},
			[]mark{{"p02", RollCallSet{Person: "p05", State: PresencePresent}}}, CodeNotYours, "p05", PresenceUnknown, "", "",
		},
		{
			"the clerk, in the hall of the list", []CommandBody{RollCallOpen{}},
			[]mark{{"clerk", RollCallSet{Person: "p03", State: PresencePresent}}}, "", "p03", PresencePresent, "hall1", byClerk,
		},
		{
			"excused before the roll-call", nil,
			[]mark{{"clerk", RollCallSet{Person: "p02", State: PresenceExcused, Reason: "ốm"}}}, "", "p02", PresenceExcused, "", byClerk,
		},
		{
			"present before the roll-call", nil,
			[]mark{{"clerk", RollCallSet{Person: "p02", State: PresencePresent}}}, CodeRollCallNotOpen, "p02", PresenceUnknown, "", "",
		},
		{
			"left without having come", []CommandBody{RollCallOpen{}},
			[]mark{{"clerk", RollCallSet{Person: "p02", State: PresenceLeft}}}, CodeNotPresent, "p02", PresenceUnknown, "", "",
		},
		{
			"correction without reason", closed,
			[]mark{{"clerk", RollCallSet{Person: "p02", State: PresencePresent}}}, CodeReasonRequired, "p02", PresenceUnknown, "", "",
		},
		{
			"correction with reason", closed,
			[]mark{{"clerk", RollCallSet{Person: "p02", State: PresencePresent, Reason: "đã có mặt từ đầu"}}}, "",
			"p02", PresencePresent, Online, byClerk,
		},
		{
			"late by the clerk", closed,
			[]mark{{"clerk", RollCallSet{Person: "p02", State: PresenceLate}}}, "", "p02", PresenceLate, Online, byClerk,
		},
		{
			"no such state", []CommandBody{RollCallOpen{}},
			[]mark{{"clerk", RollCallSet{Person: "p02", State: "here"}}}, CodeBadState, "p02", PresenceUnknown, "", "",
		},
		{
			"no such person", []CommandBody{RollCallOpen{}},
			[]mark{{"clerk", RollCallSet{Person: "p99", State: PresencePresent}}}, CodeNoPerson, "p99", PresenceUnknown, "", "",
		},
		{
			"no deputy", []CommandBody{RollCallOpen{}},
			[]mark{{"clerk", RollCallSet{Person: "guest", State: PresencePresent}}}, CodeNotDeputy, "guest", PresenceUnknown, "", "",
		},
		{"opened twice", []CommandBody{RollCallOpen{}}, []mark{{"clerk", RollCallOpen{}}}, CodeRollCallOpen, "p02", PresenceUnknown, "", ""},
		{"closed unopened", nil, []mark{{"clerk", RollCallClose{}}}, CodeRollCallNotOpen, "p02", PresenceUnknown, "", ""},
		{"endless countdown", nil, []mark{{"clerk", RollCallOpen{Seconds: 1e6}}}, CodeBadNumber, "p02", PresenceUnknown, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, assembly(6))
			for _, b := range c.before {
				h.must(t, "clerk", b)
			}
			for i, m := range c.then {
				if i == len(c.then)-1 && c.code != "" {
					h.refused(t, m.by, m.body, c.code)
				} else {
					h.must(t, m.by, m.body)
				}
			}
			p := h.roll.presence[c.person]
			if got := h.presenceOf(c.person); got != c.state || p.place != c.place || p.by != c.by {
				t.Errorf("got %s %q by %q, want %s %q by %q", got, p.place, p.by, c.state, c.place, c.by)
			}
		})
	}
}

func TestQuorumIsLive(t *testing.T) {
	h := newHouse(t, assembly(30))
	h.must(t, "clerk", RollCallOpen{Seconds: 60})
	for i := 1; i <= 19; i++ {
		h.must(t, pid(i), RollCallCheckIn{})
	}
	if q := h.Quorum(); q != (QuorumView{Needed: true, Present: 19, Total: 30, Need: 20}) {
		t.Errorf("19 of 30: %+v", q)
	}
	h.must(t, "p20", RollCallCheckIn{})
	h.must(t, "clerk", RollCallClose{})
	if n := len(h.must(t, "clerk", RollCallClose{})); n != 0 {
		t.Error("closed twice")
	}
	if q := h.Quorum(); !q.Met {
		t.Errorf("20 of 30: %+v", q)
	}
	h.must(t, System, ConnectionLost{"p20"})
	if q := h.Quorum(); !q.Met {
		t.Error("a lost connection is not leaving")
	}
	h.must(t, "clerk", RollCallSet{Person: "p20", State: PresenceLeft})
	h.must(t, "p21", RollCallCheckIn{})
	h.must(t, "clerk", RollCallSet{Person: "p22", State: PresenceUnexcused, Reason: "không báo"})
	v, _ := h.View(TopicRollCall, AudienceSteer, nil).(RollCallView)
	want := RollCallCounts{Present: 20, Late: 1, Unexcused: 1, Left: 1, Unknown: 8, BySelf: 20}
	if v.Counts != want || v.State != rollClosed || v.Quorum.Present != 20 {
		t.Errorf("got %+v %+v, want %+v", v.Counts, v.Quorum, want)
	}
	if frozen := h.roll.records[0]; frozen.Counts.Present != 20 || frozen.Counts.Late != 0 {
		t.Errorf("the frozen count is %+v", frozen.Counts)
	}
}

func TestNumbersOfDeputies(t *testing.T) {
	p := assembly(3)
	p.Rules.InOffice = 5
	h := newHouse(t, p)
	if q := h.Quorum(); q.Total != 5 || q.Need != 4 {
		t.Errorf("two seats without listed deputy: %+v", q)
	}
	p.Rules.RollCall = false
	h = newHouse(t, p)
	if h.Quorum().Needed {
		t.Error("quorum without roll-call")
	}
	h.refused(t, "clerk", RollCallOpen{}, CodeNoRollCall)
	h.must(t, "p01", SittingOpen{})
	h.refused(t, "p01", BallotOpen{Item: "m2"}, CodeNoRollCall)
}

func TestSecondRollCallKeepsPresence(t *testing.T) {
	h := openHouse(t, 6, 4)
	h.must(t, "clerk", RollCallClose{})
	h.must(t, "clerk", RollCallOpen{})
	if h.Quorum().Present != 4 {
		t.Error("the second roll-call forgot who is there")
	}
	h.must(t, "p05", RollCallCheckIn{})
	if h.presenceOf("p05") != PresencePresent {
		t.Error("late in an open roll-call")
	}
	h.must(t, "clerk", RollCallClose{})
	if r := h.Minutes().RollCalls; len(r) != 2 || r[1].Counts.Present != 5 {
		t.Errorf("roll-calls %+v", r)
	}
}

func TestCheckInFromTheHall(t *testing.T) {
	h := newHouse(t, assembly(6))
	h.must(t, "clerk", RollCallOpen{})
	h.must(t, "p03", RollCallCheckIn{})
	h.actors["p03"] = Actor{Person: "p03", Place: "hall1"}
	h.must(t, "p03", RollCallCheckIn{})
	if p := h.roll.presence["p03"]; p.place != "hall1" || p.state != PresencePresent {
		t.Errorf("moved into the hall: %+v", p)
	}
	h.actors["p05"] = Actor{Person: "p05", Place: "guest"}
	h.must(t, "p05", RollCallCheckIn{})
	if p := h.roll.presence["p05"]; p.place != Online {
		t.Errorf("a place that is no hall: %+v", p)
	}
	if n := len(h.must(t, "p05", RollCallCheckIn{})); n != 0 {
		t.Error("checked in twice")
	}
}

func TestConnections(t *testing.T) {
	h := openHouse(t, 5, 5)
	h.refused(t, "p01", ConnectionLost{"p02"}, CodeSystemOnly)
	h.refused(t, "p01", ConnectionBack{"p02"}, CodeSystemOnly)
	h.refused(t, "clerk", AttendanceCount{Place: Online}, CodeSystemOnly)
	h.refused(t, System, AttendanceCount{Place: Online, Hall: -1}, CodeBadNumber)
	for _, c := range []struct {
		body   CommandBody
		events int
	}{
		{ConnectionBack{"p02"}, 0}, {ConnectionLost{"cu1"}, 0}, {ConnectionLost{"p02"}, 1}, {ConnectionLost{"p02"}, 0},
		{ConnectionBack{"p02"}, 1}, {AttendanceCount{Place: Online, Hall: 0, Online: 40}, 1},
	} {
		if n := len(h.must(t, System, c.body)); n != c.events {
			t.Errorf("%+v: %d events", c.body, n)
		}
	}
	m := h.Minutes()
	if got := m.Attendance[1].Changes; len(got) != 3 || got[1].State != "lost" || got[2].State != "back" {
		t.Errorf("time line %+v", got)
	}
	if m.Headcounts[0].Online != 40 || m.Attendance[1].State != PresencePresent {
		t.Errorf("counts %+v, state %s", m.Headcounts, m.Attendance[1].State)
	}
	h.must(t, "p01", SittingClose{})
	h.refused(t, System, AttendanceCount{Place: Online}, CodeSittingClosed)
	if n := len(h.must(t, System, ConnectionLost{"p02"})); n != 0 {
		t.Error("lost after the close")
	}
}
