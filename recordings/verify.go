package recordings

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
)

// Verify reads every sealed segment of a recording and holds it against the manifest: size, packets and SHA-256. It gives the
// number of segments that are as they were, and an error that names every one that is not.
func Verify(ctx context.Context, dir string) (whole int, err error) {
	m, err := LoadManifest(dir)
	if err != nil {
		return 0, err
	}
	var wrong []error
	for i := range m.Segments {
		if err := ctx.Err(); err != nil {
			return whole, err
		}
		s := &m.Segments[i]
		if err := s.verify(dir); err != nil {
			wrong = append(wrong, fmt.Errorf("recordings: segment %d/%d: %w", s.Src, s.N, err))
			continue
		}
		whole++
	}
	return whole, errors.Join(wrong...)
}

func (s *Segment) verify(dir string) error {
	f, err := os.Open(s.Path(dir))
	if err != nil {
		return err
	}
	defer f.Close()
	scan, err := ScanCapture(f, nil, nil)
	switch {
	case err != nil:
		return err
	case !scan.Whole:
		return fmt.Errorf("damaged behind %d bytes", scan.Size)
	case hex.EncodeToString(scan.SHA256[:]) != s.SHA256 || scan.Packets != s.Packets:
		return errors.New("not what was sealed")
	}
	return nil
}
