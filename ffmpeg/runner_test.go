package ffmpeg

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// TestSupervise checks the pauses between attempts on a clock of its own.
func TestSupervise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRunner(nil)
		defer r.Close()
		var pauses []time.Duration
		tries := 0
		done := r.Supervise(context.Background(), "camera", func(context.Context) error {
			switch tries++; tries {
			case 8: // held for a while: the pauses start over
				time.Sleep(2 * steady)
			case 10:
				return nil
			}
			return errors.New("no camera")
		}, func(_ error, pause time.Duration) { pauses = append(pauses, pause) })
		<-done
		want := []time.Duration{1, 2, 4, 8, 16, 30, 30, 1, 2}
		if len(pauses) != len(want) {
			t.Fatalf("%v", pauses)
		}
		for i := range want {
			if pauses[i] != want[i]*time.Second {
				t.Errorf("pause %d: %v, want %v s", i, pauses[i], int(want[i]))
			}
		}
	})
}

func TestSuperviseEnds(t *testing.T) {
	r := NewRunner(nil)
	ctx, cancel := context.WithCancel(context.Background())
	attempt := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	first := r.Supervise(ctx, "a", attempt, nil)
	second := r.Supervise(context.Background(), "b", attempt, nil)
	cancel()
	<-first
	r.Close()
	<-second
	<-r.Supervise(context.Background(), "c", attempt, nil)
}

func TestMetrics(t *testing.T) {
	r := newRunner(t)
	child := start(t, r, shell("exec sleep 600"))
	_ = start(t, r, shell("exit 1")).Wait()
	reg := prometheus.NewPedanticRegistry()
	for _, c := range r.Collectors() {
		reg.MustRegister(c)
	}
	families, err := reg.Gather()
	must(t, err)
	have := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			have[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	for name, want := range map[string]float64{
		"nghitruong_ffmpeg_running": 1, "nghitruong_ffmpeg_events_total started": 2,
		"nghitruong_ffmpeg_events_total failed": 1, "nghitruong_ffmpeg_events_total killed": 0, "nghitruong_ffmpeg_events_total retried": 0,
	} {
		if got, ok := have[name]; !ok || got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	child.Stop()
}
