package sfu

import (
	"log/slog"
	"math"
	"slices"
	"testing"
	"time"

	"nghitruong/sfu/packets"
)

// hall is a conference without a network: persons, their sources and a clock.
type hall struct {
	t    *testing.T
	c    *Conference
	now  int64
	down rtcpRecorder
}

func newHall(t *testing.T) *hall {
	t.Helper()
	s := &Server{metrics: newMetrics(), log: slog.New(slog.DiscardHandler)}
	s.workers = []*worker{newWorker(s)}
	return &hall{t: t, c: newConference(s, "s"), now: int64(time.Minute)}
}

// seat adds a person with the sources of the kinds, present and open.
func (h *hall) seat(part Participant, kinds ...Kind) *seat {
	st := newSeat(h.c, part)
	h.c.seats[part.ID] = st
	h.c.order = append(h.c.order, st)
	up := newPub(st, nil)
	up.rtcp = &h.down
	for _, kind := range kinds {
		src := h.c.source(sourceKey{part.ID, kind})
		src.gate.Store(true)
		src.present, src.since = true, h.now
		src.lastPassed.Store(h.now)
		h.now++
		index, codec := layerH, packets.CodecVP8
		if kind == KindMic {
			index, codec = 0, packets.CodecOpus
		}
		l := newLayer(up, src, index, fakeRemote, codec, 0)
		l.lastPacket.Store(h.now)
		src.lays[index].Store(l)
		src.info = src.describe()
	}
	return st
}

// viewer gives a seat slots whose codecs are negotiated.
func (h *hall) viewer(st *seat, audio, video int) {
	st.alloc.reset()
	st.viewer = newViewer(st, audio, video, 10_000_000)
	st.viewer.rtcp = &h.down
	st.viewer.each(func(s *slot) {
		s.pts[packets.CodecOpus], s.pts[packets.CodecVP8] = 111, 96
		s.bound.Store(true)
	})
	st.sink = newSink()
}

// speak feeds loud packets of a microphone for a second.
func (h *hall) speak(who string) {
	id := h.c.ids[sourceKey{who, KindMic}]
	for range 50 {
		h.now += int64(20 * time.Millisecond)
		h.c.detector.OnLevel(id, 15, h.now)
		h.c.listen(h.now)
	}
	for _, src := range h.c.sources {
		for i := range src.lays {
			if l := src.lays[i].Load(); l != nil {
				l.lastPacket.Store(h.now)
				src.lastPassed.Store(h.now)
			}
		}
	}
}

// names turns sources into "person/kind".
func (h *hall) names(ids []uint32) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		if src := h.c.bySrc[id]; src != nil {
			out[i] = src.key.who + "/" + string(src.key.kind)
		}
	}
	return out
}

func TestArrange(t *testing.T) {
	all := everything()
	rows := []struct {
		name  string
		dir   Direction
		want  Want
		speak string
		pin   string // camera of this person
		me    Participant
		audio []string
		video []string
	}{
		{
			"the room's stage", Direction{Stage: "b", Chair: "chair"}, all, "c", "", Participant{ID: "a", Profile: ProfileMember},
			[]string{"c/mic", "b/mic", "d/mic", "chair/mic"},
			[]string{"b/cam", "c/screen", "chair/cam", "c/cam", "d/cam", "", "", "", ""},
		},
		{
			"the speaker is on stage", Direction{Chair: "chair"}, all, "d", "", Participant{ID: "a", Profile: ProfileMember},
			nil, []string{"d/cam", "c/screen", "chair/cam", "b/cam", "c/cam", "", "", "", ""},
		},
		{
			"nobody spoke: the chair", Direction{Chair: "chair"}, all, "", "", Participant{ID: "a", Profile: ProfileMember},
			nil, []string{"chair/cam", "c/screen", "b/cam", "c/cam", "d/cam", "", "", "", ""},
		},
		{
			"no chair: who came first", Direction{}, all, "", "", Participant{ID: "chair", Profile: ProfileMember},
			nil, []string{"a/cam", "c/screen", "b/cam", "c/cam", "d/cam", "", "", "", ""},
		},
		{
			"the own pin", Direction{Stage: "b"}, all, "", "d", Participant{ID: "a", Profile: ProfileMember},
			nil, []string{"d/cam", "c/screen", "chair/cam", "b/cam", "c/cam", "", "", "", ""},
		},
		{
			"nobody sees themselves", Direction{Stage: "b", Chair: "chair"}, all, "", "", Participant{ID: "b", Profile: ProfileMember},
			nil, []string{"chair/cam", "c/screen", "a/cam", "c/cam", "d/cam", "", "", "", ""},
		},
		{
			"second page of two tiles", Direction{Stage: "b"}, Want{Step: stepFull, Page: 1, Tiles: 2, Visible: true}, "", "",
			Participant{ID: "a", Profile: ProfileMember}, nil, []string{"b/cam", "c/screen", "d/cam", "", "", "", "", "", ""},
		},
		{
			"a page beyond the last", Direction{Stage: "b"}, Want{Step: stepFull, Page: 9, Tiles: 2, Visible: true}, "", "",
			Participant{ID: "a", Profile: ProfileMember}, nil, []string{"b/cam", "c/screen", "", "", "", "", "", "", ""},
		},
		{
			"a phone without tiles", Direction{Stage: "b"}, Want{Step: stepFull, Visible: true}, "", "",
			Participant{ID: "a", Profile: ProfileMember}, nil, []string{"b/cam", "c/screen", "", "", "", "", "", "", ""},
		},
		{
			"the audience hears stage and chair", Direction{Stage: "b", Chair: "chair"}, all, "b", "",
			Participant{ID: "x", Profile: ProfileAudience}, []string{"b/mic", "chair/mic"}, []string{"b/cam", "c/screen"},
		},
		{
			"the audience sees the chair when nothing is shown", Direction{}, all, "", "",
			Participant{ID: "x", Profile: ProfileAudience}, nil, []string{"chair/cam", "c/screen"},
		},
		{
			"a silent device", Direction{Stage: "b"}, all, "b", "",
			Participant{ID: "x", Profile: ProfileAudience, Silent: true}, []string{"", ""}, nil,
		},
		{
			"who presides now has the priority slot", Direction{Stage: "b", Priority: map[string]bool{"d": true}}, all, "c", "",
			Participant{ID: "a", Profile: ProfileMember}, []string{"c/mic", "chair/mic", "b/mic", "d/mic"}, nil,
		},
		{
			"the audience hears who presides now", Direction{Stage: "b", Priority: map[string]bool{"d": true}}, all, "b", "",
			Participant{ID: "x", Profile: ProfileAudience}, []string{"b/mic", "d/mic"}, nil,
		},
		{
			"the chosen screen", Direction{Stage: "b", ScreenOf: "d"}, all, "", "",
			Participant{ID: "x", Profile: ProfileAudience}, nil, []string{"b/cam", "d/screen"},
		},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			h := newHall(t)
			me := (*seat)(nil)
			for _, who := range []string{"chair", "a", "b", "c", "d", "x"} {
				part := Participant{ID: who, Profile: ProfileMember, Priority: who == "chair"}
				if who == r.me.ID {
					r.me.Priority = part.Priority
					part = r.me
				}
				kinds := map[string][]Kind{"c": {KindMic, KindCam}, "d": {KindMic, KindCam, KindScreen}, "x": nil}[who]
				if who != "c" && who != "d" && who != "x" {
					kinds = []Kind{KindMic, KindCam}
				}
				st := h.seat(part, kinds...)
				if who == r.me.ID {
					me = st
				}
			}
			h.now++
			screen := h.c.source(sourceKey{"c", KindScreen}) // the newest
			screen.present, screen.since = true, h.now
			h.c.dir = r.dir
			if r.speak != "" {
				h.speak(r.speak)
			}
			me.want = r.want
			if r.pin != "" {
				me.want.Pin = h.c.ids[sourceKey{r.pin, KindCam}]
			}
			audio, video, _ := slotCounts(r.me.Profile)
			h.viewer(me, audio, video)
			me.arrange(h.now)
			if got := h.names(me.audio); r.audio != nil && !slices.Equal(got, r.audio) {
				t.Errorf("audio %q, want %q", got, r.audio)
			}
			if got := h.names(me.video); r.video != nil && !slices.Equal(got, r.video) {
				t.Errorf("video %q, want %q", got, r.video)
			}
		})
	}
}

// TestWhy checks what a client is told about a slot that shows nothing.
func TestWhy(t *testing.T) {
	rows := []struct {
		name string
		with func(*hall, *seat)
		want Why
	}{
		{"live", func(*hall, *seat) {}, WhyLive},
		{"audio only", func(_ *hall, st *seat) { st.setWant(Want{Step: stepAudio, Visible: true}) }, WhyPausedUser},
		{"hidden for long", func(h *hall, st *seat) {
			st.setWant(Want{Step: stepFull})
			st.hiddenAt = h.now - int64(hiddenGrace)
		}, WhyPausedUser},
		{"hidden just now", func(h *hall, st *seat) {
			st.setWant(Want{Step: stepFull})
			st.hiddenAt = h.now
		}, WhyLive},
		{"no bandwidth", func(_ *hall, st *seat) {
			st.viewer.estBps.Store(100_000)
			st.viewer.troubled.Store(true)
		}, WhyPausedBW},
		{"gate closed", func(h *hall, _ *seat) { h.c.source(sourceKey{"b", KindCam}).gate.Store(false) }, WhyPausedSrc},
		{"no packets", func(h *hall, _ *seat) { h.now += int64(layerDead) }, WhyPausedSrc},
		{"codec unknown", func(_ *hall, st *seat) { st.viewer.video[0].pts[packets.CodecVP8] = 0 }, WhyNoCodec},
		{"gone", func(h *hall, _ *seat) { h.c.withdraw(h.c.source(sourceKey{"b", KindCam})) }, WhyEmpty},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			h := newHall(t)
			st := h.seat(Participant{ID: "a", Profile: ProfileAudience})
			h.seat(Participant{ID: "b", Profile: ProfileMember}, KindMic, KindCam)
			h.c.dir = Direction{Stage: "b"}
			h.viewer(st, 2, 2)
			r.with(h, st)
			st.arrange(h.now)
			if got := st.shown.V[0].Why; got != r.want {
				t.Errorf("%s, want %s", got, r.want)
			}
			if got := st.shown.A[0]; got == 0 {
				t.Error("audio went away with the picture")
			}
		})
	}
}

// TestSlotMapsAreBatched checks that a client gets at most one slot map per 100 ms and the last state in the end.
func TestSlotMapsAreBatched(t *testing.T) {
	h := newHall(t)
	st := h.seat(Participant{ID: "a", Profile: ProfileAudience})
	h.seat(Participant{ID: "b", Profile: ProfileMember}, KindCam)
	h.seat(Participant{ID: "c", Profile: ProfileMember}, KindCam)
	h.viewer(st, 2, 2)
	sink := st.sink.(*sinkRecorder)
	for i := range 100 { // one second
		h.c.dir.Stage = []string{"b", "c"}[i%2]
		h.now += int64(10 * time.Millisecond)
		st.arrange(h.now)
	}
	h.now += int64(slotsApart)
	st.arrange(h.now)
	if n := len(sink.maps); n < 5 || n > 12 {
		t.Errorf("%d slot maps in a second", n)
	}
	if got := h.names([]uint32{sink.slots.V[0].Src})[0]; got != "c/cam" || sink.slots.Epoch != uint64(len(sink.maps)) {
		t.Errorf("the last map shows %s, epoch %d of %d", got, sink.slots.Epoch, len(sink.maps))
	}
}

// TestSourceLife checks when sources come and go: with the first packet, 3 s after the last; a microphone stays while
// its uplink lives.
func TestSourceLife(t *testing.T) {
	h := newHall(t)
	st := h.seat(Participant{ID: "a", Profile: ProfileAudience})
	h.seat(Participant{ID: "b", Profile: ProfileMember}, KindMic, KindCam)
	sink := newSink()
	st.attach(sink)
	has := func(kind Kind) bool { _, ok := sink.find("b", kind); return ok }
	if !has(KindMic) || !has(KindCam) {
		t.Fatal("a newcomer was not told of the sources")
	}
	h.now += int64(sourceGone) - int64(time.Millisecond)
	h.c.watchSources(h.now)
	if !has(KindCam) {
		t.Error("the camera went too early")
	}
	h.now += int64(10 * time.Millisecond)
	h.c.watchSources(h.now)
	if has(KindCam) || !has(KindMic) {
		t.Errorf("camera %v, microphone %v after 3 s of silence", has(KindCam), has(KindMic))
	}
	cam := h.c.source(sourceKey{"b", KindCam})
	id := cam.id
	cam.lastPassed.Store(h.now)
	h.c.watchSources(h.now)
	if s, ok := sink.find("b", KindCam); !ok || s.Src != id {
		t.Error("the camera did not come back under its id")
	}
}

// TestTrial checks that a viewer whose video is paused is tried again, ever more rarely while it goes wrong.
func TestTrial(t *testing.T) {
	h := newHall(t)
	st := h.seat(Participant{ID: "a", Profile: ProfileAudience})
	h.seat(Participant{ID: "b", Profile: ProfileMember}, KindMic, KindCam)
	h.c.dir = Direction{Stage: "b"}
	h.viewer(st, 2, 2)
	v := st.viewer
	v.estBps.Store(80_000)
	v.troubled.Store(true)
	tries, was := []time.Duration{}, false
	begin := h.now
	for h.now < begin+int64(2*time.Minute) {
		h.now += int64(100 * time.Millisecond)
		h.c.source(sourceKey{"b", KindCam}).lays[layerH].Load().lastPacket.Store(h.now)
		st.arrange(h.now)
		live := st.shown.V[0].Why == WhyLive
		if live && !was {
			tries = append(tries, time.Duration(h.now-begin).Round(time.Second))
		}
		was = live
		loss := 0.0
		if live {
			loss = 0.4 // the line does not carry it
		}
		v.lossBits.Store(math.Float64bits(loss))
	}
	if len(tries) < 3 || len(tries) > 5 || tries[0] != 8*time.Second {
		t.Fatalf("tried at %v", tries)
	}
	for i := 2; i < len(tries); i++ {
		if tries[i]-tries[i-1] <= tries[i-1]-tries[i-2] {
			t.Errorf("tries do not become rarer: %v", tries)
		}
	}
}
