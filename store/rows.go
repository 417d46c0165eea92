package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// ms is a time as the tables keep it: Unix milliseconds, 0 for the zero time.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMS(v int64) time.Time {
	if v == 0 {
		return time.Time{}
	}
	return time.UnixMilli(v).UTC()
}

// scanner is a row or the current one of several.
type scanner interface{ Scan(dest ...any) error }

// one reads a single row; no row gives ErrNotFound.
func one[T any](ctx context.Context, db *DB, op string, scan func(scanner, *T) error, query string, args ...any) (T, error) {
	var v T
	if err := scan(db.read.QueryRowContext(ctx, query, args...), &v); err != nil {
		var zero T
		return zero, classify(op, err)
	}
	return v, nil
}

// many reads all rows in the query's order.
func many[T any](ctx context.Context, db *DB, op string, scan func(scanner, *T) error, query string, args ...any) ([]T, error) {
	rows, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, classify(op, err)
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		var v T
		if err := scan(rows, &v); err != nil {
			return nil, classify(op, err)
		}
		list = append(list, v)
	}
	return list, classify(op, rows.Err())
}

// exec runs one statement as a transaction of its own and gives the number of rows it changed.
func (db *DB) exec(ctx context.Context, op, query string, args ...any) (int64, error) {
	var n int64
	err := db.change(ctx, op, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}

// execOne is exec for a statement that must change a row; none gives ErrNotFound.
func (db *DB) execOne(ctx context.Context, op, query string, args ...any) error {
	n, err := db.exec(ctx, op, query, args...)
	if err == nil && n == 0 {
		return fail(op, ErrNotFound, nil)
	}
	return err
}

// list is a JSON array of texts in one column.
type list []string

// Scan reads the column.
func (l *list) Scan(src any) error {
	switch v := src.(type) {
	case string:
		return json.Unmarshal([]byte(v), l)
	case []byte:
		return json.Unmarshal(v, l)
	default:
		return fmt.Errorf("a list cannot be read from %T", src)
	}
}

func (l list) column() (string, error) {
	if l == nil {
		return "[]", nil
	}
	b, err := json.Marshal([]string(l))
	return string(b), err
}
