package packets

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// talk is a source that sends a level each 20 ms while it is on.
type talk struct {
	src      uint32
	level    uint8
	from, to time.Duration
}

// hear plays the talks and returns the dominant speaker after each step of 20 ms that changed him.
func hear(d *SpeakerDetector, until time.Duration, talks []talk) (changes []uint32, at []time.Duration) {
	for now := time.Duration(0); now < until; now += 20 * time.Millisecond {
		for _, k := range talks {
			if now >= k.from && now < k.to {
				d.OnLevel(k.src, k.level, int64(now))
			}
		}
		if src, changed := d.Tick(int64(now)); changed {
			changes, at = append(changes, src), append(at, now)
		}
	}
	return changes, at
}

func TestSpeakerDetector(t *testing.T) {
	s := time.Second
	ms := time.Millisecond
	tests := []struct {
		name  string
		talks []talk
		want  []uint32
		last  [2]time.Duration // when the last change may happen; zero = anytime
	}{
		{"nobody", nil, nil, [2]time.Duration{}},
		{"too quiet", []talk{{1, 40, 0, 3 * s}}, nil, [2]time.Duration{}},
		{"one", []talk{{1, 20, 0, 3 * s}}, []uint32{1}, [2]time.Duration{100 * ms, 200 * ms}},
		{"at -35 dBov counts", []talk{{1, 35, 0, 3 * s}}, []uint32{1}, [2]time.Duration{}},
		{"a cough is nobody", []talk{{1, 10, s, s + 100*ms}}, nil, [2]time.Duration{}},
		{"silent for a second, then the other", []talk{{1, 20, 0, 2 * s}, {2, 40, 0, 2 * s}, {2, 25, 2 * s, 6 * s}}, []uint32{1, 2}, [2]time.Duration{3 * s, 3500 * ms}},
		{"3 dB louder for 600 ms", []talk{{1, 25, 0, 6 * s}, {2, 18, 2 * s, 6 * s}}, []uint32{1, 2}, [2]time.Duration{2700 * ms, 3500 * ms}},
		{"2 dB louder is not enough", []talk{{1, 25, 0, 6 * s}, {2, 23, 2 * s, 6 * s}}, []uint32{1}, [2]time.Duration{}},
		{"louder but short", []talk{{1, 25, 0, 6 * s}, {2, 15, 2 * s, 2500 * ms}}, []uint32{1}, [2]time.Duration{}},
		{"stays while all are silent", []talk{{1, 20, 0, s}}, []uint32{1}, [2]time.Duration{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, at := hear(NewSpeakerDetector(), 6*s, tt.talks)
			if !slices.Equal(got, tt.want) {
				t.Fatalf("dominant speakers %v at %v, want %v", got, at, tt.want)
			}
			if n := len(at); tt.last[1] > 0 && (at[n-1] < tt.last[0] || at[n-1] > tt.last[1]) {
				t.Errorf("last change after %v, want %v", at[n-1], tt.last)
			}
		})
	}
}

func TestSpeakerDetectorInANoisyRoom(t *testing.T) {
	d := NewSpeakerDetector()
	rnd := rand.New(rand.NewPCG(3, 4))
	changes := 0
	const secs = 30
	dominated := 0
	for now := time.Duration(0); now < secs*time.Second; now += 20 * time.Millisecond {
		for src := range uint32(100) {
			d.OnLevel(src+10, uint8(30+rnd.IntN(40)), int64(now))
		}
		d.OnLevel(1, uint8(15+rnd.IntN(15)), int64(now))
		dom, changed := d.Tick(int64(now))
		if changed {
			changes++
		}
		if dom == 1 {
			dominated++
		}
	}
	if changes > secs {
		t.Errorf("%d changes in %d s, want at most one a second", changes, secs)
	}
	if dominated < secs*50*9/10 {
		t.Errorf("the talker is dominant in %d of %d steps", dominated, secs*50)
	}
}

func TestSpeakerDetectorForgets(t *testing.T) {
	d := NewSpeakerDetector()
	hear(d, time.Second, []talk{{1, 20, 0, time.Second}, {2, 30, 0, time.Second}})
	if d.Dominant() != 1 {
		t.Fatal("1 is not dominant")
	}
	d.Remove(1)
	if dom, changed := d.Tick(int64(time.Second)); dom != 2 || !changed {
		t.Errorf("after the dominant speaker left: %d, changed %v", dom, changed)
	}
	if _, _ = d.Tick(int64(2 * time.Minute)); len(d.AppendLoud(nil)) != 0 {
		t.Error("a source that is silent for minutes is still known")
	}
}

func TestAppendLoudRanks(t *testing.T) {
	d := NewSpeakerDetector()
	s := time.Second
	hear(d, s, []talk{{1, 30, 0, s}, {2, 20, 0, s}, {3, 60, 0, s}, {4, 10, 0, 500 * time.Millisecond}})
	var got []uint32
	for _, l := range d.AppendLoud(nil) {
		got = append(got, l.Src)
	}
	if want := []uint32{2, 1, 4, 3}; !slices.Equal(got, want) {
		t.Errorf("ranked %v, want %v", got, want)
	}
}

func TestAssignAudio(t *testing.T) {
	member, audience := AudioSlots{Loudest: 2}, AudioSlots{}
	const now = int64(10 * time.Second)
	loud := func(src uint32) Loud { return Loud{Src: src, Active: true, Level: -float64(src), LastActive: now} }
	quiet := func(src uint32, ago time.Duration) Loud {
		return Loud{Src: src, Level: -90, LastActive: now - int64(ago)}
	}
	prio := func(src uint32) bool { return src >= 90 }
	tests := []struct {
		name string
		a    AudioSlots
		prev []uint32
		w    AudioWish
		want []uint32
	}{
		{"nobody", member, nil, AudioWish{}, []uint32{0, 0, 0, 0}},
		{"the loudest", member, nil, AudioWish{Loud: []Loud{loud(1), loud(2), loud(3), loud(4), loud(5)}, Dominant: 1}, []uint32{1, 2, 3, 4}},
		{"stage's owner first", member, nil, AudioWish{Loud: []Loud{loud(1), loud(2), loud(3)}, Dominant: 1, Stage: 3}, []uint32{3, 1, 2, 0}},
		{"owner silent: the dominant", member, nil, AudioWish{Loud: []Loud{loud(1), loud(2), quiet(3, 5*time.Second)}, Dominant: 1, Stage: 3}, []uint32{1, 2, 0, 0}},
		{"owner just fell silent", member, nil, AudioWish{Loud: []Loud{loud(1), quiet(3, time.Second)}, Dominant: 1, Stage: 3}, []uint32{3, 1, 0, 0}},
		{"keeps slots", member, []uint32{1, 3, 2, 0}, AudioWish{Loud: []Loud{loud(1), loud(2), loud(3)}, Dominant: 1}, []uint32{1, 3, 2, 0}},
		{"keeps 1.5 s", member, []uint32{1, 5, 0, 0}, AudioWish{Loud: []Loud{loud(1), loud(2), loud(3), loud(4), quiet(5, 1400*time.Millisecond)}, Dominant: 1}, []uint32{1, 5, 2, 3}},
		{"not longer", member, []uint32{1, 5, 0, 0}, AudioWish{Loud: []Loud{loud(1), loud(2), loud(3), loud(4), quiet(5, 1600*time.Millisecond)}, Dominant: 1}, []uint32{1, 2, 3, 4}},
		{"never the own voice", member, []uint32{2, 1, 0, 0}, AudioWish{Loud: []Loud{loud(1), loud(2)}, Dominant: 1, Own: 1}, []uint32{2, 0, 0, 0}},
		{"priority source", member, nil, AudioWish{Loud: []Loud{loud(1), loud(2), loud(3), loud(4), loud(95)}, Dominant: 1, Priority: prio}, []uint32{1, 2, 3, 95}},
		{"priority displaces the loudest in its slot", audience, []uint32{1, 2}, AudioWish{Loud: []Loud{loud(1), loud(2), loud(95)}, Dominant: 1, Priority: prio}, []uint32{1, 95}},
		{"priority is not displaced", audience, []uint32{1, 95}, AudioWish{Loud: []Loud{loud(1), loud(2), loud(90), loud(95)}, Dominant: 1, Priority: prio}, []uint32{1, 95}},
		{"priority where it is", member, []uint32{1, 95, 0, 0}, AudioWish{Loud: []Loud{loud(1), loud(2), loud(95)}, Dominant: 1, Priority: prio}, []uint32{1, 95, 2, 0}},
		{"pinned stage silent, somebody speaks", audience, nil, AudioWish{Loud: []Loud{loud(2), quiet(3, time.Minute)}, Dominant: 2, Stage: 3}, []uint32{2, 0}},
		{"pinned stage speaks, somebody else too", audience, nil, AudioWish{Loud: []Loud{loud(2), loud(3)}, Dominant: 2, Stage: 3}, []uint32{3, 2}},
		{"silence changes nothing", member, []uint32{1, 2, 0, 95}, AudioWish{Loud: []Loud{quiet(1, time.Minute), quiet(2, time.Minute), quiet(95, time.Minute)}, Priority: prio}, []uint32{1, 2, 0, 95}},
		{"who left is gone", member, []uint32{1, 2, 3, 4}, AudioWish{Loud: []Loud{quiet(1, time.Minute)}}, []uint32{1, 0, 0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			prev := slices.Clone(tt.prev)
			got := tt.a.AssignAudio(nil, prev, &tt.w, now)
			if !slices.Equal(got, tt.want) {
				t.Fatalf("slots %v, want %v", got, tt.want)
			}
			seen := map[uint32]bool{}
			for _, s := range got {
				if s != 0 && seen[s] {
					t.Fatalf("%d is in two slots: %v", s, got)
				}
				seen[s] = true
			}
			if again := tt.a.AssignAudio(nil, got, &tt.w, now); !slices.Equal(again, got) {
				t.Errorf("the same wish moves %v to %v", got, again)
			}
		})
	}
}

func TestAssignVideo(t *testing.T) {
	tests := []struct {
		name          string
		prev          []uint32
		slots         int
		stage, screen uint32
		grid          []uint32
		want          []uint32
	}{
		{"empty", nil, 4, 0, 0, nil, []uint32{0, 0, 0, 0}},
		{"in order", nil, 5, 1, 9, []uint32{2, 3, 4}, []uint32{1, 9, 2, 3, 4}},
		{"audience has no grid", nil, 2, 1, 9, []uint32{2, 3}, []uint32{1, 9}},
		{"stage and screen are not in the grid", nil, 5, 1, 9, []uint32{1, 2, 9, 2, 0, 3}, []uint32{1, 9, 2, 3, 0}},
		{"too many", nil, 4, 1, 0, []uint32{2, 3, 4, 5}, []uint32{1, 0, 2, 3}},
		{"stays where it is", []uint32{1, 9, 2, 3, 4}, 5, 1, 9, []uint32{4, 5, 2}, []uint32{1, 9, 2, 5, 4}},
		{"goes to the stage and back", []uint32{1, 0, 2, 3}, 4, 2, 0, []uint32{1, 3}, []uint32{2, 0, 1, 3}},
		{"fewer slots than before", []uint32{1, 0, 2, 3, 4}, 3, 1, 0, []uint32{4}, []uint32{1, 0, 4}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := AssignVideo(nil, tt.prev, tt.slots, tt.stage, tt.screen, tt.grid)
			if !slices.Equal(got, tt.want) {
				t.Errorf("slots %v, want %v", got, tt.want)
			}
		})
	}
}
