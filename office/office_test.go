package office_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/office"
	"nghitruong/room"
	"nghitruong/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is an office over a real store and real rooms, with two councils.
type house struct {
	*office.Office
	auth       *auth.Service
	db         *store.DB
	rooms      *room.Registry
	one, two   string // council ids
	devicePool int
}

func newHouse(t *testing.T) *house {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, t.TempDir(), store.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	h := &house{db: db}
	h.auth, err = auth.New(ctx, auth.Config{Store: db})
	must(t, err)
	h.rooms, err = room.NewRegistry(room.Config{Ledger: db, Permits: auth.Permits{}, Side: db, Directory: db})
	must(t, err)
	t.Cleanup(h.rooms.Close)
	h.Office, err = office.New(ctx, office.Config{Store: db, Identity: h.auth, Rooms: h.rooms})
	must(t, err)

	token, err := h.FirstToken(ctx)
	must(t, err)
	a, err := h.First(ctx, token, office.NewCouncil{Name: "HĐND xã Đông Cuông", Unit: "lao-cai/dong-cuong"}, admin("một"))
	must(t, err)
	h.one = a.Council
	c, err := h.AddCouncil(ctx, office.NewCouncil{Name: "HĐND xã Mậu A", Unit: "lao-cai/mau-a"}, admin("hai"))
	must(t, err)
	h.two = c.ID
	return h
}

func admin(name string) office.Admin {
	return office.Admin{Name: "quản trị " + name, Password: "một mật khẩu dài"}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// device is a browser that the store knows.
func (h *house) device(t *testing.T) auth.Device {
	t.Helper()
	h.devicePool++
	id := auth.NewID()
	var hash [32]byte
	copy(hash[:], auth.NewToken().Hash())
	now := time.Now()
	must(t, h.db.AddDevice(t.Context(), store.Device{ID: id, Hash: hash, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(time.Hour)}))
	return auth.Device{ID: id}
}

var planned = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

// draft makes a draft with a chair, two deputies and a hall.
func (h *house) draft(t *testing.T, councilID, template string) office.Draft {
	t.Helper()
	d, err := h.Create(t.Context(), councilID, office.NewSitting{Template: template, PlannedAt: planned})
	must(t, err)
	d.Doc.People = []council.Person{
		{Name: "Đại biểu số 01 – Tổ 1", Group: "Tổ 1", Seat: 1, Roles: []council.Role{council.RoleChair, council.RoleDeputy}},
		{Name: "Đại biểu số 02 – Tổ 1", Group: "Tổ 1", Seat: 2, Roles: []council.Role{council.RoleDeputy}},
		{Name: "Điểm cầu 1", Roles: []council.Role{council.RoleHall}},
	}
	d.Doc.Hamlets = []string{"Thôn 1", "Thôn 2"}
	d, err = h.Save(t.Context(), councilID, d.ID, d.Version, d.Doc)
	must(t, err)
	return d
}

func TestTemplates(t *testing.T) {
	all, err := office.LoadTemplates()
	must(t, err)
	var ids []string
	for _, tm := range all {
		ids = append(ids, tm.ID)
		if tm.ID != "tiep-xuc-cu-tri" && (!tm.Rules.RollCall || tm.Rules.QuorumCitation == "") {
			t.Errorf("%s: roll-call %v, citation %q", tm.ID, tm.Rules.RollCall, tm.Rules.QuorumCitation)
		}
		for _, v := range tm.Votes {
			if v.Citation == "" || v.Announce == "" {
				t.Errorf("%s: vote %s has no citation or subject", tm.ID, v.ID)
			}
		}
	}
	if !slices.Equal(ids, []string{"ky-hop-thuong-le", "hop-thuong-truc", "tiep-xuc-cu-tri"}) {
		t.Errorf("templates %v", ids)
	}
	doc := all[0].Document()
	doc.Agenda[0].Vote.Options[0].Label = "changed"
	doc.Rules.TurnSeconds[council.TurnSpeak] = 1
	if again := all[0].Document(); again.Agenda[0].Vote.Options[0].Label == "changed" || again.Rules.TurnSeconds[council.TurnSpeak] == 1 {
		t.Error("a draft shares memory with its template")
	}
}

func TestFirstAdministratorComesOnce(t *testing.T) {
	db, err := store.Open(t.Context(), t.TempDir(), store.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	a, err := auth.New(t.Context(), auth.Config{Store: db})
	must(t, err)
	o, err := office.New(t.Context(), office.Config{Store: db, Identity: a})
	must(t, err)
	old, err := o.FirstToken(t.Context())
	must(t, err)
	token, err := o.FirstToken(t.Context())
	must(t, err)
	c := office.NewCouncil{Name: "HĐND xã Đông Cuông"}
	rows := []struct {
		name, token string
		council     office.NewCouncil
		admin       office.Admin
		want        error
	}{
		{"no token", "", c, admin(""), office.ErrFirstToken},
		{"an earlier start's token", old, c, admin(""), office.ErrFirstToken},
		{"another token", auth.NewToken().String(), c, admin(""), office.ErrFirstToken},
		{"no name of the council", token, office.NewCouncil{Name: " "}, admin(""), office.ErrCouncilRequired},
		{"unknown unit", token, office.NewCouncil{Name: "x", Unit: "nowhere"}, admin(""), office.ErrNoUnit},
		{"weak password", token, c, office.Admin{Name: "quản trị", Password: "ngắn"}, auth.ErrWeakPassword},
		{"no name", token, c, office.Admin{Password: "một mật khẩu dài"}, auth.ErrBadName},
		{"right", token, c, admin(""), nil},
		{"again", token, c, admin("khác"), office.ErrFirstDone},
	}
	for _, r := range rows {
		if _, err := o.First(t.Context(), r.token, r.council, r.admin); !errors.Is(err, r.want) {
			t.Errorf("%s: %v, want %v", r.name, err, r.want)
		}
	}
	if token, err := o.FirstToken(t.Context()); token != "" || err != nil {
		t.Errorf("a set-up installation gives a token: %q, %v", token, err)
	}
}

func TestDraftsAreVersioned(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	d := h.draft(t, h.one, "ky-hop-thuong-le")
	if d.Version != 2 || d.State != "draft" || d.Doc.CouncilName != "HĐND xã Đông Cuông" || len(d.Door) != 8 {
		t.Fatalf("draft %+v", d)
	}
	for i, p := range d.Doc.People {
		if p.ID == "" || p.Label == "" {
			t.Errorf("person %d has no id or label: %+v", i, p)
		}
	}
	doc := d.Doc
	doc.Title, doc.Council, doc.CouncilName = " Kỳ họp  thứ Tư ", h.two, "giả mạo"
	saved, err := h.Save(ctx, h.one, d.ID, d.Version, doc)
	must(t, err)
	if saved.Version != 3 || saved.Doc.Title != "Kỳ họp thứ Tư" || saved.Doc.Council != h.one || saved.Doc.CouncilName != "HĐND xã Đông Cuông" {
		t.Errorf("saved %+v", saved)
	}
	if _, err := h.Save(ctx, h.one, d.ID, d.Version, doc); !errors.Is(err, office.ErrVersion) {
		t.Errorf("an old version: %v", err)
	}
	if _, err := h.Save(ctx, h.two, d.ID, saved.Version, doc); !errors.Is(err, office.ErrNoSitting) {
		t.Errorf("another council: %v", err)
	}
	if _, err := h.Draft(ctx, h.two, d.ID); !errors.Is(err, office.ErrNoSitting) {
		t.Errorf("another council reads: %v", err)
	}
	if list, err := h.List(ctx, h.two); err != nil || len(list) != 0 {
		t.Errorf("another council lists %v, %v", list, err)
	}
	if _, err := h.DoorHead(ctx, d.Door); !errors.Is(err, office.ErrNoSitting) {
		t.Errorf("a draft has a door: %v", err)
	}
}

func TestBadDraftsNameTheField(t *testing.T) {
	h := newHouse(t)
	d := h.draft(t, h.one, "ky-hop-thuong-le")
	rows := map[string]func(*council.Published){
		"title":                   func(p *council.Published) { p.Title = " \u200b " },
		"agenda.1.title":          func(p *council.Published) { p.Agenda[1].Title = "" },
		"agenda.1.id":             func(p *council.Published) { p.Agenda[1].ID = p.Agenda[0].ID },
		"agenda.0.vote.threshold": func(p *council.Published) { p.Agenda[0].Vote.Threshold = council.Fraction{Num: 3, Den: 2} },
		"agenda.0.vote.options":   func(p *council.Published) { p.Agenda[0].Vote.Options = p.Agenda[0].Vote.Options[:1] },
		"people.0.roles":          func(p *council.Published) { p.People[0].Roles = []council.Role{council.RoleCitizen} },
		"people.1.roles":          func(p *council.Published) { p.People[1].Roles = nil },
		"people.2.roles":          func(p *council.Published) { p.People[2].Roles = []council.Role{council.RoleHall, council.RoleDeputy} },
		"people.1.hall":           func(p *council.Published) { p.People[1].Hall = "nowhere" },
		"people.1.id":             func(p *council.Published) { p.People[1].ID = p.People[0].ID },
		"rules.in_office":         func(p *council.Published) { p.Rules.InOffice = 0 },
		"rules.elected":           func(p *council.Published) { p.Rules.Elected = p.Rules.InOffice - 1 },
		"rules.quorum":            func(p *council.Published) { p.Rules.Quorum = council.Fraction{} },
		"rules.gate_policy":       func(p *council.Published) { p.Rules.GatePolicy = "all" },
		"rules.turn_seconds":      func(p *council.Published) { p.Rules.TurnSeconds = map[council.TurnKind]int{"sing": 60} },
		"votes.0.base":            func(p *council.Published) { p.Votes[0].Base = "some" },
	}
	for field, spoil := range rows {
		fresh, err := h.Draft(t.Context(), h.one, d.ID)
		must(t, err)
		spoil(&fresh.Doc)
		_, err = h.Save(t.Context(), h.one, d.ID, fresh.Version, fresh.Doc)
		var e *office.Error
		if !errors.As(err, &e) || e.Code != "bad_field" || e.Data["field"] != field {
			t.Errorf("%s: %v %v", field, err, e)
		}
	}
}

func TestPublish(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	d := h.draft(t, h.one, "ky-hop-thuong-le")
	if _, _, err := h.Publish(ctx, h.two, d.ID, d.Version, "x"); !errors.Is(err, office.ErrNoSitting) {
		t.Errorf("another council publishes: %v", err)
	}
	if _, _, err := h.Publish(ctx, h.one, d.ID, d.Version-1, "x"); !errors.Is(err, office.ErrVersion) {
		t.Errorf("an old version: %v", err)
	}
	pub, issued, err := h.Publish(ctx, h.one, d.ID, d.Version, "account")
	must(t, err)
	if len(issued) != 4 || pub.State != "published" || pub.Doc.People[3].Name != "Thư ký" {
		t.Fatalf("published %d links, %s, people %+v", len(issued), pub.State, pub.Doc.People)
	}
	r, err := h.rooms.Room(ctx, d.ID)
	must(t, err)
	inRoom, err := r.Published(ctx)
	must(t, err)
	if inRoom.Title != d.Doc.Title || len(inRoom.People) != 4 {
		t.Errorf("the room holds %+v", inRoom)
	}
	if _, _, err := h.Publish(ctx, h.one, d.ID, pub.Version, "x"); !errors.Is(err, office.ErrPublished) {
		t.Errorf("again: %v", err)
	}
	if _, err := h.Save(ctx, h.one, d.ID, pub.Version, pub.Doc); !errors.Is(err, office.ErrPublished) {
		t.Errorf("saved after publishing: %v", err)
	}
	head, err := h.DoorHead(ctx, d.Door)
	if err != nil || head.State != "published" || !head.Public || len(head.Hamlets) != 2 {
		t.Errorf("door %+v, %v", head, err)
	}
	m, err := h.Minutes(ctx, h.one, d.ID)
	if err != nil || len(m.Attendance) != 2 {
		t.Errorf("minutes: %d lines, %v", len(m.Attendance), err)
	}
	if _, err := h.Minutes(ctx, h.two, d.ID); !errors.Is(err, office.ErrNoSitting) {
		t.Errorf("another council's minutes: %v", err)
	}
}

func TestUnfinishedDraftsAreNotPublished(t *testing.T) {
	h := newHouse(t)
	rows := map[string]func(*council.Published){
		"people":          func(p *council.Published) { p.People = p.People[1:] },
		"agenda":          func(p *council.Published) { p.Agenda = nil },
		"planned_at":      func(p *council.Published) { p.PlannedAt = time.Time{} },
		"rules.in_office": func(p *council.Published) { p.Rules.InOffice = 1 },
	}
	for field, spoil := range rows {
		d := h.draft(t, h.one, "ky-hop-thuong-le")
		spoil(&d.Doc)
		d, err := h.Save(t.Context(), h.one, d.ID, d.Version, d.Doc)
		must(t, err)
		_, _, err = h.Publish(t.Context(), h.one, d.ID, d.Version, "x")
		var e *office.Error
		if !errors.As(err, &e) || e.Data["field"] != field {
			t.Errorf("%s: %v", field, err)
		}
		if again, err := h.Draft(t.Context(), h.one, d.ID); err != nil || again.State != "draft" {
			t.Errorf("%s: %s, %v", field, again.State, err)
		}
	}
}

func TestCopyOfAnEarlierSitting(t *testing.T) {
	h := newHouse(t)
	d := h.draft(t, h.one, "ky-hop-thuong-le")
	d.Doc.People[1].Hall = string(d.Doc.People[2].ID)
	d, err := h.Save(t.Context(), h.one, d.ID, d.Version, d.Doc)
	must(t, err)
	c, err := h.Create(t.Context(), h.one, office.NewSitting{From: d.ID, Title: "Kỳ họp thứ Tư", PlannedAt: planned})
	must(t, err)
	if c.Doc.Title != "Kỳ họp thứ Tư" || len(c.Doc.People) != 3 || c.Doc.People[0].ID == d.Doc.People[0].ID {
		t.Errorf("copy %+v", c.Doc)
	}
	if c.Doc.People[1].Hall != string(c.Doc.People[2].ID) {
		t.Error("the copied deputy sits in a hall of the old sitting")
	}
	if _, err := h.Create(t.Context(), h.two, office.NewSitting{From: d.ID, PlannedAt: planned}); !errors.Is(err, office.ErrNoSitting) {
		t.Errorf("another council copies: %v", err)
	}
	if _, err := h.Create(t.Context(), h.one, office.NewSitting{Template: "unknown", PlannedAt: planned}); !errors.Is(err, office.ErrNoTemplate) {
		t.Errorf("an unknown template: %v", err)
	}
}

func TestCitizenAtTheDoor(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	d := h.draft(t, h.one, "tiep-xuc-cu-tri")
	_, issued, err := h.Publish(ctx, h.one, d.ID, d.Version, "x")
	must(t, err)
	dev := h.device(t)
	device := func() (auth.Device, error) { return dev, nil }
	none := func() (auth.Device, error) { t.Error("a device was made"); return auth.Device{}, nil }
	for name, n := range map[string]council.CitizenName{
		"bad_name":   {Name: " \u200b\t"},
		"bad_hamlet": {Name: "Cử tri", Hamlet: "Thôn 9"},
	} {
		var e *office.Error
		if _, err := h.Enter(ctx, d.Door, n, none); !errors.As(err, &e) || e.Code != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.Enter(ctx, "unknown1", council.CitizenName{Name: "Cử tri"}, none); !errors.Is(err, office.ErrNoSitting) {
		t.Errorf("unknown door: %v", err)
	}
	p, err := h.Enter(ctx, d.Door, council.CitizenName{Name: "Cử  tri số 1", Hamlet: "Thôn 1"}, device)
	must(t, err)
	again, err := h.Enter(ctx, d.Door, council.CitizenName{Name: "Cử tri số một", Hamlet: "Thôn 2"}, device)
	if err != nil || again != p {
		t.Errorf("entering again: %q after %q, %v", again, p, err)
	}
	me, err := h.MeAt(ctx, dev, d.ID)
	if err != nil || me == nil || me.Name != "Cử tri số một" || me.Person != p {
		t.Errorf("me %+v, %v", me, err)
	}
	if known, err := h.Known(ctx, dev, d.Door); err != nil || known == nil || known.Hamlet != "Thôn 2" {
		t.Errorf("known %+v, %v", known, err)
	}

	// A listed person who opens the public door stays who he is.
	listed := h.device(t)
	_, err = h.auth.Exchange(ctx, auth.Tried{
		Council: h.one, Sitting: d.ID, Token: issued[1].Token.String(), Code: issued[1].Code,
		Device: func() (auth.Device, error) { return listed, nil },
	})
	must(t, err)
	p, err = h.Enter(ctx, d.Door, council.CitizenName{Name: "Cử tri"}, func() (auth.Device, error) { return listed, nil })
	if err != nil || p != issued[1].Person {
		t.Errorf("a deputy at the public door became %q, %v", p, err)
	}
}

func TestErasedCitizen(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	d := h.draft(t, h.one, "tiep-xuc-cu-tri")
	_, _, err := h.Publish(ctx, h.one, d.ID, d.Version, "x")
	must(t, err)
	dev := h.device(t)
	p, err := h.Enter(ctx, d.Door, council.CitizenName{Name: "Cử tri số 1"}, func() (auth.Device, error) { return dev, nil })
	must(t, err)
	if err := h.EraseCitizen(ctx, h.two, d.ID, p); !errors.Is(err, office.ErrNoSitting) {
		t.Errorf("another council erases: %v", err)
	}
	must(t, h.EraseCitizen(ctx, h.one, d.ID, p))
	if me, err := h.MeAt(ctx, dev, d.ID); me != nil || err != nil {
		t.Errorf("after erasing: %+v, %v", me, err)
	}
	if _, ok, err := h.db.Citizen(ctx, h.one, d.ID, p); ok || err != nil {
		t.Errorf("the name is still there: %v, %v", ok, err)
	}
}

func TestClosedToThePublic(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	d := h.draft(t, h.one, "hop-thuong-truc")
	_, _, err := h.Publish(ctx, h.one, d.ID, d.Version, "x")
	must(t, err)
	dev := h.device(t)
	device := func() (auth.Device, error) { return dev, nil }
	if _, err := h.Enter(ctx, d.Door, council.CitizenName{Name: "Cử tri"}, device); !errors.Is(err, office.ErrDoorClosed) {
		t.Errorf("a citizen in a closed sitting: %v", err)
	}
	door, p, err := h.EnterAsClerk(ctx, h.one, d.ID, dev)
	must(t, err)
	if door != d.Door {
		t.Errorf("door %q", door)
	}
	me, err := h.MeAt(ctx, dev, d.ID)
	if err != nil || me.Person != p || !slices.Contains(me.Roles, council.RoleClerk) {
		t.Errorf("the clerk is %+v, %v", me, err)
	}
	if _, _, err := h.EnterAsClerk(ctx, h.two, d.ID, dev); !errors.Is(err, office.ErrNoSitting) {
		t.Errorf("another council's clerk: %v", err)
	}
}

func TestLinksOfASitting(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	d := h.draft(t, h.one, "ky-hop-thuong-le")
	if _, err := h.Links(ctx, h.one, d.ID); !errors.Is(err, office.ErrNotPublished) {
		t.Errorf("links of a draft: %v", err)
	}
	d, issued, err := h.Publish(ctx, h.one, d.ID, d.Version, "x")
	must(t, err)
	dev := h.device(t)
	_, err = h.auth.Exchange(ctx, auth.Tried{
		Council: h.one, Sitting: d.ID, Token: issued[0].Token.String(), Code: issued[0].Code,
		Device: func() (auth.Device, error) { return dev, nil },
	})
	must(t, err)
	state := func(i int) (string, int) {
		t.Helper()
		all, err := h.Links(ctx, h.one, d.ID)
		must(t, err)
		return all[i].State, len(all[i].Devices)
	}
	if s, n := state(0); s != "used" || n != 1 {
		t.Errorf("the chair's link is %s with %d devices", s, n)
	}
	must(t, h.RevokeDevice(ctx, h.one, d.ID, dev.ID))
	if s, n := state(0); s != "used" || n != 0 {
		t.Errorf("after taking the device: %s, %d", s, n)
	}
	must(t, h.Revoke(ctx, h.one, d.ID, issued[0].Person))
	if s, _ := state(0); s != "revoked" {
		t.Errorf("after revoking: %s", s)
	}
	if s, _ := state(1); s != "new" {
		t.Errorf("another's link is %s", s)
	}
	_, renewed, err := h.Renew(ctx, h.one, d.ID, []council.PersonID{issued[0].Person, issued[1].Person})
	if err != nil || len(renewed) != 2 || renewed[0].Token == issued[0].Token {
		t.Errorf("renewed %d, %v", len(renewed), err)
	}
	if s, _ := state(0); s != "new" {
		t.Errorf("after renewing: %s", s)
	}
	if _, _, err := h.Renew(ctx, h.one, d.ID, []council.PersonID{"stranger"}); !errors.Is(err, office.ErrNoPerson) {
		t.Errorf("a stranger's link: %v", err)
	}
	if _, all, err := h.Renew(ctx, h.one, d.ID, nil); err != nil || len(all) != 4 {
		t.Errorf("renewed all: %d, %v", len(all), err)
	}
	for name, err := range map[string]error{
		"links":  func() error { _, err := h.Links(ctx, h.two, d.ID); return err }(),
		"renew":  func() error { _, _, err := h.Renew(ctx, h.two, d.ID, nil); return err }(),
		"revoke": h.Revoke(ctx, h.two, d.ID, issued[1].Person),
		"device": h.RevokeDevice(ctx, h.two, d.ID, dev.ID),
	} {
		if !errors.Is(err, office.ErrNoSitting) {
			t.Errorf("another council, %s: %v", name, err)
		}
	}
}

func TestLedgerStaysHomeWhileABallotIsOpen(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	d := h.draft(t, h.one, "ky-hop-thuong-le")
	d.Doc.Rules.Elected, d.Doc.Rules.InOffice = 2, 2
	d, err := h.Save(ctx, h.one, d.ID, d.Version, d.Doc)
	must(t, err)
	d, _, err = h.Publish(ctx, h.one, d.ID, d.Version, "x")
	must(t, err)
	r, err := h.rooms.Room(ctx, d.ID)
	must(t, err)
	do := func(person int, body council.CommandBody) {
		t.Helper()
		p := d.Doc.People[person]
		_, err := r.Do(ctx, council.Command{
			Actor: council.Actor{Person: p.ID, Roles: p.Roles, Place: council.Online}, ID: auth.NewID(), At: time.Now(), Body: body,
		})
		must(t, err)
	}
	do(0, council.SittingOpen{})
	do(0, council.RollCallOpen{})
	do(0, council.RollCallCheckIn{})
	do(1, council.RollCallCheckIn{})
	do(0, council.AgendaGoto{Item: d.Doc.Agenda[0].ID})
	do(0, council.BallotOpen{})
	m, err := h.Minutes(ctx, h.one, d.ID)
	must(t, err)
	ballot := m.Votes[0].Opened.Ballot
	do(1, council.VoteCast{Ballot: ballot, Choice: "for"})
	if _, err := h.Ledger(ctx, h.one, d.ID); err == nil {
		t.Error("the ledger left the house while a ballot was open")
	}
	do(0, council.BallotClose{Ballot: ballot})
	records, err := h.Ledger(ctx, h.one, d.ID)
	if err != nil || len(records) < 8 {
		t.Errorf("%d records, %v", len(records), err)
	}
	if _, err := h.Ledger(ctx, h.two, d.ID); !errors.Is(err, office.ErrNoSitting) {
		t.Errorf("another council's ledger: %v", err)
	}
}
