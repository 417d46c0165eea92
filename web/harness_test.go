package web

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/office"
	"nghitruong/room"
	"nghitruong/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a whole server without media: real store, rooms, office and auth, two councils, everything over HTTP.
type house struct {
	*Server
	db     *store.DB
	auth   *auth.Service
	office *office.Office
	rooms  *room.Registry
	log    *bytes.Buffer
	first  string // the first administrator's token
}

const host = "https://hop.test"

// builtClient is a small client as the build writes it.
var builtClient = fstest.MapFS{
	"door.html":              {Data: []byte("<!doctype html><html><head><title>x</title></head><body>door</body></html>")},
	"start.html":             {Data: []byte("<html><head></head>start</html>")},
	"office.html":            {Data: []byte("<html><head></head>office</html>")},
	"display.html":           {Data: []byte("<html><head></head>display</html>")},
	"setup.html":             {Data: []byte("<html><head></head>setup</html>")},
	"assets/door-AB12.js":    {Data: []byte("plain script")},
	"assets/door-AB12.js.br": {Data: []byte("brotli")},
	"assets/door-AB12.js.gz": {Data: []byte("gzip")},
	"favicon.svg":            {Data: []byte("<svg/>")},
}

func newHouse(t *testing.T, change ...func(*Config)) *house {
	t.Helper()
	ctx := t.Context()
	h := &house{log: &bytes.Buffer{}}
	var err error
	h.db, err = store.Open(ctx, t.TempDir(), store.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, h.db.Close()) })
	h.auth, err = auth.New(ctx, auth.Config{Store: h.db})
	must(t, err)
	h.rooms, err = room.NewRegistry(room.Config{Ledger: h.db, Permits: auth.Permits{}, Side: h.db, Directory: h.db})
	must(t, err)
	t.Cleanup(h.rooms.Close)
	h.office, err = office.New(ctx, office.Config{Store: h.db, Identity: h.auth, Rooms: h.rooms})
	must(t, err)
	h.first, err = h.office.FirstToken(ctx)
	must(t, err)
	c := Config{
		Auth: h.auth, Office: h.office, Client: builtClient, MetricsToken: "metrics-secret", Version: "test",
		Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		WebSocket: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUpgradeRequired)
		}),
	}
	for _, f := range change {
		f(&c)
	}
	h.Server, err = New(c)
	must(t, err)
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// browser keeps one device's cookie.
type browser struct {
	h      *house
	cookie *http.Cookie
}

func (h *house) browser() *browser { return &browser{h: h} }

// call sends a request; a body is sent as JSON unless it is a string.
func (b *browser) call(t *testing.T, method, path string, body any, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	var in io.Reader
	switch v := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(v)
	default:
		j, err := json.Marshal(v)
		must(t, err)
		in = bytes.NewReader(j)
	}
	target := path
	if strings.HasPrefix(path, "/") {
		target = host + path
	}
	r := httptest.NewRequestWithContext(t.Context(), method, target, in)
	r.RemoteAddr = "203.0.113.7:4000"
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		switch headers[i] {
		case "RemoteAddr":
			r.RemoteAddr = headers[i+1]
		default:
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		b.cookie = c
	}
	return w
}

// ask is call that must succeed, with its answer decoded.
func ask[T any](t *testing.T, b *browser, method, path string, body any) T {
	t.Helper()
	w := b.call(t, method, path, body)
	var out T
	if w.Code != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
	}
	return out
}

type nothing struct{}

const password = "một mật khẩu dài"

// town is one council with its people signed in.
type town struct {
	admin, clerk *browser
	sitting      office.Draft
	links        []newLink
}

// towns sets both councils up through the API: the first by the first administrator's link.
func (h *house) towns(t *testing.T) (one, two town) {
	t.Helper()
	one.admin, one.clerk, two.admin, two.clerk = h.browser(), h.browser(), h.browser(), h.browser()
	ask[nothing](t, one.admin, "POST", "/api/first", map[string]any{
		"token":   h.first,
		"council": councilBody("HĐND xã Đông Cuông"),
		"admin":   map[string]any{"name": "quản trị một", "password": password},
	})
	ask[store.Council](t, one.admin, "POST", "/api/office/councils", map[string]any{
		"council": councilBody("HĐND xã Mậu A"),
		"admin":   map[string]any{"name": "quản trị hai", "password": password},
	})
	login := func(b *browser, name string) {
		ask[nothing](t, b, "POST", "/api/login", map[string]any{"name": name, "password": password})
	}
	login(two.admin, "quản trị hai")
	for _, s := range []struct {
		town *town
		name string
	}{{&one, "thư ký một"}, {&two, "thư ký hai"}} {
		ask[accountRow](t, s.town.admin, "POST", "/api/office/accounts", map[string]any{"name": s.name, "password": password, "role": "clerk"})
		login(s.town.clerk, s.name)
		s.town.meet(t, "tiep-xuc-cu-tri")
	}
	return one, two
}

func councilBody(name string) map[string]any {
	return map[string]any{"name": name, "unit": "", "khoa": "khóa II", "term_from": "2026", "term_to": "2031"}
}

// meet makes and publishes a sitting with a chair, a deputy, a hall and a display.
func (tn *town) meet(t *testing.T, template string) {
	t.Helper()
	d := ask[office.Draft](t, tn.clerk, "POST", "/api/office/sittings", map[string]any{
		"template": template, "planned_at": "2026-11-23T01:00:00Z",
	})
	d.Doc.People = []council.Person{
		{Name: "Đại biểu số 01 – Tổ 1", Roles: []council.Role{council.RoleChair, council.RoleDeputy}},
		{Name: "Đại biểu số 02 – Tổ 1", Roles: []council.Role{council.RoleDeputy}},
		{Name: "Điểm cầu 1", Roles: []council.Role{council.RoleHall}},
		{Name: "Màn hình", Roles: []council.Role{council.RoleDisplay}},
	}
	d.Doc.Hamlets = []string{"Thôn 1", "Thôn 2"}
	d = ask[office.Draft](t, tn.clerk, "PUT", "/api/office/sittings/"+d.ID, map[string]any{"version": d.Version, "doc": d.Doc})
	tn.links = ask[publishOut](t, tn.clerk, "POST", "/api/office/sittings/"+d.ID+"/publish", map[string]any{"version": d.Version}).Links
	tn.sitting = ask[office.Draft](t, tn.clerk, "GET", "/api/office/sittings/"+d.ID, nil)
}

// token is the part of a link's address that travels in no request line.
func (l newLink) token() string {
	_, token, _ := strings.Cut(l.URL, "#")
	return token
}

// refused checks an answer's status and code, and that its body holds none of what must not appear.
func refused(t *testing.T, name string, w *httptest.ResponseRecorder, status int, code string, absent ...string) {
	t.Helper()
	var p Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Errorf("%s: %d, %v in %q", name, w.Code, err, w.Body)
		return
	}
	if w.Code != status || p.Code != code {
		t.Errorf("%s: %d %s, want %d %s", name, w.Code, p.Code, status, code)
	}
	for _, a := range absent {
		if strings.Contains(w.Body.String(), a) {
			t.Errorf("%s: the answer holds %q", name, a)
		}
	}
}
