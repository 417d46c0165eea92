//go:build unix

package sfu

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// childEnv tells a process of this test binary that it is the server of a measurement.
const childEnv = "NGHITRUONG_SFU_CHILD"

func init() {
	if os.Getenv(childEnv) != "" {
		childMain = func() int { return serveChild(os.Stdin, os.Stdout) }
	}
}

// request and reply are lines of JSON between the measuring process and its server.
type request struct {
	ID    int
	Do    string // join, offer, direct, usage
	Who   string
	Offer *Offer   `json:",omitempty"`
	All   []string `json:",omitempty"` // persons whose gates are open
	GC    bool     // collect garbage before telling the usage
}

type reply struct {
	ID    int
	SDP   string
	Err   string
	Usage usage
}

// usage is what a server process has used since its start: CPU in seconds, user and system; memory in bytes.
type usage struct {
	CPU                   float64
	RSS, Live             uint64
	Mallocs               uint64
	InPackets, OutPackets uint64
	Dropped               [dropReasons]uint64
}

// childServer is a server in a process of its own.
type childServer struct {
	tb   testing.TB
	cmd  *exec.Cmd
	in   io.WriteCloser
	enc  *json.Encoder
	once sync.Once
	done chan struct{}
	pending
}

// startChildServer runs this test binary again as a server.
func startChildServer(tb testing.TB) *childServer {
	tb.Helper()
	exe, err := os.Executable()
	must(tb, err)
	c := &childServer{tb: tb, cmd: exec.Command(exe), done: make(chan struct{}), pending: pending{wait: map[int]chan reply{}}}
	c.cmd.Env = append(os.Environ(), childEnv+"=1")
	c.cmd.Stderr = os.Stderr
	c.in, err = c.cmd.StdinPipe()
	must(tb, err)
	out, err := c.cmd.StdoutPipe()
	must(tb, err)
	c.enc = json.NewEncoder(c.in)
	must(tb, c.cmd.Start())
	go c.read(out)
	tb.Cleanup(c.stop)
	return c
}

func (c *childServer) read(out io.Reader) {
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

// ask sends a request and waits for its reply.
func (c *childServer) ask(ctx context.Context, q request) (reply, error) {
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
		return reply{}, errChildGone
	}
}

// call asks and fails the measurement on an error.
func (c *childServer) call(q request) reply {
	c.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := c.ask(ctx, q)
	must(c.tb, err)
	return r
}

func (c *childServer) answer(ctx context.Context, q request) (string, error) {
	r, err := c.ask(ctx, q)
	return r.SDP, err
}

// stop ends the process by closing its input, and waits for it.
func (c *childServer) stop() {
	c.once.Do(func() {
		_ = c.in.Close()
		<-c.done
		if err := c.cmd.Wait(); err != nil {
			c.tb.Errorf("server process: %v", err)
		}
	})
}

// serveChild is the server process: it obeys the lines of in until they end.
func serveChild(in io.Reader, out io.Writer) int {
	s, err := NewServer(Config{Listen: netip.MustParseAddr("127.0.0.1"), TCPPort: -1})
	if err != nil {
		return 1
	}
	h := &childHandler{s: s, conf: s.Conference("sitting"), peers: map[string]*Peer{}, enc: json.NewEncoder(out)}
	dec := json.NewDecoder(bufio.NewReader(in))
	var wg sync.WaitGroup
	for {
		var q request
		if dec.Decode(&q) != nil {
			break
		}
		if q.Do == "offer" { // may take a while
			wg.Go(func() { h.handle(q) })
			continue
		}
		h.handle(q)
	}
	wg.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if s.Close(ctx) != nil {
		return 1
	}
	return 0
}

type childHandler struct {
	s     *Server
	conf  *Conference
	mu    sync.Mutex
	peers map[string]*Peer
	enc   *json.Encoder
}

func (h *childHandler) handle(q request) {
	r := reply{ID: q.ID}
	switch q.Do {
	case "join":
		p := h.conf.Join(Participant{ID: q.Who, Profile: ProfileMember}, newSink())
		h.mu.Lock()
		h.peers[q.Who] = p
		h.mu.Unlock()
	case "offer":
		h.mu.Lock()
		p := h.peers[q.Who]
		h.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		var err error
		if r.SDP, err = p.Answer(ctx, *q.Offer); err != nil {
			r.Err = err.Error()
		}
	case "direct":
		d := allOpen(q.All...)
		d.Stage = q.Who
		h.conf.Direct(d)
	case "usage":
		if q.GC {
			runtime.GC()
		}
		r.Usage = h.usage()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	_ = h.enc.Encode(r)
}

func (h *childHandler) usage() usage {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := usage{
		CPU: ownCPU(), RSS: resident(), Live: m.HeapAlloc + m.StackInuse, Mallocs: m.Mallocs,
		InPackets: h.s.metrics.inPackets.Load(), OutPackets: h.s.metrics.outPackets.Load(),
	}
	for i := range u.Dropped {
		u.Dropped[i] = h.s.metrics.dropped[i].Load()
	}
	return u
}

// ownCPU is the processor time of this process in seconds, user and system.
func ownCPU() float64 {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}

// resident is the memory that the system says this process holds, 0 where it does not tell.
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
