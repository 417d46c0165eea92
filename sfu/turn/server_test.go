package turn

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
	"github.com/prometheus/client_golang/prometheus"
)

func TestCredentials(t *testing.T) {
	s := newServer(t, newSink(t, "127.0.0.1:0", false).addr())
	start := time.Now().Truncate(time.Second)
	s.now = func() time.Time { return start }
	username, password, life := s.Credentials("one")
	if life != 5*time.Minute {
		t.Errorf("life %v", life)
	}
	s.Credentials("gone")
	at := func(after time.Duration, user string, m stun.Method) bool {
		s.now = func() time.Time { return start.Add(after) }
		sid, key, ok := s.authenticate(&turn.RequestAttributes{Username: user, Realm: realm, Method: m})
		return ok && sid == "one" && string(key) == string(turn.GenerateAuthKey(user, realm, s.password(user)))
	}
	tests := []struct {
		name   string
		after  time.Duration
		user   string
		method stun.Method
		want   bool
	}{
		{"fresh", 0, username, stun.MethodAllocate, true},
		{"at the end", life, username, stun.MethodAllocate, true},
		{"too late", life + 2*time.Second, username, stun.MethodAllocate, false},
		{"refresh passes", time.Hour, username, stun.MethodRefresh, true},
		{"permission passes", time.Hour, username, stun.MethodCreatePermission, true},
		{"channel passes", time.Hour, username, stun.MethodChannelBind, true},
		{"never issued", 0, strings.Replace(username, "one", "two", 1), stun.MethodAllocate, false},
		{"session ended", 0, strings.Replace(username, "one", "gone", 1), stun.MethodRefresh, false},
		{"no expiry", 0, "one", stun.MethodAllocate, false},
	}
	for _, tt := range tests {
		if got := at(tt.after, tt.user, tt.method); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	if later := "9" + username; s.password(later) == password {
		t.Error("the expiry is not signed")
	}
	if _, _, ok := s.authenticate(&turn.RequestAttributes{Username: username, Realm: "other", Method: stun.MethodAllocate}); ok {
		t.Error("a foreign realm")
	}
}

func TestWrongSignatureGetsNothing(t *testing.T) {
	s := newServer(t, newSink(t, "127.0.0.1:0", false).addr())
	username, password, _ := s.Credentials("one")
	_, other, _ := s.Credentials("two")
	for name, secret := range map[string]string{"wrong": password + "x", "another session's": other, "empty": ""} {
		client, _ := dial(t, s.at(t), username, secret)
		if c, err := client.Allocate(); err == nil {
			c.Close()
			t.Errorf("%s password got an allocation", name)
		}
	}
	if n := s.book.allocations(); n != 0 {
		t.Errorf("%d allocations", n)
	}
}

func TestASessionHoldsTwelveAllocations(t *testing.T) {
	s := newServer(t, newSink(t, "127.0.0.1:0", false).addr())
	s.Credentials("one")
	r := &relays{server: s, ports: newPorts(s.cfg.Media, nil)}
	var conns []net.PacketConn
	for range sessionAllocs {
		c, _, err := r.AllocatePacketConn(turn.AllocateListenerConfig{Network: "udp4", UserID: "one"})
		must(t, err)
		conns = append(conns, c)
	}
	if _, _, err := r.AllocatePacketConn(turn.AllocateListenerConfig{Network: "udp4", UserID: "one"}); !errors.Is(err, errQuota) {
		t.Errorf("one more: %v", err)
	}
	client, _ := join(t, s, "one")
	if _, err := client.Allocate(); err == nil || !strings.Contains(err.Error(), "486") {
		t.Errorf("by the protocol: %v", err)
	}
	other, _ := join(t, s, "two")
	c, err := other.Allocate()
	must(t, err)
	must(t, c.Close())
	must(t, conns[0].Close())
	must(t, conns[0].Close()) // closing twice gives back one place
	again, err := client.Allocate()
	must(t, err)
	must(t, again.Close())
	for _, c := range conns[1:] {
		must(t, c.Close())
	}
}

func TestSessionsAreForgotten(t *testing.T) {
	b, now := newBook(), time.Now()
	b.issued("old", now, now.Add(credentialLife))
	b.issued("busy", now, now.Add(credentialLife))
	if _, ok := b.take("busy", &relayConn{}); !ok {
		t.Fatal("no place")
	}
	later := now.Add(2*credentialLife + time.Second)
	b.issued("new", later, later.Add(credentialLife))
	if b.known("old") || !b.known("busy") || !b.known("new") {
		t.Errorf("sessions %v", b.sessions)
	}
}

func TestQuotaOfBytes(t *testing.T) {
	now := time.Now()
	b := bucket{left: quotaBurst, at: now}
	if !b.take(quotaBurst, now) || b.take(1, now) {
		t.Error("the burst is the limit")
	}
	if now = now.Add(time.Second); !b.take(quotaRate, now) || b.take(1, now) {
		t.Error("a second gives the rate back")
	}
	if now = now.Add(24 * time.Hour); b.take(quotaBurst+1, now) || !b.take(quotaBurst, now) {
		t.Error("a day gives no more than the burst")
	}
}

func TestOverQuotaNothingPasses(t *testing.T) {
	media := newSink(t, "127.0.0.1:0", true)
	s := newServer(t, media.addr())
	s.Credentials("one")
	r := &relays{server: s, ports: newPorts(s.cfg.Media, nil)}
	c, _, err := r.AllocatePacketConn(turn.AllocateListenerConfig{Network: "udp4", UserID: "one"})
	must(t, err)
	defer c.Close()
	now := time.Now()
	s.book.sessions["one"].quota = bucket{left: 5, at: now}
	s.now = func() time.Time { return now }
	for _, text := range []string{"too long", "last"} {
		_, err = c.WriteTo([]byte(text), media.LocalAddr())
		must(t, err)
	}
	if got := string(<-media.got); got != "last" {
		t.Errorf("passed: %q", got)
	}
	if s.metrics.overQuota.Load() != 1 {
		t.Errorf("counted %d", s.metrics.overQuota.Load())
	}
}

// TestForgedSourcesGetLittle sends what a spoofer can send and counts what comes back (reflection).
func TestForgedSourcesGetLittle(t *testing.T) {
	s := newServer(t, newSink(t, "127.0.0.1:0", false).addr())
	c, err := net.Dial("udp", s.at(t).String())
	must(t, err)
	defer c.Close()
	empty, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest))
	must(t, err)
	sent, start := 0, time.Now()
	for range 50 {
		for _, b := range [][]byte{stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw, empty.Raw, []byte("hello"), {0x40, 0, 0, 4, 1, 2, 3, 4}} {
			n, err := c.Write(b)
			must(t, err)
			sent += n
		}
	}
	replies, got := 0, 0
	b := make([]byte, 1500)
	must(t, c.SetReadDeadline(time.Now().Add(300*time.Millisecond)))
	for {
		n, err := c.Read(b)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		must(t, err)
		if n > replyFactor*20 {
			t.Errorf("a reply of %d bytes to a request of 20", n)
		}
		replies, got = replies+1, got+n
	}
	// Any second holds ten, so a slow machine may see ten more for each second that has begun.
	limit := repliesPerSecond * (1 + int(time.Since(start)/time.Second))
	if replies == 0 || replies > limit || got > sent {
		t.Errorf("%d replies, %d bytes for %d", replies, got, sent)
	}
	if s.metrics.limited.Load() == 0 {
		t.Error("nothing was counted as limited")
	}
}

func TestRepliesByPrefix(t *testing.T) {
	var s Server
	r, now := newReplies(&s.metrics.limited), time.Now()
	for i := range 12 {
		a := netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
		if got := r.allow(a, now.Add(time.Duration(i)*50*time.Millisecond)); got != (i < repliesPerSecond) {
			t.Errorf("%d: %v", i, got)
		}
	}
	if !r.allow(netip.MustParseAddr("192.0.3.1"), now) || !r.allow(netip.MustParseAddr("192.0.2.1"), now.Add(time.Second)) {
		t.Error("another prefix, and a second later")
	}
	if prefixOf(netip.MustParseAddr("2001:db8::1")) != prefixOf(netip.MustParseAddr("2001:db8::ffff:1")) {
		t.Error("one /64 is one source")
	}
	for i := range maxPrefixes + 10 {
		r.allow(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}).Next(), now)
		r.allow(netip.AddrFrom4([4]byte{byte(11 + i>>16), byte(i >> 8), byte(i), 1}), now)
	}
	if len(r.recent) > maxPrefixes {
		t.Errorf("%d prefixes are kept", len(r.recent))
	}
	if !r.allow(netip.MustParseAddr("198.51.100.1"), now.Add(3*time.Second)) {
		t.Error("old prefixes make no room")
	}
}

func TestStreamsRelayAndEnd(t *testing.T) {
	media := newSink(t, "127.0.0.1:0", true)
	s := newServer(t, media.addr())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	handed, err := l.Accept()
	must(t, err)
	s.Serve(handed)
	username, password, _ := s.Credentials("one")
	tc, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: l.Addr().String(), Conn: turn.NewSTUNConn(client), Username: username, Password: password, LoggerFactory: quietLogs(),
	})
	must(t, err)
	must(t, tc.Listen())
	relayed, err := tc.Allocate()
	must(t, err)
	_, err = relayed.WriteTo([]byte("qua TLS"), media.LocalAddr())
	must(t, err)
	must(t, relayed.SetReadDeadline(time.Now().Add(patience)))
	b := make([]byte, 100)
	n, _, err := relayed.ReadFrom(b)
	must(t, err)
	if string(b[:n]) != "qua TLS" {
		t.Errorf("%q", b[:n])
	}
	client.Close()      // the browser's tab is closed: the allocation goes with the connection
	_ = relayed.Close() // stops the client's timers; nobody hears its goodbye
	tc.Close()
	for end := time.Now().Add(patience); s.book.allocations() > 0; {
		if time.Now().After(end) {
			t.Fatal("the allocation outlives its connection")
		}
		<-time.After(time.Millisecond)
	}
}

func TestStreamsHaveDeadlines(t *testing.T) {
	r := newReplies(nil)
	l := newStreams(r)
	a, b := net.Pipe()
	defer b.Close()
	s := &stream{Conn: a, of: l, since: time.Now().Add(-allocateTime)}
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("no allocation in time: %v", err)
	}
	for range maxStreams {
		l.open[&stream{}] = struct{}{}
	}
	l.put(a)
	if _, err := a.Write([]byte{0}); err == nil {
		t.Error("one connection too many stays open")
	}
}

func TestMetrics(t *testing.T) {
	s := newServer(t, newSink(t, "127.0.0.1:0", false).addr())
	reg := prometheus.NewPedanticRegistry()
	for _, c := range s.Collectors() {
		must(t, reg.Register(c))
	}
	families, err := reg.Gather()
	must(t, err)
	if len(families) != 5 {
		t.Errorf("%d metrics", len(families))
	}
}

func TestBadConfigurations(t *testing.T) {
	alive := func(string) bool { return true }
	media := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:7882")}
	used := newSink(t, "127.0.0.1:0", false)
	for name, c := range map[string]Config{
		"no media": {Alive: alive}, "no sessions": {Media: media},
		"port in use": {Media: media, Alive: alive, Port: int(used.addr().Port())},
	} {
		if s, err := New(c); err == nil {
			s.Close()
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzUsername(f *testing.F) {
	for _, s := range []string{"1:a", "", ":", "1:", "-1:a", "+1:a", "01:a", "99999999999999999999:a", "1:a:b", "1\x00:a", strings.Repeat("9", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		sid, expires, ok := parseUsername(s)
		if ok && (sid == "" || len(s) > maxUsername || expires.Unix() < 0) {
			t.Errorf("%q: %q %v", s, sid, expires)
		}
	})
}
