package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"nghitruong/council"
)

// sealed is one encrypted record of the side tables.
type sealed struct {
	secret, salt, nonce, cipher []byte
	commitment                  [32]byte
}

// seal encrypts with a fresh 256-bit key. about is bound as additional data: a row moved to another person does not open.
func seal(plain, about []byte) (sealed, error) {
	s := sealed{secret: make([]byte, 32), salt: make([]byte, 32)}
	// crypto/rand.Read never fails (it ends the process instead).
	rand.Read(s.secret)
	rand.Read(s.salt)
	gcm, err := newGCM(s.secret)
	if err != nil {
		return sealed{}, err
	}
	s.nonce = make([]byte, gcm.NonceSize())
	rand.Read(s.nonce)
	s.cipher = gcm.Seal(nil, s.nonce, plain, about)
	s.commitment = commit(s.salt, plain)
	return s, nil
}

func (s *sealed) open(about []byte) ([]byte, error) {
	gcm, err := newGCM(s.secret)
	if err != nil {
		return nil, err
	}
	return gcm.Open(nil, s.nonce, s.cipher, about)
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// commit is SHA-256 over the salt and the plaintext: proves the content while the salt is kept, tells nothing after.
func commit(salt, plain []byte) [32]byte {
	h := sha256.New()
	h.Write(salt)
	h.Write(plain)
	return [32]byte(h.Sum(nil))
}

func aboutOf(parts ...string) []byte {
	b, err := json.Marshal(parts)
	if err != nil {
		return nil // a slice of strings always marshals
	}
	return b
}

// PutCitizen stores what a citizen wrote at the door; again replaces it.
func (db *DB) PutCitizen(ctx context.Context, councilID, sitting string, person council.PersonID, name council.CitizenName, at time.Time) error {
	plain, err := json.Marshal(name)
	if err != nil {
		return fmt.Errorf("store: put citizen: %w", err)
	}
	s, err := seal(plain, aboutOf(councilID, sitting, string(person)))
	if err != nil {
		return fmt.Errorf("store: put citizen: %w", err)
	}
	_, err = db.exec(ctx, "put citizen", `INSERT INTO citizens
		(council, sitting, person, secret, salt, nonce, cipher, commitment, created_at) VALUES (?,?,?,?,?,?,?,?,?)
		ON CONFLICT (council, sitting, person) DO UPDATE SET secret=excluded.secret, salt=excluded.salt,
		nonce=excluded.nonce, cipher=excluded.cipher, commitment=excluded.commitment, erased_at=0`,
		councilID, sitting, person, s.secret, s.salt, s.nonce, s.cipher, s.commitment[:], ms(at))
	return err
}

type citizenRow struct {
	person string
	sealed
}

func scanCitizen(s scanner, r *citizenRow) error {
	return s.Scan(&r.person, &r.secret, &r.nonce, &r.cipher)
}

func (r *citizenRow) name(councilID, sitting string) (council.CitizenName, error) {
	var n council.CitizenName
	plain, err := r.open(aboutOf(councilID, sitting, r.person))
	if err != nil {
		return n, err
	}
	return n, json.Unmarshal(plain, &n)
}

// Citizen gives a citizen's name; ok is false for nobody and for a citizen who was erased.
func (db *DB) Citizen(ctx context.Context, councilID, sitting string, person council.PersonID) (name council.CitizenName, ok bool, err error) {
	row, err := one(ctx, db, "citizen", scanCitizen, `SELECT person, secret, nonce, cipher FROM citizens
		WHERE council = ? AND sitting = ? AND person = ? AND erased_at = 0`, councilID, sitting, person)
	if errors.Is(err, ErrNotFound) {
		return name, false, nil
	}
	if err != nil {
		return name, false, err
	}
	if name, err = row.name(councilID, sitting); err != nil {
		return council.CitizenName{}, false, fmt.Errorf("store: citizen: %w", err)
	}
	return name, true, nil
}

// Citizens gives the names of all citizens of a sitting who were not erased.
func (db *DB) Citizens(ctx context.Context, councilID, sitting string) (map[council.PersonID]council.CitizenName, error) {
	rows, err := many(ctx, db, "citizens", scanCitizen, `SELECT person, secret, nonce, cipher FROM citizens
		WHERE council = ? AND sitting = ? AND erased_at = 0`, councilID, sitting)
	if err != nil {
		return nil, err
	}
	names := make(map[council.PersonID]council.CitizenName, len(rows))
	for _, r := range rows {
		n, err := r.name(councilID, sitting)
		if err != nil {
			return nil, fmt.Errorf("store: citizens: %w", err)
		}
		names[council.PersonID(r.person)] = n
	}
	return names, nil
}

// PutText stores the text of somebody who is not a member and gives the reference that the log may hold:
// a random id, a dot, and the hex commitment to the text.
func (db *DB) PutText(ctx context.Context, councilID, sitting string, person council.PersonID, text string) (ref string, err error) {
	id := make([]byte, 16)
	rand.Read(id)
	key := hex.EncodeToString(id)
	s, err := seal([]byte(text), aboutOf(councilID, sitting, string(person), key))
	if err != nil {
		return "", fmt.Errorf("store: put text: %w", err)
	}
	ref = key + "." + hex.EncodeToString(s.commitment[:])
	_, err = db.exec(ctx, "put text", `INSERT INTO texts
		(council, sitting, ref, person, secret, salt, nonce, cipher, commitment, created_at) VALUES (?,?,?,?,?,?,?,?,?,?)`,
		councilID, sitting, ref, person, s.secret, s.salt, s.nonce, s.cipher, s.commitment[:], ms(time.Now()))
	return ref, err
}

// Texts gives all texts of a sitting that were not erased, by reference.
func (db *DB) Texts(ctx context.Context, councilID, sitting string) (map[string]string, error) {
	type row struct {
		ref, person string
		sealed
	}
	scan := func(s scanner, r *row) error { return s.Scan(&r.ref, &r.person, &r.secret, &r.nonce, &r.cipher) }
	rows, err := many(ctx, db, "texts", scan, `SELECT ref, person, secret, nonce, cipher FROM texts
		WHERE council = ? AND sitting = ? AND erased_at = 0`, councilID, sitting)
	if err != nil {
		return nil, err
	}
	texts := make(map[string]string, len(rows))
	for _, r := range rows {
		plain, err := r.open(aboutOf(councilID, sitting, r.person, keyOf(r.ref)))
		if err != nil {
			return nil, fmt.Errorf("store: texts: %w", err)
		}
		texts[r.ref] = string(plain)
	}
	return texts, nil
}

// keyOf is the random part of a reference.
func keyOf(ref string) string { return ref[:min(len(ref), 32)] }

// Erase removes a citizen's name and texts for good: keys, salts and ciphers are overwritten in the database
// (secure_delete), and the journal that still held them is folded in and truncated before Erase returns. The log keeps the
// random id and the commitments, so its chain still verifies. A repeated Erase is harmless.
func (db *DB) Erase(ctx context.Context, councilID, sitting string, person council.PersonID, at time.Time) error {
	err := db.change(ctx, "erase", func(ctx context.Context, tx *sql.Tx) error {
		for _, table := range []string{"citizens", "texts"} {
			if _, err := tx.ExecContext(ctx, `UPDATE `+table+` SET secret = NULL, salt = NULL, nonce = NULL, cipher = NULL,
				erased_at = ? WHERE council = ? AND sitting = ? AND person = ?`, ms(at), councilID, sitting, person); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return db.truncateJournal(ctx)
}

// truncateJournal folds the journal into the database and cuts it to nothing. Readers may hold it for a moment.
func (db *DB) truncateJournal(ctx context.Context) error {
	const op = "truncate the journal"
	db.writing.Lock()
	defer db.writing.Unlock()
	if cause := db.Stopped(); cause != nil {
		return fail(op, ErrStopped, cause)
	}
	var busy, pages, folded int
	// busy_timeout makes the checkpoint wait for readers.
	err := db.write.QueryRowContext(context.WithoutCancel(ctx), `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &folded)
	if err != nil {
		return db.judge(op, err, false)
	}
	if busy != 0 {
		return fmt.Errorf("store: %s: readers are in the way; repeat the erasure", op)
	}
	return nil
}
