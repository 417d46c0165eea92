package signaling

import (
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v4"

	"nghitruong/council"
)

// churned is how many join and leave; with TORTURE=1 as many as docs/RELIABILITY.md tells of.
func churned() int {
	if os.Getenv("TORTURE") != "" {
		return 5000
	}
	return 60
}

// TestTortureJoinsAndLeaves: people who come and go, in order or by a cut line, with media that stands or is still on its way, leave no
// goroutine, no descriptor and no memory behind.
func TestTortureJoinsAndLeaves(t *testing.T) {
	h := newHouse(t, func(c *Config, _ *timing) { c.Grace, c.Connections = 50*time.Millisecond, -1 })
	clerk := h.join("clerk")
	clerk.act("sitting.open", nil)
	clerk.cut() // else what it is told stays with it
	cookie := h.device("visitor", council.RoleCitizen)
	once := func(t *testing.T, i int) {
		guest := *h
		guest.t = t // what a test keeps of its clients goes with each
		c := guest.dial(cookie)
		if m := c.hello(map[string]any{"page": "page-" + strconv.Itoa(i)}); m["type"] != "session.welcome" {
			t.Fatalf("join %d: %v", i, m)
		}
		sub, _ := receiver(t)
		connect(t, c, sub)
		if i%4 < 2 {
			eventually(t, "the media stands", func() bool { return sub.ConnectionState() == webrtc.PeerConnectionStateConnected })
		}
		if i%2 == 0 {
			must(t, c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(patience)))
		} else {
			must(t, c.conn.Close())
		}
		must(t, sub.GracefulClose())
		eventually(t, "the seat is free", func() bool { return h.handler.people() == 0 })
		c.cut()
	}
	pass := func(i int) { t.Run(strconv.Itoa(i), func(t *testing.T) { once(t, i) }) }
	settle := func() (goroutines, files int) {
		eventually(t, "the sockets end", func() bool { return h.sockets() == 0 })
		return runtime.NumGoroutine(), openFiles(t)
	}
	for i := range 30 { // pools and caches fill
		pass(i)
	}
	goroutines, files := settle()
	memory := heap()
	n := churned()
	for i := range n {
		pass(30 + i)
	}
	eventually(t, "the baseline", func() bool {
		g, f := settle()
		return g <= goroutines+5 && f <= files+5
	})
	g, f := settle()
	m := heap()
	t.Logf("%d joins and leaves: goroutines %d, then %d; descriptors %d, then %d; %d KiB in use, then %d", n, goroutines, g, files, f, memory>>10, m>>10)
	if m > memory+keptMemory {
		t.Errorf("%d KiB more than before", (m-memory)>>10)
	}
}

// keptMemory is what may be in use more than before, bytes: tables that grew, not people. For 5,000 people it is 400 bytes each, and
// the testing package keeps a name and a line of each.
const keptMemory = 2 << 20

// heap is the memory in use, after two collections: pools are emptied by the second.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// connect has the server answer a receiver's offer.
func connect(t *testing.T, c *client, pc *webrtc.PeerConnection) {
	t.Helper()
	offer, err := pc.CreateOffer(nil)
	must(t, err)
	must(t, pc.SetLocalDescription(offer))
	c.gen++
	m := c.answer(c.send("media.offer", map[string]any{"pc": "sub", "gen": c.gen, "profile": "audience", "sdp": offer.SDP}))
	if m["type"] != "media.answer" {
		t.Fatalf("offer: %v", m)
	}
	must(t, pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: m["sdp"].(string)}))
}

func openFiles(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(all)
}
