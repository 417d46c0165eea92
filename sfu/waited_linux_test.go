package sfu

import (
	"net"
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestWaited reads stamps: of a datagram that really came, of one from long ago, and of what is no stamp.
func TestWaited(t *testing.T) {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	defer func() { _ = c.Close() }()
	m := newMediaSocket(c, netip.AddrPort{})
	sent := time.Now()
	_, err = c.WriteTo([]byte{1}, c.LocalAddr())
	must(t, err)
	n, err := m.batch.ReadBatch(m.msgs, 0)
	if err != nil || n != 1 || m.msgs[0].NN != stampSize {
		t.Fatalf("%d datagrams with %d bytes of control, %v", n, m.msgs[0].NN, err)
	}
	read := time.Now()
	later := read.Add(time.Hour)
	if got := waited(m.msgs[0].OOB, later); got > later.Sub(sent)+time.Millisecond || got < time.Hour-time.Millisecond {
		t.Errorf("waited %v, want an hour and at most %v", got, read.Sub(sent))
	}
	if got := waited(m.msgs[0].OOB, sent.Add(-time.Hour)); got != 0 {
		t.Errorf("a clock that goes back makes it %v late", got)
	}
	other := append([]byte(nil), m.msgs[0].OOB...)
	(*unix.Cmsghdr)(unsafe.Pointer(&other[0])).Type = unix.SO_TIMESTAMP
	for _, control := range [][]byte{nil, other[:4], other} {
		if got := waited(control, later); got != 0 {
			t.Errorf("%d bytes of no stamp: %v", len(control), got)
		}
	}
}
