package sfu

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"nghitruong/sfu/packets"
)

func statsOf(c *Conference, who string) PeerStats {
	all := c.Stats()
	if i := slices.IndexFunc(all, func(s PeerStats) bool { return s.Who == who }); i >= 0 {
		return all[i]
	}
	return PeerStats{}
}

// TestStats checks what the server tells of a publisher and a viewer on both ways of forwarding.
func TestStats(t *testing.T) { onBothPaths(t, conformStats) }

func conformStats(t *testing.T, s *Server) {
	conf := s.Conference("s1")
	api := clientAPI(t, false)
	a := join(t, conf, Participant{ID: "a", Profile: ProfileMember})
	b := join(t, conf, Participant{ID: "b", Profile: ProfileAudience})
	conf.Direct(allOpen("a"))
	must(t, a.publish(api, "q", "h"))
	a.stream(20)
	b.listen(api, 2, 2)
	eventually(t, "a picture on stage", func() bool {
		st := statsOf(conf, "b")
		return st.Connected && st.StageLayer != "" && st.StageWhy == WhyLive && st.SentBytes > 0
	})
	down := statsOf(conf, "b")
	if down.Path != PathUDP || down.UpPath != "" || len(down.Up) != 0 || down.Outside {
		t.Errorf("the viewer: %+v", down)
	}
	eventually(t, "the way of forwarding", func() bool { return statsOf(conf, "b").Direct == !s.cfg.PlainPath })
	eventually(t, "rates of what arrives", func() bool {
		up := statsOf(conf, "a").Up
		return len(up) == 2 && up[0].Level == 20 && up[1].FPS > 1 && up[1].W > 0
	})
	up := statsOf(conf, "a")
	mic, cam := up.Up[0], up.Up[1]
	if up.UpPath != PathUDP || mic.Kind != KindMic || mic.Codec != "opus" || mic.HeardMs < 0 || mic.QuietMs < 0 || !mic.Open {
		t.Errorf("the microphone: %+v", up)
	}
	if cam.Kind != KindCam || !slices.Equal(cam.Layers, []string{"q", "h"}) || cam.H == 0 || cam.Lost != 0 || cam.Level != packets.SilentLevel {
		t.Errorf("the camera: %+v", cam)
	}
	forwarding := "direct"
	if s.cfg.PlainPath {
		forwarding = "plain"
	}
	eventually(t, "the count at /metrics", func() bool {
		have := gather(t, s)
		return have["nghitruong_sfu_viewers/"+forwarding+"/udp"] == 1 && have["nghitruong_sfu_uplinks/udp"] == 1 &&
			have["nghitruong_sfu_stage_viewers/none"] == 0 && have["nghitruong_sfu_estimate_bits_per_second/middle"] > 0
	})
}

// gather reads /metrics as name/label/label → value.
func gather(t *testing.T, s *Server) map[string]float64 {
	t.Helper()
	reg := prometheus.NewPedanticRegistry()
	for _, c := range s.Collectors() {
		reg.MustRegister(c)
	}
	families, err := reg.Gather()
	must(t, err)
	have := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += "/" + l.GetValue()
			}
			have[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return have
}

// TestAClosedGateHidesNoState checks that a hall that nobody hears yet is seen to be loud and sharp: what the readiness board
// shows before the sitting.
func TestAClosedGateHidesNoState(t *testing.T) {
	s := newTestServer(t)
	conf := s.Conference("s1")
	a := join(t, conf, Participant{ID: "a", Profile: ProfileMember})
	conf.Direct(allOpen("a"))
	conf.Direct(Direction{Why: "chair"})
	must(t, a.publish(clientAPI(t, false)))
	a.stream(20)
	eventually(t, "sound and picture behind closed gates", func() bool {
		up := statsOf(conf, "a").Up
		return len(up) == 2 && !up[0].Open && up[0].HeardMs >= 0 && up[0].Level == 20 && !up[1].Open && up[1].W > 0 && up[1].FPS > 1
	})
	if n := s.metrics.outPackets.Load(); n != 0 {
		t.Errorf("%d packets passed", n)
	}
}

// TestUplinkLoss checks the smoothing: what was repaired counts as lost on the way once, what stays away too.
func TestUplinkLoss(t *testing.T) {
	ratio := func(l *Layer) float64 { return l.up.lost / l.up.of }
	l := &Layer{}
	for range 20 {
		l.noteLoss(100, 90)
	}
	if got := ratio(l); math.Abs(got-.1) > 1e-9 {
		t.Errorf("10 of 100 missing: %v", got)
	}
	l = &Layer{}
	for range 40 {
		l.noteLoss(100, 100)
		l.up.repaired.Add(10)
	}
	if got := ratio(l); got < .099 || got > .1001 {
		t.Errorf("10 of 100 repaired at once: %v", got)
	}
	l = &Layer{}
	l.noteLoss(100, 95)
	l.up.repaired.Add(5)
	l.noteLoss(100, 105) // they came in the next interval
	if l.up.lost < 3.9 || l.up.lost > 4.1 {
		t.Errorf("5 holes filled later count %v", l.up.lost)
	}
}

// TestMeterReadsASecond checks pictures a second, loudness and that padding is no picture.
func TestMeterReadsASecond(t *testing.T) {
	video := &Layer{codec: packets.CodecVP8, src: newSource(1, sourceKey{"a", KindCam})}
	var pool packets.Pool
	frame := func(ts uint64, payload int) {
		p := pool.Get()
		defer p.Release()
		p.SetLen(copy(p.Buffer(), append([]byte{0x80, 96, 0, 1, 0, 0, 0, byte(ts), 0, 0, 0, 1}, vp8Payload(1, false, 0, 0, payload)...)))
		must(t, p.Parse(packets.CodecVP8, 0))
		p.ExtTS = ts
		video.meter(p)
	}
	video.readMeter(int64(time.Second))
	for ts := range uint64(30) {
		frame(ts+1, 20)
		frame(ts+1, 20) // two packets of one picture
	}
	video.readMeter(int64(3 * time.Second))
	if video.up.fps != 15 {
		t.Errorf("30 pictures in 2 s: %v", video.up.fps)
	}
	video.readMeter(int64(3*time.Second) + 1)
	if video.up.fps != 15 {
		t.Error("a look within the second changed the rate")
	}
	audio := &Layer{codec: packets.CodecOpus, levelExt: 1, src: newSource(2, sourceKey{"a", KindMic})}
	loud := func(level uint8) {
		p := pool.Get()
		defer p.Release()
		p.Level, p.Arrival = level, int64(level)
		audio.meter(p)
	}
	audio.readMeter(int64(time.Second))
	loud(90)
	if audio.src.heardAt.Load() != 0 {
		t.Error("a quiet room counts as heard")
	}
	loud(30)
	loud(60)
	audio.readMeter(int64(2 * time.Second))
	if audio.up.level != 30 || audio.src.heardAt.Load() != 30 {
		t.Errorf("the loudest is %d, heard at %d", audio.up.level, audio.src.heardAt.Load())
	}
	audio.readMeter(int64(3 * time.Second))
	if audio.up.level != packets.SilentLevel {
		t.Errorf("a second without packets is %d", audio.up.level)
	}
}
