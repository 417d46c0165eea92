//go:build linux

package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nghitruong/load"
)

// caller is a person with sound: one connection to hear, and for some one to speak; both are made anew at each welcome until they
// stand, for ever.
type caller struct {
	p      *Person
	crowd  *load.Crowd
	speaks bool

	mu       sync.Mutex
	gen      int
	welcomed time.Time // last welcome
	ears     *load.Person
	mouth    *load.Person
}

func (c *caller) attend(ctx context.Context) {
	c.mu.Lock()
	c.welcomed = time.Now()
	old := []*load.Person{c.ears, c.mouth}
	c.ears, c.mouth = nil, nil
	c.mu.Unlock()
	for _, p := range old {
		if p != nil {
			p.Close()
		}
	}
	var both sync.WaitGroup
	both.Go(func() {
		c.insist(ctx, "sub", &c.ears, func(ctx context.Context, p *load.Person) error {
			_, err := p.Listen(ctx, 4, 9) // the lines of a member
			return err
		})
	})
	if c.speaks {
		both.Go(func() {
			c.insist(ctx, "pub", &c.mouth, func(ctx context.Context, p *load.Person) error {
				_, err := p.Publish(ctx, load.Camera{Off: true})
				return err
			})
		})
	}
	both.Wait()
}

// insist makes a connection until one stands.
func (c *caller) insist(ctx context.Context, pc string, at **load.Person, connect func(context.Context, *load.Person) error) {
	for wait := 250 * time.Millisecond; ctx.Err() == nil; wait = min(5*time.Second, 2*wait) {
		p, err := c.crowd.NewPerson(func(ctx context.Context, sdp string) (string, error) { return c.offer(ctx, pc, sdp) })
		if err != nil {
			return // no descriptor: the test fails for want of sound
		}
		try, cancel := context.WithTimeout(ctx, 20*time.Second)
		err = connect(try, p)
		cancel()
		if err == nil {
			c.mu.Lock()
			*at = p
			c.mu.Unlock()
			return
		}
		p.Close()
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

func (c *caller) offer(ctx context.Context, pc, sdp string) (string, error) {
	c.mu.Lock()
	c.gen++
	gen := c.gen
	c.mu.Unlock()
	raw, err := c.p.Ask(ctx, "media.offer", map[string]any{"pc": pc, "gen": gen, "profile": "member", "sdp": sdp})
	if err != nil {
		return "", err
	}
	var m struct{ SDP, Code string }
	if err := json.Unmarshal(raw, &m); err != nil || m.SDP == "" {
		return "", errors.Join(err, errors.New("lab: offer refused: "+m.Code))
	}
	return m.SDP, nil
}

// backSince says when the caller was welcomed and heard again after an instant; false = not yet.
func (c *caller) backSince(cut time.Time) (welcome, sound time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ears == nil || !c.welcomed.After(cut) {
		return welcome, sound, false
	}
	sound, ok = c.ears.Heard()
	return c.welcomed, sound, ok && sound.After(cut)
}

// TestTortureRestart kills the server under a meeting with sound and starts it again: everybody is back within the promise. The control
// switches the staged return off: everybody comes at once, and nothing bounds the handshakes.
func TestTortureRestart(t *testing.T) {
	if os.Getenv("TORTURE") == "" {
		restart(t, 12, 4, true) // the whole way, small: no time is promised on a busy machine
		return
	}
	few := restart(t, 30, 10, true)
	many := restart(t, 200, 30, true)
	control := restart(t, 200, 30, false)
	for _, b := range []struct {
		what       string
		have, most time.Duration
	}{
		{"30 people: sound p95", few.sound95, 2 * time.Second},
		{"200 people: welcome p95", many.welcome95, 3 * time.Second},
		{"200 people: sound p95", many.sound95, 5 * time.Second},
		{"200 people: sound max", many.soundMax, 10 * time.Second},
	} {
		if b.have > b.most {
			t.Errorf("%s %v, promised %v", b.what, b.have, b.most)
		}
	}
	t.Logf("control without staging: welcome p95 %v, sound p95 %v, max %v", control.welcome95, control.sound95, control.soundMax)
}

type returned struct{ welcome95, sound95, soundMax time.Duration }

// restart gives how long people needed from the kill, the server's start included.
func restart(t *testing.T, people, speakers int, staged bool) returned {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	binary, err := Build(ctx, filepath.Join("..", ".."), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--limits-people", strconv.Itoa(2 * people), "--limits-reserve", "0"}
	if !staged {
		args = append(args, "--limits-connections", "-1")
	}
	server, err := Serve(ctx, binary, t.TempDir(), args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { server.Stop(syscall.SIGTERM) }()
	callers, leave := assemble(ctx, t, server, people, speakers, staged)
	defer leave()

	cut, own := time.Now(), processorTime(t, os.Getpid())
	server.Stop(syscall.SIGKILL)
	if err := server.Start(ctx); err != nil {
		t.Fatal(err)
	}
	ready := time.Since(cut)
	var welcomes, sounds []time.Duration
	for _, c := range callers {
		welcome, sound := c.awaitSound(ctx, t, cut)
		welcomes, sounds = append(welcomes, welcome.Sub(cut)), append(sounds, sound.Sub(cut))
	}
	t.Logf("processor time until then: the server %v, those who play the people %v", processorTime(t, server.cmd.Process.Pid), processorTime(t, os.Getpid())-own)
	slices.Sort(welcomes)
	slices.Sort(sounds)
	p := func(all []time.Duration, q int) time.Duration {
		return all[min(len(all)-1, len(all)*q/100)].Round(time.Millisecond)
	}
	t.Logf("%d people, %d speak, staged %v: ready after %v; welcome p50 %v p95 %v max %v; sound p50 %v p95 %v max %v; back %d of %d",
		people, speakers, staged, ready.Round(time.Millisecond), p(welcomes, 50), p(welcomes, 95), p(welcomes, 100), p(sounds, 50), p(sounds, 95), p(sounds, 100),
		len(sounds), people)
	return returned{p(welcomes, 95), p(sounds, 95), p(sounds, 100)}
}

// processorTime is what a process used so far, in user and kernel mode (proc(5), in ticks of 10 ms).
func processorTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	user, err := strconv.Atoi(fields[11])
	kernel, err2 := strconv.Atoi(fields[12])
	if err != nil || err2 != nil {
		t.Fatalf("cannot read %q", raw)
	}
	return time.Duration(user+kernel) * 10 * time.Millisecond
}

// assemble opens a sitting whose microphones are open and waits until everybody hears.
func assemble(ctx context.Context, t *testing.T, server *Server, people, speakers int, staged bool) ([]*caller, func()) {
	t.Helper()
	office, err := Setup(ctx, server, "HĐND xã Đông Cuông")
	if err != nil {
		t.Fatal(err)
	}
	sitting, err := Publish(ctx, office, people)
	if err != nil {
		t.Fatal(err)
	}
	crowd := load.NewCrowd()
	persons := joinAll(ctx, t, server.Base, sitting)
	must(ctx, t, persons[0], "sitting.open", nil)
	must(ctx, t, persons[0], "gate.set", map[string]any{"policy": "open"})
	begun := time.Now()
	var callers []*caller
	for i, p := range persons {
		c := &caller{p: p, crowd: crowd, speaks: i < speakers}
		p.meet(!staged, c.attend)
		callers = append(callers, c)
	}
	for _, c := range callers {
		c.awaitSound(ctx, t, begun)
	}
	return callers, func() {
		for _, p := range persons {
			p.Leave()
		}
		crowd.Close()
	}
}

// meet sets what happens at each welcome and breaks the socket, so that it happens now.
func (p *Person) meet(rush bool, attend func(context.Context)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Rush, p.OnWelcome = rush, attend
	p.conn.Close()
}

func (c *caller) awaitSound(ctx context.Context, t *testing.T, since time.Time) (welcome, sound time.Time) {
	t.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		if welcome, sound, ok := c.backSince(since); ok {
			return welcome, sound
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatalf("%s hears nothing", c.p.Link.Name)
		}
	}
}
