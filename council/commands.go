package council

import "time"

// Command is one act asked of a sitting. Actor, At and ID come from the session and the room, never from the message body.
type Command struct {
	Actor  Actor
	ID     string    // idempotency key: the same key of the same actor gives the same answer
	At     time.Time // server's wall clock; information only, order is the sequence
	MonoMS int64     // room's monotonic milliseconds since boot
	Body   CommandBody

	// ChairOnline is set by the room: somebody with the role chair is connected now (or within the grace time).
	// Only chair.take looks at it.
	ChairOnline bool
}

// Actor is who acts: a person of the session, or the room itself.
type Actor struct {
	Person PersonID
	Roles  []Role // a citizen's roles come from the session; listed persons' from the sitting
	System bool   // timers, grace, counters
	Place  string // "online", or the person id of a hall device when the session is in hall mode
}

// CommandBody is implemented by every command; Name is the protocol's message type and the permission table's key.
type CommandBody interface{ CommandName() string }

// Commands of a sitting. The JSON names are the fields of the WebSocket message (docs/PROTOCOL.md).
type (
	// SittingOpen opens a published sitting.
	SittingOpen struct{}
	// SittingPause pauses an open one (Giải lao).
	SittingPause struct {
		Minutes int `json:"minutes,omitempty"` // for the break's countdown; 0 = none
	}
	// SittingResume ends a pause.
	SittingResume struct{}
	// SittingClose closes for ever; refused while a ballot is open.
	SittingClose struct{}

	// AgendaGoto makes an item current (next item, or the undo of it); refused while a ballot is open.
	AgendaGoto struct {
		Item string `json:"item"`
	}

	// RollCallOpen starts a roll-call; deputies check in themselves.
	RollCallOpen struct {
		Seconds int `json:"seconds,omitempty"` // shown countdown; 0 = none
	}
	// RollCallCheckIn is the deputy's own "có mặt"; also after the close (then: đến muộn).
	RollCallCheckIn struct{}
	// RollCallSet is the clerk's or chair's entry for one person; a hall's operator may set "present" for its own list.
	RollCallSet struct {
		Person PersonID      `json:"person"`
		State  PresenceState `json:"state"`
		Reason string        `json:"reason,omitempty"` // required to correct after the close
	}
	// RollCallClose freezes the roll-call's count.
	RollCallClose struct{}

	// QueueRaise asks for the floor; again with another kind changes the kind and keeps the place.
	QueueRaise struct {
		Kind     TurnKind `json:"kind,omitempty"`
		Person   PersonID `json:"person,omitempty"`    // on behalf (clerk, hall); empty = self
		Label    string   `json:"label,omitempty"`     // hall on behalf of a voter without device: "cử tri số 12" (no name)
		AskedWho PersonID `json:"asked_who,omitempty"` // chất vấn: who is questioned
	}
	// QueueWithdraw takes a hand down: the own one, or any entry by clerk, chair, or the hall that raised it.
	QueueWithdraw struct {
		Entry string `json:"entry,omitempty"` // empty = own
	}

	// FloorGive invites somebody to speak; ends a turn that runs. Entry or Person.
	FloorGive struct {
		Entry   string   `json:"entry,omitempty"`
		Person  PersonID `json:"person,omitempty"`
		Kind    TurnKind `json:"kind,omitempty"`
		Seconds int      `json:"seconds,omitempty"` // 0 = from the kind
	}
	// FloorAccept is the invited person's own "Bật micro và nói": the clock starts.
	FloorAccept struct{}
	// FloorDecline is "Để sau": the hand keeps its place.
	FloorDecline struct{}
	// FloorExtend adds time (+1 phút).
	FloorExtend struct {
		Seconds int `json:"seconds"`
	}
	// FloorEnd ends the turn or the invitation: chair, clerk, or the speaker.
	FloorEnd struct{}

	// GateSet changes the microphone policy.
	GateSet struct {
		Policy GatePolicy `json:"policy"`
	}
	// GateMute closes one person's microphone.
	GateMute struct {
		Person PersonID `json:"person"`
	}
	// GateUnmute removes that mark; the person still presses himself.
	GateUnmute struct {
		Person PersonID `json:"person"`
	}
	// GateMuteAll closes all but the chair's and the speaker's.
	GateMuteAll struct{}
	// GateUndo undoes the last GateMuteAll: reopens only those that were open.
	GateUndo struct{}
	// GateStopCitizens stops or allows all citizens' media.
	GateStopCitizens struct {
		Stop bool `json:"stop"`
	}
	// StagePin shows a person to everybody; empty returns to the speaker.
	StagePin struct {
		Person PersonID `json:"person,omitempty"`
	}

	// BallotOpen opens a public vote. Empty fields come from the current item's template.
	BallotOpen struct {
		Item      string   `json:"item,omitempty"`
		Template  string   `json:"template,omitempty"` // id among Published.Votes
		Question  string   `json:"question,omitempty"`
		Base      Base     `json:"base,omitempty"`
		Threshold Fraction `json:"threshold,omitzero"`
		Seconds   int      `json:"seconds,omitempty"` // optional timer; the chair still closes
	}
	// BallotClose closes it; the result is in the answer's views. Idempotent by ballot.
	BallotClose struct {
		Ballot string `json:"ballot"`
	}
	// BallotRemind rings once for those who have not pressed.
	BallotRemind struct {
		Ballot string `json:"ballot"`
	}
	// VoteCast is the deputy's own choice, changeable until the close.
	VoteCast struct {
		Ballot string `json:"ballot"`
		Choice string `json:"choice"`
	}
	// VoteRecord is the clerk's entry of a raised hand by name; minutes say so. Only for a present deputy.
	VoteRecord struct {
		Ballot string   `json:"ballot"`
		Person PersonID `json:"person"`
		Choice string   `json:"choice"`
	}

	// MessageSend writes to everyone (members and staff), or to the clerk (anybody).
	MessageSend struct {
		To   string `json:"to"`   // "all", "clerk", or a person id (clerk only)
		Text string `json:"text"` // at most 1,000 runes, NFC
		Ref  string `json:"-"`    // set by the room for non-members: the text lies in the side table
	}
	// MessageHide hides a message; its author sees the reason.
	MessageHide struct {
		Seq    uint64 `json:"seq"`
		Reason string `json:"reason,omitempty"`
	}

	// AdmissionSet switches the waiting room.
	AdmissionSet struct {
		On     bool       `json:"on"`
		Inside []PersonID `json:"-"` // set by the room: citizens and guests who are inside now and stay
	}
	// AdmissionAdmit admits one, all, or a hamlet. The room resolves hamlets to persons first.
	AdmissionAdmit struct {
		Persons []PersonID `json:"persons,omitempty"`
		All     bool       `json:"all,omitempty"`
		Hamlet  string     `json:"hamlet,omitempty"`
	}
	// AdmissionRefuse refuses or removes a citizen or guest ("Mời ra khỏi buổi họp").
	AdmissionRefuse struct {
		Person PersonID `json:"person"`
		Reason string   `json:"reason,omitempty"`
	}

	// ChairTake is the clerk's "Tạm giữ quyền điều hành" while the chair's connection is lost.
	ChairTake struct{}
	// ChairReturn gives it back.
	ChairReturn struct{}

	// RecordingStart begins a recording.
	RecordingStart struct {
		Decided bool `json:"decided,omitempty"` // recording was decided: required for a sitting that is not public
	}
	// RecordingPause holds it.
	RecordingPause struct{}
	// RecordingResume goes on with it.
	RecordingResume struct{}
	// RecordingStop ends it; a new start makes a new one.
	RecordingStop struct{}

	// RecordingHalt is the recorder's own: no room is left.
	RecordingHalt struct{}
	// RecordingReduce is the recorder's own: little room is left, pictures are no longer recorded, or again.
	RecordingReduce struct {
		AudioOnly bool `json:"audio_only"`
	}
	// RecordingSeal is the recorder's own: these files are final. It may be repeated.
	RecordingSeal struct {
		Recording string            `json:"recording"`
		Segments  []RecordedSegment `json:"segments"`
	}
	// RecordingMiss is the recorder's own: a stretch could not be written.
	RecordingMiss struct {
		Recording string `json:"recording"`
		Src       uint32 `json:"src,omitempty"` // 0 = all sources
		From      int64  `json:"from"`          // Unix milliseconds
		To        int64  `json:"to"`
		Packets   int    `json:"packets,omitempty"` // as far as known
		Why       string `json:"why"`               // "disk", "restart"
	}

	// ConnectionLost is the room's own: a member was away longer than the grace time ("mất kết nối").
	ConnectionLost struct {
		Person PersonID `json:"person"`
	}
	// ConnectionBack follows it.
	ConnectionBack struct {
		Person PersonID `json:"person"`
	}
	// AttendanceCount is the room's own every ten minutes.
	AttendanceCount struct {
		Place  string `json:"place"`
		Hall   int    `json:"hall"`
		Online int    `json:"online"`
	}
)

// PresenceState is a deputy's state in the roll-call.
type PresenceState string

// States of a person in the roll-call.
const (
	PresenceUnknown   PresenceState = "unknown"   // Chưa rõ
	PresencePresent   PresenceState = "present"   // Có mặt
	PresenceLate      PresenceState = "late"      // Đến muộn (counts as present)
	PresenceExcused   PresenceState = "excused"   // Vắng có lý do
	PresenceUnexcused PresenceState = "unexcused" // Vắng không lý do
	PresenceLeft      PresenceState = "left"      // Về sớm
)

// CommandName gives the protocol's message type.
func (SittingOpen) CommandName() string      { return "sitting.open" }
func (SittingPause) CommandName() string     { return "sitting.pause" }
func (SittingResume) CommandName() string    { return "sitting.resume" }
func (SittingClose) CommandName() string     { return "sitting.close" }
func (AgendaGoto) CommandName() string       { return "agenda.goto" }
func (RollCallOpen) CommandName() string     { return "rollcall.open" }
func (RollCallCheckIn) CommandName() string  { return "rollcall.checkin" }
func (RollCallSet) CommandName() string      { return "rollcall.set" }
func (RollCallClose) CommandName() string    { return "rollcall.close" }
func (QueueRaise) CommandName() string       { return "queue.raise" }
func (QueueWithdraw) CommandName() string    { return "queue.withdraw" }
func (FloorGive) CommandName() string        { return "floor.give" }
func (FloorAccept) CommandName() string      { return "floor.accept" }
func (FloorDecline) CommandName() string     { return "floor.decline" }
func (FloorExtend) CommandName() string      { return "floor.extend" }
func (FloorEnd) CommandName() string         { return "floor.end" }
func (GateSet) CommandName() string          { return "gate.set" }
func (GateMute) CommandName() string         { return "gate.mute" }
func (GateUnmute) CommandName() string       { return "gate.unmute" }
func (GateMuteAll) CommandName() string      { return "gate.mute_all" }
func (GateUndo) CommandName() string         { return "gate.undo" }
func (GateStopCitizens) CommandName() string { return "gate.stop_citizens" }
func (StagePin) CommandName() string         { return "stage.pin" }
func (BallotOpen) CommandName() string       { return "ballot.open" }
func (BallotClose) CommandName() string      { return "ballot.close" }
func (BallotRemind) CommandName() string     { return "ballot.remind" }
func (VoteCast) CommandName() string         { return "vote.cast" }
func (VoteRecord) CommandName() string       { return "vote.record" }
func (MessageSend) CommandName() string      { return "message.send" }
func (MessageHide) CommandName() string      { return "message.hide" }
func (AdmissionSet) CommandName() string     { return "admission.set" }
func (AdmissionAdmit) CommandName() string   { return "admission.admit" }
func (AdmissionRefuse) CommandName() string  { return "admission.refuse" }
func (ChairTake) CommandName() string        { return "chair.take" }
func (RecordingStart) CommandName() string   { return "recording.start" }
func (RecordingPause) CommandName() string   { return "recording.pause" }
func (RecordingResume) CommandName() string  { return "recording.resume" }
func (RecordingStop) CommandName() string    { return "recording.stop" }
func (RecordingHalt) CommandName() string    { return "recording.halt" }
func (RecordingReduce) CommandName() string  { return "recording.reduce" }
func (RecordingSeal) CommandName() string    { return "recording.seal" }
func (RecordingMiss) CommandName() string    { return "recording.miss" }
func (ChairReturn) CommandName() string      { return "chair.return" }
func (ConnectionLost) CommandName() string   { return "connection.lost" }
func (ConnectionBack) CommandName() string   { return "connection.back" }
func (AttendanceCount) CommandName() string  { return "attendance.count" }
