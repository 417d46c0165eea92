package room_test

import (
	"errors"
	"testing"
	"time"

	"nghitruong/council"
	"nghitruong/room"
)

// tape is a recorder that says how much room there is.
type tape struct {
	hours, need float64
	able        bool
	people      int // that it was asked about
}

func (r *tape) Ready(people int) (hours, need float64, able bool) {
	r.people = people
	return r.hours, r.need, r.able
}

// recordingStage is an open sitting on a server with a recorder.
func recordingStage(t *testing.T, r room.Recorder) *stage {
	t.Helper()
	l, s := newMemory(), newSide()
	reg, err := room.NewRegistry(room.Config{Ledger: l, Permits: room.PermitsFunc(permits), Side: s, Directory: l, Recorder: r})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reg.Close)
	if err := reg.Publish(t.Context(), sittingID, published(5), clerk); err != nil {
		t.Fatal(err)
	}
	rm, err := reg.Room(t.Context(), sittingID)
	if err != nil {
		t.Fatal(err)
	}
	st := &stage{t: t, reg: reg, room: rm, side: s, name: "tape"}
	st.must(chair, council.SittingOpen{})
	return st
}

// TestRecordingNeedsRoom: a recording that would not get far is refused before anything is written.
func TestRecordingNeedsRoom(t *testing.T) {
	if _, err := recordingStage(t, nil).do(clerk, council.RecordingStart{}); code(err) != room.CodeNoRecorder {
		t.Errorf("without a recorder: %v", err)
	}
	r := &tape{hours: 1.58, need: 2, able: true}
	s := recordingStage(t, r)
	s.attach(deputy(2))
	before := s.room.Seq()
	_, err := s.do(clerk, council.RecordingStart{})
	var refusal *council.Error
	if !errors.As(err, &refusal) || refusal.Code != room.CodeNoRecordingSpace || refusal.Data["hours"] != 1.5 || refusal.Data["need"] != 2.0 {
		t.Errorf("with 1.58 hours of room: %v", err)
	}
	if r.people != 1 || s.room.Seq() != before {
		t.Errorf("asked about %d people; the log moved to %d", r.people, s.room.Seq())
	}
	r.able = false
	if _, err := s.do(clerk, council.RecordingStart{}); code(err) != room.CodeNoRecorder {
		t.Errorf("with a folder that cannot be written: %v", err)
	}
	r.hours, r.able = 3, true
	s.must(clerk, council.RecordingStart{})
	s.must(clerk, council.RecordingPause{})
	r.hours = 0.1
	if _, err := s.do(clerk, council.RecordingResume{}); code(err) != room.CodeNoRecordingSpace {
		t.Errorf("resumed with 0.1 hours of room: %v", err)
	}
}

// TestNote lets the recorder write, and nobody else by that way.
func TestNote(t *testing.T) {
	s := recordingStage(t, &tape{hours: 9, need: 2, able: true})
	s.must(clerk, council.RecordingStart{})
	var wish council.RecordingWish
	if err := s.room.OnDirection(t.Context(), func(d council.MediaDirection) { wish = d.Recording }); err != nil {
		t.Fatal(err)
	}
	for _, body := range []council.CommandBody{nil, council.SittingClose{}, council.RecordingStop{}} {
		if err := s.room.Note(t.Context(), body); code(err) != council.CodeSystemOnly {
			t.Errorf("%T: %v", body, err)
		}
	}
	seal := council.RecordingSeal{Recording: wish.ID, Segments: []council.RecordedSegment{{Src: 1, N: 0, SHA256: "aa"}}}
	for range 2 {
		if err := s.room.Note(t.Context(), seal); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.room.Look(t.Context(), func(st *council.Sitting) {
		if n, ok := st.Sealed(wish.ID); !ok || n != 1 {
			t.Errorf("%d segments in the log", n)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.room.Note(t.Context(), council.RecordingSeal{Recording: "r0", Segments: seal.Segments}); code(err) != council.CodeRecordingOff {
		t.Errorf("of an unknown recording: %v", err)
	}
}

// TestRecordingIsShown: everybody knows that it is on; the light goes to chair and clerk.
func TestRecordingIsShown(t *testing.T) {
	s := recordingStage(t, &tape{hours: 9, need: 2, able: true})
	_, steer := s.attach(clerk)
	_, citizen := s.attach("c1", council.RoleCitizen)
	s.must(clerk, council.RecordingStart{})
	view := func(o *outlet) council.RecordingView {
		return newest[council.RecordingView](t, o, council.TopicRecording)
	}
	for _, o := range []*outlet{steer, citizen} {
		o.until(t, "the recording", func() bool { return view(o).State == council.RecordingOn })
	}
	for range 2 { // the same light again is no news
		if err := s.room.SetRecording(t.Context(), &council.RecordingLight{Lamp: "on", Space: "ok"}); err != nil {
			t.Fatal(err)
		}
	}
	steer.until(t, "the light", func() bool { return view(steer).Light != nil && view(steer).Light.Lamp == "on" })
	if view(citizen).Light != nil {
		t.Error("a citizen sees the light")
	}
	if err := s.room.SetRecording(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	steer.until(t, "no light", func() bool { return view(steer).Light == nil })
	if a, b := s.room.MonoMS(time.Now()), s.room.MonoMS(time.Now().Add(time.Second)); a < 0 || b-a < 1000 {
		t.Errorf("clock: %d, %d", a, b)
	}
}
