package web

import (
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"nghitruong/office"
)

func TestShells(t *testing.T) {
	h := newHouse(t)
	for path, want := range map[string]string{
		"/": "start", "/h/unknown1": "door", "/man-hinh": "display", "/van-phong": "office", "/van-phong/lich/x": "office", "/cai-dat": "setup",
	} {
		w := h.browser().call(t, "GET", path, nil)
		if w.Code != 200 || !strings.Contains(w.Body.String(), want) || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if len(w.Result().Cookies()) != 0 {
			t.Errorf("%s sets a cookie", path)
		}
	}
}

// TestPreviewBot holds what a chat program's robot may see of a link, and that its look changes nothing.
func TestPreviewBot(t *testing.T) {
	h := newHouse(t)
	one, _ := h.towns(t)
	d := ask[office.Draft](t, one.clerk, "POST", "/api/office/sittings", map[string]any{
		"template": "tiep-xuc-cu-tri", "planned_at": "2026-11-23T12:00:00Z", "title": `Hội nghị "><script>alert(1)</script>`,
	})
	d.Doc.People = one.sitting.Doc.People[:1]
	d = ask[office.Draft](t, one.clerk, "PUT", "/api/office/sittings/"+d.ID, map[string]any{"version": d.Version, "doc": d.Doc})
	if w := h.browser().call(t, "GET", "/h/"+d.Door, nil); strings.Contains(w.Body.String(), "og:title") {
		t.Error("a draft has a share card")
	}
	links := ask[publishOut](t, one.clerk, "POST", "/api/office/sittings/"+d.ID+"/publish", map[string]any{"version": d.Version}).Links
	bot := h.browser()
	var page string
	for range 3 {
		page = bot.call(t, "GET", "/h/"+d.Door, nil, "User-Agent", "facebookexternalhit/1.1").Body.String()
	}
	for _, part := range []string{`property="og:title" content="Hội nghị &#34;&gt;&lt;script&gt;`, "19:00 23/11/2026", "HĐND xã Đông Cuông", "Bấm là nghe", host + "/h/" + d.Door} {
		if !strings.Contains(page, part) {
			t.Errorf("the card lacks %q:\n%s", part, page)
		}
	}
	for _, secret := range []string{"<script>alert", links[0].token(), links[0].Code, "Đại biểu", string(links[0].Person)} {
		if strings.Contains(page, secret) {
			t.Errorf("the card holds %q", secret)
		}
	}
	if bot.cookie != nil {
		t.Error("a look made a device")
	}
	state := ask[[]office.PersonLink](t, one.clerk, "GET", "/api/office/sittings/"+d.ID+"/links", nil)
	if state[0].State != "new" || len(state[0].Devices) != 0 {
		t.Errorf("a look used the link: %+v", state[0])
	}
}

func TestAssets(t *testing.T) {
	h := newHouse(t)
	for _, r := range []struct{ accept, encoding, body string }{
		{"gzip, deflate, br", "br", "brotli"},
		{"gzip", "gzip", "gzip"},
		{"br;q=0, gzip", "gzip", "gzip"},
		{"", "", "plain script"},
		{"brotli", "", "plain script"},
	} {
		w := h.browser().call(t, "GET", "/assets/door-AB12.js", nil, "Accept-Encoding", r.accept)
		if w.Header().Get("Content-Encoding") != r.encoding || w.Body.String() != r.body {
			t.Errorf("%q: %s %q", r.accept, w.Header().Get("Content-Encoding"), w.Body)
		}
		if w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" {
			t.Errorf("%q: %v", r.accept, w.Header())
		}
	}
	for _, path := range []string{"/assets/door-AB12.js.br", "/assets/../door.html", "/assets/none.js"} {
		if w := h.browser().call(t, "GET", path, nil); w.Code == 200 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := h.browser().call(t, "GET", "/favicon.svg", nil); w.Code != 200 || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("favicon: %d %v", w.Code, w.Header())
	}
}

func TestClientThatWasNotBuilt(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Client = fstest.MapFS{} })
	w := h.browser().call(t, "GET", "/", nil)
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "make build") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if _, err := fs.Stat(built, "dist/KEEP"); err != nil {
		t.Errorf("the binary holds no trace of dist: %v", err)
	}
}
