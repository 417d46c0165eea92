package signaling

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"nghitruong/council"
	"nghitruong/sfu"
)

// commands lists the acts that a client may send. The room's own (connection.*, attendance.count) are not among them.
var commands = []council.CommandBody{
	council.SittingOpen{}, council.SittingPause{}, council.SittingResume{}, council.SittingClose{}, council.AgendaGoto{},
	council.RollCallOpen{}, council.RollCallCheckIn{}, council.RollCallSet{}, council.RollCallClose{},
	council.QueueRaise{}, council.QueueWithdraw{},
	council.FloorGive{}, council.FloorAccept{}, council.FloorDecline{}, council.FloorExtend{}, council.FloorEnd{},
	council.GateSet{}, council.GateMute{}, council.GateUnmute{}, council.GateMuteAll{}, council.GateUndo{}, council.GateStopCitizens{},
	council.StagePin{},
	council.BallotOpen{}, council.BallotClose{}, council.BallotRemind{}, council.VoteCast{}, council.VoteRecord{},
	council.MessageSend{}, council.MessageHide{},
	council.AdmissionSet{}, council.AdmissionAdmit{}, council.AdmissionRefuse{},
	council.ChairTake{}, council.ChairReturn{},
	council.RecordingStart{}, council.RecordingPause{}, council.RecordingResume{}, council.RecordingStop{},
}

// topicViews gives the document of each topic.
var topicViews = map[council.Topic]any{
	council.TopicSelf: council.SelfView{}, council.TopicAgenda: council.AgendaView{}, council.TopicFloor: council.FloorView{},
	council.TopicRollCall: council.RollCallView{}, council.TopicQueue: council.QueueView{}, council.TopicBallot: council.BallotView{},
	council.TopicPeople: council.PeopleView{}, council.TopicMessages: council.MessagesView{}, council.TopicRecording: council.RecordingView{},
}

// enums gives the values of the named strings that appear in messages.
var enums = map[reflect.Type][]string{
	reflect.TypeFor[council.Role]():         values(council.Roles),
	reflect.TypeFor[council.Topic]():        values(council.Topics),
	reflect.TypeFor[council.Audience]():     values(council.Audiences),
	reflect.TypeFor[council.SittingState](): {"published", "open", "paused", "closed"},
	reflect.TypeFor[council.Base]():         {"all", "present"},
	reflect.TypeFor[council.TurnKind]():     {"speak", "question", "debate", "explain", "citizen"},
	reflect.TypeFor[council.GatePolicy]():   {"open", "floor", "chair"},
	reflect.TypeFor[council.PresenceState](): {
		"unknown", "present", "late", "excused", "unexcused", "left",
	},
	reflect.TypeFor[council.RecordingState](): {"none", "on", "paused", "stopped"},
	reflect.TypeFor[council.ErrorKind]():      {"invalid", "not_allowed", "not_found", "conflict", "closed", "internal"},
	reflect.TypeFor[sfu.Kind]():               {"mic", "cam", "screen"},
	reflect.TypeFor[sfu.PC]():                 {"sub", "pub"},
	reflect.TypeFor[sfu.Profile]():            {"member", "audience"},
	reflect.TypeFor[sfu.Why]():                {"live", "paused_bw", "paused_src", "paused_user", "no_codec", "empty"},
}

func values[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = string(v)
	}
	return out
}

// Schemas lists a value of every type that crosses the WebSocket: commands, messages of both sides, views.
// It goes into /api/openapi.json beside the types of the HTTP calls.
func Schemas() []any {
	var out []any
	for _, c := range commands {
		out = append(out, c)
	}
	for _, m := range clientMessages {
		out = append(out, m)
	}
	for _, m := range serverMessages {
		out = append(out, m)
	}
	for _, t := range council.Topics {
		out = append(out, topicViews[t])
	}
	return append(out, council.Published{})
}

const schemaPrefix = "#/components/schemas/"

// OpenAPI gives the document of web/client/openapi.json: components for every type of Schemas, and the tagged unions
// ClientMessage, ServerMessage and Views for the client's types. The same Go types give the same bytes.
func OpenAPI() ([]byte, error) {
	reg := huma.NewMapRegistry(schemaPrefix, huma.DefaultSchemaNamer)
	types := map[string]reflect.Type{}
	for _, v := range Schemas() {
		t := reflect.TypeOf(v)
		reg.Schema(t, true, t.Name())
	}
	all := map[string]*huma.Schema{}
	for name, s := range reg.Map() {
		all[name] = s
		types[name] = reg.TypeFromRef(schemaPrefix + name)
	}
	for name, t := range types {
		tighten(all[name], t)
	}
	for t, vals := range enums {
		all[t.Name()] = enumOf(vals...)
	}
	if err := addUnions(all); err != nil {
		return nil, err
	}
	doc := map[string]any{
		"openapi":    "3.1.0",
		"info":       map[string]string{"title": "Nghị Trường: messages of the WebSocket", "version": "1"},
		"paths":      map[string]any{},
		"components": map[string]any{"schemas": all},
	}
	out, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return nil, fmt.Errorf("signaling: encode the schemas: %w", err)
	}
	return append(out, '\n'), nil
}

func ref(name string) *huma.Schema { return &huma.Schema{Ref: schemaPrefix + name} }

func enumOf(vals ...string) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, v := range vals {
		s.Enum = append(s.Enum, v)
	}
	return s
}

// tighten makes a struct's schema say what Go's encoder does with our values: named strings refer to their enum, lists are
// never null, and a pointer that is always written may be.
func tighten(s *huma.Schema, t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := s.Properties[name]
		if p == nil {
			continue
		}
		s.Properties[name] = property(p, f.Type)
		if f.Type.Kind() == reflect.Pointer && !strings.Contains(opts, "omitempty") {
			s.Properties[name] = &huma.Schema{OneOf: []*huma.Schema{s.Properties[name], {Type: "null"}}}
		}
	}
}

func property(p *huma.Schema, t reflect.Type) *huma.Schema {
	if _, ok := enums[t]; ok {
		return ref(t.Name())
	}
	if p.Type == huma.TypeArray {
		p.Nullable = false
		p.Items = property(p.Items, t.Elem())
	}
	p.Format = strings.TrimPrefix(p.Format, "double") // numbers are numbers in JSON
	return p
}

// addUnions adds one component per message, with its type as a constant, and the unions of both sides.
func addUnions(all map[string]*huma.Schema) error {
	client, server := &huma.Schema{}, &huma.Schema{}
	add := func(union *huma.Schema, typ string, v any, id string) error {
		body := reflect.TypeOf(v).Name()
		name := "Msg" + body
		if _, taken := all[name]; taken {
			return fmt.Errorf("signaling: two messages named %s", name)
		}
		head := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"type": enumOf(typ)}, Required: []string{"type"}}
		if id != "" {
			head.Properties["id"] = &huma.Schema{Type: huma.TypeString, Description: "UUIDv7, the idempotency key"}
			if id == "required" {
				head.Required = append(head.Required, "id")
			}
		}
		all[name] = head
		if len(all[body].Properties) > 0 {
			all[name] = &huma.Schema{AllOf: []*huma.Schema{head, ref(body)}}
		}
		all[body].AdditionalProperties = nil // the object is flat: type and id stand beside the fields
		union.OneOf = append(union.OneOf, ref(name))
		return nil
	}
	for _, c := range commands {
		if err := add(client, c.CommandName(), c, "required"); err != nil {
			return err
		}
	}
	acts := &huma.Schema{OneOf: slices.Clone(client.OneOf)}
	for _, m := range clientMessages {
		id := "required"
		if unnumbered(m.messageName()) {
			id = "optional"
		}
		if err := add(client, m.messageName(), m, id); err != nil {
			return err
		}
	}
	for _, m := range serverMessages {
		if err := add(server, m.messageType(), m, ""); err != nil {
			return err
		}
	}
	views := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}}
	for topic, v := range topicViews {
		views.Properties[string(topic)] = ref(reflect.TypeOf(v).Name())
		views.Required = append(views.Required, string(topic))
	}
	slices.Sort(views.Required)
	all["Act"], all["ClientMessage"], all["ServerMessage"], all["Views"] = acts, client, server, views
	return nil
}
