//go:build !linux

package sfu

import (
	"net"
	"time"
)

const stampSize = 0

func stampArrivals(*net.UDPConn) {}

// waited is not known elsewhere than on Linux.
func waited([]byte, time.Time) time.Duration { return 0 }
