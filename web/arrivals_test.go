package web

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"nghitruong/auth"
)

func TestAFullNetworkIsToldAtOnceAndOthersAreNot(t *testing.T) {
	a := newArrivals()
	for i := range arrivalsBurst {
		if err := a.wait(t.Context(), "192.0.2.1:1"); err != nil {
			t.Fatalf("newcomer %d: %v", i, err)
		}
	}
	l := a.limiter(auth.Network("192.0.2.99:1")) // the same /24
	l.ReserveN(time.Now(), int(arrivalsPerSecond*arrivalsPatience.Seconds())+arrivalsPerSecond)
	if err := a.wait(t.Context(), "192.0.2.2:1"); !errors.Is(err, auth.ErrTooMany) {
		t.Errorf("behind a long queue: %v", err)
	}
	if err := a.wait(t.Context(), "198.51.100.1:1"); err != nil {
		t.Errorf("another network: %v", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := a.wait(gone, "192.0.2.1:1"); err == nil {
		t.Error("one who has gone came in")
	}
}

func TestNetworksAreForgottenInTime(t *testing.T) {
	a := newArrivals()
	for i := range arrivalsNetworks + 1 {
		a.limiter(string(rune('a'+i%26)) + time.Duration(i).String())
	}
	if n := len(a.networks); n > arrivalsNetworks {
		t.Errorf("%d networks remembered", n)
	}
}

// deadlines notes what a handler sets.
type deadlines struct {
	httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

func TestABodysDeadlineEndsWithTheBody(t *testing.T) {
	w := &deadlines{}
	r := httptest.NewRequest("POST", "/", strings.NewReader("{}"))
	if body, p := readStrict(w, r, smallBody); p != nil || string(body) != "{}" {
		t.Fatal(string(body), p)
	}
	if len(w.set) != 2 || w.set[0].IsZero() || !w.set[1].IsZero() {
		t.Errorf("deadlines %v: want one for the body, then none", w.set)
	}
}

func TestAConnectionWhoseContextEndedIsNotUsedAgain(t *testing.T) {
	h := newHouse(t)
	ctx, end := context.WithCancel(t.Context())
	end()
	w := httptest.NewRecorder()
	h.Handler.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", host+"/api/doors/k7m2p9qx", nil))
	if w.Code != 503 || w.Header().Get("Connection") != "close" {
		t.Errorf("%d, Connection %q", w.Code, w.Header().Get("Connection"))
	}
}
