package storetest

import (
	"errors"
	"reflect"
	"sync"
	"testing"

	"nghitruong/council"
	"nghitruong/store"
)

func emptyLog(t *testing.T, l Ledger) {
	seq, hash, err := l.Head(t.Context(), CouncilA, Log)
	if seq != 0 || hash != [32]byte{} || err != nil {
		t.Errorf("head %d %x, %v", seq, hash, err)
	}
	if got := loaded(t, l, CouncilA, Log, 0); len(got) != 0 {
		t.Errorf("loaded %d records", len(got))
	}
	if _, ok, err := l.FindKey(t.Context(), CouncilA, Log, "a", "k"); ok || err != nil {
		t.Errorf("found a key: %v, %v", ok, err)
	}
	if err := l.Append(t.Context(), CouncilA, Log, 0, nil); err != nil {
		t.Errorf("append of nothing: %v", err)
	}
}

func roundTrip(t *testing.T, l Ledger) {
	c := Chain{Log: Log}
	var want []council.Record
	for i := range 1203 { // more than two pages of a load
		key := ""
		if i%3 == 0 {
			key = "key-" + string(rune('a'+i%26)) + "-" + string(rune('a'+i/26%26)) + string(rune('a'+i/676))
		}
		want = append(want, c.Next("p1", key, council.AgendaMoved{Item: "mục 1"}))
	}
	if err := l.Append(t.Context(), CouncilA, Log, 0, want[:700]); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(t.Context(), CouncilA, Log, 700, want[700:]); err != nil {
		t.Fatal(err)
	}
	for _, after := range []uint64{0, 1, 499, 500, 1202, 1203, 5000} {
		got := loaded(t, l, CouncilA, Log, after)
		rest := want[min(after, uint64(len(want))):]
		if len(got) != len(rest) {
			t.Fatalf("after %d: %d records, want %d", after, len(got), len(rest))
		}
		for i := range got {
			if !same(got[i], rest[i]) {
				t.Fatalf("after %d: record %d is %+v, was %+v", after, i, got[i], rest[i])
			}
		}
	}
	if seq, hash, err := l.Head(t.Context(), CouncilA, Log); seq != 1203 || hash != c.Hash || err != nil {
		t.Errorf("head %d, %v", seq, err)
	}
	enough := errors.New("enough")
	n := 0
	if err := l.Load(t.Context(), CouncilA, Log, 0, func(council.Record) error { n++; return enough }); !errors.Is(err, enough) || n != 1 {
		t.Errorf("a load that ended itself: %v after %d", err, n)
	}
}

func staleWriter(t *testing.T, l Ledger) {
	c := Chain{Log: Log}
	c.Put(t, l, "p1", "", council.SittingResumed{})
	stale := c
	c.Put(t, l, "p1", "", council.SittingResumed{})
	late := stale.Next("p2", "k", council.SittingResumed{})
	if err := l.Append(t.Context(), CouncilA, Log, 1, []council.Record{late}); !errors.Is(err, store.ErrStale) {
		t.Errorf("a stale writer: %v", err)
	}
	ahead := Chain{Log: Log, Seq: 7}
	if err := l.Append(t.Context(), CouncilA, Log, 7, []council.Record{ahead.Next("p", "", council.SittingResumed{})}); !errors.Is(err, store.ErrStale) {
		t.Errorf("a writer ahead of the log: %v", err)
	}
	if got := loaded(t, l, CouncilA, Log, 0); len(got) != 2 {
		t.Errorf("%d records", len(got))
	}
}

func brokenChain(t *testing.T, l Ledger) {
	c := Chain{Log: Log}
	c.Put(t, l, "p1", "", council.SittingResumed{})
	cases := map[string]func(r *council.Record){
		"previous hash":    func(r *council.Record) { r.PrevHash[0] ^= 1; r.Hash = r.Sum() },
		"own hash":         func(r *council.Record) { r.Hash[31] ^= 1 },
		"body changed":     func(r *council.Record) { r.Body = []byte(`{"policy":"open"}`) },
		"a gap":            func(r *council.Record) { r.Seq++; r.Hash = r.Sum() },
		"another log":      func(r *council.Record) { r.Log = "other"; r.Hash = r.Sum() },
		"unknown event":    func(r *council.Record) { r.Type = "Nothing"; r.Hash = r.Sum() },
		"unreadable event": func(r *council.Record) { r.Body = []byte("{"); r.Hash = r.Sum() },
	}
	for name, spoil := range cases {
		fork := c
		good := fork.Next("p1", "", council.SittingResumed{})
		bad := fork.Next("p1", "", council.SittingResumed{})
		spoil(&bad)
		if err := l.Append(t.Context(), CouncilA, Log, 1, []council.Record{good, bad}); !errors.Is(err, store.ErrChain) {
			t.Errorf("%s: %v", name, err)
		}
		if seq, _, _ := l.Head(t.Context(), CouncilA, Log); seq != 1 {
			t.Fatalf("%s: half of the batch was stored: head %d", name, seq)
		}
	}
}

func idempotency(t *testing.T, l Ledger) {
	c := Chain{Log: Log}
	first := c.Put(t, l, "p1", "k1", council.SittingResumed{})
	c.Put(t, l, "p2", "k1", council.SittingResumed{}) // another actor's key is another key
	c.Put(t, l, "p1", "", council.SittingResumed{})
	c.Put(t, l, "p1", "", council.SittingResumed{}) // no key, no limit
	fork := c
	again := fork.Next("p1", "k1", council.SittingResumed{})
	if err := l.Append(t.Context(), CouncilA, Log, c.Seq, []council.Record{again}); !errors.Is(err, store.ErrDuplicate) {
		t.Errorf("the same key again: %v", err)
	}
	got, ok, err := l.FindKey(t.Context(), CouncilA, Log, "p1", "k1")
	if err != nil || !ok || !same(got, first) {
		t.Errorf("found %+v, %v, %v", got, ok, err)
	}
	for _, miss := range [][4]string{{CouncilA, Log, "p3", "k1"}, {CouncilA, Log, "p1", "k2"}, {CouncilA, Log, "p1", ""}, {CouncilB, Log, "p1", "k1"}} {
		if _, ok, err := l.FindKey(t.Context(), miss[0], miss[1], miss[2], miss[3]); ok || err != nil {
			t.Errorf("%v: found %v, %v", miss, ok, err)
		}
	}
}

func twoCouncils(t *testing.T, l Ledger) {
	c := Chain{Log: Log}
	c.Put(t, l, "p1", "k1", council.SittingResumed{})
	if got := loaded(t, l, CouncilB, Log, 0); len(got) != 0 {
		t.Errorf("council B reads %d records of A", len(got))
	}
	if seq, _, err := l.Head(t.Context(), CouncilB, Log); seq != 0 || err != nil {
		t.Errorf("council B sees head %d, %v", seq, err)
	}
	foreign := Chain{Log: Log}
	if err := l.Append(t.Context(), CouncilB, Log, 0, []council.Record{foreign.Next("p", "", council.SittingResumed{})}); !errors.Is(err, store.ErrDuplicate) {
		t.Errorf("council B wrote into A's log: %v", err)
	}
	own := Chain{Log: "sitting-2"}
	if err := l.Append(t.Context(), CouncilB, "sitting-2", 0, []council.Record{own.Next("p", "k1", council.SittingResumed{})}); err != nil {
		t.Errorf("council B's own log: %v", err)
	}
	if err := l.Append(t.Context(), "nobody", "sitting-3", 0, []council.Record{(&Chain{Log: "sitting-3"}).Next("p", "", council.SittingResumed{})}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown council: %v", err)
	}
}

// ballotLog writes a ballot with votes and returns the chain, open still.
func ballotLog(t *testing.T, l Ledger) Chain {
	t.Helper()
	c := Chain{Log: Log}
	c.Put(t, l, "d1", "", council.BallotOpened{Ballot: "b1", Question: "?"})
	c.Put(t, l, "d1", "v1", council.VoteReceived{Ballot: "b1", Person: "d1", Choice: "for"})
	c.Put(t, l, "d2", "v2", council.VoteReceived{Ballot: "b1", Person: "d2", Choice: "for"})
	c.Put(t, l, "d1", "v3", council.VoteReceived{Ballot: "b1", Person: "d1", Choice: "against"})
	c.Put(t, l, "clerk", "v4", council.VoteRecorded{Ballot: "b1", Person: "d3", Choice: "not_voting"})
	return c
}

func tally(t *testing.T, l Ledger) {
	c := ballotLog(t, l)
	c.Put(t, l, "d1", "", council.BallotClosed{Ballot: "b1", Result: council.Result{Hash: "abc"}})
	votes, err := l.Votes(t.Context(), CouncilA, Log)
	want := []store.CountedVote{
		{Ballot: "b1", Voter: "d1", Choice: "against", Seq: 4},
		{Ballot: "b1", Voter: "d2", Choice: "for", Seq: 3},
		{Ballot: "b1", Voter: "d3", Choice: "not_voting", Seq: 5, Recorded: true},
	}
	if err != nil || !reflect.DeepEqual(votes, want) {
		t.Errorf("votes %+v, %v", votes, err)
	}
	ballots, err := l.Ballots(t.Context(), CouncilA, Log)
	if err != nil || !reflect.DeepEqual(ballots, []store.BallotRow{{Ballot: "b1", OpenedSeq: 1, ClosedSeq: 6, Result: "abc"}}) {
		t.Errorf("ballots %+v, %v", ballots, err)
	}
	if other, err := l.Votes(t.Context(), CouncilB, Log); len(other) != 0 || err != nil {
		t.Errorf("council B sees %d votes, %v", len(other), err)
	}
}

func lateVote(t *testing.T, l Ledger) {
	c := ballotLog(t, l)
	c.Put(t, l, "d1", "", council.BallotClosed{Ballot: "b1"})
	head := c.Seq
	for name, vote := range map[string]council.VoteReceived{
		"a change":   {Ballot: "b1", Person: "d1", Choice: "for"},
		"a new vote": {Ballot: "b1", Person: "d9", Choice: "for"},
	} {
		fork := c
		if err := l.Append(t.Context(), CouncilA, Log, head, []council.Record{fork.Next("d", "", vote)}); !errors.Is(err, store.ErrBallotClosed) {
			t.Errorf("%s after the close: %v", name, err)
		}
	}
	fork := c
	if err := l.Append(t.Context(), CouncilA, Log, head, []council.Record{fork.Next("d", "", council.VoteReceived{Ballot: "b7", Person: "d1", Choice: "for"})}); err == nil {
		t.Error("a vote in no ballot was counted")
	}
	if votes, err := l.Votes(t.Context(), CouncilA, Log); len(votes) != 3 || err != nil {
		t.Errorf("%d votes, %v", len(votes), err)
	}
}

func queueAndPresence(t *testing.T, l Ledger) {
	c := Chain{Log: Log}
	for i, p := range []council.PersonID{"d1", "d2", "d3", "d4"} {
		c.Put(t, l, string(p), "", council.PersonMarked{Person: p, State: council.PresencePresent, Place: "online", By: "self"})
		c.Put(t, l, string(p), "", council.HandRaised{Entry: "q" + string(rune('1'+i)), Person: p, Kind: council.TurnSpeak})
	}
	c.Put(t, l, "clerk", "", council.PersonMarked{Person: "d2", State: council.PresenceLeft, By: "clerk"})
	c.Put(t, l, "d3", "", council.HandChanged{Entry: "q3", Kind: council.TurnDebate})
	c.Put(t, l, "d4", "", council.HandLowered{Entry: "q4"})
	c.Put(t, l, "d1", "", council.FloorGiven{Turn: "t1", Entry: "q1", Person: "d1", Kind: council.TurnSpeak})
	c.Put(t, l, "d1", "", council.FloorAccepted{Turn: "t1"})
	c.Put(t, l, "d1", "", council.FloorEnded{Turn: "t1", Why: "next"})
	c.Put(t, l, "d1", "", council.FloorGiven{Turn: "t2", Entry: "q2", Person: "d2", Kind: council.TurnSpeak})
	c.Put(t, l, "d1", "", council.FloorEnded{Turn: "t2", Why: "next"})
	c.Put(t, l, "d1", "", council.FloorGiven{Turn: "t3", Entry: "q3", Person: "d3", Kind: council.TurnDebate})
	queue, err := l.Queue(t.Context(), CouncilA, Log)
	want := []store.QueueRow{
		{Entry: "q2", Person: "d2", Kind: council.TurnSpeak, Seq: 4},
		{Entry: "q3", Person: "d3", Kind: council.TurnDebate, Turn: "t3", Seq: 6},
	}
	if err != nil || !reflect.DeepEqual(queue, want) {
		t.Errorf("queue %+v, %v", queue, err)
	}
	c.Put(t, l, "d3", "", council.FloorDeclined{Turn: "t3"})
	if queue, err = l.Queue(t.Context(), CouncilA, Log); err != nil || len(queue) != 2 || queue[1].Turn != "" {
		t.Errorf("after the decline: %+v, %v", queue, err)
	}
	presence, err := l.Presence(t.Context(), CouncilA, Log)
	if err != nil || len(presence) != 4 || presence[1].State != council.PresenceLeft || presence[0].State != council.PresencePresent {
		t.Errorf("presence %+v, %v", presence, err)
	}
}

func rebuild(t *testing.T, l Ledger) {
	c := ballotLog(t, l)
	c.Put(t, l, "d1", "", council.HandRaised{Entry: "q6", Person: "d1", Kind: council.TurnSpeak})
	c.Put(t, l, "d1", "", council.PersonMarked{Person: "d1", State: council.PresenceLate, Place: "online", By: "self"})
	c.Put(t, l, "d1", "", council.BallotClosed{Ballot: "b1", Result: council.Result{Hash: "h"}})
	type all struct {
		votes    []store.CountedVote
		ballots  []store.BallotRow
		presence []store.PresenceRow
		queue    []store.QueueRow
	}
	read := func() all {
		t.Helper()
		var a all
		var errs [4]error
		a.votes, errs[0] = l.Votes(t.Context(), CouncilA, Log)
		a.ballots, errs[1] = l.Ballots(t.Context(), CouncilA, Log)
		a.presence, errs[2] = l.Presence(t.Context(), CouncilA, Log)
		a.queue, errs[3] = l.Queue(t.Context(), CouncilA, Log)
		if err := errors.Join(errs[:]...); err != nil {
			t.Fatal(err)
		}
		return a
	}
	before := read()
	for range 2 {
		if err := l.Rebuild(t.Context(), CouncilA, Log); err != nil {
			t.Fatal(err)
		}
	}
	if after := read(); !reflect.DeepEqual(before, after) || len(after.votes) != 3 || len(after.queue) != 1 || len(after.presence) != 1 {
		t.Errorf("rebuilt %+v\nwas %+v", after, before)
	}
}

// race has writers append behind the head they read; each record is stored exactly once.
func race(t *testing.T, l Ledger) {
	const writers, each = 4, 25
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for done := 0; done < each; {
				seq, hash, err := l.Head(t.Context(), CouncilA, Log)
				if err != nil {
					t.Error(err)
					return
				}
				c := Chain{Log: Log, Seq: seq, Hash: hash}
				r := c.Next("writer", string(rune('a'+w))+string(rune('a'+done)), council.SittingResumed{})
				switch err := l.Append(t.Context(), CouncilA, Log, seq, []council.Record{r}); {
				case err == nil:
					done++
				case !errors.Is(err, store.ErrStale):
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if v, err := l.Verify(t.Context(), CouncilA, Log); err != nil || v.Seq != writers*each {
		t.Errorf("%d records, %v", v.Seq, err)
	}
}
