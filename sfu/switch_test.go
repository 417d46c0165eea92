package sfu

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"nghitruong/sfu/packets"
)

// allOpen opens every gate of the persons.
func allOpen(who ...string) Direction {
	m := map[string]bool{}
	for _, w := range who {
		m[w] = true
	}
	return Direction{Mic: m, Cam: m, Screen: m, Why: "chair"}
}

// TestSimulcast checks that a viewer gets the layer it wants, that switches keep one continuous stream, and that the
// wish reaches the publisher.
func TestSimulcast(t *testing.T) { onBothPaths(t, conformSimulcast) }

func conformSimulcast(t *testing.T, s *Server) {
	conf := s.Conference("s1")
	api := clientAPI(t, false)
	a := join(t, conf, Participant{ID: "a", Profile: ProfileMember})
	b := join(t, conf, Participant{ID: "b", Profile: ProfileMember})
	conf.Direct(allOpen("a"))
	must(t, a.publish(api, "q", "h", "f"))
	b.mu.Lock()
	b.keep = true
	b.mu.Unlock()
	b.peer.Want(Want{Step: "full", Tiles: 7, TilePx: 180, ScreenPx: 720, Visible: true})
	b.listen(api, 4, 9)
	a.stream(20)

	shows := func(layer string, why Why) func() bool {
		return func() bool {
			m := b.sink.slotMap()
			return len(m.V) == 9 && m.V[0].Layer == layer && m.V[0].Why == why
		}
	}
	width := func(w uint16) func() bool {
		return func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			for i := len(b.all) - 1; i >= 0 && i > len(b.all)-60; i-- {
				var d packets.VP8
				if g := b.all[i]; g.line == 4 && packets.ParseVP8(g.payload, &d) == nil && d.Key {
					return d.W == w
				}
			}
			return false
		}
	}
	eventually(t, "layer f on stage", shows("f", WhyLive))
	eventually(t, "pictures of f", width(1280))
	eventually(t, "publisher asked for f", func() bool { return a.told(b.cam("a"), "q", "h", "f") })
	b.peer.Want(Want{Step: "full", Tiles: 7, TilePx: 180, ScreenPx: 360, Visible: true})
	eventually(t, "layer h", shows("h", WhyLive))
	eventually(t, "pictures of h", width(640))
	b.peer.Want(Want{Step: "full", Tiles: 7, TilePx: 180, ScreenPx: 720, Saver: true, Visible: true})
	eventually(t, "saver keeps h", shows("h", WhyLive))
	b.peer.Want(Want{Step: "audio", Visible: true})
	eventually(t, "audio only", shows("", WhyPausedUser))
	n := b.received(4)
	heard := b.received(0)
	eventually(t, "audio goes on", func() bool { return b.received(0) > heard+20 })
	if more := b.received(4) - n; more > 3 {
		t.Errorf("%d pictures after the client asked for audio only", more)
	}
	eventually(t, "publisher may stop f", func() bool { return a.told(b.cam("a"), "q", "h") })
	b.continuous(4)
}

// told tells whether the publisher was last asked for exactly these layers.
func (c *testClient) told(src uint32, layers ...string) bool {
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	return slices.Equal(c.sink.layers[src], layers)
}

func (c *testClient) cam(who string) uint32 {
	s, _ := c.sink.find(who, KindCam)
	return s.Src
}

// continuous checks that a line was one stream: no number twice or missing, timestamps never back, picture ids in steps.
func (c *testClient) continuous(line int) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var prev *got
	for i := range c.all {
		g := &c.all[i]
		if g.line != line {
			continue
		}
		if prev != nil {
			if d := g.header.SequenceNumber - prev.header.SequenceNumber; d != 1 {
				c.t.Fatalf("sequence step %d", int16(d))
			}
			if d := int32(g.header.Timestamp - prev.header.Timestamp); d <= 0 || d > 90000*5 {
				c.t.Fatalf("timestamp step %d", d)
			}
			var a, b packets.VP8
			if packets.ParseVP8(prev.payload, &a) == nil && packets.ParseVP8(g.payload, &b) == nil {
				if d := (b.PID - a.PID) & 0x7fff; d != 1 {
					c.t.Fatalf("picture id step %d", d)
				}
			}
		}
		if len(g.header.CSRC) != 1 || g.header.SSRC != c.last[line].header.SSRC {
			c.t.Fatalf("header %+v", g.header)
		}
		prev = g
	}
	if prev == nil {
		c.t.Fatal("nothing received")
	}
}

// TestRepair checks that a NACK is answered over RTX with the same bytes, and a PLI reaches the publisher once.
func TestRepair(t *testing.T) { onBothPaths(t, conformRepair) }

func conformRepair(t *testing.T, s *Server) {
	conf := s.Conference("s1")
	api := clientAPI(t, false)
	a := join(t, conf, Participant{ID: "a", Profile: ProfileMember})
	b := join(t, conf, Participant{ID: "b", Profile: ProfileAudience})
	conf.Direct(allOpen("a"))
	must(t, a.publish(api, "q", "h", "f"))
	b.keep = true
	b.listen(api, 2, 2)
	a.stream(20)
	eventually(t, "video", func() bool { return b.received(2) > 10 })
	lost := b.line(2)
	b.sendRTCP(&rtcp.TransportLayerNack{
		SenderSSRC: 1, MediaSSRC: lost.header.SSRC, Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{lost.header.SequenceNumber}),
	})
	eventually(t, "repaired packet", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, g := range b.rtx {
			if g.header.SequenceNumber == lost.header.SequenceNumber && slices.Equal(g.payload, lost.payload) &&
				g.header.Timestamp == lost.header.Timestamp && slices.Equal(g.header.CSRC, lost.header.CSRC) {
				return true
			}
		}
		return false
	})
	if s.metrics.retransmits.Load() == 0 || s.metrics.nacksIn.Load() == 0 {
		t.Error("repairs are not counted")
	}
	before := s.metrics.plisOut.Load()
	for range 20 {
		b.sendRTCP(&rtcp.PictureLossIndication{MediaSSRC: lost.header.SSRC})
	}
	eventually(t, "PLIs seen", func() bool { return s.metrics.plisIn.Load() >= 20 })
	eventually(t, "PLI passed on", func() bool { return s.metrics.plisOut.Load() > before })
	if n := s.metrics.plisOut.Load() - before; n > 3 {
		t.Errorf("%d PLIs passed on for 20 requests", n)
	}
}

// TestSenderReports checks that viewers get sender reports whose clock fits the packets.
func TestSenderReports(t *testing.T) { onBothPaths(t, conformSenderReports) }

func conformSenderReports(t *testing.T, s *Server) {
	conf := s.Conference("s1")
	api := clientAPI(t, false)
	a := join(t, conf, Participant{ID: "a", Profile: ProfileMember})
	b := join(t, conf, Participant{ID: "b", Profile: ProfileAudience})
	conf.Direct(allOpen("a"))
	must(t, a.publish(api))
	b.listen(api, 2, 2)
	a.stream(20)
	eventually(t, "audio", func() bool { return b.received(0) > 5 })
	recv := b.sub.GetTransceivers()[0].Receiver()
	must(t, recv.SetReadDeadline(time.Now().Add(patience)))
	for range 2 {
		pkts, _, err := recv.ReadRTCP()
		must(t, err)
		for _, p := range pkts {
			sr, ok := p.(*rtcp.SenderReport)
			if !ok || sr.SSRC != b.ssrc(0) {
				continue
			}
			g := b.line(0)
			behind := time.Since(g.at) + time.Duration(packets.UnixNs(sr.NTPTime)-time.Now().UnixNano())
			want := int64(g.header.Timestamp) + int64(behind)*clockAudio/int64(time.Second)
			if d := int32(sr.RTPTime - uint32(want)); d > clockAudio/2 || d < -clockAudio/2 {
				t.Errorf("report is %d ticks off", d)
			}
		}
	}
}
