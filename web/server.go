// Package web serves the client, the HTTP API and what operators look at.
//
// routes.go is the one table of routes with the permission of each; a handler decodes, asks office or auth, and encodes.
package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"nghitruong/auth"
	"nghitruong/office"
)

// Config is what the server is made of. Auth, Office and WebSocket are needed.
type Config struct {
	Auth         *auth.Service
	Office       *office.Office
	WebSocket    http.Handler                 // answers GET /ws; it checks the origin itself
	PublicURL    string                       // https://hop.example.vn, without a path; "" = as each request names the host
	MetricsToken string                       // lets others than this machine read /metrics and pprof; "" = nobody
	Streams      Streams                      // media of encoders and players; nil = their doors answer 503
	ICEServers   func(sid string) []ICEServer // told to encoders and players with fresh credentials of sid; nil = none
	Metrics      *prometheus.Registry         // nil = an own one
	Ready        func(context.Context) error  // nil = always ready
	ExtraSchemas []any                        // types of other packages for /api/openapi.json: the WebSocket's messages and views
	Version      string                       // of the program, for /healthz and the API description
	Client       fs.FS                        // the built client; nil = the embedded one
	Log          *slog.Logger                 // nil = silent
	Now          func() time.Time             // nil = the system's clock
}

// server is the state behind the handlers.
type server struct {
	auth       *auth.Service
	office     *office.Office
	publicURL  string
	version    string
	ready      func(context.Context) error
	client     *client
	log        *slog.Logger
	now        func() time.Time
	metrics    *prometheus.Registry
	token      string
	socket     http.Handler
	openAPI    []byte
	arrivals   *arrivals
	streams    *streams
	iceServers func(sid string) []ICEServer

	calls  *prometheus.HistogramVec
	panics prometheus.Counter
}

// Server is the handler of everything.
type Server struct {
	http.Handler
	inner *server
}

// Relayed says whether sid names an encoder or player that may use the media relay now.
func (s *Server) Relayed(sid string) bool { return s.inner.streams.relays(sid, s.inner.now()) }

// New builds the server.
func New(c Config) (*Server, error) {
	if c.Auth == nil || c.Office == nil || c.WebSocket == nil {
		return nil, errors.New("web: auth, office and the websocket are needed")
	}
	s := &server{
		auth: c.Auth, office: c.Office, publicURL: strings.TrimSuffix(c.PublicURL, "/"), version: c.Version, ready: c.Ready,
		log: c.Log, now: c.Now, metrics: c.Metrics, token: c.MetricsToken, socket: c.WebSocket, arrivals: newArrivals(),
		streams: newStreams(c.Streams), iceServers: c.ICEServers,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.metrics == nil {
		s.metrics = prometheus.NewRegistry()
	}
	if s.ready == nil {
		s.ready = func(context.Context) error { return nil }
	}
	var err error
	if s.client, err = newClient(c.Client); err != nil {
		return nil, fmt.Errorf("web: open the client: %w", err)
	}
	if err := s.count(); err != nil {
		return nil, err
	}
	origins, err := s.crossOrigin()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	if s.openAPI, err = mount(s, mux, routes(), c.ExtraSchemas); err != nil {
		return nil, err
	}
	return &Server{Handler: s.begin(secureHeaders(s.needTLS(origins(routed(mux))))), inner: s}, nil
}

// count makes the metrics of the HTTP side.
func (s *server) count() error {
	s.calls = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "nghitruong_http_seconds", Help: "Time to answer HTTP calls, by route pattern and class of status.",
		Buckets: []float64{.001, .005, .02, .1, .5, 2, 10},
	}, []string{"route", "status"})
	s.panics = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "nghitruong_http_panics_total", Help: "HTTP calls that ended in a panic.",
	})
	for _, c := range []prometheus.Collector{s.calls, s.panics} {
		if err := s.metrics.Register(c); err != nil {
			return fmt.Errorf("web: register metrics: %w", err)
		}
	}
	return nil
}

// crossOrigin refuses every changing call that another site's page makes a browser send. Besides the browser's own word
// (Sec-Fetch-Site) an Origin that is given must be ours.
func (s *server) crossOrigin() (func(http.Handler) http.Handler, error) {
	p := http.NewCrossOriginProtection()
	trusted := ""
	if s.publicURL != "" {
		u, err := url.Parse(s.publicURL)
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("web: the public address %q is no URL", s.publicURL)
		}
		trusted = u.Scheme + "://" + u.Host
		if err := p.AddTrustedOrigin(trusted); err != nil {
			return nil, fmt.Errorf("web: the public address: %w", err)
		}
	}
	deny := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, newProblem("not_allowed", "foreign_origin", nil))
	})
	p.SetDenyHandler(deny)
	return func(next http.Handler) http.Handler {
		protected := p.Handler(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if isStream(r) { // a bearer token is needed, and no cookie is looked at
				next.ServeHTTP(w, r)
				return
			}
			if !safe(r.Method) && !ownOrigin(r, trusted) {
				deny(w, r)
				return
			}
			protected.ServeHTTP(w, r)
		})
	}, nil
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// ownOrigin says whether the request's Origin, if it has one, names this server.
func ownOrigin(r *http.Request, trusted string) bool {
	values, given := r.Header["Origin"]
	if !given {
		return true
	}
	if len(values) != 1 {
		return false
	}
	if values[0] == trusted && trusted != "" {
		return true
	}
	u, err := url.Parse(values[0])
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// base is the address under which people reach this server.
func (s *server) base(r *http.Request) string {
	if s.publicURL != "" {
		return s.publicURL
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
