package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// databaseFile is the name of the database inside the data folder.
const databaseFile = "nghitruong.db"

// readers is the number of connections that read beside the writer.
const readers = 4

// Options of Open; the zero value is right for a server.
type Options struct {
	Log *slog.Logger // nil: discard

	// synchronous is "FULL" unless a control run of a test weakens it to prove that the test sees the loss.
	synchronous string
}

// DB is an open data folder. Its methods may be called from any goroutine.
type DB struct {
	dir     string
	log     *slog.Logger
	lock    *os.File
	write   *sql.DB // one connection
	read    *sql.DB
	writing sync.Mutex // held for a whole write transaction: writers queue here, not in the database
	stopped atomic.Pointer[error]
}

// Open makes or opens the data folder and takes it for this process. A folder that another process holds gives
// ErrLocked. The schema is brought up to date; a migration that was interrupted rolls back and runs again.
func Open(ctx context.Context, dir string, opts Options) (*DB, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.synchronous == "" {
		opts.synchronous = "FULL"
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("store: open %s: %w", dir, err)
	}
	if err := makeDir(dir); err != nil {
		return nil, fmt.Errorf("store: make the data folder: %w", err)
	}
	lock, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	db := &DB{dir: dir, log: opts.Log, lock: lock}
	if err := db.open(ctx, opts); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context, opts Options) error {
	path := filepath.Join(db.dir, databaseFile)
	var err error
	if db.write, err = sql.Open("sqlite", dsn(path, opts.synchronous, false)); err != nil {
		return fmt.Errorf("store: open the database: %w", err)
	}
	db.write.SetMaxOpenConns(1)
	if err := migrate(ctx, db.write); err != nil {
		return err
	}
	if db.read, err = sql.Open("sqlite", dsn(path, opts.synchronous, true)); err != nil {
		return fmt.Errorf("store: open the database for reading: %w", err)
	}
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
	// The names of the database and its journal are in the folder; the folder itself must reach the disk too.
	if err := syncDir(db.dir); err != nil {
		return fmt.Errorf("store: sync the data folder: %w", err)
	}
	return nil
}

// dsn builds the driver's connection string. secure_delete overwrites deleted content with zeros.
func dsn(path, synchronous string, readOnly bool) string {
	q := url.Values{}
	q.Set("_txlock", "immediate")
	for _, p := range []string{
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(" + synchronous + ")",
		"foreign_keys(1)", "secure_delete(1)", "trusted_schema(0)",
	} {
		q.Add("_pragma", p)
	}
	if readOnly {
		q.Set("_txlock", "deferred")
		q.Add("_pragma", "query_only(1)")
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

func migrate(ctx context.Context, db *sql.DB) error {
	sub, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, sub)
	if err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("store: bring the schema up to date: %w", err)
	}
	return nil
}

// Dir is the data folder's absolute path.
func (db *DB) Dir() string { return db.dir }

// Stopped gives the error that ended writing, or nil. Reading goes on.
func (db *DB) Stopped() error {
	if p := db.stopped.Load(); p != nil {
		return *p
	}
	return nil
}

// Ping tells whether the database answers and still takes writes.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.Stopped(); err != nil {
		return err
	}
	var one int
	return classify("ping", db.read.QueryRowContext(ctx, "SELECT 1").Scan(&one))
}

// Close ends writing, folds the journal into the database and frees the folder.
func (db *DB) Close() error {
	db.writing.Lock()
	defer db.writing.Unlock()
	var errs []error
	if db.read != nil {
		errs = append(errs, db.read.Close())
	}
	if db.write != nil {
		errs = append(errs, db.write.Close())
	}
	if db.lock != nil {
		errs = append(errs, db.lock.Close()) // frees the flock
		db.lock = nil
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("store: close: %w", err)
	}
	return nil
}

// change runs one write transaction. It is not interrupted once begun: a half-run COMMIT would be an unknown result.
// An error of the commit itself other than "full" stops the database.
func (db *DB) change(ctx context.Context, op string, fn func(context.Context, *sql.Tx) error) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("store: %s: %w", op, err)
	}
	if cause := db.Stopped(); cause != nil {
		return fail(op, ErrStopped, cause)
	}
	ctx = context.WithoutCancel(ctx)
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return db.judge(op, err, false)
	}
	if err := fn(ctx, tx); err != nil {
		return errors.Join(db.judge(op, err, false), rollback(tx))
	}
	if err := tx.Commit(); err != nil {
		return errors.Join(db.judge(op, err, true), rollback(tx))
	}
	return nil
}

// rollback ends a transaction that failed; after a failed COMMIT database/sql believes it ended, SQLite may not.
func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return fmt.Errorf("store: roll back: %w", err)
	}
	return nil
}

// judge classifies a failed write and stops the database where the files' state is unknown.
func (db *DB) judge(op string, err error, commit bool) error {
	c := classify(op, err)
	if errors.Is(c, ErrNoSpace) || !(ends(err) || commit) {
		return c
	}
	cause := err
	if db.stopped.CompareAndSwap(nil, &cause) {
		db.log.Error("store: writing stopped", "op", op, "err", err)
	}
	return fail(op, ErrStopped, err)
}
