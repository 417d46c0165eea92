package packets

import (
	"sync"
	"testing"
	"time"
)

// ringPacket is a small packet of the pool that only has what the ring looks at.
func ringPacket(pool *Pool, sn, ts uint64, key bool, arrival time.Duration) *Packet {
	p := pool.Get()
	p.ExtSN, p.ExtTS, p.Key, p.Arrival = sn, ts, key, int64(arrival)
	return p
}

func put(t *testing.T, r *Ring, pool *Pool, sn, ts uint64, key bool, arrival time.Duration, want bool) {
	t.Helper()
	p := ringPacket(pool, sn, ts, key, arrival)
	if got := r.Put(p); got != want {
		t.Fatalf("put %d: %v, want %v", sn, got, want)
	}
	p.Release()
}

func TestRingDropsDuplicatesAndOldPackets(t *testing.T) {
	var pool Pool
	r := NewRing(8)
	for _, s := range []struct {
		sn   uint64
		want bool
	}{{100, true}, {100, false}, {102, true}, {101, true}, {101, false}, {108, true}, {100, false}, {101, false}, {94, false}, {99, false}, {116, true}, {108, false}} {
		put(t, r, &pool, s.sn, s.sn, false, 0, s.want)
	}
	if p := r.Get(100); p != nil {
		t.Error("100 is still there although 108 and 116 took its place")
	}
	p := r.Get(116)
	if p == nil || p.ExtSN != 116 {
		t.Fatal("116 is not kept")
	}
	if n := p.refs.Load(); n != 2 {
		t.Errorf("%d references, want the ring's and ours", n)
	}
	p.Release()
	r.Clear()
	if _, ok := r.Highest(); ok || r.Get(116) != nil {
		t.Error("cleared ring still has packets")
	}
	put(t, r, &pool, 5, 5, false, 0, true)
}

func TestRingReplaysFromKeyframe(t *testing.T) {
	ms := time.Millisecond
	tests := []struct {
		name  string
		fill  func(t *testing.T, r *Ring, pool *Pool)
		now   time.Duration
		limit int
		want  []uint64
	}{
		{"no keyframe", func(t *testing.T, r *Ring, pool *Pool) { put(t, r, pool, 1, 1, false, 0, true) }, 0, 200, nil},
		{"from the newest", func(t *testing.T, r *Ring, pool *Pool) {
			for sn := uint64(1); sn <= 6; sn++ {
				put(t, r, pool, sn, sn*10, sn == 2 || sn == 4, time.Duration(sn)*ms, true)
			}
		}, 10 * ms, 200, []uint64{4, 5, 6}},
		{"parameter sets first, even when late", func(t *testing.T, r *Ring, pool *Pool) {
			put(t, r, pool, 3, 10, false, ms, true)
			put(t, r, pool, 5, 20, true, 2*ms, true)
			put(t, r, pool, 4, 20, true, 3*ms, true)
		}, 10 * ms, 200, []uint64{4, 5}},
		{"too old", func(t *testing.T, r *Ring, pool *Pool) { put(t, r, pool, 3, 10, true, 0, true) }, 1501 * ms, 200, nil},
		{"too many", func(t *testing.T, r *Ring, pool *Pool) {
			for sn := uint64(1); sn <= 4; sn++ {
				put(t, r, pool, sn, sn, sn == 1, 0, true)
			}
		}, 0, 3, nil},
		{"a hole", func(t *testing.T, r *Ring, pool *Pool) {
			put(t, r, pool, 1, 1, true, 0, true)
			put(t, r, pool, 3, 1, false, 0, true)
		}, 0, 200, nil},
		{"keyframe left the ring", func(t *testing.T, r *Ring, pool *Pool) {
			for sn := uint64(1); sn <= 20; sn++ {
				put(t, r, pool, sn, sn, sn == 2, 0, true)
			}
		}, 0, 200, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var pool Pool
			r := NewRing(16)
			tt.fill(t, r, &pool)
			got := r.AppendFromKey(nil, int64(tt.now), 1500*time.Millisecond, tt.limit)
			if len(got) != len(tt.want) {
				t.Fatalf("%d packets, want %v", len(got), tt.want)
			}
			for i, p := range got {
				if p.ExtSN != tt.want[i] {
					t.Errorf("packet %d is %d, want %d", i, p.ExtSN, tt.want[i])
				}
				p.Release()
			}
			if sn, _, ok := r.LastKey(); ok && len(tt.want) > 0 && sn != tt.want[0] {
				t.Errorf("last key %d, want %d", sn, tt.want[0])
			}
		})
	}
}

func TestRingAppendRecent(t *testing.T) {
	var pool Pool
	r := NewRing(8)
	if got := r.AppendRecent(nil, 3); got != nil {
		t.Fatal("an empty ring gave packets")
	}
	for _, sn := range []uint64{1, 2, 4, 5} {
		put(t, r, &pool, sn, sn, false, 0, true)
	}
	got := r.AppendRecent(nil, 3)
	if len(got) != 3 || got[0].ExtSN != 5 || got[1].ExtSN != 4 || got[2].ExtSN != 2 {
		t.Fatalf("got %d packets", len(got))
	}
}

// TestRingShared lets one writer and several readers work at once; the race detector and the reference counts judge.
func TestRingShared(t *testing.T) {
	var pool Pool
	r := NewRing(64)
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			var list []*Packet
			for sn := uint64(1); ; sn++ {
				select {
				case <-done:
					return
				default:
				}
				if p := r.Get(sn % 2000); p != nil {
					if p.ExtSN != sn%2000 {
						t.Errorf("asked for %d, got %d", sn%2000, p.ExtSN)
					}
					p.Release()
				}
				list = r.AppendFromKey(list[:0], 0, time.Second, 50)
				for i, p := range list {
					if p.ExtSN != list[0].ExtSN+uint64(i) {
						t.Errorf("replay jumps: packet %d is %d after %d", i, p.ExtSN, list[0].ExtSN)
					}
				}
				for _, p := range list {
					p.Release()
				}
			}
		})
	}
	for sn := uint64(1); sn < 2000; sn++ {
		p := ringPacket(&pool, sn, sn, sn%40 == 0, 0)
		r.Put(p)
		p.Release()
	}
	close(done)
	wg.Wait()
}

// TestRingLacks checks where a packet made from a repeat may go.
func TestRingLacks(t *testing.T) {
	var pool Pool
	r := NewRing(8)
	if r.Lacks(5, 1) {
		t.Error("an empty ring lacks something")
	}
	for _, sn := range []uint64{10, 11, 14} {
		p := pool.Get()
		p.ExtSN, p.ExtTS = sn, sn*960
		r.Put(p)
	}
	for _, tt := range []struct {
		name   string
		sn, ts uint64
		want   bool
	}{
		{"a hole", 12, 12 * 960, true}, {"its end", 13, 13 * 960, true}, {"the next", 15, 15 * 960, true},
		{"held", 11, 11 * 960, false}, {"older than the ring", 6, 6 * 960, false},
		{"before the one before", 12, 11 * 960, false}, {"after the one after", 13, 14 * 960, false},
	} {
		if got := r.Lacks(tt.sn, tt.ts); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
