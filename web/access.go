package web

import (
	"bufio"
	"context"
	"crypto/subtle"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"nghitruong/auth"
	"nghitruong/council"
)

// sameText compares two secrets in constant time.
func sameText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// answer remembers what was answered, for the log.
type answer struct {
	http.ResponseWriter
	status  int
	written int64
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.written += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Hijack hands the connection to the WebSocket.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if a.status == 0 {
		a.status = http.StatusSwitchingProtocols
	}
	return http.NewResponseController(a.ResponseWriter).Hijack()
}

// Flush sends what is buffered.
func (a *answer) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() }

// exchange is one call on its way through the server.
type exchange struct {
	w       *answer
	r       *http.Request
	pattern string        // of the route; "" when none fits
	account *auth.Account // of routes that ask for one
}

type exchangeKey struct{}

// exchangeOf finds the call in a handler's context; begin has put it there.
func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// begin is the outermost handler: it writes one line per call with the route's pattern, never its path, query or headers,
// which may hold a door, a token or a name. A panic ends only its own call.
func (s *server) begin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.now()
		a := &answer{ResponseWriter: w}
		x := &exchange{w: a}
		ctx := context.WithValue(r.Context(), exchangeKey{}, x)
		x.r = r.WithContext(ctx)
		defer func() {
			if err := recover(); err != nil {
				s.panics.Inc()
				s.log.Error("a call panicked", "route", x.pattern, "panic", err, "stack", string(debug.Stack()))
				if a.status == 0 {
					writeProblem(a, newProblem(council.Internal, "internal", nil))
				}
			}
			s.note(ctx, x, s.now().Sub(start))
		}()
		next.ServeHTTP(a, x.r)
	})
}

// note counts and logs a call that is over.
func (s *server) note(ctx context.Context, x *exchange, took time.Duration) {
	route := x.pattern
	if route == "" {
		route = "none"
	}
	s.calls.WithLabelValues(route, statusClass(x.w.status)).Observe(took.Seconds())
	level := slog.LevelDebug
	if x.w.status >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	s.log.Log(ctx, level, "call", "route", route, "status", x.w.status, "bytes", x.w.written,
		"took", took.Round(time.Microsecond))
}

// routed notes the pattern that the mux has found.
func routed(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := exchangeOf(r.Context())
		defer func() { x.pattern = r.Pattern }() // also when the handler panics
		mux.ServeHTTP(w, r)
	})
}

// statusClass is "2xx", "4xx", …: a label with few values.
func statusClass(status int) string { return strconv.Itoa(status/100) + "xx" }
