package signaling

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/room"
	"nghitruong/sfu"
)

// Rooms gives the room of a sitting; the same room while it lives. *room.Registry is one.
type Rooms interface {
	Room(ctx context.Context, sitting string) (*room.Room, error)
}

// Media gives the media of a sitting, made at first use. *sfu.Server is one.
type Media interface {
	Conference(sitting string) *sfu.Conference
}

// Identity says who asks, from the cookie alone.
type Identity interface {
	// FromRequest reads the device's cookie; auth.ErrNoDevice when there is none that we know.
	FromRequest(r *http.Request) (auth.Device, error)
	// PersonFor gives the device's person in a sitting; auth.ErrNoPerson when it has none or lost it.
	PersonFor(ctx context.Context, d auth.Device, sitting string) (auth.Person, error)
}

// Doors resolves a public door to its sitting; an error of kind council.NotFound means that there is none.
type Doors interface {
	SittingOf(ctx context.Context, door string) (sitting string, err error)
}

// Config is what a Handler needs. Zero numbers mean the defaults.
type Config struct {
	Rooms    Rooms
	Media    Media // nil: votes without media; every offer is refused as busy
	Identity Identity
	Doors    Doors
	Relay    Relay // nil: media is not relayed
	Resume   *auth.Resume
	Log      *slog.Logger // nil = discard
	Origins  []string     // public origins besides the request's own host, such as "https://hop.example.vn"
	Seats    int          // people in one sitting, those in their grace time included; default 600
	Reserve  int          // of these, places that only listed persons get; default 120
	Grace    time.Duration
	// Connections is how many new PeerConnections begin a second; 0 = 50 for each CPU, below 0 = no bound.
	Connections int
}

// Times of a socket; tests shorten them.
type timing struct {
	hello time.Duration // until the first message
	ping  time.Duration // between pings of the server (docs/RELIABILITY.md: a dead or slow link is dropped within 10 s)
	read  time.Duration // silence that ends a socket
	write time.Duration // one write; a reader slower than this is dropped
	act   time.Duration // one act, store included
	probe time.Duration // answer of a socket that another one wants to replace
	check time.Duration // between looks at the person's right to be here
}

func defaultTiming() timing {
	return timing{
		hello: 10 * time.Second, ping: 5 * time.Second, read: 9500 * time.Millisecond, write: 5 * time.Second,
		act: 15 * time.Second, probe: time.Second, check: 30 * time.Second,
	}
}

const (
	defaultSeats   = 600
	defaultReserve = 120
	defaultGrace   = 60 * time.Second
	maxSockets     = 4096 // of this server: people of all sittings, those who wait, and those who have not said hello
)

// Relay gives sessions short-lived credentials for media relays, before every new PeerConnection and ICE restart.
type Relay interface {
	// Relays are the addresses, as RTCIceServer writes them, and what the session names itself with for life.
	Relays(sid string) (urls []string, username, credential string, life time.Duration)
}

// Handler is the WebSocket endpoint GET /ws.
type Handler struct {
	cfg      Config
	log      *slog.Logger
	times    timing
	metrics  *metrics
	pace     *pace
	upgrader websocket.Upgrader

	ctx    context.Context // ends with Close: acts and timers
	cancel context.CancelFunc
	wg     sync.WaitGroup // sockets

	directors sync.WaitGroup // one goroutine per sitting with media

	mu       sync.Mutex
	draining bool
	holding  bool          // a timer gives the held video
	window   time.Duration // in which clients were told to come back after a crash
	sockets  map[*socket]struct{}
	sittings map[string]*sitting
}

// Media gives the media of a published sitting with its room's will wired to it, also while nobody has a socket there: encoders
// and players come without one. A council.Error of kind NotFound for no such sitting; nil without media.
func (h *Handler) Media(ctx context.Context, sitting string) (*sfu.Conference, error) {
	r, err := h.cfg.Rooms.Room(ctx, sitting)
	if err != nil {
		return nil, err
	}
	st, err := h.sittingOf(ctx, sitting, r)
	if err != nil {
		return nil, err
	}
	return st.conf, nil
}

// New makes a Handler; it starts no goroutine until a socket comes.
func New(cfg Config) (*Handler, error) {
	if cfg.Rooms == nil || cfg.Identity == nil || cfg.Doors == nil || cfg.Resume == nil {
		return nil, errors.New("signaling: rooms, identity, doors and the resume key are required")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Seats == 0 {
		cfg.Seats, cfg.Reserve = defaultSeats, defaultReserve
	}
	if cfg.Reserve > cfg.Seats {
		return nil, fmt.Errorf("signaling: %d reserved places are more than all %d", cfg.Reserve, cfg.Seats)
	}
	if cfg.Grace == 0 {
		cfg.Grace = defaultGrace
	}
	allowed, err := originHosts(cfg.Origins)
	if err != nil {
		return nil, err
	}
	h := &Handler{
		cfg: cfg, log: cfg.Log, times: defaultTiming(), pace: newPace(cfg.Connections), window: retryWindow(0),
		sockets: map[*socket]struct{}{}, sittings: map[string]*sitting{},
	}
	h.metrics = newMetrics(h)
	h.upgrader = websocket.Upgrader{
		HandshakeTimeout: h.times.hello,
		ReadBufferSize:   4 << 10,
		WriteBufferSize:  4 << 10,
		WriteBufferPool:  &sync.Pool{},
		CheckOrigin:      checkOrigin(allowed),
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	return h, nil
}

// originHosts reads the configured public origins.
func originHosts(origins []string) (map[string]bool, error) {
	out := map[string]bool{}
	for _, o := range origins {
		u, err := url.Parse(o)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			return nil, fmt.Errorf("signaling: %q is no origin such as https://hop.example.vn", o)
		}
		out[strings.ToLower(u.Scheme+"://"+u.Host)] = true
	}
	return out, nil
}

// checkOrigin refuses other sites' pages: the Origin must name the host that was asked, or a configured public origin.
// A request without Origin comes from no browser page.
func checkOrigin(allowed map[string]bool) func(*http.Request) bool {
	return func(r *http.Request) bool {
		origin := r.Header["Origin"]
		if len(origin) == 0 {
			return true
		}
		if len(origin) > 1 {
			return false
		}
		if allowed[strings.ToLower(origin[0])] {
			return true
		}
		u, err := url.Parse(origin[0])
		return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
	}
}

// ServeHTTP takes one WebSocket and returns when it ended. Nobody without a known cookie gets further than the upgrade.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.enter() {
		w.Header().Set("Retry-After", "2")
		http.Error(w, "the server is full or stops", http.StatusServiceUnavailable)
		return
	}
	defer h.wg.Done()
	device, identityErr := h.cfg.Identity.FromRequest(r)
	conn, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		h.metrics.refused.WithLabelValues("upgrade").Inc()
		return // the upgrader has answered
	}
	defer func() { _ = conn.Close() }() // closed already, as a rule
	if identityErr != nil {
		h.metrics.refused.WithLabelValues("no_device").Inc()
		h.turnAway(conn, identityErr)
		return
	}
	s := newSocket(h, conn, device)
	if !h.add(s) {
		h.retryAndClose(s)
	}
	defer h.remove(s)
	h.tellWindow()
	s.serve() //nolint:contextcheck // a seat and its media outlive the request by their grace time
}

// enter counts a request in; false = stopping, or more sockets than this server holds.
func (h *Handler) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining || len(h.sockets) >= maxSockets {
		return false
	}
	h.wg.Add(1)
	return true
}

// turnAway closes a socket whose cookie we do not know. Trouble of our own is not the cookie's fault.
func (h *Handler) turnAway(conn *websocket.Conn, err error) {
	code, reason := CloseNoSession, "no_device"
	var known *auth.Error
	if !errors.As(err, &known) {
		h.log.Error("cannot read a device", slog.Any("err", err))
		code, reason = CloseRestarting, "internal"
	}
	deadline := time.Now().Add(h.times.write)
	_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), deadline)
}

func (h *Handler) add(s *socket) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sockets[s] = struct{}{}
	return !h.draining
}

func (h *Handler) remove(s *socket) {
	h.mu.Lock()
	delete(h.sockets, s)
	draining := h.draining
	h.mu.Unlock()
	if !draining {
		h.tellWindow()
	}
}

// Drain tells every client when to come back, closes the sockets, and waits for them until ctx ends; then it cuts the rest.
// No new socket is taken from now on.
func (h *Handler) Drain(ctx context.Context) error {
	h.mu.Lock()
	h.draining = true
	all := make([]*socket, 0, len(h.sockets))
	for s := range h.sockets {
		all = append(all, s)
	}
	h.mu.Unlock()
	for _, s := range all {
		h.retryAndClose(s)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.wg.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	for _, s := range all {
		s.hangUp()
	}
	h.cancel()
	<-done
	return fmt.Errorf("signaling: drain: %w", ctx.Err())
}

// Close cuts every socket, frees every seat and waits for all goroutines.
func (h *Handler) Close() error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = h.Drain(ctx) // cuts what a Drain before has not closed
	h.cancel()
	for _, st := range h.all() {
		st.endAll()
	}
	h.wg.Wait()
	h.directors.Wait()
	return nil
}

// Revoked looks at once whether a person of a sitting may still be here; empty person or device means all. auth tells it
// after links or devices were revoked; without that the same happens within half a minute.
func (h *Handler) Revoked(sitting string, person council.PersonID, device string) {
	h.mu.Lock()
	st := h.sittings[sitting]
	h.mu.Unlock()
	if st == nil {
		return
	}
	for _, s := range st.sockets(person, device) {
		s.enqueue(work{recheck: true})
	}
}

// guard runs f and keeps its panic to this session: logged, counted, the socket ended.
func (h *Handler) guard(s *socket, what string, f func()) {
	defer func() {
		if p := recover(); p != nil {
			h.metrics.panics.Inc()
			h.log.Error("a session's goroutine panicked", slog.String("what", what), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			s.out.close(websocket.CloseInternalServerErr, "internal") // the writer says so; its own panic closes the connection
		}
	}()
	f()
}
