package council

import (
	"slices"
	"testing"
)

func segments(n ...int) []RecordedSegment {
	var out []RecordedSegment
	for _, i := range n {
		out = append(out, RecordedSegment{Src: 5, N: i, Packets: 10, SHA256: "00"})
	}
	return out
}

// TestRecording follows a recording from its start to its end, and the next one.
func TestRecording(t *testing.T) {
	h := openHouse(t, 6, 5)
	h.refused(t, "clerk", RecordingPause{}, CodeRecordingOff)
	h.refused(t, "clerk", RecordingResume{}, CodeRecordingOff)
	if got := h.must(t, "clerk", RecordingStop{}); got != nil {
		t.Errorf("a stop of nothing: %v", got)
	}
	started := h.must(t, "clerk", RecordingStart{Decided: true})[0].(RecordingStarted)
	if started.Decided {
		t.Error("a public sitting notes a decision that it does not need")
	}
	id := started.Recording
	h.refused(t, "clerk", RecordingStart{}, CodeRecordingOn)
	if w := h.Media(nil).Recording; w.ID != id || w.State != RecordingOn {
		t.Errorf("wish %+v", w)
	}
	h.must(t, "clerk", RecordingPause{})
	h.refused(t, "clerk", RecordingStart{}, CodeRecordingOn)
	if got := h.must(t, "clerk", RecordingPause{}); got != nil {
		t.Errorf("a second pause: %v", got)
	}
	v := h.View(TopicRecording, AudienceCitizen, nil).(RecordingView)
	if v.State != RecordingOnHold || v.MS < 1000 {
		t.Errorf("paused: %+v", v)
	}
	h.must(t, "clerk", RecordingResume{})
	if got := h.must(t, "clerk", RecordingResume{}); got != nil {
		t.Errorf("a second resume: %v", got)
	}
	h.must(t, "clerk", RecordingStop{})
	if w := h.Media(nil).Recording; w.State != RecordingStopped {
		t.Errorf("wish %+v", w)
	}
	next := h.must(t, "clerk", RecordingStart{})[0].(RecordingStarted).Recording
	if next == id {
		t.Error("two recordings of one name")
	}
	events := h.must(t, "p01", SittingClose{})
	if !slices.Contains(events, EventBody(RecordingEnded{Recording: next, Why: whyClose})) {
		t.Errorf("the close leaves it running: %v", events)
	}
	h.refused(t, "clerk", RecordingStart{}, CodeSittingClosed)
}

// TestRecordingNeedsDecision: what is not public is recorded only by decision.
func TestRecordingNeedsDecision(t *testing.T) {
	p := assembly(3)
	p.Public = false
	h := newHouse(t, p)
	h.refused(t, "clerk", RecordingStart{Decided: true}, CodeNotOpen)
	h.must(t, "p01", SittingOpen{})
	h.refused(t, "clerk", RecordingStart{}, CodeNeedsDecision)
	if v := h.View(TopicRecording, AudienceSteer, nil).(RecordingView); !v.NeedsDecision || v.State != RecordingNone {
		t.Errorf("view %+v", v)
	}
	started := h.must(t, "clerk", RecordingStart{Decided: true})[0].(RecordingStarted)
	if !started.Decided {
		t.Error("the decision is not in the log")
	}
}

// TestRecorderWritesDown: what only the recorder may say, and that saying it again is harmless, also after the close.
func TestRecorderWritesDown(t *testing.T) {
	h := openHouse(t, 6, 5)
	id := h.must(t, "clerk", RecordingStart{})[0].(RecordingStarted).Recording
	for _, body := range []CommandBody{RecordingHalt{}, RecordingReduce{AudioOnly: true}, RecordingSeal{Recording: id}, RecordingMiss{Recording: id}} {
		h.refused(t, "clerk", body, CodeSystemOnly)
	}
	h.refused(t, System, RecordingSeal{Recording: "r999", Segments: segments(1)}, CodeRecordingOff)
	h.refused(t, System, RecordingMiss{Recording: "r999"}, CodeRecordingOff)
	h.refused(t, System, RecordingSeal{Recording: id, Segments: make([]RecordedSegment, maxSegments+1)}, CodeBadNumber)
	h.must(t, System, RecordingReduce{AudioOnly: true})
	if got := h.must(t, System, RecordingReduce{AudioOnly: true}); got != nil {
		t.Errorf("reduced twice: %v", got)
	}
	if v := h.View(TopicRecording, AudienceDeputy, nil).(RecordingView); !v.AudioOnly {
		t.Errorf("view %+v", v)
	}
	h.must(t, System, RecordingMiss{Recording: id, Src: 5, From: 1, To: 2, Packets: 3, Why: GapDisk})
	h.must(t, System, RecordingSeal{Recording: id, Segments: segments(0, 1)})
	h.must(t, "p01", SittingClose{})
	got := h.must(t, System, RecordingSeal{Recording: id, Segments: segments(1, 2)})[0].(RecordingSegmentsSealed)
	if len(got.Segments) != 1 || got.Segments[0].N != 2 {
		t.Errorf("sealed again: %+v", got)
	}
	if again := h.must(t, System, RecordingSeal{Recording: id, Segments: segments(0, 1, 2)}); again != nil {
		t.Errorf("a third time: %v", again)
	}
	if n, ok := h.Sealed(id); !ok || n != 3 {
		t.Errorf("%d segments in the log", n)
	}
	if _, ok := h.Sealed("r999"); ok {
		t.Error("an unknown recording is known")
	}
	if got := h.must(t, System, RecordingReduce{AudioOnly: false}); got != nil {
		t.Errorf("reduced after its end: %v", got)
	}
}

// TestRecordingLight is for those who can do something about it, and only while it is on.
func TestRecordingLight(t *testing.T) {
	h := openHouse(t, 6, 5)
	live := &Live{Recording: &RecordingLight{Lamp: "on", Space: "ok"}}
	if v := h.View(TopicRecording, AudienceSteer, live).(RecordingView); v.Light != nil {
		t.Error("a light without a recording")
	}
	h.must(t, "clerk", RecordingStart{})
	for _, a := range Audiences {
		if v := h.View(TopicRecording, a, live).(RecordingView); (v.Light != nil) != (a == AudienceSteer) || v.State != RecordingOn {
			t.Errorf("%s: %+v", a, v)
		}
	}
	if got := h.must(t, System, RecordingHalt{})[0].(RecordingEnded); got.Why != whySpace {
		t.Errorf("%+v", got)
	}
	if v := h.View(TopicRecording, AudienceSteer, nil).(RecordingView); v.Why != whySpace || v.Light != nil {
		t.Errorf("%+v", v)
	}
	if v := h.View(TopicRecording, AudienceDeputy, nil).(RecordingView); v.Why != "" {
		t.Errorf("to a deputy: %+v", v)
	}
	if got := h.must(t, System, RecordingHalt{}); got != nil {
		t.Errorf("halted twice: %v", got)
	}
}
