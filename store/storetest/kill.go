package storetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"nghitruong/council"
)

// The environment of a child process.
const (
	ChildDir   = "STORETEST_CHILD_DIR"   // the folder that it writes to until it is killed
	ChildLimit = "STORETEST_CHILD_LIMIT" // after so many appends it ends by itself; "" = never
)

// Child is called by the test binary's TestMain. In a child process it writes, printing the sequence of each record once
// its append has returned, and ran is true if it ever comes back; elsewhere it returns at once.
func Child(open Open) (ran bool, err error) {
	dir := os.Getenv(ChildDir)
	if dir == "" {
		return false, nil
	}
	return true, write(open, dir)
}

func write(open Open, dir string) error {
	limit := math.MaxInt
	if text := os.Getenv(ChildLimit); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil {
			return err
		}
	}
	ctx := context.Background()
	l, err := Start(ctx, open, dir)
	if err != nil {
		return err
	}
	seq, hash, err := l.Head(ctx, CouncilA, Log)
	if err != nil {
		return err
	}
	c := Chain{Log: Log, Seq: seq, Hash: hash}
	for range limit {
		after := c.Seq
		batch := make([]council.Record, 1+rand.IntN(4))
		for i := range batch {
			batch[i] = c.Next("writer", fmt.Sprint("key-", c.Seq+1), council.AgendaMoved{Item: "i1"})
		}
		if err := l.Append(ctx, CouncilA, Log, after, batch); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(os.Stdout, "%d %x\n", c.Seq, c.Hash); err != nil {
			return err
		}
	}
	return nil
}

// Kill has a child process write, kills it at a random moment, and checks that the chain is whole and that nothing which
// was acknowledged is missing; many times over one folder.
func Kill(t *testing.T, open Open, rounds int) {
	dir := t.TempDir()
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any bits do
	rng := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a schedule, not a secret
	t.Logf("seed %d", seed)
	acked := 0
	for round := range rounds {
		seq, hash := killOnce(t, dir, time.Duration(1+rng.IntN(60))*time.Millisecond)
		l, err := open(t.Context(), dir)
		if err != nil {
			t.Fatalf("round %d: open after the kill: %v", round, err)
		}
		v, err := l.Verify(t.Context(), CouncilA, Log)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if v.Seq < seq {
			t.Fatalf("round %d: record %d was acknowledged, the log ends at %d", round, seq, v.Seq)
		}
		found := seq == 0
		if err := l.Load(t.Context(), CouncilA, Log, max(seq, 1)-1, func(r council.Record) error {
			found = found || r.Seq == seq && fmt.Sprintf("%x", r.Hash) == hash
			return nil
		}); err != nil || !found {
			t.Fatalf("round %d: the acknowledged record %d is another one (%v)", round, seq, err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		acked = int(seq) //nolint:gosec // small
	}
	t.Logf("%d kills, %d records acknowledged", rounds, acked)
	if acked == 0 {
		t.Error("no child wrote anything: the test proves nothing")
	}
}

// killOnce gives the last acknowledged record of one child's life. The child lives for a while after its first
// acknowledgement.
func killOnce(t *testing.T, dir string, life time.Duration) (seq uint64, hash string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self) //nolint:gosec // the own test binary
	cmd.Env = append(os.Environ(), ChildDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var kill *time.Timer
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil { // a torn last line was not acknowledged
			if !errors.Is(err, io.EOF) {
				t.Error(err)
			}
			break
		}
		if _, err := fmt.Sscanf(line, "%d %s", &seq, &hash); err != nil {
			t.Fatalf("the child said %q: %v", line, err)
		}
		if kill == nil {
			kill = time.AfterFunc(life, func() { _ = cmd.Process.Kill() }) // an error means that it is gone already
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return seq, hash
}
