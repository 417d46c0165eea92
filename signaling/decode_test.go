package signaling

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"nghitruong/council"
)

const testID = "0192f3c4-7a10-7c3e-8f00-00000000000a"

func TestDecodeRefuses(t *testing.T) {
	long := strings.Repeat("a", maxText+1)
	tests := []struct {
		name, raw string
		want      malformed
	}{
		{"empty", ``, badJSON},
		{"no object", `[]`, badJSON},
		{"text", `"vote.cast"`, badJSON},
		{"cut", `{"type":"vote.cast"`, badJSON},
		{"two objects", `{"type":"session.ping","id":"` + testID + `"}{}`, badJSON},
		{"invalid UTF-8", "{\"type\":\"session.ping\",\"id\":\"\xff\"}", badJSON},
		{"comma at the end", `{"type":"session.ping","id":"` + testID + `",}`, badJSON},
		{"no type", `{"id":"` + testID + `"}`, badType},
		{"unknown type", `{"type":"vote.steal","id":"` + testID + `"}`, badType},
		{"type no text", `{"type":7,"id":"` + testID + `"}`, badType},
		{"long type", `{"type":"` + strings.Repeat("x", 40) + `","id":"` + testID + `"}`, badType},
		{"the room's own command", `{"type":"connection.lost","id":"` + testID + `","person":"p1"}`, badType},
		{"a server's message", `{"type":"ok","id":"` + testID + `"}`, badType},
		{"no id", `{"type":"vote.cast","ballot":"b","choice":"for"}`, badID},
		{"id no UUID", `{"type":"session.ping","id":"1"}`, badID},
		{"id no text", `{"type":"session.ping","id":1}`, badID},
		{"id in capitals", `{"type":"session.ping","id":"` + strings.ToUpper(testID) + `"}`, badID},
		{"unnumbered with a wrong id", `{"type":"media.ready","id":"7","ready":true}`, badID},
		{"duplicate key", `{"type":"vote.cast","id":"` + testID + `","ballot":"b","choice":"for","choice":"against"}`, badDuplicate},
		{"duplicate type", `{"type":"session.ping","type":"vote.cast","id":"` + testID + `"}`, badDuplicate},
		{"duplicate key inside", `{"type":"session.hello","id":"` + testID + `","door":"k7m2p9qx","resume":{"sid":"a","sid":"b","secret":"c"}}`, badDuplicate},
		{"key in another case", `{"type":"vote.cast","id":"` + testID + `","ballot":"b","choice":"for","Choice":"against"}`, badKey},
		{"key that folds to ASCII", `{"type":"vote.cast","id":"` + testID + `","ballot":"b","choice":"for","ſtep":"x"}`, badKey},
		{"empty key", `{"type":"session.ping","id":"` + testID + `","":1}`, badKey},
		{"long key", `{"type":"session.ping","id":"` + testID + `","` + strings.Repeat("k", 33) + `":1}`, badLength},
		{"forged voter", `{"type":"vote.cast","id":"` + testID + `","ballot":"b","choice":"for","voter":"p2"}`, badField},
		{"forged person", `{"type":"vote.cast","id":"` + testID + `","ballot":"b","choice":"for","person":"p2"}`, badField},
		{"forged role", `{"type":"ballot.close","id":"` + testID + `","ballot":"b","roles":["chair"]}`, badField},
		{"forged council", `{"type":"sitting.open","id":"` + testID + `","council":"other"}`, badField},
		{"forged time", `{"type":"vote.cast","id":"` + testID + `","ballot":"b","choice":"for","at":1}`, badField},
		{"forged actor", `{"type":"rollcall.checkin","id":"` + testID + `","actor":{"person":"p2"}}`, badField},
		{"hello with a name", `{"type":"session.hello","id":"` + testID + `","door":"k7m2p9qx","person":"p2"}`, badField},
		{"null", `{"type":"vote.cast","id":"` + testID + `","ballot":null,"choice":"for"}`, badField},
		{"number for text", `{"type":"vote.cast","id":"` + testID + `","ballot":1,"choice":"for"}`, badField},
		{"source beyond 32 bits", `{"type":"media.want","step":"full","visible":true,"pin":4294967296}`, badField},
		{"too deep", `{"type":"session.ping","id":"` + testID + `","a":` + strings.Repeat("[", 9) + strings.Repeat("]", 9) + `}`, badDepth},
		{"deeper than any stack", strings.Repeat("[", 60000), badJSON},
		{"deep object", `{"a":` + strings.Repeat(`{"a":`, 9000) + `1`, badDepth},
		{"too many values", `{"type":"session.ping","id":"` + testID + `","a":[` + strings.Repeat("1,", 3000) + `1]}`, badDepth},
		{"long text", `{"type":"message.send","id":"` + testID + `","to":"all","text":"` + long + `"}`, badLength},
		{"long SDP", `{"type":"media.offer","id":"` + testID + `","pc":"sub","gen":1,"sdp":"` + strings.Repeat("v", maxSDP+1) + `"}`, badLength},
		{"SDP limit only on top", `{"type":"session.hello","id":"` + testID + `","resume":{"sdp":"` + long + `"}}`, badLength},
		{"message too long", `{"type":"` + strings.Repeat("x", readLimit) + `"}`, badLength},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := decode([]byte(tt.raw))
			var got malformed
			if !errors.As(err, &got) || got != tt.want {
				t.Fatalf("decode = %+v, %v; want %s", m, err, tt.want)
			}
			if m.act != nil || m.own != nil {
				t.Errorf("a refused message came with a body: %+v", m)
			}
		})
	}
}

func TestDecodeReads(t *testing.T) {
	id := `"id":"` + testID + `"`
	tests := []struct {
		name, raw string
		act       council.CommandBody
		own       clientMessage
	}{
		{"vote", `{"type":"vote.cast",` + id + `,"ballot":"b1","choice":"for"}`, council.VoteCast{Ballot: "b1", Choice: "for"}, nil},
		{"type last", `{"ballot":"b1",` + id + `,"choice":"for","type":"vote.cast"}`, council.VoteCast{Ballot: "b1", Choice: "for"}, nil},
		{"empty act", ` { "type" : "rollcall.checkin" , ` + id + ` } `, council.RollCallCheckIn{}, nil},
		{"NFC", `{"type":"message.send",` + id + `,"to":"clerk","text":"e\u0302\u0301 kính gửi"}`, council.MessageSend{To: "clerk", Text: "ế kính gửi"}, nil},
		{"escapes beside marks", `{"type":"message.send",` + id + `,"to":"clerk","text":"a\n\u0303"}`, council.MessageSend{To: "clerk", Text: "a\n\u0303"}, nil},
		{"ping", `{"type":"session.ping",` + id + `}`, nil, SessionPing{}},
		{"ready without id", `{"type":"media.ready","ready":true}`, nil, MediaReady{Ready: true}},
		{"offer", `{"type":"media.offer",` + id + `,"pc":"sub","gen":3,"profile":"member","sdp":"v=0\r\n"}`, nil,
			MediaOffer{PC: "sub", Gen: 3, Profile: "member", SDP: "v=0\r\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := decode([]byte(tt.raw))
			if err != nil {
				t.Fatal(err)
			}
			if tt.act != nil && m.act != tt.act || tt.own != nil && m.own != tt.own {
				t.Errorf("decode = %#v, %#v", m.act, m.own)
			}
		})
	}
}

// TestCommandsAreCouncils holds the list of acts against the rules' own.
func TestCommandsAreCouncils(t *testing.T) {
	mine := map[string]bool{}
	for _, c := range commands {
		mine[c.CommandName()] = true
	}
	for _, name := range council.CommandNames() {
		if !mine[name] {
			t.Errorf("%s is missing in signaling's commands", name)
		}
		delete(mine, name)
	}
	for name := range mine {
		t.Errorf("%s is no command of package council", name)
	}
}

// FuzzMessage: whatever comes, decode ends with a message or a reason; a message survives its own canonical form unchanged.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		`{"type":"vote.cast","id":"` + testID + `","ballot":"b1","choice":"for"}`,
		`{"type":"session.hello","id":"` + testID + `","door":"k7m2p9qx","resume":{"sid":"s","secret":"x"},"since":7,"boot":"b","take":true,"page":"p","want":{"step":"full","visible":true}}`,
		`{"type":"media.want","step":"audio","visible":false,"tiles":7,"tile_px":180,"screen_px":720}`,
		`{"type":"media.offer","id":"` + testID + `","pc":"pub","gen":1,"sdp":"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"}`,
		`{"type":"ballot.open","id":"` + testID + `","question":"Tán thành?","threshold":{"num":1,"den":2,"strict":true}}`,
		`{"type":"admission.admit","id":"` + testID + `","persons":["a","b"]}`,
		`{"type":"message.send","id":"` + testID + `","to":"all","text":"\ud83d\ude00\u0000"}`,
		`{"type":"x","type":"y"}`, `[[[[[[[[`, `{"a":1e999}`, "\xef\xbb\xbf{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := decode(raw)
		if err != nil {
			var why malformed
			if !errors.As(err, &why) {
				t.Fatalf("error without a reason: %v", err)
			}
			return
		}
		if (m.act == nil) == (m.own == nil) {
			t.Fatalf("one of act and own: %+v", m)
		}
		again := append([]byte(`{"type":"`+m.Type+`"`), comma(m.body)...)
		if m.ID != "" {
			again = append([]byte(`{"id":"`+m.ID+`","type":"`+m.Type+`"`), comma(m.body)...)
		}
		second, err := decode(again)
		if err != nil {
			t.Fatalf("canonical form refused: %v\n%s", err, again)
		}
		if !bytes.Equal(second.body, m.body) || sum(second) != sum(m) {
			t.Fatalf("canonical form changed:\n%s\n%s", m.body, second.body)
		}
		if !json.Valid(m.body) {
			t.Fatalf("body is no JSON: %s", m.body)
		}
	})
}

func comma(body []byte) []byte {
	if len(body) == 2 {
		return body[1:]
	}
	return append([]byte{','}, body[1:]...)
}
