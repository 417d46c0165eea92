//go:build linux

package load

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"nghitruong/sfu"
)

const patience = 30 * time.Second

type deaf struct{}

func (deaf) Sources([]sfu.SourceInfo, []uint32) {}
func (deaf) Slots(sfu.SlotMap)                  {}
func (deaf) Layers(uint32, []string)            {}
func (deaf) Gate(uint32, bool, string)          {}
func (deaf) Failed(sfu.PC, error)               {}

// asker makes a person of a conference and gives what answers its offers.
func asker(c *sfu.Conference, id string, kind sfu.PC, profile sfu.Profile) Ask {
	p := c.Join(sfu.Participant{ID: id, Profile: profile}, deaf{})
	return func(ctx context.Context, offer string) (string, error) {
		return p.Answer(ctx, sfu.Offer{PC: kind, Gen: 1, SDP: offer})
	}
}

func newPerson(t *testing.T, c *Crowd, ask Ask) *Person {
	t.Helper()
	p, err := c.NewPerson(ask)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("no %s in %v", what, patience)
		}
	}
}

// sitting is a conference of a media server of its own and a crowd; when the test ends, nothing of them may be left.
func sitting(t *testing.T) (context.Context, *sfu.Conference, *Crowd) {
	t.Helper()
	t.Cleanup(func() { goleak.VerifyNone(t) })
	srv, err := sfu.NewServer(sfu.Config{Listen: netip.MustParseAddr("127.0.0.1"), TCPPort: -1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	crowd := NewCrowd()
	t.Cleanup(func() {
		crowd.Close()
		if err := srv.Close(ctx); err != nil {
			t.Error(err)
		}
		cancel()
	})
	return ctx, srv.Conference("sitting"), crowd
}

// publish lets the person p be on stage with an open microphone and camera.
func publish(ctx context.Context, t *testing.T, conf *sfu.Conference, crowd *Crowd, c Camera) *Person {
	t.Helper()
	p := newPerson(t, crowd, asker(conf, "p", sfu.PCPub, sfu.ProfileMember))
	open := map[string]bool{"p": true}
	conf.Direct(sfu.Direction{Stage: "p", Mic: open, Cam: open})
	if _, err := p.Publish(ctx, c); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestCrowdAgainstServer lets a person publish and two watch through the media server: packets arrive at both, the decrypted ones carry
// their send times, and everything ends.
func TestCrowdAgainstServer(t *testing.T) {
	ctx, conf, crowd := sitting(t)
	publish(ctx, t, conf, crowd, Camera{Unequal: true})
	var viewers []*Person
	for _, id := range []string{"a", "b"} {
		v := newPerson(t, crowd, asker(conf, id, sfu.PCSub, sfu.ProfileAudience))
		if took, err := v.Listen(ctx, 2, 2); err != nil || took <= 0 {
			t.Fatalf("joined in %v: %v", took, err)
		}
		viewers = append(viewers, v)
	}
	eventually(t, "delay of both", func() bool { return len(crowd.Totals().Delays) > 20 })
	for i, v := range viewers {
		if got, _ := v.socket.counts(); got < 20 {
			t.Errorf("viewer %d: %d packets", i, got)
		}
	}
	for _, d := range crowd.Totals().Delays {
		if d < 0 || d > int64(patience) {
			t.Errorf("delay of %v", time.Duration(d))
		}
	}
	crowd.Window()
	eventually(t, "packet of a new window", func() bool { return crowd.Totals().Packets > 0 })
}

// TestPersonBadServer checks what a person says of a server that refuses or answers nonsense.
func TestPersonBadServer(t *testing.T) {
	defer goleak.VerifyNone(t)
	crowd := NewCrowd()
	defer crowd.Close()
	refused := errors.New("refused")
	p := newPerson(t, crowd, func(context.Context, string) (string, error) { return "", refused })
	if _, err := p.Listen(context.Background(), 1, 1); !errors.Is(err, refused) {
		t.Errorf("a refusal gives %v", err)
	}
	p = newPerson(t, crowd, func(context.Context, string) (string, error) { return "nonsense", nil })
	if _, err := p.Listen(context.Background(), 1, 1); err == nil {
		t.Error("nonsense was taken for an answer")
	}
}

// TestSocketRefuses checks addresses that a socket cannot send to, and the closed socket.
func TestSocketRefuses(t *testing.T) {
	s, err := openSocket(loopback)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []net.Addr{&net.TCPAddr{}, &net.UDPAddr{IP: net.IPv6loopback, Port: 1}} {
		if _, err := s.WriteTo([]byte{1}, to); err == nil {
			t.Errorf("sent to %v", to)
		}
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.WriteTo([]byte{1}, s.LocalAddr()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write after close: %v", err)
	}
	if _, _, err := s.ReadFrom(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read after close: %v", err)
	}
}

// TestSocketSorts checks what is only counted and what Pion sees: all that is not media, one packet of media in sixteen.
func TestSocketSorts(t *testing.T) {
	s, err := openSocket(loopback)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	from := net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}
	for sn := range byte(32) {
		s.take([]byte{0x80, 96, 0, sn, 0, 0, 0, 0, 0, 0, 0, 7}, from, int64(sn)+1)
	}
	if got, lost := s.counts(); got != 32 || lost != 0 || len(s.in) != 2 {
		t.Errorf("%d received, %d lost, %d for Pion; want 32, 0, 2", got, lost, len(s.in))
	}
	if at, ok := s.arrival(7, 16); !ok || at != 17 {
		t.Errorf("arrival %d, %v", at, ok)
	}
	if _, ok := s.arrival(7, 16); ok {
		t.Error("an arrival was told twice")
	}
	for _, b := range [][]byte{{0, 1, 0, 0}, {22, 254, 253}, {0x80, 200, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0}, {}} {
		s.take(b, from, 1)
	}
	if len(s.in) != 6 {
		t.Errorf("%d datagrams for Pion, want 6", len(s.in))
	}
}

// TestSendTime checks the send time inside a payload, and payloads without one.
func TestSendTime(t *testing.T) {
	b := make([]byte, 40)
	putSent(b, 1234567)
	if at, ok := sentAt(b); !ok || at != 1234567 {
		t.Errorf("read %d, %v", at, ok)
	}
	for _, b := range [][]byte{nil, make([]byte, 8), make([]byte, 40)} {
		if _, ok := sentAt(b); ok {
			t.Errorf("% x has a send time", b)
		}
	}
}

// TestPercentile checks the ends and an empty list.
func TestPercentile(t *testing.T) {
	v := []int64{1, 2, 3, 4}
	if Percentile(nil, 0.5) != 0 || Percentile(v, 0) != 1 || Percentile(v, 0.5) != 3 || Percentile(v, 1) != 4 {
		t.Error("wrong percentiles")
	}
}
