package sfu

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"golang.org/x/net/ipv4"

	"nghitruong/sfu/packets"
)

// wire is a socket that keeps what was written, split as the kernel splits it.
type wire struct {
	sent    [][]byte
	calls   int
	refuse  error // of runs with more than one packet
	blocked bool
}

func (w *wire) WriteBatch(ms []ipv4.Message, _ int) (int, error) {
	w.calls++
	if w.blocked {
		return 0, syscall.EAGAIN
	}
	for i, m := range ms {
		b := m.Buffers[0]
		size := len(b)
		if len(m.OOB) > 0 {
			if w.refuse != nil {
				return i, w.refuse
			}
			size = int(binary.NativeEndian.Uint16(m.OOB[16:]))
		}
		for len(b) > 0 {
			n := min(size, len(b))
			w.sent = append(w.sent, append([]byte(nil), b[:n]...))
			b = b[n:]
		}
	}
	return len(ms), nil
}

// ReadBatch is never called.
func (w *wire) ReadBatch([]ipv4.Message, int) (int, error) { return 0, net.ErrClosed }

// pionEgress seals as Pion's session does.
type pionEgress struct {
	t   *testing.T
	ctx *srtp.Context
	w   *wire
}

func (e pionEgress) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	raw, err := (&rtp.Packet{Header: *h, Payload: payload}).Marshal()
	must(e.t, err)
	sealed, err := e.ctx.EncryptRTP(nil, raw, nil)
	must(e.t, err)
	e.w.sent = append(e.w.sent, sealed)
	return len(payload), nil
}

// directBench is a slot that can send on both paths into one wire, and a client that opens what arrives.
type directBench struct {
	*bench
	wire   *wire
	path   *directPath
	client *srtp.Context
}

func newDirectBench(t *testing.T) *directBench {
	b := &directBench{bench: newBench(t), wire: &wire{}}
	key, salt := make([]byte, srtpKeyLen), make([]byte, srtpSaltLen)
	for i := range key {
		key[i] = byte(rand.Uint32())
	}
	for i := range salt {
		salt[i] = byte(rand.Uint32())
	}
	pion, err := srtp.CreateContext(key, salt, srtp.ProtectionProfileAeadAes128Gcm)
	must(t, err)
	b.client, err = srtp.CreateContext(key, salt, srtp.ProtectionProfileAeadAes128Gcm)
	must(t, err)
	own, err := newSRTPKey(key, salt)
	must(t, err)
	b.v.audio[0].out = pionEgress{t, pion, b.wire}
	sock := &mediaSocket{batch: b.wire, local: netip.MustParseAddrPort("127.0.0.1:1")}
	sock.segments.Store(true)
	b.path = &directPath{sock: sock, addr: net.UDPAddrFromAddrPort(sock.local), key: own}
	return b
}

// TestPathChangesAcrossRollovers changes the path of a stream at random packets while its sequence number wraps three times:
// the client opens every packet, in order.
func TestPathChangesAcrossRollovers(t *testing.T) {
	b := newDirectBench(t)
	s := b.v.audio[0]
	first := uint64(1<<16 + firstSN - 1)
	next := first
	for ext := first; ext < 4<<16; ext++ {
		if rand.IntN(5000) == 0 {
			if b.v.direct == nil {
				b.v.setDirect(b.path)
			} else {
				b.v.setDirect(nil)
			}
		}
		h := rtp.Header{Version: 2, SSRC: 7, SequenceNumber: uint16(ext), PayloadType: 111}
		must(t, s.write(&h, ext, []byte{byte(ext), byte(ext >> 8), 3}))
		if ext%7 == 0 {
			b.v.w.out.flush()
		}
	}
	b.v.w.out.flush()
	for _, raw := range b.wire.sent {
		plain, err := b.client.DecryptRTP(nil, raw, nil)
		if err != nil {
			t.Fatalf("packet %d: %v", next-first, err)
		}
		if sn := binary.BigEndian.Uint16(plain[2:]); sn != uint16(next) {
			t.Fatalf("number %d where %d was due", sn, uint16(next))
		}
		next++
	}
	m := b.s.metrics
	if next != 4<<16 || m.outDirect.Load() == 0 || m.outPlain.Load() == 0 {
		t.Errorf("%d packets, %d direct, %d plain", next-first, m.outDirect.Load(), m.outPlain.Load())
	}
}

// TestOutboxRuns checks what shares a run and a call: packets of one size to one viewer, the last may be shorter.
func TestOutboxRuns(t *testing.T) {
	for _, tc := range []struct {
		name  string
		sizes []int
		runs  int
	}{
		{"equal", []int{100, 100, 100}, 1},
		{"a shorter end", []int{100, 100, 40}, 1},
		{"after the shorter end", []int{100, 40, 40}, 2},
		{"larger", []int{100, 101}, 2},
		{"one", []int{100}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newDirectBench(t)
			o := b.v.w.out
			for i, n := range tc.sizes {
				o.room(n)
				p := make([]byte, n)
				p[0] = byte(i)
				o.arena = append(o.arena, p...)
				o.add(b.path, n)
			}
			if len(o.runs) != tc.runs {
				t.Errorf("%d runs, want %d", len(o.runs), tc.runs)
			}
			o.flush()
			if b.wire.calls != 1 || len(b.wire.sent) != len(tc.sizes) {
				t.Fatalf("%d calls, %d packets", b.wire.calls, len(b.wire.sent))
			}
			for i, n := range tc.sizes {
				if len(b.wire.sent[i]) != n || b.wire.sent[i][0] != byte(i) {
					t.Errorf("packet %d has %d bytes, number %d", i, len(b.wire.sent[i]), b.wire.sent[i][0])
				}
			}
		})
	}
}

// TestOutboxRefusals: a kernel without segmentation gets packet by packet, a full buffer drops, a bad destination costs itself.
func TestOutboxRefusals(t *testing.T) {
	fill := func(b *directBench) {
		for range 3 {
			b.v.w.out.arena = append(b.v.w.out.arena, make([]byte, 100)...)
			b.v.w.out.add(b.path, 100)
		}
		b.v.w.out.flush()
	}
	b := newDirectBench(t)
	b.wire.refuse = syscall.EINVAL
	fill(b)
	fill(b)
	if len(b.wire.sent) != 6 || b.path.sock.segments.Load() || b.s.metrics.dropped[dropWrite].Load() != 0 {
		t.Errorf("%d packets without segmentation", len(b.wire.sent))
	}
	b = newDirectBench(t)
	b.wire.refuse = errors.New("unreachable")
	fill(b)
	if n := b.s.metrics.dropped[dropWrite].Load(); n != 3 || !b.path.sock.segments.Load() {
		t.Errorf("%d dropped for a bad destination", n)
	}
	b = newDirectBench(t)
	b.wire.blocked = true
	fill(b)
	if n := b.s.metrics.dropped[dropWrite].Load(); n != 3 {
		t.Errorf("%d dropped by a full buffer", n)
	}
}

// TestDirectAllocates: sealing and queueing allocate nothing.
func TestDirectAllocates(t *testing.T) {
	b := newDirectBench(t)
	s := b.v.audio[0]
	b.v.direct, s.begun = b.path, true
	h := rtp.Header{Version: 2, SSRC: 7, CSRC: []uint32{1}}
	payload := make([]byte, packets.MaxPacket/2)
	ext := uint64(1<<16 + 1)
	if n := testing.AllocsPerRun(1000, func() {
		ext++
		h.SequenceNumber = uint16(ext)
		_ = s.write(&h, ext, payload)
		b.v.w.out.runs, b.v.w.out.arena = b.v.w.out.runs[:0], b.v.w.out.arena[:0]
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

// TestKeysOfOtherHandshakes: what is not known for sure has no direct path.
func TestKeysOfOtherHandshakes(t *testing.T) {
	var tap keyTap
	for _, line := range []string{"", "CLIENT_RANDOM", "CLIENT_RANDOM zz yy", "SERVER_RANDOM 00 00"} {
		if n, err := tap.Write([]byte(line)); n != len(line) || err != nil {
			t.Errorf("%q: %d, %v", line, n, err)
		}
	}
	if _, _, ok := tap.keys(); ok {
		t.Error("keys without a handshake")
	}
	tap.client, tap.master, tap.gcm, tap.suite = make([]byte, 32), make([]byte, 48), true, 0xffff
	if _, _, ok := tap.keys(); ok {
		t.Error("keys of an unknown cipher suite")
	}
}
