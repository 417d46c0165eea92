package packets

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestNTP(t *testing.T) {
	at := time.Date(2026, 7, 1, 8, 30, 0, 250_000_000, time.UTC)
	ntp := NTP(at.UnixNano())
	if ntp>>32 != uint64(at.Unix()+2208988800) || uint32(ntp) < 1<<30-8 || uint32(ntp) > 1<<30+8 {
		t.Errorf("NTP %#x", ntp)
	}
	if d := UnixNs(ntp) - at.UnixNano(); d < -10 || d > 10 {
		t.Errorf("there and back differs by %d ns", d)
	}
}

// senderSim is a publisher whose clock runs wrong by skew and whose packets arrive after 20 ms and up to jitter more.
type senderSim struct {
	skew   float64
	jitter time.Duration
	clock  float64
	rnd    *rand.Rand
	ts0    uint32
}

func (s *senderSim) local(at time.Duration) float64 { return float64(at) * (1 + s.skew) } // ns
func (s *senderSim) ts(at time.Duration) uint32 {
	return s.ts0 + uint32(int64(s.local(at)*s.clock/1e9))
}

func (s *senderSim) ntp(at time.Duration) uint64 {
	return NTP(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano() + int64(s.local(at)))
}

func (s *senderSim) arrival(at time.Duration) int64 {
	return int64(at) + int64(20*time.Millisecond) + s.rnd.Int64N(int64(s.jitter)+1)
}

func TestClockMapHoldsForHours(t *testing.T) {
	for _, sr := range []bool{true, false} {
		for _, skew := range []float64{0, 200e-6, -200e-6} {
			s := senderSim{skew: skew, jitter: 60 * time.Millisecond, clock: 90000, rnd: rand.New(rand.NewPCG(1, 1)), ts0: 0xFFFF0000}
			c := NewClockMap(90000)
			worst := time.Duration(0)
			for at := time.Duration(0); at < 3*time.Hour; at += 200 * time.Millisecond {
				c.OnPacket(s.ts(at), s.arrival(at))
				if sr && at%time.Second == 0 {
					c.OnSR(s.ntp(at), s.ts(at), s.arrival(at))
				}
				if at < time.Minute {
					continue
				}
				truth := int64(at) + int64(20*time.Millisecond)
				err := time.Duration(c.Line().At(s.ts(at)) - truth)
				worst = max(worst, err, -err)
				if back := int32(c.Line().TS(truth) - s.ts(at)); math.Abs(float64(back)) > 20*90 {
					t.Fatalf("reports %v, skew %g: timestamp of %v is off by %d ticks", sr, skew, at, back)
				}
			}
			t.Logf("reports %v, skew %g: worst error %v", sr, skew, worst)
			if worst > 20*time.Millisecond {
				t.Errorf("reports %v, skew %g: error %v in 3 h, want < 20 ms", sr, skew, worst)
			}
			if !c.Line().OK || c.Line().SR != sr {
				t.Errorf("line %+v", c.Line())
			}
		}
	}
}

func TestTranslateBetweenLayers(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	q := senderSim{jitter: 30 * time.Millisecond, clock: 90000, rnd: rnd, ts0: 1000, skew: 50e-6}
	h := senderSim{jitter: 30 * time.Millisecond, clock: 90000, rnd: rnd, ts0: 4_000_000_000, skew: 50e-6}
	cq, ch := NewClockMap(90000), NewClockMap(90000)
	if _, ok := Translate(cq.Line(), ch.Line(), 5); ok {
		t.Error("translates without knowing anything")
	}
	cq.OnPacket(q.ts(0), q.arrival(0))
	ch.OnSR(h.ntp(0), h.ts(0), h.arrival(0))
	if _, ok := Translate(cq.Line(), ch.Line(), 5); ok {
		t.Error("translates from a line without sender reports")
	}
	at := time.Duration(0)
	for ; at < time.Minute; at += time.Second {
		cq.OnSR(q.ntp(at), q.ts(at), q.arrival(at))
		ch.OnSR(h.ntp(at), h.ts(at), h.arrival(at))
	}
	got, ok := Translate(cq.Line(), ch.Line(), q.ts(at))
	if off := int32(got - h.ts(at)); !ok || off < -10*90 || off > 10*90 {
		t.Errorf("off by %d ticks, ok %v", off, ok)
	}
}

func TestClockMapFollowsANewClock(t *testing.T) {
	s := senderSim{clock: 48000, rnd: rand.New(rand.NewPCG(5, 5))}
	c := NewClockMap(48000)
	c.OnSR(0, 5, 5) // RFC 3550: no wall clock
	if c.Line().OK {
		t.Error("a report without a clock is believed")
	}
	for at := time.Duration(0); at < time.Minute; at += time.Second {
		ntp := s.ntp(at)
		if at >= 30*time.Second {
			ntp += 3600 << 32 // somebody set the sender's clock
		}
		c.OnSR(ntp, s.ts(at), s.arrival(at))
		if err := c.Line().At(s.ts(at)) - s.arrival(at); err > int64(5*time.Millisecond) || err < -int64(5*time.Millisecond) {
			t.Fatalf("after %v the line is off by %v", at, time.Duration(err))
		}
	}
}

func TestSRStateAndRoundTrip(t *testing.T) {
	var s SRState
	s.Sent(100)
	s.Sent(20)
	now := NTP(time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC).UnixNano())
	r := s.Report(9, now, 777)
	if r.SSRC != 9 || r.PacketCount != 2 || r.OctetCount != 120 || r.NTPTime != now || r.RTPTime != 777 {
		t.Errorf("report %+v", r)
	}
	if raw, err := r.Marshal(); err != nil || len(raw) != 28 {
		t.Errorf("%d bytes, %v", len(raw), err)
	}
	lsr := uint32(now >> 16)
	tests := []struct {
		name       string
		later      time.Duration
		lsr, delay uint32
		want       time.Duration
		ok         bool
	}{
		{"250 ms, held for 500 ms", 750 * time.Millisecond, lsr, 1 << 15, 250 * time.Millisecond, true},
		{"no sender report yet", time.Second, 0, 0, 0, false},
		{"a little below zero", 500 * time.Millisecond, lsr, 1<<15 + 20, 0, true},
		{"far below zero", 0, lsr, 1 << 16, 0, false},
		{"too long", 20 * time.Second, lsr, 0, 20 * time.Second, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at := NTP(UnixNs(now) + int64(tt.later))
			got, ok := RoundTrip(at, tt.lsr, tt.delay)
			if d := got - tt.want; ok != tt.ok || d < -time.Millisecond || d > time.Millisecond {
				t.Errorf("round trip %v, %v, want %v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}
