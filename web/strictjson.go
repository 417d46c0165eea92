package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"nghitruong/council"
)

// maxDepth is how deep objects and arrays may nest in a body.
const maxDepth = 16

// errNotStrict is a body that is not exactly one JSON value with distinct keys.
var errNotStrict = errors.New("web: not one JSON value with distinct keys")

// checkJSON refuses what encoding/json lets pass: duplicate keys, deep nesting, a second value behind the first.
func checkJSON(body []byte) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := checkValue(dec, 0); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errNotStrict
	}
	return nil
}

func checkValue(dec *json.Decoder, depth int) error {
	t, err := dec.Token()
	if err != nil {
		return errNotStrict
	}
	open, nested := t.(json.Delim)
	if !nested {
		return nil
	}
	if depth++; depth > maxDepth || (open != '{' && open != '[') {
		return errNotStrict
	}
	keys := map[string]bool{}
	for dec.More() {
		if open == '{' {
			k, err := dec.Token()
			key, isText := k.(string)
			if err != nil || !isText || keys[key] {
				return errNotStrict
			}
			keys[key] = true
		}
		if err := checkValue(dec, depth); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return errNotStrict
	}
	return nil
}

// bodyTime bounds how long a call's body may take to come.
const bodyTime = 10 * time.Second

// readStrict reads the whole body of a call up to limit bytes and checks it; an empty body is none.
func readStrict(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *Problem) {
	line := http.NewResponseController(w)
	_ = line.SetReadDeadline(time.Now().Add(bodyTime)) // a writer without deadlines is a test's
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	_ = line.SetReadDeadline(time.Time{}) // a deadline that passes while the call works would end its context and the connection
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &Problem{Kind: council.Invalid, Code: "too_large", status: http.StatusRequestEntityTooLarge}
	case err != nil:
		return nil, newProblem(council.Invalid, "bad_request", nil)
	case len(body) == 0:
		return body, nil
	case checkJSON(body) != nil:
		return nil, newProblem(council.Invalid, "bad_request", nil)
	}
	return body, nil
}
