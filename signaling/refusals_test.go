package signaling

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	dto "github.com/prometheus/client_model/go"
)

func TestOrigins(t *testing.T) {
	h := newHouse(t)
	cookie := h.device("p02", "")
	tests := []struct {
		name   string
		origin []string
		want   int
	}{
		{"own", []string{h.server.URL}, http.StatusSwitchingProtocols},
		{"configured", []string{"https://hop.example.vn"}, http.StatusSwitchingProtocols},
		{"none", nil, http.StatusSwitchingProtocols},
		{"foreign", []string{"https://evil.example"}, http.StatusForbidden},
		{"null", []string{"null"}, http.StatusForbidden},
		{"configured name, plain http", []string{"http://hop.example.vn"}, http.StatusForbidden},
		{"prefix of ours", []string{h.server.URL + ".evil.example"}, http.StatusForbidden},
		{"two", []string{h.server.URL, "https://evil.example"}, http.StatusForbidden},
		{"empty", []string{""}, http.StatusForbidden},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header := http.Header{}
			if tt.origin != nil {
				header["Origin"] = tt.origin
			}
			conn, resp, err := h.tryDial(cookie, header)
			if conn != nil {
				conn.Close()
			}
			if resp == nil || resp.StatusCode != tt.want {
				t.Fatalf("status %v (%v), want %d", resp, err, tt.want)
			}
		})
	}
}

func TestWhoIsTurnedAway(t *testing.T) {
	h := newHouse(t)
	tests := []struct {
		name   string
		cookie string
		door   string
		code   int
		reason string
	}{
		{"no cookie", "", door, CloseNoSession, "no_device"},
		{"made-up cookie", "__Host-nt=" + strings.Repeat("A", 43), door, CloseNoSession, "no_device"},
		{"nobody of the sitting", h.device("", ""), door, CloseNoSession, "no_person"},
		{"not on the list", h.device("p99", ""), door, CloseNoSession, "no_person"},
		{"unknown door", h.device("p02", ""), "zzzzzzzz", CloseNoSitting, "no_sitting"},
		{"no door", h.device("p02", ""), "", CloseNoSitting, "no_sitting"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := h.dial(tt.cookie)
			if tt.reason != "no_device" {
				c.send("session.hello", map[string]any{"door": tt.door})
			}
			c.closes(tt.code, tt.reason)
		})
	}
}

func TestMalformedEndsItsSessionOnly(t *testing.T) {
	h := newHouse(t)
	witness := h.join("p01")
	tests := []struct {
		name   string
		before bool // the hello
		send   func(*client)
		reason string
	}{
		{"no JSON", true, func(c *client) { c.sendRaw("xin chào") }, "bad_json"},
		{"unknown type", true, func(c *client) { c.send("vote.steal", nil) }, "unknown_type"},
		{"forged voter", true, func(c *client) {
			c.send("vote.cast", map[string]any{"ballot": "b", "choice": "for", "voter": "p01"})
		}, "bad_field"},
		{"duplicate keys", true, func(c *client) {
			c.sendRaw(`{"type":"vote.cast","id":"` + newID() + `","ballot":"b","choice":"for","choice":"against"}`)
		}, "duplicate_key"},
		{"act before the hello", false, func(c *client) { c.send("rollcall.checkin", nil) }, "hello_first"},
		{"second hello", true, func(c *client) { c.send("session.hello", map[string]any{"door": door}) }, "hello_first"},
		{"binary", true, func(c *client) {
			must(c.t, c.conn.WriteMessage(websocket.BinaryMessage, []byte(`{}`)))
		}, "not_text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := h.dial(h.device("p02", ""))
			if tt.before {
				if m := c.hello(map[string]any{"take": true}); m["type"] != "session.welcome" {
					t.Fatalf("hello: %v", m)
				}
			}
			tt.send(c)
			c.closes(CloseMalformed, tt.reason)
			witness.answer(witness.send("session.ping", nil))
		})
	}
}

func TestAMalformedActIsAnswered(t *testing.T) {
	h := newHouse(t)
	c := h.join("p02")
	m := c.answer(c.send("vote.cast", map[string]any{"ballot": "b", "choice": "for", "voter": "p01"}))
	if m["code"] != "malformed" || m["kind"] != "invalid" {
		t.Errorf("answer %v", m)
	}
	c.closes(CloseMalformed, "bad_field")
}

// TestTooLongAMessage: the server stops reading in the middle of the message, so that the reset of the connection may overtake
// the close frame.
func TestTooLongAMessage(t *testing.T) {
	h := newHouse(t)
	witness, c := h.join("p01"), h.join("p02")
	_ = c.conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"`+strings.Repeat("x", 2*readLimit)+`"}`))
	eventually(t, "the socket ended", func() bool { return h.sockets() == 1 })
	c.cut()
	if e := c.closed.Load(); e != nil && e.Code != websocket.CloseMessageTooBig {
		t.Errorf("closed with %v", e)
	}
	var m dto.Metric
	must(t, h.handler.metrics.malformed.WithLabelValues(string(badLength)).Write(&m))
	if m.GetCounter().GetValue() != 1 {
		t.Errorf("counted %v messages too long", m.GetCounter().GetValue())
	}
	witness.answer(witness.send("session.ping", nil))
}

func TestNoHello(t *testing.T) {
	h := newHouse(t, func(_ *Config, times *timing) { times.hello = 50 * time.Millisecond })
	h.dial(h.device("p02", "")).closes(CloseMalformed, "no_hello")
}

func TestTooFast(t *testing.T) {
	h := newHouse(t)
	witness, c := h.join("p01"), h.join("p02")
	for range 400 {
		id := newID()
		if err := c.conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"message.hide","id":"`+id+`","seq":1}`)); err != nil {
			break // closed already
		}
	}
	c.next("a warning", func(m map[string]any) bool { return m["code"] == "too_fast" })
	c.closes(CloseTooFast, "too_fast")
	witness.answer(witness.send("session.ping", nil))
}

func TestRevokedPersonIsOut(t *testing.T) {
	h := newHouse(t)
	clerk, c := h.join("clerk"), h.join("p02")
	must(t, h.auth.RevokePerson(t.Context(), council1, sitting1, "p02"))
	c.closes(CloseNoSession, "revoked")
	clerk.answer(clerk.send("session.ping", nil))
	again := h.dial(c.cookie)
	again.send("session.hello", map[string]any{"door": door})
	again.closes(CloseNoSession, "no_person")
}
