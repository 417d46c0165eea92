package sfu

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

const testREDPT, testOpusPT = 63, 111

// voice makes the packets of a microphone that sends RED: packet n says says(n) and repeats so many before it.
func (b *bench) voice(t *testing.T, n int, says func(int) []byte, repeat int) *packets.Packet {
	t.Helper()
	var blocks []packets.REDBlock
	for back := repeat; back >= 1; back-- {
		if n >= back {
			blocks = append(blocks, packets.REDBlock{Offset: uint16(960 * back), Data: says(n - back)})
		}
	}
	payload, ok := packets.AppendRED(nil, testOpusPT, says(n), blocks)
	if !ok {
		payload = append([]byte{testOpusPT}, says(n)...)
	}
	h := rtp.Header{Version: 2, PayloadType: testREDPT, SequenceNumber: uint16(n), Timestamp: uint32(n) * 960, SSRC: 5}
	raw, err := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
	must(t, err)
	p := b.s.pool.Get()
	p.SetLen(copy(p.Buffer(), raw))
	p.Arrival = int64(n+1) * int64(20*time.Millisecond)
	return p
}

// payloads keeps what a slot sent.
type payloads struct {
	pts  []uint8
	sns  []uint16
	sent [][]byte
}

func (e *payloads) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	e.pts = append(e.pts, h.PayloadType)
	e.sns = append(e.sns, h.SequenceNumber)
	e.sent = append(e.sent, slices.Clone(payload))
	return len(payload), nil
}

func (e *payloads) Write(b []byte) (int, error) { return len(b), nil }

// newREDBench is a bench whose microphone sends RED and whose voice slot keeps what it sends.
func newREDBench(t *testing.T) (*bench, *payloads) {
	b, out := newBench(t), &payloads{}
	b.mic.red, b.mic.pt = newUplinkRED([]webrtc.RTPCodecParameters{opusCodec, redCodec})
	b.mic.src.gate.Store(true)
	b.v.audio[0].out = out
	b.v.audio[0].assign(b.mic, false, 0)
	return b, out
}

// run lets the worker forward what waits.
func (b *bench) run() {
	for len(b.v.w.in) > 0 {
		b.v.w.runQueue(<-b.v.w.in)
	}
}

func word(n int) []byte { return []byte{0xF8, byte(n), byte(n >> 8), 0x5A} }

// TestREDRestoresUplink checks that a viewer without RED hears what the publisher's line lost, in order, as plain Opus.
func TestREDRestoresUplink(t *testing.T) {
	b, out := newREDBench(t)
	const n = 60
	lost := func(i int) bool { return i%10 == 4 || i%10 == 7 || i%10 == 8 }
	for i := range n {
		if !lost(i) {
			b.mic.receive(b.voice(t, i, word, 2))
		}
	}
	b.run()
	if len(out.sent) != n {
		t.Fatalf("%d of %d packets came", len(out.sent), n)
	}
	for i, got := range out.sent {
		if !bytes.Equal(got, word(i)) || out.pts[i] != testOpusPT || out.sns[i] != out.sns[0]+uint16(i) {
			t.Fatalf("packet %d: % x of type %d, number %d", i, got, out.pts[i], out.sns[i])
		}
	}
	if got := b.s.metrics.inRecovered.Load(); got != 18 {
		t.Errorf("%d restored, want 18", got)
	}
	b.mic.receive(b.voice(t, n-2, word, 2)) // late, known
	b.run()
	if len(out.sent) != n {
		t.Error("a known packet was sent again")
	}
}

// TestREDKeepsTheGate checks that nothing said behind a closed gate is heard: not as a primary, not as a repeat in the packets after it
// opens, not restored for a packet that was lost while it was closed, not in what the server repeats.
func TestREDKeepsTheGate(t *testing.T) {
	const opened, n = 34, 60
	secret := []byte{0xDE, 0xAD, 0xBE, 0xEF}
	for _, repeat := range []int{0, 1, 2} {
		for _, shut := range []int{2, hushPackets + 2, hushPackets + 8} { // within the silence that ends a voice, at its end, beyond
			says := func(i int) []byte {
				if i >= opened-shut && i < opened {
					return append([]byte{0xF8}, secret...)
				}
				return word(i)
			}
			for lostAt := opened - shut; lostAt <= opened; lostAt++ {
				b, out := newREDBench(t)
				b.v.repeat.Store(int32(repeat))
				b.v.audio[0].pts[packets.CodecRED] = testREDPT
				for i := range n {
					b.mic.src.gate.Store(i < opened-shut || i >= opened)
					if i != lostAt {
						b.mic.receive(b.voice(t, i, says, 2))
					}
					b.run()
				}
				for i, got := range out.sent {
					if bytes.Contains(got, secret) {
						t.Fatalf("repeat %d, shut for %d, %d lost: packet %d says it", repeat, shut, lostAt, i)
					}
				}
				if len(out.sent) < n-shut-1 {
					t.Fatalf("only %d packets came", len(out.sent))
				}
			}
		}
	}
}

// TestREDTowardsViewers checks what a viewer with RED gets: nothing repeated on a good line, the packets before on a lossy one, and
// never another source's.
func TestREDTowardsViewers(t *testing.T) {
	b, out := newREDBench(t)
	s := b.v.audio[0]
	feed := func(from, to int) {
		for i := from; i < to; i++ {
			b.mic.receive(b.voice(t, i, word, 0))
		}
		b.run()
	}
	feed(0, 5)
	b.v.repeat.Store(2)
	feed(5, 8) // not negotiated
	s.pts[packets.CodecRED] = testREDPT
	feed(8, 12)
	for i, got := range out.sent {
		if i < 8 {
			if out.pts[i] != testOpusPT || !bytes.Equal(got, word(i)) {
				t.Errorf("packet %d: type %d, % x", i, out.pts[i], got)
			}
			continue
		}
		var r packets.RED
		if err := packets.ParseRED(got, &r); err != nil || out.pts[i] != testREDPT || r.N != 2 || !bytes.Equal(r.Primary, word(i)) ||
			!bytes.Equal(r.Blocks[0].Data, word(i-2)) || !bytes.Equal(r.Blocks[1].Data, word(i-1)) || r.Blocks[0].Offset != 1920 {
			t.Fatalf("packet %d: type %d, %+v, %v", i, out.pts[i], r, err)
		}
	}
	other := newLayer(b.mic.pub, newSource(79, sourceKey{"q", KindMic}), 0, fakeRemote, packets.CodecOpus, 0)
	other.red, other.pt = newUplinkRED([]webrtc.RTPCodecParameters{opusCodec, redCodec})
	other.src.gate.Store(true)
	for i := range 3 {
		other.receive(b.voice(t, i, word, 0)) // heard by nobody yet
	}
	s.assign(other, false, 0)
	out.sent, out.pts = nil, nil
	for i := 3; i < 6; i++ {
		other.receive(b.voice(t, i, word, 0))
	}
	b.run()
	for i, want := range []int{0, 1, 2} {
		var r packets.RED
		if want == 0 {
			if out.pts[i] != testOpusPT {
				t.Error("the first packet of a source repeats what was said before")
			}
			continue
		}
		if err := packets.ParseRED(out.sent[i], &r); err != nil || r.N != want {
			t.Errorf("packet %d of the new source repeats %d, want %d: %v", i, r.N, want, err)
		}
	}
}

// TestREDFollowsLoss checks when a viewer's voices are repeated, and that a line too narrow for it is spared.
func TestREDFollowsLoss(t *testing.T) {
	b, _ := newREDBench(t)
	v := b.v
	v.audio[0].pts[packets.CodecRED] = testREDPT
	at := func(loss uint8, rate uint64, rtt time.Duration, now int64) int32 {
		v.est = packets.NewRateEstimator(rate)
		v.est.OnRR(loss, 50*time.Millisecond, 0, now-int64(time.Second))
		v.est.OnRR(loss, rtt, 0, now)
		v.audio[0].lastSent = now
		v.tick(now)
		return v.repeat.Load()
	}
	const flat, late = 50 * time.Millisecond, 300 * time.Millisecond
	for _, tt := range []struct {
		name string
		loss uint8 // of 256
		rate uint64
		rtt  time.Duration
		want int32
	}{
		{"a clean line", 0, 300_000, flat, 0}, {"5 %", 13, 300_000, flat, 1}, {"15 %", 38, 300_000, flat, 2},
		{"15 % on 60 kb/s, and packets wait", 38, 60_000, late, 0},
		{"15 % on 60 kb/s by chance", 38, 60_000, flat, 2},
	} {
		v.red.control = packets.REDControl{}
		if got := at(tt.loss, tt.rate, tt.rtt, int64(time.Minute)); got != tt.want {
			t.Errorf("%s: repeats %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestMalformedRED checks that broken RED costs nothing but itself.
func TestMalformedRED(t *testing.T) {
	b, out := newREDBench(t)
	for i := range 4 {
		p := b.voice(t, i, word, 1)
		if i == 2 {
			p.SetLen(15) // a block header cut in two
		}
		b.mic.receive(p)
	}
	b.run()
	if got := b.s.metrics.dropped[dropMalformed].Load(); got != 1 || len(out.sent) != 4 {
		t.Errorf("%d malformed, %d of 4 came", got, len(out.sent))
	}
}

func TestREDFirst(t *testing.T) {
	offer := []string{"v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111 8 63", "a=rtpmap:111 opus/48000/2", "a=rtpmap:63 red/48000/2", "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=rtpmap:96 VP8/90000"}
	tests := []struct {
		name string
		in   []string
		want string
	}{
		{"moved", offer, "m=audio 9 UDP/TLS/RTP/SAVPF 63 111 8"},
		{"not offered", slices.Delete(slices.Clone(offer), 3, 4), offer[1]},
		{"of another line", []string{"v=0", "m=audio 9 X 111 63", "m=audio 9 X 63", offer[3]}, "m=audio 9 X 111 63"},
	}
	for _, tt := range tests {
		lines := slices.Clone(tt.in)
		redFirst(lines)
		if lines[1] != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, lines[1], tt.want)
		}
	}
}

// TestREDThrough is RED the whole way: a publisher sends it, a viewer with a good line gets plain Opus.
func TestREDThrough(t *testing.T) { onBothPaths(t, conformRED) }

func conformRED(t *testing.T, s *Server) {
	conf := s.Conference("s")
	conf.Direct(allOpen("a"))
	api := clientAPI(t, false)
	a, b := join(t, conf, Participant{ID: "a", Profile: ProfileMember}), join(t, conf, Participant{ID: "b", Profile: ProfileAudience})
	must(t, a.publish(api))
	if answer := a.pub.RemoteDescription().SDP; !strings.Contains(answer, "SAVPF 63 111") {
		t.Fatalf("RED is not first: %s", answer)
	}
	b.listen(api, 2, 2)
	b.mu.Lock()
	b.keep = true
	b.mu.Unlock()
	stop := a.streamRED(20)
	defer stop()
	eventually(t, "a second of voice", func() bool { return b.received(0) >= 50 })
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, g := range b.all {
		if g.line == 0 && (g.header.PayloadType != testOpusPT || len(g.payload) != len(word(0))) {
			t.Fatalf("type %d, payload % x", g.header.PayloadType, g.payload)
		}
	}
	if s.metrics.inRecovered.Load() == 0 {
		t.Error("nothing was restored")
	}
}

// streamRED sends a microphone's RED each 20 ms, of which one packet in ten is lost on the way.
func (c *testClient) streamRED(level byte) (stop func()) {
	mid, f := c.pub.GetTransceivers()[0].Mid(), c.tracks[0]
	return every(20*time.Millisecond, func(n int) {
		f.ts += 960
		payload := append([]byte{testOpusPT}, word(n)...)
		if n > 0 {
			payload, _ = packets.AppendRED(nil, testOpusPT, word(n), []packets.REDBlock{{Offset: 960, Data: word(n - 1)}})
		}
		f.mu.Lock()
		f.pt = testREDPT
		if n%10 == 9 {
			f.sn++
			f.mu.Unlock()
			return
		}
		f.mu.Unlock()
		_ = f.write(mid, payload, false, level)
	})
}
