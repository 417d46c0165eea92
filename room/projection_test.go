package room_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"nghitruong/council"
	"nghitruong/store"
)

// Whatever people do, the tables beside the log say what the sitting says, and a rebuild says it again.
func TestTablesFollowTheSitting(t *testing.T) {
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any bits do
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // a schedule, not a secret
	db := openStore(t, t.TempDir())
	s := open(t, db, db, 8)
	s.gather(7)
	accepted := map[string]int{}
	for range 800 {
		person, body := anyAct(rng, s)
		if _, err := s.do(person, body); err == nil {
			accepted[body.CommandName()]++
		}
	}
	for _, name := range []string{"vote.cast", "ballot.close", "floor.give", "floor.accept", "floor.end", "queue.raise", "queue.withdraw", "rollcall.set", "sitting.pause"} {
		if accepted[name] == 0 {
			t.Errorf("%s was never accepted: the test is blind for it", name)
		}
	}
	compareTables(t, s, db)
	if err := db.Rebuild(t.Context(), councilID, sittingID); err != nil {
		t.Fatal(err)
	}
	compareTables(t, s, db)
	if err := db.VerifyAll(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// anyAct chooses an act that may or may not be possible now.
func anyAct(rng *rand.Rand, s *stage) (council.PersonID, council.CommandBody) {
	who := deputy(1 + rng.IntN(8))
	var ballot, hand string
	invited := chair
	if err := s.room.Look(s.t.Context(), func(st *council.Sitting) {
		ballot = st.OpenBallot()
		if q, ok := st.View(council.TopicQueue, council.AudienceSteer, nil).(council.QueueView); ok && len(q.Entries) > 0 {
			hand = q.Entries[rng.IntN(len(q.Entries))].ID
		}
		if f, ok := st.View(council.TopicFloor, council.AudienceSteer, nil).(council.FloorView); ok && f.Holder != nil {
			invited = f.Holder.Person
		}
	}); err != nil {
		s.t.Fatal(err)
	}
	kinds := []council.TurnKind{council.TurnSpeak, council.TurnQuestion, council.TurnDebate}
	// Mostly present: without a quorum there would be no ballot.
	states := []council.PresenceState{
		council.PresencePresent, council.PresencePresent, council.PresencePresent, council.PresencePresent, council.PresenceLate,
		council.PresenceExcused, council.PresenceLeft,
	}
	choice := choiceOf(0, rng.IntN(3))
	switch rng.IntN(16) {
	case 0, 1, 2:
		return who, council.VoteCast{Ballot: ballot, Choice: choice}
	case 3:
		return clerk, council.VoteRecord{Ballot: ballot, Person: who, Choice: choice}
	case 4:
		return chair, council.BallotOpen{Template: "thong-qua"}
	case 5:
		return chair, council.BallotClose{Ballot: ballot}
	case 6, 7:
		return who, council.QueueRaise{Kind: kinds[rng.IntN(len(kinds))]}
	case 8:
		return who, council.QueueWithdraw{}
	case 9:
		return chair, council.FloorGive{Entry: hand}
	case 10:
		return chair, council.FloorGive{Person: who}
	case 11:
		return invited, []council.CommandBody{council.FloorAccept{}, council.FloorAccept{}, council.FloorDecline{}}[rng.IntN(3)]
	case 12:
		return chair, council.FloorEnd{}
	case 13, 14:
		return clerk, council.RollCallSet{Person: who, State: states[rng.IntN(len(states))], Reason: "nhầm"}
	default:
		return chair, []council.CommandBody{council.SittingPause{}, council.SittingResume{}, council.SittingResume{}}[rng.IntN(3)]
	}
}

// compareTables compares votes, ballots, presence and queue with the running sitting.
func compareTables(t *testing.T, s *stage, db *store.DB) {
	t.Helper()
	var queue council.QueueView
	var roll council.RollCallView
	var choices []string
	var open string
	if err := s.room.Look(t.Context(), func(st *council.Sitting) {
		queue, _ = st.View(council.TopicQueue, council.AudienceSteer, nil).(council.QueueView)
		roll, _ = st.View(council.TopicRollCall, council.AudienceSteer, nil).(council.RollCallView)
		open = st.OpenBallot()
		for seat := 1; seat <= 8; seat++ {
			choices = append(choices, st.Self(deputy(seat), nil).Choice)
		}
	}); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Queue(t.Context(), councilID, sittingID)
	if err != nil {
		t.Fatal(err)
	}
	var waiting, shown []string
	for _, r := range rows {
		if r.Turn == "" {
			waiting = append(waiting, r.Entry+" "+string(r.Kind))
		}
	}
	for _, e := range queue.Entries {
		shown = append(shown, e.ID+" "+string(e.Kind))
	}
	if !slices.Equal(waiting, shown) {
		t.Errorf("queue: the table says %v, the sitting %v", waiting, shown)
	}
	presence, err := db.Presence(t.Context(), councilID, sittingID)
	if err != nil {
		t.Fatal(err)
	}
	said := map[council.PersonID]council.PresenceState{}
	for _, r := range roll.Rows {
		if r.State != council.PresenceUnknown {
			said[r.Person] = r.State
		}
	}
	kept := map[council.PersonID]council.PresenceState{}
	for _, p := range presence {
		kept[p.Person] = p.State
	}
	if !reflect.DeepEqual(kept, said) {
		t.Errorf("presence: the table says %v, the sitting %v", kept, said)
	}
	compareVotes(t, db, open, choices)
}

// compareVotes looks at the newest ballot: the one that SelfView shows.
func compareVotes(t *testing.T, db *store.DB, open string, choices []string) {
	t.Helper()
	ballots, err := db.Ballots(t.Context(), councilID, sittingID)
	if err != nil || len(ballots) == 0 {
		t.Fatalf("%d ballots, %v", len(ballots), err)
	}
	newest := ballots[len(ballots)-1]
	if (newest.ClosedSeq == 0) != (open == newest.Ballot) || newest.ClosedSeq > 0 && newest.Result == "" {
		t.Errorf("the newest ballot is %+v, open is %q", newest, open)
	}
	votes, err := db.Votes(t.Context(), councilID, sittingID)
	if err != nil {
		t.Fatal(err)
	}
	counted := make([]string, len(choices))
	for _, v := range votes {
		if v.Ballot == newest.Ballot {
			for seat := range counted {
				if v.Voter == deputy(seat+1) {
					counted[seat] = v.Choice
				}
			}
		}
	}
	if !slices.Equal(counted, choices) {
		t.Errorf("votes: the table says %q, the sitting %q", counted, choices)
	}
}
