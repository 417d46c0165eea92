package recordings

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"
)

const (
	flushEvery  = 200 * time.Millisecond // what a killed process can lose, beside what a write takes
	syncEvery   = time.Second            // what a power cut can lose, beside what a sync takes
	segmentTime = time.Minute
	lateness    = 2 * flushEvery // a minute's captures stay open so long for packets that still wait
	kindMic     = "mic"
)

// Config is one take of a recording.
type Config struct {
	Dir      string          // the recording's folder, brought in order by Salvage if it exists
	Manifest *Manifest       // owned by the recorder until Close returns
	Boot     string          // this start of the server
	MonoMS   int64           // the room's monotonic clock now
	Sealed   func([]Segment) // segments that were sealed together; called from the syncer
	Lost     func(Gap)       // a stretch that could not be written; called from the writer
	Log      *slog.Logger

	disk  disk // nil = the operating system's
	queue int  // bytes; 0 = queueBytes
}

// Recorder writes one take. Its methods Opened, RTP, RTCP and Closed make it a tap; they never wait for the disk. Close must be
// called to end it.
type Recorder struct {
	cfg   Config
	disk  disk
	log   *slog.Logger
	start time.Time
	epoch int64 // start in Unix milliseconds
	queue *queue
	quit  chan struct{}
	wrote chan struct{} // closed when the writer ended
	done  chan struct{} // closed when the syncer ended
	once  sync.Once

	// Owned by the writer.
	current map[uint32]*segment
	next    map[uint32]int // number of a source's next segment
	batch   [][]byte
	dirtyM  bool // streams were added since the manifest was saved

	manifestMu sync.Mutex // cfg.Manifest, and its file

	mu      sync.Mutex // between writer and syncer
	dirty   map[*segment]bool
	retired []*segment

	flushed  atomic.Uint64 // bytes given to the kernel
	drained  atomic.Int64  // nanoseconds since start up to which everything that arrived was given to the kernel
	synced   atomic.Uint64 // bytes known to be durable
	syncedAt atomic.Int64  // nanoseconds since start up to which everything that arrived is durable
	fedAt    atomic.Int64  // end of the newest round that made bytes durable; 0 = none
	slow     atomic.Int64  // nanoseconds that the newest round took
	fault    atomic.Pointer[error]
	lost     atomic.Uint64 // packets
}

// Start begins a take: it makes the folder, saves the manifest and starts writing.
func Start(cfg Config) (*Recorder, error) {
	r := &Recorder{
		cfg: cfg, disk: cfg.disk, log: cfg.Log, start: time.Now(), quit: make(chan struct{}), wrote: make(chan struct{}), done: make(chan struct{}),
		current: map[uint32]*segment{}, next: map[uint32]int{}, dirty: map[*segment]bool{},
	}
	if r.disk == nil {
		r.disk = osDisk{}
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if cfg.queue == 0 {
		cfg.queue = queueBytes
	}
	r.epoch = r.start.UnixMilli()
	r.queue = newQueue(cfg.queue)
	m := cfg.Manifest
	m.State = StateRecording
	m.Takes = append(m.Takes, Take{Boot: cfg.Boot, Start: r.epoch, MonoMS: cfg.MonoMS})
	if err := r.disk.mkdir(cfg.Dir); err != nil {
		return nil, fmt.Errorf("recordings: make the folder: %w", err)
	}
	if err := r.numbers(); err != nil {
		return nil, err
	}
	if err := m.save(r.disk, cfg.Dir); err != nil {
		return nil, err
	}
	go pprof.Do(context.Background(), pprof.Labels("recordings", "writer"), func(context.Context) { r.write() })
	go pprof.Do(context.Background(), pprof.Labels("recordings", "syncer"), func(context.Context) { r.sync() })
	return r, nil
}

// numbers finds the number of each source's next segment: behind what is listed and what is on disk.
func (r *Recorder) numbers() error {
	for _, s := range r.cfg.Manifest.Segments {
		r.next[s.Src] = max(r.next[s.Src], s.N+1)
	}
	sources, err := os.ReadDir(r.cfg.Dir)
	if err != nil {
		return fmt.Errorf("recordings: read the folder: %w", err)
	}
	for _, e := range sources {
		src, err := strconv.ParseUint(e.Name(), 10, 32)
		if err != nil || !e.IsDir() {
			continue
		}
		files, err := os.ReadDir(filepath.Join(r.cfg.Dir, e.Name()))
		if err != nil {
			return fmt.Errorf("recordings: read the folder: %w", err)
		}
		for _, f := range files {
			stem, _, _ := strings.Cut(f.Name(), ".")
			if n, err := strconv.Atoi(stem); err == nil {
				r.next[uint32(src)] = max(r.next[uint32(src)], n+1)
			}
		}
	}
	return nil
}

// Opened tells of a stream before its first packet: source, SSRC, the person, "mic", "cam" or "screen", and what RTP needs to be read.
func (r *Recorder) Opened(src, ssrc uint32, who, kind, rid string, p webrtc.RTPParameters) {
	r.queue.open(streamOf(src, ssrc, who, kind, rid, &p))
}

// RTP takes a packet as received. It is copied.
func (r *Recorder) RTP(src, ssrc uint32, at time.Time, raw []byte) {
	r.queue.put(false, src, ssrc, int64(at.Sub(r.start)), raw)
}

// RTCP takes a sender report as received. It is copied.
func (r *Recorder) RTCP(src, ssrc uint32, at time.Time, raw []byte) {
	r.queue.put(true, src, ssrc, int64(at.Sub(r.start)), raw)
}

// Closed tells that a stream ended; its captures are sealed with the others of their minute.
func (r *Recorder) Closed(_, _ uint32) {}

// AudioOnly leaves pictures out, or takes them again.
func (r *Recorder) AudioOnly(on bool) {
	r.queue.mu.Lock()
	defer r.queue.mu.Unlock()
	r.queue.noVideo = on
}

// Close ends the take: what waits is written, everything is sealed, the manifest says state. The error says that something of it
// failed; what is on disk is safe, and Salvage lists it.
func (r *Recorder) Close(state State) error {
	r.once.Do(func() { close(r.quit) })
	<-r.done
	r.manifestMu.Lock()
	defer r.manifestMu.Unlock()
	m := r.cfg.Manifest
	m.State = state
	if t := &m.Takes[len(m.Takes)-1]; t.End == 0 {
		t.End = unixMilli(r.start, time.Now())
	}
	err := m.save(r.disk, r.cfg.Dir)
	if f := r.fault.Load(); f != nil {
		err = errors.Join(err, *f)
	}
	return err
}

// failed notes what the disk refused; a round that makes bytes durable clears it.
func (r *Recorder) failed(what string, err error) {
	err = fmt.Errorf("recordings: %s: %w", what, err)
	if r.fault.Swap(&err) == nil {
		r.log.Error("the recording cannot be written", "err", err)
	}
}

func (r *Recorder) now() int64 { return int64(time.Since(r.start)) }
