package room_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nghitruong/council"
	"nghitruong/room"
)

var errDisk = errors.New("disk")

// halted is an error of a ledger that writes no more.
type halted struct{}

func (halted) Error() string { return "halted" }
func (halted) Stopped() bool { return true }

// full is an error of a ledger without space.
type full struct{}

func (full) Error() string { return "full" }
func (full) NoSpace() bool { return true }

func TestUnsavedIsNeverSuccess(t *testing.T) {
	l := newMemory()
	s := open(t, l, newSide(), 5)
	s.gather(5)
	ballot := s.ballot()
	_, o := s.attach(deputy(2))
	vote := func(key string) (room.Answer, error) {
		return s.room.Do(t.Context(), command(deputy(2), key, council.VoteCast{Ballot: ballot, Choice: "for"}))
	}
	before := len(l.records())
	for _, c := range []struct {
		name string
		err  error
		want string
	}{{"a disk error", errDisk, room.CodeNotSaved}, {"a full disk", full{}, room.CodeNoSpace}} {
		l.fault(func([]council.Record) (bool, error) { return false, c.err })
		if _, err := vote("k"); code(err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if self := newest[council.SelfView](t, o, council.TopicSelf); self.Choice != "" || len(l.records()) != before {
		t.Errorf("a vote that was not saved is shown: %+v", self)
	}
	l.fault(nil)
	a, err := vote("k")
	if err != nil || a.Dup || a.Seq != uint64(before)+1 {
		t.Errorf("the repeat after the repair: %+v, %v", a, err)
	}
	o.until(t, "the own choice", func() bool { return newest[council.SelfView](t, o, council.TopicSelf).Choice == "for" })
}

// The append fails although its records are stored: the head settles it.
func TestAmbiguousCommit(t *testing.T) {
	l := newMemory()
	s := open(t, l, newSide(), 5)
	s.gather(5)
	ballot := s.ballot()
	l.fault(func([]council.Record) (bool, error) { return true, errDisk })
	a, err := s.room.Do(t.Context(), command(deputy(2), "k", council.VoteCast{Ballot: ballot, Choice: "for"}))
	if err != nil {
		t.Fatalf("stored, and the head says so: %v", err)
	}
	// Now the head cannot be read either: the result is unknown, which is an error; the repeat finds the vote.
	l.mu.Lock()
	l.head = func() error { return errDisk }
	l.mu.Unlock()
	if _, err := s.room.Do(t.Context(), command(deputy(3), "k", council.VoteCast{Ballot: ballot, Choice: "for"})); code(err) != room.CodeNotSaved {
		t.Fatalf("unknown: %v", err)
	}
	l.fault(nil)
	again, err := s.room.Do(t.Context(), command(deputy(3), "k", council.VoteCast{Ballot: ballot, Choice: "for"}))
	if err != nil || !again.Dup || again.Seq != a.Seq+1 {
		t.Errorf("the repeat: %+v, %v", again, err)
	}
	if _, votes := tallyOf(t, l, ballot); len(votes) != 2 {
		t.Errorf("counted %+v", votes)
	}
}

// The ledger stores and does not answer in time: the head is asked with fresh patience.
func TestLedgerThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newMemory()
		s := open(t, l, newSide(), 5)
		s.gather(5)
		ballot := s.ballot()
		l.mu.Lock()
		l.hang = true
		l.mu.Unlock()
		if a, err := s.do(deputy(2), council.VoteCast{Ballot: ballot, Choice: "for"}); err != nil || a.Seq == 0 {
			t.Errorf("stored, and the head says so: %+v, %v", a, err)
		}
		l.fault(func([]council.Record) (bool, error) { return false, nil })
		if _, err := s.do(deputy(3), council.VoteCast{Ballot: ballot, Choice: "for"}); code(err) != room.CodeNotSaved {
			t.Errorf("not stored: %v", err)
		}
		s.reg.Close()
	})
}

// A stopped ledger is never asked again, even if it would say yes; what was saved stays to be seen.
func TestStoppedLedger(t *testing.T) {
	l := newMemory()
	s := open(t, l, newSide(), 5)
	s.gather(5)
	ballot := s.ballot()
	saved, err := s.room.Do(t.Context(), command(deputy(2), "k", council.VoteCast{Ballot: ballot, Choice: "for"}))
	if err != nil {
		t.Fatal(err)
	}
	l.fault(func([]council.Record) (bool, error) { return false, halted{} })
	if _, err := s.do(deputy(3), council.VoteCast{Ballot: ballot, Choice: "for"}); code(err) != room.CodeLedgerStopped {
		t.Fatalf("vote: %v", err)
	}
	l.fault(func([]council.Record) (bool, error) { t.Error("the ledger was written to"); return false, nil })
	if _, err := s.do(deputy(3), council.VoteCast{Ballot: ballot, Choice: "for"}); code(err) != room.CodeLedgerStopped {
		t.Errorf("a later vote: %v", err)
	}
	if again, err := s.room.Do(t.Context(), command(deputy(2), "k", council.VoteCast{Ballot: ballot, Choice: "for"})); err != nil || again.Seq != saved.Seq {
		t.Errorf("the old receipt: %+v, %v", again, err)
	}
	_, o := s.attach(deputy(2))
	if self := newest[council.SelfView](t, o, council.TopicSelf); self.Choice != "for" {
		t.Errorf("the saved vote is not shown: %+v", self)
	}
}

// The log cannot be read for a while: acts are refused, nothing is shown wrong, and the room comes back by itself.
func TestUnreadableLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newMemory()
		s := open(t, l, newSide(), 5)
		s.gather(5)
		ballot := s.ballot()
		_, o := s.attach(deputy(2))
		l.mu.Lock()
		l.append = func([]council.Record) (bool, error) { return false, errDisk }
		l.load = func() error { return errDisk }
		l.head = l.load
		l.mu.Unlock()
		for range 3 {
			if _, err := s.do(deputy(2), council.VoteCast{Ballot: ballot, Choice: "for"}); code(err) != room.CodeNotSaved {
				t.Errorf("vote: %v", err)
			}
		}
		if err := s.room.Look(t.Context(), func(*council.Sitting) { t.Error("a state that nobody knows was shown") }); err == nil {
			t.Error("look at an unknown state")
		}
		l.mu.Lock()
		l.append, l.load, l.head = nil, nil, nil
		l.mu.Unlock()
		time.Sleep(2 * time.Second) // the bubble's clock: the room tries again each second
		synctest.Wait()
		s.must(deputy(2), council.VoteCast{Ballot: ballot, Choice: "for"})
		if self := newest[council.SelfView](t, o, council.TopicSelf); self.Choice != "for" {
			t.Errorf("after the return: %+v", self)
		}
		s.reg.Close()
	})
}

// A ledger that fails at random, stored or not: what was told is what is counted, and a replay is the same sitting.
func TestRandomFaults(t *testing.T) {
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any bits do
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a schedule, not a secret
	l := newMemory()
	s := open(t, l, newSide(), 20)
	s.gather(20)
	ballot := s.ballot()
	l.fault(func([]council.Record) (bool, error) { // called under the ledger's lock
		switch rng.IntN(5) {
		case 0:
			return false, errDisk
		case 1:
			return true, errDisk
		default:
			return true, nil
		}
	})
	last := make([]counted, 21)
	var wg sync.WaitGroup
	for seat := 1; seat <= 20; seat++ {
		wg.Go(func() {
			for i := range 30 {
				choice := []string{"for", "against", "not_voting"}[(seat+i)%3]
				cmd := command(deputy(seat), fmt.Sprint("v", i), council.VoteCast{Ballot: ballot, Choice: choice})
				a, err := s.room.Do(t.Context(), cmd)
				for code(err) == room.CodeNotSaved {
					a, err = s.room.Do(t.Context(), cmd)
				}
				if err != nil {
					t.Errorf("vote: %v", err)
					return
				}
				last[seat] = counted{a.Seq, choice}
			}
		})
	}
	wg.Wait()
	l.fault(nil)
	_, votes := tallyOf(t, l, ballot)
	for seat := 1; seat <= 20; seat++ {
		if votes[deputy(seat)] != last[seat] {
			t.Errorf("seat %d was told %+v, counted is %+v", seat, last[seat], votes[deputy(seat)])
		}
		if n := votesIn(l, deputy(seat)); n != 30 {
			t.Errorf("seat %d: %d votes in the log, 30 were cast", seat, n)
		}
	}
	sameAfterReplay(t, s, l)
}

// sameAfterReplay compares the views of the running room with those of a fresh replay of its log.
func sameAfterReplay(t *testing.T, s *stage, l *memory) {
	t.Helper()
	fresh := council.NewSitting(sittingID)
	for _, r := range l.records() {
		body, err := council.DecodeBody(r.Type, r.Body)
		if err != nil {
			t.Fatal(err)
		}
		fresh.Apply(council.Event{Seq: r.Seq, At: time.UnixMilli(r.AtWallMS).UTC(), Mono: r.MonoMS, Key: r.IdemKey, Body: body})
	}
	live := &council.Live{}
	if err := s.room.Look(t.Context(), func(running *council.Sitting) {
		for _, a := range council.Audiences {
			for _, topic := range council.Topics {
				if got, want := running.View(topic, a, live), fresh.View(topic, a, live); !reflect.DeepEqual(got, want) {
					t.Errorf("%s for %s differs after the replay:\n%+v\n%+v", topic, a, got, want)
				}
			}
		}
	}); err != nil {
		t.Error(err)
	}
}

// A panic in a room ends no room: the batch is told, the state is rebuilt, others never notice.
func TestPanicStaysInTheRoom(t *testing.T) {
	l := newMemory()
	s := open(t, l, newSide(), 5)
	s.gather(5)
	ballot := s.ballot()
	before := len(l.records())
	l.fault(func([]council.Record) (bool, error) { panic("the disk's driver") })
	if _, err := s.do(deputy(2), council.VoteCast{Ballot: ballot, Choice: "for"}); code(err) != room.CodeRoomPanic {
		t.Fatalf("vote: %v", err)
	}
	l.fault(nil)
	if n := len(l.records()); n != before {
		t.Fatalf("%d events", n-before)
	}
	if a := s.must(deputy(2), council.VoteCast{Ballot: ballot, Choice: "for"}); a.Seq != uint64(before)+1 {
		t.Errorf("after the panic: %+v", a)
	}
	if _, err := s.room.Attach(t.Context(), room.Attachment{Person: deputy(3)}, bomb{}); err == nil {
		t.Error("an outlet that panics was attached")
	}
	s.must(deputy(3), council.VoteCast{Ballot: ballot, Choice: "for"})
}

// bomb is an outlet that panics.
type bomb struct{}

func (bomb) View(council.Topic, uint64, []byte) { panic("outlet") }
func (bomb) Standing(room.Standing)             { panic("outlet") }

// A log that was changed behind the room's back is not built upon.
func TestBrokenChainIsRefused(t *testing.T) {
	l := newMemory()
	s := open(t, l, newSide(), 5)
	s.gather(3)
	s.reg.Close()
	l.mu.Lock()
	l.logs[councilID+"/"+sittingID][4].Body = []byte(`{"person":"d05","state":"present","by":"self"}`)
	l.mu.Unlock()
	reg, err := room.NewRegistry(room.Config{Ledger: l, Permits: room.PermitsFunc(permits), Side: newSide(), Directory: l})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reg.Close)
	if _, err := reg.Room(t.Context(), sittingID); err == nil {
		t.Error("a changed log was accepted")
	}
}
