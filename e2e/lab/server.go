// Package lab plays an office and people against the real binary, from outside: it knows only the public protocol.
package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// Server is one running binary on loopback.
type Server struct {
	Binary, Data, Base string
	Args               []string
	cmd                *exec.Cmd
	exited             chan struct{}
	mu                 sync.Mutex
	log                bytes.Buffer
}

// FreePort gives a TCP port of loopback that was free a moment ago.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Serve starts `nghitruong serve` on an empty or used data folder and waits until it is ready.
func Serve(ctx context.Context, binary, data string, args ...string) (*Server, error) {
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	s := &Server{Binary: binary, Data: data, Base: fmt.Sprintf("http://localhost:%d", port)}
	s.Args = append([]string{"serve", "--listen", fmt.Sprintf("localhost:%d", port), "--data", data, "--udp-port", "0"}, args...)
	return s, s.Start(ctx)
}

// Start starts the binary (again) and waits until /readyz answers.
func (s *Server) Start(ctx context.Context) error {
	s.cmd = exec.Command(s.Binary, s.Args...)
	s.cmd.Env = append(os.Environ(), "NGHITRUONG_MEDIA_TCP_PORT=-1")
	s.cmd.Stdout, s.cmd.Stderr = s, s
	s.exited = make(chan struct{})
	if err := s.cmd.Start(); err != nil {
		return err
	}
	go func(cmd *exec.Cmd, done chan struct{}) {
		_ = cmd.Wait() // the caller reads the state from the process
		close(done)
	}(s.cmd, s.exited)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		select {
		case <-s.exited:
			return fmt.Errorf("the server ended: %s", s.Log())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
		if resp, err := http.Get(s.Base + "/readyz"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
	}
	return fmt.Errorf("the server is not ready: %s", s.Log())
}

// Write collects the server's output.
func (s *Server) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

// Log is all output so far.
func (s *Server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// Stop sends a signal to the own process and waits for its end.
func (s *Server) Stop(sig syscall.Signal) {
	_ = s.cmd.Process.Signal(sig) // it may have ended already
	<-s.exited
}

// HTTP is one device: a cookie jar and the server's address.
type HTTP struct {
	Base string
	http.Client
}

// NewHTTP gives a fresh device.
func NewHTTP(base string) *HTTP {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &HTTP{Base: base, Client: http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

// StatusError is an answer other than 2xx.
type StatusError struct {
	Status int
	Body   string
}

func (e *StatusError) Error() string { return fmt.Sprintf("status %d: %s", e.Status, e.Body) }

// Call sends in as JSON (nil = GET without body) and decodes the answer into out (nil = ignored).
func (h *HTTP) Call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, h.Base+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := h.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return &StatusError{resp.StatusCode, string(raw)}
	}
	switch out := out.(type) {
	case nil:
		return nil
	case *[]byte:
		*out = raw
		return nil
	default:
		return json.Unmarshal(raw, out)
	}
}

// Link is a personal link as the office shows it once.
type Link struct {
	Person string   `json:"person"`
	Name   string   `json:"name"`
	Roles  []string `json:"roles"`
	URL    string   `json:"url"`
	Code   string   `json:"code"`
}

// Sitting is a published sitting with everybody's links.
type Sitting struct {
	ID, Door string
	Links    []Link
}

// With gives the links of people who hold the role.
func (s *Sitting) With(role string) (out []Link) {
	for _, l := range s.Links {
		for _, r := range l.Roles {
			if r == role {
				out = append(out, l)
			}
		}
	}
	return out
}

var setupToken = regexp.MustCompile(`/cai-dat#([A-Za-z0-9_-]{20,})`)

// Setup makes the first council with its clerk by the one-time link that serve printed, and signs the clerk in.
func Setup(ctx context.Context, s *Server, council string) (*HTTP, error) {
	var m []string
	for m = setupToken.FindStringSubmatch(s.Log()); m == nil; m = setupToken.FindStringSubmatch(s.Log()) {
		select {
		case <-ctx.Done():
			return nil, errors.New("the log shows no one-time link")
		case <-time.After(10 * time.Millisecond):
		}
	}
	h := NewHTTP(s.Base)
	err := h.Call(ctx, http.MethodPost, "/api/first", map[string]any{
		"token":   m[1],
		"council": map[string]any{"name": council, "unit": "lao-cai/dong-cuong", "khoa": "khóa II", "term_from": "2026", "term_to": "2031"},
		"admin":   map[string]any{"name": "van-phong", "password": "mot mat khau dai 2026"},
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("first setup: %w", err)
	}
	return h, h.Call(ctx, http.MethodPost, "/api/login", map[string]any{"name": "van-phong", "password": "mot mat khau dai 2026"}, nil)
}

// Publish makes and publishes a public sitting from the session template with n deputies by seat; the first one presides.
func Publish(ctx context.Context, office *HTTP, n int) (*Sitting, error) {
	var draft struct {
		ID      string         `json:"id"`
		Version int            `json:"version"`
		Doc     map[string]any `json:"doc"`
	}
	if err := office.Call(ctx, http.MethodPost, "/api/office/sittings", map[string]any{"template": "ky-hop-thuong-le", "title": "Kỳ họp thử", "planned_at": time.Now().UTC().Format(time.RFC3339)}, &draft); err != nil {
		return nil, fmt.Errorf("make a draft: %w", err)
	}
	var people []map[string]any
	for i := range n {
		roles := []string{"deputy"}
		if i == 0 {
			roles = []string{"chair", "deputy"}
		}
		people = append(people, map[string]any{"id": "", "name": fmt.Sprintf("Đại biểu số %02d – Tổ %d", i+1, i%3+1), "label": fmt.Sprintf("Đại biểu %02d", i+1), "group": fmt.Sprintf("Tổ %d", i%3+1), "seat": i + 1, "roles": roles})
	}
	people = append(people, map[string]any{"id": "", "name": "Thư ký kỳ họp", "label": "Thư ký", "roles": []string{"clerk"}})
	draft.Doc["people"], draft.Doc["public"] = people, true
	rules, _ := draft.Doc["rules"].(map[string]any)
	rules["elected"], rules["in_office"] = n, n
	path := "/api/office/sittings/" + draft.ID
	if err := office.Call(ctx, http.MethodPut, path, map[string]any{"version": draft.Version, "doc": draft.Doc}, &draft); err != nil {
		return nil, fmt.Errorf("save the draft: %w", err)
	}
	out := &Sitting{ID: draft.ID}
	if err := office.Call(ctx, http.MethodPost, path+"/publish", map[string]any{"version": draft.Version}, out); err != nil {
		return nil, fmt.Errorf("publish: %w", err)
	}
	return out, nil
}

// Build builds the binary into dir; the client need not be built.
func Build(ctx context.Context, root, dir string) (string, error) {
	binary := filepath.Join(dir, "nghitruong")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/nghitruong")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return binary, nil
}
