package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"nghitruong/auth"
	"nghitruong/store"
)

// linked reads the relay's name from an answer's Link headers, "" when there are none.
func linked(t *testing.T, hd http.Header) string {
	t.Helper()
	links := hd["Link"]
	if len(links) == 0 {
		return ""
	}
	if len(links) != 2 || links[0] != `<stun:hop.test:3478>; rel="ice-server"` {
		t.Fatalf("links %v", links)
	}
	before, after := `<turn:hop.test:3478?transport=udp>; rel="ice-server"; username="9:`, `"; credential="secret"; credential-type="password"`
	if !strings.HasPrefix(links[1], before) || !strings.HasSuffix(links[1], after) {
		t.Fatalf("link %s", links[1])
	}
	return links[1][len(before) : len(links[1])-len(after)]
}

func TestSessionsUseTheRelayWhileTheyLive(t *testing.T) {
	h, m, one, _ := doorsHouse(t)
	key := one.key(t, store.StreamWatch, "")
	var sids []string
	for range 2 {
		w := h.knock(t, "POST", key.URL, key.Token, "v=0", sdpType...)
		sid := linked(t, w.Header())
		if sid == "" || strings.Contains(w.Header().Get("Location"), sid) {
			t.Fatalf("%q in %v", sid, w.Header())
		}
		sids = append(sids, sid)
	}
	if sids[0] == sids[1] {
		t.Error("two players share a quota")
	}
	m.opened[0].Close()
	if h.Relayed(sids[0]) || !h.Relayed(sids[1]) || h.Relayed("") || h.Relayed("nobody") {
		t.Error("the relay serves others than sessions that live")
	}
}

func TestWhoAsksFirstIsToldOfTheRelays(t *testing.T) {
	h, m, one, _ := doorsHouse(t)
	key := one.key(t, store.StreamIngest, one.hall())
	ask := func(url, token string, headers ...string) (int, string) {
		w := h.knock(t, "OPTIONS", url, token, "", headers...)
		return w.Code, linked(t, w.Header())
	}
	if code, sid := ask(key.URL, "", "Origin", "https://other.test", "Access-Control-Request-Method", "POST"); code != http.StatusNoContent || sid != "" {
		t.Errorf("a preflight: %d %q", code, sid)
	}
	if code, sid := ask(key.URL, auth.NewToken().String()); code != http.StatusUnauthorized || sid != "" {
		t.Errorf("a wrong key: %d %q", code, sid)
	}
	_, sid := ask(key.URL, key.Token)
	_, again := ask(key.URL, key.Token)
	_, elsewhere := ask(key.URL, key.Token, "RemoteAddr", "198.51.100.1:1")
	if sid == "" || sid != again || sid == elsewhere {
		t.Errorf("asked %q, %q, from elsewhere %q", sid, again, elsewhere)
	}
	w := h.knock(t, "POST", key.URL, key.Token, "v=0", sdpType...)
	if code, of := ask(w.Header().Get("Location"), key.Token); code != http.StatusNoContent || of != "" {
		t.Errorf("of a session: %d %q", code, of)
	}
	h.inner.now = func() time.Time { return time.Now().Add(askedLife + time.Second) }
	if !h.Relayed(sid) {
		t.Error("the relay drops a session that goes on")
	}
	m.opened[0].Close()
	if h.Relayed(sid) {
		t.Error("the relay serves a session that ended")
	}
}

func TestAskersAreForgotten(t *testing.T) {
	s, now := newStreams(nil), time.Unix(1, 0)
	k := auth.StreamKey{ID: "k"}
	for i := range maxAsked {
		if _, ok := s.ask(k, string(rune('a'+i)), now); !ok {
			t.Fatal("refused", i)
		}
	}
	if _, ok := s.ask(k, "late", now); ok {
		t.Error("more than the limit are served")
	}
	sid, ok := s.ask(k, "late", now.Add(askedLife))
	if !ok || len(s.asked) != 1 || !s.relays(sid, now.Add(askedLife)) {
		t.Errorf("%v, %d are kept", ok, len(s.asked))
	}
}
