package signaling

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/room"
	"nghitruong/sfu"
	"nghitruong/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loopback is where servers under test listen.
var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

const (
	patience = 10 * time.Second // for what must happen, on a busy machine
	door     = "k7m2p9qx"
	sitting1 = "sitting-1"
	council1 = "dong-cuong"
)

// doorBook is the office's part of finding a sitting.
type doorBook struct{ db *store.DB }

func (d doorBook) SittingOf(ctx context.Context, door string) (string, error) {
	row, err := d.db.SittingByDoor(ctx, door)
	if err != nil {
		return "", &council.Error{Kind: council.NotFound, Code: "no_such_sitting"}
	}
	return row.ID, nil
}

// house is a real server: SQLite, rooms, media, identity and the handler under test.
type house struct {
	t       *testing.T
	dir     string
	db      *store.DB
	auth    *auth.Service
	rooms   *room.Registry
	media   *sfu.Server
	handler *Handler
	server  *httptest.Server
	pub     council.Published
	log     *slog.Logger
}

// option changes the handler before the server starts.
type option func(*Config, *timing)

func newHouse(t *testing.T, opts ...option) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), log: slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	h.pub = readPublished(t)
	h.start(opts...)
	ctx := t.Context()
	doc, err := json.Marshal(h.pub)
	must(t, err)
	must(t, h.db.AddCouncil(ctx, store.Council{ID: council1, Name: h.pub.CouncilName, CreatedAt: time.Now()}))
	must(t, h.db.AddSitting(ctx, store.Sitting{
		ID: sitting1, Council: council1, Door: door, State: string(council.StatePublished), Version: 1, Doc: doc,
		CreatedAt: time.Now(), UpdatedAt: time.Now(),
	}))
	must(t, h.rooms.Publish(ctx, sitting1, h.pub, "clerk"))
	t.Cleanup(h.stop)
	return h
}

// testLog shows the server's warnings when a test fails.
type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

func readPublished(t *testing.T) council.Published {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "council", "testdata", "ky-hop.jsonl"))
	must(t, err)
	defer f.Close()
	line, err := bufio.NewReader(f).ReadBytes('\n')
	must(t, err)
	var first struct {
		Published council.Published `json:"published"`
	}
	must(t, json.Unmarshal(line, &first))
	p := first.Published
	p.People = slices.DeleteFunc(p.People, func(q council.Person) bool { return q.Seat > 3 }) // three deputies are enough
	p.People[slices.IndexFunc(p.People, func(q council.Person) bool { return q.ID == "p03" })].Hall = "hall1"
	p.Rules.Elected, p.Rules.InOffice = 3, 3
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) start(opts ...option) {
	h.t.Helper()
	ctx := context.Background()
	var err error
	h.db, err = store.Open(ctx, h.dir, store.Options{})
	must(h.t, err)
	h.auth, err = auth.New(ctx, auth.Config{Store: h.db, Revoked: func(s string, p council.PersonID, d string) { h.handler.Revoked(s, p, d) }})
	must(h.t, err)
	h.rooms, err = room.NewRegistry(room.Config{Ledger: h.db, Permits: auth.Permits{}, Side: h.db, Directory: h.db, Log: h.log})
	must(h.t, err)
	h.media, err = sfu.NewServer(sfu.Config{Listen: loopback, TCPPort: -1})
	must(h.t, err)
	cfg := Config{
		Rooms: h.rooms, Media: h.media, Identity: h.auth, Doors: doorBook{h.db}, Resume: h.auth.Resume, Log: h.log,
		Origins: []string{"https://hop.example.vn"},
	}
	times := defaultTiming()
	times.probe = 300 * time.Millisecond
	for _, o := range opts {
		o(&cfg, &times)
	}
	h.handler, err = New(cfg)
	must(h.t, err)
	h.handler.times = times
	mux := http.NewServeMux()
	mux.Handle("GET /ws", h.handler)
	h.server = httptest.NewServer(mux)
}

func (h *house) stop() {
	h.t.Helper()
	must(h.t, h.handler.Close())
	h.server.Close()
	h.rooms.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	must(h.t, h.media.Close(ctx))
	must(h.t, h.db.Close())
	http.DefaultClient.CloseIdleConnections()
}

// device makes a browser that is a person of the sitting: a listed one, or with a role one that is on no list.
func (h *house) device(p council.PersonID, role council.Role) string {
	h.t.Helper()
	w := httptest.NewRecorder()
	d, err := h.auth.Ensure(w, httptest.NewRequest(http.MethodPost, "/", nil))
	must(h.t, err)
	if p != "" {
		must(h.t, h.auth.EnterAs(h.t.Context(), d, council1, sitting1, p, role))
	}
	return w.Header().Get("Set-Cookie")
}

// join connects a person of the list and says hello.
func (h *house) join(p council.PersonID) *client {
	h.t.Helper()
	c := h.dial(h.device(p, ""))
	if m := c.hello(map[string]any{"page": "page-of-" + string(p)}); m["type"] != "session.welcome" {
		h.t.Fatalf("%s: %v", p, m)
	}
	return c
}

// eventually waits for a state that nothing announces.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
		<-tick.C
	}
}

// slowConn is a TCP end that never reads.
func (h *house) slowConn(cookie string) net.Conn {
	h.t.Helper()
	addr := h.server.Listener.Addr().String()
	conn, err := net.Dial("tcp", addr)
	must(h.t, err)
	must(h.t, conn.(*net.TCPConn).SetReadBuffer(2<<10))
	name, _, _ := strings.Cut(cookie, ";")
	_, err = io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: "+addr+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://"+addr+"\r\nCookie: "+name+"\r\n\r\n")
	must(h.t, err)
	h.t.Cleanup(func() { conn.Close() })
	return conn
}

func (h *house) socketOf(p council.PersonID) *socket {
	h.t.Helper()
	h.handler.mu.Lock()
	defer h.handler.mu.Unlock()
	return h.socketOfLocked(p)
}

// socketOfLocked is socketOf for who holds the handler's mu.
func (h *house) socketOfLocked(p council.PersonID) *socket {
	h.t.Helper()
	for s := range h.handler.sockets {
		if seat := s.seat.Load(); seat != nil && seat.person.ID == p {
			return s
		}
	}
	h.t.Fatalf("%s has no socket", p)
	return nil
}
