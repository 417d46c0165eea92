package council

import (
	"slices"
	"strings"
	"testing"
)

func contains(whole, part string) bool { return strings.Contains(whole, part) }

func TestAudienceOf(t *testing.T) {
	s := NewSitting("s1")
	for _, c := range []struct {
		roles []Role
		want  Audience
	}{
		{[]Role{RoleChair}, AudienceSteer},
		{[]Role{RoleClerk}, AudienceSteer},
		{[]Role{RoleDeputy, RoleChair}, AudienceSteer},
		{[]Role{RoleDeputy}, AudienceDeputy},
		{[]Role{RoleTeller}, AudienceDeputy},
		{[]Role{RoleGuest}, AudienceDeputy},
		{[]Role{RoleTechnician, RoleGuest}, AudienceDeputy},
		{[]Role{RoleTechnician}, AudienceHall},
		{[]Role{RoleHall}, AudienceHall},
		{[]Role{RoleCitizen}, AudienceCitizen},
		{[]Role{RoleDisplay}, AudienceDisplay},
		{nil, AudienceDisplay},
	} {
		if got := s.AudienceOf(c.roles); got != c.want {
			t.Errorf("%v: %s, want %s", c.roles, got, c.want)
		}
	}
}

func TestRolesComeFromTheSitting(t *testing.T) {
	h := newHouse(t, assembly(5))
	for _, c := range []struct {
		actor Actor
		want  []Role
	}{
		{Actor{Person: "p01", Roles: []Role{RoleCitizen}}, []Role{RoleChair, RoleDeputy}},
		{Actor{Person: "p02", Roles: []Role{RoleChair}}, []Role{RoleDeputy}},
		{Actor{Person: "cu1", Roles: []Role{RoleChair, RoleCitizen, RoleDeputy}}, []Role{RoleCitizen}},
		{Actor{Person: "x", Roles: []Role{RoleDisplay}}, []Role{RoleDisplay}},
		{Actor{Person: "x"}, nil},
	} {
		if got := h.ActorRoles(c.actor); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.actor, got, c.want)
		}
	}
}

func TestChairTakenByTheClerk(t *testing.T) {
	h := openHouse(t, 5, 5)
	h.chairOn = true
	h.refused(t, "clerk", ChairTake{}, CodeChairOnline)
	h.chairOn = false
	h.refused(t, "p02", ChairTake{}, CodeNotYours)
	h.refused(t, "clerk", ChairReturn{}, CodeChairNotTaken)
	h.must(t, "clerk", ChairTake{})
	if !slices.Contains(h.RolesOf("clerk"), RoleChair) || !h.Media(nil).Mic["clerk"] {
		t.Error("the clerk does not preside")
	}
	if v, _ := h.View(TopicFloor, AudienceCitizen, nil).(FloorView); v.Chair != "clerk" {
		t.Errorf("chair is %s", v.Chair)
	}
	if n := len(h.must(t, "clerk", ChairTake{})); n != 0 {
		t.Error("taken twice")
	}
	h.refused(t, "clerk2", ChairTake{}, CodeChairTaken)
	h.refused(t, "clerk2", ChairReturn{}, CodeNotYours)
	h.must(t, "p01", ChairReturn{})
	if slices.Contains(h.RolesOf("clerk"), RoleChair) {
		t.Error("the clerk still presides")
	}
}

func TestLifecycle(t *testing.T) {
	for _, c := range []struct {
		name   string
		before []CommandBody
		body   CommandBody
		code   string // "" = success without events
	}{
		{"open twice", []CommandBody{SittingOpen{}}, SittingOpen{}, ""},
		{"pause before opening", nil, SittingPause{}, CodeNotOpen},
		{"pause twice", []CommandBody{SittingOpen{}, SittingPause{}}, SittingPause{}, ""},
		{"endless pause", []CommandBody{SittingOpen{}}, SittingPause{Minutes: 9999}, CodeBadNumber},
		{"open when paused", []CommandBody{SittingOpen{}, SittingPause{}}, SittingOpen{}, CodePaused},
		{"resume when open", []CommandBody{SittingOpen{}}, SittingResume{}, ""},
		{"resume before opening", nil, SittingResume{}, CodeNotOpen},
		{"close before opening", nil, SittingClose{}, CodeNotOpen},
		{"close twice", []CommandBody{SittingOpen{}, SittingClose{}}, SittingClose{}, ""},
		{"reopen", []CommandBody{SittingOpen{}, SittingClose{}}, SittingOpen{}, CodeSittingClosed},
		{"resume when closed", []CommandBody{SittingOpen{}, SittingClose{}}, SittingResume{}, CodeSittingClosed},
		{"item before opening", nil, AgendaGoto{"m1"}, CodeNotOpen},
		{"item in a pause", []CommandBody{SittingOpen{}, SittingPause{}}, AgendaGoto{"m1"}, CodePaused},
		{"unknown item", []CommandBody{SittingOpen{}}, AgendaGoto{"m7"}, CodeNoItem},
		{"same item", []CommandBody{SittingOpen{}, AgendaGoto{"m1"}}, AgendaGoto{"m1"}, ""},
		{"roll-call after the close", []CommandBody{SittingOpen{}, SittingClose{}}, RollCallOpen{}, CodeSittingClosed},
		{"hand after the close", []CommandBody{SittingOpen{}, SittingClose{}}, QueueRaise{}, CodeSittingClosed},
		{"floor after the close", []CommandBody{SittingOpen{}, SittingClose{}}, FloorGive{Person: "p02"}, CodeSittingClosed},
		{"message after the close", []CommandBody{SittingOpen{}, SittingClose{}}, MessageSend{To: toAll, Text: "x"}, CodeSittingClosed},
		{"gate after the close", []CommandBody{SittingOpen{}, SittingClose{}}, GateSet{GateOpen}, CodeSittingClosed},
		{"mute after the close", []CommandBody{SittingOpen{}, SittingClose{}}, GateMute{"p02"}, CodeSittingClosed},
		{"door after the close", []CommandBody{SittingOpen{}, SittingClose{}}, AdmissionSet{On: true}, CodeSittingClosed},
		{"chair after the close", []CommandBody{SittingOpen{}, SittingClose{}}, ChairTake{}, CodeSittingClosed},
		{"lost after the close", []CommandBody{SittingOpen{}, SittingClose{}}, ConnectionLost{"p02"}, CodeSystemOnly},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, assembly(5))
			for _, b := range c.before {
				h.must(t, "p01", b)
			}
			if c.code != "" {
				h.refused(t, "p01", c.body, c.code)
			} else if n := len(h.must(t, "p01", c.body)); n != 0 {
				t.Errorf("%d events", n)
			}
		})
	}
}

func TestUnpublishedSittingRefuses(t *testing.T) {
	s := NewSitting("s1")
	if _, err := s.Decide(Command{Body: SittingOpen{}}); asError(err) == nil || asError(err).Code != CodeNotOpen {
		t.Errorf("got %v", err)
	}
	h := newHouse(t, assembly(3))
	if _, err := h.Decide(Command{}); asError(err) == nil || asError(err).Code != CodeUnknownCommand {
		t.Errorf("got %v", err)
	}
}

func TestPauseEndsTheTurnAndCloseTheRollCall(t *testing.T) {
	h := openHouse(t, 5, 5)
	h.must(t, "p02", QueueRaise{})
	h.must(t, "p01", FloorGive{Person: "p02"})
	h.must(t, "p01", SittingPause{Minutes: 15})
	head, _ := h.View(TopicAgenda, AudienceCitizen, nil).(AgendaView)
	if head.Sitting.State != StatePaused || head.Sitting.PauseEndsAt != h.now.UnixMilli()+15*60_000 {
		t.Errorf("head %+v", head.Sitting)
	}
	if h.turn != nil || h.Self("p02", nil).Place != 1 {
		t.Error("an invited person lost the hand by the break")
	}
	h.must(t, "p01", SittingResume{})
	h.must(t, "p01", SittingClose{})
	if h.roll.state != rollClosed || h.State() != StateClosed {
		t.Error("the roll-call stayed open")
	}
	if p := h.Minutes().Pauses; len(p) != 1 || p[0].End <= p[0].Start {
		t.Errorf("pauses %v", p)
	}
}
