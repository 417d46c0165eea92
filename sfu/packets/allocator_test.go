package packets

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	camCosts    = []uint64{150_000, 450_000, 1_200_000}
	screenCosts = []uint64{400_000, 1_500_000}
)

func stage() Stream          { return Stream{Slot: 0, Place: PlaceStage, Costs: camCosts, Max: 2} }
func screen() Stream         { return Stream{Slot: 1, Place: PlaceScreen, Costs: screenCosts, Max: 1} }
func tile(i int) Stream      { return Stream{Slot: 2 + i, Place: PlaceGrid, Costs: camCosts, Max: 1} }
func layers(g []Grant) []int { return mapGrants(g, func(x Grant) int { return x.Layer }) }

func mapGrants[T any](g []Grant, f func(Grant) T) []T {
	var out []T
	for _, x := range g {
		out = append(out, f(x))
	}
	return out
}

// TestAllocatorGolden asks a new allocator, so without hysteresis: audio costs 96 kb/s.
func TestAllocatorGolden(t *testing.T) {
	meeting := []Stream{stage(), tile(0), tile(1), tile(2)}
	lecture := []Stream{stage(), screen()}
	hall := []Stream{{Slot: 0, Place: PlaceStage, Costs: []uint64{2_500_000}, Max: 0}}
	bigScreen := []Stream{stage(), {Slot: 1, Place: PlaceScreen, Costs: []uint64{700_000}, Max: 0}}
	tests := []struct {
		name     string
		streams  []Stream
		estimate uint64
		want     []int
		base     []bool // nil = none
	}{
		{"audio alone leaves nothing", meeting, 90_000, []int{-1, -1, -1, -1}, nil},
		{"less than 100 kb/s after audio", meeting, 190_000, []int{-1, -1, -1, -1}, nil},
		{"a link of 150 kb/s only hears", lecture, 150_000, []int{-1, -1}, nil},
		{"q without its upper temporal layer", meeting, 200_000, []int{0, -1, -1, -1}, []bool{true, false, false, false}},
		{"stage at q", meeting, 250_000, []int{0, -1, -1, -1}, nil},
		{"300 kb/s", meeting, 300_000, []int{0, -1, -1, -1}, nil},
		{"stage and one tile", meeting, 400_000, []int{0, 0, -1, -1}, nil},
		{"600 kb/s: the tiles before a better stage", meeting, 600_000, []int{0, 0, 0, -1}, nil},
		{"all at q", meeting, 700_000, []int{0, 0, 0, 0}, nil},
		{"stage at h", meeting, 1_100_000, []int{1, 0, 0, 0}, nil},
		{"stage at f", meeting, 2_000_000, []int{2, 0, 0, 0}, nil},
		{"tiles at h, in order", meeting, 2_300_000, []int{2, 1, 0, 0}, nil},
		{"all", meeting, 5_000_000, []int{2, 1, 1, 1}, nil},
		{"screen first", lecture, 520_000, []int{-1, 0}, nil},
		{"screen may exceed by 500 kb/s", lecture, 250_000, []int{-1, 0}, nil},
		{"screen and stage", lecture, 700_000, []int{0, 0}, nil},
		{"screen in full before a better stage", lecture, 2_200_000, []int{1, 1}, nil},
		{"one big screen within 500 kb/s", bigScreen, 300_000, []int{-1, 0}, nil},
		{"hall of 2.5 Mb/s does not fit", hall, 1_000_000, []int{-1}, nil},
		{"hall of 2.5 Mb/s without its upper temporal layer", hall, 1_700_000, []int{0}, []bool{true}},
		{"hall of 2.5 Mb/s fits", hall, 2_600_000, []int{0}, nil},
		{"nobody", nil, 1_000_000, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, left := NewAllocator().Allocate(nil, tt.streams, tt.estimate, 2*AudioCost, 0)
			if !slices.Equal(layers(got), tt.want) {
				t.Fatalf("layers %v, want %v", layers(got), tt.want)
			}
			for i, g := range got {
				if g.Base != (tt.base != nil && tt.base[i]) {
					t.Errorf("stream %d: base %v", i, g.Base)
				}
			}
			if left > tt.estimate {
				t.Errorf("%d left of %d", left, tt.estimate)
			}
		})
	}
}

// TestAllocatorHysteresis plays estimates over time for one stage; a new layer is written as seconds it took.
func TestAllocatorHysteresis(t *testing.T) {
	a := NewAllocator()
	now := time.Duration(0)
	// run keeps an estimate for a time and returns when the layer changed, from the beginning of the run, and to what.
	run := func(estimate uint64, d time.Duration) (after time.Duration, layer int) {
		after = -1
		streams := []Stream{stage()}
		for end := now + d; now < end; now += 100 * time.Millisecond {
			before := Paused
			if st := a.slots[0]; st != nil {
				before = st.layer
			}
			got, _ := a.Allocate(nil, streams, estimate, AudioCost, int64(now))
			if got[0].Layer != before && after < 0 {
				after = d - (end - now)
			}
			layer = got[0].Layer
		}
		return after, layer
	}
	steps := []struct {
		name     string
		estimate uint64
		d        time.Duration
		after    time.Duration
		layer    int
	}{
		{"starts at once", 300_000, time.Second, 0, 0},
		{"h fits, but not 1.25 times", 540_000, 5 * time.Second, -1, 0},
		{"h fits, and nothing has spoken against the line", 700_000, 5 * time.Second, upHoldFresh, 1},
		{"down at once", 300_000, time.Second, 0, 0},
		{"quarantine of 8 s, one of which is over", 700_000, 10 * time.Second, 7 * time.Second, 1},
		{"down again", 300_000, time.Second, 0, 0},
		{"quarantine of 16 s", 700_000, 20 * time.Second, 15 * time.Second, 1},
		{"down again", 300_000, time.Second, 0, 0},
		{"quarantine of 32 s", 700_000, 40 * time.Second, 31 * time.Second, 1},
		{"down again", 300_000, time.Second, 0, 0},
		{"quarantine of 60 s", 700_000, 100 * time.Second, 59 * time.Second, 1},
		{"a minute of peace heals: paused", 100_000, time.Second, 0, Paused},
		{"8 s again", 300_000, 20 * time.Second, 7 * time.Second, 0},
		{"a dip starts the 3 s anew", 700_000, 2 * time.Second, -1, 0},
		{"the dip", 400_000, 200 * time.Millisecond, -1, 0},
		{"from here", 700_000, 5 * time.Second, 3 * time.Second, 1},
	}
	for _, s := range steps {
		after, layer := run(s.estimate, s.d)
		if after != s.after || layer != s.layer {
			t.Fatalf("%s: layer %d, first change after %v, want %d after %v", s.name, layer, after, s.layer, s.after)
		}
	}
}

func TestAllocatorWishIsNoDownStep(t *testing.T) {
	a := NewAllocator()
	s := stage()
	a.Allocate(nil, []Stream{s}, 5_000_000, AudioCost, 0)
	s.Max = 0
	got, _ := a.Allocate(nil, []Stream{s}, 5_000_000, AudioCost, 1)
	if got[0].Layer != 0 || a.until != 0 {
		t.Errorf("layer %d, quarantine until %d", got[0].Layer, a.until)
	}
	a.Allocate(nil, nil, 5_000_000, AudioCost, 2)
	s.Max = 2
	if got, _ = a.Allocate(nil, []Stream{s}, 5_000_000, AudioCost, 3); got[0].Layer != 2 {
		t.Errorf("a newly filled slot starts at %d", got[0].Layer)
	}
}

func TestAllocatorNeverExceeds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := NewAllocator()
		now := int64(0)
		for range rapid.IntRange(1, 30).Draw(t, "rounds") {
			now += rapid.Int64Range(1, int64(5*time.Second)).Draw(t, "later")
			streams := []Stream{}
			for i := range rapid.IntRange(0, 6).Draw(t, "tiles") {
				streams = append(streams, tile(i))
			}
			hasScreen := rapid.Bool().Draw(t, "screen")
			if hasScreen {
				streams = append(streams, screen())
			}
			streams = append(streams, stage())
			estimate := rapid.Uint64Range(0, 6_000_000).Draw(t, "estimate")
			got, left := a.Allocate(nil, streams, estimate, AudioCost, now)
			sum := AudioCost
			for i, g := range got {
				switch {
				case g.Layer > streams[i].Max || g.Layer >= len(streams[i].Costs):
					t.Fatalf("stream %d gets layer %d", i, g.Layer)
				case g.Base:
					sum += streams[i].Costs[0] * baseNum / baseDen
				case g.Layer >= 0:
					sum += streams[i].Costs[g.Layer]
				}
			}
			most := estimate
			if hasScreen {
				most += screenOversend
			}
			if sum > most && sum > AudioCost {
				t.Fatalf("%d granted of %d: %v", sum, estimate, got)
			}
			if sum <= estimate && left != estimate-sum {
				t.Fatalf("%d left, but %d of %d granted", left, sum, estimate)
			}
		}
	})
}
