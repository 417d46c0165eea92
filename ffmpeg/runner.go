package ffmpeg

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Bounds of the pause between two attempts of [Runner.Supervise].
const (
	backoffMin = time.Second
	backoffMax = 30 * time.Second
	steady     = time.Minute // an attempt that lasted this long starts the pauses over
)

// ErrClosed says that the runner is closed and starts nothing any more.
var ErrClosed = errors.New("the server is stopping")

// Runner owns the children of one server. Its methods may be called from every goroutine.
type Runner struct {
	log  *slog.Logger
	ctx  context.Context // ends with Close
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	children map[*Child]struct{}

	started, failed, killed, retries atomic.Uint64
}

// NewRunner makes a runner; log may be nil.
func NewRunner(log *slog.Logger) *Runner {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Runner{log: log, ctx: ctx, stop: stop, children: map[*Child]struct{}{}}
}

// Close stops every child and every supervision, and waits for them. It may be called more than once.
func (r *Runner) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.stop()
	r.wg.Wait()
}

// enter counts one more goroutine of the runner; false when it is closed.
func (r *Runner) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.wg.Add(1)
	return true
}

// Supervise runs attempt again and again in a goroutine until ctx ends, the runner closes or attempt returns nil. Between
// two failures it waits 1 s, doubling to 30 s; an attempt that lasted a minute starts over at 1 s. failed, which may be
// nil, is told each error and the pause that follows. The returned channel is closed when supervision ended.
func (r *Runner) Supervise(ctx context.Context, name string, attempt func(ctx context.Context) error, failed func(err error, pause time.Duration)) <-chan struct{} {
	done := make(chan struct{})
	if !r.enter() {
		close(done)
		return done
	}
	ctx, cancel := context.WithCancel(ctx)
	unhook := context.AfterFunc(r.ctx, cancel)
	go func() {
		defer r.wg.Done()
		defer close(done)
		defer cancel()
		defer unhook()
		r.supervise(ctx, name, attempt, failed)
	}()
	return done
}

func (r *Runner) supervise(ctx context.Context, name string, attempt func(ctx context.Context) error, failed func(err error, pause time.Duration)) {
	pause := backoffMin
	for ctx.Err() == nil {
		begin := time.Now()
		err := attempt(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		if time.Since(begin) >= steady {
			pause = backoffMin
		}
		r.retries.Add(1)
		r.log.Warn("attempt failed", "job", name, "error", err, "pause", pause)
		if failed != nil {
			failed(err, pause)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause = min(2*pause, backoffMax)
	}
}

var (
	descRunning = prometheus.NewDesc("nghitruong_ffmpeg_running", "ffmpeg children running now.", nil, nil)
	descEvents  = prometheus.NewDesc("nghitruong_ffmpeg_events_total",
		"ffmpeg children started, failed, killed after their grace, and attempts that are tried again.", []string{"event"}, nil)
)

// Collectors returns what the runner counts, for registration at /metrics.
func (r *Runner) Collectors() []prometheus.Collector { return []prometheus.Collector{collector{r}} }

type collector struct{ r *Runner }

// Describe implements prometheus.Collector.
func (c collector) Describe(ch chan<- *prometheus.Desc) { ch <- descRunning; ch <- descEvents }

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	c.r.mu.Lock()
	running := len(c.r.children)
	c.r.mu.Unlock()
	ch <- prometheus.MustNewConstMetric(descRunning, prometheus.GaugeValue, float64(running))
	for event, n := range map[string]*atomic.Uint64{"started": &c.r.started, "failed": &c.r.failed, "killed": &c.r.killed, "retried": &c.r.retries} {
		ch <- prometheus.MustNewConstMetric(descEvents, prometheus.CounterValue, float64(n.Load()), event)
	}
}
