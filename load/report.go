//go:build linux

package load

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

const sampleMost = 1 << 20 // values kept

// sample keeps values; beyond sampleMost an even choice of them by chance.
type sample struct {
	kept []int64
	met  int64 // kept or not
}

func (s *sample) add(v int64) {
	s.met++
	if len(s.kept) < sampleMost {
		s.kept = append(s.kept, v)
	} else if i := rand.Int64N(s.met); i < sampleMost {
		s.kept[i] = v
	}
}

// Times are percentiles of Count durations, in milliseconds; all 0 when there were none.
type Times struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	P99   float64 `json:"p99_ms"`
}

// times takes nanoseconds.
func (s *sample) times() Times {
	sorted := slices.Clone(s.kept)
	slices.Sort(sorted)
	ms := func(q float64) float64 { return float64(Percentile(sorted, q)) / float64(time.Millisecond) }
	return Times{s.met, ms(0.5), ms(0.95), ms(0.99)}
}

// Tally is how one kind of thing went: durations of those that succeeded, and the others by reason (the server's code, or "timeout",
// "network", "cut", "interrupted").
type Tally struct {
	Done   Times          `json:"done"`
	Failed map[string]int `json:"failed"`
}

// Failures is the number of those that failed.
func (t Tally) Failures() (n int) {
	for _, k := range t.Failed {
		n += k
	}
	return n
}

// Report is what was measured. Delays are from a publisher of this program to the kernel's time stamp at a viewer, of one packet in
// sixteen; there are none when somebody else publishes.
type Report struct {
	Seconds    float64        `json:"seconds"`
	Joins      Tally          `json:"joins"` // from the first call to the media connection
	Listeners  int            `json:"listeners"`
	Heard      int            `json:"heard"`          // listeners to whom media came
	FirstMedia Times          `json:"first_media_ms"` // from the first call to the first packet
	Packets    int64          `json:"packets"`
	Lost       int64          `json:"lost"`
	Delays     Times          `json:"delays"`
	Hands      Tally          `json:"hands"` // raised and lowered, from the act to its answer
	Votes      Tally          `json:"votes"`
	Counted    int            `json:"votes_in_ledger"` // acknowledged votes that the meetings' ledgers hold
	Cut        map[string]int `json:"cut"`             // sockets that broke, by reason
}

// Print writes the report for people.
func (r Report) Print(out io.Writer) {
	row := func(name, format string, args ...any) {
		fmt.Fprintf(out, "%-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	row("measured", "%.1f s", r.Seconds)
	row("joins", "%s", r.Joins)
	row("media", "came to %d of %d listeners; first packet after %s", r.Heard, r.Listeners, r.FirstMedia)
	share := 0.0
	if r.Packets+r.Lost > 0 {
		share = 100 * float64(r.Lost) / float64(r.Packets+r.Lost)
	}
	row("packets", "%d received, %d lost (%.3f %%)", r.Packets, r.Lost, share)
	row("delay", "%s", r.Delays)
	if r.Hands.Done.Count > 0 || r.Hands.Failures() > 0 {
		row("hands", "%s", r.Hands)
	}
	if r.Votes.Done.Count > 0 || r.Votes.Failures() > 0 {
		row("votes", "%s; in the ledger %d of %d acknowledged", r.Votes, r.Counted, r.Votes.Done.Count)
	}
	if len(r.Cut) > 0 {
		row("cut sockets", "%s", reasons(r.Cut))
	}
}

// String is one line.
func (t Times) String() string {
	if t.Count == 0 {
		return "none measured"
	}
	return fmt.Sprintf("p50 %.1f ms, p95 %.1f ms, p99 %.1f ms (%d)", t.P50, t.P95, t.P99, t.Count)
}

// String is one line.
func (t Tally) String() string {
	if n := t.Failures(); n > 0 {
		return fmt.Sprintf("%s; failed %d: %s", t.Done, n, reasons(t.Failed))
	}
	return fmt.Sprintf("%s; failed 0", t.Done)
}

func reasons(m map[string]int) string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		all = append(all, fmt.Sprintf("%s %d", k, m[k]))
	}
	return strings.Join(all, ", ")
}
