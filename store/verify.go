package store

import (
	"context"
	"errors"
	"fmt"

	"nghitruong/council"
)

// Break is the first place where a log is not what was written.
type Break struct {
	LogName
	Seq uint64 // of the first record that does not fit
	Why string
}

func (b *Break) Error() string {
	return fmt.Sprintf("log %s of council %s breaks at record %d: %s", b.Log, b.Council, b.Seq, b.Why)
}

// Verified is what Verify found in one whole log.
type Verified struct {
	LogName
	Head
}

// Verify walks one log: sequences without gaps from 1, each previous hash, each hash, and that every body can be read.
// A log that does not fit gives a *Break.
func (db *DB) Verify(ctx context.Context, councilID, log string) (Verified, error) {
	v := Verified{LogName: LogName{councilID, log}}
	err := db.Load(ctx, councilID, log, 0, func(r council.Record) error {
		if err := continues(v.Head, log, &r); err != nil {
			return &Break{LogName: v.LogName, Seq: v.Seq + 1, Why: err.Error()}
		}
		if _, err := council.DecodeBody(r.Type, r.Body); err != nil {
			return &Break{LogName: v.LogName, Seq: r.Seq, Why: err.Error()}
		}
		v.Head = Head{Seq: r.Seq, Hash: r.Hash}
		return nil
	})
	return v, err
}

// VerifyAll walks every log and the database's own structure. It calls found for each whole log and gives the breaks of
// the others joined; nil means that all is as it was written.
func (db *DB) VerifyAll(ctx context.Context, found func(Verified)) error {
	if err := db.checkIntegrity(ctx); err != nil {
		return err
	}
	logs, err := db.Logs(ctx)
	if err != nil {
		return err
	}
	var breaks []error
	for _, l := range logs {
		v, err := db.Verify(ctx, l.Council, l.Log)
		var b *Break
		switch {
		case errors.As(err, &b):
			breaks = append(breaks, b)
		case err != nil:
			return err
		case found != nil:
			found(v)
		}
	}
	return errors.Join(breaks...)
}

// checkIntegrity asks SQLite whether its pages are sound.
func (db *DB) checkIntegrity(ctx context.Context) error {
	answer, err := one(ctx, db, "check integrity", func(s scanner, v *string) error { return s.Scan(v) }, `PRAGMA quick_check(1)`)
	if err != nil {
		return err
	}
	if answer != "ok" {
		return fmt.Errorf("store: the database file is damaged: %s", answer)
	}
	return nil
}
