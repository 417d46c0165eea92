package recordings

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// disk is what recordings ask of a file system. Tests make it stall, fill up and fail.
type disk interface {
	mkdir(dir string) error                 // durable, with its parents
	create(name string) (file, error)       // a new file, written at its end
	rename(from, to string) error           // durable
	syncDir(dir string) error               // makes new names in dir durable
	save(name string, content []byte) error // replaces a file durably: the old content or the new one, never less
}

// file is an open capture.
type file interface {
	io.WriteCloser
	Truncate(size int64) error
	datasync() error
}

// osDisk is the operating system's.
type osDisk struct{}

type osFile struct{ *os.File }

func (f osFile) datasync() error { return fdatasync(f.File) }

const (
	dirMode  = 0o700
	fileMode = 0o600
)

func (d osDisk) mkdir(dir string) error {
	if _, err := os.Stat(dir); err == nil || !absent(err) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := d.mkdir(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, dirMode); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return d.syncDir(parent)
}

func (osDisk) create(name string) (file, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, fileMode)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (d osDisk) rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return d.syncDir(filepath.Dir(to))
}

func (osDisk) syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (d osDisk) save(name string, content []byte) error {
	temp := name + ".new"
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", temp, err)
	}
	return d.rename(temp, name)
}
