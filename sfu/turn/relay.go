package turn

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/turn/v5"
)

var (
	errNoTCP    = errors.New("TCP is not relayed")
	errNoPort   = errors.New("no port can be asked for")
	errNoFamily = errors.New("no media port of this address family")
	errQuota    = errors.New("too many allocations")
)

// ports are the only destinations: the local media ports, and the public names of the same.
type ports struct {
	local []netip.AddrPort
	names map[netip.AddrPort]netip.AddrPort // as clients write it → local
	addrs map[netip.Addr]bool               // of names: what a permission may be for
}

func newPorts(media []netip.AddrPort, public []netip.Addr) *ports {
	p := &ports{names: map[netip.AddrPort]netip.AddrPort{}, addrs: map[netip.Addr]bool{}}
	for _, m := range media {
		m = netip.AddrPortFrom(m.Addr().Unmap(), m.Port())
		p.local = append(p.local, m)
		if len(public) == 0 {
			p.names[m] = m
			p.addrs[m.Addr()] = true
		}
	}
	for _, a := range public {
		a = a.Unmap()
		if m, ok := p.ofFamily(a.Is4()); ok {
			p.names[netip.AddrPortFrom(a, m.Port())] = m
			p.addrs[a] = true
		}
	}
	return p
}

func (p *ports) ofFamily(v4 bool) (netip.AddrPort, bool) {
	for _, m := range p.local {
		if m.Addr().Is4() == v4 {
			return m, true
		}
	}
	return netip.AddrPort{}, false
}

// relays makes the sockets of allocations. It implements turn.RelayAddressGenerator.
type relays struct {
	server *Server
	ports  *ports
}

// Validate has nothing to find: the ports were checked when they were bound.
func (r *relays) Validate() error { return nil }

// permit admits the server's own addresses as peers. The port is checked per packet: Pion does not tell it here.
func (r *relays) permit(_ net.Addr, peer net.IP) bool {
	a, ok := netip.AddrFromSlice(peer)
	if ok && r.ports.addrs[a.Unmap()] {
		return true
	}
	r.server.metrics.denied.Add(1)
	return false
}

// AllocatePacketConn opens the socket of one allocation on the address of the media port, so that its packets never
// leave the machine.
func (r *relays) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	if c.RequestedPort != 0 {
		return nil, nil, errNoPort
	}
	media, ok := r.ports.ofFamily(c.Network == "udp4")
	if !ok {
		return nil, nil, errNoFamily
	}
	conn := &relayConn{relays: r, names: map[netip.AddrPort]netip.AddrPort{}}
	if conn.session, ok = r.server.book.take(c.UserID, conn); !ok {
		return nil, nil, errQuota
	}
	udp, err := net.ListenUDP(c.Network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(media.Addr(), 0)))
	if err != nil {
		r.server.book.give(conn.session, conn)
		return nil, nil, err
	}
	conn.udp = udp
	r.server.book.bound(conn, addrPort(udp.LocalAddr()))
	conn.seen = r.seenAs(udp.LocalAddr().(*net.UDPAddr).AddrPort(), media)
	return conn, conn.seen, nil
}

// seenAs is the relayed address that the client is told: the public one where there is one.
func (r *relays) seenAs(local, media netip.AddrPort) *net.UDPAddr {
	for name, m := range r.ports.names {
		if m == media {
			return net.UDPAddrFromAddrPort(netip.AddrPortFrom(name.Addr(), local.Port()))
		}
	}
	return net.UDPAddrFromAddrPort(local)
}

// AllocateListener refuses: relayed TCP would reach every service of this machine.
func (r *relays) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errNoTCP
}

// AllocateConn refuses, as AllocateListener does.
func (r *relays) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errNoTCP }

// relayConn is the socket of one allocation. It sends to media ports only and hears media ports only; between public
// and local addresses it translates itself, because not every NAT leads a packet back inside.
type relayConn struct {
	relays  *relays
	session *session
	udp     *net.UDPConn
	at      netip.AddrPort // of udp; owned by the book
	seen    net.Addr
	closed  atomic.Bool

	mu    sync.Mutex
	names map[netip.AddrPort]netip.AddrPort // local media port → as this client wrote it last
}

// LocalAddr is the relayed address.
func (c *relayConn) LocalAddr() net.Addr { return c.seen }

// WriteTo sends a client's packet to a media port. One to anywhere else is dropped without an error: TURN has none.
func (c *relayConn) WriteTo(b []byte, to net.Addr) (int, error) {
	m := &c.relays.server.metrics
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		m.denied.Add(1)
		return len(b), nil
	}
	name := udp.AddrPort()
	name = netip.AddrPortFrom(name.Addr().Unmap(), name.Port())
	local, ok := c.relays.ports.names[name]
	if !ok {
		m.denied.Add(1)
		return len(b), nil
	}
	if !c.session.quota.take(len(b), c.relays.server.now()) {
		m.overQuota.Add(1)
		return len(b), nil
	}
	c.mu.Lock()
	c.names[local] = name
	c.mu.Unlock()
	m.bytes.Add(uint64(len(b)))
	return c.udp.WriteToUDPAddrPort(b, local)
}

// ReadFrom gives the next packet of a media port under the address that the client knows.
func (c *relayConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.udp.ReadFromUDPAddrPort(b)
		if err != nil {
			return 0, nil, err
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		c.mu.Lock()
		name, ok := c.names[from]
		c.mu.Unlock()
		if !ok {
			continue
		}
		if !c.session.quota.take(n, c.relays.server.now()) {
			c.relays.server.metrics.overQuota.Add(1)
			continue
		}
		c.relays.server.metrics.bytes.Add(uint64(n))
		return n, net.UDPAddrFromAddrPort(name), nil
	}
}

// SetDeadline and its two parts set the socket's deadlines.
func (c *relayConn) SetDeadline(t time.Time) error { return c.udp.SetDeadline(t) }

// SetReadDeadline is SetDeadline for reads.
func (c *relayConn) SetReadDeadline(t time.Time) error { return c.udp.SetReadDeadline(t) }

// SetWriteDeadline is SetDeadline for writes.
func (c *relayConn) SetWriteDeadline(t time.Time) error { return c.udp.SetWriteDeadline(t) }

// Close ends the allocation's socket and gives its place back.
func (c *relayConn) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.relays.server.book.give(c.session, c)
	return c.udp.Close()
}
