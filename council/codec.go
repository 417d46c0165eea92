package council

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"
)

// Limits of foreign JSON.
const (
	maxCommandBytes = 64 << 10 // a WebSocket message's limit
	maxEventBytes   = 4 << 20  // SittingPublished with some hundred people and items
	maxDepth        = 12
	maxKeys         = 20_000
)

var (
	commands = commandTable(
		command[SittingOpen], command[SittingPause], command[SittingResume], command[SittingClose], command[AgendaGoto],
		command[RollCallOpen], command[RollCallCheckIn], command[RollCallSet], command[RollCallClose],
		command[QueueRaise], command[QueueWithdraw],
		command[FloorGive], command[FloorAccept], command[FloorDecline], command[FloorExtend], command[FloorEnd],
		command[GateSet], command[GateMute], command[GateUnmute], command[GateMuteAll], command[GateUndo],
		command[GateStopCitizens], command[StagePin],
		command[BallotOpen], command[BallotClose], command[BallotRemind], command[VoteCast], command[VoteRecord],
		command[MessageSend], command[MessageHide],
		command[AdmissionSet], command[AdmissionAdmit], command[AdmissionRefuse], command[ChairTake], command[ChairReturn],
		command[RecordingStart], command[RecordingPause], command[RecordingResume], command[RecordingStop],
	)
	systemCommands = commandTable(
		command[ConnectionLost], command[ConnectionBack], command[AttendanceCount],
		command[RecordingHalt], command[RecordingReduce], command[RecordingSeal], command[RecordingMiss],
	)
	events = eventTable(
		event[SittingPublished], event[SittingOpened], event[SittingPaused], event[SittingResumed], event[SittingClosed],
		event[AgendaMoved], event[RollCallOpened], event[PersonMarked], event[RollCallClosed],
		event[HandRaised], event[HandChanged], event[HandLowered],
		event[FloorGiven], event[FloorAccepted], event[FloorDeclined], event[FloorExtended], event[FloorEnded],
		event[GateChanged], event[PersonMuted], event[PersonUnmuted], event[AllMuted], event[MuteUndone],
		event[CitizensStopped], event[StagePinned],
		event[BallotOpened], event[BallotReminded], event[VoteReceived], event[VoteRecorded], event[BallotClosed],
		event[MessageSent], event[MessageHidden],
		event[AdmissionSwitched], event[PersonsAdmitted], event[PersonRefused], event[ChairTaken], event[ChairReturned],
		event[RecordingStarted], event[RecordingPaused], event[RecordingResumed], event[RecordingEnded], event[RecordingReduced],
		event[RecordingSegmentsSealed], event[RecordingGap],
		event[PersonLost], event[PersonBack], event[AttendanceCounted],
	)
)

type (
	commandDecoder func(fields []byte) (CommandBody, error)
	eventDecoder   func(body []byte) (EventBody, error)
)

// command decodes checked JSON; nil gives the zero value.
func command[T CommandBody](fields []byte) (CommandBody, error) {
	var body T
	if fields == nil {
		return body, nil
	}
	err := unmarshal(fields, &body)
	return body, err
}

// event decodes checked JSON; nil gives the zero value.
func event[T EventBody](body []byte) (EventBody, error) {
	var e T
	if body == nil {
		return e, nil
	}
	err := unmarshal(body, &e)
	return e, err
}

func commandTable(decoders ...commandDecoder) map[string]commandDecoder {
	table := make(map[string]commandDecoder, len(decoders))
	for _, d := range decoders {
		if zero, err := d(nil); err == nil {
			table[zero.CommandName()] = d
		}
	}
	return table
}

func eventTable(decoders ...eventDecoder) map[string]eventDecoder {
	table := make(map[string]eventDecoder, len(decoders))
	for _, d := range decoders {
		if zero, err := d(nil); err == nil {
			table[zero.EventType()] = d
		}
	}
	return table
}

// CommandNames lists every command that a person may send, sorted. SystemCommandNames has the room's own.
func CommandNames() []string { return slices.Sorted(maps.Keys(commands)) }

// SystemCommandNames lists the commands that only the room gives, sorted.
func SystemCommandNames() []string { return slices.Sorted(maps.Keys(systemCommands)) }

// EventTypes lists every type of event, sorted.
func EventTypes() []string { return slices.Sorted(maps.Keys(events)) }

// ZeroCommand gives an empty body of a command, for schemas and tables; nil if there is none.
func ZeroCommand(name string) CommandBody {
	d := commands[name]
	if d == nil {
		d = systemCommands[name]
	}
	if d == nil {
		return nil
	}
	body, err := d(nil)
	if err != nil {
		return nil
	}
	return body
}

// DecodeCommand reads the fields of a message of that name. fields is a JSON object; the envelope's keys "type" and "id" in it are
// skipped. Unknown, repeated and not lower-case keys, more than 64 KiB and deep nesting are refused. The room's own commands are
// not decoded. The error is an *Error. Whether texts are NFC is checked by the caller.
func DecodeCommand(name string, fields json.RawMessage) (CommandBody, error) {
	decode, ok := commands[name]
	if !ok {
		return nil, refuse(CodeUnknownCommand)
	}
	if len(fields) == 0 {
		fields = json.RawMessage("{}")
	}
	if err := checkJSON(fields, maxCommandBytes); err != nil {
		return nil, refuse(CodeMalformed, "why", err.Error())
	}
	bare, err := withoutEnvelope(fields)
	if err != nil {
		return nil, refuse(CodeMalformed, "why", err.Error())
	}
	body, err := decode(bare)
	if err != nil {
		return nil, refuse(CodeMalformed, "why", err.Error())
	}
	return body, nil
}

func withoutEnvelope(fields json.RawMessage) (json.RawMessage, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(fields, &all); err != nil {
		return nil, fmt.Errorf("read fields: %w", err)
	}
	delete(all, "type")
	delete(all, "id")
	bare, err := json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("read fields: %w", err)
	}
	return bare, nil
}

// EncodeBody writes an event's body as the ledger stores it.
func EncodeBody(body EventBody) ([]byte, error) {
	if body == nil {
		return nil, errors.New("council: encode event: no body")
	}
	if _, ok := events[body.EventType()]; !ok {
		return nil, fmt.Errorf("council: encode event: unknown type %q", body.EventType())
	}
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("council: encode %s: %w", body.EventType(), err)
	}
	if len(data) > maxEventBytes {
		return nil, fmt.Errorf("council: encode %s: %d bytes exceed %d", body.EventType(), len(data), maxEventBytes)
	}
	return data, nil
}

// DecodeBody reads a stored body. Unknown types, unknown or repeated fields, trailing bytes and oversize are errors.
func DecodeBody(typ string, body []byte) (EventBody, error) {
	decode, ok := events[typ]
	if !ok {
		return nil, fmt.Errorf("council: decode event: unknown type %q", typ)
	}
	if err := checkJSON(body, maxEventBytes); err != nil {
		return nil, fmt.Errorf("council: decode %s: %w", typ, err)
	}
	e, err := decode(body)
	if err != nil {
		return nil, fmt.Errorf("council: decode %s: %w", typ, err)
	}
	return e, nil
}

func unmarshal(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// checkJSON accepts exactly one JSON object in UTF-8 whose objects have no repeated key and only lower-case keys (encoding/json
// matches keys without regard to case, so that "Item" and "item" would otherwise name one field), within limits.
func checkJSON(data []byte, maxBytes int) error {
	if len(data) > maxBytes {
		return fmt.Errorf("%d bytes exceed %d", len(data), maxBytes)
	}
	if !utf8.Valid(data) {
		return errors.New("not UTF-8")
	}
	c := jsonCheck{decoder: json.NewDecoder(bytes.NewReader(data))}
	c.decoder.UseNumber()
	first, err := c.decoder.Token()
	if err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	if first != json.Delim('{') {
		return errors.New("not an object")
	}
	if err := c.object(1); err != nil {
		return err
	}
	if _, err := c.decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("bytes after the object")
	}
	return nil
}

type jsonCheck struct {
	decoder *json.Decoder
	keys    int
}

// object reads to the end of an object whose brace has been read.
func (c *jsonCheck) object(depth int) error {
	seen := map[string]bool{}
	for c.decoder.More() {
		token, err := c.decoder.Token()
		if err != nil {
			return fmt.Errorf("read JSON: %w", err)
		}
		key, ok := token.(string)
		if !ok || !plainKey(key) {
			return errors.New("a key is not lower-case")
		}
		if seen[key] {
			return fmt.Errorf("key %q repeated", key)
		}
		seen[key] = true
		if c.keys++; c.keys > maxKeys {
			return errors.New("too many keys")
		}
		if err := c.value(depth); err != nil {
			return err
		}
	}
	return c.end()
}

func (c *jsonCheck) array(depth int) error {
	for c.decoder.More() {
		if err := c.value(depth); err != nil {
			return err
		}
	}
	return c.end()
}

func (c *jsonCheck) end() error {
	if _, err := c.decoder.Token(); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	return nil
}

func (c *jsonCheck) value(depth int) error {
	token, err := c.decoder.Token()
	if err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	if depth >= maxDepth {
		return errors.New("nested too deeply")
	}
	if delim == '{' {
		return c.object(depth + 1)
	}
	return c.array(depth + 1)
}

func plainKey(key string) bool {
	if key == "" || len(key) > 64 {
		return false
	}
	for _, r := range key {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return true
}
