package sfu

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

const (
	closeWatchdog = 5 * time.Second // a PeerConnection that takes longer to close is logged (livekit#4549)
)

// Server owns the media sockets, the egress workers and all conferences of a process. It implements [Media].
type Server struct {
	cfg       Config
	log       *slog.Logger
	sockets   *sockets
	settings  webrtc.SettingEngine
	certs     []webrtc.Certificate
	subMedia  *webrtc.MediaEngine // copied by Pion per PeerConnection
	pubMedia  *webrtc.MediaEngine
	workers   []*worker
	metrics   *metrics
	pool      packets.Pool
	inbound   inbound
	relief    relief
	layerNums atomic.Uint32
	epoch     time.Time // zero of now()

	mu     sync.Mutex
	confs  map[string]*Conference
	closed bool
	next   int // worker for the next viewer

	wg sync.WaitGroup // everything that Close waits for
}

var _ Media = (*Server)(nil)

// NewServer binds the media ports and starts the egress workers. Close must be called to end them.
func NewServer(cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		cfg: cfg, log: cfg.Log.With("part", "sfu"), confs: map[string]*Conference{}, epoch: time.Now(),
		metrics: newMetrics(), inbound: inbound{remotes: map[netip.AddrPort]*inRemote{}},
	}
	if err := s.prepare(); err != nil {
		return nil, fmt.Errorf("sfu: %w", err)
	}
	lf := slogFactory{log: s.log}
	var err error
	for range max(1, runtime.GOMAXPROCS(0)/2) {
		s.workers = append(s.workers, newWorker(s))
	}
	if s.sockets, err = openSockets(cfg, lf, func(i int, m *mediaSocket) { m.serve(s, s.workers[i%len(s.workers)]) }); err != nil {
		return nil, fmt.Errorf("sfu: %w", err)
	}
	if s.settings, err = settings(cfg, s.sockets, lf); err != nil {
		return nil, errors.Join(fmt.Errorf("sfu: %w", err), s.sockets.close())
	}
	for _, w := range s.workers {
		s.spawn("worker", w.run, nil)
	}
	return s, nil
}

// prepare makes what needs no socket: the certificate and the media engines.
func (s *Server) prepare() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make DTLS key: %w", err)
	}
	cert, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return fmt.Errorf("make DTLS certificate: %w", err)
	}
	s.certs = []webrtc.Certificate{*cert}
	if s.subMedia, err = subEngine(); err != nil {
		return err
	}
	if s.pubMedia, err = pubEngine(); err != nil {
		return err
	}
	return nil
}

// pcConfig is the configuration of every PeerConnection: one certificate, and header extensions in the clear. Encrypted ones
// (RFC 9335) would hide from the direct path what it needs, and Pion negotiates them by default.
func (s *Server) pcConfig() webrtc.Configuration {
	return webrtc.Configuration{Certificates: s.certs, RTPHeaderEncryptionPolicy: webrtc.RTPHeaderEncryptionPolicyDisable}
}

// now is the server's monotonic clock in nanoseconds: the one time line of all media.
func (s *Server) now() int64 { return int64(time.Since(s.epoch)) }

// wall converts a time of now() to wall time.
func (s *Server) wall(now int64) time.Time { return s.epoch.Add(time.Duration(now)) }

// Conference returns the media of a sitting, made at first use. After Close it returns a conference that is closed.
func (s *Server) Conference(sitting string) *Conference {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.confs[sitting]
	if ok && !c.isClosed() {
		return c
	}
	c = newConference(s, sitting)
	if s.closed {
		close(c.quit)
		close(c.done)
		return c
	}
	s.confs[sitting] = c
	s.spawn("conference", c.run, nil)
	return c
}

// forget drops a conference that was closed.
func (s *Server) forget(c *Conference) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.confs[c.sitting] == c {
		delete(s.confs, c.sitting)
	}
}

// Addresses are the host candidates that clients are given.
func (s *Server) Addresses() []netip.AddrPort {
	if len(s.cfg.PublicAddresses) == 0 {
		return append([]netip.AddrPort(nil), s.sockets.bound...)
	}
	out := make([]netip.AddrPort, 0, len(s.cfg.PublicAddresses))
	for _, a := range s.cfg.PublicAddresses {
		out = append(out, netip.AddrPortFrom(a.Unmap(), s.sockets.bound[0].Port()))
	}
	return out
}

// Bound are the addresses of this machine on which media is received.
func (s *Server) Bound() []netip.AddrPort { return slices.Clone(s.sockets.bound) }

// TCPPort is the ICE-TCP port, 0 when ICE-TCP is off.
func (s *Server) TCPPort() int { return s.sockets.tcpPort }

// Close ends all conferences, their PeerConnections and the sockets, and waits for their goroutines until ctx ends.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	already := s.closed
	s.closed = true
	confs := make([]*Conference, 0, len(s.confs))
	for _, c := range s.confs {
		confs = append(confs, c)
	}
	s.mu.Unlock()
	if already {
		return nil
	}
	for _, c := range confs {
		c.Close()
	}
	for _, w := range s.workers {
		close(w.quit)
	}
	done := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = fmt.Errorf("sfu: close: %w", ctx.Err())
	}
	return errors.Join(err, s.sockets.close())
}

// pickWorker spreads viewers over the workers.
func (s *Server) pickWorker() *worker {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	return s.workers[s.next%len(s.workers)]
}

// closePC closes a PeerConnection in its own goroutine, which Close waits for.
func (s *Server) closePC(pc *webrtc.PeerConnection) {
	s.spawn("close", func() {
		t := time.AfterFunc(closeWatchdog, func() { s.log.Warn("a PeerConnection does not close") })
		defer t.Stop()
		if err := pc.GracefulClose(); err != nil {
			s.log.Debug("close PeerConnection", "err", err)
		}
	}, nil)
}

// spawn runs f in a goroutine that Close waits for, labelled for profiles and guarded.
func (s *Server) spawn(what string, f, ended func()) {
	s.wg.Go(func() {
		pprof.Do(context.Background(), pprof.Labels("sfu", what), func(context.Context) { s.guard(what, f, ended) })
	})
}

// guard runs f and turns a panic into a log line, a metric and a call of ended: it ends one peer, never the server.
func (s *Server) guard(what string, f, ended func()) {
	defer func() {
		if r := recover(); r != nil {
			s.panicked(what, r)
			if ended != nil {
				ended()
			}
		}
	}()
	f()
}

// panicked notes a recovered panic.
func (s *Server) panicked(what string, r any) {
	s.metrics.panics.Add(1)
	s.log.Error("panic", "in", what, "value", r, "stack", string(debug.Stack()))
}
