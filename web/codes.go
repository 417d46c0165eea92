package web

import "nghitruong/council"

// Codes lists what this package itself refuses with; auth, office, council and room add theirs.
var Codes = []council.CodeInfo{
	{Code: "bad_request", Kind: council.Invalid, Data: []string{"where"}, Meaning: "the body is not the one JSON document that the call asks for"},
	{Code: "too_large", Kind: council.Invalid, Meaning: "the body is larger than the call takes (413)"},
	{Code: "foreign_origin", Kind: council.NotAllowed, Meaning: "a page of another origin made the call"},
	{Code: "needs_tls", Kind: council.NotAllowed, Meaning: "plain http off this machine carries no call"},
	{Code: "no_space", Kind: council.Internal, Meaning: "the server's disk is full (503)"},
	{Code: "ledger_stopped", Kind: council.Internal, Meaning: "the server's disk failed (503)"},
	{Code: "busy", Kind: council.Internal, Meaning: "the call took too long and was given up (503)"},
	{Code: "internal", Kind: council.Internal, Meaning: "the server failed"},
}
