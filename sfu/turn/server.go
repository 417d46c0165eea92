// Package turn relays media for clients whose networks block UDP to the media port: an embedded TURN server (RFC 8656)
// on UDP and, by connections handed to it, on TLS. It reaches this machine's media ports and nothing else: permissions
// hold for the server's own addresses, packets to another port are dropped, TCP is never relayed (RFC 6062).
//
// Credentials belong to a session and are made by [Server.Credentials]. Their age is checked when an allocation is
// made; later requests pass while the session lives, so that a call outlives its credentials.
package turn

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

// Limits. A client needs an allocation per PeerConnection, relay address and network interface.
const (
	credentialLife = 5 * time.Minute
	sessionAllocs  = 12        // allocations of a session
	totalAllocs    = 4096      // of the server
	quotaBurst     = 256 << 20 // bytes of a session, both ways together
	quotaRate      = 1 << 20   // bytes a second given back to a session
	realm          = "nghitruong"
)

// Config says what is relayed where.
type Config struct {
	Media  []netip.AddrPort      // media ports on this machine, one per address: the only destinations
	Public []netip.Addr          // addresses under which clients know the media ports (1:1 NAT); empty = those of Media
	Port   int                   // UDP port on each address of Media; 0 = a free one, -1 = no UDP
	Alive  func(sid string) bool // whether a session still lives; called without a lock held
	Pion   logging.LoggerFactory // nil = Pion's own, to stderr
}

// Server is the embedded TURN server. Close must be called.
type Server struct {
	cfg     Config
	key     []byte // of the credentials: new at each start, like the sessions' allocations
	book    *book
	replies *replies
	streams *streams
	turn    *turn.Server
	port    int
	metrics metrics
	now     func() time.Time
}

// New opens the UDP port and starts serving.
func New(cfg Config) (*Server, error) {
	if len(cfg.Media) == 0 || cfg.Alive == nil {
		return nil, errors.New("turn: media ports and the sessions are required")
	}
	s := &Server{cfg: cfg, key: make([]byte, 32), now: time.Now}
	if _, err := rand.Read(s.key); err != nil {
		return nil, fmt.Errorf("turn: make the key of credentials: %w", err)
	}
	s.book = newBook()
	s.replies = newReplies(&s.metrics.limited)
	s.streams = newStreams(s.replies)
	conns, err := s.listen()
	if err != nil {
		return nil, fmt.Errorf("turn: %w", err)
	}
	relays := &relays{server: s, ports: newPorts(cfg.Media, cfg.Public)}
	packets := make([]turn.PacketConnConfig, 0, len(conns))
	for _, c := range conns {
		packets = append(packets, turn.PacketConnConfig{
			PacketConn:            &limitedConn{PacketConn: c, replies: s.replies},
			RelayAddressGenerator: relays, PermissionHandler: relays.permit,
		})
	}
	s.turn, err = turn.NewServer(turn.ServerConfig{
		PacketConnConfigs: packets,
		ListenerConfigs: []turn.ListenerConfig{
			{Listener: s.streams, RelayAddressGenerator: relays, PermissionHandler: relays.permit},
		},
		LoggerFactory: cfg.Pion, Realm: realm, AuthHandler: s.authenticate, QuotaHandler: s.mayAllocate,
		EventHandler: turn.EventHandler{
			OnAllocationCreated: func(src, _ net.Addr, _, _, _ string, _ net.Addr, _ int) { s.replies.allocated(src, true) },
			OnAllocationDeleted: func(src, _ net.Addr, _, _, _ string) { s.replies.allocated(src, false) },
		},
	})
	if err != nil {
		for _, c := range conns {
			_ = c.Close()
		}
		return nil, fmt.Errorf("turn: %w", err)
	}
	return s, nil
}

// listen opens one UDP socket per media address, all on the same port.
func (s *Server) listen() (conns []net.PacketConn, err error) {
	if s.cfg.Port < 0 {
		return nil, nil
	}
	const tries = 32 // of free ports, when several addresses must share one
	for range tries {
		port := s.cfg.Port
		conns = nil
		for _, m := range s.cfg.Media {
			var c *net.UDPConn
			c, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(m.Addr(), uint16(port))))
			if err != nil {
				break
			}
			port = c.LocalAddr().(*net.UDPAddr).Port
			conns = append(conns, c)
		}
		if err == nil {
			s.port = port
			return conns, nil
		}
		for _, c := range conns {
			_ = c.Close()
		}
		if s.cfg.Port != 0 {
			break
		}
	}
	return nil, fmt.Errorf("listen for TURN: %w", err)
}

// Relayed tells whether a media port hears a client from this address because the client comes through this relay.
func (s *Server) Relayed(from netip.AddrPort) bool {
	return s.book.relays(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
}

// Port is the UDP port, 0 when there is none.
func (s *Server) Port() int { return s.port }

// Serve takes over a connection that carries TURN over TLS; it is closed when the client or the server ends it.
// After Close, or with too many connections, it is closed at once.
func (s *Server) Serve(c net.Conn) { s.streams.put(c) }

// Close ends the sockets, the connections and all allocations.
func (s *Server) Close() error {
	err := s.turn.Close()
	s.streams.closeAll()
	s.book.closeAll()
	return err
}

// book counts what sessions hold. Sessions come with their first credentials and go when these are old and nothing is
// allocated.
type book struct {
	mu       sync.Mutex
	sessions map[string]*session
	swept    time.Time
	total    int
	open     map[*relayConn]struct{}
	at       map[netip.AddrPort]*relayConn // by the socket from which media ports hear them
}

type session struct {
	expires time.Time // of the newest credentials
	allocs  int
	quota   bucket
}

func newBook() *book {
	return &book{sessions: map[string]*session{}, open: map[*relayConn]struct{}{}, at: map[netip.AddrPort]*relayConn{}}
}

// issued notes new credentials of a session.
func (b *book) issued(sid string, now, expires time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Sub(b.swept) > credentialLife {
		b.swept = now
		for id, s := range b.sessions {
			if s.allocs == 0 && now.After(s.expires) {
				delete(b.sessions, id)
			}
		}
	}
	s := b.sessions[sid]
	if s == nil {
		s = &session{quota: bucket{left: quotaBurst, at: now}}
		b.sessions[sid] = s
	}
	s.expires = expires
}

func (b *book) known(sid string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sessions[sid] != nil
}

// room tells whether a session may have one more allocation.
func (b *book) room(sid string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.sessions[sid]
	return s != nil && s.allocs < sessionAllocs && b.total < totalAllocs
}

// take counts an allocation, give ends it.
func (b *book) take(sid string, c *relayConn) (*session, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.sessions[sid]
	if s == nil || s.allocs >= sessionAllocs || b.total >= totalAllocs {
		return nil, false
	}
	s.allocs++
	b.total++
	b.open[c] = struct{}{}
	return s, true
}

func (b *book) give(s *session, c *relayConn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.allocs--
	b.total--
	delete(b.open, c)
	if b.at[c.at] == c {
		delete(b.at, c.at)
	}
}

// bound notes the socket of an allocation.
func (b *book) bound(c *relayConn, at netip.AddrPort) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c.at = at
	b.at[at] = c
}

func (b *book) relays(at netip.AddrPort) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at[at] != nil
}

func (b *book) allocations() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.total
}

// closeAll ends the allocations that outlived their sockets.
func (b *book) closeAll() {
	b.mu.Lock()
	open := make([]*relayConn, 0, len(b.open))
	for c := range b.open {
		open = append(open, c)
	}
	b.mu.Unlock()
	for _, c := range open {
		_ = c.Close()
	}
}

// bucket is a session's quota of bytes.
type bucket struct {
	mu   sync.Mutex
	left float64
	at   time.Time
}

// take counts n bytes at a time; false = over the quota.
func (b *bucket) take(n int, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(quotaBurst, b.left+now.Sub(b.at).Seconds()*quotaRate)
	b.at = now
	if b.left < float64(n) {
		return false
	}
	b.left -= float64(n)
	return true
}
