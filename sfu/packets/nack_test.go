package packets

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestNackGenerator(t *testing.T) {
	ms := func(n int64) int64 { return n * 1e6 }
	type step struct {
		at   int64
		got  []uint64
		want []uint16 // of a Tick after the packets; nil = none
	}
	tests := []struct {
		name  string
		rtt   time.Duration
		steps []step
	}{
		{"no loss", 0, []step{{0, []uint64{100, 101, 102}, nil}, {100, []uint64{103}, nil}}},
		{"after two later packets", 0, []step{{0, []uint64{100, 102}, nil}, {5, []uint64{103}, []uint16{101}}, {10, nil, nil}}},
		{"after 20 ms", 0, []step{{0, []uint64{100, 102}, nil}, {20, nil, []uint16{101}}}},
		{"reordering is no loss", 0, []step{{0, []uint64{100, 102}, nil}, {10, []uint64{101}, nil}, {40, []uint64{103}, nil}}},
		{"repeats each 40 ms", 0, []step{
			{0, []uint64{100, 102, 103}, []uint16{101}},
			{39, nil, nil},
			{40, nil, []uint16{101}},
			{79, nil, nil},
			{80, nil, []uint16{101}},
		}},
		{"repeats each round trip", 300 * time.Millisecond, []step{
			{0, []uint64{100, 102, 103}, []uint16{101}},
			{299, nil, nil},
			{300, nil, []uint16{101}},
			{310, []uint64{101}, nil},
			{900, nil, nil},
		}},
		{"numbers wrap", 0, []step{{0, []uint64{65535, 65538, 65539}, []uint16{0, 1}}}},
		{"too old", 500 * time.Millisecond, []step{
			{0, []uint64{100, 102, 103}, []uint16{101}},
			{600, nil, []uint16{101}},
			{1201, nil, nil},
			{1300, nil, nil},
		}},
		{"a jump is not asked for", 0, []step{{0, []uint64{100, 400, 401}, nil}, {50, nil, nil}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := NewNackGenerator()
			for i, s := range tt.steps {
				for _, sn := range s.got {
					g.OnPacket(sn, ms(s.at))
				}
				got := g.Tick(ms(s.at), tt.rtt, nil)
				if len(got) != len(s.want) {
					t.Fatalf("step %d: %v, want %v", i, got, s.want)
				}
				for j := range got {
					if got[j] != s.want[j] {
						t.Fatalf("step %d: %v, want %v", i, got, s.want)
					}
				}
			}
		})
	}
}

func TestNackGeneratorLimits(t *testing.T) {
	g := NewNackGenerator()
	g.OnPacket(100, 0)
	g.OnPacket(102, 0)
	tries := 0
	for now := int64(0); now < int64(2*time.Second); now += int64(NackTick) {
		tries += len(g.Tick(now, 0, nil))
	}
	if tries != nackTries || g.Missing() != 0 || !g.Broken() || g.Broken() {
		t.Errorf("%d tries, %d missing", tries, g.Missing())
	}
	if asked, recovered, lost := g.Counts(); asked != nackTries || recovered != 0 || lost != 1 {
		t.Errorf("counts %d %d %d", asked, recovered, lost)
	}
	g.OnPacket(110, int64(3*time.Second))
	g.ForgetBefore(108)
	if g.Missing() != 2 {
		t.Errorf("%d missing after a keyframe, want 108 and 109", g.Missing())
	}
	g.OnPacket(500, int64(3*time.Second))
	if !g.Broken() || g.Missing() != 0 {
		t.Error("a jump is not told")
	}
}

// TestNackGeneratorEconomy is a link with RTT 300 ms that loses one packet in ten, repairs too.
func TestNackGeneratorEconomy(t *testing.T) {
	const rtt = 300 * time.Millisecond
	rnd := rand.New(rand.NewPCG(1, 2))
	g := NewNackGenerator()
	due := map[int64][]uint64{} // repairs by arrival
	oldest := map[uint16]int64{}
	losses, asked := 0, 0
	sn := uint64(1 << 16)
	for now := int64(0); now < int64(60*time.Second); now += int64(5 * time.Millisecond) {
		sn++
		if rnd.Float64() >= 0.1 {
			g.OnPacket(sn, now)
		} else {
			losses++
			oldest[uint16(sn)] = now
		}
		for _, r := range due[now] {
			g.OnPacket(r, now)
		}
		delete(due, now)
		if now%int64(NackTick) == 0 {
			for _, n := range g.Tick(now, rtt, nil) {
				asked++
				if age := now - oldest[n]; age > int64(nackMaxAge) {
					t.Fatalf("asked for %d after %v", n, time.Duration(age))
				}
				if rnd.Float64() >= 0.1 {
					at := now + int64(rtt)
					due[at] = append(due[at], sn-uint64(uint16(sn)-n))
				}
			}
		}
	}
	if per := float64(asked) / float64(losses); per > 1.3 {
		t.Errorf("%.2f requests per loss, want at most 1.3", per)
	}
	if _, recovered, lost := g.Counts(); float64(lost) > 0.02*float64(losses) || recovered < uint64(losses)*9/10 {
		t.Errorf("%d of %d recovered, %d lost", recovered, losses, lost)
	}
}

func TestNackResponder(t *testing.T) {
	ms := func(n int64) int64 { return n * 1e6 }
	type ask struct {
		sn   uint64
		at   int64
		want Refusal
	}
	tests := []struct {
		name     string
		age, rtt time.Duration
		estimate uint64
		pli      bool
		key      uint64
		asks     []ask
	}{
		{name: "once per round trip", rtt: 100 * time.Millisecond, asks: []ask{{70000, 1, Resend}, {70000, 60, TooSoon}, {70001, 60, Resend}, {70000, 88, TooSoon}, {70000, 89, Resend}}},
		{name: "at least 20 ms apart", rtt: time.Millisecond, asks: []ask{{70000, 1, Resend}, {70000, 20, TooSoon}, {70000, 21, Resend}}},
		{name: "five times", asks: []ask{{1, 100, Resend}, {1, 200, Resend}, {1, 300, Resend}, {1, 400, Resend}, {1, 500, Resend}, {1, 600, TooOften}, {129, 600, Resend}}},
		{name: "old", age: 2501 * time.Millisecond, asks: []ask{{1, 1, TooOld}}},
		{name: "before the keyframe", key: 50, asks: []ask{{49, 1, BeforeKey}, {50, 1, Resend}, {51, 1, Resend}}},
		{name: "keyframe on its way", pli: true, asks: []ask{{1, 1, KeyframeDue}}},
		{name: "30 % of 160 kb/s: 24 kbit at once, then 48 kb/s", estimate: 160_000, asks: []ask{
			{1, 1000, Resend}, {2, 1000, Resend}, {3, 1000, TooExpensive}, {3, 1090, TooExpensive}, {3, 1100, Resend}, {4, 1100, TooExpensive},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r NackResponder
			r.OnKeyframe(tt.key)
			for i, a := range tt.asks {
				if got := r.Ask(a.sn, 1200, tt.age, tt.rtt, tt.estimate, tt.pli, ms(a.at)); got != a.want {
					t.Fatalf("ask %d: %v, want %v", i, got, a.want)
				}
			}
		})
	}
}

func TestMetaRing(t *testing.T) {
	r := NewMetaRing(500)
	if len(r.entry) != MetaSize {
		t.Fatalf("%d entries", len(r.entry))
	}
	if _, ok := r.Get(0); ok {
		t.Error("an empty ring knows number 0")
	}
	for sn := range uint16(600) {
		r.Put(Meta{OutSN: sn + 65000, InSN: uint64(sn)})
	}
	if _, ok := r.Get(65000); ok {
		t.Error("still knows a packet 600 numbers back")
	}
	if e, ok := r.Get(63); !ok || e.InSN != 599 {
		t.Errorf("newest: %+v, %v", e, ok)
	}
}
