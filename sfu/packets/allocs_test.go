package packets

import (
	"testing"
	"time"
)

// TestForwardingAllocatesNothing is the budget of the packet path: zero allocations.
func TestForwardingAllocatesNothing(t *testing.T) {
	var pool Pool
	tests := []struct {
		name string
		f    func() func()
	}{
		{"receive: pool, parse, ring", func() func() {
			r, raw, sn := NewRing(RingQ), append([]byte{}, vp8Packet(t, &pool, picture{narrow: true, size: 900}).Raw()...), uint64(1<<16)
			var seq ExtSeq
			var ts ExtTS
			for range 2 * RingQ { // fill the pool
				p := pool.Get()
				sn++
				p.ExtSN = sn
				r.Put(p)
				p.Release()
			}
			return func() {
				p := pool.Get()
				p.SetLen(copy(p.Buffer(), raw))
				if p.Parse(CodecVP8, 1) != nil {
					t.Fatal("does not parse")
				}
				sn++
				p.ExtSN, p.ExtTS = sn+0*seq.Unwrap(p.Header.SN), ts.Unwrap(p.Header.TS)
				r.Put(p)
				p.Release()
			}
		}},
		{"forward, remember, repair", func() func() {
			m, meta := NewMunger(90000, false, GapsVideo, 1, 1), NewMetaRing(MetaSize)
			p := vp8Packet(t, &pool, picture{sn: 70000, narrow: true, size: 900})
			buf := make([]byte, MaxPacket+Headroom)
			var l LayerPicker
			var out Out
			var sr SRState
			var nack NackResponder
			l.Want(1, AllTemporal, 0)
			l.Switched()
			m.SwitchSource(1, p)
			n := uint64(0)
			return func() {
				p.ExtSN++
				n++
				if n%3 == 0 && m.Drop(1, p) {
					return
				}
				if l.OnPacket(1, p) != Forward || !m.Forward(1, p, buf, &out) {
					t.Fatal("not forwarded")
				}
				meta.Put(out.Meta)
				sr.Sent(len(out.Payload))
				if nack.Ask(out.ExtSN, 900, 0, time.Millisecond, 1e6, false, int64(n)*1e8) != Resend {
					t.Fatal("not repaired")
				}
				e, _ := meta.Get(out.SN())
				if _, _, size := e.RTX(p, buf); size == 0 {
					t.Fatal("not rewritten")
				}
				if n%100 == 0 {
					m.SwitchLayer(1, p, 0, false)
				}
			}
		}},
		{"audio", func() func() {
			m := NewMunger(48000, true, GapsAudio, 1, 1)
			p := opusPacket(t, &pool, 70000, 960, 0)
			var out Out
			m.SwitchSource(1, p)
			d := NewSpeakerDetector()
			d.OnLevel(1, 20, 0)
			loud, slots := make([]Loud, 0, 4), make([]uint32, 0, 8)
			w := AudioWish{}
			return func() {
				p.ExtSN++
				p.Arrival += 2e7
				d.OnLevel(1, 20, p.Arrival)
				d.Tick(p.Arrival)
				loud = d.AppendLoud(loud[:0])
				w.Loud = loud
				slots = AudioSlots{Loudest: 2}.AssignAudio(slots, slots, &w, p.Arrival)
				if !m.Forward(1, p, nil, &out) {
					t.Fatal("not forwarded")
				}
			}
		}},
		{"find losses", func() func() {
			g, sns, sn := NewNackGenerator(), make([]uint16, 0, nackMaxHoles), uint64(1<<16)
			k := NewKeyframeControl(KeyframeMin)
			p := vp8Packet(t, &pool, picture{sn: 70000, size: 900})
			return func() {
				sn += 1 + sn%7/6
				g.OnPacket(sn, int64(sn)*1e6)
				sns = g.Tick(int64(sn)*1e6, 0, sns[:0])
				k.OnPacket(p)
				k.Tick(int64(sn) * 1e6)
			}
		}},
		{"estimate", func() func() {
			e, now := NewRateEstimator(StartRate), int64(0)
			return func() {
				now += 1e7
				e.Sent(1000, false, now)
				e.OnREMB(900_000, now)
				e.OnRR(0, 50*time.Millisecond, 0, now)
				e.Estimate()
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if n := testing.AllocsPerRun(2000, tt.f()); n != 0 {
				t.Errorf("%v allocations a packet, want 0", n)
			}
		})
	}
}

func BenchmarkForward(b *testing.B) {
	var pool Pool
	m := NewMunger(90000, false, GapsVideo, 1, 1)
	p := vp8Packet(b, &pool, picture{sn: 70000, size: 1100})
	buf := make([]byte, MaxPacket+Headroom)
	var out Out
	m.SwitchSource(1, p)
	b.ReportAllocs()
	for b.Loop() {
		p.ExtSN++
		if !m.Forward(1, p, buf, &out) {
			b.Fatal("not forwarded")
		}
	}
}
