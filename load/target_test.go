//go:build linux

package load

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// serverOf gives a target whose server answers with h; its name leads nowhere, only the address does.
func serverOf(t *testing.T, h http.HandlerFunc) *device {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	at, ok := s.Listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal(s.Listener.Addr())
	}
	w := newWire(&Target{Base: "http://hop.invalid", Addr: at.AddrPort()})
	t.Cleanup(w.close)
	return newDevice(w)
}

func TestDeviceKeepsCookiesAndDialsOnlyTheAddress(t *testing.T) {
	d := serverOf(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/give":
			http.SetCookie(w, &http.Cookie{Name: "__Host-nt", Value: "v", Path: "/", Secure: true})
		case "/away":
			http.Redirect(w, r, "http://elsewhere.invalid/", http.StatusFound)
		case "/no":
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"code":"not_public"}`))
		default:
			_, _ = w.Write([]byte(r.Header.Get("Cookie")))
		}
	})
	ctx := t.Context()
	if err := d.call(ctx, "POST", "/give", map[string]any{}, nil); err != nil {
		t.Fatal(err)
	}
	var raw []byte
	if err := d.call(ctx, "GET", "/echo", nil, &raw); err != nil || string(raw) != "__Host-nt=v" {
		t.Errorf("%q, %v", raw, err)
	}
	for path, want := range map[string]string{"/away": "http_302", "/no": "not_public"} {
		if err := d.call(ctx, "GET", path, nil, nil); reason(err) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	var out struct{}
	if err := d.call(ctx, "GET", "/echo", nil, &out); err == nil {
		t.Error("an answer that is not JSON")
	}
	if err := d.call(ctx, "POST", "/echo", func() {}, nil); err == nil {
		t.Error("a body that is not JSON")
	}
}

func TestDoorsOfEncoders(t *testing.T) {
	location, deleted := "", ""
	d := serverOf(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer key" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodDelete {
			deleted = r.URL.Path
			return
		}
		w.Header().Set("Location", location)
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte("answer"))
	})
	door := Door{"http://hop.invalid/whip/a/b", "key"}
	if _, _, err := d.wire.knock(t.Context(), door, "offer"); err == nil || !strings.Contains(err.Error(), "without an address") {
		t.Errorf("no Location: %v", err)
	}
	location = "/whip/a/b/s"
	answer, session, err := d.wire.knock(t.Context(), door, "offer")
	if err != nil || answer != "answer" || session != "http://hop.invalid/whip/a/b/s" {
		t.Fatalf("%q %q %v", answer, session, err)
	}
	if err := d.wire.leave(t.Context(), door, session); err != nil || deleted != "/whip/a/b/s" {
		t.Errorf("%q, %v", deleted, err)
	}
	if err := d.wire.leave(t.Context(), door, "http://elsewhere.invalid/s"); err == nil {
		t.Error("a session of another server was ended")
	}
	if _, _, err := d.wire.knock(t.Context(), Door{door.URL, "other"}, "offer"); reason(err) != "http_401" {
		t.Errorf("a wrong key: %v", err)
	}
}

// script answers each message of a socket with the given lines; RE stands for the message's id.
func script(t *testing.T, lines map[string][]string) *device {
	up := websocket.Upgrader{CheckOrigin: func(r *http.Request) bool { return r.Header.Get("Origin") == "http://hop.invalid" }}
	return serverOf(t, func(w http.ResponseWriter, r *http.Request) {
		c, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		for {
			var m struct {
				Type, ID string
				Take     bool
			}
			if c.ReadJSON(&m) != nil {
				return
			}
			kind := m.Type
			if m.Take {
				kind = "take"
			}
			for _, l := range lines[kind] {
				if l == "cut" {
					return
				}
				if c.WriteMessage(websocket.TextMessage, []byte(strings.ReplaceAll(l, "RE", m.ID))) != nil {
					return
				}
			}
		}
	})
}

const welcome = `{"type":"session.welcome","person":"p01"}`

func TestSessionTakesItsPlaceAndAsks(t *testing.T) {
	d := script(t, map[string][]string{
		"session.hello": {`{"type":"session.waiting","reason":"full"}`, `{"type":"session.elsewhere"}`},
		"take":          {welcome},
		"ballot.open":   {`{"type":"view","topic":"ballot","data":{"ballot":{"id":"7","state":"open"}}}`, `{"type":"ok","re":"RE"}`},
		"vote.cast":     {`{"type":"ok","re":"other"}`, `{"type":"error","re":"RE","code":"not_voter"}`},
		"media.offer":   {`{"type":"media.answer","re":"RE","sdp":"v=0"}`},
		"queue.raise":   {"cut"},
	})
	s, err := openSession(t.Context(), d, "k7m2p9qx")
	if err != nil || s.person != "p01" {
		t.Fatal(s, err)
	}
	if _, err := s.ask(t.Context(), "ballot.open", nil); err != nil {
		t.Error(err)
	}
	if id, err := s.openBallot(t.Context()); id != "7" || err != nil {
		t.Errorf("ballot %q, %v", id, err)
	}
	if _, err := s.ask(t.Context(), "vote.cast", nil); reason(err) != "not_voter" {
		t.Errorf("a refused vote: %v", err)
	}
	if sdp, err := s.offers("sub", "member")(t.Context(), "offer"); sdp != "v=0" || err != nil {
		t.Errorf("%q, %v", sdp, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := s.ask(ctx, "never.answered", nil); reason(err) != "timeout" {
		t.Errorf("no answer: %v", err)
	}
	if _, err := s.ask(t.Context(), "queue.raise", nil); !errors.Is(err, errGone) {
		t.Errorf("a cut: %v", err)
	}
	if err := s.leave(); !errors.Is(err, errGone) {
		t.Errorf("the cut is not told: %v", err)
	}
}

func TestSessionThatIsNotLetIn(t *testing.T) {
	for want, lines := range map[string][]string{
		"busy":    {`{"type":"error","code":"busy"}`},
		"full":    {`{"type":"session.waiting","reason":"full"}`, "cut"},
		"network": {"not JSON"},
	} {
		d := script(t, map[string][]string{"session.hello": lines})
		if _, err := openSession(t.Context(), d, "k7m2p9qx"); reason(err) != want {
			t.Errorf("%v: %v, want %s", lines, err, want)
		}
	}
	d := serverOf(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	if _, err := openSession(t.Context(), d, "k7m2p9qx"); reason(err) != "socket_503" {
		t.Errorf("no socket: %v", err)
	}
}
