package recordings

import (
	"fmt"
	"os"
	"syscall"
)

// SpaceOf measures the disk of a folder, as far as this process may fill it.
func SpaceOf(dir string) (Space, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return Space{}, fmt.Errorf("recordings: measure %s: %w", dir, err)
	}
	return Space{Free: st.Bavail * uint64(st.Bsize), Total: st.Blocks * uint64(st.Bsize)}, nil
}

// allocate takes room on the disk for a file.
func allocate(f *os.File, size int64) error { return syscall.Fallocate(int(f.Fd()), 0, 0, size) }
