package council

import (
	"strings"
	"testing"
)

func TestCheckPublished(t *testing.T) {
	if err := assembly(5).Check(); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("a", maxTitle+1)
	vote := func(change func(*VoteTemplate)) func(*Published) {
		return func(p *Published) {
			v := *p.Agenda[1].Vote
			change(&v)
			p.Agenda[1].Vote = &v
		}
	}
	for name, change := range map[string]func(*Published){
		"no council":        func(p *Published) { p.Council = "" },
		"no title":          func(p *Published) { p.Title = "" },
		"long title":        func(p *Published) { p.Title = long },
		"control in place":  func(p *Published) { p.Place = "a\x00" },
		"empty hamlet":      func(p *Published) { p.Hamlets = []string{""} },
		"nobody":            func(p *Published) { p.People = nil },
		"bad id":            func(p *Published) { p.People[0].ID = "a b" },
		"the system's id":   func(p *Published) { p.People[0].ID = System },
		"online as id":      func(p *Published) { p.People[0].ID = Online },
		"twice":             func(p *Published) { p.People[1].ID = p.People[0].ID },
		"no roles":          func(p *Published) { p.People[0].Roles = nil },
		"no such role":      func(p *Published) { p.People[0].Roles = []Role{"king"} },
		"listed citizen":    func(p *Published) { p.People[0].Roles = []Role{RoleCitizen} },
		"role twice":        func(p *Published) { p.People[0].Roles = []Role{RoleClerk, RoleClerk} },
		"voting hall":       func(p *Published) { p.People[0].Roles = []Role{RoleHall, RoleDeputy} },
		"hall is none":      func(p *Published) { p.People[0].Hall = "p01" },
		"no name":           func(p *Published) { p.People[0].Name = "" },
		"long label":        func(p *Published) { p.People[0].Label = strings.Repeat("a", maxLabel+1) },
		"seat":              func(p *Published) { p.People[0].Seat = -1 },
		"item twice":        func(p *Published) { p.Agenda[1].ID = p.Agenda[0].ID },
		"item untitled":     func(p *Published) { p.Agenda[1].Title = "" },
		"item for ever":     func(p *Published) { p.Agenda[1].Minutes = 1e6 },
		"too many items":    func(p *Published) { p.Agenda = make([]AgendaItem, maxItems+1) },
		"vote threshold":    vote(func(v *VoteTemplate) { v.Threshold = Fraction{3, 2, false} }),
		"vote base":         vote(func(v *VoteTemplate) { v.Base = "some" }),
		"one option":        vote(func(v *VoteTemplate) { v.Options = []Option{{"a", "A"}} }),
		"option twice":      vote(func(v *VoteTemplate) { v.Options = []Option{{"a", "A"}, {"a", "B"}} }),
		"option unlabelled": vote(func(v *VoteTemplate) { v.Options = []Option{{"a", "A"}, {"b", ""}} }),
		"long question":     vote(func(v *VoteTemplate) { v.Question = long }),
		"preset twice":      func(p *Published) { p.Votes[1].ID = p.Votes[0].ID },
		"preset threshold":  func(p *Published) { p.Votes[1].Threshold = Fraction{1, 1, true} },
		"fewer in office":   func(p *Published) { p.Rules.InOffice = 4 },
		"negative elected":  func(p *Published) { p.Rules.Elected = -1 },
		"quorum":            func(p *Published) { p.Rules.Quorum = Fraction{3, 2, false} },
		"quorum base":       func(p *Published) { p.Rules.QuorumBase = BasePresent },
		"policy":            func(p *Published) { p.Rules.GatePolicy = "loud" },
		"second turn":       func(p *Published) { p.Rules.SecondTurn = -1 },
		"grace":             func(p *Published) { p.Rules.GraceSeconds = 1e6 },
		"speaking time":     func(p *Published) { p.Rules.TurnSeconds[TurnSpeak] = -1 },
		"kind of turn":      func(p *Published) { p.Rules.TurnSeconds["song"] = 1 },
		"citation":          func(p *Published) { p.Rules.QuorumCitation = long },
	} {
		t.Run(name, func(t *testing.T) {
			p := assembly(5)
			change(&p)
			e := asError(p.Check())
			if e == nil || e.Code != CodeBadPublished {
				t.Fatalf("got %v", e)
			}
			checkCode(t, e)
		})
	}
}

func TestMinutes(t *testing.T) {
	h, _ := play(t, "ket-qua")
	h.must(t, "p03", QueueRaise{})
	h.must(t, "p01", SittingClose{})
	m := h.Minutes()
	if m.Sitting != "s1" || m.State != StateClosed || m.OpenedAt == 0 || m.ClosedAt != h.now.UnixMilli() {
		t.Errorf("head %+v", m)
	}
	if len(m.Votes) != 2 || len(m.Votes[1].Steps) != 25 || !m.Votes[1].Result.Passed || len(m.Votes[1].Result.ByName) != 26 {
		t.Errorf("votes %+v", m.Votes)
	}
	if last := m.Votes[1].Steps[24]; !last.Recorded || last.Person != "p25" {
		t.Errorf("the clerk's record: %+v", last)
	}
	if len(m.Items) != 6 || len(m.Items[0].Spans) != 1 || m.Items[0].Spans[0].End != m.Items[4].Spans[0].Start {
		t.Errorf("items %+v", m.Items)
	}
	if m.Items[4].Spans[0].End != m.ClosedAt || m.Items[4].Present != 26 || m.Items[0].No != 1 {
		t.Errorf("current item %+v", m.Items[4])
	}
	if len(m.Attendance) != 30 || m.Attendance[25].State != PresenceLate || m.Attendance[25].FirstAt <= m.OpenedAt {
		t.Errorf("the late one %+v", m.Attendance[25])
	}
	if m.Attendance[26].Changes[0].Reason != "Đi công tác" || m.Attendance[6].Place != "hall1" {
		t.Errorf("excused %+v, in the hall %+v", m.Attendance[26], m.Attendance[6])
	}
	if len(m.Speakers) != 1 || m.Speakers[0].Label != "Đại biểu số 22" || m.Speakers[0].Item != "m5" {
		t.Errorf("speakers %+v", m.Speakers)
	}
	if len(m.Unheard) != 1 || m.Unheard[0].Person != "p03" {
		t.Errorf("unheard %+v", m.Unheard)
	}
	open, _ := play(t, "ky-hop")
	if v := open.Minutes().Votes[0]; v.Result != nil || v.Steps != nil {
		t.Error("minutes show an open ballot")
	}
}
