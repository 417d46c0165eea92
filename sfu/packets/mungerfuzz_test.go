package packets

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// mungerRun lets a byte string play publisher, network and layer switches, and checks what must always hold.
type mungerRun struct {
	tb     testing.TB
	m      *Munger
	pool   Pool
	meta   *MetaRing
	layers [4]publisher // index 0 unused
	cur    uint32
	now    time.Duration
	buf    [MaxPacket + Headroom]byte
	again  [MaxPacket + Headroom]byte
	seen   map[uint64]bool
	high   uint64
	lastTS uint32
	pid    uint16
	late   []delayed
	gone   []delayed // dropped for good
}

type publisher struct {
	sn, ts   uint64
	pid      uint16
	tl0, key uint8
}

type delayed struct {
	layer uint32
	p     *Packet
}

func newMungerRun(tb testing.TB) *mungerRun {
	r := &mungerRun{tb: tb, m: NewMunger(90000, false, GapsVideo, 65500, 0xFFFFF000), meta: NewMetaRing(MetaSize), seen: map[uint64]bool{}}
	for i := range r.layers {
		r.layers[i] = publisher{sn: uint64(65530 + 70000*i), ts: 0xFFFFFF00 + uint64(i)*1000, pid: uint16(32760 + i), key: 31}
	}
	r.change(1)
	return r
}

// next makes the next packet of a layer: one packet a picture, pictures 20 ms apart.
func (r *mungerRun) next(layer uint32, tid uint8, key bool) *Packet {
	l := &r.layers[layer]
	l.sn++
	l.ts += 1800
	l.pid = (l.pid + 1) & pidMask
	if tid == 0 {
		l.tl0++
	}
	if key {
		l.key++
	}
	return vp8Packet(r.tb, &r.pool, picture{
		sn: l.sn, ts: l.ts, at: r.now, pid: l.pid, tl0: l.tl0, keyIdx: l.key, tid: tid, key: key, narrow: layer == 3, end: true, size: 2,
	})
}

func (r *mungerRun) change(layer uint32) {
	key := r.next(layer, 0, true)
	if layer%2 == 1 || !r.m.SwitchLayer(layer, key, 0, false) {
		r.m.SwitchSource(layer, key)
	}
	r.cur = layer
	r.forward(layer, key, true)
}

func (r *mungerRun) step(op byte) {
	r.now += 20 * time.Millisecond
	switch op & 7 {
	case 0, 1, 2:
		r.forward(r.cur, r.next(r.cur, 0, false), true)
	case 3:
		p := r.next(r.cur, 1, false)
		if r.m.Drop(r.cur, p) {
			r.gone = append(r.gone, delayed{layer: r.cur, p: p})
			return
		}
		r.forward(r.cur, p, true)
	case 4:
		r.next(r.cur, 0, false) // lost
	case 5:
		r.late = append(r.late, delayed{layer: r.cur, p: r.next(r.cur, op>>6&1, false)})
	case 6:
		r.deliverLate()
	case 7:
		r.change(1 + uint32(op>>3)%3)
	}
	for _, d := range r.gone[max(0, len(r.gone)-20):] {
		var out Out
		if r.m.Forward(d.layer, d.p, r.buf[:], &out) {
			r.tb.Fatalf("dropped packet %d of layer %d goes out as %d", d.p.ExtSN, d.layer, out.ExtSN)
		}
	}
}

func (r *mungerRun) deliverLate() {
	for _, d := range r.late {
		var out Out
		before := r.high
		if r.m.Forward(d.layer, d.p, r.buf[:], &out) {
			r.check(d.layer, d.p, &out)
			if out.ExtSN > before && d.layer != r.cur {
				r.tb.Fatalf("late packet of an old layer goes out as the newest, %d", out.ExtSN)
			}
		}
	}
	r.late = r.late[:0]
}

func (r *mungerRun) forward(layer uint32, p *Packet, must bool) {
	before := r.high
	var out Out
	if !r.m.Forward(layer, p, r.buf[:], &out) {
		if must {
			r.tb.Fatalf("packet %d of layer %d is not forwarded", p.ExtSN, layer)
		}
		return
	}
	r.check(layer, p, &out)
	if before != 0 && out.ExtSN <= before {
		r.tb.Fatalf("in order, but %d after %d", out.ExtSN, before)
	}
	if before != 0 && int32(out.TS-r.lastTS) <= 0 {
		r.tb.Fatalf("timestamp %d after %d", out.TS, r.lastTS)
	}
	r.lastTS = out.TS
}

func (r *mungerRun) check(layer uint32, p *Packet, out *Out) {
	if r.seen[out.ExtSN] {
		r.tb.Fatalf("number %d goes out twice", out.ExtSN)
	}
	r.seen[out.ExtSN] = true
	if l, in, ok := r.m.Locate(r.m.ExtOut(out.SN())); !ok || l != layer || in != p.ExtSN {
		r.tb.Fatalf("number %d of layer %d goes out as %d, which maps to %d of layer %d (%v)", p.ExtSN, layer, out.ExtSN, in, l, ok)
	}
	r.meta.Put(out.Meta)
	e, ok := r.meta.Get(out.SN())
	if !ok {
		r.tb.Fatalf("number %d is not remembered", out.SN())
	}
	ts, marker, n := e.RTX(p, r.again[:])
	if ts != out.TS || marker != out.Marker || n != 2+len(out.Payload) || !bytes.Equal(r.again[2:n], out.Payload) {
		r.tb.Fatalf("repair of %d differs", out.SN())
	}
	var d VP8
	if err := ParseVP8(out.Payload, &d); err != nil || !d.Wide {
		r.tb.Fatalf("payload of %d: %+v, %v", out.SN(), d, err)
	}
	if out.ExtSN < r.high {
		return
	}
	// one packet a picture: numbers go on by one where no packet is missing, and never by more than the sequence
	if step := (d.PID - r.pid) & pidMask; r.high != 0 && (step == 0 || uint64(step) > out.ExtSN-r.high) {
		r.tb.Fatalf("PictureID %d after %d, number %d after %d", d.PID, r.pid, out.ExtSN, r.high)
	}
	r.high, r.pid = out.ExtSN, d.PID
}

func FuzzMunger(f *testing.F) {
	f.Add([]byte{0, 3, 0, 3, 0, 7, 0, 15, 0, 6})
	f.Add([]byte{4, 4, 4, 5, 0, 0x45, 6, 3, 3, 3, 0, 5, 7, 6, 0})
	f.Add(bytes.Repeat([]byte{3, 0, 5, 0, 6, 15}, 40))
	f.Fuzz(func(t *testing.T, ops []byte) {
		r := newMungerRun(t)
		for _, op := range ops[:min(len(ops), 500)] {
			r.step(op)
		}
	})
}

func TestMungerProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newMungerRun(t)
		for _, op := range rapid.SliceOfN(rapid.Byte(), 1, 400).Draw(rt, "ops") {
			r.step(op)
		}
	})
}
