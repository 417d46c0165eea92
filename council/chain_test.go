package council

import (
	"errors"
	"fmt"
	"iter"
	"testing"
)

func each(records []Record) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestVerifyChain(t *testing.T) {
	h, _ := play(t, "ket-qua")
	last, err := VerifyChain("s1", each(h.log))
	if err != nil || last.Seq != h.Seq() {
		t.Fatalf("the good log: %v at %d", err, last.Seq)
	}
	if last, err := VerifyChain("s1", each(nil)); err != nil || last.Seq != 0 {
		t.Errorf("the empty log: %v %d", err, last.Seq)
	}
	rehash := func(r *Record) { r.Hash = r.Sum() }
	for name, c := range map[string]struct {
		change func(log []Record) []Record
		seq    uint64
		why    string
	}{
		"body":     {func(l []Record) []Record { l[9].Body[len(l[9].Body)-2] ^= 1; return l }, 10, "hash"},
		"actor":    {func(l []Record) []Record { l[9].Actor = "p02"; return l }, 10, "hash"},
		"type":     {func(l []Record) []Record { l[9].Type = "VoteReceived"; return l }, 10, "hash"},
		"key":      {func(l []Record) []Record { l[9].IdemKey = "x"; return l }, 10, "hash"},
		"time":     {func(l []Record) []Record { l[9].AtWallMS++; return l }, 10, "hash"},
		"mono":     {func(l []Record) []Record { l[9].MonoMS++; return l }, 10, "hash"},
		"boot":     {func(l []Record) []Record { l[9].BootID = "x"; return l }, 10, "hash"},
		"dropped":  {func(l []Record) []Record { return append(l[:9], l[10:]...) }, 10, "sequence"},
		"swapped":  {func(l []Record) []Record { l[9], l[10] = l[10], l[9]; return l }, 10, "sequence"},
		"doubled":  {func(l []Record) []Record { l[10] = l[9]; return l }, 11, "sequence"},
		"first":    {func(l []Record) []Record { return l[1:] }, 1, "sequence"},
		"foreign":  {func(l []Record) []Record { l[9].Log = "s2"; rehash(&l[9]); return l }, 10, "log"},
		"epoch":    {func(l []Record) []Record { l[9].Epoch = 0; rehash(&l[9]); return l }, 10, "epoch"},
		"rehashed": {func(l []Record) []Record { l[9].IdemKey = "x"; rehash(&l[9]); return l }, 11, "previous hash"},
		"last":     {func(l []Record) []Record { l[len(l)-1].Type = "x"; rehash(&l[len(l)-1]); return l }, h.Seq(), "body"},
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := play(t, "ket-qua")
			_, err := VerifyChain("s1", each(c.change(h.log)))
			var broken *ChainError
			if !errors.As(err, &broken) || broken.Seq != c.seq || broken.Why != c.why {
				t.Errorf("got %v, want %s at %d", err, c.why, c.seq)
			}
		})
	}
	failing := errors.New("disk")
	_, err = VerifyChain("s1", func(yield func(Record, error) bool) { yield(Record{}, failing) })
	if !errors.Is(err, failing) {
		t.Errorf("got %v", err)
	}
}

func TestNewRecordRefuses(t *testing.T) {
	if _, err := NewRecord(nil, "s1", 1, "b", Event{Seq: 2, Body: SittingOpened{}}); err == nil {
		t.Error("a gap is recorded")
	}
	if _, err := NewRecord(nil, "s1", 1, "b", Event{Seq: 1, Body: foreignEvent{}}); err == nil {
		t.Error("an unknown event is recorded")
	}
	r := Record{Type: "Foreign"}
	if _, err := r.Event(); err == nil {
		t.Error("an unknown record is read")
	}
	sys, err := NewRecord(nil, "s1", 1, "b", Event{Seq: 1, By: Actor{System: true}, Body: PersonLost{"p02"}})
	if err != nil || sys.Actor != string(System) {
		t.Fatalf("%v %s", err, sys.Actor)
	}
	if e, err := sys.Event(); err != nil || !e.By.System {
		t.Errorf("%v %+v", err, e.By)
	}
}

// The hash of a fixed record: it changes only with the format of docs/formats/ledger.md.
func TestRecordSumIsFixed(t *testing.T) {
	r := Record{
		Log: "s1", Seq: 2, Epoch: 1, Type: "VoteReceived", Actor: "p02", IdemKey: "k", Body: []byte(`{"choice":"for"}`),
		AtWallMS: 1795395600000, MonoMS: 5, BootID: "boot", PrevHash: [32]byte{1},
	}
	const want = "421125d8b98b6060ab0b8e626afa3a9e2c069cb29e16fc6903fbc82ae4ad15aa"
	if got := fmt.Sprintf("%x", r.Sum()); got != want {
		t.Errorf("got %s", got)
	}
}
