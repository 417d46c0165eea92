package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestForeignOriginsAreRefused(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.PublicURL = "https://public.test" })
	one, _ := h.towns(t)
	rows := []struct {
		name    string
		headers []string
		want    int
	}{
		{"no origin", nil, 400},
		{"own origin", []string{"Origin", host}, 400},
		{"the public address", []string{"Origin", "https://public.test"}, 400},
		{"a foreign origin", []string{"Origin", "https://evil.test"}, 403},
		{"null", []string{"Origin", "null"}, 403},
		{"own host as a prefix", []string{"Origin", "https://hop.test.evil.test"}, 403},
		{"a foreign origin that says it is the same", []string{"Origin", "https://evil.test", "Sec-Fetch-Site", "same-origin"}, 403},
		{"another site without origin", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a sister site", []string{"Sec-Fetch-Site", "same-site"}, 403},
	}
	for _, rt := range routes() {
		if safe(rt.method) || rt.needs == forHolders { // whip_test: a bearer token is what counts, whatever the origin
			continue
		}
		path := strings.NewReplacer("{door}", one.sitting.Door, "{id}", one.sitting.ID).Replace(rt.path)
		for _, r := range rows {
			if rt.path == "/api/logout" && r.want != 403 {
				continue // has no body to refuse
			}
			w := one.clerk.call(t, rt.method, path, "[", r.headers...)
			if w.Code != r.want && (r.want == 403 || w.Code != 403) {
				t.Errorf("%s %s, %s: %d %s", rt.method, rt.path, r.name, w.Code, w.Body)
			}
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/", "/h/unknown1", "/api/me", "/api/unknown", "/assets/door-AB12.js", "/ws", "/healthz"} {
		w := h.browser().call(t, "GET", path, nil)
		for name, want := range map[string]string{
			"X-Content-Type-Options":    "nosniff",
			"Referrer-Policy":           "no-referrer",
			"Strict-Transport-Security": "max-age=63072000",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		csp := w.Header().Get("Content-Security-Policy")
		for _, part := range []string{
			"default-src 'self'", "connect-src 'self' wss:", "img-src 'self' blob: data:", "media-src 'self' blob:",
			"worker-src 'self'", "frame-ancestors 'none'",
		} {
			if !strings.Contains(csp, part) {
				t.Errorf("%s: the policy lacks %s: %s", path, part, csp)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, " ws:") {
			t.Errorf("%s: the policy is %s", path, csp)
		}
		if p := w.Header().Get("Permissions-Policy"); !strings.Contains(p, "camera=(self), microphone=(self), display-capture=(self)") {
			t.Errorf("%s: permissions %q", path, p)
		}
	}
}

func TestPlainHTTPOffThisMachineExplainsItself(t *testing.T) {
	h := newHouse(t)
	rows := []struct {
		target  string
		explain bool
	}{
		{"http://192.168.1.10:8080/", true},
		{"http://hop.example.vn/h/unknown1", true},
		{"http://localhost.evil.test/", true},
		{"http://localhost:8080/", false},
		{"http://127.0.0.1:8080/", false},
		{"http://[::1]:8080/", false},
		{"https://hop.example.vn/", false},
	}
	for _, r := range rows {
		w := h.browser().call(t, "GET", r.target, nil)
		text := w.Body.String()
		got := w.Code == http.StatusForbidden && strings.Contains(text, "Cần bật HTTPS") && strings.Contains(text, "HTTPS is needed")
		if got != r.explain {
			t.Errorf("%s: %d %.60q", r.target, w.Code, text)
		}
		if w.Result().TLS == nil && strings.HasPrefix(r.target, "http:") && w.Header().Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: HSTS on plain http", r.target)
		}
		if len(w.Result().Cookies()) != 0 || strings.Contains(text, "<script") || strings.Contains(text, "style=") {
			t.Errorf("%s: a cookie, a script or an inline style", r.target)
		}
	}
	refused(t, "a call", h.browser().call(t, "GET", "http://192.168.1.10/api/me", nil), 403, "needs_tls")
	refused(t, "the socket", h.browser().call(t, "GET", "http://192.168.1.10/ws", nil), 403, "needs_tls")
	if w := h.browser().call(t, "GET", "http://192.168.1.10/healthz", nil); w.Code != 200 {
		t.Errorf("health: %d", w.Code)
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	h := newHouse(t)
	one, _ := h.towns(t)
	b := h.browser()
	door := one.sitting.Door
	b.call(t, "GET", "/h/"+door+"?x=bi-mat", nil, "Referer", "https://zalo.test/bi-mat")
	b.call(t, "POST", "/api/doors/"+door+"/link", map[string]any{"token": one.links[1].token(), "code": one.links[1].Code})
	b.call(t, "POST", "/api/doors/"+door+"/link", map[string]any{"token": one.links[0].token(), "code": "none"})
	b.call(t, "POST", "/api/doors/"+door+"/enter", map[string]any{"name": "Tên Bí Mật", "hamlet": "Thôn 1"})
	b.call(t, "POST", "/api/login", map[string]any{"name": "thư ký một", "password": "mật khẩu sai"})
	text := h.log.String()
	if !strings.Contains(text, `route="POST /api/doors/{door}/link"`) || !strings.Contains(text, "GET /h/{door}") {
		t.Errorf("the log lacks the patterns:\n%s", text)
	}
	for _, secret := range []string{
		door, one.links[0].token(), one.links[1].token(), one.links[1].Code + `"`, "Tên Bí Mật", "Thôn 1", "bi-mat", "mật khẩu",
		b.cookie.Value, "203.0.113.7",
	} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestBadBodies(t *testing.T) {
	h := newHouse(t)
	one, _ := h.towns(t)
	link := "/api/doors/" + one.sitting.Door + "/link"
	rows := []struct {
		name, body string
		status     int
		code       string
	}{
		{"no JSON", "token=x", 400, "bad_request"},
		{"nothing", "", 400, "bad_request"},
		{"an array", "[]", 400, "bad_request"},
		{"an unknown key", `{"token":"x","role":"chair"}`, 400, "bad_request"},
		{"a key twice", `{"token":"x","token":"y"}`, 400, "bad_request"},
		{"two values", `{"token":"x"}{"token":"x"}`, 400, "bad_request"},
		{"another type", `{"token":5}`, 400, "bad_request"},
		{"deep", strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40), 400, "bad_request"},
		{"large", `{"token":"` + strings.Repeat("x", smallBody) + `"}`, 413, "too_large"},
		{"invalid UTF-8", "{\"token\":\"\xff\"}", 404, "link_unknown"},
	}
	for _, r := range rows {
		refused(t, r.name, h.browser().call(t, "POST", link, r.body), r.status, r.code, "xxxx", "chair")
	}
}

func TestPanicEndsOnlyItsCall(t *testing.T) {
	h := newHouse(t, func(c *Config) {
		c.WebSocket = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a fault") })
	})
	refused(t, "the panic", h.browser().call(t, "GET", "/ws", nil), 500, "internal", "a fault")
	if w := h.browser().call(t, "GET", "/api/me", nil); w.Code != 200 {
		t.Errorf("the next call: %d", w.Code)
	}
	if !strings.Contains(h.log.String(), "a call panicked") {
		t.Error("the panic is not in the log")
	}
}

func TestNotReadyAndFailingStore(t *testing.T) {
	h := newHouse(t, func(c *Config) {
		c.Ready = func(context.Context) error { return errors.New("the disk /var/x is full") }
	})
	w := h.browser().call(t, "GET", "/readyz", nil)
	if w.Code != 503 || strings.Contains(w.Body.String(), "disk") {
		t.Errorf("readyz: %d %s", w.Code, w.Body)
	}
	noSpace := noSpaceError{}
	if p := problemOf(noSpace); p.status != 503 || p.Code != "no_space" {
		t.Errorf("a full disk: %+v", p)
	}
	if p := problemOf(errors.New("sql: secret detail")); p.status != 500 || p.Code != "internal" || p.Data != nil {
		t.Errorf("an unknown error: %+v", p)
	}
}

type noSpaceError struct{}

func (noSpaceError) Error() string { return "no space" }
func (noSpaceError) NoSpace() bool { return true }

func FuzzCheckJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,2,{"b":null}]}`))
	f.Add([]byte(`{"a":1,"a":2}`))
	f.Add([]byte(`[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]`))
	f.Add([]byte("{} {}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := checkJSON(b); err != nil {
			return
		}
		if len(strings.TrimSpace(string(b))) == 0 {
			t.Errorf("nothing was taken: %q", b)
		}
	})
}
