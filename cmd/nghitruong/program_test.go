package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// output collects what a program prints while it runs.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// started is a program that runs in this process.
type started struct {
	base string
	out  *output
	stop func() error
}

// start runs a command until its pages answer; stop cancels it as SIGTERM does and gives its error.
func start(t *testing.T, port int, args ...string) *started {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &started{base: fmt.Sprintf("http://localhost:%d", port), out: &output{}}
	ended := make(chan error, 1)
	args = append(args, "--listen", fmt.Sprintf("localhost:%d", port), "--udp-port", "0", "--tcp-port", "-1", "--log-level", "error")
	go func() { ended <- run(ctx, args, nil, s.out, s.out) }()
	s.stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(30 * time.Second):
			return fmt.Errorf("did not stop; output: %s", s.out)
		}
	})
	t.Cleanup(func() { _ = s.stop() }) // the test reads the error itself where it matters
	wait(t, "ready", func() bool {
		select {
		case err := <-ended:
			t.Fatalf("ended: %v; output: %s", err, s.out)
		default:
		}
		resp, err := http.Get(s.base + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return s
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func TestDemoWritesEverybodysLinks(t *testing.T) {
	data, port := t.TempDir(), freePort(t)
	file := filepath.Join(data, "links.json")
	s := start(t, port, "demo", "--data", data, "--links", file)
	read := func() (l linkList) {
		var raw []byte
		wait(t, "links file", func() (ok bool) {
			var err error
			raw, err = os.ReadFile(file)
			return err == nil
		})
		if err := json.Unmarshal(raw, &l); err != nil {
			t.Fatal(err)
		}
		return l
	}
	first := read()
	count := map[string]int{}
	for _, p := range first.People {
		count[p.Role]++
		if !strings.HasPrefix(p.URL, s.base+"/") || (p.Role != "citizen" && !strings.Contains(p.URL, "#")) {
			t.Errorf("%s %s: no link of its own: %s", p.Role, p.Name, p.URL)
		}
	}
	want := map[string]int{"chair": 1, "deputy": 29, "clerk": 1, "technician": 1, "hall": 2, "display": 1, "citizen": 1}
	for role, n := range want {
		if count[role] != n {
			t.Errorf("%d links of role %s, want %d", count[role], role, n)
		}
	}
	if chair := first.People[0]; !slices.Contains(chair.Roles, "deputy") || chair.Name != "Đại biểu số 01 – Tổ 1" {
		t.Errorf("the chair is %+v, want the first deputy", chair)
	}
	out := &output{}
	if err := run(t.Context(), []string{"demo", "--data", data, "--listen", fmt.Sprintf("localhost:%d", freePort(t)), "--udp-port", "0"}, nil, out, out); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second start on the same folder: %v", err)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	again := start(t, port, "demo", "--data", data, "--links", file)
	if got := read(); got.Sitting != first.Sitting || got.People[3].URL != first.People[3].URL {
		t.Error("a second start gave other links")
	}
	if err := again.stop(); err != nil {
		t.Error(err)
	}
}

func TestServePrintsTheFirstLinkOnce(t *testing.T) {
	data, port := t.TempDir(), freePort(t)
	s := start(t, port, "serve", "--data", data)
	wait(t, "one-time link", func() bool { return strings.Contains(s.out.String(), s.base+"/cai-dat#") })
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

func TestVerifyFindsAnEdit(t *testing.T) {
	data, port := t.TempDir(), freePort(t)
	links := filepath.Join(data, "links.json")
	s := start(t, port, "demo", "--data", data, "--links", links)
	wait(t, "links file", func() bool { _, err := os.Stat(links); return err == nil })
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	out := &output{}
	if err := run(t.Context(), []string{"ledger", "verify", "--data", data}, nil, out, out); err != nil {
		t.Fatalf("a whole ledger: %v", err)
	}
	db, err := sql.Open("sqlite", filepath.Join(data, "nghitruong.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	// A forger with the database file in hand also takes away the guard that makes the table append-only.
	rows, err := db.Query(`SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'`)
	if err != nil {
		t.Fatal(err)
	}
	var triggers []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		triggers = append(triggers, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, name := range triggers {
		if _, err := db.Exec(`DROP TRIGGER ` + name); err != nil {
			t.Fatal(err)
		}
	}
	res, err := db.Exec(`UPDATE events SET body = replace(CAST(body AS TEXT), 'Thôn 3', 'Thôn 9') WHERE seq = 1`)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		t.Fatalf("edited %d records: %v", n, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"ledger", "verify", "--data", data}, nil, out, out); err == nil || !strings.Contains(err.Error(), "1") {
		t.Errorf("an edited record: %v; output: %s", err, out)
	}
}

func TestBadConfigurationNamesTheKey(t *testing.T) {
	out := &output{}
	err := run(t.Context(), []string{"serve"}, []string{"NGHITRUONG_LISTNE=:80"}, out, out)
	if err == nil || !strings.Contains(err.Error(), `"listne"`) {
		t.Errorf("an unknown variable: %v", err)
	}
	err = run(t.Context(), []string{"config", "--udp-port", "99999"}, nil, out, out)
	if err == nil || !strings.Contains(err.Error(), "media.udp_port") {
		t.Errorf("a port out of range: %v", err)
	}
	if err := run(t.Context(), []string{"config"}, nil, out, out); err != nil || !strings.Contains(out.String(), "media.udp_port:") {
		t.Errorf("config: %v: %s", err, out)
	}
}
