package cameras

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	quietTime = 10 * time.Second // without a byte of the camera before its connection is given up
	dialTime  = 5 * time.Second
	maxHeader = 16 << 10  // bytes of a message's header
	maxBody   = 256 << 10 // bytes of a message's body: SDP
)

// errRedirect says that a camera tried to send the child elsewhere.
var errRedirect = errors.New("the camera leads to another address, which is not followed")

// guard stands between a child and its camera: the child talks to a loopback port, the guard to the one address that was
// checked. It passes the camera's answers on message by message and ends the connection at a redirect (RFC 2326 section 11.3,
// which ffmpeg would follow to any host) and at anything that is not RTSP. TLS ends here.
type guard struct {
	listener net.Listener
	camera   netip.AddrPort
	tls      *tls.Config // nil for rtsp
	quiet    time.Duration

	wg     sync.WaitGroup
	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]struct{}
	why    error // why the last connection was cut, nil when it just ended
}

// newGuard opens a guard for one camera; host is the name that its certificate is asked for, quiet how long it may say nothing.
func newGuard(camera netip.AddrPort, secure bool, host string, quiet time.Duration) (*guard, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a port for the camera: %w", err)
	}
	g := &guard{listener: l, camera: camera, quiet: quiet, conns: map[net.Conn]struct{}{}}
	if secure {
		// Cameras carry certificates of their own making: the line is encrypted, the address was checked.
		g.tls = &tls.Config{ServerName: host, InsecureSkipVerify: true}
	}
	g.wg.Go(g.accept)
	return g, nil
}

// address is where the child finds the camera.
func (g *guard) address() netip.AddrPort {
	a, _ := netip.ParseAddrPort(g.listener.Addr().String())
	return a
}

// close ends every connection and waits. It gives the reason of the last cut.
func (g *guard) close() error {
	g.mu.Lock()
	g.closed = true
	for c := range g.conns {
		c.Close()
	}
	g.mu.Unlock()
	g.listener.Close()
	g.wg.Wait()
	return g.why
}

// enter keeps a connection for close; false when it is too late.
func (g *guard) enter(c net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		c.Close()
		return false
	}
	g.conns[c] = struct{}{}
	return true
}

func (g *guard) leave(c net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
	c.Close()
}

func (g *guard) accept() {
	for {
		child, err := g.listener.Accept()
		if err != nil {
			return
		}
		if g.enter(child) {
			g.wg.Go(func() { g.serve(child) })
		}
	}
}

// serve joins one connection of the child to the camera.
func (g *guard) serve(child net.Conn) {
	defer g.leave(child)
	ctx, cancel := context.WithTimeout(context.Background(), dialTime)
	defer cancel()
	camera, err := (&net.Dialer{}).DialContext(ctx, "tcp", g.camera.String())
	if err == nil && g.tls != nil {
		secure := tls.Client(camera, g.tls)
		if err = secure.HandshakeContext(ctx); err != nil {
			camera.Close()
		}
		camera = secure
	}
	if err != nil {
		g.cut(fmt.Errorf("reach the camera: %w", err))
		return
	}
	if !g.enter(camera) {
		return
	}
	defer g.leave(camera)
	var up sync.WaitGroup
	up.Go(func() {
		_, _ = io.Copy(camera, child) // ends with either side
		camera.Close()
	})
	err = g.pass(child, camera)
	child.Close()
	up.Wait()
	if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		g.cut(err)
	}
}

func (g *guard) cut(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.why = err
}

// pass forwards what the camera says until it ends: interleaved packets ("$", channel, length; RFC 2326 section 10.12) and
// messages.
func (g *guard) pass(child io.Writer, camera net.Conn) error {
	in := bufio.NewReaderSize(camera, 64<<10)
	for {
		if err := camera.SetReadDeadline(time.Now().Add(g.quiet)); err != nil {
			return err
		}
		first, err := in.Peek(1)
		if err != nil {
			return err
		}
		if first[0] == '$' {
			err = passPacket(child, in)
		} else {
			err = passMessage(child, in)
		}
		if err != nil {
			return err
		}
	}
}

func passPacket(out io.Writer, in *bufio.Reader) error {
	head, err := in.Peek(4)
	if err != nil {
		return err
	}
	_, err = io.CopyN(out, in, 4+int64(head[2])<<8+int64(head[3]))
	return err
}

// passMessage forwards one answer, or one request of the camera, with its body.
func passMessage(out io.Writer, in *bufio.Reader) error {
	var head strings.Builder
	length := int64(0)
	for line := ""; line != "\r\n" && line != "\n"; {
		raw, err := in.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("the camera does not speak RTSP: %w", err)
		}
		line = string(raw)
		if head.Len() == 0 {
			if err := checkFirst(line); err != nil {
				return err
			}
		}
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(strings.TrimSpace(name), "Content-Length") {
			if length, err = strconv.ParseInt(strings.TrimSpace(value), 10, 64); err != nil || length < 0 || length > maxBody {
				return errors.New("the camera's answer has no good length")
			}
		}
		if head.WriteString(line); head.Len() > maxHeader {
			return errors.New("the camera's answer is too long")
		}
	}
	if _, err := io.WriteString(out, head.String()); err != nil {
		return err
	}
	_, err := io.CopyN(out, in, length)
	return err
}

// checkFirst refuses redirects: an answer 3xx, and the request REDIRECT (RFC 2326 section 10.10).
func checkFirst(line string) error {
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return errors.New("the camera does not speak RTSP")
	}
	if !strings.HasPrefix(fields[0], "RTSP/") {
		if fields[0] == "REDIRECT" {
			return errRedirect
		}
		if len(fields) != 3 || !strings.HasPrefix(fields[2], "RTSP/") {
			return errors.New("the camera does not speak RTSP")
		}
		return nil
	}
	status, err := strconv.Atoi(fields[1])
	if err != nil || status < 100 || status > 599 {
		return errors.New("the camera's answer has no status")
	}
	if status >= 300 && status < 400 {
		return errRedirect
	}
	return nil
}
