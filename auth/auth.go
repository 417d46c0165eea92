// Package auth proves who somebody is and decides what they may do.
//
// A browser is a [Device]: a random cookie whose hash is stored. A device may carry one office account and any number of
// persons of sittings. Nothing here reads a name, a role or a council from a message: all come from the device.
package auth

import (
	"errors"
	"fmt"

	"nghitruong/council"
)

// AccountRole is what an office account may do between sittings.
type AccountRole string

// Roles of office accounts.
const (
	AccountClerk     AccountRole = "clerk"     // thư ký: sittings, people, links, results of the own council
	AccountAdmin     AccountRole = "admin"     // quản trị of one council: also accounts
	AccountInstaller AccountRole = "installer" // quản trị of the installation: also councils; the admin of its first council
)

// AccountRoles lists every account role, in the order of the tables and tests.
var AccountRoles = []AccountRole{AccountClerk, AccountAdmin, AccountInstaller}

// Device is one browser, known by its cookie.
type Device struct {
	ID      string // random; safe to log
	Account string // id of the signed-in office account; "" = none
}

// Account is somebody who signs in to the office with a name and a password.
type Account struct {
	ID      string
	Council string // every account belongs to exactly one council
	Name    string // NFC, lower case: what signs in
	Role    AccountRole
}

// Principal is who asks: the device and, when signed in, its account.
type Principal struct {
	Device  Device
	Account *Account
}

// Person is a device's person in one sitting.
type Person struct {
	ID      council.PersonID
	Name    string // listed persons only; a citizen's name lies in the side table
	Label   string
	Roles   []council.Role
	Rev     uint64 // revocation counter: a resume secret made under another one is worthless
	Council string // whose sitting it is
}

// Error is a refusal with a stable code; web maps its kind to HTTP, the client's i18n its code to a sentence.
type Error struct {
	Kind council.ErrorKind
	Code string
	Data map[string]any
}

func (e *Error) Error() string { return "auth: " + e.Code }

// Is lets errors.Is compare refusals by code.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code
}

// Refusals of this package. Unknown links and unknown accounts answer like wrong ones of their kind.
var (
	ErrNoDevice     = &Error{Kind: council.NotAllowed, Code: "no_device"}      // no cookie, or one we do not know: 401
	ErrNoPerson     = &Error{Kind: council.NotAllowed, Code: "no_person"}      // the device has no person in this sitting
	ErrSignedOut    = &Error{Kind: council.NotAllowed, Code: "signed_out"}     // the office asks for an account: 401
	ErrForbidden    = &Error{Kind: council.NotAllowed, Code: "forbidden"}      // the account's role does not reach: 403
	ErrWrongLogin   = &Error{Kind: council.NotAllowed, Code: "wrong_login"}    // name or password, never which: 403
	ErrTooMany      = &Error{Kind: council.NotAllowed, Code: "too_many_tries"} // 429
	ErrCodeRequired = &Error{Kind: council.NotAllowed, Code: "code_required"}
	ErrLinkLocked   = &Error{Kind: council.NotAllowed, Code: "link_locked"}
	ErrLinkRevoked  = &Error{Kind: council.NotAllowed, Code: "link_revoked"}
	ErrLinkExpired  = &Error{Kind: council.NotAllowed, Code: "link_expired"}
	ErrLinkUnknown  = &Error{Kind: council.NotFound, Code: "link_unknown"}
	ErrWeakPassword = &Error{Kind: council.Invalid, Code: "weak_password"}
	ErrNameTaken    = &Error{Kind: council.Conflict, Code: "name_taken"}
	ErrBadName      = &Error{Kind: council.Invalid, Code: "bad_name"}
)

// wrongCode tells how many tries are left before the link locks.
func wrongCode(left int) *Error {
	return &Error{Kind: council.NotAllowed, Code: "wrong_code", Data: map[string]any{"left": left}}
}

// wrap says what failed inside; nothing about a secret goes into it.
func wrap(doing string, err error) error { return fmt.Errorf("auth: %s: %w", doing, err) }
