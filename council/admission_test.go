package council

import (
	"strings"
	"testing"
)

func TestWaitingRoom(t *testing.T) {
	h := openHouse(t, 3, 3)
	citizen := []Role{RoleCitizen}
	waits := func(id PersonID) bool {
		roles := h.RolesOf(id)
		if roles == nil {
			roles = citizen
		}
		waiting, _, _ := h.Door(id, roles)
		return waiting
	}
	if waits("cu1") || waits("guest") {
		t.Fatal("nobody waits by default")
	}
	h.must(t, "clerk", AdmissionSet{On: true, Inside: []PersonID{"cu1", "cu1", "x y"}})
	for id, want := range map[PersonID]bool{
		"cu1": false, "cu2": true, "guest": true, "p02": false, "clerk": false, "tech": false, "hall1": false, "display": false,
	} {
		if waits(id) != want {
			t.Errorf("%s waits: %v", id, !want)
		}
	}
	h.refused(t, "cu2", QueueRaise{}, CodeWaiting)
	h.refused(t, "guest", MessageSend{To: toClerk, Text: "x"}, CodeWaiting)
	h.must(t, "clerk", AdmissionAdmit{Persons: []PersonID{"cu2", "guest", "cu2"}})
	if n := len(h.must(t, "clerk", AdmissionAdmit{Persons: []PersonID{"cu2"}, All: true})); n != 0 {
		t.Error("admitted twice")
	}
	h.must(t, "cu2", QueueRaise{})
	h.refused(t, "clerk", AdmissionAdmit{Persons: []PersonID{"x y"}}, CodeNoPerson)
	h.must(t, "clerk", AdmissionSet{On: false})
	if waits("cu3") {
		t.Error("waits behind an open door")
	}
	if n := len(h.must(t, "clerk", AdmissionSet{On: false})); n != 0 {
		t.Error("opened twice")
	}
}

func TestShownOut(t *testing.T) {
	h := openHouse(t, 3, 3)
	h.must(t, "cu1", QueueRaise{})
	h.must(t, "cu2", QueueRaise{})
	h.must(t, "p01", FloorGive{Person: "cu1"})
	h.must(t, "cu1", FloorAccept{})
	if n := len(h.must(t, "clerk", AdmissionRefuse{"cu1", "mất trật tự"})); n != 2 {
		t.Errorf("%d events, want the end of the turn and the refusal", n)
	}
	h.must(t, "clerk", AdmissionRefuse{Person: "cu2"})
	if h.turn != nil || len(h.queue) != 0 {
		t.Error("turn or hand stayed")
	}
	if v := h.Self("cu1", nil); !v.Out || v.Refused != "mất trật tự" || v.Mic {
		t.Errorf("self %+v", v)
	}
	e := h.refused(t, "cu1", QueueRaise{}, CodeRefused)
	if e.Data["reason"] != "mất trật tự" {
		t.Errorf("reason %v", e.Data)
	}
	h.refused(t, "p01", FloorGive{Person: "cu1"}, CodeCannotSpeak)
	if n := len(h.must(t, "clerk", AdmissionRefuse{Person: "cu2"})); n != 0 {
		t.Error("refused twice")
	}
	for _, id := range []PersonID{"p02", "hall1", "tech", "display", "clerk2"} {
		h.refused(t, "clerk", AdmissionRefuse{Person: id}, CodeNotRemovable)
	}
	h.refused(t, "clerk", AdmissionRefuse{Person: "x y"}, CodeNoPerson)
	h.refused(t, "clerk", AdmissionRefuse{"cu3", strings.Repeat("x", maxReason+1)}, CodeBadText)
	h.must(t, "clerk", AdmissionAdmit{Persons: []PersonID{"cu1"}})
	h.must(t, "cu1", QueueRaise{})
	h.must(t, "clerk", AdmissionRefuse{Person: "guest"})
	if h.Media(nil).Cam["guest"] {
		t.Error("a guest who was shown out still shows a picture")
	}
}

func TestMessages(t *testing.T) {
	for _, c := range []struct {
		name string
		by   PersonID
		body MessageSend
		code string
	}{
		{"member to all", "p02", MessageSend{To: toAll, Text: "Chào\ncác vị"}, ""},
		{"citizen to all", "cu1", MessageSend{To: toAll, Ref: "r1"}, CodeNotMember},
		{"citizen to the clerk", "cu1", MessageSend{To: toClerk, Ref: "r1"}, ""},
		{"citizen without side table", "cu1", MessageSend{To: toClerk, Text: "x"}, CodeSideTextRequired},
		{"citizen to a person", "cu1", MessageSend{To: "p02", Ref: "r1"}, CodeBadRecipient},
		{"deputy to a person", "p02", MessageSend{To: "p03", Text: "x"}, CodeBadRecipient},
		{"clerk to a person", "clerk", MessageSend{To: "p02", Text: "x"}, ""},
		{"clerk to a citizen", "clerk", MessageSend{To: "cu1", Ref: "r1"}, ""},
		{"clerk to a citizen without side table", "clerk", MessageSend{To: "cu1", Text: "x"}, CodeSideTextRequired},
		{"clerk to nobody", "clerk", MessageSend{To: "x y", Text: "x"}, CodeNoPerson},
		{"display", "display", MessageSend{To: toAll, Text: "x"}, CodeNotMember},
		{"empty", "p02", MessageSend{To: toAll}, CodeBadText},
		{"too long", "p02", MessageSend{To: toAll, Text: strings.Repeat("ệ", maxMessage+1)}, CodeBadText},
		{"longest", "p02", MessageSend{To: toAll, Text: strings.Repeat("ệ", maxMessage)}, ""},
		{"turned text", "p02", MessageSend{To: toAll, Text: "a\u202eb"}, CodeBadText},
		{"control", "p02", MessageSend{To: toAll, Text: "a\x07b"}, CodeBadText},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := openHouse(t, 3, 3)
			if c.code != "" {
				h.refused(t, c.by, c.body, c.code)
				return
			}
			sent, ok := h.must(t, c.by, c.body)[0].(MessageSent)
			if !ok || sent.From != c.by || (c.body.Ref != "" && sent.Text != "") {
				t.Errorf("sent %+v", sent)
			}
		})
	}
}

func TestWhoReadsMessages(t *testing.T) {
	h := openHouse(t, 3, 3)
	h.must(t, "p02", MessageSend{To: toAll, Text: "công khai"})
	h.must(t, "p02", MessageSend{To: toAll, Text: "nhầm"})
	h.must(t, "clerk", MessageHide{Seq: h.Seq(), Reason: "gửi nhầm"})
	h.must(t, "p03", MessageSend{To: toClerk, Text: "riêng"})
	h.must(t, "cu1", MessageSend{To: toClerk, Ref: "r1"})
	h.must(t, "clerk", MessageSend{To: "cu1", Ref: "r2"})
	h.refused(t, "clerk", MessageHide{Seq: 1}, CodeNoMessage)
	live := &Live{
		Texts:    map[string]string{"r1": "hỏi", "r2": "đáp"},
		Citizens: map[PersonID]CitizenName{"cu1": {Name: "Tên", Hamlet: "Thôn 3"}},
	}
	texts := func(items []MessageItem) string {
		var out []string
		for _, m := range items {
			text := m.Label + ": " + m.Text
			if m.Hidden {
				text += " (" + m.Reason + ")"
			}
			out = append(out, text)
		}
		return strings.Join(out, " | ")
	}
	view := func(a Audience) string {
		v, _ := h.View(TopicMessages, a, live).(MessagesView)
		return texts(v.Items)
	}
	const hidden = "Đại biểu số 02: nhầm (gửi nhầm)"
	for name, c := range map[string]struct{ got, want string }{
		"steer": {
			view(AudienceSteer),
			"Đại biểu số 02: công khai | " + hidden + " | Đại biểu số 03: riêng | Tên (Thôn 3): hỏi | clerk: đáp",
		},
		"deputy":           {view(AudienceDeputy), "Đại biểu số 02: công khai"},
		"citizen":          {view(AudienceCitizen), "Đại biểu số 02: công khai"},
		"display":          {view(AudienceDisplay), ""},
		"author":           {texts(h.Self("p02", live).Thread), hidden},
		"asker":            {texts(h.Self("p03", live).Thread), "Đại biểu số 03: riêng"},
		"citizen's thread": {texts(h.Self("cu1", live).Thread), "Cử tri thôn 3: hỏi | clerk: đáp"},
		"another citizen":  {texts(h.Self("cu2", live).Thread), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s reads %q, want %q", name, c.got, c.want)
		}
	}
	if m := h.Minutes().Messages; len(m) != 1 {
		t.Errorf("minutes keep %v", m)
	}
}

func TestNewestMessagesOnly(t *testing.T) {
	h := openHouse(t, 3, 3)
	for range shownLatest + 5 {
		h.must(t, "p02", MessageSend{To: toAll, Text: "x"})
	}
	v, _ := h.View(TopicMessages, AudienceDeputy, nil).(MessagesView)
	if len(v.Items) != shownLatest || v.Items[shownLatest-1].Seq != h.Seq() || v.Items[0].Seq >= v.Items[1].Seq {
		t.Errorf("%d items, last %d of %d", len(v.Items), v.Items[len(v.Items)-1].Seq, h.Seq())
	}
}

func TestNeedsRef(t *testing.T) {
	h := openHouse(t, 3, 3)
	for _, c := range []struct {
		from PersonID
		to   string
		want bool
	}{
		{"p02", toAll, false}, {"p02", toClerk, false}, {"clerk", "p02", false}, {"cu1", toClerk, true}, {"clerk", "cu1", true},
	} {
		if got := h.NeedsRef(c.from, c.to); got != c.want {
			t.Errorf("%s to %s: %v", c.from, c.to, got)
		}
	}
}
