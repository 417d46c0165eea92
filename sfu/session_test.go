package sfu

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// tapRecorder counts what passed the gates, per source.
type tapRecorder struct {
	mu     sync.Mutex
	opened map[uint32]int
	rtp    map[uint32]int
	closed map[uint32]int
}

func newTap() *tapRecorder {
	return &tapRecorder{opened: map[uint32]int{}, rtp: map[uint32]int{}, closed: map[uint32]int{}}
}

func (r *tapRecorder) Opened(src, _ uint32, _, _, _ string, _ webrtc.RTPParameters) {
	r.add(r.opened, src)
}
func (r *tapRecorder) RTP(src, _ uint32, _ time.Time, _ []byte) { r.add(r.rtp, src) }
func (r *tapRecorder) RTCP(uint32, uint32, time.Time, []byte)   {}
func (r *tapRecorder) Closed(src, _ uint32)                     { r.add(r.closed, src) }

func (r *tapRecorder) add(m map[uint32]int, src uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m[src]++
}

func (r *tapRecorder) of(m map[uint32]int, src uint32) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return m[src]
}

// TestGate checks that a closed gate stops a microphone within one packet, that its publisher is told, and that nothing
// passes before the first Direct.
func TestGate(t *testing.T) { onBothPaths(t, conformGate) }

func conformGate(t *testing.T, s *Server) {
	conf := s.Conference("s1")
	tap := newTap()
	conf.AddTap(tap)
	api := clientAPI(t, false)
	a := join(t, conf, Participant{ID: "a", Profile: ProfileMember})
	b := join(t, conf, Participant{ID: "b", Profile: ProfileAudience})
	if err := a.publish(api); !errors.Is(err, ErrNotAllowed) {
		t.Fatalf("publish before any gate was open: %v", err)
	}
	conf.Direct(allOpen("a"))
	conf.Direct(Direction{Why: "chair"})
	must(t, a.publish(api))
	a.stream(20)
	b.listen(api, 2, 2)
	eventually(t, "packets dropped by the gate", func() bool { return s.metrics.dropped[dropGate].Load() > 20 })
	if n := s.metrics.outPackets.Load(); n != 0 {
		t.Fatalf("%d packets passed closed gates", n)
	}
	if _, ok := b.sink.find("a", KindMic); ok {
		t.Fatal("a source that never passed is announced")
	}
	conf.Direct(allOpen("a"))
	eventually(t, "audio", func() bool { return b.received(0) > 10 })
	mic, _ := b.sink.find("a", KindMic)
	eventually(t, "tap", func() bool { return tap.of(tap.rtp, mic.Src) > 5 })

	conf.Direct(Direction{Cam: map[string]bool{"a": true}, Why: "chair"})
	passed := tap.of(tap.rtp, mic.Src)
	dropped := s.metrics.dropped[dropGate].Load()
	eventually(t, "more packets refused", func() bool { return s.metrics.dropped[dropGate].Load() > dropped+20 })
	if more := tap.of(tap.rtp, mic.Src) - passed; more > 1 {
		t.Errorf("%d packets passed after the gate closed", more)
	}
	if a.sink.gateOf(mic.Src) {
		t.Error("the publisher believes that the gate is open")
	}
	if _, ok := b.sink.find("a", KindMic); !ok {
		t.Error("a muted microphone vanished")
	}
	conf.RemoveTap(tap)
	if tap.of(tap.opened, mic.Src) != 1 {
		t.Errorf("opened %d times", tap.of(tap.opened, mic.Src))
	}
}

func (r *sinkRecorder) gateOf(src uint32) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gates[src]
}

// TestTakeOver checks that a person who joins again keeps slots and source ids, and that the old hold is dead.
func TestTakeOver(t *testing.T) { onBothPaths(t, conformTakeOver) }

func conformTakeOver(t *testing.T, s *Server) {
	conf := s.Conference("s1")
	api := clientAPI(t, false)
	a := join(t, conf, Participant{ID: "a", Profile: ProfileMember})
	b := join(t, conf, Participant{ID: "b", Profile: ProfileAudience})
	conf.Direct(allOpen("a", "b"))
	must(t, a.publish(api))
	stop := a.stream(20)
	b.listen(api, 2, 2)
	eventually(t, "video", func() bool { return b.received(2) > 5 })
	mic, _ := b.sink.find("a", KindMic)
	cam, _ := b.sink.find("a", KindCam)

	// a new pub PeerConnection of the same hold replaces the old one
	stop()
	must(t, a.publish(api))
	stop = a.stream(20)
	n := b.received(2)
	eventually(t, "video of the new uplink", func() bool { return b.received(2) > n+5 })
	if b.csrc(2) != cam.Src {
		t.Errorf("CSRC %d after the uplink was replaced, was %d", b.csrc(2), cam.Src)
	}

	// a new hold on the seat
	stop()
	again := join(t, conf, Participant{ID: "a", Profile: ProfileMember})
	must(t, again.publish(api))
	again.stream(20)
	n = b.received(2)
	eventually(t, "video of the new hold", func() bool { return b.received(2) > n+5 })
	if b.csrc(2) != cam.Src || b.csrc(0) != mic.Src {
		t.Errorf("sources changed: %d %d", b.csrc(2), b.csrc(0))
	}
	_, err := a.peer.Answer(context.Background(), Offer{PC: PCSub, Gen: 99, SDP: "v=0"})
	if err == nil {
		t.Error("the old hold still answers")
	}
	a.peer.Leave()
	if st := conf.Stats(); len(st) != 2 {
		t.Errorf("the old hold's Leave removed the seat: %+v", st)
	}

	// the viewer's socket comes back: whole state again
	sink := newSink()
	b.peer.SetSink(sink)
	if _, ok := sink.find("a", KindCam); !ok || sink.slotMap().V[0].Src != cam.Src {
		t.Errorf("a new sink was not told everything: %+v", sink.slotMap())
	}

	again.peer.Leave()
	eventually(t, "sources gone", func() bool {
		_, ok := sink.find("a", KindMic)
		return !ok
	})
	eventually(t, "slots empty", func() bool { return sink.slotMap().V[0].Why == WhyEmpty })
}

// TestRestart checks that an ICE restart keeps both PeerConnections.
func TestRestart(t *testing.T) { onBothPaths(t, conformRestart) }

func conformRestart(t *testing.T, s *Server) {
	conf := s.Conference("s1")
	api := clientAPI(t, false)
	a := join(t, conf, Participant{ID: "a", Profile: ProfileMember})
	b := join(t, conf, Participant{ID: "b", Profile: ProfileAudience})
	conf.Direct(allOpen("a"))
	must(t, a.publish(api))
	a.stream(20)
	b.listen(api, 2, 2)
	eventually(t, "video", func() bool { return b.received(2) > 5 })
	must(t, b.offer(PCSub, b.sub, true))
	n := b.received(2)
	eventually(t, "video after the viewer's restart", func() bool { return b.received(2) > n+5 })
	must(t, a.offer(PCPub, a.pub, true))
	n = b.received(2)
	eventually(t, "video after the publisher's restart", func() bool { return b.received(2) > n+20 })
	if len(b.sink.failed)+len(a.sink.failed) > 0 {
		t.Error("a PeerConnection failed")
	}
}

// TestTCP checks that a client without UDP is served over ICE-TCP.
func TestTCP(t *testing.T) {
	s := newTestServer(t)
	conf := s.Conference("s1")
	a := join(t, conf, Participant{ID: "a", Profile: ProfileMember})
	b := join(t, conf, Participant{ID: "b", Profile: ProfileAudience})
	conf.Direct(allOpen("a"))
	must(t, a.publish(clientAPI(t, false)))
	a.stream(20)
	b.listen(clientAPI(t, true), 2, 2)
	eventually(t, "video over TCP", func() bool { return b.received(2) > 10 })
	for _, st := range conf.Stats() {
		if st.Who == "b" && (st.Path != "tcp" || !st.Connected || st.SentBytes == 0) {
			t.Errorf("stats: %+v", st)
		}
	}
}

// TestSilence checks that a PeerConnection without any media hears something at least every 500 ms.
func TestSilence(t *testing.T) {
	s := newTestServer(t)
	conf := s.Conference("s1")
	b := join(t, conf, Participant{ID: "b", Profile: ProfileAudience})
	b.listen(clientAPI(t, false), 2, 2)
	start := s.metrics.reports.Load()
	begun := time.Now()
	eventually(t, "reports on an idle line", func() bool { return s.metrics.reports.Load() >= start+4 })
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("4 reports took %v", took)
	}
}

// TestLeaks checks that joining and leaving leaves nothing behind: seats, sources, fans.
func TestLeaks(t *testing.T) {
	s := newTestServer(t)
	conf := s.Conference("s1")
	api := clientAPI(t, false)
	conf.Direct(allOpen("a"))
	for range 3 {
		a := join(t, conf, Participant{ID: "a", Profile: ProfileMember})
		b := join(t, conf, Participant{ID: "b", Profile: ProfileAudience})
		must(t, a.publish(api, "q", "h"))
		stop := a.stream(20)
		b.listen(api, 2, 2)
		eventually(t, "video", func() bool { return b.received(2) > 3 })
		stop()
		a.close()
		b.close()
	}
	if p, src := s.population(); p != 0 || src != 0 {
		t.Errorf("%d people, %d sources are left", p, src)
	}
	for _, w := range s.workers {
		w.wait(func() {
			if len(w.fans) != 0 || len(w.viewers) != 0 {
				t.Errorf("%d fans, %d viewers are left", len(w.fans), len(w.viewers))
			}
		})
	}
}
