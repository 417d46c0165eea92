package recordings

import (
	"errors"
	"os"
	"path/filepath"
	"time"
)

// sync is the syncer: each second it makes durable what the writer gave to the kernel. After a round that took longer the next one
// follows at once.
func (r *Recorder) sync() {
	defer close(r.done)
	timer := time.NewTimer(syncEvery)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			began := time.Now()
			r.round()
			timer.Reset(max(0, syncEvery-time.Since(began)))
		case <-r.wrote:
			r.round()
			return
		}
	}
}

// round syncs every capture that was written to, and seals those that were handed over.
func (r *Recorder) round() {
	began, drained, flushed := r.now(), r.drained.Load(), r.flushed.Load()
	r.mu.Lock()
	var dirty []*segment
	for s := range r.dirty {
		dirty = append(dirty, s)
	}
	clear(r.dirty)
	retired := r.retired
	r.retired = nil
	r.mu.Unlock()

	ok := true
	for _, s := range dirty {
		if err := r.syncOne(s); err != nil {
			r.failed("sync a capture", err)
			r.again(s)
			ok = false
		}
	}
	var sealed []Segment
	for _, s := range retired {
		seg, err := r.seal(s)
		if err != nil {
			r.failed("seal a capture", err)
			ok = false
			continue
		}
		if seg != nil {
			sealed = append(sealed, *seg)
		}
	}
	r.list(sealed)
	r.slow.Store(r.now() - began)
	if !ok {
		return
	}
	if flushed > r.synced.Load() {
		r.fedAt.Store(r.now())
		r.fault.Store(nil)
	}
	r.synced.Store(flushed)
	r.syncedAt.Store(drained)
}

// again leaves a capture to the next round.
func (r *Recorder) again(s *segment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dirty[s] = true
}

func (r *Recorder) syncOne(s *segment) error {
	if err := s.f.datasync(); err != nil {
		return err
	}
	if !s.fresh {
		return nil
	}
	if err := r.disk.syncDir(filepath.Dir(s.name)); err != nil {
		return err
	}
	s.fresh = false
	return nil
}

// seal makes a capture final. One that cannot be sealed stays open for Salvage; one without a packet is removed (nil, nil).
func (r *Recorder) seal(s *segment) (*Segment, error) {
	if s.packets == 0 {
		if err := s.f.Close(); err != nil {
			return nil, err
		}
		return nil, os.Remove(s.name + openSuffix)
	}
	if err := s.f.datasync(); err != nil {
		return nil, errors.Join(err, s.f.Close())
	}
	if err := s.f.Close(); err != nil {
		return nil, err
	}
	if err := r.disk.rename(s.name+openSuffix, s.name); err != nil {
		return nil, err
	}
	t := &r.cfg.Manifest.Takes[len(r.cfg.Manifest.Takes)-1]
	seg := s.sealed(r.epoch, t.MonoMS)
	return &seg, nil
}

// list puts sealed segments into the manifest and tells of them.
func (r *Recorder) list(sealed []Segment) {
	if len(sealed) == 0 {
		return
	}
	r.manifestMu.Lock()
	r.cfg.Manifest.Segments = append(r.cfg.Manifest.Segments, sealed...)
	err := r.cfg.Manifest.save(r.disk, r.cfg.Dir)
	r.manifestMu.Unlock()
	if err != nil {
		r.failed("save the manifest", err)
	}
	if r.cfg.Sealed != nil {
		r.cfg.Sealed(sealed)
	}
}
