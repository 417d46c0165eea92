package council

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestDecodeCommand(t *testing.T) {
	for _, c := range []struct {
		name, fields string
		want         CommandBody
		code         string
	}{
		{"vote.cast", `{"type":"vote.cast","id":"1","ballot":"b1","choice":"for"}`, VoteCast{"b1", "for"}, ""},
		{"vote.cast", `{"ballot":"b1","choice":"for"}`, VoteCast{"b1", "for"}, ""},
		{"sitting.open", ``, SittingOpen{}, ""},
		{"sitting.open", `{}`, SittingOpen{}, ""},
		{"queue.raise", `{"kind":"debate","asked_who":"p02"}`, QueueRaise{Kind: TurnDebate, AskedWho: "p02"}, ""},
		{
			"ballot.open", `{"item":"m2","threshold":{"num":2,"den":3,"strict":false}}`,
			BallotOpen{Item: "m2", Threshold: Fraction{2, 3, false}}, "",
		},
		{"message.send", `{"to":"all","text":"chào"}`, MessageSend{To: "all", Text: "chào"}, ""},
		{"admission.admit", `{"persons":["cu1"],"all":false}`, AdmissionAdmit{Persons: []PersonID{"cu1"}}, ""},
		{"vote.cast", `{"ballot":"b1","choice":"for","choice":"against"}`, nil, CodeMalformed},
		{"vote.cast", `{"ballot":"b1","Choice":"for"}`, nil, CodeMalformed},
		{"vote.cast", `{"ballot":"b1","choice":"for","voter":"p02"}`, nil, CodeMalformed},
		{"vote.cast", `{"ballot":1}`, nil, CodeMalformed},
		{"vote.cast", `["b1"]`, nil, CodeMalformed},
		{"vote.cast", `null`, nil, CodeMalformed},
		{"vote.cast", `{"ballot":"b1"} {}`, nil, CodeMalformed},
		{"vote.cast", `{"ballot":"b1"`, nil, CodeMalformed},
		{"vote.cast", "{\"ballot\":\"\xff\"}", nil, CodeMalformed},
		{"vote.cast", `{"type":{"a":1,"a":2}}`, nil, CodeMalformed},
		{"vote.cast", `{"type":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`, nil, CodeMalformed},
		{"vote.cast", `{"` + strings.Repeat("a", 65) + `":1}`, nil, CodeMalformed},
		{"vote.cast", `{"choice":"` + strings.Repeat("a", maxCommandBytes) + `"}`, nil, CodeMalformed},
		{"message.send", `{"to":"clerk","ref":"r1"}`, nil, CodeMalformed},
		{"message.send", `{"to":"clerk","Ref":"r1"}`, nil, CodeMalformed},
		{"admission.set", `{"on":true,"inside":["cu1"]}`, nil, CodeMalformed},
		{"connection.lost", `{"person":"p02"}`, nil, CodeUnknownCommand},
		{"vote.all", `{}`, nil, CodeUnknownCommand},
	} {
		got, err := DecodeCommand(c.name, json.RawMessage(c.fields))
		if c.code == "" {
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s %.60s: got %+v %v", c.name, c.fields, got, err)
			}
			continue
		}
		e := asError(err)
		if e == nil || e.Code != c.code || got != nil {
			t.Errorf("%s %.60s: got %+v %v, want %s", c.name, c.fields, got, err, c.code)
			continue
		}
		checkCode(t, e)
	}
}

// Every type that can be a command or an event is in its table, can be decided or applied, and is named once.
func TestTablesAreComplete(t *testing.T) {
	names := append(CommandNames(), SystemCommandNames()...)
	if len(names) != 46 {
		t.Errorf("%d commands: a new one belongs into the table of codec.go and into this number", len(names))
	}
	for _, name := range names {
		body := ZeroCommand(name)
		if body == nil || body.CommandName() != name {
			t.Errorf("%s: no zero value", name)
			continue
		}
		if _, ok := body.(decider); !ok {
			t.Errorf("%s cannot be decided", name)
		}
	}
	if ZeroCommand("none") != nil {
		t.Error("a body for no command")
	}
	if n := len(EventTypes()); n != 46 {
		t.Errorf("%d events: a new one belongs into the table of codec.go and into this number", n)
	}
	for _, name := range EventTypes() {
		body, err := events[name](nil)
		if err != nil || reflect.TypeOf(body).Name() != name {
			t.Errorf("%s: type %T, %v", name, body, err)
			continue
		}
		if _, ok := body.(applier); !ok {
			t.Errorf("%s cannot be applied", name)
		}
		data, err := EncodeBody(body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if back, err := DecodeBody(name, data); err != nil || !reflect.DeepEqual(back, body) {
			t.Errorf("%s: %s came back as %+v, %v", name, data, back, err)
		}
		NewSitting("s1").Apply(Event{Seq: 1, Body: body}) // an event about nothing changes nothing, and does not fail
	}
}

type foreignEvent struct{}

func (foreignEvent) EventType() string { return "Foreign" }

func TestDecodeBodyIsStrict(t *testing.T) {
	for typ, body := range map[string]string{
		"VoteReceived":  `{"ballot":"b1","person":"p1","choice":"for","extra":1}`,
		"VoteRecorded":  `{"ballot":"b1","ballot":"b2"}`,
		"Foreign":       `{}`,
		"SittingOpened": `[]`,
		"SittingClosed": ``,
	} {
		if got, err := DecodeBody(typ, []byte(body)); err == nil {
			t.Errorf("%s %s: got %+v", typ, body, got)
		}
	}
	if _, err := DecodeBody("MessageSent", slices.Concat([]byte(`{"text":"`), make([]byte, maxEventBytes))); err == nil {
		t.Error("an oversize body is read")
	}
	for _, body := range []EventBody{nil, foreignEvent{}, MessageSent{Text: strings.Repeat("x", maxEventBytes)}} {
		if _, err := EncodeBody(body); err == nil {
			t.Errorf("%T is written", body)
		}
	}
	s := NewSitting("s1")
	s.Apply(Event{Seq: 7, Body: foreignEvent{}})
	if s.Seq() != 7 {
		t.Error("an event of another package does not move the sequence")
	}
}

func FuzzDecodeCommand(f *testing.F) {
	for _, name := range CommandNames() {
		data, err := json.Marshal(ZeroCommand(name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, data)
	}
	f.Add("vote.cast", []byte(`{"type":"vote.cast","id":"x","ballot":"b1","choice":"for"}`))
	f.Add("vote.cast", []byte(`{"a":{"a":[[[[]]]]}}`))
	h := openHouse(f, 5, 5)
	before := encode(f, h.View(TopicPeople, AudienceSteer, nil))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		body, err := DecodeCommand(name, data)
		if err != nil {
			if asError(err) == nil {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		if _, err := h.Decide(Command{Actor: Actor{Person: "p01"}, At: h.now, Body: body}); err != nil && asError(err) == nil {
			t.Fatalf("not a refusal: %v", err)
		}
		if encode(t, h.View(TopicPeople, AudienceSteer, nil)) != before {
			t.Fatal("Decide changed the sitting")
		}
	})
}

func FuzzDecodeBody(f *testing.F) {
	for _, name := range []string{"ky-hop", "ket-qua", "tiep-xuc"} {
		h, _ := play(f, name)
		for _, r := range h.log {
			f.Add(r.Type, r.Body)
		}
	}
	f.Fuzz(func(t *testing.T, typ string, data []byte) {
		body, err := DecodeBody(typ, data)
		if err != nil {
			return
		}
		again, err := EncodeBody(body)
		if err != nil {
			t.Fatalf("%s was read but cannot be written: %v", typ, err)
		}
		back, err := DecodeBody(typ, again)
		if err != nil {
			t.Fatalf("%s: %s cannot be read back: %v", typ, again, err)
		}
		second, err := EncodeBody(back)
		if err != nil || string(second) != string(again) {
			t.Fatalf("%s is not stable: %s, %s", typ, again, second)
		}
		h := openHouse(t, 3, 3)
		h.Apply(Event{Seq: h.Seq() + 1, At: h.now, Body: body})
		h.everything()
	})
}
