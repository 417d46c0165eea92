//go:build linux

package load

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	answerMax   = 256 << 20 // bytes of an HTTP answer: a ledger
	dialTimeout = 10 * time.Second
)

// Target is the server under load. Only Addr is dialled, whatever names say later.
type Target struct {
	Base  string         // "https://hop.example.vn", without a slash at the end
	Addr  netip.AddrPort // where Base's host was found
	Roots *x509.CertPool // nil = the system's
}

// local gives this machine's address towards the target; media sockets are bound to it.
func (t *Target) local(ctx context.Context) (netip.Addr, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "udp4", t.Addr.String()) // sends nothing
	if err != nil {
		return netip.Addr{}, fmt.Errorf("load: find the own address: %w", err)
	}
	defer c.Close()
	a, ok := c.LocalAddr().(*net.UDPAddr)
	if !ok {
		return netip.Addr{}, fmt.Errorf("load: own address %v", c.LocalAddr())
	}
	return a.AddrPort().Addr().Unmap(), nil
}

// wire is the way to a target that all devices share: its connections are kept open.
type wire struct {
	t      *Target
	client *http.Client
	socket websocket.Dialer
}

func newWire(t *Target) *wire {
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		d := net.Dialer{Timeout: dialTimeout}
		return d.DialContext(ctx, network, t.Addr.String())
	}
	conf := &tls.Config{RootCAs: t.Roots, MinVersion: tls.VersionTLS12}
	return &wire{
		t: t,
		client: &http.Client{
			Transport:     &http.Transport{DialContext: dial, TLSClientConfig: conf, MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // another host was not allowed
		},
		socket: websocket.Dialer{NetDialContext: dial, TLSClientConfig: conf, HandshakeTimeout: dialTimeout},
	}
}

func (w *wire) close() { w.client.CloseIdleConnections() }

// device is one browser: the cookies that it was given.
type device struct {
	wire *wire

	mu      sync.Mutex
	cookies map[string]string
}

func newDevice(w *wire) *device { return &device{wire: w, cookies: map[string]string{}} }

// cookie gives the header of all cookies.
func (d *device) cookie() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []string
	for k, v := range d.cookies {
		all = append(all, k+"="+v)
	}
	return strings.Join(all, "; ")
}

func (d *device) keep(cookies []*http.Cookie) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range cookies {
		d.cookies[c.Name] = c.Value
	}
}

// refusal is the server's definite no: an HTTP status or an error message.
type refusal struct {
	status int // 0 on the WebSocket
	code   string
}

func (r *refusal) Error() string {
	if r.status == 0 {
		return r.code
	}
	return fmt.Sprintf("%s (%d)", r.code, r.status)
}

// reason is a short name for a failure, by which reports count.
func reason(err error) string {
	var r *refusal
	var n net.Error
	var closed *websocket.CloseError
	switch {
	case errors.As(err, &r):
		return r.code
	case errors.As(err, &closed):
		return fmt.Sprintf("closed_%d", closed.Code)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &n) && n.Timeout():
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.Is(err, errGone):
		return "cut"
	}
	return "network"
}

// call sends in as JSON (nil = nothing) and decodes the answer into out (nil = ignored, *[]byte = as it came).
func (d *device) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("load: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(ctx, method, d.wire.t.Base+path, body)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Cookie", d.cookie())
	raw, head, err := d.wire.send(r)
	if err != nil {
		return err
	}
	d.keep(head.cookies)
	switch out := out.(type) {
	case nil:
		return nil
	case *[]byte:
		*out = raw
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("load: %s %s: %w", method, path, err)
	}
	return nil
}

// head is what is kept of an answer's head.
type head struct {
	cookies  []*http.Cookie
	location string
}

// send gives the body of a 2xx answer; another status is a refusal.
func (w *wire) send(r *http.Request) ([]byte, head, error) {
	resp, err := w.client.Do(r)
	if err != nil {
		return nil, head{}, fmt.Errorf("load: %w", err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, answerMax))
	if err != nil {
		return nil, head{}, fmt.Errorf("load: read %s: %w", r.URL.Path, err)
	}
	if resp.StatusCode/100 == 2 {
		return raw, head{resp.Cookies(), resp.Header.Get("Location")}, nil
	}
	var problem struct {
		Code string `json:"code"`
	}
	if json.Unmarshal(raw, &problem) != nil || problem.Code == "" { // the doors of encoders answer with a sentence
		problem.Code = fmt.Sprintf("http_%d", resp.StatusCode)
	}
	return nil, head{}, &refusal{resp.StatusCode, problem.Code}
}

// knock hands an offer to a door of encoders or players (WHIP, WHEP) and gives the answer and the session's address.
func (w *wire) knock(ctx context.Context, door Door, offer string) (answer, session string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, door.URL, strings.NewReader(offer))
	if err != nil {
		return "", "", fmt.Errorf("load: %w", err)
	}
	r.Header.Set("Content-Type", "application/sdp")
	r.Header.Set("Authorization", "Bearer "+door.Token)
	raw, h, err := w.send(r)
	if err != nil {
		return "", "", err
	}
	at, err := r.URL.Parse(h.location)
	if err != nil || h.location == "" {
		return "", "", fmt.Errorf("load: %s answers without an address of the session", r.URL.Path)
	}
	return string(raw), at.String(), nil
}

// leave ends a session of an encoder or player.
func (w *wire) leave(ctx context.Context, door Door, session string) error {
	u, err := url.Parse(session)
	if err != nil || !strings.HasPrefix(session, w.t.Base+"/") {
		return fmt.Errorf("load: the session lies elsewhere: %s", session)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodDelete, u.String(), nil)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+door.Token)
	_, _, err = w.send(r)
	return err
}
