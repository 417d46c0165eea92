package sfu

import (
	"testing"
)

// TestForward is the shortest whole way: one publisher, one viewer, audio and video with the right CSRC.
func TestForward(t *testing.T) { onBothPaths(t, conformForward) }

func conformForward(t *testing.T, s *Server) {
	conf := s.Conference("s1")
	api := clientAPI(t, false)
	chair := join(t, conf, Participant{ID: "chair", Profile: ProfileMember, Priority: true})
	viewer := join(t, conf, Participant{ID: "viewer", Profile: ProfileAudience})
	open := map[string]bool{"chair": true}
	conf.Direct(Direction{Chair: "chair", Mic: open, Cam: open, Screen: open, Why: "chair"})
	must(t, chair.publish(api))
	viewer.listen(api, 2, 2)
	chair.stream(20)

	eventually(t, "audio at the viewer", func() bool { return viewer.received(0) > 10 || viewer.received(1) > 10 })
	eventually(t, "video at the viewer", func() bool { return viewer.received(2) > 10 })
	mic, ok := viewer.sink.find("chair", KindMic)
	if !ok || mic.Codec != "opus" {
		t.Fatalf("mic source: %+v", mic)
	}
	cam, ok := viewer.sink.find("chair", KindCam)
	if !ok || cam.Codec != "VP8" || cam.W != 320 {
		t.Fatalf("cam source: %+v", cam)
	}
	if got := viewer.csrc(2); got != cam.Src {
		t.Errorf("V0 has CSRC %d, the camera is %d", got, cam.Src)
	}
	eventually(t, "the chair's voice in A0", func() bool { return viewer.csrc(0) == mic.Src })
	m := viewer.sink.slotMap()
	if m.V[0].Src != cam.Src || m.V[0].Why != WhyLive || m.A[0] != mic.Src {
		t.Errorf("slot map: %+v", m)
	}
}
