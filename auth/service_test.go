package auth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"nghitruong/council"
	"nghitruong/store"
)

// house is two councils with a published sitting each, on a real store.
type house struct {
	*Service
	db      *store.DB
	now     time.Time
	revoked []string
	mu      sync.Mutex
}

func newHouse(t *testing.T) *house {
	t.Helper()
	db, err := store.Open(t.Context(), t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	h := &house{db: db, now: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)}
	h.Service, err = New(t.Context(), Config{
		Store: db, Now: func() time.Time { return h.now },
		Revoked: func(sitting string, p council.PersonID, _ string) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.revoked = append(h.revoked, sitting+"/"+string(p))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []string{"c1", "c2"} {
		must(t, db.AddCouncil(t.Context(), store.Council{ID: c, Name: c, CreatedAt: h.now}))
		doc, err := json.Marshal(council.Published{Council: c, People: people})
		must(t, err)
		must(t, db.AddSitting(t.Context(), store.Sitting{
			ID: "s-" + c, Council: c, Door: "door" + c, State: string(council.StatePublished), Version: 1, Doc: doc,
			CreatedAt: h.now, UpdatedAt: h.now,
		}))
	}
	return h
}

var people = []council.Person{
	{ID: "deputy", Name: "Đại biểu số 07 – Tổ 2", Label: "Đại biểu số 07", Roles: []council.Role{council.RoleDeputy}},
	{ID: "hall", Name: "Điểm cầu 1", Label: "Điểm cầu 1", Roles: []council.Role{council.RoleHall}},
	{ID: "screen", Name: "Màn hình", Label: "Màn hình", Roles: []council.Role{council.RoleDisplay}},
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// device makes a device as a first visit does and gives it with its cookie.
func (h *house) device(t *testing.T) (Device, *http.Cookie) {
	t.Helper()
	w := httptest.NewRecorder()
	d, err := h.Ensure(w, httptest.NewRequestWithContext(t.Context(), "POST", "/", nil))
	must(t, err)
	return d, w.Result().Cookies()[0]
}

func (h *house) try(ctx context.Context, sitting string, i Issued, code string, d *Device) (Person, error) {
	return h.Exchange(ctx, Tried{
		Council: sitting[2:], Sitting: sitting, Token: i.Token.String(), Code: code, Network: "203.0.113.0/24", Known: d,
		Device: func() (Device, error) {
			if d == nil {
				return Device{}, errors.New("a device was asked for")
			}
			return *d, nil
		},
	})
}

func code(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestDeviceCookie(t *testing.T) {
	h := newHouse(t)
	d, c := h.device(t)
	if c.Name != "__Host-nt" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.MaxAge != 90*24*3600 {
		t.Errorf("cookie %+v", c)
	}
	ask := func(value string) (Device, error) {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		if value != "" {
			r.AddCookie(&http.Cookie{Name: CookieName, Value: value})
		}
		return h.FromRequest(r)
	}
	if got, err := ask(c.Value); err != nil || got != d {
		t.Errorf("FromRequest = %+v, %v", got, err)
	}
	for _, bad := range []string{"", "x", NewToken().String()} {
		if _, err := ask(bad); !errors.Is(err, ErrNoDevice) {
			t.Errorf("cookie %q: %v", bad, err)
		}
	}
	h.now = h.now.Add(remembered)
	if _, err := ask(c.Value); !errors.Is(err, ErrNoDevice) {
		t.Errorf("after 90 days: %v", err)
	}
}

func TestEnsureRemembersALivingDevice(t *testing.T) {
	h := newHouse(t)
	d, c := h.device(t)
	h.now = h.now.Add(60 * 24 * time.Hour)
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/", nil)
	r.AddCookie(c)
	w := httptest.NewRecorder()
	got, err := h.Ensure(w, r)
	if err != nil || got != d || len(w.Result().Cookies()) != 1 {
		t.Fatalf("Ensure = %+v, %v, %d cookies", got, err, len(w.Result().Cookies()))
	}
	h.now = h.now.Add(60 * 24 * time.Hour)
	if got, err = h.FromRequest(r); err != nil || got != d {
		t.Errorf("120 days later, seen after 60: %+v, %v", got, err)
	}
}

func TestLinkRows(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	issued, err := h.IssueLinks(ctx, "c1", "s-c1", people)
	must(t, err)
	deputy, hall, screen := issued[0], issued[1], issued[2]
	if len(deputy.Code) != 6 || hall.Code != "" || screen.Code != "" {
		t.Fatalf("codes %q %q %q", deputy.Code, hall.Code, screen.Code)
	}
	d, _ := h.device(t)
	wrong := "000000"
	if deputy.Code == wrong {
		wrong = "000001"
	}
	rows := []struct {
		name    string
		sitting string
		link    Issued
		code    string
		device  *Device
		want    string
	}{
		{"no code", "s-c1", deputy, "", nil, "code_required"},
		{"wrong code", "s-c1", deputy, wrong, nil, "wrong_code"},
		{"unknown token", "s-c1", Issued{Token: NewToken()}, "", nil, "link_unknown"},
		{"another council's sitting", "s-c2", deputy, deputy.Code, nil, "link_unknown"},
		{"right code", "s-c1", deputy, deputy.Code, &d, ""},
		{"again without code on that device", "s-c1", deputy, "", &d, ""},
		{"again without code on no device", "s-c1", deputy, "", nil, "code_required"},
		{"hall without code", "s-c1", hall, "", &d, ""},
	}
	for _, r := range rows {
		p, err := h.try(ctx, r.sitting, r.link, r.code, r.device)
		if code(err) != r.want || (r.want == "") != (err == nil) {
			t.Errorf("%s: %v, want %q", r.name, err, r.want)
		}
		if err == nil && p.ID != r.link.Person {
			t.Errorf("%s: person %q", r.name, p.ID)
		}
	}
}

func TestFiveWrongCodesLockTheLink(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	issued, err := h.IssueLinks(ctx, "c1", "s-c1", people[:1])
	must(t, err)
	inside, _ := h.device(t)
	_, err = h.try(ctx, "s-c1", issued[0], issued[0].Code, &inside)
	must(t, err)
	wrong := "000000"
	if issued[0].Code == wrong {
		wrong = "000001"
	}
	for i := 1; i <= wrongCodes; i++ {
		_, err := h.try(ctx, "s-c1", issued[0], wrong, nil)
		var e *Error
		if !errors.As(err, &e) {
			t.Fatalf("try %d: %v", i, err)
		}
		if i < wrongCodes && (e.Code != "wrong_code" || e.Data["left"] != wrongCodes-i) {
			t.Errorf("try %d: %s %v", i, e.Code, e.Data)
		}
		if i == wrongCodes && e.Code != "link_locked" {
			t.Errorf("try %d: %s", i, e.Code)
		}
	}
	other, _ := h.device(t)
	if _, err := h.try(ctx, "s-c1", issued[0], issued[0].Code, &other); !errors.Is(err, ErrLinkLocked) {
		t.Errorf("the right code on a locked link: %v", err)
	}
	if p, err := h.PersonFor(ctx, inside, "s-c1"); err != nil || p.ID != "deputy" {
		t.Errorf("the lock put out who was inside: %v", err)
	}
	if _, err := h.try(ctx, "s-c1", issued[0], "", &inside); err != nil {
		t.Errorf("the lock asks who is inside: %v", err)
	}
}

func TestManyCodesAtOnceAreStillFive(t *testing.T) {
	h := newHouse(t)
	issued, err := h.IssueLinks(t.Context(), "c1", "s-c1", people[:1])
	must(t, err)
	var wg sync.WaitGroup
	var mu sync.Mutex
	tried := 0
	for range 30 {
		wg.Go(func() {
			_, err := h.try(t.Context(), "s-c1", issued[0], "none", nil)
			if code(err) == "wrong_code" {
				mu.Lock()
				tried++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if tried != wrongCodes-1 { // the fifth locks and says so
		t.Errorf("%d codes were compared before the lock", tried+1)
	}
}

func TestRevokedAndRenewedLinks(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	first, err := h.IssueLinks(ctx, "c1", "s-c1", people[:1])
	must(t, err)
	d, _ := h.device(t)
	before, err := h.try(ctx, "s-c1", first[0], first[0].Code, &d)
	must(t, err)

	second, err := h.IssueLinks(ctx, "c1", "s-c1", people[:1])
	must(t, err)
	if _, err := h.PersonFor(ctx, d, "s-c1"); !errors.Is(err, ErrNoPerson) {
		t.Errorf("after a new link the old device is %v", err)
	}
	if _, err := h.try(ctx, "s-c1", first[0], first[0].Code, &d); !errors.Is(err, ErrLinkRevoked) {
		t.Errorf("the old link: %v", err)
	}
	if devices, err := h.db.DevicesOfPerson(ctx, "c1", "s-c1", "deputy"); err != nil || len(devices) != 0 {
		t.Errorf("the old device is still listed: %v, %v", devices, err)
	}
	after, err := h.try(ctx, "s-c1", second[0], second[0].Code, &d)
	must(t, err)
	if after.Rev <= before.Rev {
		t.Errorf("revocation counter %d after %d", after.Rev, before.Rev)
	}

	must(t, h.RevokePerson(ctx, "c1", "s-c1", "deputy"))
	if _, err := h.PersonFor(ctx, d, "s-c1"); !errors.Is(err, ErrNoPerson) {
		t.Errorf("after revoking: %v", err)
	}
	if _, err := h.try(ctx, "s-c1", second[0], second[0].Code, &d); !errors.Is(err, ErrLinkRevoked) {
		t.Errorf("the revoked link: %v", err)
	}
	if n := len(h.revoked); n != 2 {
		t.Errorf("sessions were told %d times: %v", n, h.revoked)
	}
}

func TestRenewedLinksLeaveTheAccountsDevice(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	d, _ := h.device(t)
	must(t, h.EnterAs(ctx, d, "c1", "s-c1", "deputy", ""))
	_, err := h.IssueLinks(ctx, "c1", "s-c1", people)
	must(t, err)
	if p, err := h.PersonFor(ctx, d, "s-c1"); err != nil || p.ID != "deputy" {
		t.Errorf("the desk was lost: %v", err)
	}
	must(t, h.RevokePerson(ctx, "c1", "s-c1", "deputy"))
	if _, err := h.PersonFor(ctx, d, "s-c1"); !errors.Is(err, ErrNoPerson) {
		t.Errorf("after revoking the person: %v", err)
	}
}

func TestLinksExpireADayAfterTheClose(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	issued, err := h.IssueLinks(ctx, "c1", "s-c1", people[1:2])
	must(t, err)
	must(t, h.db.SetSittingState(ctx, "c1", "s-c1", council.StateClosed, h.now))
	d, _ := h.device(t)
	h.now = h.now.Add(linkLife - time.Second)
	if _, err := h.try(ctx, "s-c1", issued[0], "", &d); err != nil {
		t.Errorf("within the day: %v", err)
	}
	h.now = h.now.Add(time.Second)
	if _, err := h.try(ctx, "s-c1", issued[0], "", &d); !errors.Is(err, ErrLinkExpired) {
		t.Errorf("after the day: %v", err)
	}
}

func TestFourthDeviceReplacesTheOldest(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	issued, err := h.IssueLinks(ctx, "c1", "s-c1", people[:1])
	must(t, err)
	var all []Device
	for range maxDevices + 1 {
		h.now = h.now.Add(time.Minute)
		d, _ := h.device(t)
		_, err := h.try(ctx, "s-c1", issued[0], issued[0].Code, &d)
		must(t, err)
		all = append(all, d)
	}
	for i, d := range all {
		_, err := h.PersonFor(ctx, d, "s-c1")
		if gone := errors.Is(err, ErrNoPerson); gone != (i == 0) {
			t.Errorf("device %d: %v", i, err)
		}
	}
}

func TestDisplayLink(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	issued, err := h.IssueLinks(ctx, "c2", "s-c2", people)
	must(t, err)
	d, _ := h.device(t)
	try := func(token string) (string, Person, error) {
		return h.ExchangeDisplay(ctx, Tried{Token: token, Known: &d, Device: func() (Device, error) { return d, nil }})
	}
	sitting, p, err := try(issued[2].Token.String())
	if err != nil || sitting != "s-c2" || p.ID != "screen" || p.Council != "c2" {
		t.Errorf("display: %q %+v %v", sitting, p, err)
	}
	for _, i := range issued[:2] {
		if _, _, err := try(i.Token.String()); !errors.Is(err, ErrLinkUnknown) {
			t.Errorf("the link of %s opens a display: %v", i.Person, err)
		}
	}
}

func TestCitizenEnters(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	d, _ := h.device(t)
	must(t, h.EnterAs(ctx, d, "c1", "s-c1", "random", council.RoleCitizen))
	p, err := h.PersonFor(ctx, d, "s-c1")
	if err != nil || p.ID != "random" || len(p.Roles) != 1 || p.Roles[0] != council.RoleCitizen {
		t.Errorf("citizen %+v, %v", p, err)
	}
	for _, sitting := range []string{"s-c2", "unknown"} {
		if _, err := h.PersonFor(ctx, d, sitting); !errors.Is(err, ErrNoPerson) {
			t.Errorf("in %s: %v", sitting, err)
		}
	}
	all, err := h.PersonsOf(ctx, d)
	if err != nil || len(all) != 1 || all[0].Sitting != "s-c1" {
		t.Errorf("PersonsOf = %+v, %v", all, err)
	}
	if err := h.RevokeDevice(ctx, "c2", "s-c1", d.ID); !errors.Is(err, ErrNoPerson) {
		t.Errorf("another council revoked the device: %v", err)
	}
}

func TestLogin(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	a, err := h.AddAccount(ctx, "c1", "Văn  Thư", "mật khẩu rất dài", AccountClerk)
	must(t, err)
	if _, err := h.AddAccount(ctx, "c2", "văn thư", "mật khẩu rất dài", AccountClerk); !errors.Is(err, ErrNameTaken) {
		t.Errorf("a taken name: %v", err)
	}
	d, c := h.device(t)
	login := func(name, password string) error {
		return h.Login(ctx, "203.0.113.0/24", name, password, func() (Device, error) { return d, nil })
	}
	for _, row := range [][2]string{{"văn thư", "sai mật khẩu"}, {"không ai", "mật khẩu rất dài"}, {"", ""}} {
		if err := login(row[0], row[1]); !errors.Is(err, ErrWrongLogin) {
			t.Errorf("login %q: %v", row[0], err)
		}
	}
	must(t, login("VĂN THƯ", "mật khẩu rất dài"))
	r := httptest.NewRequestWithContext(ctx, "GET", "/", nil)
	r.AddCookie(c)
	d, err = h.FromRequest(r)
	must(t, err)
	if got, err := h.Account(ctx, d); err != nil || got != a {
		t.Errorf("Account = %+v, %v", got, err)
	}
	must(t, h.db.SetAccountDisabled(ctx, "c1", a.ID, true))
	if _, err := h.Account(ctx, d); !errors.Is(err, ErrSignedOut) {
		t.Errorf("a disabled account: %v", err)
	}
	if err := login("văn thư", "mật khẩu rất dài"); !errors.Is(err, ErrWrongLogin) {
		t.Errorf("a disabled account signs in: %v", err)
	}
	must(t, h.Logout(ctx, d))
	if d, err = h.FromRequest(r); err != nil || d.Account != "" {
		t.Errorf("after signing out: %+v, %v", d, err)
	}
}

func TestLoginTriesAreLimited(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	_, err := h.AddAccount(ctx, "c1", "thu-ky", "mật khẩu rất dài", AccountClerk)
	must(t, err)
	d, _ := h.device(t)
	login := func(password string) error {
		return h.Login(ctx, "203.0.113.0/24", "thu-ky", password, func() (Device, error) { return d, nil })
	}
	for range triesPerAccount {
		if err := login("sai"); !errors.Is(err, ErrWrongLogin) {
			t.Fatal(err)
		}
	}
	if err := login("mật khẩu rất dài"); !errors.Is(err, ErrTooMany) {
		t.Errorf("the eleventh try: %v", err)
	}
	h.now = h.now.Add(2 * triesWindow)
	if err := login("mật khẩu rất dài"); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

func TestResumeKeySurvivesARestart(t *testing.T) {
	h := newHouse(t)
	again, err := New(t.Context(), Config{Store: h.db})
	must(t, err)
	if !again.Resume.Check(h.Resume.Secret("s", "d", "t", "p", 1), "s", "d", "t", "p", 1) {
		t.Error("a secret from before the restart is refused")
	}
}

func TestDeviceNames(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Linux; Android 13; SM-A135F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36": "Chrome trên Android",
		"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Version/16.6 Mobile/15E148 Safari/604.1":         "Safari trên iPad",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0":                  "Edge trên Windows",
		"<script>alert(1)</script>": "Thiết bị",
		"":                          "Thiết bị",
	} {
		if got := deviceName(agent); got != want {
			t.Errorf("deviceName(%q) = %q, want %q", agent, got, want)
		}
	}
}
