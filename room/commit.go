package room

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"nghitruong/council"
)

// Times of the room's own patience with the disk.
const (
	appendTimeout = 10 * time.Second
	reloadTimeout = 30 * time.Second
	retryAfter    = time.Second // between two tries to read a log that could not be read
	maxIdle       = 1024        // receipts kept of commands that had nothing to do
)

// state is what follows from the log. It is thrown away when the log may say otherwise.
type state struct {
	sitting  *council.Sitting // nil: unknown until revived
	hash     [32]byte         // of the last record
	receipts map[act]receipt
	idle     []act // ring of the receipts without events
	idleNext int
	halted   error // the ledger takes no more writes
	retryAt  time.Time
}

// act is an idempotency key within its actor.
type act struct{ actor, id string }

// receipt is what an act was answered with.
type receipt struct {
	seq   uint64
	at    int64
	print []byte
}

// repeated answers an act that is known: the same receipt, or a conflict when the key stood for another command.
func (s *state) repeated(key act, print []byte) (a Answer, known bool, err error) {
	was, known := s.receipts[key]
	if !known {
		return Answer{}, false, nil
	}
	if !bytes.Equal(was.print, print) {
		e := refuse(council.Conflict, CodeKeyReused)
		e.Data = map[string]any{"seq": was.seq}
		return Answer{}, true, e
	}
	return Answer{Seq: was.seq, At: was.at, Dup: true}, true, nil
}

// remember keeps a receipt. Those without events are not in the log: the newest maxIdle of them are kept.
func (s *state) remember(key act, rec receipt, idle bool) {
	if key.id == "" {
		return
	}
	s.receipts[key] = rec
	if !idle {
		return
	}
	if len(s.idle) < maxIdle {
		s.idle = append(s.idle, key)
		return
	}
	delete(s.receipts, s.idle[s.idleNext])
	s.idle[s.idleNext] = key
	s.idleNext = (s.idleNext + 1) % maxIdle
}

// commit makes the batch durable or throws the state away. An error of the append that leaves the result open is settled
// by the log's head; an unsettled one is an error, never a success.
func (r *Room) commit(ctx context.Context, b *batch) error {
	if len(b.records) == 0 {
		return nil
	}
	begin := time.Now()
	appending, cancel := context.WithTimeout(ctx, appendTimeout)
	defer cancel()
	err := r.ledger.Append(appending, r.council, r.id, b.after, b.records)
	if err == nil {
		r.metrics.append.WithLabelValues("ok").Observe(time.Since(begin).Seconds())
		return nil
	}
	if !stopped(err) && r.isHead(ctx, &b.records[len(b.records)-1]) {
		r.metrics.append.WithLabelValues("settled").Observe(time.Since(begin).Seconds())
		r.log.Warn("room: the append failed but its records are in the log", "seq", b.after, "err", err)
		return nil
	}
	r.metrics.append.WithLabelValues("failed").Observe(time.Since(begin).Seconds())
	r.log.Error("room: nothing of the batch was saved", "seq", b.after, "events", len(b.records), "err", err)
	err = unsaved(err)
	halted := r.state.halted
	if stopped(err) {
		halted = err
	}
	r.state.sitting = nil
	r.revive(ctx)
	r.state.halted = halted
	return err
}

// isHead tells whether a record is the log's last one.
func (r *Room) isHead(ctx context.Context, rec *council.Record) bool {
	ctx, cancel := context.WithTimeout(ctx, appendTimeout)
	defer cancel()
	seq, hash, err := r.ledger.Head(ctx, r.council, r.id)
	return err == nil && seq == rec.Seq && hash == rec.Hash
}

// revive rebuilds the state from the log and shows it; it tells whether that went well. It is tried again later if not.
func (r *Room) revive(ctx context.Context) bool {
	if time.Now().Before(r.state.retryAt) {
		return false
	}
	r.state.retryAt = time.Now().Add(retryAfter) // a success replaces the state and this with it
	ctx, cancel := context.WithTimeout(ctx, reloadTimeout)
	defer cancel()
	r.metrics.rebuilds.Inc()
	halted := r.state.halted
	if err := r.reload(ctx); err != nil {
		r.log.Error("room: the log cannot be read", "err", err)
		r.state.sitting = nil
		return false
	}
	r.state.halted = halted
	r.refreshAll()
	return true
}

// reload replays the log. A log whose chain is broken is an error: it is not built upon. So is a panic on the way: the
// rules cannot read their own log, and trying again is all that is left.
func (r *Room) reload(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("room: read the log of %s: panic: %v", r.id, p)
		}
	}()
	fresh := state{sitting: council.NewSitting(r.id), receipts: map[act]receipt{}}
	err = r.ledger.Load(ctx, r.council, r.id, 0, func(rec council.Record) error {
		if rec.Seq != fresh.sitting.Seq()+1 || rec.PrevHash != fresh.hash || rec.Hash != rec.Sum() {
			return fmt.Errorf("the chain breaks at record %d", rec.Seq)
		}
		body, err := council.DecodeBody(rec.Type, rec.Body)
		if err != nil {
			return fmt.Errorf("record %d: %w", rec.Seq, err)
		}
		fresh.hash = rec.Hash
		fresh.sitting.Apply(eventOf(&rec, body))
		fresh.remember(act{rec.Actor, rec.IdemKey}, receipt{rec.Seq, rec.AtWallMS, rec.Print}, false)
		return nil
	})
	if err != nil {
		return fmt.Errorf("room: read the log of %s: %w", r.id, err)
	}
	texts, err := r.side.Texts(ctx, r.council, r.id)
	if err != nil {
		return fmt.Errorf("room: read texts: %w", err)
	}
	names, err := r.side.Citizens(ctx, r.council, r.id)
	if err != nil {
		return fmt.Errorf("room: read citizens: %w", err)
	}
	if texts == nil {
		texts = map[string]string{}
	}
	if names == nil {
		names = map[council.PersonID]council.CitizenName{}
	}
	r.state = fresh
	r.people.live.Texts, r.people.live.Citizens = texts, names
	r.seq.Store(fresh.sitting.Seq())
	return nil
}
