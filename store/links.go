package store

import (
	"context"
	"database/sql"
	"time"

	"nghitruong/council"
)

// LinkState is what a personal link is good for.
type LinkState string

// States of a link.
const (
	LinkNew     LinkState = "new"
	LinkUsed    LinkState = "used"    // exchanged at least once; still good
	LinkLocked  LinkState = "locked"  // too many wrong codes
	LinkRevoked LinkState = "revoked" // by the clerk, or replaced by a newer link
)

// Link is a personal link; token and code are stored hashed and cannot be shown again.
type Link struct {
	ID        string
	Council   string
	Sitting   string
	Person    council.PersonID
	TokenHash [32]byte // SHA-256 of the 256-bit token
	CodeHash  []byte   // hash of the 6-digit code; empty: no code is asked
	State     LinkState
	Wrong     int // wrong codes since the last right one
	Rev       int // revocation counter: devices remember the value at their exchange
	ExpiresAt time.Time
	CreatedAt time.Time
}

const linkColumns = `id, council, sitting, person, token_hash, code_hash, state, wrong, rev, expires_at, created_at`

func scanLink(s scanner, l *Link) error {
	var token []byte
	var expires, created int64
	err := s.Scan(&l.ID, &l.Council, &l.Sitting, &l.Person, &token, &l.CodeHash, &l.State, &l.Wrong, &l.Rev, &expires, &created)
	copy(l.TokenHash[:], token)
	l.ExpiresAt, l.CreatedAt = fromMS(expires), fromMS(created)
	return err
}

// ReplaceLinks adds links and, in the same transaction, revokes every earlier link of the same persons in the same
// sitting (their counters go up, so devices that came by them are out). A link's Rev is set to its person's highest + 1.
func (db *DB) ReplaceLinks(ctx context.Context, links []Link) error {
	return db.change(ctx, "replace links", func(ctx context.Context, tx *sql.Tx) error {
		for _, l := range links {
			var rev int
			if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(rev), 0) FROM links
				WHERE council = ? AND sitting = ? AND person = ?`, l.Council, l.Sitting, l.Person).Scan(&rev); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `UPDATE links SET state = ?, rev = rev + 1
				WHERE council = ? AND sitting = ? AND person = ? AND state <> ?`,
				LinkRevoked, l.Council, l.Sitting, l.Person, LinkRevoked); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO links (`+linkColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?,?)`,
				l.ID, l.Council, l.Sitting, l.Person, l.TokenHash[:], l.CodeHash, l.State, l.Wrong, rev+1,
				ms(l.ExpiresAt), ms(l.CreatedAt)); err != nil {
				return err
			}
		}
		return nil
	})
}

// LinkByToken gives the sitting's link with this token hash in any state, or ErrNotFound.
func (db *DB) LinkByToken(ctx context.Context, councilID, sitting string, hash [32]byte) (Link, error) {
	return one(ctx, db, "link by token", scanLink, `SELECT `+linkColumns+
		` FROM links WHERE token_hash = ? AND council = ? AND sitting = ?`, hash[:], councilID, sitting)
}

// LinkByTokenAnywhere is LinkByToken for a display, whose link names no sitting.
func (db *DB) LinkByTokenAnywhere(ctx context.Context, hash [32]byte) (Link, error) {
	return one(ctx, db, "link by token", scanLink, `SELECT `+linkColumns+` FROM links WHERE token_hash = ?`, hash[:])
}

// LinkByID gives a link of a council, or ErrNotFound.
func (db *DB) LinkByID(ctx context.Context, councilID, id string) (Link, error) {
	return one(ctx, db, "link", scanLink, `SELECT `+linkColumns+` FROM links WHERE council = ? AND id = ?`, councilID, id)
}

// Links lists a sitting's links, oldest first, revoked ones included.
func (db *DB) Links(ctx context.Context, councilID, sitting string) ([]Link, error) {
	return many(ctx, db, "links", scanLink, `SELECT `+linkColumns+
		` FROM links WHERE council = ? AND sitting = ? ORDER BY created_at, id`, councilID, sitting)
}

// WrongCode counts a wrong code and locks the link at the limit; it gives the wrong codes so far and the state.
func (db *DB) WrongCode(ctx context.Context, councilID, id string, limit int) (wrong int, state LinkState, err error) {
	err = db.change(ctx, "count wrong code", func(ctx context.Context, tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `UPDATE links SET wrong = wrong + 1,
			state = CASE WHEN wrong + 1 >= ? AND state <> ? THEN ? ELSE state END
			WHERE council = ? AND id = ? RETURNING wrong, state`,
			limit, LinkRevoked, LinkLocked, councilID, id).Scan(&wrong, &state)
	})
	return wrong, state, err
}

// UseLink marks a good exchange and forgets the wrong codes. A link that was locked or revoked meanwhile gives ErrVersion.
func (db *DB) UseLink(ctx context.Context, councilID, id string) error {
	n, err := db.exec(ctx, "use link", `UPDATE links SET state = ?, wrong = 0
		WHERE council = ? AND id = ? AND state IN (?, ?)`, LinkUsed, councilID, id, LinkNew, LinkUsed)
	if err == nil && n == 0 {
		return fail("use link", ErrVersion, nil)
	}
	return err
}

// RevokeLinks revokes all links of a person and puts the counters up, so that its devices are out at their next check.
func (db *DB) RevokeLinks(ctx context.Context, councilID, sitting string, person council.PersonID) error {
	_, err := db.exec(ctx, "revoke links", `UPDATE links SET state = ?, rev = rev + 1
		WHERE council = ? AND sitting = ? AND person = ?`, LinkRevoked, councilID, sitting, person)
	return err
}

// ExpireLinks sets when the links of a sitting end: 24 h after its close.
func (db *DB) ExpireLinks(ctx context.Context, councilID, sitting string, at time.Time) error {
	_, err := db.exec(ctx, "expire links", `UPDATE links SET expires_at = ? WHERE council = ? AND sitting = ?`,
		ms(at), councilID, sitting)
	return err
}
