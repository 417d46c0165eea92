//go:build linux

package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary be the server process that a round starts.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "-serve" {
		if serve(os.Args[2], os.Stdin, os.Stdout) != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestRound plays a small scenario against both servers and checks that each figure was measured.
func TestRound(t *testing.T) {
	s := scenario{name: "1-2", publishers: 1, viewers: 2}
	for _, name := range []string{"ours", "control"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := round(s, name, options{window: 500 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			if r.microseconds <= 0 || r.packets <= 0 || r.joinP50 <= 0 || r.p99 < r.p50 {
				t.Errorf("measured %+v", r)
			}
			var out bytes.Buffer
			r.idle = idleMin - 1
			r.print(&out, name)
			if !strings.Contains(out.String(), "distrust") {
				t.Errorf("a busy machine is trusted: %s", out.String())
			}
		})
	}
}

// TestRoundOfNothing checks that a server which does not exist and one that refuses are errors.
func TestRoundOfNothing(t *testing.T) {
	if _, err := round(scenario{}, "nobody", options{window: time.Millisecond}); err == nil {
		t.Error("a server without a name served")
	}
	s, err := newOurs()
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if _, err := s.answer(context.Background(), request{Who: "a", Offer: "nonsense"}); err == nil {
		t.Error("nonsense was answered")
	}
	c, err := newControl()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if _, err := c.answer(context.Background(), request{Who: "a", Offer: "nonsense"}); err == nil {
		t.Error("the control answered nonsense")
	}
}

// TestChosen checks the flags.
func TestChosen(t *testing.T) {
	good := options{rounds: 1, window: time.Second}
	if all, err := chosen(good); err != nil || len(all) != len(scenarios) {
		t.Errorf("%d scenarios, %v", len(all), err)
	}
	good.names = []string{"10x10"}
	if one, err := chosen(good); err != nil || len(one) != 1 || one[0].name != "10x10" {
		t.Errorf("%v, %v", one, err)
	}
	for _, o := range []options{
		{rounds: 0, window: time.Second}, {rounds: 1}, {rounds: 1, window: 2 * time.Hour},
		{names: []string{"none"}, rounds: 1, window: time.Second},
	} {
		if _, err := chosen(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

// TestMedian checks odd, even and empty lists.
func TestMedian(t *testing.T) {
	if median(nil) != 0 || median([]float64{3, 1, 2}) != 2 || median([]float64{4, 1, 2, 3}) != 2.5 {
		t.Error("wrong medians")
	}
}
