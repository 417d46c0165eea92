package packets

import (
	"testing"
	"time"
)

// layerSim sends a layer with that rate to a control: a picture each 40 ms, a keyframe of keyBytes 100 ms after each request.
type layerSim struct {
	k        *KeyframeControl
	pool     Pool
	sn, ts   uint64
	bytes    int // of a normal picture
	keyBytes int
	keyDue   int64
	plis     []int64
}

func (s *layerSim) run(t *testing.T, from, to time.Duration, request func(now int64) int) {
	t.Helper()
	for now := int64(from); now < int64(to); now += int64(10 * time.Millisecond) {
		sent := false
		for range request(now) {
			sent = s.k.Request(now) || sent
		}
		if sent = s.k.Tick(now) || sent; sent {
			s.plis = append(s.plis, now)
			s.keyDue = now + int64(100*time.Millisecond)
		}
		if now%int64(40*time.Millisecond) == 0 {
			s.picture(t, now)
		}
	}
}

func (s *layerSim) picture(t *testing.T, now int64) {
	t.Helper()
	size, key := s.bytes, false
	if s.keyBytes > 0 && s.keyDue != 0 && now >= s.keyDue {
		size, key, s.keyDue = s.keyBytes, true, 0
	}
	s.ts += 3600
	for first := true; size > 0; first = false {
		s.sn++
		p := vp8Packet(t, &s.pool, picture{sn: s.sn, ts: s.ts, key: key, cont: !first, size: min(size, 1000), at: time.Duration(now)})
		s.k.OnPacket(p)
		size -= len(p.Raw())
		p.Release()
	}
}

func TestKeyframeControlMergesRequests(t *testing.T) {
	s := layerSim{k: NewKeyframeControl(KeyframeMin), bytes: 2250, keyBytes: 8000} // h: 450 kb/s
	s.run(t, 0, 10*time.Second, func(int64) int { return 1 })                      // 1,000 requests in 10 s
	if n := len(s.plis); n > 10 || n < 5 {
		t.Errorf("1,000 requests made %d PLIs, want at most 10", n)
	}
}

func TestKeyframeControlBoundsCost(t *testing.T) {
	s := layerSim{k: NewKeyframeControl(KeyframeMin), bytes: 6000, keyBytes: 60_000} // 1.2 Mb/s
	s.run(t, 0, 4*time.Second, func(int64) int { return 0 })
	s.run(t, 4*time.Second, 30*time.Second, func(int64) int { return 2 })
	for i := 2; i < len(s.plis); i++ {
		// the keyframes themselves raise the rate, so the distance is a little under 60,000 x 8 / (0.15 x 1.2 Mb/s) = 2.67 s
		if d := time.Duration(s.plis[i] - s.plis[i-1]); d < 2200*time.Millisecond {
			t.Errorf("PLI %d came %v after the one before", i, d)
		}
	}
	k := NewKeyframeControl(KeyframeMin)
	k.knownBytes, k.bps = 60_000, 1.2e6
	if d := k.Interval(); d < 2600*time.Millisecond || d > 2700*time.Millisecond {
		t.Errorf("interval %v, want 2.67 s", d)
	}
}

func TestKeyframeControl(t *testing.T) {
	ms := func(n int64) int64 { return n * 1e6 }
	k := NewKeyframeControl(KeyframeMinQ)
	if k.Tick(0) || k.Pending() {
		t.Fatal("asks without a request")
	}
	if !k.Request(ms(1)) || k.Request(ms(2)) || !k.Pending() {
		t.Fatal("the first request is sent at once, the second not")
	}
	if k.Tick(ms(600)) {
		t.Error("repeated before a second without an answer")
	}
	if !k.Tick(ms(1001)) {
		t.Error("not repeated after a second without an answer")
	}
	var pool Pool
	k.OnPacket(vp8Packet(t, &pool, picture{sn: 1, ts: 1, key: true, at: 1100 * time.Millisecond}))
	if k.Pending() || k.Tick(ms(3000)) {
		t.Error("the keyframe did not answer the request")
	}
	if !k.Request(ms(3001)) {
		t.Error("a new request after the keyframe is not sent")
	}
	k.OnPacket(vp8Packet(t, &pool, picture{sn: 2, ts: 2, key: true, at: 3050 * time.Millisecond}))
	if k.Request(ms(3300)) {
		t.Error("sent 300 ms after the last")
	}
	if !k.Tick(ms(3501)) {
		t.Error("the kept request is not sent when its time has come")
	}
}

func TestKeyframeControlGivesUpOnDeafPublisher(t *testing.T) {
	s := layerSim{k: NewKeyframeControl(KeyframeMinQ), bytes: 500}
	once := true
	s.run(t, 0, time.Minute, func(int64) int {
		if once {
			once = false
			return 1
		}
		return 0
	})
	if len(s.plis) != keyframeTryLimit {
		t.Errorf("%d PLIs for one request nobody answers, want %d", len(s.plis), keyframeTryLimit)
	}
	if s.k.Pending() || !s.k.Request(int64(2*time.Minute)) {
		t.Error("a later request is not sent")
	}
}
