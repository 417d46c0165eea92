package sfu

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"nghitruong/sfu/packets"
)

// inboundBench is a publisher whose microphone is known past Pion, and the key that its packets are sealed with.
type inboundBench struct {
	*bench
	at  netip.AddrPort
	r   *inRemote
	key *srtpKey
}

func newInboundBench(t testing.TB) *inboundBench {
	t.Helper()
	b := &inboundBench{bench: newBench(t), at: netip.MustParseAddrPort("192.0.2.1:4000")}
	master, salt := make([]byte, srtpKeyLen), make([]byte, srtpSaltLen)
	master[0], salt[0] = 1, 2
	receive, err := newSRTPKey(master, salt)
	must(t, err)
	b.key, err = newSRTPKey(master, salt)
	must(t, err)
	pub := &pubPC{feedback: newUplinkFeedback(1, b.s.now)}
	b.r = &inRemote{key: receive, pub: pub, streams: map[uint32]*inStream{7: {layer: b.mic}}}
	b.s.inbound.remotes = map[netip.AddrPort]*inRemote{b.at: b.r}
	return b
}

// sealed is an Opus packet of stream 7 as it comes from the network; index is its 48-bit packet index.
func (b *inboundBench) sealed(index uint64) []byte {
	h := []byte{0x80, 111, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}
	binary.BigEndian.PutUint16(h[2:], uint16(index))
	binary.BigEndian.PutUint32(h[4:], uint32(index)*960)
	return b.key.seal(make([]byte, 0, 64), h, []byte{1, 2, 3}, 7, uint32(index>>16), uint16(index))
}

func (b *inboundBench) take(raw []byte, from netip.AddrPort) (forwarded, handled bool) {
	p := b.s.pool.Get()
	defer p.Release()
	l, handled := b.s.inbound.take(raw, from, p)
	return l != nil, handled
}

func TestInbound(t *testing.T) {
	b := newInboundBench(t)
	b.mic.src.gate.Store(true)
	other := netip.MustParseAddrPort("192.0.2.2:4000")
	good := b.sealed(100)
	false1 := append([]byte(nil), b.sealed(101)...)
	false1[len(false1)-1] ^= 1
	stranger := append([]byte(nil), b.sealed(102)...)
	binary.BigEndian.PutUint32(stranger[8:], 8)
	for _, tc := range []struct {
		name               string
		raw                []byte
		from               netip.AddrPort
		forwarded, handled bool
	}{
		{"from another address", good, other, false, false},
		{"a packet", good, b.at, true, true},
		{"the same again", good, b.at, false, true},
		{"a false tag", false1, b.at, false, false},
		{"another stream", stranger, b.at, false, false},
		{"RTCP", append([]byte{0x80, 201, 0, 1, 0, 0, 0, 7}, make([]byte, 40)...), b.at, false, false},
		{"STUN", append([]byte{0, 1, 0, 0}, make([]byte, 40)...), b.at, false, false},
		{"nothing", nil, b.at, false, false},
		{"only a header", good[:12], b.at, false, true}, // its index was seen
		{"a header that runs over", []byte{0x9F, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0}, b.at, false, false},
		{"too long", append(b.sealed(103), make([]byte, packets.MaxPacket)...), b.at, false, false},
		{"the one that Pion counts by", b.sealed(plainEvery), b.at, true, false},
		{"taken for one long gone", b.sealed(1<<16 + 3), b.at, false, true},
	} {
		if forwarded, handled := b.take(tc.raw, tc.from); forwarded != tc.forwarded || handled != tc.handled {
			t.Errorf("%s: forwarded %v, handled %v", tc.name, forwarded, handled)
		}
	}
}

// TestInboundGivesUp: a stream whose tags are false again and again is Pion's, whatever comes.
func TestInboundGivesUp(t *testing.T) {
	b := newInboundBench(t)
	b.mic.src.gate.Store(true)
	for i := range inboundTries + 1 {
		raw := b.sealed(uint64(i + 1))
		raw[13] ^= 1
		if _, handled := b.take(raw, b.at); handled {
			t.Fatal("a false packet was kept from Pion")
		}
	}
	if forwarded, handled := b.take(b.sealed(500), b.at); forwarded || handled {
		t.Error("a lost stream came past Pion")
	}
}

func FuzzInbound(f *testing.F) {
	b := newInboundBench(f)
	f.Add(b.sealed(5))
	f.Add([]byte{0x9F, 0xFF, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if forwarded, _ := b.take(raw, b.at); forwarded && len(raw) < 12+srtpTagLen {
			t.Errorf("%d bytes were forwarded", len(raw))
		}
	})
}
