//go:build !linux

package main

import (
	"errors"
	"net"
	"os"
)

// errNotLinux stands where only Linux can be asked.
var errNotLinux = errors.New("this is looked at on Linux only")

func grantedBuffer(*net.UDPConn, int) (int, error) { return 0, errNotLinux }

func tryGSO() error { return errNotLinux }

func freeSpace(string) (uint64, error) { return 0, errNotLinux }

func syncData(f *os.File) error { return f.Sync() }

func kernelSynchronised() (bool, error) { return false, errNotLinux }

func openFiles() (uint64, error) { return 0, errNotLinux }
