package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// grantedBuffer asks for a receive buffer and says what the kernel gives. The kernel doubles what it grants for its own
// bookkeeping (socket(7)); half of it is what was asked for.
func grantedBuffer(c *net.UDPConn, want int) (int, error) {
	if err := c.SetReadBuffer(want); err != nil {
		return 0, err
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	got := 0
	if err2 := raw.Control(func(fd uintptr) { got, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF) }); err2 != nil {
		return 0, err2
	}
	return got / 2, err
}

// tryGSO sends two packets over loopback in one write and expects them apart.
func tryGSO() error {
	in, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := net.DialUDP("udp4", nil, in.LocalAddr().(*net.UDPAddr))
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	const size = 100
	control := make([]byte, unix.CmsgSpace(2))
	h := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
	h.Level, h.Type = unix.SOL_UDP, unix.UDP_SEGMENT
	h.SetLen(unix.CmsgLen(2))
	binary.NativeEndian.PutUint16(control[unix.CmsgLen(0):], size)
	if _, _, err := out.WriteMsgUDP(make([]byte, 2*size), control, nil); err != nil {
		return err
	}
	if err := in.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	buf := make([]byte, 4*size)
	for range 2 {
		if n, err := in.Read(buf); err != nil {
			return err
		} else if n != size {
			return fmt.Errorf("a packet of %d bytes came as %d", size, n)
		}
	}
	return nil
}

// freeSpace is what this account may still write on the folder's disk, in bytes.
func freeSpace(dir string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return st.Bavail * uint64(st.Bsize), nil
}

func syncData(f *os.File) error { return unix.Fdatasync(int(f.Fd())) }

// kernelSynchronised asks the kernel whether something keeps its clock right (adjtimex(2), STA_UNSYNC).
func kernelSynchronised() (bool, error) {
	var tx unix.Timex
	state, err := unix.Adjtimex(&tx)
	if err != nil {
		return false, errors.Join(errors.New("the kernel does not say"), err)
	}
	return state != unix.TIME_ERROR && tx.Status&unix.STA_UNSYNC == 0, nil
}

// openFiles is how many descriptors this process may have. Go raises the soft limit to the hard one at its start.
func openFiles() (uint64, error) {
	var r unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r)
	return r.Cur, err
}
