package council

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// paths lists every JSON path of a document, array places left out: "result.by_name.choice".
func paths(t testing.TB, view any) []string {
	t.Helper()
	var doc any
	if err := json.Unmarshal([]byte(encode(t, view)), &doc); err != nil {
		t.Fatal(err)
	}
	var out []string
	var walk func(prefix string, v any)
	walk = func(prefix string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				path := strings.TrimPrefix(prefix+"."+key, ".")
				out = append(out, path)
				walk(path, value)
			}
		case []any:
			for _, value := range v {
				walk(prefix, value)
			}
		}
	}
	walk("", doc)
	slices.Sort(out)
	return slices.Compact(out)
}

// A field that an audience must never get, by topic. Every one is there for steer in one of the scenarios, so that no row is empty.
func TestAbsentFields(t *testing.T) {
	all := []Audience{AudienceDeputy, AudienceHall, AudienceCitizen, AudienceDisplay}
	public := []Audience{AudienceCitizen, AudienceDisplay}
	for _, c := range []struct {
		topic Topic
		field string
		from  []Audience
	}{
		{TopicAgenda, "sitting.votes", all},
		{TopicAgenda, "items.vote", all},
		{TopicRollCall, "rows.by", all},
		{TopicRollCall, "rows", []Audience{AudienceCitizen}},
		{TopicQueue, "entries.name", all},
		{TopicFloor, "holder.name", all},
		{TopicFloor, "last_ended", all},
		{TopicFloor, "can_undo", all},
		{TopicBallot, "missing", all},
		{TopicBallot, "can_open", all},
		{TopicBallot, "why_not", all},
		{TopicBallot, "ballot.result.by_name", public},
		{TopicMessages, "items.hidden", all},
		{TopicMessages, "items.reason", all},
		{TopicPeople, "citizens", all},
		{TopicPeople, "waiting", all},
		{TopicPeople, "people.hand", public},
		{TopicPeople, "people.muted", public},
	} {
		t.Run(string(c.topic)+"/"+c.field, func(t *testing.T) {
			there := false
			for _, h := range played(t) {
				there = there || slices.Contains(paths(t, h.View(c.topic, AudienceSteer, h.live)), c.field)
				for _, a := range c.from {
					if slices.Contains(paths(t, h.View(c.topic, a, h.live)), c.field) {
						t.Errorf("%s gets it in %s", a, h.name)
					}
				}
			}
			if !there {
				t.Error("not even steer has it: the row tests nothing")
			}
		})
	}
}

type playedHouse struct {
	*house
	live *Live
	name string
}

// played are the scenarios, and one that has what they lack: an undo, an ended turn, an openable ballot.
func played(t testing.TB) []playedHouse {
	t.Helper()
	var out []playedHouse
	for name := range scenarios {
		h, live := play(t, name)
		out = append(out, playedHouse{h, live, name})
	}
	h := openHouse(t, 5, 5)
	h.must(t, "p02", QueueRaise{})
	h.must(t, "p01", FloorGive{Person: "p05"})
	h.must(t, "p05", FloorAccept{})
	h.must(t, "p05", FloorEnd{})
	h.must(t, "p01", GateSet{GateOpen})
	h.must(t, "p01", GateMuteAll{})
	return append(out, playedHouse{h, nil, "undo"})
}

// No document of any audience but steer, and no self view but the own, holds a citizen's name, hamlet in words, text or id.
func TestCitizensAreNamedToSteerOnly(t *testing.T) {
	secrets := []string{"thử nghiệm", "Nơi khác", "sửa xong", "trả lời tại hội nghị", `"cu1"`, `"cu2"`, `"cu3"`, `"cu4"`}
	for _, h := range played(t) {
		for _, a := range Audiences {
			for _, topic := range Topics {
				doc := encode(t, h.View(topic, a, h.live))
				for _, secret := range secrets {
					if a != AudienceSteer && strings.Contains(doc, secret) {
						t.Errorf("%s: %s.%s holds %q: %s", h.name, a, topic, secret, doc)
					}
				}
			}
		}
		for i := range h.pub.People {
			id := h.pub.People[i].ID
			if doc := encode(t, h.Self(id, h.live)); strings.Contains(doc, "thử nghiệm") {
				t.Errorf("%s: self of %s names a citizen: %s", h.name, id, doc)
			}
		}
		if doc := encode(t, h.Self("cu2", h.live)); strings.Contains(doc, "số 1") {
			t.Errorf("%s: self of cu2 names another citizen: %s", h.name, doc)
		}
	}
}

// The log holds ids only.
func TestNoCitizenInTheLog(t *testing.T) {
	for _, h := range played(t) {
		for _, r := range h.log {
			for _, secret := range []string{"thử nghiệm", "Nơi khác", "sửa xong", "tại hội nghị"} {
				if strings.Contains(string(r.Body), secret) {
					t.Errorf("%s/%d %s holds %q", h.name, r.Seq, r.Type, secret)
				}
			}
		}
	}
}

func TestPublicQueueIsShort(t *testing.T) {
	h := openHouse(t, 9, 9)
	for i := 2; i <= 9; i++ {
		h.must(t, pid(i), QueueRaise{})
	}
	for a, want := range map[Audience]int{
		AudienceSteer: 8, AudienceDeputy: 8, AudienceHall: 8, AudienceCitizen: citizensSee, AudienceDisplay: citizensSee,
	} {
		v, _ := h.View(TopicQueue, a, nil).(QueueView)
		if len(v.Entries) != want || v.Length != 8 {
			t.Errorf("%s: %d of %d", a, len(v.Entries), v.Length)
		}
	}
	if v := h.Self("p09", nil); v.Place != 8 {
		t.Errorf("own place %d", v.Place)
	}
}

// Lists are never null: the client iterates them.
func TestListsAreNeverNull(t *testing.T) {
	h := newHouse(t, assembly(1))
	for _, topic := range Topics {
		for _, a := range Audiences {
			if doc := encode(t, h.View(topic, a, nil)); topic != TopicSelf && hasNullList(doc) {
				t.Errorf("%s.%s: %s", a, topic, doc)
			}
		}
	}
	if h.View("none", AudienceSteer, nil) != nil || h.View(TopicSelf, AudienceSteer, nil) != nil {
		t.Error("a document for no topic")
	}
	if doc := encode(t, h.Self("p01", nil)); hasNullList(doc) {
		t.Error(doc)
	}
}

func hasNullList(doc string) bool {
	for _, key := range []string{"items", "entries", "history", "people", "options", "roles", "may", "rows"} {
		if strings.Contains(doc, fmt.Sprintf("%q:null", key)) {
			return true
		}
	}
	return false
}
