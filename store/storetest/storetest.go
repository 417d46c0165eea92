// Package storetest is one suite of promises that every ledger of package store keeps, whatever database lies under it.
package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"nghitruong/council"
	"nghitruong/store"
)

// Ledger is what the suite demands of an implementation.
type Ledger interface {
	AddCouncil(ctx context.Context, c store.Council) error
	Append(ctx context.Context, councilID, log string, after uint64, records []council.Record) error
	Head(ctx context.Context, councilID, log string) (seq uint64, hash [32]byte, err error)
	Load(ctx context.Context, councilID, log string, after uint64, fn func(council.Record) error) error
	FindKey(ctx context.Context, councilID, log, actor, key string) (council.Record, bool, error)
	Verify(ctx context.Context, councilID, log string) (store.Verified, error)
	VerifyAll(ctx context.Context, found func(store.Verified)) error
	Rebuild(ctx context.Context, councilID, log string) error
	Votes(ctx context.Context, councilID, sitting string) ([]store.CountedVote, error)
	Ballots(ctx context.Context, councilID, sitting string) ([]store.BallotRow, error)
	Presence(ctx context.Context, councilID, sitting string) ([]store.PresenceRow, error)
	Queue(ctx context.Context, councilID, sitting string) ([]store.QueueRow, error)
	Close() error
}

// Open opens the ledger that lies in a folder; a second call after Close finds what was written.
type Open func(ctx context.Context, dir string) (Ledger, error)

// Councils of the suite.
const (
	CouncilA = "council-a"
	CouncilB = "council-b"
	Log      = "sitting-1"
)

// Run runs the suite. Each case has a folder of its own.
func Run(t *testing.T, open Open) {
	cases := []struct {
		name string
		run  func(t *testing.T, l Ledger)
	}{
		{"an empty log has no head", emptyLog},
		{"what was appended is loaded as it was", roundTrip},
		{"a stale writer loses and leaves nothing", staleWriter},
		{"records that do not continue the chain are refused whole", brokenChain},
		{"a key counts once for its actor", idempotency},
		{"another council finds nothing and cannot write there", twoCouncils},
		{"the last choice before the close is the counted vote", tally},
		{"a vote behind the close is refused by the database", lateVote},
		{"the queue and the presence follow the log", queueAndPresence},
		{"projections rebuilt are the projections", rebuild},
		{"two writers at once give one chain", race},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l, err := Start(t.Context(), open, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			}()
			c.run(t, l)
			if err := l.VerifyAll(t.Context(), nil); err != nil {
				t.Errorf("verify: %v", err)
			}
		})
	}
}

// Start opens a folder and makes the suite's councils where they are not there yet.
func Start(ctx context.Context, open Open, dir string) (Ledger, error) {
	l, err := open(ctx, dir)
	if err != nil {
		return nil, err
	}
	for _, id := range []string{CouncilA, CouncilB} {
		if err := l.AddCouncil(ctx, store.Council{ID: id, Name: id}); err != nil && !errors.Is(err, store.ErrDuplicate) {
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}

// Chain makes records that continue a log.
type Chain struct {
	Log  string
	Seq  uint64
	Hash [32]byte
}

// Next makes the record of one event; key "" = none.
func (c *Chain) Next(actor, key string, body council.EventBody) council.Record {
	data, err := council.EncodeBody(body)
	if err != nil {
		data = []byte("{}") // every body of the suite is an event of package council
	}
	r := council.Record{
		Log: c.Log, Seq: c.Seq + 1, Epoch: 1, Type: body.EventType(), Actor: actor, IdemKey: key, Body: data,
		AtWallMS: 1_790_000_000_000 + int64(c.Seq), MonoMS: int64(c.Seq), BootID: "boot", PrevHash: c.Hash, //nolint:gosec // small
	}
	if key != "" {
		r.Print = []byte("print of " + key)
	}
	r.Hash = r.Sum()
	c.Seq, c.Hash = r.Seq, r.Hash
	return r
}

// Put appends one event and moves the chain on.
func (c *Chain) Put(t *testing.T, l Ledger, actor, key string, body council.EventBody) council.Record {
	t.Helper()
	after := c.Seq
	r := c.Next(actor, key, body)
	if err := l.Append(t.Context(), CouncilA, c.Log, after, []council.Record{r}); err != nil {
		t.Fatalf("append %s: %v", r.Type, err)
	}
	return r
}

func loaded(t *testing.T, l Ledger, councilID, log string, after uint64) []council.Record {
	t.Helper()
	var list []council.Record
	if err := l.Load(t.Context(), councilID, log, after, func(r council.Record) error {
		list = append(list, r)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func same(a, b council.Record) bool {
	return a.Log == b.Log && a.Seq == b.Seq && a.Epoch == b.Epoch && a.Type == b.Type && a.Actor == b.Actor &&
		a.IdemKey == b.IdemKey && slices.Equal(a.Body, b.Body) && a.AtWallMS == b.AtWallMS && a.MonoMS == b.MonoMS &&
		a.BootID == b.BootID && a.PrevHash == b.PrevHash && a.Hash == b.Hash && slices.Equal(a.Print, b.Print)
}
