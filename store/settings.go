package store

import (
	"context"
	"database/sql"
	"errors"
)

// Setting gives a value of the installation (secrets, the hash of the first administrator's link), or ErrNotFound.
func (db *DB) Setting(ctx context.Context, name string) ([]byte, error) {
	return one(ctx, db, "setting", func(s scanner, v *[]byte) error { return s.Scan(v) },
		`SELECT value FROM settings WHERE name = ?`, name)
}

// SetSetting writes a value.
func (db *DB) SetSetting(ctx context.Context, name string, value []byte) error {
	_, err := db.exec(ctx, "set setting", `INSERT INTO settings (name, value) VALUES (?,?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// SettingOr gives the value, or stores and gives the one that first makes: two callers get the same value.
func (db *DB) SettingOr(ctx context.Context, name string, first func() ([]byte, error)) ([]byte, error) {
	var value []byte
	err := db.change(ctx, "setting", func(ctx context.Context, tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = ?`, name).Scan(&value)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if value, err = first(); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO settings (name, value) VALUES (?,?)`, name, value)
		return err
	})
	return value, err
}

// TakeSetting removes a value if it is still the given one and tells whether it was: the use of a one-time token.
func (db *DB) TakeSetting(ctx context.Context, name string, value []byte) (bool, error) {
	n, err := db.exec(ctx, "take setting", `DELETE FROM settings WHERE name = ? AND value = ?`, name, value)
	return n == 1, err
}

// DeleteSetting removes a value.
func (db *DB) DeleteSetting(ctx context.Context, name string) error {
	_, err := db.exec(ctx, "delete setting", `DELETE FROM settings WHERE name = ?`, name)
	return err
}
