package office

import "nghitruong/council"

// Codes lists every code that this package refuses with, for docs/PROTOCOL.md and the client's sentences. Publishing may also
// answer with council's bad_published.
var Codes = []council.CodeInfo{
	{Code: "sitting_unknown", Kind: council.NotFound, Meaning: "no such sitting in this council, or no such door"},
	{Code: "template_unknown", Kind: council.NotFound, Meaning: "no such kind of meeting"},
	{Code: "person_unknown", Kind: council.NotFound, Meaning: "nobody on the sitting's list has this id"},
	{Code: "unit_unknown", Kind: council.NotFound, Meaning: "no such administrative unit"},
	{Code: "version_conflict", Kind: council.Conflict, Meaning: "somebody saved meanwhile: read the draft again"},
	{Code: "already_published", Kind: council.Conflict, Meaning: "the sitting is no draft any more"},
	{Code: "not_published", Kind: council.Conflict, Meaning: "the sitting is still a draft"},
	{Code: "ballot_open", Kind: council.Conflict, Meaning: "the ledger is not given out while a ballot is open"},
	{Code: "not_public", Kind: council.NotAllowed, Meaning: "citizens do not enter this sitting without a link"},
	{Code: "sitting_closed", Kind: council.Closed, Meaning: "the sitting is over"},
	{Code: "already_set_up", Kind: council.Closed, Meaning: "the installation has its first administrator"},
	{Code: "wrong_token", Kind: council.NotAllowed, Meaning: "not the link that the last start of the server printed"},
	{Code: "council_name", Kind: council.Invalid, Meaning: "a council needs a name of 1 to 80 characters"},
	{Code: "bad_field", Kind: council.Invalid, Data: []string{"field", "problem"}, Meaning: "this part of the document must be corrected"},
	{Code: "bad_role", Kind: council.Invalid, Meaning: "an account is clerk or admin"},
	{Code: "bad_name", Kind: council.Invalid, Meaning: "a name has 1 to 80 characters"},
	{Code: "bad_hamlet", Kind: council.Invalid, Meaning: "not one of the door's hamlets"},
	{Code: "bad_table", Kind: council.Invalid, Meaning: "a pasted list cannot be read as a table"},
	{Code: "too_long", Kind: council.Invalid, Data: []string{"max"}, Meaning: "a pasted list has more than max bytes"},
	{Code: "too_many", Kind: council.Invalid, Data: []string{"max"}, Meaning: "a pasted list has more than max lines"},
}
