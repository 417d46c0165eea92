package packets

import (
	"testing"
	"time"
)

// munging drives a munger by hand: it forwards packets and fails on surprises.
type munging struct {
	*testing.T
	m    *Munger
	pool Pool
	buf  [MaxPacket + Headroom]byte
}

func newVideoMunging(t *testing.T) *munging {
	return &munging{T: t, m: NewMunger(90000, false, GapsVideo, 1000, 5000)}
}

// out forwards p and returns how it goes out.
func (g *munging) out(layer uint32, p *Packet) Out {
	g.Helper()
	var out Out
	if !g.m.Forward(layer, p, g.buf[:], &out) {
		g.Fatalf("packet %d of layer %d is not forwarded", p.ExtSN, layer)
	}
	return out
}

func (g *munging) refused(layer uint32, p *Packet) {
	g.Helper()
	var out Out
	if g.m.Forward(layer, p, g.buf[:], &out) {
		g.Fatalf("packet %d of layer %d goes out as %d", p.ExtSN, layer, out.SN())
	}
}

func (g *munging) sn(layer uint32, p *Packet, want uint16) {
	g.Helper()
	if out := g.out(layer, p); out.SN() != want {
		g.Fatalf("packet %d of layer %d goes out as %d, want %d", p.ExtSN, layer, out.SN(), want)
	}
}

func (g *munging) ids(layer uint32, p *Packet, pid uint16, tl0, key uint8) {
	g.Helper()
	var d VP8
	if err := ParseVP8(g.out(layer, p).Payload, &d); err != nil {
		g.Fatal(err)
	}
	if d.PID != pid || d.TL0 != tl0 || d.KeyIdx != key || d.HasPID && !d.Wide {
		g.Fatalf("packet %d goes out with PictureID %d, TL0PICIDX %d, KEYIDX %d, want %d %d %d", p.ExtSN, d.PID, d.TL0, d.KeyIdx, pid, tl0, key)
	}
}

// frame is packet sn of a stream with one packet a picture, 33 ms apart.
func (g *munging) frame(sn uint64, change ...func(*picture)) *Packet {
	d := picture{sn: sn, ts: sn * 3000, at: time.Duration(sn) * 33 * time.Millisecond, pid: uint16(sn) & pidMask, tl0: uint8(sn), end: true, size: 3}
	for _, c := range change {
		c(&d)
	}
	return vp8Packet(g, &g.pool, d)
}

func upper(d *picture) { d.tid = 1 }
func isKey(d *picture) { d.key = true }

func TestMungerSequenceWraps(t *testing.T) {
	g := newVideoMunging(t)
	g.m = NewMunger(90000, false, GapsVideo, 65534, 0)
	first := g.frame(65535)
	g.m.SwitchSource(1, first)
	g.sn(1, first, 65534)
	g.sn(1, g.frame(65536), 65535)
	g.sn(1, g.frame(65537), 0)
	g.sn(1, g.frame(65539), 2)
	g.sn(1, g.frame(65538), 1)
	if layer, in, ok := g.m.Locate(g.m.ExtOut(65535)); layer != 1 || in != 65536 || !ok {
		t.Fatalf("NACK of 65535 maps to %d of layer %d", in, layer)
	}
	if _, _, ok := g.m.Locate(g.m.ExtOut(5)); ok {
		t.Error("a number that was never sent maps to something")
	}
}

func TestMungerLostAndLate(t *testing.T) {
	g := newVideoMunging(t)
	first := g.frame(10)
	g.m.SwitchSource(1, first)
	g.sn(1, first, 1000)
	g.sn(1, g.frame(14), 1004)
	g.sn(1, g.frame(12), 1002)
	g.sn(1, g.frame(11), 1001)
	g.sn(1, g.frame(15), 1005)
	g.sn(1, g.frame(13), 1003)
	g.refused(1, g.frame(9))
	g.refused(2, g.frame(12))
}

func TestMungerTemporalDrop(t *testing.T) {
	g := newVideoMunging(t)
	first := g.frame(10)
	g.m.SwitchSource(1, first)
	g.ids(1, first, 10, 10, 0)
	drop := func(p *Packet, want bool) {
		t.Helper()
		if got := g.m.Drop(1, p); got != want {
			t.Fatalf("drop of %d: %v, want %v", p.ExtSN, got, want)
		}
	}
	drop(g.frame(11, upper), true)
	drop(g.frame(12, upper), true)
	g.refused(1, g.frame(11, upper))
	g.ids(1, g.frame(13), 11, 13, 0)
	g.sn(1, g.frame(14), 1002)
	drop(g.frame(14, upper), false)
	drop(g.frame(16, upper), false) // 15 is missing: forward everything
	g.sn(1, g.frame(16, upper), 1004)
	g.sn(1, g.frame(15), 1003)
	g.refused(1, g.frame(12, upper))
	for out, in := range map[uint16]uint64{1000: 10, 1001: 13, 1002: 14, 1003: 15, 1004: 16} {
		if _, got, ok := g.m.Locate(g.m.ExtOut(out)); !ok || got != in {
			t.Errorf("NACK of %d maps to %d, want %d", out, got, in)
		}
	}
}

// TestMungerPartOfDroppedPicture: the rest of a half dropped picture is forwarded after a gap and keeps a number of its own.
func TestMungerPartOfDroppedPicture(t *testing.T) {
	g := newVideoMunging(t)
	first := g.frame(10)
	g.m.SwitchSource(1, first)
	g.ids(1, first, 10, 10, 0)
	same := func(d *picture) { d.tid, d.pid, d.ts, d.tl0 = 1, 11, 33000, 10 }
	if !g.m.Drop(1, g.frame(11, same)) {
		t.Fatal("the first part is not dropped")
	}
	rest := g.frame(13, same)
	if g.m.Drop(1, rest) {
		t.Fatal("the rest is dropped although 12 is missing")
	}
	g.ids(1, rest, 11, 10, 0)
	if !g.m.Drop(1, g.frame(14, same)) {
		t.Fatal("in order again, but not dropped")
	}
	g.ids(1, g.frame(15, func(d *picture) { d.pid = 12 }), 12, 15, 0)
}

func TestMungerTwoSwitchesInsideNACKWindow(t *testing.T) {
	g := newVideoMunging(t)
	first := g.frame(10)
	g.m.SwitchSource(1, first)
	g.sn(1, first, 1000)
	g.sn(1, g.frame(12), 1002) // 11 is late
	second := g.frame(500, func(d *picture) { d.at = time.Second })
	if !g.m.SwitchLayer(2, second, 0, false) {
		t.Fatal("switch refused")
	}
	g.sn(2, second, 1003)
	g.sn(2, g.frame(502), 1005) // 501 is late
	third := g.frame(90, func(d *picture) { d.at = 2 * time.Second })
	g.m.SwitchSource(3, third)
	g.sn(3, third, 1006)
	g.sn(1, g.frame(11), 1001)
	g.sn(2, g.frame(501), 1004)
	g.refused(1, g.frame(13)) // after the switch away
	g.refused(2, g.frame(503))
	g.refused(3, g.frame(89)) // before the switch to it
	want := map[uint16][2]uint64{1001: {1, 11}, 1002: {1, 12}, 1003: {2, 500}, 1004: {2, 501}, 1006: {3, 90}}
	for out, w := range want {
		if layer, in, ok := g.m.Locate(g.m.ExtOut(out)); !ok || uint64(layer) != w[0] || in != w[1] {
			t.Errorf("NACK of %d maps to %d of layer %d, want %v", out, in, layer, w)
		}
	}
}

func TestMungerForgetsAfterManyGaps(t *testing.T) {
	g := newVideoMunging(t)
	first := g.frame(10)
	g.m.SwitchSource(1, first)
	g.sn(1, first, 1000)
	for i := range uint64(GapsVideo + 5) {
		if !g.m.Drop(1, g.frame(11+2*i, upper)) {
			t.Fatal("not dropped")
		}
		g.sn(1, g.frame(12+2*i), uint16(1001+i))
	}
	if _, _, ok := g.m.Locate(g.m.ExtOut(1000)); ok {
		t.Error("a number before 128 gaps is still mapped")
	}
	if _, in, ok := g.m.Locate(g.m.ExtOut(1100)); !ok || in != 12+2*99 {
		t.Errorf("1100 maps to %d, %v", in, ok)
	}
}

func TestMungerLeapsOverHugeHoles(t *testing.T) {
	g := newVideoMunging(t)
	first := g.frame(10)
	g.m.SwitchSource(1, first)
	g.sn(1, first, 1000)
	g.sn(1, g.frame(11+maxGap), 1001+maxGap) // an ordinary hole
	g.sn(1, g.frame(50_000), 1003+maxGap)    // one number is missing, so that the receiver knows
	g.sn(1, g.frame(50_001), 1004+maxGap)
	g.sn(1, g.frame(12), 1002)
	g.refused(1, g.frame(49_999))
}

func TestMungerInsert(t *testing.T) {
	g := newVideoMunging(t)
	first := g.frame(10)
	g.m.SwitchSource(1, first)
	var own Out
	if !g.m.Insert(1, first, &own) || own.SN() != 1000 {
		t.Fatalf("inserted as %d", own.SN())
	}
	g.sn(1, first, 1001)
	next := g.frame(12)
	if !g.m.Insert(1, next, &own) || own.SN() != 1003 || !own.Meta.Inserted {
		t.Fatalf("inserted as %d", own.SN())
	}
	if out := g.out(1, next); out.SN() != 1004 || out.TS != own.TS {
		t.Fatalf("after the inserted: %d at %d, want 1004 at %d", out.SN(), out.TS, own.TS)
	}
	g.sn(1, g.frame(11), 1002)
	if g.m.Insert(1, g.frame(11), &own) {
		t.Error("inserted before a late packet")
	}
	if _, _, ok := g.m.Locate(g.m.ExtOut(1003)); ok {
		t.Error("the inserted packet maps to one of the publisher's")
	}
	for out, in := range map[uint16]uint64{1001: 10, 1002: 11, 1004: 12} {
		if _, got, ok := g.m.Locate(g.m.ExtOut(out)); !ok || got != in {
			t.Errorf("NACK of %d maps to %d, want %d", out, got, in)
		}
	}
}

func TestMungerTimestampOfLayerSwitch(t *testing.T) {
	const last, frame = 5000 + 3000, 2970
	tests := []struct {
		name    string
		mapped  uint32 // on the old layer's clock, whose newest is 33000
		sr      bool
		at      time.Duration // after the newest packet of the old layer
		want    uint32
		refused bool
	}{
		{name: "by sender reports", mapped: 33000 + 4000, sr: true, at: 33 * time.Millisecond, want: last + 4000},
		{name: "by arrival", at: 40 * time.Millisecond, want: last + 3600},
		{name: "nonsense in the reports: by arrival", mapped: 33000 + 900000, sr: true, at: 40 * time.Millisecond, want: last + 3600},
		{name: "same picture: one more", mapped: 33000, sr: true, at: 0, want: last + frame},
		{name: "40 ms behind: pushed after the last", mapped: 33000 - 3600, sr: true, at: 0, want: last + frame},
		{name: "48 ms behind: pushed at most 75 ms", mapped: 33000 - 4320, sr: true, at: 0, want: last - 4320 + 6750},
		{name: "60 ms behind: refused", mapped: 33000 - 5400, sr: true, at: 0, refused: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newVideoMunging(t)
			first := g.frame(10)
			g.m.SwitchSource(1, first)
			g.out(1, first)
			g.out(1, g.frame(11))
			key := g.frame(700, isKey, func(d *picture) { d.at = 11*33*time.Millisecond + tt.at; d.ts = 12345 })
			ok := g.m.SwitchLayer(2, key, tt.mapped, tt.sr)
			if ok == tt.refused {
				t.Fatalf("switched %v, want refused %v", ok, tt.refused)
			}
			if tt.refused {
				g.sn(1, g.frame(12), 1002) // the old layer goes on
				if !g.m.SwitchLayer(2, key, tt.mapped, tt.sr) {
					t.Fatal("refused twice")
				}
				if out := g.out(2, key); out.SN() != 1003 || out.TS != 5000+6000+frame {
					t.Fatalf("forced switch goes out as %d at %d", out.SN(), out.TS)
				}
				return
			}
			if out := g.out(2, key); out.TS != tt.want || out.SN() != 1002 {
				t.Fatalf("goes out as %d at %d, want 1002 at %d", out.SN(), out.TS, tt.want)
			}
		})
	}
}

// TestMungerExtraDoesNotAddUp: what one switch adds to stay ahead is taken back at the next.
func TestMungerExtraDoesNotAddUp(t *testing.T) {
	g := newVideoMunging(t)
	first := g.frame(10)
	g.m.SwitchSource(1, first)
	g.out(1, first)
	g.out(1, g.frame(11))
	behind := g.frame(700, func(d *picture) { d.ts = 33000; d.at = 11 * 33 * time.Millisecond })
	if !g.m.SwitchLayer(2, behind, 33000-1800, true) { // 20 ms behind
		t.Fatal("refused")
	}
	g.out(2, behind)
	back := g.frame(20)
	if !g.m.SwitchLayer(1, back, 60000+1800, true) { // layer 2 runs 20 ms ahead of layer 1
		t.Fatal("refused")
	}
	if out := g.out(1, back); out.TS != 5000+30000 {
		t.Fatalf("back at %d, want %d", out.TS, 5000+30000)
	}
}

func TestMungerTimestampOfSourceSwitch(t *testing.T) {
	g := newVideoMunging(t)
	first := g.frame(10)
	g.m.SwitchSource(1, first)
	if out := g.out(1, first); out.TS != 5000 {
		t.Fatalf("first at %d", out.TS)
	}
	other := g.frame(3, func(d *picture) { d.ts = 4_000_000_000; d.at = 330*time.Millisecond + 10*time.Second })
	g.m.SwitchSource(2, other)
	if out := g.out(2, other); out.TS != 5000+900_000 || out.SN() != 1001 {
		t.Fatalf("after 10 s of silence: %d at %d", out.SN(), out.TS)
	}
	if got := g.m.OutTS(4_000_000_100); got != 905_100 {
		t.Errorf("sender report time %d", got)
	}
	again := g.frame(50, func(d *picture) { d.at = 0 }) // replayed from the ring: arrived earlier
	g.m.SwitchSource(3, again)
	if out := g.out(3, again); out.TS != 905_000+2970 {
		t.Fatalf("replayed picture at %d", out.TS)
	}
}

func TestMungerAudioSourceSwitch(t *testing.T) {
	g := &munging{T: t, m: NewMunger(48000, true, GapsAudio, 7, 100)}
	at := func(sn, ts uint64, ms int) *Packet {
		return opusPacket(t, &g.pool, sn, ts, time.Duration(ms)*time.Millisecond)
	}
	tests := []struct {
		name   string
		layer  uint32
		change bool
		p      *Packet
		sn     uint16
		ts     uint32
		marker bool
	}{
		{"first", 1, true, at(500, 9000, 0), 7, 100, true},
		{"next", 1, false, at(501, 9960, 20), 8, 1060, false},
		{"other, 47 ms later: two packets", 2, true, at(90, 77, 67), 9, 1060 + 1920, true},
		{"late of the first", 1, false, at(500, 9000, 68), 7, 100, false},
		{"next of the other", 2, false, at(91, 77+960, 87), 10, 1060 + 2880, false},
		{"back at once: one packet at least", 1, true, at(600, 50000, 88), 11, 1060 + 3840, true},
		{"after 10 s", 2, true, at(800, 5, 10088), 12, 1060 + 3840 + 480000, true},
	}
	for _, tt := range tests {
		if tt.change {
			g.m.SwitchSource(tt.layer, tt.p)
		}
		if out := g.out(tt.layer, tt.p); out.SN() != tt.sn || out.TS != tt.ts || out.Marker != tt.marker && tt.name != "late of the first" {
			t.Fatalf("%s: %d at %d marker %v, want %d at %d marker %v", tt.name, out.SN(), out.TS, out.Marker, tt.sn, tt.ts, tt.marker)
		}
	}
}

func TestMungerVP8Numbers(t *testing.T) {
	g := newVideoMunging(t)
	set := func(pid uint16, tl0, key uint8) func(*picture) {
		return func(d *picture) { d.pid, d.tl0, d.keyIdx = pid, tl0, key }
	}
	narrow := func(d *picture) { d.narrow = true }
	first := g.frame(10, set(32766, 254, 31), isKey)
	g.m.SwitchSource(1, first)
	g.ids(1, first, 32766, 254, 31)
	g.ids(1, g.frame(11, set(32767, 255, 31)), 32767, 255, 31)
	g.ids(1, g.frame(12, set(0, 0, 31)), 0, 0, 31)
	late := g.frame(11, set(32767, 255, 31))
	g.ids(1, late, 32767, 255, 31)

	second := g.frame(90, set(126, 7, 3), narrow, isKey) // each number goes on by one, KEYIDX wraps at 32
	g.m.SwitchSource(2, second)
	g.ids(2, second, 1, 1, 0)
	g.ids(2, g.frame(91, set(127, 8, 3), narrow), 2, 2, 0)
	g.ids(2, g.frame(92, set(128, 9, 3), narrow), 3, 3, 0) // 7 bits: 127, then 0
	g.ids(2, g.frame(91, set(127, 8, 3), narrow), 2, 2, 0)
	g.ids(1, late, 32767, 255, 31) // late packets keep the numbers of their time
	for i := range uint16(300) {
		g.ids(2, g.frame(93+uint64(i), set(1+i, uint8(10+i), 3), narrow), 4+i, uint8(4+i), 0)
	}

	bare := g.frame(50, func(d *picture) { d.bare = true }, isKey)
	g.m.SwitchSource(3, bare)
	g.ids(3, bare, 0, 0, 0) // nothing to write
	back := g.frame(2000, set(5, 5, 5), isKey)
	g.m.SwitchSource(1, back)
	g.ids(1, back, 304, uint8(304&0xFF), 1)
}

func TestMungerGrowsPayloadByOneByte(t *testing.T) {
	g := newVideoMunging(t)
	p := g.frame(10, func(d *picture) { d.narrow = true; d.size = 1100 })
	g.m.SwitchSource(1, p)
	if out := g.out(1, p); len(out.Payload) != len(p.Payload())+1 {
		t.Fatalf("payload of %d bytes goes out with %d", len(p.Payload()), len(out.Payload))
	}
	var out Out
	if g.m.Forward(1, g.frame(11), make([]byte, 2), &out) {
		t.Error("forwarded into a buffer that is too small")
	}
}
