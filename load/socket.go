//go:build linux

package load

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

const (
	batch       = 64      // datagrams taken by one recvmmsg
	datagramMax = 1600    // bytes; no media packet is larger
	controlMax  = 64      // bytes of a time stamp's control message
	receiveMax  = 4 << 20 // bytes that the kernel keeps between two sweeps
	queueMax    = 256     // datagrams that wait for Pion
	proved      = 16      // one packet in this many is decrypted
)

// mmsghdr is the kernel's struct mmsghdr.
type mmsghdr struct {
	hdr syscall.Msghdr
	n   uint32
	_   [4]byte
}

// sweeper holds the buffers of one recvmmsg. It belongs to the crowd's goroutine.
type sweeper struct {
	heads   [batch]mmsghdr
	vecs    [batch]syscall.Iovec
	names   [batch]syscall.RawSockaddrInet4
	bufs    [batch][datagramMax]byte
	control [batch][controlMax]byte
}

// sweep takes what has arrived at a socket.
func (w *sweeper) sweep(s *socket) {
	s.life.RLock()
	defer s.life.RUnlock()
	for !s.closed {
		for i := range w.heads {
			w.vecs[i] = syscall.Iovec{Base: &w.bufs[i][0], Len: datagramMax}
			w.heads[i].hdr = syscall.Msghdr{
				Name: (*byte)(unsafe.Pointer(&w.names[i])), Namelen: syscall.SizeofSockaddrInet4,
				Iov: &w.vecs[i], Iovlen: 1, Control: &w.control[i][0], Controllen: controlMax,
			}
		}
		n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&w.heads[0])), batch,
			syscall.MSG_DONTWAIT, 0, 0)
		if errno != 0 {
			return
		}
		for i := range int(n) {
			port := (*[2]byte)(unsafe.Pointer(&w.names[i].Port))
			from := net.UDPAddr{IP: net.IP(w.names[i].Addr[:]), Port: int(binary.BigEndian.Uint16(port[:]))}
			s.take(w.bufs[i][:w.heads[i].n], from, stamp(w.control[i][:w.heads[i].hdr.Controllen]))
		}
		if n < batch {
			return
		}
	}
}

// stamp reads the kernel's arrival time, ns since 1970; without one it is now.
func stamp(control []byte) int64 {
	msgs, err := syscall.ParseSocketControlMessage(control)
	if err == nil {
		for _, m := range msgs {
			if m.Header.Level == syscall.SOL_SOCKET && m.Header.Type == syscall.SO_TIMESTAMPNS && len(m.Data) >= 16 {
				return int64(binary.NativeEndian.Uint64(m.Data))*1e9 + int64(binary.NativeEndian.Uint64(m.Data[8:]))
			}
		}
	}
	return time.Now().UnixNano()
}

type datagram struct {
	data []byte
	from *net.UDPAddr
}

// socket is a UDP socket outside Go's poller: whoever waits for a packet is woken by the sweep, not by each arrival. It implements
// net.PacketConn for Pion.
type socket struct {
	fd     int
	local  *net.UDPAddr
	in     chan datagram
	quit   chan struct{}
	life   sync.RWMutex // closed and the descriptor's use
	closed bool

	mu      sync.Mutex
	streams map[uint32]*stream
	arrived map[uint64]int64 // arrival of the packets that Pion decrypts, by SSRC and sequence
	bytes   int64
	first   int64 // arrival of the first RTP packet, ns since 1970; 0 = none yet
	loss    *loss // nil: nothing is thrown away
}

func openSocket(at netip.Addr) (*socket, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("load: open socket: %w", err)
	}
	s := &socket{
		fd: fd, in: make(chan datagram, queueMax), quit: make(chan struct{}),
		streams: map[uint32]*stream{}, arrived: map[uint64]int64{},
	}
	if err := s.bind(at); err != nil {
		return nil, fmt.Errorf("load: bind: %w", err)
	}
	return s, nil
}

func (s *socket) bind(at netip.Addr) error {
	err := syscall.Bind(s.fd, &syscall.SockaddrInet4{Addr: at.As4()})
	if err == nil {
		err = syscall.SetsockoptInt(s.fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, receiveMax)
	}
	if err == nil {
		err = syscall.SetsockoptInt(s.fd, syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)
	}
	var name syscall.Sockaddr
	if err == nil {
		name, err = syscall.Getsockname(s.fd)
	}
	if err != nil {
		_ = syscall.Close(s.fd)
		return err
	}
	in4, ok := name.(*syscall.SockaddrInet4)
	if !ok {
		_ = syscall.Close(s.fd)
		return fmt.Errorf("address %T", name)
	}
	s.local = &net.UDPAddr{IP: net.IP(in4.Addr[:]), Port: in4.Port}
	return nil
}

// isRTP tells media from STUN, DTLS and RTCP (RFC 7983, RFC 5761).
func isRTP(b []byte) bool {
	return len(b) >= 12 && b[0] >= 128 && b[0] <= 191 && (b[1]&0x7f < 64 || b[1]&0x7f > 95)
}

// take counts a datagram and hands to Pion what Pion must see.
func (s *socket) take(b []byte, from net.UDPAddr, at int64) {
	if isRTP(b) {
		if !s.count(b, at) {
			return
		}
	}
	from.IP = append(net.IP(nil), from.IP...)
	select {
	case s.in <- datagram{append([]byte(nil), b...), &from}:
	default: // Pion is behind: its own retransmissions mend a handshake, a sample is only a sample
	}
}

// count counts a packet of media and tells whether Pion must see it: one in sixteen, and every repair.
func (s *socket) count(b []byte, at int64) bool {
	pt, sn, ssrc := b[1]&0x7f, binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[8:])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes += int64(len(b))
	if s.first == 0 {
		s.first = at
	}
	if s.loss != nil {
		if s.loss.repair[pt] {
			return true
		}
		if s.loss.drops(pt) {
			return false
		}
	}
	l := s.streams[ssrc]
	if l == nil {
		l = &stream{asks: s.loss != nil && s.loss.mended[pt]}
		s.streams[ssrc] = l
	}
	l.take(sn)
	if sn%proved == 0 {
		s.arrived[key(ssrc, sn)] = at
	}
	return sn%proved == 0
}

// mend counts a packet that a repair brought back.
func (s *socket) mend(ssrc uint32, sn uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.streams[ssrc]; l != nil {
		l.take(sn)
	}
}

func key(ssrc uint32, sn uint16) uint64 { return uint64(ssrc)<<16 | uint64(sn) }

// arrival gives and forgets when a packet came.
func (s *socket) arrival(ssrc uint32, sn uint16) (at int64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok = s.arrived[key(ssrc, sn)]
	delete(s.arrived, key(ssrc, sn))
	return at, ok
}

// ReadFrom waits for a datagram that is not only counted.
func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case d := <-s.in:
		return copy(b, d.data), d.from, nil
	case <-s.quit:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo sends a datagram.
func (s *socket) WriteTo(b []byte, to net.Addr) (int, error) {
	u, ok := to.(*net.UDPAddr)
	if !ok || u.IP.To4() == nil {
		return 0, fmt.Errorf("load: write to %v: not IPv4 UDP", to)
	}
	s.life.RLock()
	defer s.life.RUnlock()
	if s.closed {
		return 0, net.ErrClosed
	}
	err := syscall.Sendto(s.fd, b, 0, &syscall.SockaddrInet4{Port: u.Port, Addr: [4]byte(u.IP.To4())})
	if err != nil {
		return 0, fmt.Errorf("load: send: %w", err)
	}
	return len(b), nil
}

// Close ends the socket and whoever reads from it.
func (s *socket) Close() error {
	s.life.Lock()
	defer s.life.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.quit)
	return syscall.Close(s.fd)
}

// LocalAddr is the bound address.
func (s *socket) LocalAddr() net.Addr { return s.local }

// SetDeadline does nothing: Pion closes the socket instead.
func (s *socket) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (s *socket) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing: a write never waits.
func (s *socket) SetWriteDeadline(time.Time) error { return nil }

func (s *socket) window() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.arrived)
	for _, l := range s.streams {
		l.window()
	}
}

func (s *socket) seal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.streams {
		l.seal()
	}
}

func (s *socket) counts() (received, lost int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.streams {
		r, o := l.counts()
		received, lost = received+r, lost+o
	}
	return received, lost
}
