package room_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"nghitruong/council"
	"nghitruong/store"
)

// openStore opens a data folder with the test's council and sitting.
func openStore(t testing.TB, dir string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Council(t.Context(), councilID); err == nil {
		return db
	}
	if err := seedStore(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	return db
}

// One vote goes to the disk and is the same after a restart: receipt, tally, result, views.
func TestVoteOnDisk(t *testing.T) {
	dir := t.TempDir()
	var receipt, changed uint64
	var ballot string
	t.Run("before", func(t *testing.T) {
		db := openStore(t, dir)
		s := open(t, db, db, 5)
		s.gather(5)
		ballot = s.ballot()
		first, err := s.room.Do(t.Context(), command(deputy(2), "vote-1", council.VoteCast{Ballot: ballot, Choice: "against"}))
		if err != nil {
			t.Fatal(err)
		}
		receipt = first.Seq
		changed = s.must(deputy(2), council.VoteCast{Ballot: ballot, Choice: "for"}).Seq
		s.must(deputy(3), council.VoteCast{Ballot: ballot, Choice: "for"})
		s.must(chair, council.VoteCast{Ballot: ballot, Choice: "for"})
	})
	t.Run("after", func(t *testing.T) {
		db := openStore(t, dir)
		s := open(t, db, db, 5)
		again, err := s.room.Do(t.Context(), command(deputy(2), "vote-1", council.VoteCast{Ballot: ballot, Choice: "against"}))
		if err != nil || !again.Dup || again.Seq != receipt {
			t.Fatalf("repeat after restart: %+v, %v; the receipt was %d", again, err, receipt)
		}
		if _, err := s.room.Do(t.Context(), command(deputy(2), "vote-1", council.VoteCast{Ballot: ballot, Choice: "for"})); code(err) != "key_reused" {
			t.Fatalf("another act under the same key: %v", err)
		}
		s.must(chair, council.BallotClose{Ballot: ballot})
		votes, err := db.Votes(t.Context(), councilID, sittingID)
		if err != nil || len(votes) != 3 {
			t.Fatalf("tally: %+v, %v", votes, err)
		}
		for _, v := range votes {
			if v.Choice != "for" || v.Voter == deputy(2) && v.Seq != changed {
				t.Errorf("counted: %+v", v)
			}
		}
		row, err := db.Sitting(t.Context(), councilID, sittingID)
		if err != nil || row.State != string(council.StateOpen) {
			t.Errorf("the office's list says %q, %v", row.State, err)
		}
		if err := db.VerifyAll(t.Context(), nil); err != nil {
			t.Error(err)
		}
		_, o := s.attach(deputy(2))
		o.until(t, "the result", func() bool {
			v := newest[council.BallotView](t, o, council.TopicBallot)
			return v.Ballot != nil && v.Ballot.Result != nil && v.Ballot.Result.Passed
		})
	})
}

// BenchmarkVotes is what a room takes with fifty deputies who vote as fast as they are answered, each answer durable.
func BenchmarkVotes(b *testing.B) {
	db := openStore(b, b.TempDir())
	s := open(b, db, db, 50)
	s.gather(50)
	ballot := s.ballot()
	for seat := 1; seat <= 50; seat++ {
		s.attach(deputy(seat))
	}
	var seats, votes atomic.Int64
	b.SetParallelism(25)
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		voter := deputy(int(seats.Add(1)-1)%50 + 1)
		for p.Next() {
			i := votes.Add(1)
			cmd := command(voter, fmt.Sprint("b", i), council.VoteCast{Ballot: ballot, Choice: choiceOf(0, int(i))})
			if _, err := s.room.Do(b.Context(), cmd); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "votes/s")
}

var epochStart = time.UnixMilli(1_790_000_000_000).UTC()
