package room

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"nghitruong/council"
)

// maxKey bounds an idempotency key: a UUID has 36 bytes.
const maxKey = 64

// batch is the commands that share one durable write.
type batch struct {
	reqs    []request
	results []result
	records []council.Record
	after   uint64 // sequence before the batch
	urgent  bool   // views go out at once
	acted   []council.PersonID
	texts   map[string]string // side-table texts of this batch, by reference; nil = none
}

// batch decides, makes durable, answers, publishes: in this order.
func (r *Room) batch(ctx context.Context, reqs []request) {
	r.metrics.batch.Observe(float64(len(reqs)))
	b := &batch{reqs: reqs, results: make([]result, len(reqs))}
	defer func() { // in a panic, which goes on to guard, nobody is left waiting
		b.failAll(refuse(council.Internal, CodeRoomPanic))
		r.reply(b)
	}()
	if r.state.sitting == nil && !r.revive(ctx) {
		b.failAll(unsaved(errors.New("the log cannot be read")))
		r.reply(b)
		return
	}
	r.decideAll(ctx, b)
	err := r.commit(ctx, b)
	if err != nil {
		b.failAll(err)
	}
	r.reply(b)
	if err == nil && len(b.records) > 0 {
		r.publish(b)
	}
}

func (b *batch) failAll(err error) {
	for i := range b.results {
		b.results[i] = result{err: err}
	}
}

// reply hands out the answers; after the first time there is nobody left to answer.
func (r *Room) reply(b *batch) {
	for i := range b.reqs {
		res := b.results[i]
		if b.reqs[i].reply != nil {
			b.reqs[i].reply <- res
		}
		name := "none"
		if b.reqs[i].cmd.Body != nil {
			name = b.reqs[i].cmd.Body.CommandName()
		}
		r.metrics.commands.WithLabelValues(name, outcome(res)).Inc()
	}
	b.reqs, b.results = nil, nil
}

func outcome(res result) string {
	var refusal *council.Error
	switch {
	case res.err == nil && res.answer.Dup:
		return "repeated"
	case res.err == nil:
		return "ok"
	case errors.As(res.err, &refusal) && refusal.Kind != council.Internal:
		return "refused"
	default:
		return "failed"
	}
}

func (r *Room) decideAll(ctx context.Context, b *batch) {
	b.after = r.state.sitting.Seq()
	for i := range b.reqs {
		answer, err := r.decide(ctx, b, b.reqs[i].cmd)
		b.results[i] = result{answer, err}
	}
}

// decide takes one command through repeats, permission and rules, and applies its events to the room's own state.
func (r *Room) decide(ctx context.Context, b *batch, cmd council.Command) (Answer, error) {
	if cmd.Body == nil {
		return Answer{}, refuse(council.Invalid, council.CodeUnknownCommand)
	}
	s := r.state.sitting
	now := time.Now()
	cmd.At = now.Truncate(time.Millisecond).UTC()
	cmd.MonoMS = now.Sub(r.started).Milliseconds()
	key := act{actorName(cmd.Actor), cmd.ID}
	print, err := fingerprint(s, cmd)
	if err != nil {
		return Answer{}, fmt.Errorf("room: %w", err)
	}
	if !cmd.Actor.System {
		if cmd.ID == "" || len(cmd.ID) > maxKey {
			return Answer{}, refuse(council.Invalid, CodeKeyMissing)
		}
		if answer, known, err := r.state.repeated(key, print); known {
			return answer, err
		}
		cmd.Actor.Roles = s.ActorRoles(cmd.Actor)
		if !r.permits.May(cmd.Actor.Roles, cmd.Body.CommandName()) {
			return Answer{}, refuse(council.NotAllowed, CodeNotAllowed)
		}
	}
	if cmd, err = r.resolve(ctx, b, cmd); err != nil {
		return Answer{}, err
	}
	bodies, err := s.Decide(cmd)
	if err != nil {
		return Answer{}, err
	}
	return r.apply(b, cmd, key, print, bodies)
}

// apply turns the events of one command into records and changes the state. Bodies are encoded first, so that a body that
// cannot be stored changes nothing.
func (r *Room) apply(b *batch, cmd council.Command, key act, print []byte, bodies []council.EventBody) (Answer, error) {
	s := r.state.sitting
	encoded := make([][]byte, len(bodies))
	for i, body := range bodies {
		var err error
		if encoded[i], err = council.EncodeBody(body); err != nil {
			return Answer{}, fmt.Errorf("room: %w", err)
		}
	}
	if r.state.halted != nil && len(bodies) > 0 {
		return Answer{}, r.state.halted
	}
	answer := Answer{Seq: s.Seq(), At: cmd.At.UnixMilli()}
	if len(bodies) == 0 {
		r.state.remember(key, receipt{answer.Seq, answer.At, print}, true)
		return answer, nil
	}
	answer.Seq++
	for i, body := range bodies {
		rec := council.Record{
			Log: r.id, Seq: s.Seq() + 1, Epoch: epoch, Type: body.EventType(), Actor: key.actor, Body: encoded[i],
			AtWallMS: cmd.At.UnixMilli(), MonoMS: cmd.MonoMS, BootID: r.boot, PrevHash: r.state.hash,
		}
		if i == 0 {
			rec.IdemKey, rec.Print = key.id, print
		}
		rec.Hash = rec.Sum()
		r.state.hash = rec.Hash
		b.records = append(b.records, rec)
		s.Apply(eventOf(&rec, body))
	}
	r.state.remember(key, receipt{answer.Seq, answer.At, print}, false)
	b.urgent = b.urgent || !lazy[cmd.Body.CommandName()]
	b.acted = append(b.acted, cmd.Actor.Person)
	return answer, nil
}

// eventOf is a record as the rules see it: the same now and on replay.
func eventOf(rec *council.Record, body council.EventBody) council.Event {
	by := council.Actor{Person: council.PersonID(rec.Actor)}
	if by.Person == council.System {
		by = council.Actor{System: true}
	}
	return council.Event{
		Seq: rec.Seq, At: time.UnixMilli(rec.AtWallMS).UTC(), Mono: rec.MonoMS, By: by, Key: rec.IdemKey, Body: body,
	}
}

func actorName(a council.Actor) string {
	if a.System {
		return string(council.System)
	}
	return string(a.Person)
}

// fingerprint tells one command from another under the same key. It stands beside the log, not in its chain, and leaves
// out texts that belong to the side table.
func fingerprint(s *council.Sitting, cmd council.Command) ([]byte, error) {
	body := cmd.Body
	if m, ok := body.(council.MessageSend); ok && s.NeedsRef(cmd.Actor.Person, m.To) {
		m.Text = ""
		body = m
	}
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("read command: %w", err)
	}
	h := sha256.New()
	h.Write([]byte(body.CommandName()))
	h.Write([]byte{0})
	h.Write(data)
	return h.Sum(nil)[:16], nil
}

// lazy are the commands whose views may wait for the next turn of their audience; all others are shown at once.
var lazy = map[string]bool{
	council.RollCallCheckIn{}.CommandName(): true,
	council.RollCallSet{}.CommandName():     true,
	council.QueueRaise{}.CommandName():      true,
	council.QueueWithdraw{}.CommandName():   true,
	council.VoteCast{}.CommandName():        true,
	council.VoteRecord{}.CommandName():      true,
	council.MessageSend{}.CommandName():     true,
	council.MessageHide{}.CommandName():     true,
	council.ConnectionLost{}.CommandName():  true,
	council.ConnectionBack{}.CommandName():  true,
	council.AttendanceCount{}.CommandName(): true,
}
