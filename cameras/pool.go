package cameras

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"time"

	"nghitruong/ffmpeg"
	"nghitruong/sfu"
)

const (
	probeTime  = 20 * time.Second // for asking a camera what it sends
	maxAnswer  = 64 << 10         // bytes of ffprobe's answer
	maxPacket  = 1 << 11          // bytes: ffmpeg was told 1200
	childCores = 15               // nice: the sitting's packets come first
)

// limits bound the children: they parse what a camera sends.
var limits = ffmpeg.Limits{Memory: 2 << 30, FileSize: 1 << 20, Files: 64, Nice: childCores}

// ErrNoHall says that a sitting's list has no hall of the camera's name.
var ErrNoHall = errors.New("the sitting has no hall of this name")

// Config is what a pool needs.
type Config struct {
	Cameras  []Camera
	Networks []netip.Prefix // where cameras may be; empty = nowhere
	Tool     *ffmpeg.Tool
	Runner   *ffmpeg.Runner
	// Hall finds the person id of the hall of this name on a sitting's list; ErrNoHall when there is none.
	Hall func(ctx context.Context, sitting, name string) (string, error)
	Log  *slog.Logger
	look lookup // nil = the system's
}

// Pool pulls the cameras of all sittings. A camera feeds one sitting at a time.
type Pool struct {
	cfg  Config
	busy []sync.Mutex // by camera

	mu       sync.Mutex
	attended map[string]*sfu.Conference // by sitting
}

// NewPool makes a pool.
func NewPool(cfg Config) *Pool {
	if cfg.look == nil {
		cfg.look = systemLookup
	}
	return &Pool{cfg: cfg, busy: make([]sync.Mutex, len(cfg.Cameras)), attended: map[string]*sfu.Conference{}}
}

// Attend pulls every camera whose hall is on the sitting's list, until the conference or the pool's runner closes. It may be called
// again for the same conference and returns at once.
func (p *Pool) Attend(sitting string, conf *sfu.Conference) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.attended[sitting] == conf {
		return
	}
	p.attended[sitting] = conf
	for i := range p.cfg.Cameras {
		attempt := func(ctx context.Context) error { return p.attempt(ctx, i, sitting, conf) }
		p.cfg.Runner.Supervise(context.Background(), "camera of "+p.cfg.Cameras[i].Hall, attempt, nil)
	}
}

// attempt pulls one camera once; nil when there is nothing to pull any more.
func (p *Pool) attempt(ctx context.Context, i int, sitting string, conf *sfu.Conference) error {
	cam := p.cfg.Cameras[i]
	who, err := p.cfg.Hall(ctx, sitting, cam.Hall)
	if errors.Is(err, ErrNoHall) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the hall %s: %w", cam.Hall, err)
	}
	if !p.busy[i].TryLock() {
		return fmt.Errorf("the camera of %s feeds another sitting", cam.Hall)
	}
	defer p.busy[i].Unlock()
	if err := p.pull(ctx, cam, who, conf); !errors.Is(err, sfu.ErrFeedEnd) || ctx.Err() != nil {
		return err
	}
	// Ended by the other side: a sitting that closed takes no empty feed either.
	probe, err := conf.Feed(who)
	if err != nil {
		return nil
	}
	probe.Close()
	return sfu.ErrFed
}

// pull resolves, asks and pulls until the camera, the child or the feed ends. The error is never nil.
func (p *Pool) pull(ctx context.Context, cam Camera, who string, conf *sfu.Conference) (err error) {
	address, err := cam.resolve(ctx, p.cfg.look, p.cfg.Networks)
	if err != nil {
		return err
	}
	g, err := newGuard(address, cam.URL.Scheme == "rtsps", cam.URL.Hostname(), quietTime)
	if err != nil {
		return err
	}
	defer func() {
		if why := g.close(); why != nil && !errors.Is(err, sfu.ErrFeedEnd) {
			err = fmt.Errorf("%w (%w)", err, why)
		}
	}()
	picture, sound, err := p.probe(ctx, cam, cam.through(g.address()))
	if err != nil {
		return err
	}
	outputs, err := plan(p.cfg.Tool, picture, sound)
	if err != nil {
		return err
	}
	streams := make([]sfu.FeedStream, len(outputs))
	for i, o := range outputs {
		streams[i] = o.FeedStream
	}
	feed, err := conf.Feed(who, streams...)
	if err != nil {
		return err
	}
	defer feed.Close()
	return p.run(ctx, cam, cam.through(g.address()), outputs, feed)
}

// probe asks ffprobe what the camera sends.
func (p *Pool) probe(ctx context.Context, cam Camera, address string) (picture, sound *stream, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	var answer bounded
	child, err := p.cfg.Runner.Start(ctx, ffmpeg.Job{
		Name: "ask the camera of " + cam.Hall, Path: p.cfg.Tool.Probe, Args: probeArgs(address), Limits: limits, Out: &answer, Secrets: cam.secrets(),
	})
	if err != nil {
		return nil, nil, err
	}
	if err := child.Wait(); err != nil {
		return nil, nil, err
	}
	if ctx.Err() != nil {
		return nil, nil, fmt.Errorf("ask the camera of %s: %w", cam.Hall, ctx.Err())
	}
	return readStreams(answer.Bytes())
}

// run starts the child and feeds what it writes.
func (p *Pool) run(ctx context.Context, cam Camera, address string, outputs []output, feed *sfu.Feed) error {
	var files []*os.File
	for i := range outputs {
		ours, theirs, err := ffmpeg.PacketPipe()
		if err != nil {
			for _, f := range files {
				f.Close()
			}
			return err
		}
		defer ours.Close()
		outputs[i].ours = ours
		files = append(files, theirs)
	}
	child, err := p.cfg.Runner.Start(ctx, ffmpeg.Job{
		Name: "camera of " + cam.Hall, Path: p.cfg.Tool.Path, Args: pullArgs(address, outputs), Limits: limits, Files: files, Secrets: cam.secrets(),
	})
	if err != nil {
		return err
	}
	p.cfg.Log.Info("a camera feeds its hall", "hall", cam.Hall)
	var readers sync.WaitGroup
	ended := make([]error, len(outputs))
	for i, o := range outputs {
		readers.Go(func() {
			if ended[i] = forward(feed, o); ended[i] != nil {
				go child.Stop() // the runner waits for the child
			}
		})
	}
	readers.Wait()
	child.Stop()
	if err := errors.Join(ended...); err != nil {
		return err
	}
	return errors.Join(child.Wait(), fmt.Errorf("the camera of %s ended", cam.Hall))
}

// forward feeds one output until the child ends (nil) or the feed does.
func forward(feed *sfu.Feed, o output) error {
	buf := make([]byte, maxPacket)
	for {
		n, err := o.ours.Read(buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the child's packets: %w", err)
		}
		if err := feed.Packet(o.Kind, buf[:n]); err != nil {
			return err
		}
	}
}

// bounded keeps the first maxAnswer bytes.
type bounded struct{ bytes.Buffer }

// Write never fails: the rest is dropped, and the answer cannot be read then.
func (b *bounded) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), maxAnswer-b.Len())])
	return len(p), nil
}
