//go:build linux

package load

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	messageMax  = 8 << 20          // bytes of a server's message
	silenceMost = 15 * time.Second // the server pings every 5 s
	writeWait   = 5 * time.Second
)

// errGone is the end of a socket under an open question.
var errGone = errors.New("load: the socket is gone")

// reply is what the server says to one message.
type reply struct {
	Type    string `json:"type"`
	Re      string `json:"re"`
	Code    string `json:"code"`
	SDP     string `json:"sdp"`
	RetryMS int64  `json:"retry_ms"`
	Reason  string `json:"reason"`
	Person  string `json:"person"`
	Topic   string `json:"topic"`

	Data json.RawMessage `json:"data"`
}

// session is one WebSocket of a person in a meeting. A cut is not repaired: it is what a load test must tell.
type session struct {
	conn   *websocket.Conn
	person string // id
	ended  chan struct{}

	writing sync.Mutex

	mu      sync.Mutex
	leaving bool
	err     error // why the socket ended; nil when the person left
	waiting map[string]chan reply
	ballot  json.RawMessage // newest view
	changed chan struct{}   // closed and replaced at each view of the ballot
}

// openSession opens a socket and returns once the server has welcomed the device's person.
func openSession(ctx context.Context, d *device, door string) (*session, error) {
	h := http.Header{"Origin": {d.wire.t.Base}, "Cookie": {d.cookie()}}
	conn, resp, err := d.wire.socket.DialContext(ctx, "ws"+strings.TrimPrefix(d.wire.t.Base, "http")+"/ws", h)
	if err != nil {
		if resp != nil {
			resp.Body.Close()
			return nil, &refusal{resp.StatusCode, fmt.Sprintf("socket_%d", resp.StatusCode)}
		}
		return nil, fmt.Errorf("load: open a socket: %w", err)
	}
	conn.SetReadLimit(messageMax)
	s := &session{conn: conn, ended: make(chan struct{}), waiting: map[string]chan reply{}, changed: make(chan struct{})}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	err = s.hello(door)
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	conn.SetPingHandler(func(data string) error {
		_ = conn.SetReadDeadline(time.Now().Add(silenceMost))
		_ = conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeWait)) // a broken socket ends the reader
		return nil
	})
	_ = conn.SetReadDeadline(time.Now().Add(silenceMost))
	go s.read()
	return s, nil
}

// hello greets, takes the person's place from another device, and waits for a free one.
func (s *session) hello(door string) error {
	m := map[string]any{
		"type": "session.hello", "id": newID(), "door": door, "page": rand.Text(),
		"want": map[string]any{"step": "full", "visible": true, "tiles": 7, "tile_px": 180, "screen_px": 720},
	}
	waits := ""
	for {
		if err := s.write(m); err != nil {
			return err
		}
		for again := false; !again; {
			var r reply
			if err := s.conn.ReadJSON(&r); err != nil {
				if waits != "" {
					return &refusal{code: waits}
				}
				return fmt.Errorf("load: hello: %w", err)
			}
			switch r.Type {
			case "session.welcome":
				s.person = r.Person
				return nil
			case "session.waiting":
				waits = r.Reason
			case "session.elsewhere":
				m["take"], m["id"], again = true, newID(), true
			case "error":
				return &refusal{code: r.Code}
			}
		}
	}
}

func (s *session) write(m any) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeWait))
	if err := s.conn.WriteJSON(m); err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	return nil
}

func (s *session) read() {
	defer close(s.ended)
	defer s.conn.Close()
	for {
		var r reply
		if err := s.conn.ReadJSON(&r); err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			if !s.leaving {
				s.err = fmt.Errorf("%w: %w", errGone, err)
			}
			return
		}
		s.take(r)
	}
}

func (s *session) take(r reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Type {
	case "view":
		if r.Topic == "ballot" {
			s.ballot = r.Data
			close(s.changed)
			s.changed = make(chan struct{})
		}
	case "ok", "error", "media.answer", "media.refused":
		if c := s.waiting[r.Re]; c != nil {
			delete(s.waiting, r.Re)
			c <- r
		}
	}
}

// ask sends a message and gives its answer; a refusal is an error. id is the message's.
func (s *session) ask(ctx context.Context, kind string, fields map[string]any) (r reply, err error) {
	m := map[string]any{"type": kind, "id": newID()}
	for k, v := range fields {
		m[k] = v
	}
	id, _ := m["id"].(string)
	c := make(chan reply, 1)
	s.mu.Lock()
	s.waiting[id] = c
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.waiting, id)
		s.mu.Unlock()
	}()
	if err := s.write(m); err != nil {
		return r, err
	}
	select {
	case r = <-c:
		if r.Type == "error" || r.Type == "media.refused" {
			return r, &refusal{code: r.Code}
		}
		return r, nil
	case <-s.ended:
		return r, errGone
	case <-ctx.Done():
		return r, fmt.Errorf("load: %s: %w", kind, ctx.Err())
	}
}

// offers gives an Ask that negotiates one of the person's two PeerConnections ("sub", "pub"); a busy server is asked again.
func (s *session) offers(pc, profile string) Ask {
	gen := 0
	return func(ctx context.Context, sdp string) (string, error) {
		for {
			gen++
			r, err := s.ask(ctx, "media.offer", map[string]any{"pc": pc, "gen": gen, "profile": profile, "sdp": sdp})
			if err == nil || r.Code != "busy" || r.RetryMS <= 0 {
				return r.SDP, err
			}
			select {
			case <-time.After(time.Duration(r.RetryMS) * time.Millisecond):
			case <-ctx.Done():
				return "", fmt.Errorf("load: offer: %w", ctx.Err())
			}
		}
	}
}

// openBallot waits for an open ballot and gives its id.
func (s *session) openBallot(ctx context.Context) (string, error) {
	for {
		s.mu.Lock()
		raw, changed := s.ballot, s.changed
		s.mu.Unlock()
		var v struct {
			Ballot *struct{ ID, State string }
		}
		if raw != nil && json.Unmarshal(raw, &v) == nil && v.Ballot != nil && v.Ballot.State == "open" {
			return v.Ballot.ID, nil
		}
		select {
		case <-changed:
		case <-s.ended:
			return "", errGone
		case <-ctx.Done():
			return "", fmt.Errorf("load: wait for the ballot: %w", ctx.Err())
		}
	}
}

// leave ends the socket for good and tells why it had ended before, if it had.
func (s *session) leave() error {
	s.mu.Lock()
	s.leaving = true
	err := s.err
	s.mu.Unlock()
	_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(writeWait))
	s.conn.Close()
	<-s.ended
	return err
}

// newID gives a UUIDv7 (RFC 9562 section 5.7).
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	ms := time.Now().UnixMilli()
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6], b[8] = b[6]&0x0f|0x70, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
