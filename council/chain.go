package council

import (
	"crypto/subtle"
	"fmt"
	"iter"
	"time"
)

// NewRecord makes the record that follows prev (nil for the first) in the log. The event's Seq must be the next one; Actor is the
// person, or System.
func NewRecord(prev *Record, log string, epoch uint64, boot string, e Event) (Record, error) {
	body, err := EncodeBody(e.Body)
	if err != nil {
		return Record{}, err
	}
	r := Record{
		Log: log, Seq: 1, Epoch: epoch, Type: e.Body.EventType(), Actor: string(e.By.Person), IdemKey: e.Key, Body: body,
		AtWallMS: e.At.UnixMilli(), MonoMS: e.Mono, BootID: boot,
	}
	if e.By.System {
		r.Actor = string(System)
	}
	if prev != nil {
		r.Seq, r.PrevHash = prev.Seq+1, prev.Hash
	}
	if e.Seq != r.Seq {
		return Record{}, fmt.Errorf("council: record %s: event %d does not follow %d", log, e.Seq, r.Seq-1)
	}
	r.Hash = r.Sum()
	return r, nil
}

// Event reads the record's event back. Of the actor only the person is kept; nothing in the state depends on more.
func (r *Record) Event() (Event, error) {
	body, err := DecodeBody(r.Type, r.Body)
	if err != nil {
		return Event{}, fmt.Errorf("council: record %s/%d: %w", r.Log, r.Seq, err)
	}
	e := Event{
		Seq: r.Seq, At: time.UnixMilli(r.AtWallMS).UTC(), Mono: r.MonoMS, Key: r.IdemKey, Body: body,
		By: Actor{Person: PersonID(r.Actor)},
	}
	if e.By.Person == System {
		e.By = Actor{System: true}
	}
	return e, nil
}

// ChainError is the first break of a log.
type ChainError struct {
	Log string
	Seq uint64 // of the record that is wrong or missing
	Why string // "sequence", "log", "epoch", "previous hash", "hash", "body"
}

func (e *ChainError) Error() string {
	return fmt.Sprintf("council: log %s breaks at %d: %s", e.Log, e.Seq, e.Why)
}

// VerifyChain walks the records of one log, in order from the first, and gives the last good one: zero for an empty log. The
// error is a *ChainError at the first break, or what the walk itself met.
func VerifyChain(log string, records iter.Seq2[Record, error]) (Record, error) {
	var last Record
	for r, err := range records {
		if err != nil {
			return last, fmt.Errorf("council: walk log %s after %d: %w", log, last.Seq, err)
		}
		if why := follows(log, &last, &r); why != "" {
			return last, &ChainError{Log: log, Seq: last.Seq + 1, Why: why}
		}
		last = r
	}
	return last, nil
}

// follows says what is wrong with r after last; "" if nothing.
func follows(log string, last, r *Record) string {
	sum := r.Sum()
	switch {
	case r.Log != log:
		return "log"
	case r.Seq != last.Seq+1:
		return "sequence"
	case r.Epoch < last.Epoch:
		return "epoch"
	case subtle.ConstantTimeCompare(r.PrevHash[:], last.Hash[:]) != 1:
		return "previous hash"
	case subtle.ConstantTimeCompare(r.Hash[:], sum[:]) != 1:
		return "hash"
	}
	if _, err := DecodeBody(r.Type, r.Body); err != nil {
		return "body"
	}
	return ""
}
