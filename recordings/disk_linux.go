package recordings

import (
	"os"
	"syscall"
)

// fdatasync makes a file's content and size durable, without its times.
func fdatasync(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err != syscall.EINTR { //nolint:errorlint // an errno, not wrapped
			return err
		}
	}
}
