package store

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nghitruong/council"
)

func open(t *testing.T) *DB {
	t.Helper()
	db, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil && db.Stopped() == nil {
			t.Error(err)
		}
	})
	for _, id := range []string{"a", "b"} {
		if err := db.AddCouncil(t.Context(), Council{ID: id, Name: id}); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// next makes the record behind a log's head.
func next(t *testing.T, db *DB, councilID, log string, body council.EventBody) council.Record {
	t.Helper()
	seq, hash, err := db.Head(t.Context(), councilID, log)
	if err != nil {
		t.Fatal(err)
	}
	data, err := council.EncodeBody(body)
	if err != nil {
		t.Fatal(err)
	}
	r := council.Record{Log: log, Seq: seq + 1, Epoch: 1, Type: body.EventType(), Actor: "p", Body: data, PrevHash: hash}
	r.Hash = r.Sum()
	return r
}

func put(t *testing.T, db *DB, councilID, log string, body council.EventBody) error {
	t.Helper()
	r := next(t, db, councilID, log, body)
	return db.Append(t.Context(), councilID, log, r.Seq-1, []council.Record{r})
}

func TestSecondOwnerIsRefused(t *testing.T) {
	db := open(t)
	_, err := Open(t.Context(), db.Dir(), Options{})
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Fatalf("second open: %v", err)
	}
	if err := put(t, db, "a", "s", council.SittingResumed{}); err != nil {
		t.Errorf("the owner was disturbed: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), db.Dir(), Options{})
	if err != nil {
		t.Fatalf("after the owner's end: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestPragmas(t *testing.T) {
	db := open(t)
	for _, c := range []struct {
		pragma, want string
	}{{"journal_mode", "wal"}, {"synchronous", "2"}, {"foreign_keys", "1"}, {"secure_delete", "1"}, {"busy_timeout", "10000"}} {
		var w, r string
		if err := db.write.QueryRowContext(t.Context(), "PRAGMA "+c.pragma).Scan(&w); err != nil || w != c.want {
			t.Errorf("writer %s = %s, %v", c.pragma, w, err)
		}
		if err := db.read.QueryRowContext(t.Context(), "PRAGMA "+c.pragma).Scan(&r); err != nil || r != c.want {
			t.Errorf("reader %s = %s, %v", c.pragma, r, err)
		}
	}
	if _, err := db.read.ExecContext(t.Context(), "DELETE FROM councils"); err == nil {
		t.Error("a reader wrote")
	}
}

// journalFile finds this process's descriptor of the database's journal.
func journalFile(t *testing.T, db *DB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc/self/fd")
	}
	for _, e := range entries {
		if target, _ := os.Readlink("/proc/self/fd/" + e.Name()); target == filepath.Join(db.Dir(), databaseFile+"-wal") {
			fd, err := strconv.Atoi(e.Name())
			if err != nil {
				t.Fatal(err)
			}
			return fd
		}
	}
	t.Fatal("the journal is not open")
	return 0
}

// breakSync puts a real descriptor in the journal's place on which write works and fsync does not.
func breakSync(t *testing.T, db *DB) {
	t.Helper()
	dead, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer dead.Close()
	if err := syscall.Dup3(int(dead.Fd()), journalFile(t, db), syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
}

// The control of the next test: without a sync at each commit the same broken disk is reported as success. So the next
// test does see whether a sync lies between a vote and its answer.
func TestControlWithoutSyncSeesNothing(t *testing.T) {
	db, err := Open(t.Context(), t.TempDir(), Options{synchronous: "NORMAL"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // its journal is broken on purpose
	if err := db.AddCouncil(t.Context(), Council{ID: "a", Name: "a"}); err != nil {
		t.Fatal(err)
	}
	r := next(t, db, "a", "s", council.SittingResumed{})
	breakSync(t, db)
	if err := db.Append(t.Context(), "a", "s", 0, []council.Record{r}); err != nil {
		t.Fatalf("synchronous=NORMAL noticed the broken disk: %v", err)
	}
}

// A failed fsync stops writing for good: a second fsync may report success for bytes that are gone.
func TestFailedSyncStopsTheLedger(t *testing.T) {
	db := open(t)
	if err := put(t, db, "a", "s", council.SittingResumed{}); err != nil {
		t.Fatal(err)
	}
	breakSync(t, db)
	err := put(t, db, "a", "s", council.SittingResumed{})
	if !errors.Is(err, ErrStopped) {
		t.Fatalf("append with a failing fsync: %v", err)
	}
	var stopped interface{ Stopped() bool }
	if !errors.As(err, &stopped) || !stopped.Stopped() {
		t.Errorf("the kind does not cross packages: %v", err)
	}
	if err := db.AddCouncil(t.Context(), Council{ID: "c", Name: "c"}); !errors.Is(err, ErrStopped) {
		t.Errorf("a later write: %v", err)
	}
	if err := db.Ping(t.Context()); err == nil {
		t.Error("the server calls itself ready")
	}
}

// A full disk refuses the act, keeps the ledger usable, and the same act succeeds when there is space again.
func TestFullDisk(t *testing.T) {
	db := open(t)
	var pages int
	if err := db.write.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(n int) {
		t.Helper()
		var got int
		if err := db.write.QueryRowContext(t.Context(), "PRAGMA max_page_count = "+strconv.Itoa(n)).Scan(&got); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages)
	big := council.MessageSent{From: "p", To: "all", Text: strings.Repeat("x", 900)}
	var err error
	stored := 0
	for err == nil && stored < 1000 {
		if err = put(t, db, "a", "s", big); err == nil {
			stored++
		}
	}
	var full interface{ NoSpace() bool }
	if !errors.Is(err, ErrNoSpace) || !errors.As(err, &full) || !full.NoSpace() {
		t.Fatalf("on a full disk: %v", err)
	}
	if db.Stopped() != nil {
		t.Fatal("a full disk stopped the ledger for good")
	}
	if seq, _, err := db.Head(t.Context(), "a", "s"); err != nil || int(seq) != stored {
		t.Fatalf("head %d, %v; %d were stored", seq, err, stored)
	}
	limit(1 << 20)
	if err := put(t, db, "a", "s", big); err != nil {
		t.Errorf("with space again: %v", err)
	}
	if err := db.VerifyAll(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// After Erase nothing in the data folder shows who the citizen was or what he wrote, and the chain still verifies.
func TestEraseLeavesNoTrace(t *testing.T) {
	db := open(t)
	ctx := t.Context()
	const who, other = council.PersonID("erased"), council.PersonID("kept")
	name := council.CitizenName{Name: "Tên Cần Xóa Một Hai Ba", Hamlet: "Thôn Cần Xóa Bốn Năm"}
	const text = "Nội dung kiến nghị cần xóa sáu bảy tám"
	at := time.UnixMilli(1_790_000_000_000)
	for _, p := range []council.PersonID{who, other} {
		if err := db.PutCitizen(ctx, "a", "s", p, name, at); err != nil {
			t.Fatal(err)
		}
	}
	ref, err := db.PutText(ctx, "a", "s", who, text)
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []council.EventBody{
		council.HandRaised{Entry: "q1", Person: who, Kind: council.TurnCitizen},
		council.MessageSent{From: who, To: "clerk", Ref: ref},
	} {
		if err := put(t, db, "a", "s", body); err != nil {
			t.Fatal(err)
		}
	}
	traces := secretsOf(t, db, who)
	traces = append(traces, []byte(name.Name), []byte(name.Hamlet), []byte(text))
	if got, ok, err := db.Citizen(ctx, "a", "s", who); err != nil || !ok || got != name {
		t.Fatalf("before: %+v, %v, %v", got, ok, err)
	}
	if n := found(t, db.Dir(), traces); n == 0 {
		t.Fatal("the search finds not even the keys before the erasure: it proves nothing")
	}
	if n := found(t, db.Dir(), traces[len(traces)-3:]); n != 0 {
		t.Fatal("a plain text lies in the data folder")
	}

	if _, ok, err := db.Citizen(ctx, "b", "s", who); ok || err != nil {
		t.Fatalf("another council reads the name: %v", err)
	}
	if err := db.Erase(ctx, "b", "s", who, at); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := db.Citizen(ctx, "a", "s", who); !ok {
		t.Fatal("another council erased the name")
	}
	if err := db.Erase(ctx, "a", "s", who, at); err != nil {
		t.Fatal(err)
	}
	if n := found(t, db.Dir(), traces); n != 0 {
		t.Errorf("%d traces after the erasure", n)
	}
	if _, ok, err := db.Citizen(ctx, "a", "s", who); ok || err != nil {
		t.Errorf("the name is there still, %v", err)
	}
	if texts, err := db.Texts(ctx, "a", "s"); err != nil || len(texts) != 0 {
		t.Errorf("texts %v, %v", texts, err)
	}
	if names, err := db.Citizens(ctx, "a", "s"); err != nil || len(names) != 1 || names[other] != name {
		t.Errorf("names %v, %v", names, err)
	}
	if err := db.VerifyAll(ctx, nil); err != nil {
		t.Error(err)
	}
}

// secretsOf reads keys and ciphers of a person, to search for them.
func secretsOf(t *testing.T, db *DB, who council.PersonID) [][]byte {
	t.Helper()
	var out [][]byte
	for _, table := range []string{"citizens", "texts"} {
		var secret, salt, cipher []byte
		if err := db.read.QueryRowContext(t.Context(), "SELECT secret, salt, cipher FROM "+table+" WHERE person = ?", who).
			Scan(&secret, &salt, &cipher); err != nil {
			t.Fatal(err)
		}
		out = append(out, secret, salt, cipher)
	}
	return out
}

// found counts occurrences of byte strings in all files of a folder.
func found(t *testing.T, dir string, wanted [][]byte) int {
	t.Helper()
	n := 0
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path) //nolint:gosec // a file of the test's own folder
		for _, w := range wanted {
			n += bytes.Count(data, w)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCommitmentNamesNobody(t *testing.T) {
	db := open(t)
	one, err := db.PutText(t.Context(), "a", "s", "p", "cùng một câu")
	if err != nil {
		t.Fatal(err)
	}
	two, err := db.PutText(t.Context(), "a", "s", "p", "cùng một câu")
	if err != nil {
		t.Fatal(err)
	}
	if one == two || one[33:] == two[33:] {
		t.Errorf("equal texts are seen to be equal: %s %s", one, two)
	}
}

// Verify says where a log was changed behind our back.
func TestVerifyFindsTheFirstBreak(t *testing.T) {
	cases := []struct {
		name, sql string
		seq       uint64
	}{
		{"a body was edited", `UPDATE events SET body = '{"policy":"chair"}' WHERE seq = 4`, 4},
		{"a time was edited", `UPDATE events SET ts_wall = ts_wall + 1 WHERE seq = 2`, 2},
		{"an actor was edited", `UPDATE events SET actor = 'q' WHERE seq = 5`, 5},
		{"a record was cut out", `DELETE FROM events WHERE seq = 3`, 3},
		{"the hash was edited", `UPDATE events SET hash = zeroblob(32) WHERE seq = 1`, 1},
		{"the first is missing", `DELETE FROM events WHERE seq = 1`, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			db := open(t)
			for range 6 {
				for _, log := range []LogName{{"a", "s1"}, {"b", "s2"}} {
					if err := put(t, db, log.Council, log.Log, council.GateChanged{Policy: council.GateOpen}); err != nil {
						t.Fatal(err)
					}
				}
			}
			if _, err := db.write.ExecContext(t.Context(), c.sql); err == nil {
				t.Fatal("the database lets the ledger be changed")
			}
			for _, sql := range []string{"DROP TRIGGER events_never_change", "DROP TRIGGER events_never_vanish", c.sql + " AND council = 'a'"} {
				if _, err := db.write.ExecContext(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
			var whole []Verified
			err := db.VerifyAll(t.Context(), func(v Verified) { whole = append(whole, v) })
			var b *Break
			if !errors.As(err, &b) || b.LogName != (LogName{"a", "s1"}) || b.Seq != c.seq {
				t.Errorf("found %v, want the break at %d", err, c.seq)
			}
			if len(whole) != 1 || whole[0].Council != "b" || whole[0].Seq != 6 {
				t.Errorf("whole logs: %+v", whole)
			}
		})
	}
}

// A write whose caller has gone is refused before it begins, and never half-done after.
func TestCancelledCaller(t *testing.T) {
	db := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := next(t, db, "a", "s", council.SittingResumed{})
	if err := db.Append(ctx, "a", "s", 0, []council.Record{r}); !errors.Is(err, context.Canceled) {
		t.Errorf("append: %v", err)
	}
	if seq, _, err := db.Head(t.Context(), "a", "s"); seq != 0 || err != nil {
		t.Errorf("head %d, %v", seq, err)
	}
	if db.Stopped() != nil {
		t.Error("the ledger stopped")
	}
}
