// Package council says what a command does in a sitting, or why not now.
package council

import "time"

// PersonID is random and never derived from a name; citizens have one too.
type PersonID string

// Role is what a person may be in a sitting; a person holds a set of roles whose rights add up.
type Role string

// Roles of a sitting (docs/GLOSSARY.md).
const (
	RoleChair      Role = "chair"      // Chủ tọa
	RoleClerk      Role = "clerk"      // Thư ký
	RoleDeputy     Role = "deputy"     // Đại biểu
	RoleTeller     Role = "teller"     // Ban kiểm phiếu
	RoleGuest      Role = "guest"      // Khách mời
	RoleTechnician Role = "technician" // Kỹ thuật
	RoleHall       Role = "hall"       // Điểm cầu: one device of one hall
	RoleCitizen    Role = "citizen"    // Cử tri
	RoleDisplay    Role = "display"    // Màn hình hội trường, read only
)

// Roles lists every role, in the order of the tables and tests.
var Roles = []Role{RoleChair, RoleClerk, RoleDeputy, RoleTeller, RoleGuest, RoleTechnician, RoleHall, RoleCitizen, RoleDisplay}

// SittingState is where a sitting stands. A draft lives in the office; a closed sitting is never reopened.
type SittingState string

// States: published → open ⇄ paused → closed.
const (
	StatePublished SittingState = "published"
	StateOpen      SittingState = "open"
	StatePaused    SittingState = "paused"
	StateClosed    SittingState = "closed"
)

// Person is somebody on the sitting's list. Name never holds a citizen's name: citizens are not listed.
type Person struct {
	ID     PersonID `json:"id"`
	Name   string   `json:"name"`             // as pasted by the clerk: "Đại biểu số 07 – Tổ 2"
	Label  string   `json:"label"`            // short text for tiles: at most 24 runes
	Office string   `json:"office,omitempty"` // chức vụ
	Group  string   `json:"group,omitempty"`  // Tổ đại biểu
	Unit   string   `json:"unit,omitempty"`   // xã, cơ quan
	Hall   string   `json:"hall,omitempty"`   // person id of the hall device where the person sits
	Seat   int      `json:"seat,omitempty"`   // 0 = none
	Roles  []Role   `json:"roles"`
}

// Fraction is an exact part of a whole; Strict means more than, else at least.
type Fraction struct {
	Num    int  `json:"num"`
	Den    int  `json:"den"`
	Strict bool `json:"strict"`
}

// Base is the number a threshold is taken of.
type Base string

// Bases of docs/GLOSSARY.md.
const (
	BaseAll     Base = "all"     // tổng số đại biểu (N)
	BasePresent Base = "present" // present at the close of the ballot
)

// Option is one choice of a ballot.
type Option struct {
	ID    string `json:"id"` // "for", "against", "not_voting" in the presets
	Label string `json:"label"`
}

// VoteTemplate is a prepared vote: data, with its citation, never code.
type VoteTemplate struct {
	ID             string   `json:"id"` // "thong-qua-nghi-quyet"
	Name           string   `json:"name"`
	Question       string   `json:"question"`
	Options        []Option `json:"options"`
	Base           Base     `json:"base"`
	Threshold      Fraction `json:"threshold"`
	RequiresQuorum bool     `json:"requires_quorum"`
	Announce       string   `json:"announce"` // subject of the verdict sentence: "Nghị quyết"
	Citation       string   `json:"citation,omitempty"`
}

// AgendaItem is one item of the agenda; the number shown is its place, from 1.
type AgendaItem struct {
	ID        string        `json:"id"`
	Title     string        `json:"title"`
	Minutes   int           `json:"minutes,omitempty"`
	Presenter string        `json:"presenter,omitempty"`
	Vote      *VoteTemplate `json:"vote,omitempty"`
}

// TurnKind is why somebody asks for the floor.
type TurnKind string

// Kinds of turns.
const (
	TurnSpeak    TurnKind = "speak"    // Phát biểu
	TurnQuestion TurnKind = "question" // Chất vấn
	TurnDebate   TurnKind = "debate"   // Tranh luận
	TurnExplain  TurnKind = "explain"  // Giải trình
	TurnCitizen  TurnKind = "citizen"  // Cử tri
)

// Rules are the numbers of a sitting; all are data of the council.
type Rules struct {
	Elected        int              `json:"elected"`     // set by law
	InOffice       int              `json:"in_office"`   // N by default: tổng số đại biểu
	Quorum         Fraction         `json:"quorum"`      // default at least 2/3
	QuorumBase     Base             `json:"quorum_base"` // "all"
	QuorumCitation string           `json:"quorum_citation,omitempty"`
	TurnSeconds    map[TurnKind]int `json:"turn_seconds"`  // speaking time by kind
	SecondTurn     int              `json:"second_turn"`   // seconds of a second "speak" turn in one item
	RollCall       bool             `json:"roll_call"`     // false: no roll-call, no quorum (briefings, voter contact)
	GraceSeconds   int              `json:"grace_seconds"` // a lost connection is not leaving; default 60
	GatePolicy     GatePolicy       `json:"gate_policy"`   // at opening
}

// GatePolicy says whose microphone is open.
type GatePolicy string

// Policies: open = every member; floor = holder of the floor and chair; chair = chair only.
const (
	GateOpen  GatePolicy = "open"
	GateFloor GatePolicy = "floor"
	GateChair GatePolicy = "chair"
)

// Published is the body of a sitting ledger's first event, SittingPublished.
type Published struct {
	Council     string         `json:"council"`      // council id
	CouncilName string         `json:"council_name"` // "HĐND xã Đông Cuông"
	Unit        string         `json:"unit"`
	Kind        string         `json:"kind"`      // template id: "ky-hop-thuong-le", "hop-thuong-truc", "tiep-xuc-cu-tri"
	KindName    string         `json:"kind_name"` // "Kỳ họp thường lệ"
	Title       string         `json:"title"`
	PlannedAt   time.Time      `json:"planned_at"`
	Place       string         `json:"place,omitempty"`
	Public      bool           `json:"public"` // citizens may enter
	Hamlets     []string       `json:"hamlets,omitempty"`
	HelpPhone   string         `json:"help_phone,omitempty"`
	Agenda      []AgendaItem   `json:"agenda"`
	People      []Person       `json:"people"`
	Votes       []VoteTemplate `json:"votes"` // presets offered when an item has none
	Rules       Rules          `json:"rules"`
	WaitingRoom bool           `json:"waiting_room"`
}

// Error is a refusal with a stable code; the Vietnamese sentence belongs to the client's i18n and the PROTOCOL table.
type Error struct {
	Kind ErrorKind
	Code string         // "no_quorum", "not_present", "ballot_closed", …: listed in codes.go
	Data map[string]any // numbers for the sentence: {"present":19,"need":20}
}

func (e *Error) Error() string { return "council: " + e.Code }

// ErrorKind is mapped once to HTTP and once to WebSocket.
type ErrorKind string

// Kinds of errors.
const (
	Invalid    ErrorKind = "invalid"
	NotAllowed ErrorKind = "not_allowed"
	NotFound   ErrorKind = "not_found"
	Conflict   ErrorKind = "conflict"
	Closed     ErrorKind = "closed"
	Internal   ErrorKind = "internal"
)
