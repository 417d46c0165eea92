package packets

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// redPacket is a received packet of payload type 63 with a level extension.
func redPacket(t *testing.T, pool *Pool, sn uint16, ts uint32, payload []byte) *Packet {
	t.Helper()
	h := rtp.Header{Version: 2, PayloadType: 63, SequenceNumber: sn, Timestamp: ts, SSRC: 7}
	if err := h.SetExtension(1, []byte{0x80 | 30}); err != nil {
		t.Fatal(err)
	}
	raw, err := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	p := pool.Get()
	p.SetLen(copy(p.Buffer(), raw))
	return p
}

func TestREDUnwrapAndRestore(t *testing.T) {
	var pool Pool
	var r RED
	keep := make([]byte, MaxPacket)
	body := redPayload([]byte{1, 2, 3}, REDBlock{PayloadType: 111, Offset: 1920, Data: []byte{8, 8}}, REDBlock{PayloadType: 111, Offset: 960, Data: []byte{9}})
	p := redPacket(t, &pool, 5, 100_000, body)
	if err := r.Unwrap(p, 111, keep); err != nil {
		t.Fatal(err)
	}
	if err := p.Parse(CodecOpus, 1); err != nil {
		t.Fatal(err)
	}
	p.ExtTS = 1<<32 | 100_000
	if !bytes.Equal(p.Payload(), []byte{1, 2, 3}) || p.Header.PayloadType != 111 || p.Level != 30 || p.Header.SN != 5 {
		t.Fatalf("primary: %+v, payload %v, level %d", p.Header, p.Payload(), p.Level)
	}
	for back, want := range map[int][]byte{1: {9}, 2: {8, 8}} {
		lost := pool.Get()
		if !r.Restore(lost, p, back) {
			t.Fatalf("packet %d back: not restored", back)
		}
		h := lost.Header
		if !bytes.Equal(lost.Payload(), want) || h.SN != uint16(5-back) || h.TS != uint32(100_000-960*back) ||
			h.SSRC != 7 || h.PayloadType != 111 || lost.ExtTS != 1<<32|uint64(100_000-960*back) || lost.Level != SilentLevel {
			t.Errorf("packet %d back: %+v, payload %v", back, h, lost.Payload())
		}
		lost.Release()
	}
	for _, back := range []int{0, 3} {
		if lost := pool.Get(); r.Restore(lost, p, back) {
			t.Errorf("packet %d back restored", back)
		}
	}
}

func TestREDRefusesOthers(t *testing.T) {
	var pool Pool
	var r RED
	keep := make([]byte, MaxPacket)
	tests := []struct {
		name    string
		payload []byte
	}{
		{"empty", nil},
		{"cut", []byte{0x80 | 111, 0, 0, 9, 111}},
		{"another codec", []byte{96, 1, 2, 3}},
		{"RED in RED", []byte{63, 111, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := r.Unwrap(redPacket(t, &pool, 1, 1, tt.payload), 111, keep); !errors.Is(err, ErrMalformed) {
				t.Errorf("error %v", err)
			}
		})
	}
	p := redPacket(t, &pool, 1, 1, redPayload([]byte{1}, REDBlock{PayloadType: 8, Offset: 960, Data: []byte{9}}))
	if err := r.Unwrap(p, 111, keep); err != nil {
		t.Fatal(err)
	}
	if lost := pool.Get(); r.Restore(lost, p, 1) {
		t.Error("a block of another codec was restored")
	}
}

func TestAppendRED(t *testing.T) {
	long := bytes.Repeat([]byte{7}, 600)
	block := func(offset uint16, data ...byte) REDBlock {
		return REDBlock{PayloadType: 111, Offset: offset, Data: data}
	}
	tests := []struct {
		name   string
		blocks []REDBlock
		want   []REDBlock // nil: the primary goes alone
	}{
		{"none", nil, nil},
		{"one", []REDBlock{block(960, 9)}, []REDBlock{block(960, 9)}},
		{"two", []REDBlock{block(1920, 8), block(960, 9, 9)}, []REDBlock{block(1920, 8), block(960, 9, 9)}},
		{"after a pause of DTX", []REDBlock{block(16384, 9)}, nil},
		{"the older too far back", []REDBlock{block(20000, 8), block(960, 9)}, []REDBlock{block(960, 9)}},
		{"without data", []REDBlock{block(960)}, nil},
		{"too long for one packet", []REDBlock{block(1920, long...), block(960, long...)}, []REDBlock{block(960, long...)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, ok := AppendRED([]byte{0xEE}, 111, []byte{1, 2}, tt.blocks)
			if out[0] != 0xEE || ok != (tt.want != nil) {
				t.Fatalf("ok %v, %d bytes", ok, len(out))
			}
			if !ok {
				if len(out) != 1 {
					t.Error("something was appended")
				}
				return
			}
			var r RED
			if err := ParseRED(out[1:], &r); err != nil || !bytes.Equal(r.Primary, []byte{1, 2}) || r.PayloadType != 111 || r.N != len(tt.want) {
				t.Fatalf("%+v, error %v", r, err)
			}
			for i, want := range tt.want {
				if got := r.Blocks[i]; got.Offset != want.Offset || !bytes.Equal(got.Data, want.Data) {
					t.Errorf("block %d: %+v, want %+v", i, got, want)
				}
			}
		})
	}
}

// TestREDRoundTrip checks with random lengths that what is repeated is what was sent.
func TestREDRoundTrip(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 4))
	random := func() []byte {
		b := make([]byte, 1+chance.IntN(200))
		for i := range b {
			b[i] = byte(chance.Uint32())
		}
		return b
	}
	var pool Pool
	keep := make([]byte, MaxPacket)
	for range 500 {
		old, older, primary := random(), random(), random()
		payload, ok := AppendRED(nil, 111, primary, []REDBlock{{Offset: 5760, Data: older}, {Offset: 2880, Data: old}})
		if !ok {
			t.Fatal("not redundant")
		}
		var r RED
		p := redPacket(t, &pool, 0, 2880, payload)
		if err := r.Unwrap(p, 111, keep); err != nil {
			t.Fatal(err)
		}
		if err := p.Parse(CodecOpus, 0); err != nil || !bytes.Equal(p.Payload(), primary) {
			t.Fatalf("primary differs: %v", err)
		}
		for back, want := range map[int][]byte{1: old, 2: older} {
			lost := pool.Get()
			if !r.Restore(lost, p, back) || !bytes.Equal(lost.Payload(), want) {
				t.Fatalf("packet %d back differs", back)
			}
			lost.Release()
		}
		p.Release()
	}
}

func TestREDControl(t *testing.T) {
	const s = int64(time.Second)
	type at struct {
		sec  int64
		loss float64
		most int
		want int
	}
	tests := []struct {
		name  string
		steps []at
	}{
		{"clean", []at{{0, 0, 2, 0}, {5, 0.029, 2, 0}}},
		{"3 % repeats one", []at{{0, 0.03, 2, 1}}},
		{"6 % repeats two", []at{{0, 0.059, 2, 1}, {1, 0.06, 2, 2}}},
		{"only what the line has room for", []at{{0, 0.2, 1, 1}, {1, 0.2, 0, 0}, {2, 0.2, 2, 2}}},
		{"a better second changes nothing", []at{{0, 0.1, 2, 2}, {1, 0, 2, 2}, {2, 0.1, 2, 2}, {11, 0, 2, 2}, {20, 0, 2, 2}, {21, 0, 2, 1}}},
		{"goes step by step", []at{{0, 0.1, 2, 2}, {1, 0, 2, 2}, {11, 0, 2, 1}, {20, 0, 2, 1}, {21, 0, 2, 0}}},
		{"stays where it is just enough", []at{{0, 0.03, 2, 1}, {1, 0.02, 2, 1}, {30, 0.02, 2, 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c REDControl
			for _, step := range tt.steps {
				if got := c.Distance(step.loss, step.most, 1+step.sec*s); got != step.want {
					t.Errorf("at %d s, loss %g: distance %d, want %d", step.sec, step.loss, got, step.want)
				}
			}
		})
	}
	for d, want := range []uint64{AudioCost, AudioCostRED1, AudioCostRED2} {
		if got := AudioCostAt(d); got != want {
			t.Errorf("distance %d costs %d, want %d", d, got, want)
		}
	}
}
