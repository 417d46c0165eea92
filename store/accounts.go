package store

import (
	"context"
	"time"
)

// Account signs in to the office of one council.
type Account struct {
	ID           string
	Council      string
	Name         string // unique in the installation; the caller normalises it (NFC, case)
	Role         string // "admin", "clerk"
	PasswordHash string // argon2id in its encoded form; never logged
	Disabled     bool
	CreatedAt    time.Time
}

const accountColumns = `id, council, name, role, password_hash, disabled, created_at`

func scanAccount(s scanner, a *Account) error {
	var at int64
	err := s.Scan(&a.ID, &a.Council, &a.Name, &a.Role, &a.PasswordHash, &a.Disabled, &at)
	a.CreatedAt = fromMS(at)
	return err
}

// AddAccount adds an account; a known name gives ErrDuplicate, an unknown council ErrNotFound.
func (db *DB) AddAccount(ctx context.Context, a Account) error {
	_, err := db.exec(ctx, "add account", `INSERT INTO accounts (`+accountColumns+`) VALUES (?,?,?,?,?,?,?)`,
		a.ID, a.Council, a.Name, a.Role, a.PasswordHash, a.Disabled, ms(a.CreatedAt))
	return err
}

// AccountByName gives the account that signs in with this name, or ErrNotFound.
func (db *DB) AccountByName(ctx context.Context, name string) (Account, error) {
	return one(ctx, db, "account by name", scanAccount, `SELECT `+accountColumns+` FROM accounts WHERE name = ?`, name)
}

// AccountByID gives the account of a device, or ErrNotFound. The council follows from the account, never the reverse.
func (db *DB) AccountByID(ctx context.Context, id string) (Account, error) {
	return one(ctx, db, "account", scanAccount, `SELECT `+accountColumns+` FROM accounts WHERE id = ?`, id)
}

// Accounts lists a council's accounts by name.
func (db *DB) Accounts(ctx context.Context, councilID string) ([]Account, error) {
	return many(ctx, db, "accounts", scanAccount,
		`SELECT `+accountColumns+` FROM accounts WHERE council = ? ORDER BY name`, councilID)
}

// CountAccounts counts the accounts of the installation: none means that the first administrator is still to come.
func (db *DB) CountAccounts(ctx context.Context) (int, error) {
	return one(ctx, db, "count accounts", func(s scanner, n *int) error { return s.Scan(n) }, `SELECT count(*) FROM accounts`)
}

// SetPassword replaces an account's password hash.
func (db *DB) SetPassword(ctx context.Context, councilID, id, hash string) error {
	return db.execOne(ctx, "set password",
		`UPDATE accounts SET password_hash = ? WHERE council = ? AND id = ?`, hash, councilID, id)
}

// SetAccountDisabled forbids or allows an account to sign in; its devices stay and must be checked against it.
func (db *DB) SetAccountDisabled(ctx context.Context, councilID, id string, disabled bool) error {
	return db.execOne(ctx, "disable account",
		`UPDATE accounts SET disabled = ? WHERE council = ? AND id = ?`, disabled, councilID, id)
}

// AddFailure counts one failed try of a bucket ("account:…", "net:…", "link:…").
func (db *DB) AddFailure(ctx context.Context, bucket string, at time.Time) error {
	_, err := db.exec(ctx, "add failure", `INSERT INTO failures (bucket, at) VALUES (?,?)`, bucket, ms(at))
	return err
}

// Failures counts the failed tries of a bucket since a time.
func (db *DB) Failures(ctx context.Context, bucket string, since time.Time) (int, error) {
	return one(ctx, db, "failures", func(s scanner, n *int) error { return s.Scan(n) },
		`SELECT count(*) FROM failures WHERE bucket = ? AND at >= ?`, bucket, ms(since))
}

// ForgetFailures removes a bucket's tries: after a success.
func (db *DB) ForgetFailures(ctx context.Context, bucket string) error {
	_, err := db.exec(ctx, "forget failures", `DELETE FROM failures WHERE bucket = ?`, bucket)
	return err
}

// PruneFailures removes the tries before a time; call it now and then.
func (db *DB) PruneFailures(ctx context.Context, before time.Time) error {
	_, err := db.exec(ctx, "prune failures", `DELETE FROM failures WHERE at < ?`, ms(before))
	return err
}
