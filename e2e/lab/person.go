package lab

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Answer is the server's word on one act.
type Answer struct {
	ID   string
	OK   bool
	Code string
	Seq  uint64
}

// Person is one signed-in participant who resumes and repeats unanswered acts for ever, as the product's client does.
type Person struct {
	Link    Link
	Door    string
	device  *HTTP
	mu      sync.Mutex
	conn    *websocket.Conn
	sid     string
	secret  string
	boot    string
	seq     uint64
	waiting map[string]chan Answer
	unsent  map[string][]byte // acts without an answer, by id
	views   map[string]json.RawMessage
	changed chan struct{} // closed and replaced at each view
	Resumes []time.Duration
	// Rush comes back at once after a cut instead of within the window that the server told: a control for tests.
	Rush bool
	// OnWelcome runs at each welcome, beside the socket; ctx ends with the socket.
	OnWelcome func(ctx context.Context)
	window    time.Duration
	asked     map[string]chan json.RawMessage // requests that no reconnect repeats, by id
	cancel    context.CancelFunc
	done      chan struct{}
	ready     chan struct{} // closed at the first welcome
	err       error
}

// Join exchanges a personal link with its code and keeps one WebSocket open until Leave.
func Join(ctx context.Context, base, door string, link Link) (*Person, error) {
	u, err := url.Parse(link.URL)
	if err != nil {
		return nil, err
	}
	token, _, _ := strings.Cut(u.Fragment, ".")
	p := &Person{Link: link, Door: door, device: NewHTTP(base), waiting: map[string]chan Answer{}, asked: map[string]chan json.RawMessage{}, unsent: map[string][]byte{}, views: map[string]json.RawMessage{}, changed: make(chan struct{}), done: make(chan struct{}), ready: make(chan struct{})}
	if err := p.device.Call(ctx, http.MethodPost, "/api/doors/"+door+"/link", map[string]any{"token": token, "code": link.Code}, nil); err != nil {
		return nil, fmt.Errorf("exchange the link of %s: %w", link.Name, err)
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p.cancel = cancel
	go p.run(run)
	select {
	case <-p.ready:
		return p, nil
	case <-p.done:
		return nil, p.err
	case <-ctx.Done():
		p.Leave()
		return nil, ctx.Err()
	}
}

// Leave closes the socket and waits.
func (p *Person) Leave() {
	p.cancel()
	<-p.done
}

// run keeps a socket open; the time from a cut to the next welcome goes to Resumes.
func (p *Person) run(ctx context.Context) {
	defer close(p.done)
	var cut time.Time
	first := true
	for wait := 50 * time.Millisecond; ctx.Err() == nil; wait = min(wait*2, 500*time.Millisecond) {
		conn, err := p.dial(ctx)
		if err != nil {
			if errors.Is(err, errRefused) {
				p.err = err
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(wait):
			}
			continue
		}
		wait = 50 * time.Millisecond
		if first {
			first = false
			close(p.ready)
		} else {
			p.mu.Lock()
			p.Resumes = append(p.Resumes, time.Since(cut))
			p.mu.Unlock()
		}
		p.attend(ctx, conn)
		cut = time.Now()
		select {
		case <-ctx.Done():
		case <-time.After(p.firstTry()):
		}
	}
}

// attend reads one welcomed socket to its end.
func (p *Person) attend(ctx context.Context, conn *websocket.Conn) {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	alive, end := context.WithCancel(ctx)
	var beside sync.WaitGroup
	p.mu.Lock()
	welcomed := p.OnWelcome
	p.mu.Unlock()
	if welcomed != nil {
		beside.Go(func() { welcomed(alive) })
	}
	p.read(conn)
	end()
	beside.Wait()
}

// firstTry draws the moment of the first try after a cut from the window, as the product's client does.
func (p *Person) firstTry() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Rush || p.window == 0 {
		return 0
	}
	return mathrand.N(p.window)
}

var errRefused = errors.New("lab: refused")

// dial opens a socket, says hello with what can be resumed, and repeats the unanswered acts.
func (p *Person) dial(ctx context.Context) (*websocket.Conn, error) {
	u, _ := url.Parse(p.device.Base)
	header := http.Header{"Origin": {p.device.Base}}
	for _, c := range p.device.Jar.Cookies(&url.URL{Scheme: "https", Host: u.Host, Path: "/"}) {
		header.Add("Cookie", c.Name+"="+c.Value)
	}
	dialer := websocket.Dialer{HandshakeTimeout: 3 * time.Second}
	conn, resp, err := dialer.DialContext(ctx, "ws://"+u.Host+"/ws", header)
	if err != nil {
		if resp != nil {
			resp.Body.Close()
		}
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	hello := map[string]any{"type": "session.hello", "id": NewID(), "door": p.Door}
	p.mu.Lock()
	if p.sid != "" {
		hello["resume"] = map[string]string{"sid": p.sid, "secret": p.secret}
		hello["since"], hello["boot"] = p.seq, p.boot
	}
	p.mu.Unlock()
	if err := conn.WriteJSON(hello); err != nil {
		conn.Close()
		return nil, err
	}
	for {
		var m message
		if err := conn.ReadJSON(&m); err != nil {
			conn.Close()
			var closed *websocket.CloseError
			if errors.As(err, &closed) && closed.Code >= 4400 && closed.Code < 4408 {
				return nil, fmt.Errorf("%w: %w", errRefused, err)
			}
			return nil, err
		}
		switch m.Type {
		case "session.welcome":
			return conn, p.welcome(conn, &m)
		case "session.elsewhere":
			hello["take"], hello["id"] = true, NewID()
			if err := conn.WriteJSON(hello); err != nil {
				conn.Close()
				return nil, err
			}
		case "error":
			conn.Close()
			return nil, fmt.Errorf("hello: %s", m.Code)
		}
	}
}

func (p *Person) welcome(conn *websocket.Conn, m *message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn, p.sid, p.secret, p.boot = conn, m.SID, m.Secret, m.Boot
	p.window = time.Duration(m.RetryMS) * time.Millisecond
	for _, raw := range p.unsent {
		if err := conn.WriteMessage(websocket.TextMessage, raw); err != nil {
			conn.Close()
			return err
		}
	}
	return nil
}

type message struct {
	Type    string          `json:"type"`
	Re      string          `json:"re"`
	Code    string          `json:"code"`
	Seq     uint64          `json:"seq"`
	SID     string          `json:"sid"`
	Secret  string          `json:"secret"`
	Boot    string          `json:"boot"`
	RetryMS int64           `json:"retry_ms"`
	Topic   string          `json:"topic"`
	Data    json.RawMessage `json:"data"`
}

func (p *Person) read(conn *websocket.Conn) {
	defer conn.Close()
	for {
		_, raw, err := conn.ReadMessage()
		var m message
		if err != nil || json.Unmarshal(raw, &m) != nil {
			return
		}
		p.mu.Lock()
		p.seq = max(p.seq, m.Seq)
		switch m.Type {
		case "view":
			p.views[m.Topic] = m.Data
			close(p.changed)
			p.changed = make(chan struct{})
		case "session.window":
			p.window = time.Duration(m.RetryMS) * time.Millisecond
		case "media.answer", "media.refused":
			if c := p.asked[m.Re]; c != nil {
				delete(p.asked, m.Re)
				c <- raw
			}
		case "ok", "error", "session.pong":
			if c := p.waiting[m.Re]; c != nil {
				delete(p.waiting, m.Re)
				delete(p.unsent, m.Re)
				c <- Answer{ID: m.Re, OK: m.Type != "error", Code: m.Code, Seq: m.Seq}
			}
		}
		p.mu.Unlock()
	}
}

// Act sends one act and waits for its answer, across reconnects.
func (p *Person) Act(ctx context.Context, kind string, fields map[string]any) (Answer, error) {
	m := map[string]any{"type": kind, "id": NewID()}
	for k, v := range fields {
		m[k] = v
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return Answer{}, err
	}
	id := m["id"].(string)
	c := make(chan Answer, 1)
	p.mu.Lock()
	p.waiting[id], p.unsent[id] = c, raw
	if p.conn != nil {
		_ = p.conn.WriteMessage(websocket.TextMessage, raw) // a cut is repaired by the repeat after the resume
	}
	p.mu.Unlock()
	select {
	case a := <-c:
		return a, nil
	case <-ctx.Done():
		return Answer{ID: id}, fmt.Errorf("%s by %s: %w", kind, p.Link.Name, ctx.Err())
	}
}

// Ask sends a request and gives its answer; the cut of the socket is not repaired, so ctx should be OnWelcome's.
func (p *Person) Ask(ctx context.Context, kind string, fields map[string]any) (json.RawMessage, error) {
	m := map[string]any{"type": kind, "id": NewID()}
	for k, v := range fields {
		m[k] = v
	}
	id := m["id"].(string)
	c := make(chan json.RawMessage, 1)
	p.mu.Lock()
	p.asked[id] = c
	err := p.conn.WriteJSON(m)
	p.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("%s by %s: %w", kind, p.Link.Name, err)
	}
	select {
	case raw := <-c:
		return raw, nil
	case <-ctx.Done():
		p.mu.Lock()
		delete(p.asked, id)
		p.mu.Unlock()
		return nil, fmt.Errorf("%s by %s: %w", kind, p.Link.Name, ctx.Err())
	}
}

// Await waits until the view of a topic satisfies ok.
func (p *Person) Await(ctx context.Context, topic string, ok func(json.RawMessage) bool) error {
	for {
		p.mu.Lock()
		v, changed := p.views[topic], p.changed
		p.mu.Unlock()
		if v != nil && ok(v) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("view %s of %s: %w; last %s", topic, p.Link.Name, ctx.Err(), v)
		}
	}
}

// View decodes the newest view of a topic.
func (p *Person) View(topic string, out any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return json.Unmarshal(p.views[topic], out)
}

// NewID gives a UUIDv7 (RFC 9562 §5.7).
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails
	ms := time.Now().UnixMilli()
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6], b[8] = b[6]&0x0f|0x70, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
