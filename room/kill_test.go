package room_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nghitruong/council"
	"nghitruong/room"
	"nghitruong/store"
)

// childEnv names the data folder of a child process that votes until it is killed. Its standard input is the list of each
// seat's last acknowledged vote, as JSON.
const childEnv = "ROOM_TEST_CHILD_DIR"

const killVoters = 50

// seedStore makes the council and the sitting's row.
func seedStore(ctx context.Context, db *store.DB) error {
	if err := db.AddCouncil(ctx, store.Council{ID: councilID, Name: "HĐND xã Đông Cuông", CreatedAt: epochStart}); err != nil {
		return err
	}
	return db.AddSitting(ctx, store.Sitting{
		ID: sittingID, Council: councilID, Door: "k7m2p9qx", State: store.StateDraft, Version: 1, Doc: []byte("{}"),
		CreatedAt: epochStart, UpdatedAt: epochStart,
	})
}

// childMain is the child's whole life; it tells whether this process is one.
func childMain() bool {
	dir := os.Getenv(childEnv)
	if dir == "" {
		return false
	}
	if err := voteForEver(context.Background(), dir, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

// voteForEver has fifty deputies vote in a loop and prints "ACK seat number seq" when an answer has come.
func voteForEver(ctx context.Context, dir string, in io.Reader, out io.Writer) error {
	var done []int // per seat: the number of the last acknowledged vote
	if err := json.NewDecoder(in).Decode(&done); err != nil {
		return err
	}
	db, err := store.Open(ctx, dir, store.Options{})
	if err != nil {
		return err
	}
	if _, err := db.Council(ctx, councilID); err != nil {
		if err := seedStore(ctx, db); err != nil {
			return err
		}
	}
	reg, err := room.NewRegistry(room.Config{Ledger: db, Permits: room.PermitsFunc(permits), Side: db, Directory: db})
	if err != nil {
		return err
	}
	if err := reg.Publish(ctx, sittingID, published(killVoters), clerk); err != nil {
		return err
	}
	r, err := reg.Room(ctx, sittingID)
	if err != nil {
		return err
	}
	ballot, err := openedBallot(ctx, r)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	failed := make(chan error, killVoters)
	for seat := 1; seat <= killVoters; seat++ {
		go func() {
			for i := done[seat] + 1; ; i++ {
				a, err := r.Do(ctx, command(deputy(seat), fmt.Sprint("v", i), council.VoteCast{Ballot: ballot, Choice: choiceOf(seat, i)}))
				if err == nil {
					mu.Lock()
					_, err = fmt.Fprintln(out, "ACK", seat, i, a.Seq)
					mu.Unlock()
				}
				if err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

func choiceOf(seat, i int) string { return []string{"for", "against", "not_voting"}[(seat+i)%3] }

// openedBallot brings a sitting to its first ballot, from wherever the last life left it.
func openedBallot(ctx context.Context, r *room.Room) (string, error) {
	acts := []struct {
		person council.PersonID
		key    string
		body   council.CommandBody
	}{{chair, "open", council.SittingOpen{}}, {clerk, "call", council.RollCallOpen{}}}
	for seat := 1; seat <= killVoters; seat++ {
		acts = append(acts, struct {
			person council.PersonID
			key    string
			body   council.CommandBody
		}{deputy(seat), "here", council.RollCallCheckIn{}})
	}
	acts = append(acts, struct {
		person council.PersonID
		key    string
		body   council.CommandBody
	}{chair, "ballot", council.BallotOpen{Template: "thong-qua"}})
	for _, a := range acts { // each is a repeat in every life but one
		if _, err := r.Do(ctx, command(a.person, a.key, a.body)); err != nil {
			return "", fmt.Errorf("%s: %w", a.key, err)
		}
	}
	var id string
	err := r.Look(ctx, func(s *council.Sitting) { id = s.OpenBallot() })
	return id, err
}

// F1, short form: kill -9 while fifty people vote. Nothing acknowledged is lost, nothing is counted twice, and every vote
// whose answer did not come is settled by sending it again.
func TestKilledWhileVoting(t *testing.T) {
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any bits do
	rng := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // a schedule, not a secret
	t.Logf("seed %d", seed)
	dir := t.TempDir()
	done := make([]int, killVoters+1)
	acked := map[string]uint64{} // "seat number" → seq
	kills := 0
	for ; kills < rounds || len(acked) < killVoters; kills++ { // on a slow disk a life is over before many have voted
		if kills == 10*rounds {
			t.Fatalf("only %d votes were acknowledged: the test proves nothing", len(acked))
		}
		liveOnce(t, dir, time.Duration(50+rng.IntN(250))*time.Millisecond, done, acked)
	}
	db := openStore(t, dir)
	if err := db.VerifyAll(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	stored, last := storedVotes(t, db)
	for vote, seq := range acked {
		if stored[vote] != seq {
			t.Errorf("vote %s was acknowledged at %d and is at %d", vote, seq, stored[vote])
		}
	}
	t.Logf("%d kills, %d votes acknowledged, %d stored", kills, len(acked), len(stored))
	counted, err := db.Votes(t.Context(), councilID, sittingID)
	if err != nil || len(counted) != len(last) {
		t.Fatalf("%d voters counted of %d who voted, %v", len(counted), len(last), err)
	}
	for _, v := range counted {
		if v.Seq != last[v.Voter] {
			t.Errorf("%s: the vote at %d counts, the last one is at %d", v.Voter, v.Seq, last[v.Voter])
		}
	}
	before := counted
	if err := db.Rebuild(t.Context(), councilID, sittingID); err != nil {
		t.Fatal(err)
	}
	if after, err := db.Votes(t.Context(), councilID, sittingID); err != nil || !slices.Equal(before, after) {
		t.Errorf("the rebuilt tally differs, %v", err)
	}
}

// storedVotes reads the log: every vote's sequence by "seat number", and each voter's last.
func storedVotes(t *testing.T, db *store.DB) (stored map[string]uint64, last map[council.PersonID]uint64) {
	t.Helper()
	stored, last = map[string]uint64{}, map[council.PersonID]uint64{}
	if err := db.Load(t.Context(), councilID, sittingID, 0, func(r council.Record) error {
		if r.Type != (council.VoteReceived{}).EventType() {
			return nil
		}
		vote := strings.TrimLeft(strings.TrimPrefix(r.Actor, "d"), "0") + " " + strings.TrimPrefix(r.IdemKey, "v")
		if at, twice := stored[vote]; twice {
			t.Errorf("vote %s is stored at %d and at %d", vote, at, r.Seq)
		}
		stored[vote] = r.Seq
		last[council.PersonID(r.Actor)] = r.Seq
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return stored, last
}

// liveOnce starts a child, kills it some time after its first answer, and notes what it acknowledged.
func liveOnce(t *testing.T, dir string, life time.Duration, done []int, acked map[string]uint64) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	resume, err := json.Marshal(done)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self) //nolint:gosec // the own test binary
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	cmd.Stdin, cmd.Stderr = strings.NewReader(string(resume)), os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for first := true; ; first = false {
		line, err := lines.ReadString('\n')
		if err != nil { // a torn last line is no acknowledgement
			break
		}
		if first {
			time.AfterFunc(life, func() { _ = cmd.Process.Kill() }) // an error means that it is gone already
		}
		var seat, i int
		var seq uint64
		if _, err := fmt.Sscanf(line, "ACK %d %d %d", &seat, &i, &seq); err != nil {
			t.Fatalf("the child said %q", line)
		}
		if i != done[seat]+1 {
			t.Fatalf("seat %d: vote %d was acknowledged after %d", seat, i, done[seat])
		}
		done[seat] = i
		acked[fmt.Sprint(seat, " ", i)] = seq
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
}
