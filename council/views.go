package council

// Topic names one small whole document that replaces its predecessor at the client.
type Topic string

// Topics of a sitting.
const (
	TopicAgenda    Topic = "agenda"
	TopicRollCall  Topic = "rollcall"
	TopicQueue     Topic = "queue"
	TopicFloor     Topic = "floor"
	TopicBallot    Topic = "ballot"
	TopicMessages  Topic = "messages"
	TopicPeople    Topic = "people"
	TopicRecording Topic = "recording"
	TopicSelf      Topic = "self"
)

// Topics lists every topic in the order in which a joining client gets them.
var Topics = []Topic{TopicSelf, TopicAgenda, TopicFloor, TopicRollCall, TopicQueue, TopicRecording, TopicBallot, TopicPeople, TopicMessages}

// Audience is a class of viewers that gets one and the same encoding of a topic.
type Audience string

// Audiences. Steer is chair and clerk; hall also serves technicians; deputy also serves tellers and guests.
const (
	AudienceSteer   Audience = "steer"
	AudienceDeputy  Audience = "deputy"
	AudienceHall    Audience = "hall"
	AudienceCitizen Audience = "citizen"
	AudienceDisplay Audience = "display"
)

// Audiences lists every audience.
var Audiences = []Audience{AudienceSteer, AudienceDeputy, AudienceHall, AudienceCitizen, AudienceDisplay}

// Live is what the room knows and the ledger does not: connections, waiting people, names of citizens.
type Live struct {
	Online         map[PersonID]bool
	Citizens       map[PersonID]CitizenName // from the side table; shown to steer only
	Waiting        []PersonID               // in order of arrival
	Texts          map[string]string        // side table texts by reference (non-members' messages)
	CitizensOnline int
	Ready          map[PersonID]bool // halls that pressed "Sẵn sàng"
	Head           string            // first 16 hex digits of the ledger's head hash
	Recording      *RecordingLight   // how the recording goes; nil = not known
}

// CitizenName is what a citizen wrote at the door.
type CitizenName struct {
	Name   string `json:"name"`
	Hamlet string `json:"hamlet,omitempty"`
}

// All times in views are Unix milliseconds on the server's clock; 0 = not yet.

// AgendaView is the sitting's head and its agenda.
type AgendaView struct {
	Sitting SittingHead      `json:"sitting"`
	Items   []AgendaItemView `json:"items"`
	Current string           `json:"current"` // item id; "" before the first
}

// SittingHead describes the sitting.
type SittingHead struct {
	ID          string         `json:"id"`
	CouncilName string         `json:"council_name"`
	Title       string         `json:"title"`
	Kind        string         `json:"kind"`
	KindName    string         `json:"kind_name"`
	State       SittingState   `json:"state"`
	Place       string         `json:"place,omitempty"`
	PlannedAt   int64          `json:"planned_at"`
	OpenedAt    int64          `json:"opened_at"`
	ClosedAt    int64          `json:"closed_at"`
	PauseEndsAt int64          `json:"pause_ends_at"` // 0 = no countdown
	HelpPhone   string         `json:"help_phone,omitempty"`
	WaitingRoom bool           `json:"waiting_room"`
	RollCall    bool           `json:"roll_call"`
	Votes       []VoteTemplate `json:"votes,omitempty"` // presets; steer only
	Head        string         `json:"head"`            // first 16 hex digits of the ledger's head hash
}

// AgendaItemView is one item; No counts from 1.
type AgendaItemView struct {
	No        int           `json:"no"`
	ID        string        `json:"id"`
	Title     string        `json:"title"`
	Minutes   int           `json:"minutes,omitempty"`
	Presenter string        `json:"presenter,omitempty"`
	State     string        `json:"state"`          // "past", "current", "next"
	Vote      *VoteTemplate `json:"vote,omitempty"` // steer only
	HasVote   bool          `json:"has_vote"`
}

// RollCallView is the roll-call and the live quorum.
type RollCallView struct {
	State    string         `json:"state"` // "none", "open", "closed"
	OpenedAt int64          `json:"opened_at"`
	EndsAt   int64          `json:"ends_at"` // of the shown countdown; 0 = none
	ClosedAt int64          `json:"closed_at"`
	Quorum   QuorumView     `json:"quorum"`
	Counts   RollCallCounts `json:"counts"`
	Rows     []RollCallRow  `json:"rows,omitempty"` // not for citizens
}

// QuorumView is shown as "Đủ điều kiện 26/30" or "Chưa đủ 19/30 (cần 20)".
type QuorumView struct {
	Needed  bool `json:"needed"` // false: this kind of sitting has no quorum
	Met     bool `json:"met"`
	Present int  `json:"present"`
	Total   int  `json:"total"` // N
	Need    int  `json:"need"`
}

// RollCallCounts counts deputies by state and by who pressed.
type RollCallCounts struct {
	Present   int `json:"present"` // late ones included
	Late      int `json:"late"`
	Excused   int `json:"excused"`
	Unexcused int `json:"unexcused"`
	Left      int `json:"left"`
	Unknown   int `json:"unknown"`
	BySelf    int `json:"by_self"`
	ByHall    int `json:"by_hall"`
	ByClerk   int `json:"by_clerk"`
}

// RollCallRow is one deputy.
type RollCallRow struct {
	Person PersonID      `json:"person"`
	Name   string        `json:"name"`
	Group  string        `json:"group,omitempty"`
	Seat   int           `json:"seat,omitempty"`
	State  PresenceState `json:"state"`
	Place  string        `json:"place,omitempty"` // "online" or a hall's person id
	By     string        `json:"by,omitempty"`    // "self", "hall", "clerk"; steer only
	At     int64         `json:"at"`
	Lost   bool          `json:"lost,omitempty"` // mất kết nối
}

// QueueView is the speakers' queue. Citizens get the first five and the length; the own place is in SelfView.
type QueueView struct {
	Entries []QueueEntry `json:"entries"`
	Length  int          `json:"length"`
}

// QueueEntry is one raised hand. Label is "Cử tri thôn 3" for a citizen; Name (steer only) is what he wrote.
type QueueEntry struct {
	ID       string   `json:"id"`
	Place    int      `json:"place"`            // from 1
	Person   PersonID `json:"person,omitempty"` // absent for citizens' entries outside steer
	Label    string   `json:"label"`
	Name     string   `json:"name,omitempty"`
	Kind     TurnKind `json:"kind"`
	Asked    string   `json:"asked,omitempty"` // label of who is questioned
	Hall     string   `json:"hall,omitempty"`  // person id of the hall
	OnBehalf bool     `json:"on_behalf,omitempty"`
	Since    int64    `json:"since"`
	Online   bool     `json:"online"`
}

// FloorView says who has the floor, the microphone policy and what is on stage.
type FloorView struct {
	Holder          *FloorHolder `json:"holder"`
	Policy          GatePolicy   `json:"policy"`
	MutedAll        bool         `json:"muted_all"`
	CanUndo         bool         `json:"can_undo,omitempty"` // steer only
	Pin             PersonID     `json:"pin,omitempty"`
	Chair           PersonID     `json:"chair,omitempty"` // who presides now
	CitizensStopped bool         `json:"citizens_stopped,omitempty"`
	LastEnded       *FloorHolder `json:"last_ended,omitempty"` // steer only, for the undo of a mistaken end
}

// FloorHolder is an invitation or a running turn. Person is absent for a citizen outside steer, self and the citizen's own SelfView.
type FloorHolder struct {
	Turn      string   `json:"turn"` // id
	Person    PersonID `json:"person,omitempty"`
	Label     string   `json:"label"`
	Name      string   `json:"name,omitempty"` // steer only for citizens
	Seat      int      `json:"seat,omitempty"`
	Kind      TurnKind `json:"kind"`
	State     string   `json:"state"` // "invited", "speaking"
	InvitedAt int64    `json:"invited_at"`
	StartedAt int64    `json:"started_at"`
	AllowedMS int64    `json:"allowed_ms"`
	Online    bool     `json:"online"`
	Source    PersonID `json:"source,omitempty"` // whose media speaks: the hall's for a person in a hall, else the person
}

// BallotView is the open ballot or the last closed one.
type BallotView struct {
	Ballot  *BallotDoc    `json:"ballot"`
	History []BallotBrief `json:"history"`
	Missing []PersonLabel `json:"missing,omitempty"`  // present and not pressed; steer only, while open
	CanOpen bool          `json:"can_open,omitempty"` // steer only
	WhyNot  string        `json:"why_not,omitempty"`  // error code, steer only
}

// PersonLabel names a person on screen.
type PersonLabel struct {
	Person PersonID `json:"person"`
	Label  string   `json:"label"`
}

// BallotDoc is one ballot.
type BallotDoc struct {
	ID         string   `json:"id"`
	Item       string   `json:"item,omitempty"`
	Question   string   `json:"question"`
	Options    []Option `json:"options"`
	Base       Base     `json:"base"`
	Threshold  Fraction `json:"threshold"`
	State      string   `json:"state"` // "open", "closed"
	OpenedAt   int64    `json:"opened_at"`
	EndsAt     int64    `json:"ends_at"` // of the optional timer; 0 = none
	ClosedAt   int64    `json:"closed_at"`
	Pressed    int      `json:"pressed"` // k of "đã bấm k/n"
	Present    int      `json:"present"` // n: present now, or at the close
	Total      int      `json:"total"`   // N
	RemindedAt int64    `json:"reminded_at"`
	Result     *Result  `json:"result,omitempty"` // only when closed
}

// Result is what a closed ballot decided; percentages are text as papers print them ("53,19%").
type Result struct {
	Options    []OptionResult `json:"options"`
	NotPressed int            `json:"not_pressed"` // có mặt, không bấm
	Present    int            `json:"present"`
	Total      int            `json:"total"`
	Base       Base           `json:"base"`
	BaseCount  int            `json:"base_count"`
	Need       int            `json:"need"` // least number of votes for
	Passed     bool           `json:"passed"`
	Sentence   string         `json:"sentence"`          // "27/30 đại biểu tán thành, đạt 90% tổng số đại biểu; Nghị quyết được thông qua."
	Hash       string         `json:"hash"`              // of the tally, 16 hex digits
	ByName     []NamedVote    `json:"by_name,omitempty"` // steer, deputy, hall
}

// OptionResult is one option's count.
type OptionResult struct {
	ID         string `json:"id"`
	Label      string `json:"label"`
	Count      int    `json:"count"`
	PctTotal   string `json:"pct_total"`
	PctPresent string `json:"pct_present"`
}

// NamedVote is one deputy's vote in a public ballot; Choice "" = có mặt, không bấm.
type NamedVote struct {
	Person   PersonID `json:"person"`
	Label    string   `json:"label"`
	Choice   string   `json:"choice"`
	Recorded bool     `json:"recorded,omitempty"` // Thư ký ghi
}

// BallotBrief is an earlier ballot of the sitting.
type BallotBrief struct {
	ID       string `json:"id"`
	Question string `json:"question"`
	Passed   bool   `json:"passed"`
	Sentence string `json:"sentence"`
	ClosedAt int64  `json:"closed_at"`
}

// MessagesView holds the newest 200 messages the audience may read (a person's own thread with the clerk is in SelfView).
type MessagesView struct {
	Items []MessageItem `json:"items"`
}

// MessageItem is one message.
type MessageItem struct {
	Seq    uint64   `json:"seq"`
	From   PersonID `json:"from,omitempty"`
	Label  string   `json:"label"`
	To     string   `json:"to"` // "all", "clerk", or a person id
	Text   string   `json:"text"`
	At     int64    `json:"at"`
	Hidden bool     `json:"hidden,omitempty"` // steer and author only; Text stays for them
	Reason string   `json:"reason,omitempty"`
}

// PeopleView lists who is in the sitting. Citizens and displays get listed persons without contact or states, and counts.
type PeopleView struct {
	People   []PersonView  `json:"people"`
	Citizens []CitizenView `json:"citizens,omitempty"` // steer only
	Waiting  []CitizenView `json:"waiting,omitempty"`  // steer only
	Counts   PeopleCounts  `json:"counts"`
}

// PeopleCounts are numbers of connected people.
type PeopleCounts struct {
	Online     int `json:"online"` // listed persons
	Citizens   int `json:"citizens"`
	Waiting    int `json:"waiting"`
	HallsReady int `json:"halls_ready"`
	Halls      int `json:"halls"`
}

// PersonView is a listed person.
type PersonView struct {
	ID     PersonID `json:"id"`
	Name   string   `json:"name"`
	Label  string   `json:"label"`
	Office string   `json:"office,omitempty"`
	Group  string   `json:"group,omitempty"`
	Unit   string   `json:"unit,omitempty"`
	Seat   int      `json:"seat,omitempty"`
	Hall   string   `json:"hall,omitempty"`
	Roles  []Role   `json:"roles"`
	Online bool     `json:"online"`
	Hand   int      `json:"hand,omitempty"`  // place in the queue
	Muted  bool     `json:"muted,omitempty"` // by the chair
}

// CitizenView is a citizen as chair and clerk see him.
type CitizenView struct {
	Person PersonID `json:"person"`
	Name   string   `json:"name"`
	Hamlet string   `json:"hamlet,omitempty"`
	Online bool     `json:"online"`
	Muted  bool     `json:"muted,omitempty"`
}

// SelfView is the own state of one person.
type SelfView struct {
	Person    PersonID      `json:"person"`
	Name      string        `json:"name"`
	Label     string        `json:"label"`
	Seat      int           `json:"seat,omitempty"`
	Group     string        `json:"group,omitempty"`
	Roles     []Role        `json:"roles"`
	Audience  Audience      `json:"audience"`
	May       []string      `json:"may"`                // command names allowed to these roles
	Waiting   bool          `json:"waiting"`            // in the waiting room
	Out       bool          `json:"out,omitempty"`      // shown out by the clerk or chair
	Refused   string        `json:"refused,omitempty"`  // reason of that, if one was given
	Presence  PresenceState `json:"presence,omitempty"` // deputies
	Voter     bool          `json:"voter"`              // a deputy in office of this sitting
	Place     int           `json:"place"`              // in the queue; 0 = no hand raised
	Kind      TurnKind      `json:"kind,omitempty"`
	Floor     *FloorHolder  `json:"floor,omitempty"`  // the own invitation or turn
	Ballot    string        `json:"ballot,omitempty"` // ballot of Choice
	Choice    string        `json:"choice,omitempty"` // own choice in the open ballot
	ChoiceSeq uint64        `json:"choice_seq,omitempty"`
	ChoiceAt  int64         `json:"choice_at,omitempty"` // of the receipt
	Mic       bool          `json:"mic"`                 // the own microphone's gate is open
	Cam       bool          `json:"cam"`
	Screen    bool          `json:"screen"`
	Muted     bool          `json:"muted,omitempty"`  // by the chair
	Profile   string        `json:"profile"`          // "member" or "audience"
	Thread    []MessageItem `json:"thread,omitempty"` // own messages with the clerk
}

// RecordingView says whether the sitting is being recorded.
type RecordingView struct {
	State         RecordingState  `json:"state"`
	Since         int64           `json:"since"`                    // of the state
	MS            int64           `json:"ms"`                       // recorded before Since, milliseconds
	AudioOnly     bool            `json:"audio_only,omitempty"`     // little room is left: no pictures
	Light         *RecordingLight `json:"light,omitempty"`          // steer only, while on
	Why           string          `json:"why,omitempty"`            // steer only, when stopped: "clerk", "close", "space"
	NeedsDecision bool            `json:"needs_decision,omitempty"` // steer only: the sitting is not public
}

// RecordingLight is how a recording goes, told each second.
type RecordingLight struct {
	Lamp     string `json:"lamp"`           // "on": bytes became durable in the last 2 s; "quiet": nothing arrives; "stalled": what arrives is not durable
	SyncedAt int64  `json:"synced_at"`      // everything that arrived before it is durable
	Bytes    int64  `json:"bytes"`          // durable, of this stretch
	Lost     int64  `json:"lost,omitempty"` // packets that could not be written
	Slow     bool   `json:"slow,omitempty"` // the disk needs more than a second to make bytes durable
	Space    string `json:"space"`          // "ok", "low" (10 % free), "audio" (5 %: no pictures), "full" (1 %: stopped)
	FreePct  int    `json:"free_pct"`
}

// RecordingWish is what the recorder must do: ID is the newest recording.
type RecordingWish struct {
	ID    string
	State RecordingState
}

// MediaDirection is what the media server must obey; never sent to clients.
type MediaDirection struct {
	Stage    PersonID
	Chair    PersonID
	Mic      map[PersonID]bool
	Cam      map[PersonID]bool
	Screen   map[PersonID]bool
	Why      string            // "chair", "floor", "policy"
	Priority map[PersonID]bool // chair and halls
	Closed   bool              // the sitting has ended: encoders, players and cameras leave

	Recording RecordingWish
}
