package recordings

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"nghitruong/sfu/packets"
)

// settleTime is how long a frame waits for frames of other streams of its source before it is written.
const settleTime = int64(10 * time.Second)

// Track is one source of a recording as a Matroska file. Times of the file count from the recording's start.
type Track struct {
	Src     uint32 `json:"src"`
	Who     string `json:"who"`
	Kind    string `json:"kind"`
	File    string `json:"file"`
	Frames  int    `json:"frames"`
	Dropped int    `json:"dropped"`    // incomplete pictures, and those that refer to them
	Silence int64  `json:"silence_ms"` // put where sound was missing
	First   int64  `json:"first_ms"`   // of the first frame
	Last    int64  `json:"last_ms"`    // end of the last frame
}

// Remux writes every source of a recording into its own Matroska file in out, <src>.mkv, without decoding anything. All files share
// one clock, the server's, whose zero is the recording's start: they can be laid over each other. A picture with a hole is left out
// with all that follow until the next keyframe; missing sound is silence, so that sound lasts as long as the recording did. It may be
// killed anywhere and repeated: the same recording gives the same bytes. A recording that has not ended can be remuxed as far
// as it is sealed.
func Remux(ctx context.Context, dir, out string) ([]Track, error) {
	m, err := LoadManifest(dir)
	if err != nil {
		return nil, err
	}
	if len(m.Takes) == 0 {
		return nil, errors.New("recordings: remux: the manifest names no take")
	}
	d := osDisk{}
	if err := d.mkdir(out); err != nil {
		return nil, fmt.Errorf("recordings: remux: %w", err)
	}
	var sources []uint32
	for i := range m.Segments {
		if !slices.Contains(sources, m.Segments[i].Src) {
			sources = append(sources, m.Segments[i].Src)
		}
	}
	slices.Sort(sources)
	var tracks []Track
	for _, src := range sources {
		t, err := remuxSource(ctx, m, dir, out, src)
		if err != nil {
			return tracks, fmt.Errorf("recordings: remux source %d: %w", src, err)
		}
		if t.Frames > 0 {
			tracks = append(tracks, t)
		}
	}
	return tracks, nil
}

// remuxing is one source on its way into a file.
type remuxing struct {
	m       *Manifest
	dir     string
	src     uint32
	zero    int64 // recording's start, Unix ms
	clocks  map[uint32]*clockTrack
	streams map[uint32]*depacketizer
	ready   []mediaFrame // sorted by time, waiting for others of the source
	file    *matroska
	track   Track
	end     int64 // ns of the latest frame's end
}

func remuxSource(ctx context.Context, m *Manifest, dir, out string, src uint32) (Track, error) {
	r := &remuxing{
		m: m, dir: dir, src: src, zero: m.Takes[0].Start, clocks: map[uint32]*clockTrack{}, streams: map[uint32]*depacketizer{},
		track: Track{Src: src, File: strconv.FormatUint(uint64(src), 10) + ".mkv"},
	}
	for i := range m.Streams {
		if s := &m.Streams[i]; s.Src == src {
			r.track.Who, r.track.Kind = s.Who, s.Kind
		}
	}
	if err := r.walk(ctx, r.time); err != nil {
		return r.track, err
	}
	for _, c := range r.clocks {
		c.finish()
	}
	name := filepath.Join(out, r.track.File)
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, fileMode)
	if err != nil {
		return r.track, err
	}
	r.file = newMatroska(f)
	err = r.walk(ctx, r.media)
	if err == nil {
		err = r.finish()
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil || r.track.Frames == 0 {
		return r.track, errors.Join(err, os.Remove(name+".new"))
	}
	return r.track, osDisk{}.rename(name+".new", name)
}

// walk reads the source's captures in order; at is the arrival in nanoseconds since the recording's start.
func (r *remuxing) walk(ctx context.Context, fn func(rec Record, at int64) error) error {
	segments := slices.Clone(r.m.Segments)
	segments = slices.DeleteFunc(segments, func(s Segment) bool { return s.Src != r.src })
	slices.SortFunc(segments, func(a, b Segment) int { return a.N - b.N })
	for i := range segments {
		s := &segments[i]
		if err := ctx.Err(); err != nil {
			return err
		}
		f, err := os.Open(s.Path(r.dir))
		if err != nil {
			return err
		}
		start := s.Start - r.zero
		_, err = ScanCapture(f, func(ssrc uint32) bool { return r.m.knows(r.src, ssrc) }, func(rec Record) error {
			return fn(rec, (start+int64(rec.MS))*1e6)
		})
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// codecOf is what a payload type of a stream means; Mime "" for none.
func (r *remuxing) codecOf(ssrc uint32, pt uint8) Codec {
	for i := range r.m.Streams {
		s := &r.m.Streams[i]
		if s.Src != r.src || s.SSRC != ssrc {
			continue
		}
		for _, c := range s.Codecs {
			if c.PT == pt || c.PT == 0 && len(s.Codecs) == 1 { // an encoder's own numbers
				c.Mime = strings.ToLower(c.Mime)
				return c
			}
		}
	}
	return Codec{}
}

// time is the first walk: it learns every stream's clock.
func (r *remuxing) time(rec Record, at int64) error {
	c := r.clocks[rec.SSRC()]
	if rec.RTCP {
		if c != nil && len(rec.Raw) >= 20 && rec.Raw[1] == 200 {
			c.report(binary.BigEndian.Uint64(rec.Raw[8:]), binary.BigEndian.Uint32(rec.Raw[16:]), at)
		}
		return nil
	}
	if c == nil {
		clock := r.codecOf(rec.SSRC(), rec.Raw[1]&0x7F).Clock
		if clock == 0 {
			return nil
		}
		c = newClockTrack(clock)
		r.clocks[rec.SSRC()] = c
	}
	c.packet(binary.BigEndian.Uint32(rec.Raw[4:]), at)
	return nil
}

// media is the second walk: packets in order, frames, file.
func (r *remuxing) media(rec Record, at int64) error {
	if rec.RTCP {
		return nil
	}
	var h packets.Header
	clock := r.clocks[rec.SSRC()]
	if clock == nil || packets.ParseRTP(rec.Raw, &h) != nil || h.HeaderLen == h.PayloadEnd {
		return nil
	}
	d := r.streams[h.SSRC]
	if d == nil {
		d = newDepacketizer(r.codecOf(h.SSRC, h.PayloadType).Mime)
		r.streams[h.SSRC] = d
	}
	d.push(&h, slices.Clone(h.Payload(rec.Raw)), at, func(f mediaFrame) { r.keep(clock, f) })
	return r.write(at - settleTime)
}

// keep places a frame on the recording's clock.
func (r *remuxing) keep(c *clockTrack, f mediaFrame) {
	f.pts = max(0, c.at(f.ts, f.at))
	i, _ := slices.BinarySearchFunc(r.ready, f.pts, func(have mediaFrame, pts int64) int {
		if have.pts <= pts {
			return -1
		}
		return 1
	})
	r.ready = slices.Insert(r.ready, i, f)
}

// write puts the frames before a time into the file.
func (r *remuxing) write(before int64) error {
	n := 0
	for ; n < len(r.ready) && r.ready[n].pts < before; n++ {
		if err := r.frame(&r.ready[n]); err != nil {
			return err
		}
	}
	r.ready = slices.Delete(r.ready, 0, n)
	return nil
}

// frame writes one frame; sound that is missing before it becomes silence.
func (r *remuxing) frame(f *mediaFrame) error {
	if r.track.Kind == kindMic {
		if err := r.silence(f.pts); err != nil {
			return err
		}
	}
	if r.track.Frames > 0 && f.pts < r.end-f.duration-int64(time.Second) || f.pts < r.file.last {
		r.track.Dropped++ // of a stream that the source has left
		return nil
	}
	if err := r.file.write(f); err != nil {
		return err
	}
	if r.track.Frames == 0 {
		r.track.First = f.pts / 1e6
	}
	r.track.Frames++
	r.end = f.pts + f.duration
	r.track.Last = r.end / 1e6
	return nil
}

// silence fills the file up to a time.
func (r *remuxing) silence(until int64) error {
	for r.end+silenceTime <= until {
		if err := r.file.write(&mediaFrame{codec: mimeOpus, key: true, pts: r.end, data: opusSilence}); err != nil {
			return err
		}
		r.end += silenceTime
		r.track.Silence += silenceTime / 1e6
	}
	return nil
}

// finish drains what waits and fills the end with silence.
func (r *remuxing) finish() error {
	for ssrc, d := range r.streams {
		d.flush(func(f mediaFrame) { r.keep(r.clocks[ssrc], f) })
		r.track.Dropped += d.dropped
	}
	if err := r.write(1<<63 - 1); err != nil {
		return err
	}
	if last := r.m.Takes[len(r.m.Takes)-1].End; r.track.Kind == kindMic && r.track.Frames > 0 && last > 0 {
		if err := r.silence((last - r.zero) * 1e6); err != nil {
			return err
		}
		r.track.Last = r.end / 1e6
	}
	return r.file.close()
}
