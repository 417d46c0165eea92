package council

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// start is when the sittings of the tests begin.
var start = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

// house drives one sitting as its room does: decide, record, read the record back, apply.
type house struct {
	*Sitting
	log     []Record
	now     time.Time
	actors  map[PersonID]Actor
	chairOn bool
}

// newHouse publishes a sitting.
func newHouse(t testing.TB, p Published) *house {
	t.Helper()
	if err := p.Check(); err != nil {
		t.Fatalf("Check: %v %v", err, asError(err).Data)
	}
	h := &house{Sitting: NewSitting("s1"), now: start, actors: map[PersonID]Actor{}}
	h.record(t, Actor{Person: "clerk"}, "publish", SittingPublished{p})
	return h
}

func (h *house) record(t testing.TB, by Actor, key string, body EventBody) {
	t.Helper()
	var prev *Record
	if n := len(h.log); n > 0 {
		prev = &h.log[n-1]
	}
	r, err := NewRecord(prev, h.ID(), 1, "boot", Event{Seq: h.Seq() + 1, At: h.now, By: by, Key: key, Body: body})
	if err != nil {
		t.Fatalf("record: %v", err)
	}
	e, err := r.Event()
	if err != nil {
		t.Fatalf("read record: %v", err)
	}
	h.log = append(h.log, r)
	h.Apply(e)
}

// try gives one command a second later and returns the events it made.
func (h *house) try(t testing.TB, by PersonID, body CommandBody) ([]EventBody, error) {
	t.Helper()
	h.now = h.now.Add(time.Second)
	actor, ok := h.actors[by]
	if !ok {
		actor = Actor{Person: by, Place: Online}
		if strings.HasPrefix(string(by), "cu") {
			actor.Roles = []Role{RoleCitizen}
		}
	}
	if by == System {
		actor = Actor{System: true}
	}
	key := fmt.Sprintf("k%d", len(h.log))
	bodies, err := h.Decide(Command{Actor: actor, ID: key, At: h.now, Body: body, ChairOnline: h.chairOn})
	if err != nil {
		if len(bodies) > 0 {
			t.Fatalf("%s: events beside an error", body.CommandName())
		}
		return nil, err
	}
	for _, b := range bodies {
		h.record(t, actor, key, b)
		key = ""
	}
	return bodies, nil
}

// must gives a command that succeeds.
func (h *house) must(t testing.TB, by PersonID, body CommandBody) []EventBody {
	t.Helper()
	events, err := h.try(t, by, body)
	if err != nil {
		t.Fatalf("%s by %s: %v %v", body.CommandName(), by, err, asError(err).Data)
	}
	return events
}

// refused gives a command that is refused with the code and the keys that codes.go promises for it.
func (h *house) refused(t testing.TB, by PersonID, body CommandBody, code string) *Error {
	t.Helper()
	_, err := h.try(t, by, body)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%s by %s: want %s, got success", body.CommandName(), by, code)
	}
	if e.Code != code {
		t.Fatalf("%s by %s: want %s, got %s %v", body.CommandName(), by, code, e.Code, e.Data)
	}
	checkCode(t, e)
	return e
}

func checkCode(t testing.TB, e *Error) {
	t.Helper()
	i := slices.IndexFunc(Codes, func(c CodeInfo) bool { return c.Code == e.Code })
	if i < 0 {
		t.Fatalf("%s is not in Codes", e.Code)
	}
	if e.Kind != Codes[i].Kind || len(e.Data) != len(Codes[i].Data) {
		t.Fatalf("%s: kind %s and data %v are not as in Codes", e.Code, e.Kind, e.Data)
	}
	for _, key := range Codes[i].Data {
		if _, ok := e.Data[key]; !ok {
			t.Fatalf("%s: no %q in %v", e.Code, key, e.Data)
		}
	}
}

// assembly is a public session of n deputies p01…; p01 is the chair too; p03 and p04 sit in hall1.
func assembly(n int) Published {
	half := Fraction{1, 2, true}
	p := Published{
		Council: "dong-cuong", CouncilName: "HĐND xã Đông Cuông", Kind: "ky-hop-thuong-le", KindName: "Kỳ họp thường lệ",
		Title: "Kỳ họp thứ Ba", PlannedAt: start, Public: true, Hamlets: []string{"Thôn 1", "Thôn 3"},
		Agenda: []AgendaItem{
			{ID: "m1", Title: "Khai mạc"},
			{ID: "m2", Title: "Đầu tư công", Vote: &VoteTemplate{
				ID: "m2", Question: "Thông qua Nghị quyết", Threshold: half, RequiresQuorum: true, Announce: "Nghị quyết",
			}},
		},
		Votes: []VoteTemplate{
			{ID: "hai-phan-ba", Question: "Bãi nhiệm", Threshold: Fraction{2, 3, false}, Announce: "Việc bãi nhiệm"},
			{ID: "co-mat", Question: "Thông qua chương trình", Base: BasePresent, Threshold: half, Announce: "Chương trình"},
		},
		Rules: Rules{
			InOffice: n, Quorum: Fraction{2, 3, false}, RollCall: true, GatePolicy: GateFloor, SecondTurn: 180,
			TurnSeconds: map[TurnKind]int{TurnSpeak: 420, TurnDebate: 180, TurnCitizen: 120},
		},
	}
	for i := 1; i <= n; i++ {
		who := Person{ID: pid(i), Name: fmt.Sprintf("Đại biểu số %02d", i), Seat: i, Roles: []Role{RoleDeputy}}
		switch i {
		case 1:
			who.Roles = []Role{RoleChair, RoleDeputy}
		case 3, 4:
			who.Hall = "hall1"
		}
		p.People = append(p.People, who)
	}
	for id, role := range map[PersonID]Role{
		"clerk": RoleClerk, "clerk2": RoleClerk, "tech": RoleTechnician, "guest": RoleGuest, "hall1": RoleHall, "display": RoleDisplay,
	} {
		p.People = append(p.People, Person{ID: id, Name: string(id), Roles: []Role{role}})
	}
	slices.SortFunc(p.People, func(a, b Person) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return p
}

func pid(i int) PersonID { return PersonID(fmt.Sprintf("p%02d", i)) }

// openHouse is an open sitting of n deputies of whom the first present ones checked in.
func openHouse(t testing.TB, n, present int) *house {
	t.Helper()
	h := newHouse(t, assembly(n))
	h.must(t, "clerk", RollCallOpen{})
	for i := 1; i <= present; i++ {
		h.must(t, pid(i), RollCallCheckIn{})
	}
	h.must(t, "p01", SittingOpen{})
	return h
}

// encode writes a view as it goes to the client.
func encode(t testing.TB, view any) string {
	t.Helper()
	data, err := json.Marshal(view)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
