package signaling

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"nghitruong/council"
	"nghitruong/room"
)

// Codes of this package's own refusals, beside those of packages council and room.
const (
	CodeBusy      = "busy"      // Conflict: not done, repeat with the same id after data.retry_ms
	CodeTooFast   = "too_fast"  // Conflict: as busy; the session ends when it goes on
	CodeTimeout   = "timeout"   // Internal: the result is unknown, repeat with the same id
	CodeMalformed = "malformed" // Invalid, data why: the act cannot be read; the socket closes with 4400
	CodeInternal  = "internal"  // Internal: repeat with the same id
)

// Codes lists them for the protocol's table.
var Codes = []council.CodeInfo{
	{Code: CodeBusy, Kind: council.Conflict, Data: []string{"retry_ms"}, Meaning: "not done: repeat with the same id after retry_ms"},
	{Code: CodeTooFast, Kind: council.Conflict, Data: []string{"retry_ms"}, Meaning: "too many messages: as busy; who goes on is closed with 4429"},
	{Code: CodeTimeout, Kind: council.Internal, Meaning: "the result is unknown: repeat with the same id"},
	{Code: CodeMalformed, Kind: council.Invalid, Data: []string{"why"}, Meaning: "the act cannot be read; the socket closes with 4400"},
	{Code: CodeInternal, Kind: council.Internal, Meaning: "the server failed: repeat with the same id"},
}

func busy(re string, after time.Duration) Error {
	return Error{Re: re, Kind: council.Conflict, Code: CodeBusy, Data: map[string]any{"retry_ms": after.Milliseconds()}}
}

// tooFast warns; what was sent is not done.
func (s *socket) tooFast(m message) {
	const after = 500 * time.Millisecond
	if offer, ok := m.own.(MediaOffer); ok {
		s.send(MediaRefused{Re: m.ID, PC: offer.PC, Gen: offer.Gen, Code: "busy", RetryMS: 2000})
		return
	}
	if !unnumbered(m.Type) {
		s.send(Error{Re: m.ID, Kind: council.Conflict, Code: CodeTooFast, Data: map[string]any{"retry_ms": after.Milliseconds()}})
	}
}

// act asks the room and answers; a definite answer is kept for a repetition after a broken socket.
func (s *socket) act(m message) {
	seat := s.seat.Load()
	if seat == nil {
		s.send(busy(m.ID, time.Second)) // not let in yet: elsewhere, or waiting for a place
		return
	}
	if b := seat.answered(m); b != nil {
		s.push(frame{head: b})
		return
	}
	began := time.Now()
	ctx, cancel := s.h.actContext()
	defer cancel()
	answer, err := seat.roomNow().Do(ctx, council.Command{
		Actor: council.Actor{Person: seat.person.ID, Roles: seat.person.Roles, Place: seat.place()},
		ID:    m.ID,
		Body:  m.act,
	})
	var reply serverMessage = OK{Re: m.ID, Seq: answer.Seq, At: answer.At}
	definite, result := true, "ok"
	if err != nil {
		refusal := s.refusal(m, err)
		reply, result = refusal, string(refusal.Kind)
		definite = refusal.Kind != council.Internal
	}
	s.h.metrics.acts.WithLabelValues(m.Type, result).Inc()
	s.h.metrics.actTime.Observe(time.Since(began).Seconds())
	b, err := encode(reply)
	if err != nil {
		s.log.Error("cannot encode an answer", slog.Any("err", err))
		return
	}
	if definite {
		seat.remember(m, b)
	}
	s.push(frame{head: b})
}

// refusal maps an error once: a council.Error as it is, anything else to an internal one that is logged.
func (s *socket) refusal(m message, err error) Error {
	var c *council.Error
	code := CodeInternal
	switch {
	case errors.As(err, &c):
		if c.Kind != council.Internal {
			return Error{Re: m.ID, Kind: c.Kind, Code: c.Code, Data: c.Data}
		}
		code = c.Code
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		code = CodeTimeout
	}
	s.log.Error("an act failed", slog.String("type", m.Type), slog.Any("err", err))
	return Error{Re: m.ID, Kind: council.Internal, Code: code}
}

func (t *seat) roomNow() *room.Room {
	t.st.mu.Lock()
	defer t.st.mu.Unlock()
	return t.st.room
}
