//go:build !linux

package recordings

import (
	"os"
)

// SpaceOf knows nothing of other systems' disks: there is room, until a write says otherwise.
func SpaceOf(dir string) (Space, error) {
	const plenty = 1 << 40
	_, err := os.Stat(dir)
	return Space{Free: plenty, Total: plenty}, err
}

// allocate takes room on the disk for a file.
func allocate(f *os.File, size int64) error {
	zero := make([]byte, 1<<20)
	for ; size > 0; size -= int64(len(zero)) {
		if _, err := f.Write(zero); err != nil {
			return err
		}
	}
	return nil
}
