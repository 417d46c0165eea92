package council

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func open(m map[PersonID]bool) string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(m)) {
		ids = append(ids, string(id))
	}
	return strings.Join(ids, " ")
}

func TestMicrophones(t *testing.T) {
	type act struct {
		by   PersonID
		body CommandBody
	}
	speaking := []act{{"p01", FloorGive{Person: "p02"}}, {"p02", FloorAccept{}}}
	const everybody = "clerk clerk2 guest hall1 p01 p02 p03 tech"
	for _, c := range []struct {
		name string
		acts []act
		mic  string
		why  string
	}{
		{"floor: the chair", nil, "p01", whyPolicy},
		{"floor: invited is not yet open", []act{{"p01", FloorGive{Person: "p02"}}}, "p01", whyFloor},
		{"floor: speaker", speaking, "p01 p02", whyFloor},
		{"chair only: the speaker still", append(speaking[:2:2], act{"p01", GateSet{GateChair}}), "p01 p02", whyPolicy},
		{"speaker muted", append(speaking[:2:2], act{"p01", GateMute{"p02"}}), "p01", whyChair},
		{"muted before, then given the floor", append([]act{{"p01", GateMute{"p02"}}}, speaking...), "p01 p02", whyFloor},
		{"open", []act{{"p01", GateSet{GateOpen}}}, everybody, whyPolicy},
		{"open, one muted", []act{{"p01", GateSet{GateOpen}}, {"p01", GateMute{"p03"}}}, "clerk clerk2 guest hall1 p01 p02 tech", whyChair},
		{
			"open, muted and unmuted", []act{{"p01", GateSet{GateOpen}}, {"p01", GateMute{"p03"}}, {"p01", GateUnmute{"p03"}}},
			everybody, whyChair,
		},
		{"chair muted", []act{{"p01", GateMute{"p01"}}}, "", whyChair},
		{"mute all keeps chair and speaker", append(speaking[:2:2], act{"p01", GateSet{GateOpen}}, act{"p01", GateMuteAll{}}), "p01 p02", whyChair},
		{
			"undo opens only those that were open",
			[]act{{"p01", GateSet{GateOpen}}, {"p01", GateMute{"p03"}}, {"p01", GateMuteAll{}}, {"p01", GateUndo{}}},
			"clerk clerk2 guest hall1 p01 p02 tech", whyChair,
		},
		{
			"mute all, one unmuted",
			[]act{{"p01", GateSet{GateOpen}}, {"p01", GateMuteAll{}}, {"p01", GateUnmute{"p03"}}},
			"p01 p03", whyChair,
		},
		{
			"mute all, one unmuted, mute all again",
			[]act{{"p01", GateSet{GateOpen}}, {"p01", GateMuteAll{}}, {"p01", GateUnmute{"p03"}}, {"p01", GateMuteAll{}}},
			"p01", whyChair,
		},
		{
			"the speaker is closed after the turn",
			append(speaking[:2:2], act{"p01", GateSet{GateOpen}}, act{"p01", GateMuteAll{}}, act{"p01", FloorEnd{}}),
			"p01", whyFloor,
		},
		{"a policy ends mute all", []act{{"p01", GateSet{GateOpen}}, {"p01", GateMuteAll{}}, {"p01", GateSet{GateOpen}}}, everybody, whyPolicy},
		{"pause", []act{{"p01", GateSet{GateOpen}}, {"p01", SittingPause{}}}, "p01", whyChair},
		{"after the pause", []act{{"p01", GateSet{GateOpen}}, {"p01", SittingPause{}}, {"p01", SittingResume{}}}, everybody, whyPolicy},
		{
			"mute all in the pause lasts",
			[]act{{"p01", GateSet{GateOpen}}, {"p01", SittingPause{}}, {"p01", GateMuteAll{}}, {"p01", SittingResume{}}},
			"p01", whyPolicy,
		},
		{"closed", []act{{"p01", SittingClose{}}}, "", whyPolicy},
		{"citizen invited", []act{{"p01", FloorGive{Person: "cu1"}}}, "p01", whyFloor},
		{"citizen speaks", []act{{"p01", FloorGive{Person: "cu1"}}, {"cu1", FloorAccept{}}}, "cu1 p01", whyFloor},
		{
			"citizens stopped", []act{{"p01", FloorGive{Person: "cu1"}}, {"cu1", FloorAccept{}}, {"p01", GateStopCitizens{true}}},
			"p01", whyChair,
		},
		{
			"citizens allowed again",
			[]act{{"p01", GateStopCitizens{true}}, {"p01", FloorGive{Person: "cu1"}}, {"cu1", FloorAccept{}}, {"p01", GateStopCitizens{}}},
			"cu1 p01", whyChair,
		},
		{"citizen muted", []act{{"p01", FloorGive{Person: "cu1"}}, {"cu1", FloorAccept{}}, {"p01", GateMute{"cu1"}}}, "p01", whyChair},
		{
			"guest waits outside", []act{{"p01", GateSet{GateOpen}}, {"clerk", AdmissionSet{On: true}}},
			"clerk clerk2 hall1 p01 p02 p03 tech", whyPolicy,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := assembly(3)
			h := newHouse(t, p)
			h.must(t, "p01", SittingOpen{})
			for _, a := range c.acts {
				h.must(t, a.by, a.body)
			}
			m := h.Media(nil)
			if got := open(m.Mic); got != c.mic || m.Why != c.why {
				t.Errorf("open %q because of %s, want %q because of %s", got, m.Why, c.mic, c.why)
			}
			for _, id := range append(h.listed(), "cu1") {
				if h.Self(id, nil).Mic != m.Mic[id] || h.Self(id, nil).Cam != m.Cam[id] || h.Self(id, nil).Screen != m.Screen[id] {
					t.Errorf("%s is told something else than the media server", id)
				}
			}
		})
	}
}

func TestCamerasAndScreens(t *testing.T) {
	h := newHouse(t, assembly(3))
	const members = "clerk clerk2 guest hall1 p01 p02 p03 tech"
	if m := h.Media(nil); open(m.Cam) != members || open(m.Mic) != "p01" {
		t.Errorf("before the opening: cameras %q, microphones %q", open(m.Cam), open(m.Mic))
	}
	h.must(t, "p01", SittingOpen{})
	h.must(t, "p01", FloorGive{Person: "cu1"})
	h.must(t, "cu1", FloorAccept{})
	m := h.Media(nil)
	if open(m.Cam) != "clerk clerk2 cu1 guest hall1 p01 p02 p03 tech" || open(m.Screen) != "clerk clerk2 p01" || m.Stage != "cu1" {
		t.Errorf("a citizen speaks: cameras %q, screens %q, stage %s", open(m.Cam), open(m.Screen), m.Stage)
	}
	if open(m.Priority) != "hall1 p01" {
		t.Errorf("priority %q", open(m.Priority))
	}
	h.must(t, "p01", StagePin{"p03"})
	if h.Media(nil).Stage != "p03" {
		t.Error("the pin is not on stage")
	}
	h.refused(t, "p01", StagePin{"cu1"}, CodeNoPerson)
	h.refused(t, "p01", StagePin{"display"}, CodeNoPerson)
	h.must(t, "p01", StagePin{})
	h.must(t, "p01", SittingPause{})
	if m := h.Media(nil); open(m.Cam) != "p01" || open(m.Screen) != "p01" {
		t.Errorf("pause: cameras %q, screens %q", open(m.Cam), open(m.Screen))
	}
	h.must(t, "p01", SittingClose{})
	if m := h.Media(nil); len(m.Cam)+len(m.Mic)+len(m.Screen) != 0 || m.Stage != "" || !m.Closed {
		t.Errorf("closed: %+v", m)
	}
}

func TestGateCommandsThatChangeNothing(t *testing.T) {
	h := openHouse(t, 3, 3)
	h.refused(t, "p01", GateUndo{}, CodeNothingToUndo)
	h.refused(t, "p01", GateSet{"loud"}, CodeBadState)
	h.refused(t, "p01", GateMute{"x y"}, CodeNoPerson)
	h.refused(t, "p01", GateUnmute{"x y"}, CodeNoPerson)
	for _, c := range []struct {
		body   CommandBody
		events int
	}{
		{GateSet{GateFloor}, 0}, {GateUnmute{"p02"}, 0}, {GateMute{"p02"}, 1}, {GateMute{"p02"}, 0}, {GateMuteAll{}, 1},
		{GateMuteAll{}, 0}, {GateUndo{}, 1}, {GateStopCitizens{}, 0}, {StagePin{}, 0}, {StagePin{"p02"}, 1}, {StagePin{"p02"}, 0},
	} {
		if n := len(h.must(t, "p01", c.body)); n != c.events {
			t.Errorf("%T%v: %d events", c.body, c.body, n)
		}
	}
}

func TestWhoPresides(t *testing.T) {
	p := assembly(3)
	i := slices.IndexFunc(p.People, func(p Person) bool { return p.ID == "p02" })
	p.People[i].Roles = []Role{RoleChair}
	h := newHouse(t, p)
	for _, c := range []struct {
		online map[PersonID]bool
		want   PersonID
	}{
		{nil, "p01"}, {map[PersonID]bool{"p02": true}, "p02"}, {map[PersonID]bool{"p01": true, "p02": true}, "p01"},
	} {
		if got := h.Media(&Live{Online: c.online}).Chair; got != c.want {
			t.Errorf("%v: %s, want %s", c.online, got, c.want)
		}
	}
}
