package council

import "errors"

// Codes of refusals. The client's i18n has one Vietnamese sentence per code; docs/PROTOCOL.md lists them all.
const (
	CodeUnknownCommand   = "unknown_command"
	CodeMalformed        = "malformed"
	CodeBadText          = "bad_text"
	CodeBadNumber        = "bad_number"
	CodeBadKind          = "bad_kind"
	CodeBadState         = "bad_state"
	CodeBadLabel         = "bad_label"
	CodeBadRecipient     = "bad_recipient"
	CodeBadThreshold     = "bad_threshold"
	CodeBadChoice        = "bad_choice"
	CodeBadPublished     = "bad_published"
	CodeReasonRequired   = "reason_required"
	CodeNoTemplate       = "no_template"
	CodeNoPerson         = "no_such_person"
	CodeNoItem           = "no_such_item"
	CodeNoEntry          = "no_such_entry"
	CodeNoBallot         = "no_such_ballot"
	CodeNoMessage        = "no_such_message"
	CodeNotYours         = "not_yours"
	CodeNotDeputy        = "not_deputy"
	CodeNotVoter         = "not_voter"
	CodeNotInvited       = "not_invited"
	CodeNotMember        = "not_member"
	CodeNotRemovable     = "not_removable"
	CodeCannotSpeak      = "cannot_speak"
	CodeCitizensNotHere  = "citizens_not_here"
	CodeWaiting          = "waiting"
	CodeRefused          = "refused"
	CodeSystemOnly       = "system_only"
	CodeNotOpen          = "not_open"
	CodePaused           = "paused"
	CodeSittingClosed    = "sitting_closed"
	CodeNoRollCall       = "no_rollcall"
	CodeRollCallNotOpen  = "rollcall_not_open"
	CodeRollCallOpen     = "rollcall_open"
	CodeNotPresent       = "not_present"
	CodeHasVoted         = "has_voted"
	CodeNoQuorum         = "no_quorum"
	CodeNobodyPresent    = "nobody_present"
	CodeBallotOpen       = "ballot_open"
	CodeBallotClosed     = "ballot_closed"
	CodeHasFloor         = "has_floor"
	CodeNoFloor          = "no_floor"
	CodeAlreadySpeaking  = "already_speaking"
	CodeQueueFull        = "queue_full"
	CodeNothingToUndo    = "nothing_to_undo"
	CodeChairOnline      = "chair_online"
	CodeChairTaken       = "chair_taken"
	CodeChairNotTaken    = "chair_not_taken"
	CodeRecordingOn      = "recording_on"
	CodeRecordingOff     = "recording_off"
	CodeNeedsDecision    = "needs_decision"
	CodeSideTextRequired = "side_text_required"
)

// CodeInfo describes a refusal: its kind, the keys of Error.Data, and what it means.
type CodeInfo struct {
	Code    string
	Kind    ErrorKind
	Data    []string
	Meaning string
}

// Codes lists every code that Decide, DecodeCommand and Published.Check may answer with.
var Codes = []CodeInfo{
	{CodeUnknownCommand, Invalid, nil, "no such message type"},
	{CodeMalformed, Invalid, []string{"why"}, "the message's fields cannot be read: unknown, repeated or wrong field"},
	{CodeBadText, Invalid, []string{"field", "max"}, "a text is empty, longer than max runes or has control characters"},
	{CodeBadNumber, Invalid, []string{"field", "min", "max"}, "a number lies outside its range"},
	{CodeBadKind, Invalid, []string{"kind"}, "no such kind of turn for this person"},
	{CodeBadState, Invalid, []string{"state"}, "no such state, or not for this actor"},
	{CodeBadLabel, Invalid, nil, "the label of a voter without device must be \"cử tri số N\""},
	{CodeBadRecipient, Invalid, nil, "messages go to \"all\", \"clerk\" or, from chair and clerk, to one person"},
	{CodeBadThreshold, Invalid, nil, "the threshold or base of a ballot is no rule"},
	{CodeBadChoice, Invalid, nil, "the ballot has no such option"},
	{CodeBadPublished, Invalid, []string{"why"}, "the sitting cannot be published like this"},
	{CodeReasonRequired, Invalid, nil, "a correction after the close of the roll-call needs a reason"},
	{CodeNoTemplate, Invalid, nil, "the ballot has neither a question nor a template"},
	{CodeNoPerson, NotFound, nil, "nobody of this sitting has this id"},
	{CodeNoItem, NotFound, nil, "the agenda has no such item"},
	{CodeNoEntry, NotFound, nil, "the queue has no such entry"},
	{CodeNoBallot, NotFound, nil, "no such ballot"},
	{CodeNoMessage, NotFound, nil, "no such message"},
	{CodeNotYours, NotAllowed, nil, "this belongs to somebody else"},
	{CodeNotDeputy, NotAllowed, nil, "the person is not a deputy of this sitting"},
	{CodeNotVoter, NotAllowed, nil, "the person is not in the ballot's electorate"},
	{CodeNotInvited, NotAllowed, nil, "the person has not been given the floor"},
	{CodeNotMember, NotAllowed, nil, "only members and staff may do this"},
	{CodeNotRemovable, NotAllowed, nil, "only citizens and guests can be shown out"},
	{CodeCannotSpeak, NotAllowed, nil, "this person cannot have the floor"},
	{CodeCitizensNotHere, NotAllowed, nil, "citizens do not ask for the floor in this sitting"},
	{CodeWaiting, NotAllowed, nil, "the person is still in the waiting room"},
	{CodeRefused, NotAllowed, []string{"reason"}, "the person was shown out"},
	{CodeSystemOnly, NotAllowed, nil, "only the room itself does this"},
	{CodeNotOpen, Conflict, []string{"state"}, "the sitting is not open yet"},
	{CodePaused, Conflict, nil, "the sitting is paused"},
	{CodeSittingClosed, Closed, []string{"closed_at"}, "the sitting is closed"},
	{CodeNoRollCall, Conflict, nil, "this kind of sitting has no roll-call"},
	{CodeRollCallNotOpen, Conflict, nil, "no roll-call has been opened"},
	{CodeRollCallOpen, Conflict, nil, "a roll-call is open already"},
	{CodeNotPresent, Conflict, []string{"presence"}, "the deputy is not marked present"},
	{CodeHasVoted, Conflict, nil, "the deputy has cast a vote in the open ballot"},
	{CodeNoQuorum, Conflict, []string{"present", "need", "total"}, "fewer deputies are present than the quorum"},
	{CodeNobodyPresent, Conflict, nil, "no deputy is present"},
	{CodeBallotOpen, Conflict, []string{"ballot"}, "a ballot is open"},
	{CodeBallotClosed, Conflict, []string{"closed_at", "choice", "seq"}, "the ballot is closed; choice and seq tell what was counted of the actor"},
	{CodeHasFloor, Conflict, nil, "the person has the floor"},
	{CodeNoFloor, Conflict, nil, "nobody has the floor"},
	{CodeAlreadySpeaking, Conflict, nil, "the turn has begun"},
	{CodeQueueFull, Conflict, []string{"max"}, "the queue is full"},
	{CodeNothingToUndo, Conflict, nil, "there is no mute of all to undo"},
	{CodeChairOnline, Conflict, nil, "the chair is connected"},
	{CodeChairTaken, Conflict, nil, "another clerk presides for the time being"},
	{CodeChairNotTaken, Conflict, nil, "nobody has taken the chair"},
	{CodeRecordingOn, Conflict, nil, "the sitting is being recorded already"},
	{CodeRecordingOff, Conflict, nil, "no recording runs"},
	{CodeNeedsDecision, Conflict, nil, "a sitting that is not public is recorded only when that was decided"},
	{CodeSideTextRequired, Internal, nil, "the room did not put a text from or to a citizen into the side table"},
}

var kindOf = func() map[string]ErrorKind {
	m := make(map[string]ErrorKind, len(Codes))
	for _, c := range Codes {
		m[c.Code] = c.Kind
	}
	return m
}()

// refuse makes the error of a code; data are pairs of key and value as listed in Codes.
func refuse(code string, data ...any) *Error {
	e := &Error{Kind: kindOf[code], Code: code}
	if e.Kind == "" {
		e.Kind = Internal
	}
	for i := 0; i+1 < len(data); i += 2 {
		if e.Data == nil {
			e.Data = make(map[string]any, len(data)/2)
		}
		key, ok := data[i].(string)
		if ok {
			e.Data[key] = data[i+1]
		}
	}
	return e
}

// asError gives the refusal in err; nil if there is none.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
