package sfu

import (
	"net"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stampArrivals asks the kernel to note when each datagram came.
func stampArrivals(c *net.UDPConn) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { // without the stamps nothing is ever late
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	})
}

// stampSize is the room that a stamp takes among the control messages of a datagram.
var stampSize = unix.CmsgSpace(int(unsafe.Sizeof(unix.Timespec{})))

// waited tells how long ago a datagram came, from its control messages; 0 = not known.
func waited(control []byte, now time.Time) time.Duration {
	if len(control) < stampSize {
		return 0
	}
	h := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
	if h.Level != unix.SOL_SOCKET || h.Type != unix.SO_TIMESTAMPNS {
		return 0
	}
	at := (*unix.Timespec)(unsafe.Pointer(&control[unix.CmsgLen(0)]))
	return max(0, now.Sub(time.Unix(at.Unix())))
}
