package council

// Events of a sitting's log. docs/formats/ledger.md shows their JSON. An event says what became true; who did it and when are
// fields of its record. No event holds a citizen's name or text: citizens are random ids, their words a reference to the side table.
// Times inside bodies are Unix milliseconds.
type (
	// SittingPublished is the first event of a log.
	SittingPublished struct{ Published }
	// SittingOpened opens the sitting with a microphone policy.
	SittingOpened struct {
		Policy GatePolicy `json:"policy"`
	}
	// SittingPaused begins a break.
	SittingPaused struct {
		EndsAt int64 `json:"ends_at,omitempty"` // planned end; 0 = not said
	}
	// SittingResumed ends it.
	SittingResumed struct{}
	// SittingClosed is final.
	SittingClosed struct{}

	// AgendaMoved makes an item current.
	AgendaMoved struct {
		Item string `json:"item"`
	}

	// RollCallOpened starts a roll-call; presence known before stays.
	RollCallOpened struct {
		EndsAt int64 `json:"ends_at,omitempty"`
	}
	// PersonMarked is one change of a deputy's presence.
	PersonMarked struct {
		Person PersonID      `json:"person"`
		State  PresenceState `json:"state"`
		Place  string        `json:"place,omitempty"`  // "online" or a hall's person id
		By     string        `json:"by"`               // "self", "hall", "clerk"
		Reason string        `json:"reason,omitempty"` // of a correction
	}
	// RollCallClosed freezes the count.
	RollCallClosed struct {
		Counts RollCallCounts `json:"counts"`
		Quorum QuorumView     `json:"quorum"`
	}

	// HandRaised puts an entry into the queue; its id is "q" and the event's sequence.
	HandRaised struct {
		Entry    string   `json:"entry"`
		Person   PersonID `json:"person"`
		Label    string   `json:"label,omitempty"` // "Cử tri số 12" for a voter without device in a hall
		Kind     TurnKind `json:"kind"`
		Asked    PersonID `json:"asked,omitempty"`
		Hall     PersonID `json:"hall,omitempty"`
		OnBehalf PersonID `json:"on_behalf,omitempty"` // who pressed, when not the person
	}
	// HandChanged changes the kind; the place stays.
	HandChanged struct {
		Entry string   `json:"entry"`
		Kind  TurnKind `json:"kind"`
		Asked PersonID `json:"asked,omitempty"`
	}
	// HandLowered takes an entry out.
	HandLowered struct {
		Entry string `json:"entry"`
	}

	// FloorGiven invites somebody; the turn's id is "t" and the event's sequence.
	FloorGiven struct {
		Turn      string   `json:"turn"`
		Entry     string   `json:"entry,omitempty"` // the hand it answers
		Person    PersonID `json:"person"`
		Label     string   `json:"label,omitempty"`
		Kind      TurnKind `json:"kind"`
		Item      string   `json:"item,omitempty"`
		Asked     PersonID `json:"asked,omitempty"`
		Source    PersonID `json:"source"` // whose media speaks
		AllowedMS int64    `json:"allowed_ms"`
	}
	// FloorAccepted starts the clock.
	FloorAccepted struct {
		Turn string `json:"turn"`
	}
	// FloorDeclined takes the invitation back; the hand returns to its place.
	FloorDeclined struct {
		Turn string `json:"turn"`
	}
	// FloorExtended adds time.
	FloorExtended struct {
		Turn string `json:"turn"`
		MS   int64  `json:"ms"`
	}
	// FloorEnded ends an invitation or a turn.
	FloorEnded struct {
		Turn string `json:"turn"`
		Why  string `json:"why"` // "end", "next", "pause", "close", "refused"
	}

	// GateChanged sets the microphone policy.
	GateChanged struct {
		Policy GatePolicy `json:"policy"`
	}
	// PersonMuted closes one microphone.
	PersonMuted struct {
		Person PersonID `json:"person"`
	}
	// PersonUnmuted removes that mark.
	PersonUnmuted struct {
		Person PersonID `json:"person"`
	}
	// AllMuted closes all but chair and speaker; Persons are those whose microphones the policy had open.
	AllMuted struct {
		Persons []PersonID `json:"persons,omitempty"`
	}
	// MuteUndone reopens those that the last AllMuted closed.
	MuteUndone struct{}
	// CitizensStopped stops or allows all citizens' media.
	CitizensStopped struct {
		Stop bool `json:"stop"`
	}
	// StagePinned shows a person to everybody; empty returns to the speaker.
	StagePinned struct {
		Person PersonID `json:"person,omitempty"`
	}

	// BallotOpened freezes the question, the electorate and the rule; the ballot's id is "b" and the event's sequence.
	BallotOpened struct {
		Ballot         string     `json:"ballot"`
		Item           string     `json:"item,omitempty"`
		Template       string     `json:"template,omitempty"`
		Question       string     `json:"question"`
		Options        []Option   `json:"options"`
		Electorate     []PersonID `json:"electorate"`
		Total          int        `json:"total"` // N
		Base           Base       `json:"base"`
		Threshold      Fraction   `json:"threshold"`
		RequiresQuorum bool       `json:"requires_quorum"`
		Announce       string     `json:"announce,omitempty"`
		Citation       string     `json:"citation,omitempty"`
		EndsAt         int64      `json:"ends_at,omitempty"`
		Hash           string     `json:"hash"` // BallotHash of the fields above: hex SHA-256
	}
	// BallotReminded rang for those who had not pressed.
	BallotReminded struct {
		Ballot string `json:"ballot"`
	}
	// VoteReceived is a deputy's own vote; the last one before the close counts.
	VoteReceived struct {
		Ballot string   `json:"ballot"`
		Person PersonID `json:"person"`
		Choice string   `json:"choice"`
	}
	// VoteRecorded is the clerk's entry of a raised hand.
	VoteRecorded struct {
		Ballot string   `json:"ballot"`
		Person PersonID `json:"person"`
		Choice string   `json:"choice"`
	}
	// BallotClosed holds the result, without names: they follow from the votes before it.
	BallotClosed struct {
		Ballot string `json:"ballot"`
		Result Result `json:"result"`
	}

	// MessageSent holds a member's text, or the reference of a text in the side table.
	MessageSent struct {
		From PersonID `json:"from"`
		To   string   `json:"to"`
		Text string   `json:"text,omitempty"`
		Ref  string   `json:"ref,omitempty"`
	}
	// MessageHidden hides the message with that sequence.
	MessageHidden struct {
		Message uint64 `json:"message"`
		Reason  string `json:"reason,omitempty"`
	}

	// AdmissionSwitched turns the waiting room on or off; Inside stay inside.
	AdmissionSwitched struct {
		On     bool       `json:"on"`
		Inside []PersonID `json:"inside,omitempty"`
	}
	// PersonsAdmitted lets people in, also those refused before.
	PersonsAdmitted struct {
		Persons []PersonID `json:"persons"`
	}
	// PersonRefused shows a citizen or guest out.
	PersonRefused struct {
		Person PersonID `json:"person"`
		Reason string   `json:"reason,omitempty"`
	}

	// ChairTaken says that a clerk presides for the time being.
	ChairTaken struct {
		Person PersonID `json:"person"`
	}
	// ChairReturned ends that.
	ChairReturned struct{}

	// RecordingStarted begins a recording; its id is "r" and the event's sequence.
	RecordingStarted struct {
		Recording string `json:"recording"`
		Decided   bool   `json:"decided,omitempty"` // a sitting that is not public: recording was decided
	}
	// RecordingPaused holds it.
	RecordingPaused struct {
		Recording string `json:"recording"`
	}
	// RecordingResumed goes on with it.
	RecordingResumed struct {
		Recording string `json:"recording"`
	}
	// RecordingEnded is a recording's end.
	RecordingEnded struct {
		Recording string `json:"recording"`
		Why       string `json:"why"` // "clerk", "close", "space"
	}
	// RecordingReduced leaves pictures out because little room is left, or takes them again.
	RecordingReduced struct {
		Recording string `json:"recording"`
		AudioOnly bool   `json:"audio_only"`
	}
	// RecordingSegmentsSealed lists files that are final, by their sums. It may come after the close.
	RecordingSegmentsSealed struct {
		Recording string            `json:"recording"`
		Segments  []RecordedSegment `json:"segments"`
	}
	// RecordingGap is a stretch that was not written.
	RecordingGap struct {
		Recording string `json:"recording"`
		Src       uint32 `json:"src,omitempty"` // 0 = all sources
		From      int64  `json:"from"`          // Unix milliseconds
		To        int64  `json:"to"`
		Packets   int    `json:"packets,omitempty"`
		Why       string `json:"why"` // "disk", "restart"
	}

	// PersonLost says that a listed person was away longer than the grace time ("mất kết nối"); not a leave.
	PersonLost struct {
		Person PersonID `json:"person"`
	}
	// PersonBack follows it.
	PersonBack struct {
		Person PersonID `json:"person"`
	}
	// AttendanceCounted is a head count of one place.
	AttendanceCounted struct {
		Place  string `json:"place"`
		Hall   int    `json:"hall"`
		Online int    `json:"online"`
	}
)

// EventType names the event in the ledger.
func (SittingPublished) EventType() string        { return "SittingPublished" }
func (SittingOpened) EventType() string           { return "SittingOpened" }
func (SittingPaused) EventType() string           { return "SittingPaused" }
func (SittingResumed) EventType() string          { return "SittingResumed" }
func (SittingClosed) EventType() string           { return "SittingClosed" }
func (AgendaMoved) EventType() string             { return "AgendaMoved" }
func (RollCallOpened) EventType() string          { return "RollCallOpened" }
func (PersonMarked) EventType() string            { return "PersonMarked" }
func (RollCallClosed) EventType() string          { return "RollCallClosed" }
func (HandRaised) EventType() string              { return "HandRaised" }
func (HandChanged) EventType() string             { return "HandChanged" }
func (HandLowered) EventType() string             { return "HandLowered" }
func (FloorGiven) EventType() string              { return "FloorGiven" }
func (FloorAccepted) EventType() string           { return "FloorAccepted" }
func (FloorDeclined) EventType() string           { return "FloorDeclined" }
func (FloorExtended) EventType() string           { return "FloorExtended" }
func (FloorEnded) EventType() string              { return "FloorEnded" }
func (GateChanged) EventType() string             { return "GateChanged" }
func (PersonMuted) EventType() string             { return "PersonMuted" }
func (PersonUnmuted) EventType() string           { return "PersonUnmuted" }
func (AllMuted) EventType() string                { return "AllMuted" }
func (MuteUndone) EventType() string              { return "MuteUndone" }
func (CitizensStopped) EventType() string         { return "CitizensStopped" }
func (StagePinned) EventType() string             { return "StagePinned" }
func (BallotOpened) EventType() string            { return "BallotOpened" }
func (BallotReminded) EventType() string          { return "BallotReminded" }
func (VoteReceived) EventType() string            { return "VoteReceived" }
func (VoteRecorded) EventType() string            { return "VoteRecorded" }
func (BallotClosed) EventType() string            { return "BallotClosed" }
func (MessageSent) EventType() string             { return "MessageSent" }
func (MessageHidden) EventType() string           { return "MessageHidden" }
func (AdmissionSwitched) EventType() string       { return "AdmissionSwitched" }
func (PersonsAdmitted) EventType() string         { return "PersonsAdmitted" }
func (PersonRefused) EventType() string           { return "PersonRefused" }
func (ChairTaken) EventType() string              { return "ChairTaken" }
func (ChairReturned) EventType() string           { return "ChairReturned" }
func (RecordingStarted) EventType() string        { return "RecordingStarted" }
func (RecordingPaused) EventType() string         { return "RecordingPaused" }
func (RecordingResumed) EventType() string        { return "RecordingResumed" }
func (RecordingEnded) EventType() string          { return "RecordingEnded" }
func (RecordingReduced) EventType() string        { return "RecordingReduced" }
func (RecordingSegmentsSealed) EventType() string { return "RecordingSegmentsSealed" }
func (RecordingGap) EventType() string            { return "RecordingGap" }
func (PersonLost) EventType() string              { return "PersonLost" }
func (PersonBack) EventType() string              { return "PersonBack" }
func (AttendanceCounted) EventType() string       { return "AttendanceCounted" }
