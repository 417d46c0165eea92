package turn

import (
	"net"
	"sync"
	"time"
)

// Times and number of TLS connections.
const (
	maxStreams   = 4096
	allocateTime = 10 * time.Second // from the connection to its allocation
	idleTime     = time.Minute      // ICE sends each few seconds
	writeTime    = 5 * time.Second  // a reader slower than this loses its connection
)

// streams is the listener of connections that are handed over.
type streams struct {
	replies *replies
	ready   chan net.Conn
	quit    chan struct{}
	once    sync.Once

	mu   sync.Mutex
	open map[*stream]struct{}
}

func newStreams(r *replies) *streams {
	return &streams{replies: r, ready: make(chan net.Conn), quit: make(chan struct{}), open: map[*stream]struct{}{}}
}

func (l *streams) put(c net.Conn) {
	s := &stream{Conn: c, of: l, since: time.Now()}
	l.mu.Lock()
	full := len(l.open) >= maxStreams
	if !full {
		l.open[s] = struct{}{}
	}
	l.mu.Unlock()
	if full {
		_ = c.Close()
		return
	}
	select {
	case l.ready <- s:
	case <-l.quit:
		_ = s.Close()
	}
}

// Accept gives the next connection.
func (l *streams) Accept() (net.Conn, error) {
	select {
	case c := <-l.ready:
		return c, nil
	case <-l.quit:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (l *streams) Close() error {
	l.once.Do(func() { close(l.quit) })
	return nil
}

// Addr stands for an address that this listener does not have.
func (l *streams) Addr() net.Addr { return &net.TCPAddr{} }

func (l *streams) closeAll() {
	l.mu.Lock()
	open := make([]*stream, 0, len(l.open))
	for s := range l.open {
		open = append(open, s)
	}
	l.mu.Unlock()
	for _, s := range open {
		_ = s.Close()
	}
}

// stream is one connection with deadlines on everything.
type stream struct {
	net.Conn
	of    *streams
	since time.Time
}

// Read waits until the time for an allocation is over, later a minute.
func (s *stream) Read(b []byte) (int, error) {
	end := s.since.Add(allocateTime)
	if s.of.replies.has(addrPort(s.RemoteAddr())) {
		end = time.Now().Add(idleTime)
	}
	if err := s.SetReadDeadline(end); err != nil {
		return 0, err
	}
	return s.Conn.Read(b)
}

// Write gives up on a client that does not read; Pion then ends nothing, so the connection is closed here.
func (s *stream) Write(b []byte) (int, error) {
	if err := s.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return 0, err
	}
	n, err := s.Conn.Write(b)
	if err != nil {
		_ = s.Close()
	}
	return n, err
}

// Close ends the connection.
func (s *stream) Close() error {
	s.of.mu.Lock()
	delete(s.of.open, s)
	s.of.mu.Unlock()
	return s.Conn.Close()
}
