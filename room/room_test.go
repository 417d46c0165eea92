package room_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"nghitruong/council"
	"nghitruong/room"
)

func TestKeys(t *testing.T) {
	l := newMemory()
	s := open(t, l, newSide(), 5)
	s.gather(5)
	ballot := s.ballot()
	cast := func(person council.PersonID, key, choice string) (room.Answer, error) {
		return s.room.Do(t.Context(), command(person, key, council.VoteCast{Ballot: ballot, Choice: choice}))
	}
	first, err := cast(deputy(2), "k", "for")
	if err != nil || first.Dup {
		t.Fatalf("first: %+v, %v", first, err)
	}
	if again, err := cast(deputy(2), "k", "for"); err != nil || !again.Dup || again.Seq != first.Seq || again.At != first.At {
		t.Errorf("repeat: %+v, %v", again, err)
	}
	if _, err := cast(deputy(2), "k", "against"); code(err) != room.CodeKeyReused {
		t.Errorf("another choice under the same key: %v", err)
	}
	if other, err := cast(deputy(3), "k", "for"); err != nil || other.Dup {
		t.Errorf("another person's key of the same name: %+v, %v", other, err)
	}
	change, err := cast(deputy(2), "k2", "against")
	if err != nil || change.Seq <= first.Seq {
		t.Errorf("a change: %+v, %v", change, err)
	}
	if old, err := cast(deputy(2), "k", "for"); err != nil || old.Seq != first.Seq {
		t.Errorf("the old receipt after the change: %+v, %v", old, err)
	}
	for _, key := range []string{"", string(make([]byte, 65))} {
		if _, err := cast(deputy(2), key, "for"); code(err) != room.CodeKeyMissing {
			t.Errorf("key of %d bytes: %v", len(key), err)
		}
	}
	s.must(chair, council.BallotClose{Ballot: ballot})
	if old, err := cast(deputy(2), "k2", "against"); err != nil || !old.Dup || old.Seq != change.Seq {
		t.Errorf("the receipt after the close: %+v, %v", old, err)
	}
	if _, err := cast(deputy(2), "k3", "for"); code(err) != council.CodeBallotClosed {
		t.Errorf("a vote after the close: %v", err)
	}
	if n := votesIn(l, deputy(2)); n != 2 {
		t.Errorf("%d votes of one voter in the log, want 2", n)
	}
}

func votesIn(l *memory, voter council.PersonID) int {
	n := 0
	for _, r := range l.records() {
		if r.Type == (council.VoteReceived{}).EventType() && r.Actor == string(voter) {
			n++
		}
	}
	return n
}

// The same command many times at once is one event.
func TestKeyWithinOneBatch(t *testing.T) {
	l := newMemory()
	s := open(t, l, newSide(), 5)
	s.gather(5)
	ballot := s.ballot()
	var wg sync.WaitGroup
	seqs := make([]uint64, 40)
	for i := range seqs {
		wg.Go(func() {
			a, err := s.room.Do(t.Context(), command(deputy(2), "once", council.VoteCast{Ballot: ballot, Choice: "for"}))
			if err != nil {
				t.Error(err)
			}
			seqs[i] = a.Seq
		})
	}
	wg.Wait()
	for _, seq := range seqs {
		if seq != seqs[0] {
			t.Fatalf("receipts %v", seqs)
		}
	}
	if n := votesIn(l, deputy(2)); n != 1 {
		t.Errorf("%d votes in the log", n)
	}
}

func TestRightsComeFromTheSittingNotTheCaller(t *testing.T) {
	l := newMemory()
	s := open(t, l, newSide(), 5)
	s.must(chair, council.SittingOpen{})
	before := len(l.records())
	for _, c := range []struct {
		name string
		cmd  council.Command
		want string
	}{
		{"a deputy claims to be chair", council.Command{Actor: council.Actor{Person: deputy(2), Roles: []council.Role{council.RoleChair}}, Body: council.SittingPause{}}, room.CodeNotAllowed},
		{"a stranger claims to be chair", council.Command{Actor: council.Actor{Person: "nobody", Roles: []council.Role{council.RoleChair}}, Body: council.SittingPause{}}, room.CodeNotAllowed},
		{"a citizen closes", council.Command{Actor: council.Actor{Person: "c1", Roles: []council.Role{council.RoleCitizen}}, Body: council.SittingClose{}}, room.CodeNotAllowed},
		{"a person claims to be the room", council.Command{Actor: council.Actor{Person: deputy(2), System: true}, Body: council.ConnectionLost{Person: deputy(3)}}, room.CodeNotAllowed},
		{"the chair plays the room", council.Command{Actor: council.Actor{Person: chair, System: true}, Body: council.ConnectionLost{Person: deputy(3)}}, council.CodeSystemOnly},
		{"nothing asked", council.Command{Actor: council.Actor{Person: chair}}, council.CodeUnknownCommand},
	} {
		c.cmd.ID = c.name[:min(len(c.name), 60)]
		if _, err := s.room.Do(t.Context(), c.cmd); code(err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if n := len(l.records()); n != before {
		t.Errorf("%d events came of it", n-before)
	}
}

// F12, F13: voters race two closes. Who was told "received" is in the tally with the last choice told; both closes agree.
func TestVotesRaceTheClose(t *testing.T) {
	const voters, rounds = 50, 20
	l := newMemory()
	s := open(t, l, newSide(), voters)
	s.gather(voters)
	for round := range rounds {
		ballot := s.ballot()
		acked := make([]struct {
			seq    uint64
			choice string
		}, voters+1)
		var wg sync.WaitGroup
		start := make(chan struct{})
		for seat := 1; seat <= voters; seat++ {
			wg.Go(func() {
				<-start
				for i := 0; ; i++ {
					choice := []string{"for", "against", "not_voting"}[(seat+i)%3]
					a, err := s.room.Do(t.Context(), command(deputy(seat), fmt.Sprint(round, "-", i), council.VoteCast{Ballot: ballot, Choice: choice}))
					if err != nil {
						if code(err) != council.CodeBallotClosed {
							t.Errorf("vote: %v", err)
						}
						return
					}
					acked[seat].seq, acked[seat].choice = a.Seq, choice
				}
			})
		}
		for i, who := range []council.PersonID{chair, clerk} {
			wg.Go(func() {
				<-start
				if _, err := s.room.Do(t.Context(), command(who, fmt.Sprint("close-", round, "-", i), council.BallotClose{Ballot: ballot})); err != nil {
					t.Errorf("close: %v", err)
				}
			})
		}
		close(start)
		wg.Wait()
		closes, counted := tallyOf(t, l, ballot)
		if closes != 1 {
			t.Fatalf("round %d: %d close events", round, closes)
		}
		for seat := 1; seat <= voters; seat++ {
			if got := counted[deputy(seat)]; got.choice != acked[seat].choice || got.seq != acked[seat].seq {
				t.Fatalf("round %d: seat %d was told %+v, counted is %+v", round, seat, acked[seat], got)
			}
		}
	}
}

type counted struct {
	seq    uint64
	choice string
}

// tallyOf counts a ballot from the records alone, as a stranger would.
func tallyOf(t *testing.T, l *memory, ballot string) (closes int, votes map[council.PersonID]counted) {
	t.Helper()
	votes = map[council.PersonID]counted{}
	for _, r := range l.records() {
		body, err := council.DecodeBody(r.Type, r.Body)
		if err != nil {
			t.Fatal(err)
		}
		switch e := body.(type) {
		case council.VoteReceived:
			if e.Ballot == ballot {
				if closes > 0 {
					t.Fatalf("record %d: a vote behind the close", r.Seq)
				}
				votes[e.Person] = counted{r.Seq, e.Choice}
			}
		case council.BallotClosed:
			if e.Ballot == ballot {
				closes++
			}
		default:
		}
	}
	return closes, votes
}

func TestRegistry(t *testing.T) {
	l := newMemory()
	reg, err := room.NewRegistry(room.Config{Ledger: l, Permits: room.PermitsFunc(permits), Side: newSide(), Directory: l})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reg.Close)
	ctx := t.Context()
	for _, id := range []string{sittingID, "unknown"} {
		if _, err := reg.Room(ctx, id); code(err) != room.CodeNoSitting {
			t.Errorf("an unpublished sitting %s: %v", id, err)
		}
	}
	p := published(5)
	bad := p
	bad.Council = "council-b"
	if err := reg.Publish(ctx, sittingID, bad, clerk); code(err) != council.CodeBadPublished {
		t.Errorf("another council's document: %v", err)
	}
	bad = p
	bad.People = nil
	if err := reg.Publish(ctx, sittingID, bad, clerk); code(err) != council.CodeBadPublished {
		t.Errorf("nobody listed: %v", err)
	}
	for range 2 {
		if err := reg.Publish(ctx, sittingID, p, clerk); err != nil {
			t.Errorf("publish: %v", err)
		}
	}
	p.Title = "Kỳ họp khác"
	if err := reg.Publish(ctx, sittingID, p, clerk); code(err) != room.CodeAlreadyPublished {
		t.Errorf("another document: %v", err)
	}
	var wg sync.WaitGroup
	rooms := make([]*room.Room, 16)
	for i := range rooms {
		wg.Go(func() {
			r, err := reg.Room(ctx, sittingID)
			if err != nil {
				t.Error(err)
			}
			rooms[i] = r
		})
	}
	wg.Wait()
	for _, r := range rooms {
		if r != rooms[0] {
			t.Fatal("two rooms for one sitting")
		}
	}
	if got, err := rooms[0].Published(ctx); err != nil || got.Title != "Kỳ họp thứ 2" {
		t.Errorf("published %q, %v", got.Title, err)
	}
	reg.Close()
	if _, err := rooms[0].Do(ctx, command(chair, "k", council.SittingOpen{})); code(err) != room.CodeServerStops {
		t.Errorf("a room that ended: %v", err)
	}
	if _, err := reg.Room(ctx, sittingID); code(err) != room.CodeServerStops {
		t.Errorf("a registry that ended: %v", err)
	}
}

func TestMetrics(t *testing.T) {
	l := newMemory()
	m := room.NewMetrics()
	reg, err := room.NewRegistry(room.Config{Ledger: l, Permits: room.PermitsFunc(permits), Side: newSide(), Directory: l, Metrics: m})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reg.Close)
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.Collectors()...)
	if err := reg.Publish(t.Context(), sittingID, published(5), clerk); err != nil {
		t.Fatal(err)
	}
	r, err := reg.Room(t.Context(), sittingID)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, reg: reg, room: r, name: "m"}
	s.must(chair, council.SittingOpen{})
	for range 2 {
		if _, err := r.Do(t.Context(), command(clerk, "once", council.RollCallOpen{})); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.do(deputy(2), council.SittingClose{}); err == nil {
		t.Fatal("a deputy closed the sitting")
	}
	sub, _ := s.attach(deputy(2))
	sub.Detach()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range families {
		if f.GetName() != "nghitruong_room_commands_total" {
			continue
		}
		for _, m := range f.GetMetric() { // labels are sorted: command, outcome
			got = append(got, fmt.Sprint(m.GetLabel()[0].GetValue(), " ", m.GetLabel()[1].GetValue(), " ", m.GetCounter().GetValue()))
		}
	}
	want := []string{
		"connection.back ok 1", "rollcall.open ok 1", "rollcall.open repeated 1", "sitting.close refused 1", "sitting.open ok 1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("counted %q, want %q", got, want)
	}
}

// Acts that wait when the server stops are answered, not dropped.
func TestCloseAnswersWhoWaits(t *testing.T) {
	l := newMemory()
	s := open(t, l, newSide(), 30)
	s.gather(30)
	ballot := s.ballot()
	var wg sync.WaitGroup
	for seat := 1; seat <= 30; seat++ {
		wg.Go(func() {
			for i := 0; ; i++ {
				a, err := s.room.Do(t.Context(), command(deputy(seat), fmt.Sprint(i), council.VoteCast{Ballot: ballot, Choice: "for"}))
				if err != nil {
					if code(err) != room.CodeServerStops {
						t.Errorf("vote: %v", err)
					}
					return
				}
				if a.Seq == 0 {
					t.Error("an empty receipt")
				}
			}
		})
	}
	s.reg.Close()
	wg.Wait()
}
