package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"nghitruong/auth"
	"nghitruong/council"
)

// visitors are who may knock at a route: nobody, every role of a sitting by its device, and the accounts.
var visitors = append([]string{"anonymous", "clerk account", "admin", "installer", "clerk of another council", "admin of another council"}, roleNames()...)

func roleNames() (out []string) {
	for _, r := range council.Roles {
		out = append(out, string(r))
	}
	return out
}

// admits is who gets past the guard of a route with these needs; what the handler then finds is another matter.
var admits = map[string][]string{
	auth.OpenToAll:      visitors,
	auth.OfficeRead:     {"clerk account", "admin", "installer", "clerk of another council", "admin of another council"},
	auth.OfficeSittings: {"clerk account", "admin", "installer", "clerk of another council", "admin of another council"},
	auth.OfficeLinks:    {"clerk account", "admin", "installer", "clerk of another council", "admin of another council"},
	auth.OfficeResults:  {"clerk account", "admin", "installer", "clerk of another council", "admin of another council"},
	auth.OfficeAccounts: {"admin", "installer", "admin of another council"},
	auth.OfficeCouncils: {"installer"},
	forOperators:        {},
	forHolders:          {},
}

// TestEveryRouteAndVisitor is generated from the route table: a route whose needs are not in admits fails, so does one that
// lets in whom the table does not name.
func TestEveryRouteAndVisitor(t *testing.T) {
	h := newHouse(t)
	one, two := h.towns(t)
	ask[accountRow](t, two.admin, "POST", "/api/office/accounts", map[string]any{"name": "quản trị ba", "password": password, "role": "admin"})
	third := h.browser()
	ask[accountRow](t, one.admin, "POST", "/api/office/accounts", map[string]any{"name": "quản trị bốn", "password": password, "role": "admin"})
	ask[nothing](t, third, "POST", "/api/login", map[string]any{"name": "quản trị bốn", "password": password})
	who := map[string]*browser{
		"anonymous": h.browser(), "clerk account": one.clerk, "admin": third, "installer": one.admin,
		"clerk of another council": two.clerk, "admin of another council": two.admin,
	}
	for _, role := range council.Roles {
		who[string(role)] = h.inRole(t, one, role)
	}
	for _, rt := range routes() {
		allowed, known := admits[rt.needs]
		if !known {
			t.Errorf("%s %s needs %q, which the matrix does not know", rt.method, rt.path, rt.needs)
			continue
		}
		path := strings.NewReplacer("{door}", one.sitting.Door, "{id}", one.sitting.ID, "{$}", "", "{rest...}", "x", "{name...}", "door-AB12.js").Replace(rt.path)
		for _, name := range visitors {
			if rt.path == "/api/logout" || rt.path == "/api/login" || rt.path == "/api/doors/{door}/enter" {
				continue // would change who the visitor is; their own tests follow
			}
			var body any
			if rt.method != http.MethodGet {
				body = "{}" // refused by the schema behind the guard, so that nothing changes
			}
			w := who[name].call(t, rt.method, path, body)
			denied := w.Code == http.StatusUnauthorized || w.Code == http.StatusForbidden
			if rt.needs == forOperators {
				denied = w.Code == http.StatusNotFound
			}
			if want := !slices.Contains(allowed, name); denied != want {
				t.Errorf("%s %s by %s: %d %s", rt.method, rt.path, name, w.Code, w.Body)
			}
			if strings.Contains(name, "another council") && strings.Contains(rt.path, "{id}") && w.Code < 300 {
				t.Errorf("%s %s by %s: %d", rt.method, rt.path, name, w.Code)
			}
		}
	}
}

// inRole gives a browser that is somebody of this role in the town's sitting.
func (h *house) inRole(t *testing.T, tn town, role council.Role) *browser {
	t.Helper()
	b := h.browser()
	if role == council.RoleCitizen {
		ask[nothing](t, b, "POST", "/api/doors/"+tn.sitting.Door+"/enter", map[string]any{"name": "Cử tri", "hamlet": "Thôn 1"})
		return b
	}
	w := b.call(t, "POST", "/api/doors/"+tn.sitting.Door+"/enter", map[string]any{"name": "Cử tri"})
	if w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	d, err := h.auth.FromRequest(&http.Request{Header: http.Header{"Cookie": {b.cookie.String()}}})
	must(t, err)
	must(t, h.auth.EnterAs(t.Context(), d, tn.sitting.Doc.Council, tn.sitting.ID, council.PersonID(auth.NewID()), role))
	return b
}

func TestRoutesAreUniqueAndTyped(t *testing.T) {
	seen := map[string]bool{}
	for _, rt := range routes() {
		key := rt.method + " " + rt.path
		if seen[key] || rt.needs == "" {
			t.Errorf("%s: twice, or without needs", key)
		}
		seen[key] = true
	}
}

func TestUnknownRouteDoesNotExist(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/api/unknown", "/api/office", "/admin", "/assets/", "/assets/none.js", "/docs", "/openapi.json", "/schemas/x.json"} {
		if w := h.browser().call(t, "GET", path, nil); w.Code != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, w.Code)
		}
	}
}

type sampleMessage struct {
	Type string `json:"type"`
}

func TestOpenAPIDescribesEveryCallAndTheSocketsTypes(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.ExtraSchemas = []any{sampleMessage{}, council.QueueView{}, council.Published{}} })
	doc := ask[struct {
		Paths      map[string]map[string]any `json:"paths"`
		Components struct {
			Schemas map[string]json.RawMessage `json:"schemas"`
		} `json:"components"`
	}](t, h.browser(), "GET", "/api/openapi.json", nil)
	for _, path := range []string{"/api/me", "/api/doors/{door}/link", "/api/office/sittings/{id}/publish"} {
		if doc.Paths[path] == nil {
			t.Errorf("no %s", path)
		}
	}
	for _, name := range []string{"QueueView", "Published", "Problem"} {
		if doc.Components.Schemas[name] == nil && doc.Components.Schemas["Api"+name] == nil {
			t.Errorf("no schema %s", name)
		}
	}
}

func TestOperatorsPages(t *testing.T) {
	h := newHouse(t)
	rows := []struct {
		name    string
		headers []string
		want    int
	}{
		{"from elsewhere", nil, 404},
		{"from elsewhere with the token", []string{"Authorization", "Bearer metrics-secret"}, 200},
		{"with a wrong token", []string{"Authorization", "Bearer wrong"}, 404},
		{"from this machine", []string{"RemoteAddr", "127.0.0.1:999"}, 200},
		{"from this machine by a proxy", []string{"RemoteAddr", "127.0.0.1:999", "X-Forwarded-For", "203.0.113.7"}, 404},
	}
	for _, r := range rows {
		for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/cmdline"} {
			if w := h.browser().call(t, "GET", path, nil, r.headers...); w.Code != r.want {
				t.Errorf("%s %s: %d", r.name, path, w.Code)
			}
		}
	}
	no := newHouse(t, func(c *Config) { c.MetricsToken = "" })
	if w := no.browser().call(t, "GET", "/metrics", nil, "Authorization", "Bearer "); w.Code != 404 {
		t.Errorf("an empty token: %d", w.Code)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if w := h.browser().call(t, "GET", path, nil); w.Code != 200 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
