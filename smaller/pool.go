// Package smaller makes small pictures of sources that send only a large one.
//
// Encoders and cameras send one size, megabits a second, and a weak line cannot carry it. One ffmpeg child for each such source
// decodes it and encodes 360 lines anew; they become the source's lowest layer, which weak viewers are given as they are given a
// browser's. The large picture never passes the child: when the child dies, the small one is gone for a while and nothing else.
package smaller

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"nghitruong/ffmpeg"
	"nghitruong/sfu"
)

const (
	lookEvery  = time.Second
	childCores = 15 // nice: the sitting's packets come first
)

// limits bound the children: they parse what an encoder sends.
var limits = ffmpeg.Limits{Memory: 1 << 30, FileSize: 1 << 20, Files: 64, Nice: childCores, NoNetwork: true}

// Config is what a pool needs.
type Config struct {
	Most   int // children at once, of all sittings; 0 = small pictures are off
	Tool   *ffmpeg.Tool
	Runner *ffmpeg.Runner
	Log    *slog.Logger
}

// Pool makes the small pictures of all sittings.
type Pool struct {
	cfg    Config
	places chan struct{} // one for each child
	every  time.Duration

	mu       sync.Mutex
	attended map[string]*sfu.Conference // by sitting
}

// NewPool makes a pool.
func NewPool(cfg Config) *Pool {
	return &Pool{cfg: cfg, places: make(chan struct{}, cfg.Most), every: lookEvery, attended: map[string]*sfu.Conference{}}
}

// Attend serves a sitting until its conference or the pool's runner closes. It may be called again for the same conference and
// returns at once.
func (p *Pool) Attend(sitting string, conf *sfu.Conference) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cfg.Most == 0 || p.attended[sitting] == conf {
		return
	}
	p.attended[sitting] = conf
	p.cfg.Runner.Supervise(context.Background(), "small pictures", func(ctx context.Context) error { return p.watch(ctx, sitting, conf) }, nil)
}

// watch starts a child for each lone picture while there are places; nil when the conference has closed.
func (p *Pool) watch(ctx context.Context, sitting string, conf *sfu.Conference) error {
	made := map[uint32]<-chan struct{}{} // by source: closes when its supervision ended
	look := time.NewTicker(p.every)
	defer look.Stop()
	for {
		lone, open := conf.Lone()
		if !open {
			p.forget(sitting, conf)
			return nil
		}
		for _, l := range lone {
			if done := made[l.Src]; done == nil || ended(done) {
				if done = p.begin(ctx, conf, l); done != nil {
					made[l.Src] = done
				}
			}
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *Pool) forget(sitting string, conf *sfu.Conference) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.attended[sitting] == conf {
		delete(p.attended, sitting)
	}
}

func ended(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// begin supervises the child of one picture; nil when every place is taken.
func (p *Pool) begin(ctx context.Context, conf *sfu.Conference, l sfu.Lone) <-chan struct{} {
	select {
	case p.places <- struct{}{}:
	default:
		return nil
	}
	p.cfg.Log.Info("a small picture is made", "source", l.Src, "w", l.W, "h", l.H)
	done := p.cfg.Runner.Supervise(ctx, "small picture", func(ctx context.Context) error { return p.attempt(ctx, conf, l) }, nil)
	freed := make(chan struct{})
	go func() {
		defer close(freed)
		<-done
		<-p.places
	}()
	return freed
}

// attempt makes one child's small picture; nil when there is nothing to make any more.
func (p *Pool) attempt(ctx context.Context, conf *sfu.Conference, l sfu.Lone) error {
	ssrc := 1 + rand.Uint32N(1<<31-1) // ffmpeg takes it as a positive int
	in := newIntake()
	feed, err := conf.Shrink(l.Src, ssrc, in.show)
	if err != nil {
		return nil // it left, it has more layers now, or the sitting closed
	}
	defer feed.Close()
	err = p.shrink(ctx, ssrc, in, feed.Lives, func(raw []byte) error { return feed.Packet(sfu.KindCam, raw) })
	if errors.Is(err, sfu.ErrFeedEnd) {
		return nil
	}
	return err
}

// shrink runs one child until it or the picture ends. The error is never nil.
func (p *Pool) shrink(ctx context.Context, ssrc uint32, in *intake, lives func() bool, out func(raw []byte) error) error {
	child, err := p.start(ctx, ssrc)
	if err != nil {
		return err
	}
	defer child.close()
	var sides sync.WaitGroup
	var fault [2]error
	sides.Go(func() {
		fault[0] = in.carry(child.input, lives)
		child.stop()
	})
	sides.Go(func() {
		fault[1] = child.carry(out)
		child.stop()
		in.close()
	})
	sides.Wait()
	return errors.Join(fault[0], fault[1], child.Wait(), errors.New("the child of a small picture ended"))
}
