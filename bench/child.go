//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const patience = 30 * time.Second

// request and reply are lines of JSON between the measuring process and its server.
type request struct {
	ID        int
	Do        string // offer, usage, zap, profile, profiled
	Turn      int    // of zap
	Who       string
	Publish   bool // the offer is of a publisher
	Member    bool // the person watches as a member, else as audience
	Offer     string
	PublishBy []string // persons whose gates are open
}

type reply struct {
	ID     int
	SDP    string
	Err    string
	Usage  usage
	Shares []share
}

// usage is what a server process has used since its start: CPU in seconds, user and system; resident memory in bytes.
type usage struct {
	CPU     float64
	RSS     uint64
	Mallocs uint64
}

// server answers offers; it lives in a child process.
type server interface {
	answer(ctx context.Context, q request) (string, error)
	zap(turn int) // half of the viewers watch large, half small; which half changes with the turn
	close()
}

// child is a server in a process of its own.
type child struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	done chan struct{}
	mu   sync.Mutex
	enc  *json.Encoder
	next int
	wait map[int]chan reply
}

var errGone = errors.New("the server process ended")

// startChild runs this program again as the server called name.
func startChild(name string) (*child, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(exe, "-serve", name), done: make(chan struct{}), wait: map[int]chan reply{}}
	c.cmd.Stderr = os.Stderr
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.enc = json.NewEncoder(c.in)
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go c.read(out)
	return c, nil
}

func (c *child) read(out io.Reader) {
	defer close(c.done)
	dec := json.NewDecoder(bufio.NewReader(out))
	for {
		var r reply
		if dec.Decode(&r) != nil {
			return
		}
		c.mu.Lock()
		ch := c.wait[r.ID]
		delete(c.wait, r.ID)
		c.mu.Unlock()
		if ch != nil {
			ch <- r
		}
	}
}

func (c *child) call(ctx context.Context, q request) (reply, error) {
	ch := make(chan reply, 1)
	c.mu.Lock()
	c.next++
	q.ID = c.next
	c.wait[q.ID] = ch
	err := c.enc.Encode(q)
	c.mu.Unlock()
	if err != nil {
		return reply{}, err
	}
	select {
	case r := <-ch:
		if r.Err != "" {
			return r, errors.New(r.Err)
		}
		return r, nil
	case <-ctx.Done():
		return reply{}, ctx.Err()
	case <-c.done:
		return reply{}, errGone
	}
}

func (c *child) usage(ctx context.Context) (usage, error) {
	r, err := c.call(ctx, request{Do: "usage"})
	return r.Usage, err
}

// stop ends the process by closing its input, and waits for it.
func (c *child) stop() error {
	_ = c.in.Close()
	<-c.done
	return c.cmd.Wait()
}

// serve obeys the lines of in until they end.
func serve(name string, in io.Reader, out io.Writer) error {
	var s server
	var err error
	switch name {
	case "ours":
		s, err = newOurs()
	case "control":
		s, err = newControl()
	default:
		err = fmt.Errorf("no server is called %q", name)
	}
	if err != nil {
		return err
	}
	defer s.close()
	var mu sync.Mutex
	enc := json.NewEncoder(out)
	dec := json.NewDecoder(bufio.NewReader(in))
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		var q request
		if dec.Decode(&q) != nil {
			return nil
		}
		wg.Go(func() {
			r := obey(s, q)
			mu.Lock()
			defer mu.Unlock()
			_ = enc.Encode(r)
		})
	}
}

// obey does what one line asks for.
func obey(s server, q request) reply {
	r := reply{ID: q.ID}
	var err error
	switch q.Do {
	case "usage":
		r.Usage = ownUsage()
	case "zap":
		s.zap(q.Turn)
	case "profile":
		err = startProfile()
	case "profiled":
		r.Shares, err = endProfile()
	default:
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		r.SDP, err = s.answer(ctx, q)
	}
	if err != nil {
		r.Err = err.Error()
	}
	return r
}

func ownUsage() usage {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := usage{Mallocs: m.Mallocs, RSS: resident()}
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) == nil {
		u.CPU = float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
	}
	return u
}

// resident is the memory that the system says this process holds.
func resident() uint64 {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(raw), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			n, _ := strconv.ParseUint(f[1], 10, 64)
			return n << 10
		}
	}
	return 0
}

// cpuTimes are the machine's ticks, all and idle.
type cpuTimes struct{ all, idle uint64 }

// machineCPU reads the first line of /proc/stat.
func machineCPU() (c cpuTimes) {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return c
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	for i, f := range strings.Fields(line) {
		n, err := strconv.ParseUint(f, 10, 64)
		if err != nil || i > 8 { // guest time is part of user time
			continue
		}
		c.all += n
		if i == 4 || i == 5 { // idle, waiting for disks
			c.idle += n
		}
	}
	return c
}

// idleSince gives the idle share of the machine in percent since an earlier reading.
func (c cpuTimes) idleSince(old cpuTimes) float64 {
	if c.all == old.all {
		return 0
	}
	return 100 * float64(c.idle-old.idle) / float64(c.all-old.all)
}
