package sfu

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// relay is a UDP path between one client and the server. Towards the client it has a rate, a queue that drops at its
// tail, and random loss; towards the server it is free.
type relay struct {
	front *net.UDPConn // the client sends here
	back  *net.UDPConn // the server's peer

	rate  atomic.Int64  // bit/s, 0 = free
	loss  atomic.Uint32 // per mille
	delay atomic.Int64  // ns, of each packet
	shake atomic.Int64  // ns, at most this more or less delay: packets overtake each other
	depth time.Duration // of the queue at the rate

	mu     sync.Mutex
	client netip.AddrPort
	queue  [][]byte
	queued int // bytes
	wake   chan struct{}
	quit   chan struct{}
	wg     sync.WaitGroup

	passed, tail, lost atomic.Uint64 // packets towards the client: delivered, dropped by the queue, lost
}

// newRelay makes a free path to server; depth bounds the queue once a rate is set.
func newRelay(t testing.TB, server netip.AddrPort, depth time.Duration) *relay {
	t.Helper()
	r := &relay{depth: depth, wake: make(chan struct{}, 1), quit: make(chan struct{})}
	var err error
	r.front, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	r.back, err = net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(server))
	must(t, err)
	for _, c := range []*net.UDPConn{r.front, r.back} {
		must(t, c.SetReadBuffer(1<<20))
	}
	r.wg.Go(r.up)
	r.wg.Go(r.down)
	r.wg.Go(r.drain)
	t.Cleanup(r.close)
	return r
}

func (r *relay) close() {
	close(r.quit)
	_ = r.front.Close()
	_ = r.back.Close()
	r.wg.Wait()
}

// through rewrites the candidates of an answer, so that the client knows only the relay.
func (r *relay) through(answer string) string {
	var out []string
	for _, line := range strings.Split(answer, "\r\n") {
		if f := strings.Fields(line); strings.HasPrefix(line, "a=candidate:") {
			if !strings.EqualFold(f[2], "udp") {
				continue
			}
			f[5] = strconv.Itoa(r.front.LocalAddr().(*net.UDPAddr).Port)
			line = strings.Join(f, " ")
		}
		out = append(out, line)
	}
	return strings.Join(out, "\r\n")
}

func (r *relay) up() {
	buf := make([]byte, 2048)
	for {
		n, from, err := r.front.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		r.mu.Lock()
		r.client = from
		r.mu.Unlock()
		_, _ = r.back.Write(buf[:n])
	}
}

func (r *relay) down() {
	chance := rand.New(rand.NewPCG(1, 2))
	buf := make([]byte, 2048)
	for {
		n, err := r.back.Read(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if chance.Uint32N(1000) < r.loss.Load() {
			r.lost.Add(1)
			continue
		}
		late := time.Duration(r.delay.Load())
		if shake := r.shake.Load(); shake > 0 {
			late += time.Duration(chance.Int64N(2*shake) - shake)
		}
		if late > 0 {
			b := append([]byte(nil), buf[:n]...)
			time.AfterFunc(late, func() { r.enqueue(b) })
			continue
		}
		r.enqueue(buf[:n])
	}
}

// enqueue gives a packet to the drain, or drops it when the queue is full.
func (r *relay) enqueue(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if rate := r.rate.Load(); rate > 0 && r.queued+len(b) > int(rate/8*int64(r.depth)/int64(time.Second)) {
		r.tail.Add(1)
		return
	}
	r.queue = append(r.queue, append([]byte(nil), b...))
	r.queued += len(b)
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// drain sends the queue's packets, each when the line has had time for those before it.
func (r *relay) drain() {
	free := time.Now() // when the line is idle again
	for {
		r.mu.Lock()
		var b []byte
		if len(r.queue) > 0 {
			b = r.queue[0]
			r.queue = r.queue[1:]
			r.queued -= len(b)
		}
		client := r.client
		r.mu.Unlock()
		if b == nil {
			select {
			case <-r.wake:
				if now := time.Now(); free.Before(now) {
					free = now
				}
				continue
			case <-r.quit:
				return
			}
		}
		if rate := r.rate.Load(); rate > 0 {
			free = free.Add(time.Duration(int64(len(b)) * 8 * int64(time.Second) / rate))
			select {
			case <-time.After(time.Until(free)):
			case <-r.quit:
				return
			}
		}
		_, _ = r.front.WriteToUDPAddrPort(b, client)
		r.passed.Add(1)
	}
}
