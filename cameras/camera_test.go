package cameras

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func camera(t *testing.T, text string) Camera {
	t.Helper()
	c, err := Parse(text)
	must(t, err)
	return c
}

func TestParse(t *testing.T) {
	for text, port := range map[string]uint16{
		"Điểm cầu Hội An=rtsp://cam:p%40ss@10.20.0.5/live?ch=1": 554, "A = rtsps://10.20.0.5/x": 322, "A=rtsp://[fd00::5]:8554/": 8554,
	} {
		if c := camera(t, text); c.port() != port || c.Hall == "" || strings.HasSuffix(c.Hall, " ") {
			t.Errorf("%q: %+v, port %d", text, c, c.port())
		}
	}
	for _, text := range []string{
		"", "=", "A", "A=", "=rtsp://10.0.0.1/", "rtsp://u:pw@10.0.0.1/?a=b", "A=http://u:pw@10.0.0.1/", "A=file:///etc/passwd", "A=rtsp:/pw",
		"A=rtsp:pw", "A=rtsp://u:pw@/x", "A=rtsp://u:pw@10.0.0.1:0/", "A=rtsp://u:pw@10.0.0.1:99999/", "A=rtsp://10.0.0.1/#pw", "A=rtsp://u:pw@\x00/",
		"A=concat:rtsp://10.0.0.1/|pw", "A=-i /etc/passwd",
	} {
		if c, err := Parse(text); err == nil || strings.Contains(err.Error(), "pw") {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
}

func TestThroughAndSecrets(t *testing.T) {
	c := camera(t, "A=rtsps://cam:p%40ss@10.20.0.5:8322/live?key=k1")
	got := c.through(netip.MustParseAddrPort("127.0.0.1:4000"))
	if got != "rtsp://cam:p%40ss@127.0.0.1:4000/live?key=k1" {
		t.Error(got)
	}
	for _, want := range []string{"cam:p%40ss", "p@ss", "p%40ss", "key=k1"} {
		if !strings.Contains(strings.Join(c.secrets(), "\n"), want) {
			t.Errorf("%q is no secret of %q", want, c.secrets())
		}
	}
	if s := camera(t, "A=rtsp://10.0.0.1/").secrets(); strings.Join(s, "") != "" {
		t.Errorf("%q", s)
	}
}

// TestResolve is the list of hosts that a camera must not lead to (F30).
func TestResolve(t *testing.T) {
	networks := []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16"), netip.MustParsePrefix("fd00:20::/32")}
	names := map[string][]string{
		"in.test": {"10.20.0.5"}, "six.test": {"fd00:20::5"}, "mapped.test": {"::ffff:10.20.0.6"}, "none.test": {},
		"out.test": {"10.21.0.5"}, "both.test": {"10.20.0.5", "169.254.169.254"}, "self.test": {"127.0.0.1"},
		"meta.test": {"169.254.169.254"}, "mapped-self.test": {"::ffff:127.0.0.1"}, "any.test": {"0.0.0.0"}, "link.test": {"fe80::1"},
	}
	asked := 0
	look := func(_ context.Context, _, host string) (out []netip.Addr, err error) {
		asked++
		all, ok := names[host]
		if !ok {
			return nil, errors.New("no such host")
		}
		for _, a := range all {
			out = append(out, netip.MustParseAddr(a))
		}
		return out, nil
	}
	for host, want := range map[string]string{"in.test": "10.20.0.5:554", "six.test": "[fd00:20::5]:554", "mapped.test": "10.20.0.6:554"} {
		got, err := camera(t, "A=rtsp://"+host+"/").resolve(context.Background(), look, networks)
		if err != nil || got.String() != want {
			t.Errorf("%s: %v, %v", host, got, err)
		}
	}
	for host := range names {
		if host == "in.test" || host == "six.test" || host == "mapped.test" {
			continue
		}
		got, err := camera(t, "A=rtsp://"+host+"/").resolve(context.Background(), look, networks)
		if err == nil || host != "none.test" && !errors.Is(err, ErrOutside) {
			t.Errorf("%s: %v, %v", host, got, err)
		}
	}
	asked = 0
	if _, err := camera(t, "A=rtsp://gone.test/").resolve(context.Background(), look, networks); err == nil || asked != 1 {
		t.Errorf("unknown name: %v after %d questions", err, asked)
	}
	if _, err := camera(t, "A=rtsp://in.test/").resolve(context.Background(), look, nil); !errors.Is(err, ErrOutside) {
		t.Errorf("no networks: %v", err)
	}
}
