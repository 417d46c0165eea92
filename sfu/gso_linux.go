package sfu

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// segmentsAtFirst: Linux splits a large write into packets (UDP_SEGMENT, since 4.18); a kernel or card that refuses says so.
const segmentsAtFirst = true

// newSegmentControl makes the control message that tells the size of the packets of a run.
func newSegmentControl() []byte {
	b := make([]byte, unix.CmsgSpace(2))
	h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
	h.Level, h.Type = unix.SOL_UDP, unix.UDP_SEGMENT
	h.SetLen(unix.CmsgLen(2))
	return b
}

// segmentControl writes the size of the packets of a run into its control message.
func segmentControl(b []byte, size int) []byte {
	binary.NativeEndian.PutUint16(b[unix.CmsgLen(0):], uint16(size))
	return b
}
