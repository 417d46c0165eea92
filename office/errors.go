package office

import (
	"errors"
	"fmt"

	"nghitruong/council"
)

// Error is a refusal with a stable code; web maps its kind to HTTP, the client's i18n its code to a sentence.
type Error struct {
	Kind council.ErrorKind
	Code string
	Data map[string]any
}

func (e *Error) Error() string { return "office: " + e.Code }

// Is lets errors.Is compare refusals by code.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code
}

// Refusals of this package.
var (
	ErrNoSitting       = &Error{Kind: council.NotFound, Code: "sitting_unknown"}
	ErrNoTemplate      = &Error{Kind: council.NotFound, Code: "template_unknown"}
	ErrNoPerson        = &Error{Kind: council.NotFound, Code: "person_unknown"}
	ErrNoUnit          = &Error{Kind: council.NotFound, Code: "unit_unknown"}
	ErrVersion         = &Error{Kind: council.Conflict, Code: "version_conflict"}
	ErrPublished       = &Error{Kind: council.Conflict, Code: "already_published"}
	ErrNotPublished    = &Error{Kind: council.Conflict, Code: "not_published"}
	ErrDoorClosed      = &Error{Kind: council.NotAllowed, Code: "not_public"}
	ErrSittingOver     = &Error{Kind: council.Closed, Code: "sitting_closed"}
	ErrFirstDone       = &Error{Kind: council.Closed, Code: "already_set_up"}
	ErrFirstToken      = &Error{Kind: council.NotAllowed, Code: "wrong_token"}
	ErrCouncilRequired = &Error{Kind: council.Invalid, Code: "council_name"}
)

// invalid is a document or text that cannot be taken; data may name the field and the limit.
func invalid(code string, data map[string]any) *Error {
	return &Error{Kind: council.Invalid, Code: code, Data: data}
}

// badField names the part of a draft that must be corrected.
func badField(field, problem string) *Error {
	return invalid("bad_field", map[string]any{"field": field, "problem": problem})
}

func wrap(doing string, err error) error { return fmt.Errorf("office: %s: %w", doing, err) }
