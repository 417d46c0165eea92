package recordings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Salvage brings a recording's folder in order after a crash: every open capture is cut behind its last good record and sealed, what
// is on disk and not in the manifest is listed, and a take without an end is marked as interrupted. It may be repeated and
// killed anywhere. A folder that is in order is left as it is. Without a readable manifest the folder's names say
// what the recording is, and captures are kept as far as they are well-formed.
func Salvage(dir string) (*Manifest, error) { return salvage(osDisk{}, dir) }

func salvage(d disk, dir string) (*Manifest, error) {
	m, err := LoadManifest(dir)
	if err != nil {
		if _, statErr := os.Stat(dir); statErr != nil {
			return nil, fmt.Errorf("recordings: salvage: %w", statErr)
		}
		m = NewManifest(filepath.Base(filepath.Dir(dir)), filepath.Base(dir))
	}
	changed := err != nil
	sources, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("recordings: salvage: %w", err)
	}
	for _, e := range sources {
		src, err := strconv.ParseUint(e.Name(), 10, 32)
		if err != nil || !e.IsDir() {
			continue
		}
		more, err := salvageSource(d, m, dir, uint32(src))
		if err != nil {
			return nil, fmt.Errorf("recordings: salvage source %d: %w", src, err)
		}
		changed = changed || more
	}
	slices.SortStableFunc(m.Segments, func(a, b Segment) int { return int(a.Start - b.Start) })
	if n := len(m.Takes); m.State == StateRecording && n > 0 && m.Takes[n-1].End == 0 {
		t := &m.Takes[n-1]
		t.End, t.Interrupted, changed = max(t.Start, m.lastPacket()), true, true
	}
	if !changed {
		return m, nil
	}
	return m, m.save(d, dir)
}

// lastPacket is when the newest packet on disk arrived.
func (m *Manifest) lastPacket() int64 {
	last := int64(0)
	for i := range m.Segments {
		last = max(last, m.Segments[i].End)
	}
	return last
}

// salvageSource seals what is open and lists what is not listed.
func salvageSource(d disk, m *Manifest, dir string, src uint32) (changed bool, err error) {
	entries, err := os.ReadDir(sourceDir(dir, src))
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		name, open := strings.CutSuffix(e.Name(), openSuffix)
		stem, capture := strings.CutSuffix(name, captureSuffix)
		n, err := strconv.Atoi(stem)
		if !capture || err != nil || !e.Type().IsRegular() || !open && m.has(src, n) {
			continue
		}
		s, err := salvageCapture(d, m, captureName(dir, src, n), src, open)
		if err != nil {
			return changed, err
		}
		changed = true
		if s == nil {
			continue
		}
		seg := segmentOf(src, n, s)
		seg.Salvaged = true
		m.Segments = slices.DeleteFunc(m.Segments, func(old Segment) bool { return old.Src == src && old.N == n })
		m.Segments = append(m.Segments, seg)
	}
	return changed, nil
}

// salvageCapture cuts and seals one capture; nil when nothing of it can be used, which removes an open one.
func salvageCapture(d disk, m *Manifest, name string, src uint32, open bool) (*Scan, error) {
	path := name
	if open {
		path += openSuffix
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s, err := ScanCapture(f, func(ssrc uint32) bool { return m.knows(src, ssrc) }, nil)
	switch {
	case errors.Is(err, ErrNoCapture) && !open: // somebody else's file
		return nil, nil
	case err != nil && !errors.Is(err, ErrNoCapture):
		return nil, err
	case open && s.Packets == 0:
		return nil, os.Remove(path)
	case !open:
		return &s, nil
	}
	if !s.Whole {
		if err := f.Truncate(s.Size); err != nil {
			return nil, err
		}
	}
	if err := f.Sync(); err != nil {
		return nil, err
	}
	return &s, d.rename(path, name)
}

// Folders lists the folders of all recordings below root, as <sitting>/<recording>.
func Folders(root string) ([]string, error) {
	found, err := fs.Glob(os.DirFS(root), "*/*")
	if err != nil {
		return nil, fmt.Errorf("recordings: list: %w", err)
	}
	var dirs []string
	for _, f := range found {
		dir := filepath.Join(root, filepath.FromSlash(f))
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}
