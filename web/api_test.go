package web

import (
	"archive/zip"
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"nghitruong/council"
	"nghitruong/office"
)

type meAnswer struct {
	Account *accountInfo `json:"account"`
	Persons []personInfo `json:"persons"`
}

type doorAnswer struct {
	office.DoorHead
	Me    *office.Me           `json:"me"`
	Known *council.CitizenName `json:"known"`
}

func TestFirstSetup(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	if got := ask[struct{ Needed bool }](t, b, "GET", "/api/first", nil); !got.Needed {
		t.Error("an empty installation needs no administrator")
	}
	body := map[string]any{
		"token": strings.Repeat("A", 43), "council": councilBody("HĐND xã Đông Cuông"),
		"admin": map[string]any{"name": "quản trị", "password": password},
	}
	refused(t, "a wrong token", b.call(t, "POST", "/api/first", body), 403, "wrong_token", h.first)
	body["token"] = h.first
	body["admin"] = map[string]any{"name": "quản trị", "password": "ngắn"}
	refused(t, "a weak password", b.call(t, "POST", "/api/first", body), 400, "weak_password", "ngắn")
	if b.cookie != nil {
		t.Error("a refused setup made a device")
	}
	body["admin"] = map[string]any{"name": "quản trị", "password": password}
	ask[nothing](t, b, "POST", "/api/first", body)
	refused(t, "again", h.browser().call(t, "POST", "/api/first", body), 410, "already_set_up")
	me := ask[meAnswer](t, b, "GET", "/api/me", nil)
	if me.Account == nil || me.Account.Name != "quản trị" || me.Account.Role != "installer" || me.Account.Council.Name != "HĐND xã Đông Cuông" {
		t.Errorf("signed in as %+v", me.Account)
	}
}

func TestSignInAndOut(t *testing.T) {
	h := newHouse(t)
	one, _ := h.towns(t)
	b := h.browser()
	for _, row := range []struct{ name, password string }{{"thư ký một", "mật khẩu sai"}, {"không ai cả", password}, {"", ""}} {
		refused(t, row.name, b.call(t, "POST", "/api/login", map[string]any{"name": row.name, "password": row.password}), 403, "wrong_login", password)
	}
	if b.cookie != nil {
		t.Error("a wrong sign-in made a device")
	}
	refused(t, "nobody's list", b.call(t, "GET", "/api/office/sittings", nil), 401, "no_device")
	refused(t, "the clerk's accounts", one.clerk.call(t, "GET", "/api/office/accounts", nil), 403, "forbidden")
	ask[nothing](t, one.clerk, "POST", "/api/logout", nil)
	refused(t, "after signing out", one.clerk.call(t, "GET", "/api/office/sittings", nil), 401, "signed_out")
	ask[nothing](t, h.browser(), "POST", "/api/logout", nil)
	for range 10 {
		b.call(t, "POST", "/api/login", map[string]any{"name": "thư ký hai", "password": "mật khẩu sai"})
	}
	w := b.call(t, "POST", "/api/login", map[string]any{"name": "thư ký hai", "password": password})
	refused(t, "the eleventh try", w, 429, "too_many_tries")
	if w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestPersonalLink(t *testing.T) {
	h := newHouse(t)
	one, two := h.towns(t)
	chair := one.links[0]
	path := "/api/doors/" + one.sitting.Door + "/link"
	if chair.URL != host+"/h/"+one.sitting.Door+"#"+chair.token() || len(chair.Code) != 6 || !strings.HasPrefix(chair.QR, "<svg") {
		t.Errorf("link %+v", chair)
	}
	if one.links[3].URL != host+"/man-hinh#"+one.links[3].token() || one.links[3].Code != "" {
		t.Errorf("the display's link is %s", one.links[3].URL)
	}
	wrong := "000000"
	if chair.Code == wrong {
		wrong = "000001"
	}
	b := h.browser()
	rows := []struct {
		name, path, token, code string
		status                  int
		want                    string
	}{
		{"no code", path, chair.token(), "", 403, "code_required"},
		{"wrong code", path, chair.token(), wrong, 403, "wrong_code"},
		{"unknown token", path, strings.Repeat("A", 43), "", 404, "link_unknown"},
		{"no token at all", path, "x", "", 404, "link_unknown"},
		{"another council's link", path, two.links[0].token(), two.links[0].Code, 404, "link_unknown"},
		{"unknown door", "/api/doors/unknown1/link", chair.token(), chair.Code, 404, "link_unknown"},
	}
	for _, r := range rows {
		w := b.call(t, "POST", r.path, map[string]any{"token": r.token, "code": r.code})
		refused(t, r.name, w, r.status, r.want, "Đại biểu", chair.Code)
	}
	if b.cookie != nil {
		t.Error("a refused link made a device")
	}
	got := ask[struct {
		Person council.PersonID
		Name   string
		Roles  []council.Role
	}](t, b, "POST", path, map[string]any{"token": chair.token(), "code": chair.Code})
	if got.Person != chair.Person || !slices.Equal(got.Roles, []council.Role{"chair", "deputy"}) {
		t.Errorf("became %+v", got)
	}
	door := ask[doorAnswer](t, b, "GET", "/api/doors/"+one.sitting.Door, nil)
	if door.Me == nil || door.Me.Name != "Đại biểu số 01 – Tổ 1" {
		t.Errorf("at the door: %+v", door.Me)
	}
	if other := ask[doorAnswer](t, b, "GET", "/api/doors/"+two.sitting.Door, nil); other.Me != nil {
		t.Errorf("at the other council's door: %+v", other.Me)
	}
	me := ask[meAnswer](t, b, "GET", "/api/me", nil)
	if len(me.Persons) != 1 || me.Persons[0].Door != one.sitting.Door || me.Account != nil {
		t.Errorf("me: %+v", me)
	}

	links := ask[[]office.PersonLink](t, one.clerk, "GET", "/api/office/sittings/"+one.sitting.ID+"/links", nil)
	if links[0].State != "used" || len(links[0].Devices) != 1 {
		t.Errorf("the clerk sees %+v", links[0])
	}
	ask[nothing](t, one.clerk, "POST", "/api/office/sittings/"+one.sitting.ID+"/links/revoke", map[string]any{"person": chair.Person})
	w := b.call(t, "POST", path, map[string]any{"token": chair.token(), "code": chair.Code})
	refused(t, "revoked", w, 403, "link_revoked")
	if door := ask[doorAnswer](t, b, "GET", "/api/doors/"+one.sitting.Door, nil); door.Me != nil {
		t.Errorf("after revoking: %+v", door.Me)
	}
	fresh := ask[[]newLink](t, one.clerk, "POST", "/api/office/sittings/"+one.sitting.ID+"/links/renew", map[string]any{"persons": []string{string(chair.Person)}})
	if len(fresh) != 1 || fresh[0].URL == chair.URL || fresh[0].Person != chair.Person {
		t.Errorf("renewed %+v", fresh)
	}
	for range 4 {
		b.call(t, "POST", path, map[string]any{"token": fresh[0].token(), "code": "none"})
	}
	w = b.call(t, "POST", path, map[string]any{"token": fresh[0].token(), "code": "none"})
	refused(t, "the fifth wrong code", w, 403, "link_locked")
	w = b.call(t, "POST", path, map[string]any{"token": fresh[0].token(), "code": fresh[0].Code})
	refused(t, "the right code afterwards", w, 403, "link_locked")
}

func TestDisplayCall(t *testing.T) {
	h := newHouse(t)
	one, two := h.towns(t)
	b := h.browser()
	refused(t, "a deputy's link", b.call(t, "POST", "/api/display", map[string]any{"token": one.links[1].token()}), 404, "link_unknown")
	got := ask[struct{ Sitting, Door string }](t, b, "POST", "/api/display", map[string]any{"token": two.links[3].token()})
	if got.Door != two.sitting.Door || got.Sitting != two.sitting.ID {
		t.Errorf("display of %+v", got)
	}
}

func TestCitizen(t *testing.T) {
	h := newHouse(t)
	one, two := h.towns(t)
	b := h.browser()
	door := "/api/doors/" + one.sitting.Door
	for _, r := range []struct {
		name, path string
		body       map[string]any
		status     int
		code       string
	}{
		{"no name", door, map[string]any{"name": "  "}, 400, "bad_name"},
		{"long name", door, map[string]any{"name": strings.Repeat("ă", 81)}, 400, "bad_name"},
		{"another hamlet", door, map[string]any{"name": "Cử tri", "hamlet": "Thôn 9"}, 400, "bad_hamlet"},
		{"unknown door", "/api/doors/unknown1", map[string]any{"name": "Cử tri"}, 404, "sitting_unknown"},
	} {
		refused(t, r.name, b.call(t, "POST", r.path+"/enter", r.body), r.status, r.code)
	}
	if b.cookie != nil {
		t.Error("a refused citizen made a device")
	}
	p := ask[struct{ Person string }](t, b, "POST", door+"/enter", map[string]any{"name": "Cử tri <b>số 1</b>", "hamlet": "Thôn 1"})
	got := ask[doorAnswer](t, b, "GET", door, nil)
	if got.Me == nil || string(got.Me.Person) != p.Person || !slices.Equal(got.Me.Roles, []council.Role{"citizen"}) || got.Known == nil || got.Known.Hamlet != "Thôn 1" {
		t.Errorf("at the door: %+v %+v", got.Me, got.Known)
	}
	if other := ask[doorAnswer](t, b, "GET", "/api/doors/"+two.sitting.Door, nil); other.Known != nil || other.Me != nil {
		t.Errorf("another council knows %+v", other.Known)
	}
	if stranger := ask[doorAnswer](t, h.browser(), "GET", door, nil); stranger.Me != nil || stranger.Known != nil {
		t.Errorf("a stranger sees %+v", stranger.Known)
	}
	erase := "/api/office/sittings/" + one.sitting.ID + "/citizens/erase"
	refused(t, "another council erases", two.clerk.call(t, "POST", erase, map[string]any{"person": p.Person}), 404, "sitting_unknown")
	ask[nothing](t, one.clerk, "POST", erase, map[string]any{"person": p.Person})
	if got := ask[doorAnswer](t, b, "GET", door, nil); got.Me != nil || got.Known != nil {
		t.Errorf("after erasing: %+v", got.Known)
	}
}

func TestClosedSitting(t *testing.T) {
	h := newHouse(t)
	one, _ := h.towns(t)
	one.meet(t, "hop-thuong-truc")
	w := h.browser().call(t, "POST", "/api/doors/"+one.sitting.Door+"/enter", map[string]any{"name": "Cử tri"})
	refused(t, "not public", w, 403, "not_public")
	r, err := h.rooms.Room(t.Context(), one.sitting.ID)
	must(t, err)
	chair := council.Actor{Person: one.links[0].Person, Roles: one.links[0].Roles, Place: council.Online}
	for i, body := range []council.CommandBody{council.SittingOpen{}, council.SittingClose{}} {
		_, err := r.Do(t.Context(), council.Command{Actor: chair, ID: "key" + string(rune('0'+i)), Body: body})
		must(t, err)
	}
	door := ask[doorAnswer](t, h.browser(), "GET", "/api/doors/"+one.sitting.Door, nil)
	if door.State != "closed" || door.ClosedAt.IsZero() {
		t.Errorf("door %+v", door.DoorHead)
	}
	w = h.browser().call(t, "POST", "/api/doors/"+one.sitting.Door+"/enter", map[string]any{"name": "Cử tri"})
	refused(t, "over", w, 410, "sitting_closed")
}

func TestPreviewPublishAndVersions(t *testing.T) {
	h := newHouse(t)
	one, two := h.towns(t)
	path := "/api/office/sittings/" + one.sitting.ID
	p := ask[office.Preview](t, one.clerk, "POST", path+"/people/preview", map[string]any{"text": "Đại biểu A\tTrưởng ban\nĐại biểu A\tTrưởng ban"})
	if len(p.Rows) != 2 || p.Duplicates != 1 || p.Rows[1].Problem != "duplicate" {
		t.Errorf("preview %+v", p)
	}
	refused(t, "published already", one.clerk.call(t, "POST", path+"/publish", map[string]any{"version": one.sitting.Version}), 409, "already_published")
	d := ask[office.Draft](t, one.clerk, "POST", "/api/office/sittings", map[string]any{"template": "ky-hop-thuong-le", "planned_at": "2026-11-23T01:00:00Z"})
	path = "/api/office/sittings/" + d.ID
	save := map[string]any{"version": d.Version, "doc": d.Doc}
	ask[office.Draft](t, one.clerk, "PUT", path, save)
	refused(t, "an old version", one.clerk.call(t, "PUT", path, save), 409, "version_conflict")
	refused(t, "another council saves", two.clerk.call(t, "PUT", path, save), 404, "sitting_unknown")
	refused(t, "no people", one.clerk.call(t, "POST", path+"/publish", map[string]any{"version": d.Version + 1}), 400, "bad_field")
	refused(t, "links of a draft", one.clerk.call(t, "GET", path+"/links", nil), 409, "not_published")
	refused(t, "no such template", one.clerk.call(t, "POST", "/api/office/sittings", map[string]any{"template": "x", "planned_at": "2026-11-23T01:00:00Z"}), 404, "template_unknown")
	if all := ask[[]office.Brief](t, two.clerk, "GET", "/api/office/sittings", nil); len(all) != 1 || all[0].ID != two.sitting.ID {
		t.Errorf("the other council's list: %+v", all)
	}
}

func TestClerkEnters(t *testing.T) {
	h := newHouse(t)
	one, two := h.towns(t)
	path := "/api/office/sittings/" + one.sitting.ID + "/enter"
	got := ask[enterAsClerkOut](t, one.clerk, "POST", path, nil)
	door := ask[doorAnswer](t, one.clerk, "GET", "/api/doors/"+got.Door, nil)
	if door.Me == nil || door.Me.Person != got.Person || !slices.Contains(door.Me.Roles, council.RoleClerk) {
		t.Errorf("entered as %+v", door.Me)
	}
	refused(t, "another council's clerk", two.clerk.call(t, "POST", path, nil), 404, "sitting_unknown")
	if door := ask[doorAnswer](t, two.clerk, "GET", "/api/doors/"+got.Door, nil); door.Me != nil {
		t.Errorf("the other clerk is %+v", door.Me)
	}
}

func TestDownloads(t *testing.T) {
	h := newHouse(t)
	one, two := h.towns(t)
	base := "/api/office/sittings/" + one.sitting.ID + "/"
	for name, contentType := range map[string]string{
		"attendance.csv": "text/csv; charset=utf-8", "speakers.csv": "text/csv; charset=utf-8", "votes.csv": "text/csv; charset=utf-8",
		"attendance.xlsx": downloadTypes["xlsx"], "speakers.xlsx": downloadTypes["xlsx"], "votes.xlsx": downloadTypes["xlsx"],
		"ledger.zip": "application/zip",
	} {
		w := one.clerk.call(t, "GET", base+name, nil)
		if w.Code != 200 || w.Header().Get("Content-Type") != contentType || w.Header().Get("Content-Disposition") != `attachment; filename="`+name+`"` {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
		if strings.HasSuffix(name, ".csv") && !strings.HasPrefix(w.Body.String(), "\ufeff") {
			t.Errorf("%s begins with %.20q", name, w.Body)
		}
		if !strings.HasSuffix(name, ".csv") {
			if _, err := zip.NewReader(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len())); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		refused(t, "another council's "+name, two.clerk.call(t, "GET", base+name, nil), 404, "sitting_unknown")
	}
	if w := h.browser().call(t, "GET", "/api/doors/"+one.sitting.Door+"/qr.svg", nil); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/svg+xml" {
		t.Errorf("the poster's code: %d", w.Code)
	}
}

func TestDisabledDevice(t *testing.T) {
	h := newHouse(t)
	one, two := h.towns(t)
	b := h.browser()
	ask[nothing](t, b, "POST", "/api/doors/"+one.sitting.Door+"/link", map[string]any{"token": one.links[1].token(), "code": one.links[1].Code})
	base := "/api/office/sittings/" + one.sitting.ID
	links := ask[[]office.PersonLink](t, one.clerk, "GET", base+"/links", nil)
	device := links[1].Devices[0].ID
	refused(t, "another council", two.clerk.call(t, "POST", base+"/devices/revoke", map[string]any{"device": device}), 404, "sitting_unknown")
	refused(t, "a stranger's device", one.clerk.call(t, "POST", base+"/devices/revoke", map[string]any{"device": "x"}), 403, "no_person")
	ask[nothing](t, one.clerk, "POST", base+"/devices/revoke", map[string]any{"device": device})
	if door := ask[doorAnswer](t, b, "GET", "/api/doors/"+one.sitting.Door, nil); door.Me != nil {
		t.Errorf("after taking the device: %+v", door.Me)
	}
}
