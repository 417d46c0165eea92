package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"nghitruong/auth"
)

// forOperators marks routes that answer this machine, or others with the configured token.
const forOperators = "operators"

// route is one row of the table: what it answers to, who may call it, how it is mounted.
type route struct {
	method, path string
	needs        string // auth.OpenToAll, an office operation of auth, or forOperators
	body         int64  // largest body in bytes; 0 = smallBody
	mount        func(s *server, api huma.API, mux *http.ServeMux, rt route)
}

const (
	smallBody = 64 << 10
	largeBody = 2 << 20 // a draft with two thousand people
)

// typed is a route of the described API: fn decodes nothing and encodes nothing.
func typed[I, O any](method, path, needs, id, summary string, fn func(*server, context.Context, *I) (*O, error)) route {
	return route{method: method, path: path, needs: needs, mount: func(s *server, api huma.API, _ *http.ServeMux, rt route) {
		op := huma.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: http.StatusOK,
			Errors: []int{400, 401, 403, 404, 409, 410, 413, 429, 500, 503}, MaxBodyBytes: -1, BodyReadTimeout: -1, // readStrict limits both
			Extensions: map[string]any{"x-needs": needs},
		}
		huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
			out, err := fn(s, ctx, in)
			if err != nil {
				return nil, s.refuse(exchangeOf(ctx), err)
			}
			return out, nil
		})
	}}
}

// large lets a route take a body of largeBody.
func (rt route) large() route {
	rt.body = largeBody
	return rt
}

// plain is a route that writes its answer itself: pages, files, operators' pages.
func plain(method, path, needs string, h func(*server) http.HandlerFunc) route {
	return route{method: method, path: path, needs: needs, mount: func(s *server, _ huma.API, mux *http.ServeMux, rt route) {
		mux.Handle(method+" "+path, s.guard(rt, h(s)))
	}}
}

// mount puts all routes on the mux and gives the API's description.
func mount(s *server, mux *http.ServeMux, all []route, extra []any) ([]byte, error) {
	config := huma.DefaultConfig("Nghị Trường", s.version)
	config.OpenAPIPath, config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", "", nil
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Components = &huma.Components{Schemas: registry}
	guards := map[string]route{}
	for _, rt := range all {
		guards[rt.method+" "+rt.path] = rt
	}
	api := humago.New(guardedMux{mux: mux, s: s, guards: guards}, config)
	for _, v := range extra {
		registry.Schema(reflect.TypeOf(v), true, "")
	}
	for _, rt := range all {
		if rt.needs == "" {
			return nil, fmt.Errorf("web: route %s %s says not who may call it", rt.method, rt.path)
		}
		rt.mount(s, api, mux, rt)
	}
	doc, err := api.OpenAPI().MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("web: describe the API: %w", err)
	}
	return doc, nil
}

// guardedMux puts the guard of its table row before every route that huma mounts; a route without a row is refused.
type guardedMux struct {
	mux    *http.ServeMux
	s      *server
	guards map[string]route
}

func (m guardedMux) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	rt, ok := m.guards[pattern]
	if !ok {
		rt = route{needs: "nobody"}
	}
	m.mux.Handle(pattern, m.s.guard(rt, h))
}

func (m guardedMux) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.mux.ServeHTTP(w, r) }

// guard asks for the route's permission and reads the body strictly before the handler runs.
func (s *server) guard(rt route, next http.HandlerFunc) http.Handler {
	guarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			w.Header().Set("Cache-Control", "no-store")
		}
		if rt.needs != auth.OpenToAll {
			if err := s.permit(r, rt.needs); err != nil {
				writeProblem(w, s.refuse(exchangeOf(r.Context()), err))
				return
			}
		}
		if !safe(r.Method) {
			limit := rt.body
			if limit == 0 {
				limit = smallBody
			}
			body, p := readStrict(w, r, limit)
			if p != nil {
				writeProblem(w, p)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		next(w, r)
	})
	if rt.needs == forOperators {
		return tokenOrLoopback(s.token, next)
	}
	return guarded
}

// permit finds the device's account and asks the one permission table.
func (s *server) permit(r *http.Request, needs string) error {
	d, err := s.auth.FromRequest(r)
	if err != nil {
		return err
	}
	a, err := s.auth.Account(r.Context(), d)
	if err != nil {
		return err
	}
	if !auth.MayOffice(a.Role, needs) {
		return auth.ErrForbidden
	}
	exchangeOf(r.Context()).account = &a
	return nil
}

// refuse maps an error to the answer and logs what was not expected.
func (s *server) refuse(x *exchange, err error) *Problem {
	p := problemOf(err)
	if p.status >= http.StatusInternalServerError {
		s.log.Error("a call failed", "code", p.Code, "route", x.r.Pattern, "err", err)
	}
	if p.status == http.StatusTooManyRequests {
		x.w.Header().Set("Retry-After", "60")
	}
	if x.r.Context().Err() != nil { // net/http would give every later request of this connection an ended context too
		x.w.Header().Set("Connection", "close")
	}
	return p
}

// schemaName keeps the bare names for the WebSocket's types and puts Api before those of the HTTP side, so that two packages
// may use the same word.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	switch path.Base(t.PkgPath()) {
	case "office", "store", "web": // the store's rows come by the office
		return "Api" + name
	}
	return name
}

// describe answers /api/openapi.json.
func (s *server) describe(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(s.openAPI) // the client has gone: nobody is left to tell
}

// writeJSON is for plain routes.
func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client has gone: nobody is left to tell
}
