package council

// Limits of what a recorder may write down at once.
const (
	maxSegments   = 2000
	maxRecordings = 1000
)

// RecordingState is where a recording stands.
type RecordingState string

// States of a recording.
const (
	RecordingNone    RecordingState = "none"
	RecordingOn      RecordingState = "on"
	RecordingOnHold  RecordingState = "paused"
	RecordingStopped RecordingState = "stopped"
)

// Why a recording ended.
const (
	whyClerk = "clerk"
	whyClose = "close"
	whySpace = "space"
)

// Reasons of a RecordingGap.
const (
	GapDisk    = "disk"
	GapRestart = "restart"
)

// recording is one recording of the sitting.
type recording struct {
	id        string
	state     RecordingState
	since     int64 // of the state
	ms        int64 // recorded before since
	audioOnly bool
	why       string // of its end
	sealed    map[segmentKey]bool
}

type segmentKey struct {
	src uint32
	n   int
}

// RecordedSegment is one sealed file of a recording (docs/formats/recording.md).
type RecordedSegment struct {
	Src     uint32 `json:"src"`
	N       int    `json:"n"`
	Packets int    `json:"packets"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"` // 64 hex digits
	Start   int64  `json:"start"`
	End     int64  `json:"end"`
}

// recorded is the newest recording; nil before the first.
func (s *Sitting) recorded() *recording {
	if n := len(s.recordings); n > 0 {
		return s.recordings[n-1]
	}
	return nil
}

// running is the newest recording while it is on or paused; nil else.
func (s *Sitting) running() *recording {
	if r := s.recorded(); r != nil && (r.state == RecordingOn || r.state == RecordingOnHold) {
		return r
	}
	return nil
}

func (s *Sitting) recordingByID(id string) *recording {
	for _, r := range s.recordings {
		if r.id == id {
			return r
		}
	}
	return nil
}

// needsDecision: a sitting that is not public is recorded only when that was decided.
func (s *Sitting) needsDecision() bool { return !s.pub.Public }

func (c RecordingStart) decide(s *Sitting, _ asker) ([]EventBody, error) {
	if err := s.during(StateOpen, StatePaused); err != nil {
		return nil, err
	}
	if s.running() != nil {
		return nil, refuse(CodeRecordingOn)
	}
	if len(s.recordings) >= maxRecordings {
		return nil, refuse(CodeBadNumber, "field", "recordings", "min", 0, "max", maxRecordings)
	}
	if s.needsDecision() && !c.Decided {
		return nil, refuse(CodeNeedsDecision)
	}
	return one(RecordingStarted{Recording: s.nextID("r", 0), Decided: c.Decided && s.needsDecision()}), nil
}

func (e RecordingStarted) apply(s *Sitting, _ uint64, at int64) {
	s.recordings = append(s.recordings, &recording{id: e.Recording, state: RecordingOn, since: at, sealed: map[segmentKey]bool{}})
}

func (RecordingPause) decide(s *Sitting, _ asker) ([]EventBody, error) {
	r := s.running()
	if r == nil {
		return nil, refuse(CodeRecordingOff)
	}
	if r.state == RecordingOnHold {
		return nil, nil
	}
	return one(RecordingPaused{Recording: r.id}), nil
}

func (e RecordingPaused) apply(s *Sitting, _ uint64, at int64) {
	s.turnTape(e.Recording, RecordingOnHold, at)
}

func (RecordingResume) decide(s *Sitting, _ asker) ([]EventBody, error) {
	r := s.running()
	if r == nil {
		return nil, refuse(CodeRecordingOff)
	}
	if r.state == RecordingOn {
		return nil, nil
	}
	return one(RecordingResumed{Recording: r.id}), nil
}

func (e RecordingResumed) apply(s *Sitting, _ uint64, at int64) {
	s.turnTape(e.Recording, RecordingOn, at)
}

func (RecordingStop) decide(s *Sitting, _ asker) ([]EventBody, error) {
	return s.stopRecording(whyClerk), nil
}

// stopRecording ends what runs; nothing when nothing does.
func (s *Sitting) stopRecording(why string) []EventBody {
	if r := s.running(); r != nil {
		return one(RecordingEnded{Recording: r.id, Why: why})
	}
	return nil
}

func (e RecordingEnded) apply(s *Sitting, _ uint64, at int64) {
	s.turnTape(e.Recording, RecordingStopped, at)
	if r := s.recordingByID(e.Recording); r != nil {
		r.why = e.Why
	}
}

// turnTape moves a recording to a state and adds up its time.
func (s *Sitting) turnTape(id string, to RecordingState, at int64) {
	r := s.recordingByID(id)
	if r == nil {
		return
	}
	if r.state == RecordingOn {
		r.ms += max(0, at-r.since)
	}
	r.state, r.since = to, at
}

func (RecordingHalt) decide(s *Sitting, a asker) ([]EventBody, error) {
	if !a.system {
		return nil, refuse(CodeSystemOnly)
	}
	return s.stopRecording(whySpace), nil
}

func (c RecordingReduce) decide(s *Sitting, a asker) ([]EventBody, error) {
	if !a.system {
		return nil, refuse(CodeSystemOnly)
	}
	r := s.running()
	if r == nil || r.audioOnly == c.AudioOnly {
		return nil, nil
	}
	return one(RecordingReduced{Recording: r.id, AudioOnly: c.AudioOnly}), nil
}

func (e RecordingReduced) apply(s *Sitting, _ uint64, _ int64) {
	if r := s.recordingByID(e.Recording); r != nil {
		r.audioOnly = e.AudioOnly
	}
}

// decide leaves out what the log has already: a recorder tells again what it cannot know to be written. It may do so after the close.
func (c RecordingSeal) decide(s *Sitting, a asker) ([]EventBody, error) {
	if !a.system {
		return nil, refuse(CodeSystemOnly)
	}
	r := s.recordingByID(c.Recording)
	if r == nil {
		return nil, refuse(CodeRecordingOff)
	}
	if err := checkRange("segments", len(c.Segments), 0, maxSegments); err != nil {
		return nil, err
	}
	var fresh []RecordedSegment
	for _, seg := range c.Segments {
		if !r.sealed[segmentKey{seg.Src, seg.N}] {
			fresh = append(fresh, seg)
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	return one(RecordingSegmentsSealed{Recording: c.Recording, Segments: fresh}), nil
}

func (e RecordingSegmentsSealed) apply(s *Sitting, _ uint64, _ int64) {
	r := s.recordingByID(e.Recording)
	if r == nil {
		return
	}
	for _, seg := range e.Segments {
		r.sealed[segmentKey{seg.Src, seg.N}] = true
	}
}

func (c RecordingMiss) decide(s *Sitting, a asker) ([]EventBody, error) {
	if !a.system {
		return nil, refuse(CodeSystemOnly)
	}
	if s.recordingByID(c.Recording) == nil {
		return nil, refuse(CodeRecordingOff)
	}
	return one(RecordingGap(c)), nil
}

func (RecordingGap) apply(*Sitting, uint64, int64) {}

// recordingWish is what the recorder must do.
func (s *Sitting) recordingWish() RecordingWish {
	r := s.recorded()
	if r == nil {
		return RecordingWish{State: RecordingNone}
	}
	return RecordingWish{ID: r.id, State: r.state}
}

// recording is told to everybody in the sitting, because people who are recorded must know it (Bộ luật Dân sự 2015, điều 32); how
// well it goes is told to those who can do something about it.
func (v viewer) recording() RecordingView {
	out := RecordingView{State: RecordingNone}
	if r := v.s.recorded(); r != nil {
		out = RecordingView{State: r.state, Since: r.since, MS: r.ms, AudioOnly: r.audioOnly}
	}
	if !v.steer() {
		return out
	}
	out.NeedsDecision = v.s.needsDecision()
	if out.State == RecordingStopped {
		out.Why = v.s.recorded().why
	}
	if out.State == RecordingOn {
		out.Light = v.live.Recording
	}
	return out
}

// Sealed tells how many segments of a recording the log has; ok is false for an unknown one.
func (s *Sitting) Sealed(recordingID string) (segments int, ok bool) {
	r := s.recordingByID(recordingID)
	if r == nil {
		return 0, false
	}
	return len(r.sealed), true
}
