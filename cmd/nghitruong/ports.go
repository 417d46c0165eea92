package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Limits of connections that have not shown what they carry.
const (
	handshakeTime = 15 * time.Second // on a line that loses every third packet; TLS handshake, then as long again for the first byte
	maxUnknown    = 4096
)

// alpnTURN is the ALPN of TURN over TLS (RFC 7443); browsers send none for it.
const alpnTURN = "stun.turn"

// sharedPort is the HTTPS port: pages and TURN over TLS on one listener. It accepts like a net.Listener what carries
// HTTP, as the *tls.Conn itself where the client named its protocol, so that HTTP/2 works; the rest goes to relay.
//
// ALPN h2 and http/1.1 are pages, acme-tls/1 was answered by the handshake, stun.turn is the relay. Without ALPN the
// first byte tells: 0x00 to 0x03 starts a STUN message (RFC 8489), anything else is HTTP/1.1.
type sharedPort struct {
	net.Listener
	config *tls.Config
	relay  func(net.Conn) // nil = nothing is relayed

	pages chan net.Conn
	quit  chan struct{}
	once  sync.Once
	err   error // of the listener, set before quit closes
	wg    sync.WaitGroup

	mu      sync.Mutex
	unknown map[net.Conn]struct{}
}

// sharePort starts accepting. config must list its protocols; Close ends it.
func sharePort(l net.Listener, config *tls.Config, relay func(net.Conn)) *sharedPort {
	p := &sharedPort{
		Listener: l, config: config, relay: relay,
		pages: make(chan net.Conn), quit: make(chan struct{}), unknown: map[net.Conn]struct{}{},
	}
	p.wg.Go(p.run)
	return p
}

// withProtocols adds what the shared port speaks to a configuration.
func withProtocols(c *tls.Config) *tls.Config {
	c = c.Clone()
	for _, proto := range []string{"h2", "http/1.1", alpnTURN} {
		if !slices.Contains(c.NextProtos, proto) {
			c.NextProtos = append(c.NextProtos, proto)
		}
	}
	return c
}

func (p *sharedPort) run() {
	for {
		c, err := p.Listener.Accept()
		switch {
		case err == nil && p.note(c):
			p.wg.Go(func() { p.sort(c) })
		case err == nil:
			c.Close()
		case errors.Is(err, net.ErrClosed):
			p.stop(err)
			return
		default: // out of descriptors: wait for some to close
			select {
			case <-p.quit:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
}

// note keeps a connection while it has not shown what it is; false = too many such.
func (p *sharedPort) note(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.unknown) >= maxUnknown {
		return false
	}
	p.unknown[c] = struct{}{}
	return true
}

// sort finds out what a connection carries and hands it on; whoever is slow or breaks the handshake is dropped.
func (p *sharedPort) sort(raw net.Conn) {
	defer func() {
		p.mu.Lock()
		delete(p.unknown, raw)
		p.mu.Unlock()
	}()
	c := tls.Server(raw, p.config)
	if err := errors.Join(raw.SetDeadline(time.Now().Add(handshakeTime)), c.Handshake(), raw.SetDeadline(time.Time{})); err != nil {
		raw.Close()
		return
	}
	switch proto := c.ConnectionState().NegotiatedProtocol; proto {
	case "h2", "http/1.1":
		p.page(c)
	case alpnTURN:
		p.relayed(c)
	case "":
		p.peek(c)
	default: // acme-tls/1: the certificate was the answer
		raw.Close()
	}
}

// peek decides by the first byte.
func (p *sharedPort) peek(c *tls.Conn) {
	first := make([]byte, 1)
	err := c.SetReadDeadline(time.Now().Add(handshakeTime))
	if err == nil {
		_, err = c.Read(first)
	}
	if err = errors.Join(err, c.SetReadDeadline(time.Time{})); err != nil {
		_ = c.Close()
		return
	}
	again := &peekedConn{Conn: c, first: first, state: c.ConnectionState()}
	if first[0] <= 3 {
		p.relayed(again)
		return
	}
	p.page(again)
}

func (p *sharedPort) relayed(c net.Conn) {
	if p.relay == nil {
		c.Close()
		return
	}
	p.relay(c)
}

func (p *sharedPort) page(c net.Conn) {
	select {
	case p.pages <- c:
	case <-p.quit:
		c.Close()
	}
}

// Accept gives the next connection that carries HTTP.
func (p *sharedPort) Accept() (net.Conn, error) {
	select {
	case c := <-p.pages:
		return c, nil
	case <-p.quit:
		return nil, p.err
	}
}

func (p *sharedPort) stop(err error) {
	p.once.Do(func() {
		p.err = err
		close(p.quit)
	})
}

// Close stops accepting, drops what has not shown what it is, and waits for its goroutines.
func (p *sharedPort) Close() error {
	p.stop(net.ErrClosed)
	err := p.Listener.Close()
	p.mu.Lock()
	for c := range p.unknown {
		c.Close()
	}
	p.mu.Unlock()
	p.wg.Wait()
	return err
}

// peekedConn gives back the first byte that was looked at.
type peekedConn struct {
	net.Conn
	first []byte
	state tls.ConnectionState
}

// Read gives the looked-at byte first.
func (c *peekedConn) Read(b []byte) (int, error) {
	if len(c.first) > 0 && len(b) > 0 {
		n := copy(b, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}

type tlsStateKey struct{}

// keepState tells requests on a looked-at connection that they came over TLS: net/http only knows a *tls.Conn.
func keepState(ctx context.Context, c net.Conn) context.Context {
	if p, ok := c.(*peekedConn); ok {
		return context.WithValue(ctx, tlsStateKey{}, &p.state)
	}
	return ctx
}

func withState(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if state, ok := r.Context().Value(tlsStateKey{}).(*tls.ConnectionState); ok && r.TLS == nil {
			r.TLS = state
		}
		next.ServeHTTP(w, r)
	})
}
