package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/store"
)

// testMedia notes what the doors ask for.
type testMedia struct {
	calls  []string
	opened []*testStream
	refuse error
	states []StreamState
}

type testStream struct {
	tag  string
	done chan struct{}
}

func (s *testStream) Answer() string { return "v=0 answer" }
func (s *testStream) Tag() string    { return s.tag }
func (s *testStream) Restart(_ context.Context, ufrag, pwd string) (string, error) {
	if ufrag == s.tag {
		return "", &StreamError{Reason: "same ICE session"}
	}
	s.tag = "fresh"
	return "a=ice-ufrag:fresh " + ufrag + " " + pwd, nil
}
func (s *testStream) Close() {
	select {
	case <-s.done:
	default:
		close(s.done)
	}
}
func (s *testStream) Done() <-chan struct{} { return s.done }

func (m *testMedia) open(call string) (Stream, error) {
	m.calls = append(m.calls, call)
	if m.refuse != nil {
		return nil, m.refuse
	}
	s := &testStream{tag: "tag" + string(rune('0'+len(m.opened))), done: make(chan struct{})}
	m.opened = append(m.opened, s)
	return s, nil
}

func (m *testMedia) Ingest(_ context.Context, sitting, source, network, offer string) (Stream, error) {
	return m.open("ingest " + sitting + " " + source + " " + network + " " + offer)
}

func (m *testMedia) Watch(_ context.Context, sitting, source, offer string) (Stream, error) {
	return m.open("watch " + sitting + " " + source + " " + offer)
}

func (m *testMedia) Readmit(_ context.Context, _, source string) error {
	m.calls = append(m.calls, "readmit "+source)
	return nil
}

func (m *testMedia) States(context.Context, string) ([]StreamState, error) { return m.states, nil }

// doorsHouse is a house with two towns and media behind the doors of encoders and players.
func doorsHouse(t *testing.T) (*house, *testMedia, town, town) {
	t.Helper()
	m := &testMedia{}
	h := newHouse(t, func(c *Config) {
		c.Streams = m
		c.ICEServers = func(sid string) []ICEServer {
			return []ICEServer{{URL: "stun:hop.test:3478"}, {URL: "turn:hop.test:3478?transport=udp", Username: "9:" + sid, Credential: "secret"}}
		}
	})
	one, two := h.towns(t)
	return h, m, one, two
}

// hall is the hall of a town's sitting.
func (tn *town) hall() council.PersonID {
	for _, p := range tn.sitting.Doc.People {
		if slices.Contains(p.Roles, council.RoleHall) {
			return p.ID
		}
	}
	return ""
}

// key makes a stream key through the office.
func (tn *town) key(t *testing.T, kind store.StreamKind, source council.PersonID) newStream {
	t.Helper()
	return ask[newStream](t, tn.clerk, "POST", "/api/office/sittings/"+tn.sitting.ID+"/streams/renew", map[string]any{"kind": kind, "source": source})
}

// knock calls a door: a method, an address, a body, headers by pairs.
func (h *house) knock(t *testing.T, method, url, token, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	if token != "" {
		headers = append(headers, "Authorization", "Bearer "+token)
	}
	return h.browser().call(t, method, url, body, headers...)
}

var sdpType = []string{"Content-Type", "application/sdp"}

func TestEncoderComesInAndGoes(t *testing.T) {
	h, m, one, _ := doorsHouse(t)
	key := one.key(t, store.StreamIngest, one.hall())
	if key.URL != host+"/whip/"+one.sitting.ID+"/"+string(one.hall()) || !strings.Contains(key.QR, "<svg") {
		t.Errorf("%+v", key)
	}
	w := h.knock(t, "POST", key.URL, key.Token, "v=0 offer", append(sdpType, "Origin", "https://other.test")...)
	hd := w.Header()
	if w.Code != http.StatusCreated || w.Body.String() != "v=0 answer" || hd.Get("Content-Type") != "application/sdp" ||
		hd.Get("ETag") != `"tag0"` || hd.Get("Accept-Patch") != "application/trickle-ice-sdpfrag" || hd.Get("Access-Control-Allow-Origin") != "*" {
		t.Fatalf("%d %s %v", w.Code, w.Body, hd)
	}
	if want := "ingest " + one.sitting.ID + " " + string(one.hall()) + " 203.0.113.0/24 v=0 offer"; m.calls[0] != want {
		t.Errorf("%q, want %q", m.calls[0], want)
	}
	session := hd.Get("Location")
	if !strings.HasPrefix(session, key.URL+"/") {
		t.Fatalf("location %q", session)
	}
	frag := []string{"Content-Type", "application/trickle-ice-sdpfrag"}
	candidates := "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 1 10.0.0.1 1 typ host\r\n"
	for _, c := range []struct {
		name, url, body string
		headers         []string
		status          int
	}{
		{"trickle", session, candidates, append(frag, "If-Match", `"tag0"`), http.StatusNoContent},
		{"no If-Match", session, candidates, frag, http.StatusPreconditionRequired},
		{"wrong tag", session, candidates, append(frag, "If-Match", `"old"`), http.StatusPreconditionFailed},
		{"unknown session", session + "x", candidates, append(frag, "If-Match", `"tag0"`), http.StatusNotFound},
		{"wrong type", session, candidates, append(sdpType, "If-Match", `"tag0"`), http.StatusUnsupportedMediaType},
		{"no fragment", session, "hello", append(frag, "If-Match", `"tag0"`), http.StatusBadRequest},
		{"restart without credentials", session, "a=mid:0\r\n", append(frag, "If-Match", "*"), http.StatusBadRequest},
		{"restart with short ones", session, "a=ice-ufrag:a\r\na=ice-pwd:b\r\n", append(frag, "If-Match", "*"), http.StatusBadRequest},
		{"restart", session, candidates, append(frag, "If-Match", "*"), http.StatusOK},
		{"tag before the restart", session, candidates, append(frag, "If-Match", `"tag0"`), http.StatusPreconditionFailed},
		{"tag after it", session, candidates, append(frag, "If-Match", `"fresh"`), http.StatusNoContent},
		{"several tags", session, candidates, append(frag, "If-Match", `"old", "fresh"`), http.StatusNoContent},
		{"a weak tag", session, candidates, append(frag, "If-Match", `W/"fresh"`), http.StatusPreconditionFailed},
	} {
		w := h.knock(t, "PATCH", c.url, key.Token, c.body, c.headers...)
		if w.Code != c.status {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
		if c.status == http.StatusOK && (w.Header().Get("ETag") != `"fresh"` || w.Header().Get("Content-Type") != frag[1] ||
			w.Body.String() != "a=ice-ufrag:fresh abcd abcdefghijklmnopqrstuv") {
			t.Errorf("restart: %v %s", w.Header(), w.Body)
		}
	}
	if w := h.knock(t, "DELETE", session, key.Token, ""); w.Code != http.StatusOK {
		t.Errorf("delete: %d", w.Code)
	}
	if w := h.knock(t, "DELETE", session, key.Token, ""); w.Code != http.StatusNotFound {
		t.Errorf("delete again: %d", w.Code)
	}
	<-m.opened[0].done
	if strings.Contains(h.log.String(), key.Token) || strings.Contains(h.log.String(), session) {
		t.Error("the log holds a token or a session's name")
	}
}

func TestPlayersWatchTheStageOrOneSource(t *testing.T) {
	h, m, one, _ := doorsHouse(t)
	for _, source := range []council.PersonID{"", one.hall()} {
		key := one.key(t, store.StreamWatch, source)
		w := h.knock(t, "POST", key.URL, key.Token, "v=0", sdpType...)
		if w.Code != http.StatusCreated {
			t.Fatalf("%q: %d %s", source, w.Code, w.Body)
		}
		if want := "watch " + one.sitting.ID + " " + string(source) + " v=0"; m.calls[len(m.calls)-1] != want {
			t.Errorf("%q, want %q", m.calls[len(m.calls)-1], want)
		}
		if w := h.knock(t, "DELETE", w.Header().Get("Location"), key.Token, ""); w.Code != http.StatusOK {
			t.Errorf("%q: delete: %d", source, w.Code)
		}
	}
}

func TestDoorsRefuse(t *testing.T) {
	h, m, one, two := doorsHouse(t)
	key := one.key(t, store.StreamIngest, one.hall())
	stage := one.key(t, store.StreamWatch, "")
	foreign := two.key(t, store.StreamIngest, two.hall())
	for _, c := range []struct {
		name, url, token, body string
		headers                []string
		status                 int
	}{
		{"no token", key.URL, "", "v=0", sdpType, http.StatusUnauthorized},
		{"no such token", key.URL, auth.NewToken().String(), "v=0", sdpType, http.StatusUnauthorized},
		{"no token at all", key.URL, "x", "v=0", sdpType, http.StatusUnauthorized},
		{"another council's token", key.URL, foreign.Token, "v=0", sdpType, http.StatusUnauthorized},
		{"unknown sitting", host + "/whip/none/none", key.Token, "v=0", sdpType, http.StatusUnauthorized},
		{"a player's token", key.URL, stage.Token, "v=0", sdpType, http.StatusForbidden},
		{"another source", key.URL + "x", key.Token, "v=0", sdpType, http.StatusForbidden},
		{"wrong type", key.URL, key.Token, "v=0", []string{"Content-Type", "application/json"}, http.StatusUnsupportedMediaType},
		{"no type", key.URL, key.Token, "v=0", []string{"Content-Type", ""}, http.StatusUnsupportedMediaType},
		{"too large", key.URL, key.Token, strings.Repeat("a", smallBody+1), sdpType, http.StatusRequestEntityTooLarge},
	} {
		w := h.knock(t, "POST", c.url, c.token, c.body, c.headers...)
		if w.Code != c.status || (c.status == http.StatusUnauthorized) != (w.Header().Get("WWW-Authenticate") == "Bearer") {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
	}
	if len(m.calls) != 0 {
		t.Errorf("the media heard of %v", m.calls)
	}
	for _, c := range []struct {
		err    error
		status int
		words  string
	}{
		{&StreamError{Reason: "no SDP"}, http.StatusBadRequest, "no SDP"},
		{&StreamError{Kind: FaultLines, Reason: "H264 High"}, http.StatusNotAcceptable, "H264 High"},
		{&StreamError{Kind: FaultBusy}, http.StatusServiceUnavailable, "Xin thử lại sau"},
		{&StreamError{Kind: FaultClosed}, http.StatusForbidden, "Phiên họp đã kết thúc."},
		{errors.New("disk"), http.StatusServiceUnavailable, "Máy chủ đang bận"},
	} {
		m.refuse = c.err
		w := h.knock(t, "POST", key.URL, key.Token, "v=0", sdpType...)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.words) || strings.Contains(w.Body.String(), "disk") ||
			(c.status == http.StatusServiceUnavailable) != (w.Header().Get("Retry-After") != "") || len(w.Header()["Link"]) != 0 {
			t.Errorf("%v: %d %s %v", c.err, w.Code, w.Body, w.Header())
		}
	}
	for _, method := range []string{"GET", "PUT", "HEAD"} {
		if w := h.knock(t, method, key.URL, key.Token, ""); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
	w := h.knock(t, "OPTIONS", key.URL, "", "", "Origin", "https://other.test")
	if w.Code != http.StatusNoContent || w.Header().Get("Accept-Post") != "application/sdp" ||
		!strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "If-Match") {
		t.Errorf("options: %d %v", w.Code, w.Header())
	}
}

func TestDoorsRefuseAfterTheClose(t *testing.T) {
	h, m, one, _ := doorsHouse(t)
	key := one.key(t, store.StreamIngest, one.hall())
	session := h.knock(t, "POST", key.URL, key.Token, "v=0", sdpType...).Header().Get("Location")
	r, err := h.rooms.Room(t.Context(), one.sitting.ID)
	must(t, err)
	chair := council.Actor{Person: one.links[0].Person, Roles: one.links[0].Roles, Place: council.Online}
	_, err = r.Do(t.Context(), council.Command{Actor: chair, ID: "open", Body: council.SittingOpen{}})
	must(t, err)
	_, err = r.Do(t.Context(), council.Command{Actor: chair, ID: "close", Body: council.SittingClose{}})
	must(t, err)
	for _, c := range [][]string{{"POST", key.URL}, {"PATCH", session}, {"DELETE", session}, {"OPTIONS", key.URL}} {
		w := h.knock(t, c[0], c[1], key.Token, "v=0", sdpType...)
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "Phiên họp đã kết thúc.") || len(w.Header()["Link"]) != 0 {
			t.Errorf("%s %s: %d %s", c[0], c[1], w.Code, w.Body)
		}
	}
	if len(m.calls) != 1 {
		t.Errorf("the media heard of %v", m.calls)
	}
}

func TestDoorsShutOutWhoGuesses(t *testing.T) {
	h, _, one, _ := doorsHouse(t)
	key := one.key(t, store.StreamIngest, one.hall())
	last := 0
	for range 301 {
		last = h.knock(t, "POST", key.URL, auth.NewToken().String(), "v=0", sdpType...).Code
	}
	w := h.knock(t, "POST", key.URL, key.Token, "v=0", sdpType...)
	if last != http.StatusTooManyRequests || w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d, then %d", last, w.Code)
	}
	if w := h.knock(t, "POST", key.URL, key.Token, "v=0", append(sdpType, "RemoteAddr", "198.51.100.1:1")...); w.Code != http.StatusCreated {
		t.Errorf("another network: %d", w.Code)
	}
}

func TestKeysAreRenewedAndRevoked(t *testing.T) {
	h, m, one, two := doorsHouse(t)
	base := "/api/office/sittings/" + one.sitting.ID + "/streams"
	first := one.key(t, store.StreamIngest, one.hall())
	h.knock(t, "POST", first.URL, first.Token, "v=0", sdpType...)
	second := one.key(t, store.StreamIngest, one.hall())
	<-m.opened[0].done
	if w := h.knock(t, "POST", first.URL, first.Token, "v=0", sdpType...); w.Code != http.StatusForbidden {
		t.Errorf("renewed: %d", w.Code)
	}
	h.knock(t, "POST", second.URL, second.Token, "v=0", sdpType...)
	m.states = []StreamState{{Source: string(one.hall()), Connected: true, Held: true, Warnings: []string{"keyframes"}}}
	rows := ask[[]streamRow](t, one.clerk, "GET", base, nil)
	if len(rows) != 3 || rows[0].Kind != store.StreamWatch || rows[0].HasKey || !rows[1].HasKey || rows[1].Name != "Điểm cầu 1" ||
		rows[1].State == nil || !rows[1].State.Held || rows[2].State != nil || rows[1].URL != second.URL {
		t.Errorf("%+v", rows)
	}
	if raw, _ := json.Marshal(rows); strings.Contains(string(raw), second.Token) {
		t.Error("a token is shown twice")
	}
	ask[nothing](t, one.clerk, "POST", base+"/readmit", map[string]any{"source": one.hall()})
	if m.calls[len(m.calls)-1] != "readmit "+string(one.hall()) {
		t.Errorf("%v", m.calls)
	}
	which := map[string]any{"kind": "whip", "source": one.hall()}
	ask[nothing](t, one.clerk, "POST", base+"/revoke", which)
	<-m.opened[1].done
	if w := h.knock(t, "POST", second.URL, second.Token, "v=0", sdpType...); w.Code != http.StatusForbidden {
		t.Errorf("revoked: %d", w.Code)
	}
	refused(t, "revoked again", one.clerk.call(t, "POST", base+"/revoke", which), http.StatusNotFound, "link_unknown")
	refused(t, "the stage takes no encoder", one.clerk.call(t, "POST", base+"/renew", map[string]any{"kind": "whip", "source": ""}), http.StatusNotFound, "person_unknown")
	for _, call := range []string{"renew", "revoke", "readmit"} {
		body := which
		if call == "readmit" {
			body = map[string]any{"source": one.hall()}
		}
		refused(t, call+" by another council", two.clerk.call(t, "POST", base+"/"+call, body), http.StatusNotFound, "sitting_unknown")
	}
	refused(t, "list by another council", two.clerk.call(t, "GET", base, nil), http.StatusNotFound, "sitting_unknown")
}

func TestSessionsThatEndedAreForgotten(t *testing.T) {
	s := newStreams(nil)
	for range 3 * sweepLeast {
		if !s.room() {
			t.Fatal("no room")
		}
		one := &testStream{done: make(chan struct{})}
		s.keep(&running{Stream: one})
		one.Close()
	}
	if n := len(s.all); n > sweepLeast {
		t.Errorf("%d sessions are kept", n)
	}
	for range maxStreams {
		s.keep(&running{Stream: &testStream{done: make(chan struct{})}})
	}
	if s.room() {
		t.Error("there is room for more than the limit")
	}
}
