package store

import (
	"context"
	"time"

	"nghitruong/council"
)

// StateDraft is a sitting's state before publication; the later ones are council.SittingState and follow the ledger.
const StateDraft = "draft"

// Sitting is the office's row of a sitting: the draft before publication, its address afterwards.
type Sitting struct {
	ID        string
	Council   string
	Door      string // 8 unambiguous letters of the public address
	State     string // StateDraft or a council.SittingState; from publication on a projection of the ledger
	Version   int    // of Doc, from 1
	Doc       []byte // JSON of council.Published, as last saved
	CreatedAt time.Time
	UpdatedAt time.Time
}

const sittingColumns = `id, council, door, state, version, doc, created_at, updated_at`

func scanSitting(s scanner, v *Sitting) error {
	var created, updated int64
	err := s.Scan(&v.ID, &v.Council, &v.Door, &v.State, &v.Version, &v.Doc, &created, &updated)
	v.CreatedAt, v.UpdatedAt = fromMS(created), fromMS(updated)
	return err
}

// AddSitting adds a draft; a door that is taken gives ErrDuplicate: choose another.
func (db *DB) AddSitting(ctx context.Context, s Sitting) error {
	_, err := db.exec(ctx, "add sitting", `INSERT INTO sittings (`+sittingColumns+`) VALUES (?,?,?,?,?,?,?,?)`,
		s.ID, s.Council, s.Door, s.State, s.Version, s.Doc, ms(s.CreatedAt), ms(s.UpdatedAt))
	return err
}

// SittingByDoor finds a sitting by its public address, or ErrNotFound.
func (db *DB) SittingByDoor(ctx context.Context, door string) (Sitting, error) {
	return one(ctx, db, "sitting by door", scanSitting, `SELECT `+sittingColumns+` FROM sittings WHERE door = ?`, door)
}

// Sitting gives a sitting of a council, or ErrNotFound.
func (db *DB) Sitting(ctx context.Context, councilID, id string) (Sitting, error) {
	return one(ctx, db, "sitting", scanSitting,
		`SELECT `+sittingColumns+` FROM sittings WHERE council = ? AND id = ?`, councilID, id)
}

// Sittings lists a council's sittings, newest first.
func (db *DB) Sittings(ctx context.Context, councilID string) ([]Sitting, error) {
	return many(ctx, db, "sittings", scanSitting,
		`SELECT `+sittingColumns+` FROM sittings WHERE council = ? ORDER BY created_at DESC, id`, councilID)
}

// CouncilOf says whose sitting this is, or ErrNotFound. It gives no content and is the root of every other look-up.
func (db *DB) CouncilOf(ctx context.Context, sitting string) (string, error) {
	return one(ctx, db, "council of sitting", func(s scanner, id *string) error { return s.Scan(id) },
		`SELECT council FROM sittings WHERE id = ?`, sitting)
}

// SaveDraft replaces a draft's document if its version is still the given one, and gives the new version.
// Another version, or a sitting that is published already, gives ErrVersion.
func (db *DB) SaveDraft(ctx context.Context, councilID, id string, version int, doc []byte, at time.Time) (int, error) {
	n, err := db.exec(ctx, "save draft", `UPDATE sittings SET doc = ?, version = version + 1, updated_at = ?
		WHERE council = ? AND id = ? AND version = ? AND state = ?`, doc, ms(at), councilID, id, version, StateDraft)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		if _, err := db.Sitting(ctx, councilID, id); err != nil {
			return 0, err
		}
		return 0, fail("save draft", ErrVersion, nil)
	}
	return version + 1, nil
}

// SetSittingState sets the state that lists show. The ledger's projection does it by itself for published sittings.
func (db *DB) SetSittingState(ctx context.Context, councilID, id string, state council.SittingState, at time.Time) error {
	return db.execOne(ctx, "set sitting state", `UPDATE sittings SET state = ?, updated_at = ? WHERE council = ? AND id = ?`,
		state, ms(at), councilID, id)
}
