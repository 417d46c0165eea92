package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/office"
)

// Problem is the body of every refused call: a kind for machines, a code for the client's sentence, numbers for the
// sentence. It never says what failed inside.
type Problem struct {
	Kind council.ErrorKind `json:"kind" enum:"invalid,not_allowed,not_found,conflict,closed,internal"`
	Code string            `json:"code" doc:"stable; docs/PROTOCOL.md lists them"`
	Data map[string]any    `json:"data,omitempty"`

	status int
}

func (p *Problem) Error() string { return "web: " + p.Code }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.status }

// ContentType keeps plain JSON: the kind and the code are ours, not those of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/json" }

// statuses of kinds; single codes may differ.
var statuses = map[council.ErrorKind]int{
	council.Invalid:    http.StatusBadRequest,
	council.NotAllowed: http.StatusForbidden,
	council.NotFound:   http.StatusNotFound,
	council.Conflict:   http.StatusConflict,
	council.Closed:     http.StatusGone,
	council.Internal:   http.StatusInternalServerError,
}

// codeStatuses are the codes whose status is not that of their kind.
var codeStatuses = map[string]int{
	"no_device":      http.StatusUnauthorized,
	"signed_out":     http.StatusUnauthorized,
	"too_many_tries": http.StatusTooManyRequests,
	"busy":           http.StatusServiceUnavailable,
	"no_space":       http.StatusServiceUnavailable,
	"not_saved":      http.StatusServiceUnavailable,
	"ledger_stopped": http.StatusServiceUnavailable,
	"server_stops":   http.StatusServiceUnavailable,
}

// problemOf maps every error to its answer; what nobody named is internal and says nothing.
func problemOf(err error) *Problem {
	var (
		p  *Problem
		a  *auth.Error
		o  *office.Error
		c  *council.Error
		ns interface{ NoSpace() bool }
		st interface{ Stopped() bool }
	)
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &a):
		return newProblem(a.Kind, a.Code, a.Data)
	case errors.As(err, &o):
		return newProblem(o.Kind, o.Code, o.Data)
	case errors.As(err, &c):
		return newProblem(c.Kind, c.Code, c.Data)
	case errors.As(err, &ns) && ns.NoSpace():
		return newProblem(council.Internal, "no_space", nil)
	case errors.As(err, &st) && st.Stopped():
		return newProblem(council.Internal, "ledger_stopped", nil)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return newProblem(council.Internal, "busy", nil)
	}
	return newProblem(council.Internal, "internal", nil)
}

func newProblem(kind council.ErrorKind, code string, data map[string]any) *Problem {
	status, ok := codeStatuses[code]
	if !ok {
		if status, ok = statuses[kind]; !ok {
			kind, status = council.Internal, http.StatusInternalServerError
		}
	}
	return &Problem{Kind: kind, Code: code, Data: data, status: status}
}

// writeProblem answers outside the typed operations.
func writeProblem(w http.ResponseWriter, p *Problem) {
	if p.status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "60")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.status)
	_ = json.NewEncoder(w).Encode(p) // the client has gone: nobody is left to tell
}

// init teaches huma our errors: it offers only a package variable for that.
func init() {
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		return humaProblem(status, errs)
	}
	huma.NewErrorWithContext = func(_ huma.Context, status int, _ string, errs ...error) huma.StatusError {
		return humaProblem(status, errs)
	}
}

// humaProblem turns what huma found wrong with a request into a problem: where it is wrong, never what was sent.
func humaProblem(status int, errs []error) *Problem {
	switch {
	case status == http.StatusRequestEntityTooLarge:
		return &Problem{Kind: council.Invalid, Code: "too_large", status: status}
	case status >= http.StatusInternalServerError:
		return newProblem(council.Internal, "internal", nil)
	}
	p := newProblem(council.Invalid, "bad_request", nil)
	for _, err := range errs {
		var d *huma.ErrorDetail
		if errors.As(err, &d) && d.Location != "" {
			p.Data = map[string]any{"where": d.Location}
			break
		}
	}
	return p
}
