package auth

import "nghitruong/council"

// Codes lists every code that this package refuses with, for docs/PROTOCOL.md and the client's sentences.
var Codes = []council.CodeInfo{
	{Code: "no_device", Kind: council.NotAllowed, Meaning: "the call needs a device's cookie that the server knows (401)"},
	{Code: "no_person", Kind: council.NotAllowed, Meaning: "the device is nobody in this sitting"},
	{Code: "signed_out", Kind: council.NotAllowed, Meaning: "the call needs a signed-in account (401)"},
	{Code: "forbidden", Kind: council.NotAllowed, Meaning: "the account's role does not reach this"},
	{Code: "wrong_login", Kind: council.NotAllowed, Meaning: "name or password is wrong; never which"},
	{Code: "too_many_tries", Kind: council.NotAllowed, Meaning: "too many failed tries; again after Retry-After (429)"},
	{Code: "code_required", Kind: council.NotAllowed, Meaning: "the link also asks for its 6-digit code"},
	{Code: "wrong_code", Kind: council.NotAllowed, Data: []string{"left"}, Meaning: "wrong code; left tries remain"},
	{Code: "link_locked", Kind: council.NotAllowed, Meaning: "five wrong codes have locked the link; the clerk makes a new one"},
	{Code: "link_revoked", Kind: council.NotAllowed, Meaning: "the clerk has revoked or replaced the link"},
	{Code: "link_expired", Kind: council.NotAllowed, Meaning: "the sitting closed more than 24 hours ago"},
	{Code: "link_unknown", Kind: council.NotFound, Meaning: "no such link at this door; an unknown door says the same"},
	{Code: "weak_password", Kind: council.Invalid, Meaning: "a password has 10 characters to 256 bytes"},
	{Code: "name_taken", Kind: council.Conflict, Meaning: "an account of the installation has this name"},
	{Code: "bad_name", Kind: council.Invalid, Meaning: "a name is empty or too long"},
}
