package council

import (
	"slices"
	"testing"
)

// order lists the persons (or labels) of the queue.
func (h *house) order() []string {
	var out []string
	for i := range h.queue {
		if h.queue[i].label != "" {
			out = append(out, h.queue[i].label)
		} else {
			out = append(out, string(h.queue[i].person))
		}
	}
	return out
}

func TestQueueOrder(t *testing.T) {
	type act struct {
		by   PersonID
		body CommandBody
	}
	for _, c := range []struct {
		name string
		acts []act
		want []string
	}{
		{"by sequence", []act{{"p05", QueueRaise{}}, {"p02", QueueRaise{}}, {"cu1", QueueRaise{}}}, []string{"p05", "p02", "cu1"}},
		{
			"another kind keeps the place",
			[]act{{"p05", QueueRaise{}}, {"p02", QueueRaise{}}, {"p05", QueueRaise{Kind: TurnDebate}}},
			[]string{"p05", "p02"},
		},
		{"withdraw", []act{{"p05", QueueRaise{}}, {"p02", QueueRaise{}}, {"p05", QueueWithdraw{}}}, []string{"p02"}},
		{"withdraw without a hand", []act{{"p05", QueueWithdraw{}}}, nil},
		{
			"withdrawn and raised again goes last",
			[]act{{"p05", QueueRaise{}}, {"p02", QueueRaise{}}, {"p05", QueueWithdraw{}}, {"p05", QueueRaise{}}},
			[]string{"p02", "p05"},
		},
		{
			"declined returns to its place",
			[]act{
				{"p05", QueueRaise{}},
				{"p02", QueueRaise{}},
				{"p01", FloorGive{Person: "p05"}},
				{"p04", QueueRaise{}},
				{"p05", FloorDecline{}},
			},
			[]string{"p05", "p02", "p04"},
		},
		{
			"invited, then somebody else: returns",
			[]act{{"p05", QueueRaise{}}, {"p02", QueueRaise{}}, {"p01", FloorGive{Person: "p05"}}, {"p01", FloorGive{Person: "p02"}}},
			[]string{"p05"},
		},
		{
			"spoken lowers",
			[]act{
				{"p05", QueueRaise{}},
				{"p02", QueueRaise{}},
				{"p01", FloorGive{Person: "p05"}},
				{"p05", FloorAccept{}},
				{"p01", FloorGive{Person: "p02"}},
			},
			nil,
		},
		{
			"an invitation ended by the chair lowers",
			[]act{{"p05", QueueRaise{}}, {"p02", QueueRaise{}}, {"p01", FloorGive{Person: "p05"}}, {"p01", FloorEnd{}}},
			[]string{"p02"},
		},
		{
			"on behalf", []act{{"clerk", QueueRaise{Person: "p05"}}, {"hall1", QueueRaise{Person: "p03"}}},
			[]string{"p05", "p03"},
		},
		{
			"voters in a hall", []act{
				{"hall1", QueueRaise{Label: "cử tri số 12"}},
				{"hall1", QueueRaise{Label: "Cử tri số 3"}},
				{"hall1", QueueRaise{Label: "Cử tri số 12"}},
			},
			[]string{"Cử tri số 12", "Cử tri số 3"},
		},
		{
			"the hall withdraws what it raised",
			[]act{{"hall1", QueueRaise{Person: "p03"}}, {"p05", QueueRaise{}}, {"hall1", QueueWithdraw{Entry: "q9"}}},
			[]string{"p05"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := openHouse(t, 5, 5)
			if h.Seq() != 8 {
				t.Fatalf("seq %d: the table counts on q9", h.Seq())
			}
			for _, a := range c.acts {
				h.must(t, a.by, a.body)
			}
			if got := h.order(); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestQueueIsRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		by   PersonID
		body CommandBody
		code string
	}{
		{"for another", "p02", QueueRaise{Person: "p05"}, CodeNotYours},
		{"hall for another's list", "hall1", QueueRaise{Person: "p05"}, CodeNotYours},
		{"for nobody", "clerk", QueueRaise{Person: "p99"}, CodeNoPerson},
		{"for a display", "clerk", QueueRaise{Person: "display"}, CodeCannotSpeak},
		{"display", "display", QueueRaise{}, CodeCannotSpeak},
		{"label by a deputy", "p02", QueueRaise{Label: "cử tri số 1"}, CodeNotYours},
		{"a name as label", "hall1", QueueRaise{Label: "Bà con thôn 3"}, CodeBadLabel},
		{"a name after the number", "hall1", QueueRaise{Label: "cử tri số 1 thôn 3"}, CodeBadLabel},
		{"citizen's kind by a deputy", "p02", QueueRaise{Kind: TurnCitizen}, CodeBadKind},
		{"question by a citizen", "cu1", QueueRaise{Kind: TurnQuestion}, CodeBadKind},
		{"no such kind", "p02", QueueRaise{Kind: "song"}, CodeBadKind},
		{"asked nobody", "p02", QueueRaise{Kind: TurnQuestion, AskedWho: "p99"}, CodeNoPerson},
		{"withdraw another's", "p04", QueueWithdraw{Entry: "q9"}, CodeNotYours},
		{"withdraw nothing", "p04", QueueWithdraw{Entry: "q99"}, CodeNoEntry},
		{"has the floor", "guest", QueueRaise{}, CodeHasFloor},
		{"give to nobody", "p01", FloorGive{}, CodeNoPerson},
		{"give to no entry", "p01", FloorGive{Entry: "q99"}, CodeNoEntry},
		{"give to a display", "p01", FloorGive{Person: "display"}, CodeCannotSpeak},
		{"give to a bad id", "p01", FloorGive{Person: "x y"}, CodeNoPerson},
		{"give again", "p01", FloorGive{Person: "guest"}, CodeHasFloor},
		{"give for ever", "p01", FloorGive{Person: "p02", Seconds: 1e6}, CodeBadNumber},
		{"give of a wrong kind", "p01", FloorGive{Person: "p02", Kind: TurnCitizen}, CodeBadKind},
		{"accept uninvited", "p02", FloorAccept{}, CodeNotInvited},
		{"accept by the clerk", "clerk", FloorAccept{}, CodeNotInvited},
		{"decline uninvited", "p02", FloorDecline{}, CodeNotInvited},
		{"end another's", "p02", FloorEnd{}, CodeNotYours},
		{"extend by nothing", "p01", FloorExtend{}, CodeBadNumber},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := openHouse(t, 5, 5)
			h.must(t, "p02", QueueRaise{})
			h.must(t, "p01", FloorGive{Person: "guest"})
			h.refused(t, c.by, c.body, c.code)
		})
	}
}

func TestFloorWithoutHolder(t *testing.T) {
	h := openHouse(t, 5, 5)
	h.refused(t, "p02", FloorAccept{}, CodeNoFloor)
	h.refused(t, "p02", FloorDecline{}, CodeNoFloor)
	h.refused(t, "p01", FloorExtend{60}, CodeNoFloor)
	if n := len(h.must(t, "p01", FloorEnd{})); n != 0 {
		t.Error("ended nothing")
	}
}

func TestTurnTimes(t *testing.T) {
	h := openHouse(t, 5, 5)
	h.must(t, "p01", AgendaGoto{"m1"})
	speak := func(give FloorGive, by PersonID) int64 {
		t.Helper()
		h.must(t, "p01", give)
		allowed := h.turn.allowedMS / 1000
		h.must(t, by, FloorAccept{})
		h.must(t, "p01", FloorEnd{})
		return allowed
	}
	for _, c := range []struct {
		name string
		give FloorGive
		by   PersonID
		want int64
	}{
		{"first time", FloorGive{Person: "p02"}, "p02", 420},
		{"second time in the item", FloorGive{Person: "p02"}, "p02", 180},
		{"by hand", FloorGive{Person: "p02", Seconds: 90}, "p02", 90},
		{"debate", FloorGive{Person: "p02", Kind: TurnDebate}, "p02", 180},
		{"explanation without a rule", FloorGive{Person: "guest", Kind: TurnExplain}, "guest", 600},
		{"question without a rule", FloorGive{Person: "p05", Kind: TurnQuestion}, "p05", 180},
		{"citizen", FloorGive{Person: "cu1"}, "cu1", 120},
	} {
		if got := speak(c.give, c.by); got != c.want {
			t.Errorf("%s: %d s, want %d", c.name, got, c.want)
		}
	}
	h.must(t, "p01", AgendaGoto{"m2"})
	if got := speak(FloorGive{Person: "p02"}, "p02"); got != 420 {
		t.Errorf("first time in the next item: %d s", got)
	}
}

func TestTurnRuns(t *testing.T) {
	h := openHouse(t, 5, 5)
	h.must(t, "p02", QueueRaise{Kind: TurnQuestion, AskedWho: "guest"})
	h.must(t, "p01", FloorGive{Person: "p02"})
	holder := func(a Audience) *FloorHolder {
		v, _ := h.View(TopicFloor, a, nil).(FloorView)
		return v.Holder
	}
	if f := holder(AudienceCitizen); f.State != turnInvited || f.StartedAt != 0 || f.Person != "p02" {
		t.Errorf("invited: %+v", f)
	}
	h.must(t, "p02", FloorAccept{})
	started := h.now.UnixMilli()
	if n := len(h.must(t, "p02", FloorAccept{})); n != 0 {
		t.Error("accepted twice")
	}
	h.refused(t, "p02", FloorDecline{}, CodeAlreadySpeaking)
	h.must(t, "p01", FloorExtend{60})
	if f := holder(AudienceDisplay); f.State != turnSpeaking || f.StartedAt != started || f.AllowedMS != 240_000 {
		t.Errorf("speaking: %+v", f)
	}
	h.must(t, "p02", FloorEnd{})
	v, _ := h.View(TopicFloor, AudienceSteer, nil).(FloorView)
	if v.Holder != nil || v.LastEnded == nil || v.LastEnded.Person != "p02" || v.LastEnded.State != turnEnded {
		t.Errorf("ended: %+v", v)
	}
	if m := h.Minutes().Speakers; len(m) != 1 || m[0].StartedAt != started || m[0].EndedAt != h.now.UnixMilli() || m[0].Asked != "guest" {
		t.Errorf("minutes: %+v", m)
	}
}

func TestFloorThroughTheHall(t *testing.T) {
	h := openHouse(t, 5, 5)
	h.must(t, "p01", FloorGive{Person: "p03"})
	if h.turn.source != "p03" {
		t.Fatalf("checked in online, speaks through %s", h.turn.source)
	}
	h.actors["p03"] = Actor{Person: "p03", Place: "hall1"} // the device goes to hall mode
	h.must(t, "p03", RollCallCheckIn{})
	if roll := h.View(TopicRollCall, AudienceDeputy, nil).(RollCallView); roll.Rows[2].Place != "hall1" || !roll.Rows[2].State.Counts() {
		t.Errorf("roll-call row %+v", roll.Rows[2])
	}
	h.must(t, "p01", FloorEnd{})
	h.must(t, "p01", FloorGive{Person: "p03"})
	if h.turn.source != "hall1" {
		t.Fatalf("source %s", h.turn.source)
	}
	h.refused(t, "p04", FloorAccept{}, CodeNotInvited)
	h.must(t, "hall1", FloorAccept{})
	m := h.Media(nil)
	if !m.Mic["hall1"] || !m.Mic["p03"] || m.Mic["p04"] || !m.Screen["hall1"] || m.Stage != "hall1" {
		t.Errorf("media %+v", m)
	}
	if f := h.Self("hall1", nil).Floor; f == nil || f.Person != "p03" || f.Label != "Đại biểu số 03" {
		t.Errorf("the hall sees %+v", f)
	}
	h.must(t, "hall1", FloorEnd{})
	h.must(t, "hall1", QueueRaise{Label: "cử tri số 7"})
	h.must(t, "p01", FloorGive{Entry: h.queue[0].id})
	h.must(t, "hall1", FloorAccept{})
	if f := h.Self("hall1", nil).Floor; f.Label != "Cử tri số 7" || f.Kind != TurnCitizen {
		t.Errorf("the voter without device: %+v", f)
	}
	h.actors["p05"] = Actor{Person: "p05", Place: "hall1"}
	h.must(t, "p05", QueueRaise{})
	if h.queue[0].hall != "hall1" {
		t.Error("a session in hall mode raises through the hall")
	}
}

func TestWhereAHandComesFrom(t *testing.T) {
	h := openHouse(t, 5, 3)
	h.must(t, "hall1", RollCallSet{Person: "p04", State: PresencePresent})
	h.actors["p05"] = Actor{Person: "p05", Place: "hall1"}
	for _, tt := range []struct {
		who, hall PersonID
		why       string
	}{
		{"p02", "", "online"},
		{"p03", "", "checked in online, though the list names a hall"},
		{"p04", "hall1", "an online session of somebody whom the hall's operator marked"},
		{"p05", "hall1", "a session in hall mode"},
	} {
		h.must(t, tt.who, QueueRaise{})
		if got := h.queue[len(h.queue)-1].hall; got != tt.hall {
			t.Errorf("%s: %q, want %q", tt.why, got, tt.hall)
		}
	}
}

func TestQueueIsFull(t *testing.T) {
	h := openHouse(t, 5, 5)
	for i := range maxQueue {
		h.insert(hand{id: "x", seq: uint64(1000 + i), person: "cu9"})
	}
	h.refused(t, "p02", QueueRaise{}, CodeQueueFull)
}

func TestCitizensAsk(t *testing.T) {
	p := assembly(3)
	delete(p.Rules.TurnSeconds, TurnCitizen)
	h := newHouse(t, p)
	h.must(t, "p01", SittingOpen{})
	h.refused(t, "cu1", QueueRaise{}, CodeCitizensNotHere)
	h.refused(t, "hall1", QueueRaise{Label: "cử tri số 1"}, CodeCitizensNotHere)
	p.Public = false
	h = newHouse(t, p)
	h.must(t, "p01", SittingOpen{})
	h.refused(t, "p01", FloorGive{Person: "cu1"}, CodeNoPerson)
}

func TestHamletLabel(t *testing.T) {
	p := assembly(3)
	p.Hamlets = []string{"Thôn 3", "Tổ dân phố Hồng Hà", "Làng Bạc", "Đồng Tâm"}
	h := newHouse(t, p)
	for hamlet, want := range map[string]string{
		"Thôn 3": "Cử tri thôn 3", "Tổ dân phố Hồng Hà": "Cử tri tổ dân phố Hồng Hà", "Làng Bạc": "Cử tri làng Bạc",
		"Đồng Tâm": "Cử tri Đồng Tâm", "": "Cử tri", "viết tùy ý": "Cử tri",
	} {
		if got := h.hamletLabel(hamlet); got != want {
			t.Errorf("%q: %q, want %q", hamlet, got, want)
		}
	}
}
