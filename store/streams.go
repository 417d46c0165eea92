package store

import (
	"context"
	"database/sql"
	"time"
)

// StreamKind is what a stream key opens.
type StreamKind string

// Kinds of stream keys.
const (
	StreamIngest StreamKind = "whip" // an encoder feeds one source
	StreamWatch  StreamKind = "whep" // a player shows the stage or one source
)

// StreamKey is the right of one encoder or player in one sitting; its token is stored hashed and cannot be shown again.
type StreamKey struct {
	ID        string
	Council   string
	Sitting   string
	Kind      StreamKind
	Source    string   // person whose sources are meant; "" = the stage (StreamWatch only)
	TokenHash [32]byte // SHA-256 of the 256-bit token
	Closed    bool     // made for a sitting that is not public (StreamWatch only)
	Revoked   bool
	CreatedAt time.Time
}

const streamColumns = `id, council, sitting, kind, source, token_hash, closed, revoked, created_at`

func scanStream(s scanner, k *StreamKey) error {
	var token []byte
	var created int64
	err := s.Scan(&k.ID, &k.Council, &k.Sitting, &k.Kind, &k.Source, &token, &k.Closed, &k.Revoked, &created)
	copy(k.TokenHash[:], token)
	k.CreatedAt = fromMS(created)
	return err
}

// ReplaceStreamKey adds a key and, in the same transaction, revokes the one of the same kind and source before it.
func (db *DB) ReplaceStreamKey(ctx context.Context, k StreamKey) error {
	return db.change(ctx, "replace a stream key", func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE stream_keys SET revoked = 1
			WHERE council = ? AND sitting = ? AND kind = ? AND source = ?`, k.Council, k.Sitting, k.Kind, k.Source); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO stream_keys (`+streamColumns+`) VALUES (?,?,?,?,?,?,?,?,?)`,
			k.ID, k.Council, k.Sitting, k.Kind, k.Source, k.TokenHash[:], k.Closed, k.Revoked, ms(k.CreatedAt))
		return err
	})
}

// StreamKeyByToken gives the sitting's key with this token hash, revoked or not, or ErrNotFound.
func (db *DB) StreamKeyByToken(ctx context.Context, councilID, sitting string, hash [32]byte) (StreamKey, error) {
	return one(ctx, db, "stream key by token", scanStream, `SELECT `+streamColumns+
		` FROM stream_keys WHERE token_hash = ? AND council = ? AND sitting = ?`, hash[:], councilID, sitting)
}

// StreamKeys lists a sitting's keys that were not revoked, oldest first.
func (db *DB) StreamKeys(ctx context.Context, councilID, sitting string) ([]StreamKey, error) {
	return many(ctx, db, "stream keys", scanStream, `SELECT `+streamColumns+
		` FROM stream_keys WHERE council = ? AND sitting = ? AND revoked = 0 ORDER BY created_at, id`, councilID, sitting)
}

// RevokeStreamKey revokes the key of a kind and source; ErrNotFound when there is none.
func (db *DB) RevokeStreamKey(ctx context.Context, councilID, sitting string, kind StreamKind, source string) error {
	return db.execOne(ctx, "revoke a stream key", `UPDATE stream_keys SET revoked = 1
		WHERE council = ? AND sitting = ? AND kind = ? AND source = ? AND revoked = 0`, councilID, sitting, kind, source)
}
