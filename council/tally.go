package council

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// byName lists the deputies who were present or voted, in the order of the electorate.
func (s *Sitting) byName(b *ballot) []NamedVote {
	names := []NamedVote{}
	for _, id := range b.open.Electorate {
		v := b.votes[id]
		if v.choice == "" && !s.presenceOf(id).Counts() {
			continue
		}
		names = append(names, NamedVote{Person: id, Label: s.label(id), Choice: v.choice, Recorded: v.recorded})
	}
	return names
}

// tally counts the votes as they stand. Verdicts are decided in integers.
func (s *Sitting) tally(b *ballot) Result {
	names := s.byName(b)
	r := Result{Present: len(names), Total: b.open.Total, Base: b.open.Base, ByName: names}
	counts := map[string]int{}
	for _, n := range names {
		counts[n.Choice]++
	}
	r.NotPressed = counts[""]
	for _, o := range b.open.Options {
		n := counts[o.ID]
		r.Options = append(r.Options, OptionResult{
			ID: o.ID, Label: o.Label, Count: n, PctTotal: Percent(n, r.Total), PctPresent: Percent(n, r.Present),
		})
	}
	r.BaseCount = r.Total
	if r.Base == BasePresent {
		r.BaseCount = r.Present
	}
	yes := deciding(b.open.Options)
	r.Need = b.open.Threshold.Need(r.BaseCount)
	r.Passed = b.open.Threshold.Met(counts[yes.ID], r.BaseCount)
	r.Sentence = sentence(counts[yes.ID], r.BaseCount, r.Base, yes.Label, b.open.Announce, r.Passed)
	r.Hash = b.tallyHash(names)
	return r
}

// deciding is the option that the threshold is asked of: "for", else the first.
func deciding(options []Option) Option {
	for _, o := range options {
		if o.ID == "for" {
			return o
		}
	}
	if len(options) == 0 {
		return Option{}
	}
	return options[0]
}

// tallyHash binds the names and choices to the opening: 16 hex digits.
func (b *ballot) tallyHash(names []NamedVote) string {
	h := newHash()
	h.text(b.open.Hash)
	h.number(len(names))
	for _, n := range names {
		h.text(string(n.Person))
		h.text(n.Choice)
		if n.Recorded {
			h.text("recorded")
		} else {
			h.text("own")
		}
	}
	return h.hex()[:16]
}

// hash feeds length-prefixed fields to SHA-256.
type hash struct{ data []byte }

func newHash() *hash { return &hash{} }

func (h *hash) text(s string) {
	h.data = binary.BigEndian.AppendUint64(h.data, uint64(len(s)))
	h.data = append(h.data, s...)
}

func (h *hash) number(n int) {
	h.data = binary.BigEndian.AppendUint64(h.data, 8)
	h.data = binary.BigEndian.AppendUint64(h.data, uint64(max(n, 0))) //nolint:gosec // never negative
}

func (h *hash) hex() string {
	sum := sha256.Sum256(h.data)
	return hex.EncodeToString(sum[:])
}
