package room

import (
	"errors"
	"fmt"

	"nghitruong/council"
)

// Codes of the room's own refusals, beside those of package council.
const (
	CodeNotAllowed       = "not_allowed"        // NotAllowed: these roles may not give this command
	CodeKeyMissing       = "key_missing"        // Invalid: a command needs an idempotency key of 1 to 64 bytes
	CodeKeyReused        = "key_reused"         // Conflict, data seq: the key was used for another command
	CodeNotSaved         = "not_saved"          // Internal: could not be made durable; nothing was counted
	CodeNoSpace          = "no_space"           // Internal: the disk is full; nothing was counted
	CodeLedgerStopped    = "ledger_stopped"     // Internal: no more writes until the server was looked at
	CodeRoomPanic        = "room_failed"        // Internal: the room failed and was rebuilt from its log
	CodeNoSitting        = "no_such_sitting"    // NotFound: no published sitting has this id
	CodeAlreadyPublished = "already_published"  // Conflict: the log has begun
	CodeNoRecorder       = "no_recorder"        // Conflict: the server cannot record
	CodeNoRecordingSpace = "no_recording_space" // Conflict, data hours, need: too little room for a recording
	CodeServerStops      = "server_stops"       // Internal: the room ended; ask again after the restart
)

// Codes lists the room's codes with their kinds, for the protocol's table.
var Codes = []council.CodeInfo{
	{Code: CodeNotAllowed, Kind: council.NotAllowed, Meaning: "the person's roles do not allow this"},
	{Code: CodeKeyMissing, Kind: council.Invalid, Meaning: "an act needs an id of 1 to 64 bytes"},
	{Code: CodeKeyReused, Kind: council.Conflict, Data: []string{"seq"}, Meaning: "the id was used for another act, which stays as it was"},
	{Code: CodeNotSaved, Kind: council.Internal, Meaning: "the act could not be saved and was not counted"},
	{Code: CodeNoSpace, Kind: council.Internal, Meaning: "the server's disk is full; the act was not counted"},
	{Code: CodeLedgerStopped, Kind: council.Internal, Meaning: "the server's disk failed; acts are not taken until it was repaired"},
	{Code: CodeRoomPanic, Kind: council.Internal, Meaning: "the act failed in the server and was not counted"},
	{Code: CodeNoSitting, Kind: council.NotFound, Meaning: "no published sitting has this id"},
	{Code: CodeAlreadyPublished, Kind: council.Conflict, Meaning: "the sitting is published already"},
	{Code: CodeNoRecorder, Kind: council.Conflict, Meaning: "this server cannot record: its folder for recordings cannot be written"},
	{Code: CodeNoRecordingSpace, Kind: council.Conflict, Data: []string{"hours", "need"}, Meaning: "there is room for `hours` hours of recording, `need` are needed"},
	{Code: CodeServerStops, Kind: council.Internal, Meaning: "the server is stopping; repeat the act after the reconnect"},
}

func refuse(kind council.ErrorKind, code string) *council.Error {
	return &council.Error{Kind: kind, Code: code}
}

// unsaved turns a ledger's error into what the sender is told; the cause stays for the log.
func unsaved(err error) error {
	code := CodeNotSaved
	var stop interface{ Stopped() bool }
	var full interface{ NoSpace() bool }
	switch {
	case errors.As(err, &stop) && stop.Stopped():
		code = CodeLedgerStopped
	case errors.As(err, &full) && full.NoSpace():
		code = CodeNoSpace
	}
	return fmt.Errorf("room: %w: %w", refuse(council.Internal, code), err)
}

// unknown turns a directory's error into what the asker is told.
func unknown(err error) error {
	var missing interface{ NotFound() bool }
	if errors.As(err, &missing) && missing.NotFound() {
		return fmt.Errorf("room: %w: %w", refuse(council.NotFound, CodeNoSitting), err)
	}
	return fmt.Errorf("room: find the sitting's council: %w", err)
}

// stopped tells whether a ledger takes no more writes.
func stopped(err error) bool {
	var stop interface{ Stopped() bool }
	return errors.As(err, &stop) && stop.Stopped()
}
