package cameras

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// fakeCamera answers every connection with the same bytes once it was asked something.
func fakeCamera(t *testing.T, answer string) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := bufio.NewReader(c).ReadString('\n'); err == nil {
				_, _ = io.WriteString(c, answer)
			}
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return netip.MustParseAddrPort(l.Addr().String())
}

// through asks the camera behind a guard and gives what comes back, and the guard's reason.
func through(t *testing.T, camera netip.AddrPort, quiet time.Duration) (string, error) {
	t.Helper()
	g, err := newGuard(camera, false, "", quiet)
	must(t, err)
	c, err := net.Dial("tcp", g.address().String())
	must(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "DESCRIBE rtsp://127.0.0.1/ RTSP/1.0\r\nCSeq: 1\r\n\r\n")
	must(t, err)
	got, _ := io.ReadAll(c) // a reset is an end as well
	return string(got), g.close()
}

func TestGuardPasses(t *testing.T) {
	for name, answer := range map[string]string{
		"messages and packets": "RTSP/1.0 200 OK\r\nCSeq: 1\r\ncontent-length: 5\r\n\r\nv=0\r\n" + "$\x00\x00\x04abcd" + "RTSP/1.0 401 Unauthorized\r\n\r\n",
		"a camera that asks":   "OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n$\x01\x00\x00",
	} {
		got, why := through(t, fakeCamera(t, answer), time.Minute)
		if got != answer || why != nil {
			t.Errorf("%s: %q, %v", name, got, why)
		}
	}
}

// TestGuardRefuses holds that nothing of a redirect, or of what is not RTSP, reaches the child.
func TestGuardRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		answer   string
		redirect bool
	}{
		"moved":           {"RTSP/1.0 301 Moved\r\nLocation: rtsp://169.254.169.254/\r\n\r\n", true},
		"found":           {"RTSP/1.0 302 Found\r\nLocation: http://127.0.0.1:6379/\r\n\r\n", true},
		"see other":       {"RTSP/2.0 303 See\r\n\r\n", true},
		"asked to leave":  {"REDIRECT rtsp://x/ RTSP/1.0\r\nLocation: rtsp://decoy/\r\n\r\n", true},
		"web page":        {"HTTP/1.1 302 Found\r\nLocation: http://decoy/\r\n\r\n", false},
		"no status":       {"RTSP/1.0 abc\r\n\r\n", false},
		"bad length":      {"RTSP/1.0 200 OK\r\nContent-Length: -5\r\n\r\n", false},
		"huge body":       {"RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n", false},
		"endless header":  {"RTSP/1.0 200 OK\r\n" + strings.Repeat("A: b\r\n", 5000), false},
		"endless line":    {strings.Repeat("x", 100000), false},
		"nothing but eol": {"\r\n\r\n", false},
	} {
		got, why := through(t, fakeCamera(t, c.answer), time.Minute)
		if got != "" || why == nil || errors.Is(why, errRedirect) != c.redirect {
			t.Errorf("%s: %q passed, reason %v", name, got, why)
		}
	}
}

func TestGuardGivesUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	silent := netip.MustParseAddrPort(l.Addr().String())
	if got, why := through(t, silent, 50*time.Millisecond); got != "" || why == nil {
		t.Errorf("a silent camera: %q, %v", got, why)
	}
	must(t, l.Close())
	if got, why := through(t, silent, time.Minute); got != "" || why == nil {
		t.Errorf("no camera: %q, %v", got, why)
	}
	g, err := newGuard(silent, true, "cam", time.Minute)
	must(t, err)
	must(t, g.close())
}
