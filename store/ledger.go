package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"nghitruong/council"
)

// Head is the end of a log; the zero Head is that of an empty one.
type Head struct {
	Seq  uint64
	Hash [32]byte
}

const insertEvent = `INSERT INTO events
	(council, log, seq, epoch, type, actor, idem_key, body, ts_wall, mono_ms, boot_id, prev_hash, hash, print)
	VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`

// Append makes records durable behind the sequence after, together with the projections they change, or not at all.
// The records carry their sequences, previous hashes and hashes; they must continue the chain exactly (else ErrChain).
// It returns nil only after COMMIT with fsync. ErrStale: the head is not after. ErrDuplicate: an idempotency key of the
// same actor is in the log. ErrNoSpace: nothing was stored. ErrStopped: no more writing. Any other error leaves it open
// whether the records were stored: read Head to know.
func (db *DB) Append(ctx context.Context, councilID, log string, after uint64, records []council.Record) error {
	if len(records) == 0 {
		return nil
	}
	const op = "append"
	return db.change(ctx, op, func(ctx context.Context, tx *sql.Tx) error {
		head, err := headOf(ctx, tx, councilID, log)
		if err != nil {
			return err
		}
		if head.Seq != after {
			return fail(op, ErrStale, fmt.Errorf("head %d, expected %d", head.Seq, after))
		}
		for i := range records {
			r := &records[i]
			if err := continues(head, log, r); err != nil {
				return fail(op, ErrChain, err)
			}
			if _, err := tx.ExecContext(ctx, insertEvent, councilID, r.Log, r.Seq, r.Epoch, r.Type, r.Actor, r.IdemKey, r.Body,
				r.AtWallMS, r.MonoMS, r.BootID, r.PrevHash[:], r.Hash[:], r.Print); err != nil {
				return err
			}
			if err := project(ctx, tx, councilID, r); err != nil {
				return err
			}
			head = Head{Seq: r.Seq, Hash: r.Hash}
		}
		return nil
	})
}

// continues checks that a record follows a head in its log, and that its hash is the hash of its fields.
func continues(head Head, log string, r *council.Record) error {
	switch {
	case r.Log != log:
		return fmt.Errorf("record %d names log %q", r.Seq, r.Log)
	case r.Seq != head.Seq+1:
		return fmt.Errorf("record %d follows %d", r.Seq, head.Seq)
	case r.PrevHash != head.Hash:
		return fmt.Errorf("record %d: its previous hash is not the hash of %d", r.Seq, head.Seq)
	case r.Hash != r.Sum():
		return fmt.Errorf("record %d: its hash is not that of its content", r.Seq)
	default:
		return nil
	}
}

// queryer is a transaction or the readers' pool.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func headOf(ctx context.Context, q queryer, councilID, log string) (Head, error) {
	var h Head
	var hash []byte
	err := q.QueryRowContext(ctx, `SELECT seq, hash FROM events WHERE council = ? AND log = ? ORDER BY seq DESC LIMIT 1`,
		councilID, log).Scan(&h.Seq, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return Head{}, nil
	}
	copy(h.Hash[:], hash)
	return h, err
}

// Head gives the last sequence and hash of a log; 0 for an empty one. It settles an Append whose result is unknown.
func (db *DB) Head(ctx context.Context, councilID, log string) (seq uint64, hash [32]byte, err error) {
	h, err := headOf(ctx, db.read, councilID, log)
	return h.Seq, h.Hash, classify("head", err)
}

const recordColumns = `log, seq, epoch, type, actor, idem_key, body, ts_wall, mono_ms, boot_id, prev_hash, hash, print`

func scanRecord(s scanner, r *council.Record) error {
	var prev, hash []byte
	err := s.Scan(&r.Log, &r.Seq, &r.Epoch, &r.Type, &r.Actor, &r.IdemKey, &r.Body, &r.AtWallMS, &r.MonoMS, &r.BootID,
		&prev, &hash, &r.Print)
	copy(r.PrevHash[:], prev)
	copy(r.Hash[:], hash)
	return err
}

// loadPage is how many records one query of Load gives, so that a long log holds no read transaction for long.
const loadPage = 500

// Load calls fn with every record of a log behind the sequence after, in order. It ends at fn's first error.
// The hashes are as stored; Verify checks them.
func (db *DB) Load(ctx context.Context, councilID, log string, after uint64, fn func(council.Record) error) error {
	for {
		page, err := many(ctx, db, "load", scanRecord, `SELECT `+recordColumns+
			` FROM events WHERE council = ? AND log = ? AND seq > ? ORDER BY seq LIMIT ?`, councilID, log, after, loadPage)
		if err != nil {
			return err
		}
		for _, r := range page {
			if err := fn(r); err != nil {
				return err
			}
			after = r.Seq
		}
		if len(page) < loadPage {
			return nil
		}
	}
}

// FindKey gives the first event of the command that an actor sent under an idempotency key; ok is false when there is none.
func (db *DB) FindKey(ctx context.Context, councilID, log, actor, key string) (r council.Record, ok bool, err error) {
	if key == "" {
		return r, false, nil
	}
	r, err = one(ctx, db, "find key", scanRecord, `SELECT `+recordColumns+
		` FROM events WHERE council = ? AND log = ? AND actor = ? AND idem_key = ? AND idem_key <> ''`, councilID, log, actor, key)
	if errors.Is(err, ErrNotFound) {
		return council.Record{}, false, nil
	}
	return r, err == nil, err
}

// LogName names one log.
type LogName struct{ Council, Log string }

// Logs lists all logs of the installation: council by council, by name.
func (db *DB) Logs(ctx context.Context) ([]LogName, error) {
	scan := func(s scanner, l *LogName) error { return s.Scan(&l.Council, &l.Log) }
	return many(ctx, db, "logs", scan, `SELECT DISTINCT council, log FROM events ORDER BY council, log`)
}
