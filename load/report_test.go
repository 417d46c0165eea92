//go:build linux

package load

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestSampleKeepsAnEvenChoice(t *testing.T) {
	var s sample
	for i := range int64(3 * sampleMost) {
		s.add(i)
	}
	if s.met != 3*sampleMost || len(s.kept) != sampleMost {
		t.Fatalf("%d of %d kept", len(s.kept), s.met)
	}
	late := 0
	for _, v := range s.kept {
		if v >= 2*sampleMost {
			late++
		}
	}
	if share := float64(late) / sampleMost; share < 0.32 || share > 0.35 { // a third, ± many standard deviations
		t.Errorf("the last third has a share of %.3f", share)
	}
	if q := s.times(); q.Count != 3*sampleMost || q.P50 > q.P95 || q.P95 > q.P99 {
		t.Errorf("%+v", q)
	}
}

func TestReportSaysWhatHappened(t *testing.T) {
	r := Report{
		Seconds: 12, Joins: Tally{Times{5, 10, 20, 30}, map[string]int{"timeout": 2, "full": 1}}, Listeners: 5, Heard: 4, Packets: 990, Lost: 10,
		Votes: Tally{Done: Times{Count: 7}}, Counted: 6, Cut: map[string]int{"closed_1012": 1},
	}
	var out bytes.Buffer
	r.Print(&out)
	for _, want := range []string{
		"p50 10.0 ms, p95 20.0 ms, p99 30.0 ms (5); failed 3: full 1, timeout 2", "4 of 5 listeners", "10 lost (1.000 %)", "6 of 7", "closed_1012 1",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "hands") {
		t.Errorf("hands that nobody raised:\n%s", &out)
	}
}

func TestReasonsAreShort(t *testing.T) {
	for want, err := range map[string]error{
		"full":        fmt.Errorf("join: %w", &refusal{code: "full"}),
		"closed_4404": fmt.Errorf("%w: %w", errGone, &websocket.CloseError{Code: 4404}),
		"timeout":     fmt.Errorf("x: %w", context.DeadlineExceeded),
		"interrupted": context.Canceled,
		"cut":         errGone,
		"network":     errors.New("no route"),
	} {
		if got := reason(err); got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
}

// ledger makes a bundle of one log.
func ledger(t *testing.T, lines ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("sitting.jsonl")
	if err == nil {
		_, err = w.Write([]byte(strings.Join(lines, "\n")))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOnlyAcknowledgedVotesCountOnce(t *testing.T) {
	acked := map[string]bool{"a": true, "b": true, "c": true}
	n, err := votesIn(ledger(t,
		`{"type":"VoteReceived","idem_key":"a"}`, `{"type":"VoteReceived","idem_key":"a"}`, `{"type":"HandRaised","idem_key":"b"}`,
		`{"type":"VoteReceived","idem_key":"other"}`, `{"type":"VoteReceived","idem_key":"c"}`), acked)
	if err != nil || n != 2 {
		t.Errorf("%d, %v; want a and c", n, err)
	}
	for what, bad := range map[string][]byte{
		"not a zip": []byte("x"), "not JSON": ledger(t, "{"), "a record without end": ledger(t, strings.Repeat("x", recordMax+1)),
	} {
		if _, err := votesIn(bad, acked); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

func TestFillInMakesOneChair(t *testing.T) {
	doc := map[string]any{"rules": map[string]any{}}
	fillIn(doc, 3)
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(raw), `"chair"`); n != 1 || strings.Count(string(raw), `"deputy"`) != 3 || !strings.Contains(string(raw), `"elected":3`) {
		t.Errorf("%s", raw)
	}
}

func TestIdsAreVersion7(t *testing.T) {
	a, b := newID(), newID()
	if len(a) != 36 || a[14] != '7' || a == b || strings.ToLower(a) != a {
		t.Errorf("%s, %s", a, b)
	}
	if ms := time.Now().UnixMilli(); fmt.Sprintf("%012x", ms)[:8] > a[:8] && a[:8] < fmt.Sprintf("%012x", ms-2000)[:8] {
		t.Errorf("%s is not of now", a)
	}
}
