package main

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// rtoMost is the longest that the kernel waits before it sends a lost packet again, in ms. Its own two minutes let a page stand still for
// that long on a line that loses every third packet, because each try that is lost doubles the wait.
const rtoMost = 3000

// patch sets a listening socket up for weak lines; what it accepts inherits it. Kernels before 6.15 do not know the first option and go
// on as they are, but for connections with little under way, whose waits no longer double at once.
func patch(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_RTO_MAX_MS, rtoMost)
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_THIN_LINEAR_TIMEOUTS, 1)
	})
}
