package main

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPatchedSocketsAreInherited checks that an accepted connection sends again sooner, where the kernel lets us choose.
func TestPatchedSocketsAreInherited(t *testing.T) {
	l, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		if most, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_RTO_MAX_MS); err == nil && most != rtoMost {
			t.Errorf("waits up to %d ms", most)
		}
		if thin, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_THIN_LINEAR_TIMEOUTS); err != nil || thin != 1 {
			t.Errorf("thin connections: %d, %v", thin, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
