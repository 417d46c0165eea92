package sfu

import (
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"nghitruong/sfu/packets"
)

// readBatch is how many datagrams one system call reads.
const readBatch = 64

// batchConn moves many datagrams in one system call; golang.org/x/net has it for both families.
type batchConn interface {
	ReadBatch(ms []ipv4.Message, flags int) (int, error)
	WriteBatch(ms []ipv4.Message, flags int) (int, error)
}

// mediaSocket is one bound UDP socket of the media port. Pion reads from it what is not forwarded: the goroutine of Pion's mux
// that calls ReadFrom is the reader of the direct path, which runs each batch of packets to completion: opened, judged, sealed for
// the viewers of its own worker and sent before the next batch is read.
type mediaSocket struct {
	conn     *net.UDPConn
	batch    batchConn
	local    netip.AddrPort
	segments atomic.Bool // the kernel splits runs
	s        *Server
	home     *worker // whose viewers are served by this reader

	// Owned by the reader.
	msgs    []ipv4.Message
	waiting []int  // of msgs, for Pion
	kept    []item // accepted, for the home worker
}

func newMediaSocket(c *net.UDPConn, local netip.AddrPort) *mediaSocket {
	m := &mediaSocket{conn: c, local: local, batch: newBatchConn(c)}
	m.segments.Store(segmentsAtFirst)
	for range readBatch {
		m.msgs = append(m.msgs, ipv4.Message{Buffers: [][]byte{make([]byte, packets.MaxPacket)}})
	}
	stampArrivals(c)
	m.msgs[0].OOB = make([]byte, stampSize) // the first of a batch has waited longest
	return m
}

// newBatchConn wraps a media socket for batches.
func newBatchConn(c *net.UDPConn) batchConn {
	if a, ok := c.LocalAddr().(*net.UDPAddr); ok && a.IP.To4() == nil {
		return ipv6.NewPacketConn(c)
	}
	return ipv4.NewPacketConn(c)
}

// serve joins the socket to a server before anything is read from it.
func (m *mediaSocket) serve(s *Server, home *worker) { m.s, m.home = s, home }

// ReadFromAddrPort gives Pion the next datagram that is its own (ice.AddrPortReaderWriter).
func (m *mediaSocket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for len(m.waiting) == 0 {
		n, err := m.batch.ReadBatch(m.msgs, 0)
		if err != nil {
			return 0, netip.AddrPort{}, err
		}
		late := m.s.relief.late(waited(m.msgs[0].OOB[:m.msgs[0].NN], time.Now()), m.s.now())
		m.take(m.msgs[:n], late)
	}
	msg := &m.msgs[m.waiting[0]]
	m.waiting = m.waiting[1:]
	return copy(b, msg.Buffers[0][:msg.N]), addrPortOf(msg.Addr), nil
}

func addrPortOf(a net.Addr) netip.AddrPort {
	if u, ok := a.(*net.UDPAddr); ok {
		at := u.AddrPort()
		return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	}
	return netip.AddrPort{}
}

// take runs a batch to completion and leaves in waiting what is Pion's. A late batch loses its pictures.
func (m *mediaSocket) take(msgs []ipv4.Message, late bool) {
	m.waiting = m.waiting[:0]
	if cap(m.waiting) == 0 {
		m.waiting = make([]int, 0, readBatch)
	}
	now := m.s.now()
	m.s.inbound.mu.RLock()
	for i := range msgs {
		if !m.takeOne(msgs[i].Buffers[0][:msgs[i].N], addrPortOf(msgs[i].Addr), now, late) {
			m.waiting = append(m.waiting, i)
		}
	}
	m.s.inbound.mu.RUnlock()
	if len(m.kept) > 0 {
		m.home.runNow(m.kept)
		clear(m.kept)
		m.kept = m.kept[:0]
	}
}

// takeOne handles one datagram; false means that Pion must have it. A panic ends the publisher that it came from.
func (m *mediaSocket) takeOne(raw []byte, from netip.AddrPort, now int64, late bool) (handled bool) {
	defer func() {
		if r := recover(); r != nil {
			m.s.panicked("reader", r)
			if u := m.s.inbound.publisher(from); u != nil {
				m.s.spawn("blame", func() { u.seat.conf.post(func() { u.seat.pubEnded(u) }) }, nil)
			}
			handled = true
		}
	}()
	p := m.s.pool.Get()
	defer p.Release()
	p.Arrival = now
	l, handled := m.s.inbound.take(raw, from, p)
	if l == nil {
		return handled
	}
	if late && l.src.isVideo() {
		l.leaveOut()
		m.s.metrics.dropped[dropLate].Add(1)
		return handled
	}
	for _, f := range *l.fans.Load() {
		p.Retain()
		if f.w == m.home {
			m.kept = append(m.kept, item{f, p})
		} else {
			l.enqueue(f, p)
		}
	}
	return handled
}

// WriteToAddrPort sends one of Pion's datagrams.
func (m *mediaSocket) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return m.conn.WriteToUDPAddrPort(b, to)
}

// ReadFrom implements net.PacketConn.
func (m *mediaSocket) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := m.ReadFromAddrPort(b)
	return n, net.UDPAddrFromAddrPort(from), err
}

// WriteTo implements net.PacketConn.
func (m *mediaSocket) WriteTo(b []byte, to net.Addr) (int, error) { return m.conn.WriteTo(b, to) }

// Close implements net.PacketConn.
func (m *mediaSocket) Close() error { return m.conn.Close() }

// LocalAddr implements net.PacketConn.
func (m *mediaSocket) LocalAddr() net.Addr { return m.conn.LocalAddr() }

// SetDeadline implements net.PacketConn.
func (m *mediaSocket) SetDeadline(t time.Time) error { return m.conn.SetDeadline(t) }

// SetReadDeadline implements net.PacketConn.
func (m *mediaSocket) SetReadDeadline(t time.Time) error { return m.conn.SetReadDeadline(t) }

// SetWriteDeadline implements net.PacketConn.
func (m *mediaSocket) SetWriteDeadline(t time.Time) error { return m.conn.SetWriteDeadline(t) }
