//go:build linux

package main

import (
	"testing"
	"time"
)

// carry pushes n packets of size bytes, one each gap, and gives the delays of those that came.
func carry(p Profile, n, size int, gap time.Duration) (delays []time.Duration, c counts) {
	l := newLine(1)
	l.set(p)
	begun := time.Unix(0, 0)
	sent := map[byte]time.Time{}
	end := begun.Add(time.Duration(n)*gap + time.Minute)
	next := 0
	for now := begun; now.Before(end); now = now.Add(time.Millisecond) {
		for next < n && !begun.Add(time.Duration(next)*gap).After(now) {
			data := make([]byte, size)
			data[0] = byte(next)
			sent[byte(next)] = now
			l.push(data, now)
			next++
		}
		for {
			data, _ := l.due(now)
			if data == nil {
				break
			}
			delays = append(delays, now.Sub(sent[data[0]]))
		}
	}
	return delays, l.total()
}

func TestLine(t *testing.T) {
	const n = 200
	tests := []struct {
		name     string
		p        Profile
		min, max int           // packets that come
		least    time.Duration // delay
		most     time.Duration
	}{
		{"perfect", Profile{}, n, n, 0, 0},
		{"delay", Profile{DelayMs: 100}, n, n, 100 * time.Millisecond, 100 * time.Millisecond},
		{"jitter", Profile{DelayMs: 100, JitterMs: 40}, n, n, 20 * time.Millisecond, 190 * time.Millisecond},
		{"jitter never before", Profile{JitterMs: 400}, n, n, 0, 900 * time.Millisecond},
		{"loss", Profile{Loss: 0.3}, n * 60 / 100, n * 80 / 100, 0, 0},
		{"twice", Profile{Dup: 0.5}, n * 14 / 10, n * 16 / 10, 0, 0},
		{"half the rate", Profile{RateKbps: 200}, n / 2, n/2 + 15, 40 * time.Millisecond, 541 * time.Millisecond},
		{"a deep queue", Profile{RateKbps: 200, QueueMs: 2000}, n/2 + 40, n/2 + 55, 40 * time.Millisecond, 2041 * time.Millisecond},
		{"cut", Profile{Cut: true}, 0, 0, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			delays, c := carry(tt.p, n, 1000, 20*time.Millisecond) // 400 kb/s
			if len(delays) < tt.min || len(delays) > tt.max {
				t.Errorf("%d packets came, want %d to %d", len(delays), tt.min, tt.max)
			}
			if c.in != n || c.out != uint64(len(delays)) || tt.p.Dup == 0 && c.dropped != n-c.out {
				t.Errorf("counted %+v", c)
			}
			for _, d := range delays {
				if d < tt.least || d > tt.most {
					t.Fatalf("delay %v, want %v to %v", d, tt.least, tt.most)
				}
			}
		})
	}
}

func TestReadControl(t *testing.T) {
	if c, err := readControl([]byte(`{"AB":{"Loss":0.1},"BA":{"RateKbps":300,"QueueMs":2000}}`)); err != nil || c.AB.Loss != 0.1 || c.BA.QueueMs != 2000 {
		t.Errorf("%+v, %v", c, err)
	}
	for _, bad := range []string{"", "{", `{"AB":{"Los":0.1}}`, `{"AB":{"Loss":2}}`, `{"BA":{"DelayMs":-1}}`} {
		if _, err := readControl([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
