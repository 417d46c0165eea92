package signaling

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// client is a browser's end of a WebSocket.
type client struct {
	t      *testing.T
	conn   *websocket.Conn
	cookie string
	inbox  chan map[string]any // closed after the socket
	closed atomic.Pointer[websocket.CloseError]
	views  map[string]map[string]any // newest by topic, of what was read
	unread []map[string]any
	sid    string
	secret string
	person string
	gen    int
}

// lastID numbers the acts of all clients of a test.
var lastID atomic.Uint64

func newID() string { return fmt.Sprintf("0192f3c4-7a10-7c3e-8f00-%012x", lastID.Add(1)) }

func (h *house) dial(cookie string) *client {
	h.t.Helper()
	conn, resp, err := h.tryDial(cookie, http.Header{"Origin": {h.server.URL}})
	if err != nil {
		h.t.Fatalf("dial: %v (%v)", err, resp)
	}
	c := &client{t: h.t, conn: conn, cookie: cookie, inbox: make(chan map[string]any, 4096), views: map[string]map[string]any{}}
	go c.read()
	h.t.Cleanup(c.cut)
	return c
}

func (h *house) tryDial(cookie string, header http.Header) (*websocket.Conn, *http.Response, error) {
	if cookie != "" {
		name, _, _ := strings.Cut(cookie, ";")
		header.Set("Cookie", name)
	}
	d := websocket.Dialer{HandshakeTimeout: patience}
	return d.Dial("ws"+strings.TrimPrefix(h.server.URL, "http")+"/ws", header)
}

func (c *client) read() {
	defer close(c.inbox)
	for {
		_, raw, err := c.conn.ReadMessage()
		if err != nil {
			var e *websocket.CloseError
			if errors.As(err, &e) {
				c.closed.Store(e)
			}
			return
		}
		var m map[string]any
		if err := json.Unmarshal(raw, &m); err != nil {
			c.t.Errorf("the server sent no JSON: %s", raw)
			return
		}
		c.inbox <- m
	}
}

// cut breaks the link without a word and waits until the reader ended.
func (c *client) cut() {
	c.conn.Close()
	for range c.inbox {
	}
}

func (c *client) sendRaw(raw string) {
	c.t.Helper()
	must(c.t, c.conn.SetWriteDeadline(time.Now().Add(patience)))
	must(c.t, c.conn.WriteMessage(websocket.TextMessage, []byte(raw)))
}

// send gives a message an id and sends it.
func (c *client) send(typ string, fields map[string]any) (id string) {
	c.t.Helper()
	id = newID()
	c.sendAs(id, typ, fields)
	return id
}

func (c *client) sendAs(id, typ string, fields map[string]any) {
	c.t.Helper()
	m := map[string]any{"type": typ, "id": id}
	for k, v := range fields {
		m[k] = v
	}
	b, err := json.Marshal(m)
	must(c.t, err)
	c.sendRaw(string(b))
}

// next waits for the next message that ok accepts. Others are kept for later; of views the newest of each topic.
func (c *client) next(what string, ok func(map[string]any) bool) map[string]any {
	c.t.Helper()
	if i := slices.IndexFunc(c.unread, ok); i >= 0 {
		m := c.unread[i]
		c.unread = slices.Delete(c.unread, i, i+1)
		return m
	}
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		select {
		case m, open := <-c.inbox:
			if !open {
				c.t.Fatalf("the socket closed (%v) before %s", c.closed.Load(), what)
			}
			view := m["type"] == "view"
			if view {
				c.views[m["topic"].(string)] = m
			}
			if ok(m) {
				return m
			}
			if !view {
				c.unread = append(c.unread, m)
			}
		case <-deadline.C:
			c.t.Fatalf("no %s within %v", what, patience)
		}
	}
}

func (c *client) expect(typ string) map[string]any {
	c.t.Helper()
	return c.next(typ, func(m map[string]any) bool { return m["type"] == typ })
}

// answer waits for the answer to an id.
func (c *client) answer(id string) map[string]any {
	c.t.Helper()
	return c.next("answer to "+id, func(m map[string]any) bool { return m["re"] == id })
}

// act does something and wants it done.
func (c *client) act(typ string, fields map[string]any) map[string]any {
	c.t.Helper()
	m := c.answer(c.send(typ, fields))
	if m["type"] != "ok" {
		c.t.Fatalf("%s: %v", typ, m)
	}
	return m
}

// view waits until a topic's document is as wanted.
func (c *client) view(topic string, ok func(data map[string]any) bool) map[string]any {
	c.t.Helper()
	if v := c.views[topic]; v != nil && ok(v["data"].(map[string]any)) {
		return v
	}
	return c.next("view of "+topic, func(m map[string]any) bool {
		return m["type"] == "view" && m["topic"] == topic && ok(m["data"].(map[string]any))
	})
}

func (c *client) hello(more map[string]any) map[string]any {
	c.t.Helper()
	fields := map[string]any{"door": door}
	for k, v := range more {
		fields[k] = v
	}
	m := c.answer(c.send("session.hello", fields))
	if m["type"] == "session.welcome" {
		c.sid, c.secret, c.person = m["sid"].(string), m["secret"].(string), m["person"].(string)
	}
	return m
}

func (c *client) resume() map[string]any { return map[string]any{"sid": c.sid, "secret": c.secret} }

// closes waits for the close frame.
func (c *client) closes(code int, reason string) {
	c.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		select {
		case m, open := <-c.inbox:
			if open {
				if m["type"] == "view" {
					c.views[m["topic"].(string)] = m
				}
				continue
			}
			e := c.closed.Load()
			if e == nil || e.Code != code || e.Text != reason {
				c.t.Fatalf("closed with %v, want %d %q", e, code, reason)
			}
			return
		case <-deadline.C:
			c.t.Fatalf("not closed within %v", patience)
		}
	}
}
