package recordings

import (
	"slices"
	"time"
)

// write is the writer: five times a second it gives to the kernel what waits.
func (r *Recorder) write() {
	defer close(r.wrote)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.turn(false)
		case <-r.quit:
			r.turn(true)
			return
		}
	}
}

// turn writes what waits and hands over captures whose minute has passed, or all.
func (r *Recorder) turn(end bool) {
	began := r.now()
	var opened []Stream
	r.batch, opened = r.queue.take(r.batch[:0])
	r.describe(opened)
	for _, chunk := range r.batch {
		for rest := chunk; len(rest) > 0; {
			var e entry
			e, rest = firstEntry(rest)
			r.put(&e)
		}
		r.queue.giveBack(chunk)
	}
	for _, s := range r.current {
		r.flush(s)
	}
	r.drained.Store(began)
	now := r.now()
	for _, s := range r.current {
		if end || now > (s.minute+1)*int64(segmentTime)+int64(lateness) {
			r.retire(s)
		}
	}
	r.queue.losses(end, func(src uint32, from, to int64, packets int) { r.lose(src, from, to, packets) })
}

// describe puts new streams into the manifest, which is on disk before their first packet is.
func (r *Recorder) describe(opened []Stream) {
	r.dirtyM = r.dirtyM || len(opened) > 0
	if !r.dirtyM {
		return
	}
	r.manifestMu.Lock()
	defer r.manifestMu.Unlock()
	m := r.cfg.Manifest
	for i := range opened {
		s := &opened[i]
		m.Streams = slices.DeleteFunc(m.Streams, func(old Stream) bool { return old.Src == s.Src && old.SSRC == s.SSRC })
		m.Streams = append(m.Streams, *s)
	}
	if err := m.save(r.disk, r.cfg.Dir); err != nil {
		r.failed("save the manifest", err)
		return
	}
	r.dirtyM = false
}

// put writes one packet into the capture of its source and minute.
func (r *Recorder) put(e *entry) {
	minute := max(0, e.at) / int64(segmentTime)
	s := r.current[e.src]
	if s != nil && minute > s.minute {
		r.flush(s)
		r.retire(s)
		s = r.current[e.src]
	}
	if s == nil {
		var err error
		if s, err = r.create(e, minute); err != nil {
			r.failed("make a capture", err)
			r.lose(e.src, e.at, e.at, 1)
			return
		}
		r.current[e.src] = s
	}
	if len(s.buf)+recordHead+len(e.raw) > bufferBytes {
		r.flush(s)
	}
	s.add(e)
}

// create makes a source's next capture.
func (r *Recorder) create(e *entry, minute int64) (*segment, error) {
	if err := r.disk.mkdir(sourceDir(r.cfg.Dir, e.src)); err != nil {
		return nil, err
	}
	n := r.next[e.src]
	s := &segment{
		src: e.src, n: n, minute: minute, name: captureName(r.cfg.Dir, e.src, n), fresh: true, began: max(0, e.at), sum: newSum(),
		buf: make([]byte, 0, bufferBytes+captureHead),
	}
	var err error
	if s.f, err = r.disk.create(s.name + openSuffix); err != nil {
		return nil, err
	}
	r.next[e.src]++
	began := r.start.Add(time.Duration(s.began))
	s.buf = appendHead(s.buf, began)
	return s, nil
}

// flush gives a capture's buffer to the kernel and marks it for the syncer.
func (r *Recorder) flush(s *segment) {
	if len(s.buf) == 0 {
		return
	}
	size, pending := len(s.buf), s.pending
	if err := s.flush(); err != nil {
		r.failed("write a capture", err)
		r.lose(s.src, s.from, s.to, pending)
		r.retire(s) // what is in it is sealed; the next packet tries a new one
		return
	}
	r.flushed.Add(uint64(size))
	r.mu.Lock()
	r.dirty[s] = true
	r.mu.Unlock()
}

// retire hands a capture to the syncer.
func (r *Recorder) retire(s *segment) {
	if r.current[s.src] == s {
		delete(r.current, s.src)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.dirty, s)
	r.retired = append(r.retired, s)
}

// lose writes down a stretch of a source that is not on disk.
func (r *Recorder) lose(src uint32, from, to int64, packets int) {
	r.lost.Add(uint64(packets))
	g := Gap{Src: src, From: r.epoch + from/1e6, To: r.epoch + to/1e6, Packets: packets, Why: WhyDisk}
	r.manifestMu.Lock()
	gaps := r.cfg.Manifest.Gaps
	if n := len(gaps); n > 0 && gaps[n-1].Src == src && gaps[n-1].Why == WhyDisk && g.From-gaps[n-1].To < time.Second.Milliseconds() {
		gaps[n-1].To = g.To
		gaps[n-1].Packets += packets
	} else {
		r.cfg.Manifest.Gaps = append(gaps, g)
	}
	r.manifestMu.Unlock()
	if r.cfg.Lost != nil {
		r.cfg.Lost(g)
	}
}
