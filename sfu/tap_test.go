package sfu

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

// layerTap notes which layers of cameras it was given, in order.
type layerTap struct {
	mu      sync.Mutex
	rids    map[uint32]string // by SSRC
	owner   map[uint32]string // by source
	kind    map[uint32]string
	layers  map[string][]string // layers by person, in order of their first packet after another one's
	unkeyed int                 // changes that did not begin with a keyframe
	packets int
	reports map[uint32]int // by SSRC
}

func newLayerTap() *layerTap {
	return &layerTap{rids: map[uint32]string{}, owner: map[uint32]string{}, kind: map[uint32]string{}, layers: map[string][]string{}, reports: map[uint32]int{}}
}

func (r *layerTap) Opened(src, ssrc uint32, who, kind, rid string, _ webrtc.RTPParameters) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rids[ssrc], r.owner[src], r.kind[src] = rid, who, kind
}

func (r *layerTap) RTP(src, ssrc uint32, _ time.Time, raw []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kind[src] != string(KindCam) {
		return
	}
	r.packets++
	who := r.owner[src]
	if seen := r.layers[who]; len(seen) > 0 && seen[len(seen)-1] == r.rids[ssrc] {
		return
	}
	r.layers[who] = append(r.layers[who], r.rids[ssrc])
	var h packets.Header
	var d packets.VP8
	if packets.ParseRTP(raw, &h) != nil || packets.ParseVP8(h.Payload(raw), &d) != nil || !d.Key {
		r.unkeyed++
	}
}

func (r *layerTap) RTCP(_, ssrc uint32, _ time.Time, _ []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reports[ssrc]++
}

func (r *layerTap) Closed(uint32, uint32) {}

func (r *layerTap) seen(who string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.layers[who])
}

// TestTapLayers: a tap gets one layer of a camera at a time, by what its person does, changed at keyframes, and the publisher is asked
// for it although nobody watches.
func TestTapLayers(t *testing.T) {
	s := newPathServer(t, false)
	conf := s.Conference("s1")
	api := clientAPI(t, false)
	a := join(t, conf, Participant{ID: "a", Profile: ProfileMember})
	conf.Direct(allOpen("a"))
	must(t, a.publish(api, "q", "h", "f"))
	a.stream(127) // silent: speaking would make a matter
	eventually(t, "source", func() bool { _, ok := a.sink.find("a", KindCam); return ok })
	tap := newLayerTap()
	conf.AddTap(tap)
	eventually(t, "layer h", func() bool { return slices.Equal(tap.seen("a"), []string{"h"}) })
	staged := allOpen("a")
	staged.Stage = "a"
	conf.Direct(staged)
	eventually(t, "layer f on stage", func() bool { return slices.Equal(tap.seen("a"), []string{"h", "f"}) })
	eventually(t, "publisher asked for f", func() bool { return a.told(a.cam("a"), "q", "h", "f") })
	conf.Direct(allOpen("a"))
	eventually(t, "layer h again", func() bool { return slices.Equal(tap.seen("a"), []string{"h", "f", "h"}) })
	conf.RemoveTap(tap)
	tap.mu.Lock()
	tap.layers["a"] = append(tap.layers["a"], "pause")
	tap.mu.Unlock()
	conf.AddTap(tap)
	eventually(t, "layer h after a pause", func() bool { return slices.Equal(tap.seen("a"), []string{"h", "f", "h", "pause", "h"}) })
	tap.mu.Lock()
	defer tap.mu.Unlock()
	if tap.unkeyed > 0 {
		t.Errorf("%d changes without a keyframe", tap.unkeyed)
	}
	for ssrc := range tap.reports {
		if tap.rids[ssrc] == "q" {
			t.Error("reports of a layer that was never tapped")
		}
	}
}

// TestTapBest is the table of what a picture deserves.
func TestTapBest(t *testing.T) {
	const now = int64(time.Minute)
	c := &Conference{dir: Direction{Stage: "stage", Chair: "chair", Priority: map[string]bool{"hall": true}}, spoke: map[string]int64{
		"speaker": now - int64(time.Second), "earlier": now - int64(45*time.Second),
	}}
	tests := []struct {
		who  string
		kind Kind
		cams int
		want int
	}{
		{"stage", KindCam, 100, layerF},
		{"chair", KindCam, 100, layerF},
		{"hall", KindCam, 100, layerF},
		{"speaker", KindCam, 100, layerF},
		{"someone", KindScreen, 100, layerF},
		{"someone", KindCam, tapManyCams, layerH},
		{"earlier", KindCam, tapManyCams, layerH},
		{"someone", KindCam, tapManyCams + 1, layerQ},
	}
	for _, x := range tests {
		if got := c.tapBest(newSource(1, sourceKey{x.who, x.kind}), x.cams, now); got != x.want {
			t.Errorf("%s's %s with %d cameras: layer %d, want %d", x.who, x.kind, x.cams, got, x.want)
		}
	}
}

// TestTapLayer takes what is live: below the wish first, then above it.
func TestTapLayer(t *testing.T) {
	const now = int64(time.Minute)
	src := newSource(1, sourceKey{"a", KindCam})
	if got := src.tapLayer(layerF, now); got != tapNoLayer {
		t.Errorf("layer %d of nothing", got)
	}
	live := func(i int, at int64) {
		l := &Layer{}
		l.lastPacket.Store(at)
		src.lays[i].Store(l)
	}
	live(layerF, now)
	if got := src.tapLayer(layerQ, now); got != layerF {
		t.Errorf("only f is live: %d", got)
	}
	live(layerQ, now)
	live(layerH, now-int64(layerDead))
	for best, want := range map[int]int{layerQ: layerQ, layerH: layerQ, layerF: layerF} {
		if got := src.tapLayer(best, now); got != want {
			t.Errorf("wish %d: layer %d, want %d", best, got, want)
		}
	}
}
