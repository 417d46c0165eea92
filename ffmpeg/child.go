package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Defaults of a job.
const (
	usualGrace = 5 * time.Second
	pipeDelay  = 2 * time.Second // how long pipes are read on after the child ended
)

// Job is one child to start.
type Job struct {
	Name   string   // for logs: which work this is, never a secret
	Path   string   // program, absolute: Tool.Path or Tool.Probe
	Args   []string // its arguments; FirstFile names the descriptor of Files[0]
	Dir    string   // working folder; "" = /
	Limits Limits
	Grace  time.Duration // between SIGTERM and SIGKILL; 0 = 5 s

	Files    []*os.File     // given to the child as descriptors 3, 4, …; Start closes our ends of them
	Out      io.Writer      // standard output, nil = discarded; its writes must not block for long
	Progress func(Progress) // called from one goroutine for each report; nil = none is asked for
	Secrets  []string       // hidden in Tail and errors
}

// FirstFile is the descriptor of the first of Job.Files in the child.
const FirstFile = 3

// Child is a running or ended ffmpeg.
type Child struct {
	r        *Runner
	job      Job
	words    tail
	isolated bool
	stop     context.CancelFunc
	done     chan struct{}

	mu  sync.Mutex // held while signalling and reaping: a signal never meets a number that was reaped
	pid int        // 0 = reaped

	err error // valid after done
}

// Start starts the job. The child is stopped when ctx ends, by Stop, or by the runner's Close. Start closes Job.Files in
// every case.
func (r *Runner) Start(ctx context.Context, job Job) (*Child, error) {
	if job.Grace == 0 {
		job.Grace = usualGrace
	}
	if job.Dir == "" {
		job.Dir = "/"
	}
	c := &Child{r: r, job: job, words: tail{secrets: job.Secrets}, done: make(chan struct{})}
	if !r.enter() {
		closeFiles(job.Files)
		return nil, ErrClosed
	}
	ctx, c.stop = context.WithCancel(ctx)
	unhook := context.AfterFunc(r.ctx, c.stop)
	started := make(chan error, 1)
	go func() {
		defer r.wg.Done()
		defer c.stop()
		defer unhook()
		c.live(ctx, started)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", job.Name, err)
	}
	return c, nil
}

// live starts the child and stays on its thread until it is reaped: the child dies with the thread that started it.
func (c *Child) live(ctx context.Context, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd, reports, err := c.begin()
	closeFiles(c.job.Files)
	if err != nil {
		c.r.failed.Add(1)
		started <- err
		return
	}
	c.r.started.Add(1)
	c.r.mu.Lock()
	c.r.children[c] = struct{}{}
	c.r.mu.Unlock()
	c.r.log.Debug("child started", "job", c.job.Name, "pid", c.pid, "isolated", c.isolated)
	started <- nil

	var side sync.WaitGroup
	ended := make(chan struct{})
	side.Go(func() { c.watch(ctx, ended) })
	if reports != nil {
		side.Go(func() { readProgress(reports, c.job.Progress) })
	}
	waitErr := waitEnd(c.pid)
	c.mu.Lock()
	killErr := signalGroup(c.pid, syscall.SIGKILL) // whatever it left behind
	err = cmd.Wait()
	c.pid = 0
	c.mu.Unlock()
	close(ended)
	if reports != nil {
		reports.Close()
	}
	side.Wait()
	c.finish(errors.Join(waitErr, killErr), err, ctx.Err() != nil)
}

// begin starts the process with its limits; reports is the reading end of the progress pipe.
func (c *Child) begin() (cmd *exec.Cmd, reports *os.File, err error) {
	args, files := c.job.Args, c.job.Files
	var w *os.File
	if c.job.Progress != nil {
		if reports, w, err = os.Pipe(); err != nil {
			return nil, nil, err
		}
		defer w.Close()
		args = append([]string{"-progress", fmt.Sprintf("pipe:%d", FirstFile+len(files)), "-nostats"}, args...)
		files = append(append([]*os.File(nil), files...), w)
	}
	build := func() *exec.Cmd {
		cmd := exec.Command(c.job.Path, args...)
		cmd.Env = []string{}
		cmd.Dir, cmd.ExtraFiles, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = c.job.Dir, files, c.job.Out, &c.words, pipeDelay
		return cmd
	}
	if cmd, c.isolated, err = startProcess(build, c.job.Limits); err != nil {
		if reports != nil {
			reports.Close()
		}
		return nil, nil, err
	}
	c.pid = cmd.Process.Pid
	return cmd, reports, nil
}

// watch asks the child to end when ctx does, and kills it after the grace.
func (c *Child) watch(ctx context.Context, ended <-chan struct{}) {
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	c.signal(syscall.SIGTERM)
	grace := time.NewTimer(c.job.Grace)
	defer grace.Stop()
	select {
	case <-ended:
	case <-grace.C:
		c.r.killed.Add(1)
		c.signal(syscall.SIGKILL)
	}
}

// signal reaches the child's whole group while the child is not reaped.
func (c *Child) signal(sig syscall.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pid == 0 {
		return
	}
	if err := signalGroup(c.pid, sig); err != nil {
		c.r.log.Error("stop a child", "job", c.job.Name, "error", err)
	}
}

// finish settles the child's error and lets go of it.
func (c *Child) finish(system, exit error, asked bool) {
	if exit != nil && !asked {
		exit = fmt.Errorf("%s: %w: %s", c.job.Name, exit, lastLine(c.words.String()))
	} else {
		exit = nil // ended well, or as it was told
	}
	if c.err = errors.Join(system, exit); c.err != nil {
		c.r.failed.Add(1)
	}
	c.r.mu.Lock()
	delete(c.r.children, c)
	c.r.mu.Unlock()
	c.r.log.Debug("child ended", "job", c.job.Name, "error", c.err)
	close(c.done)
}

// Stop asks the child to end (SIGTERM: ffmpeg finishes its files), kills it after the grace, and waits.
func (c *Child) Stop() {
	c.stop()
	<-c.done
}

// Wait waits for the end. The error is nil when the child ended with status 0 or was told to stop; otherwise it quotes the
// child's last line.
func (c *Child) Wait() error {
	<-c.done
	return c.err
}

// Done is closed when the child ended and was reaped.
func (c *Child) Done() <-chan struct{} { return c.done }

// Tail is the end of what the child wrote to standard error, at most 8 KiB, without Job.Secrets.
func (c *Child) Tail() string { return c.words.String() }

// Isolated tells whether the child runs in an empty network.
func (c *Child) Isolated() bool { return c.isolated }

func closeFiles(files []*os.File) {
	for _, f := range files {
		_ = f.Close() // the child has its own descriptor
	}
}
