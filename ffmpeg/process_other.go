//go:build !linux

package ffmpeg

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// errLinux says why nothing is started here: limits, process groups and death signals are Linux's.
var errLinux = errors.New("ffmpeg children are limited and watched on Linux only")

func startProcess(func() *exec.Cmd, Limits) (*exec.Cmd, bool, error) { return nil, false, errLinux }

func waitEnd(int) error { return errLinux }

func signalGroup(int, syscall.Signal) error { return errLinux }

// PacketPipe is made on Linux only.
func PacketPipe() (ours, theirs *os.File, err error) { return nil, nil, errLinux }
