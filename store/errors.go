package store

import (
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors of the store. Test with errors.Is; an error that is none of these is an unexpected one.
var (
	// ErrLocked: another process owns the data folder.
	ErrLocked = errors.New("the data folder is in use by another process")
	// ErrStopped: a write failed in a way that leaves the disk's content unknown (fsync, input/output, corruption).
	// Nothing is written any more until the process starts again and the files were looked at.
	ErrStopped = errors.New("the ledger is stopped after a write error")
	// ErrNoSpace: the disk is full. Nothing of the call was stored; the same call may be repeated later.
	ErrNoSpace = errors.New("no space left for the ledger")
	// ErrStale: the log's head is not where the caller believes it to be; somebody else wrote.
	ErrStale = errors.New("the log's head is elsewhere")
	// ErrChain: records that do not continue the hash chain; a programming error of the caller.
	ErrChain = errors.New("the records do not continue the chain")
	// ErrDuplicate: a unique key exists already (idempotency key, name, door, token).
	ErrDuplicate = errors.New("exists already")
	// ErrNotFound: no such row in this council.
	ErrNotFound = errors.New("not found")
	// ErrVersion: the row was changed meanwhile by somebody else.
	ErrVersion = errors.New("was changed by somebody else")
	// ErrBallotClosed: the last guard of a tally: a counted vote after the ballot's close was refused by the database.
	ErrBallotClosed = errors.New("a vote after the close of its ballot")
)

// failure carries a store error's kind across package borders: consumers ask for the methods and need not import store.
type failure struct {
	op    string
	kind  error
	cause error
}

func (f *failure) Error() string {
	if f.cause == nil {
		return fmt.Sprintf("store: %s: %v", f.op, f.kind)
	}
	return fmt.Sprintf("store: %s: %v: %v", f.op, f.kind, f.cause)
}

func (f *failure) Unwrap() []error { return []error{f.kind, f.cause} }

// Stopped tells that the ledger takes no more writes.
func (f *failure) Stopped() bool { return errors.Is(f.kind, ErrStopped) }

// NoSpace tells that the disk is full.
func (f *failure) NoSpace() bool { return errors.Is(f.kind, ErrNoSpace) }

// Stale tells that another owner wrote to the log.
func (f *failure) Stale() bool { return errors.Is(f.kind, ErrStale) }

// NotFound tells that there is no such row in this council.
func (f *failure) NotFound() bool { return errors.Is(f.kind, ErrNotFound) }

func fail(op string, kind, cause error) error { return &failure{op: op, kind: kind, cause: cause} }

// classify maps an error of the driver to one of ours.
func classify(op string, err error) error {
	var f *failure
	if err == nil || errors.As(err, &f) {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return fail(op, ErrNotFound, nil)
	}
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return fmt.Errorf("store: %s: %w", op, err)
	}
	switch code := se.Code(); {
	case code == sqlite3.SQLITE_CONSTRAINT_UNIQUE, code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return fail(op, ErrDuplicate, err)
	case code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return fail(op, ErrNotFound, err)
	case code&0xff == sqlite3.SQLITE_FULL:
		return fail(op, ErrNoSpace, err)
	default:
		return fmt.Errorf("store: %s: %w", op, err)
	}
}

// byTrigger tells that a trigger of the schema refused the change.
func byTrigger(err error) bool {
	var se *sqlite.Error
	return errors.As(err, &se) && se.Code() == sqlite3.SQLITE_CONSTRAINT_TRIGGER
}

// ends tells whether the error leaves the state of the files unknown, so that writing must end: SQLite's own advice
// for failed syncs, and the experience that a repeated fsync may report success for bytes that were lost.
func ends(err error) bool {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return false
	}
	switch se.Code() & 0xff {
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PROTOCOL:
		return true
	default:
		return false
	}
}
