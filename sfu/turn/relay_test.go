package turn

import (
	"bytes"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
	"go.uber.org/goleak"
)

const patience = 10 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// quietLogs keep Pion's complaints about attacks out of the tests' output.
func quietLogs() logging.LoggerFactory {
	f := logging.NewDefaultLoggerFactory()
	f.DefaultLogLevel = logging.LogLevelDisabled
	return f
}

// sink is a UDP port that counts what it gets and answers it when it plays the media port.
type sink struct {
	*net.UDPConn
	got chan []byte
}

func newSink(t *testing.T, address string, echo bool) *sink {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(address)))
	must(t, err)
	s := &sink{UDPConn: c, got: make(chan []byte, 1000)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			n, from, err := c.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			if echo {
				_, _ = c.WriteToUDPAddrPort(b[:n], from)
			}
			s.got <- bytes.Clone(b[:n])
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
	return s
}

func (s *sink) addr() netip.AddrPort { return s.LocalAddr().(*net.UDPAddr).AddrPort() }

func newServer(t *testing.T, media netip.AddrPort, public ...netip.Addr) *Server {
	t.Helper()
	s, err := New(Config{
		Media: []netip.AddrPort{media}, Public: public, Pion: quietLogs(), Alive: func(sid string) bool { return sid != "gone" },
	})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// dial is a client's UDP socket with a TURN client on it.
func dial(t *testing.T, server netip.AddrPort, username, password string) (*turn.Client, net.PacketConn) {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	must(t, err)
	client, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: server.String(), Conn: c, Username: username, Password: password, Realm: realm,
		RTO: 200 * time.Millisecond, LoggerFactory: quietLogs(),
	})
	must(t, err)
	must(t, client.Listen())
	t.Cleanup(func() { client.Close(); c.Close() })
	return client, c
}

func (s *Server) at(t *testing.T) netip.AddrPort {
	t.Helper()
	return netip.AddrPortFrom(s.cfg.Media[0].Addr(), uint16(s.Port()))
}

func join(t *testing.T, s *Server, sid string) (*turn.Client, net.PacketConn) {
	t.Helper()
	username, password, _ := s.Credentials(sid)
	return dial(t, s.at(t), username, password)
}

func TestMediaPassesBothWays(t *testing.T) {
	for _, tt := range []struct {
		name   string
		public []netip.Addr
	}{{"own address", nil}, {"behind a NAT that does not hairpin", []netip.Addr{netip.MustParseAddr("203.0.113.9")}}} {
		t.Run(tt.name, func(t *testing.T) {
			media := newSink(t, "127.0.0.1:0", true)
			s := newServer(t, media.addr(), tt.public...)
			client, _ := join(t, s, "one")
			relayed, err := client.Allocate()
			must(t, err)
			defer relayed.Close()
			to := media.addr()
			if len(tt.public) > 0 {
				to = netip.AddrPortFrom(tt.public[0], to.Port())
				if got := relayed.LocalAddr().(*net.UDPAddr).AddrPort().Addr(); got != tt.public[0] {
					t.Errorf("relayed address %v", got)
				}
			}
			_, err = relayed.WriteTo([]byte("xin chào"), net.UDPAddrFromAddrPort(to))
			must(t, err)
			must(t, relayed.SetReadDeadline(time.Now().Add(patience)))
			b := make([]byte, 100)
			n, from, err := relayed.ReadFrom(b)
			must(t, err)
			if string(b[:n]) != "xin chào" || from.String() != to.String() {
				t.Errorf("%q from %v, want it from %v", b[:n], from, to)
			}
		})
	}
}

// aliases are other ways to write addresses of this machine and of networks behind it.
var aliases = []string{
	"0.0.0.0", "127.0.0.2", "169.254.169.254", "10.0.0.1", "100.64.0.1", "192.168.1.1", "255.255.255.255", "224.0.0.1",
	"::1", "::", "::ffff:127.0.0.2", "fc00::1", "fe80::1", "64:ff9b::7f00:1", "2002:7f00:1::",
}

// attack tries to reach the decoy's port by every request that names a peer: on the decoy's own address, on all
// aliases, and on the media port's address. It returns how many permissions and channels were given to other hosts.
func attack(t *testing.T, client *turn.Client, conn net.PacketConn, server netip.AddrPort, decoy, media netip.AddrPort) (given int) {
	t.Helper()
	relayed, err := client.Allocate()
	must(t, err)
	defer relayed.Close()
	for _, alias := range append([]string{decoy.Addr().String(), media.Addr().String()}, aliases...) {
		peer := net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(alias), decoy.Port()))
		if client.CreatePermission(peer) == nil && alias != media.Addr().String() {
			given++
		}
		_, _ = relayed.WriteTo([]byte("attack"), peer) // asks for a permission again, then sends; binds a channel
		indication, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication),
			stun.RawAttribute{Type: stun.AttrData, Value: []byte("attack")}, peerAttr(peer))
		must(t, err)
		_, err = conn.WriteTo(indication.Raw, net.UDPAddrFromAddrPort(server))
		must(t, err)
	}
	// A packet to the media port comes last: what was sent before it has arrived when it has.
	_, err = relayed.WriteTo([]byte("last"), net.UDPAddrFromAddrPort(media))
	must(t, err)
	return given
}

// peerAttr writes XOR-PEER-ADDRESS.
func peerAttr(a *net.UDPAddr) stun.Setter { return xorPeer{a} }

type xorPeer struct{ *net.UDPAddr }

func (p xorPeer) AddTo(m *stun.Message) error {
	return stun.XORMappedAddress{IP: p.IP, Port: p.Port}.AddToAs(m, stun.AttrXORPeerAddress)
}

func last(t *testing.T, s *sink) {
	t.Helper()
	for {
		select {
		case b := <-s.got:
			if string(b) == "last" {
				return
			}
		case <-time.After(patience):
			t.Fatal("the media port got nothing")
		}
	}
}

func TestNothingButMediaPortsIsReached(t *testing.T) {
	media, decoy, neighbour := newSink(t, "127.0.0.1:0", false), newSink(t, "127.0.0.1:0", false), newSink(t, "127.0.0.2:0", false)
	s := newServer(t, media.addr())
	for _, target := range []*sink{decoy, neighbour} {
		client, conn := join(t, s, "one")
		if given := attack(t, client, conn, s.at(t), target.addr(), media.addr()); given != 0 {
			t.Errorf("%d permissions for other hosts", given)
		}
		last(t, media)
		if n := len(target.got); n != 0 {
			t.Errorf("%d packets reached %v", n, target.addr())
		}
	}
	if s.metrics.denied.Load() == 0 {
		t.Error("nothing was counted as denied")
	}
}

// TestTheAttackWorksWithoutTheFilter is the control: the same attack on Pion's own defaults reaches both decoys.
func TestTheAttackWorksWithoutTheFilter(t *testing.T) {
	media, decoy, neighbour := newSink(t, "127.0.0.1:0", false), newSink(t, "127.0.0.1:0", false), newSink(t, "127.0.0.2:0", false)
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	must(t, err)
	open, err := turn.NewServer(turn.ServerConfig{
		Realm: realm, LoggerFactory: quietLogs(),
		AuthHandler: func(r *turn.RequestAttributes) (string, []byte, bool) {
			return r.Username, turn.GenerateAuthKey(r.Username, realm, "secret"), true
		},
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn:            conn,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"},
		}},
	})
	must(t, err)
	defer open.Close()
	at := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	for _, target := range []*sink{decoy, neighbour} {
		client, c := dial(t, at, "1:one", "secret")
		if given := attack(t, client, c, at, target.addr(), media.addr()); given == 0 {
			t.Error("no permission was given: the attack proves nothing")
		}
		last(t, media)
		if len(target.got) == 0 {
			t.Errorf("no packet reached %v: the attack proves nothing", target.addr())
		}
	}
}

func TestNoTCPIsRelayed(t *testing.T) {
	s := newServer(t, newSink(t, "127.0.0.1:0", false).addr())
	client, _ := join(t, s, "one")
	if _, err := client.AllocateTCP(); err == nil || !strings.Contains(err.Error(), "508") {
		t.Errorf("a TCP allocation: %v", err)
	}
	r := &relays{server: s, ports: newPorts(s.cfg.Media, nil)}
	if _, err := r.AllocateConn(turn.AllocateConnConfig{}); err == nil {
		t.Error("a TCP connection")
	}
	if _, _, err := r.AllocatePacketConn(turn.AllocateListenerConfig{Network: "udp4", UserID: "one", RequestedPort: 5432}); err == nil {
		t.Error("a port by choice")
	}
	if _, _, err := r.AllocatePacketConn(turn.AllocateListenerConfig{Network: "udp6", UserID: "one"}); err == nil {
		t.Error("an address family without media port")
	}
	if n := s.book.allocations(); n != 0 {
		t.Errorf("%d allocations are left of refused ones", n)
	}
}

func TestPermissionsByEveryNameOfOurAddress(t *testing.T) {
	media := []netip.AddrPort{netip.MustParseAddrPort("10.1.2.3:7882"), netip.MustParseAddrPort("[2001:db8::3]:7882")}
	r := &relays{server: &Server{}, ports: newPorts(media, nil)}
	for peer, want := range map[string]bool{
		"10.1.2.3": true, "::ffff:10.1.2.3": true, "2001:db8::3": true, "10.1.2.4": false, "::ffff:127.0.0.1": false, "::": false,
	} {
		if got := r.permit(nil, net.ParseIP(peer)); got != want {
			t.Errorf("%s: %v", peer, got)
		}
	}
	if r.permit(nil, nil) {
		t.Error("an address that is none")
	}
	nat := &relays{server: &Server{}, ports: newPorts(media, []netip.Addr{netip.MustParseAddr("::ffff:203.0.113.9")})}
	if nat.permit(nil, net.ParseIP("10.1.2.3")) || !nat.permit(nil, net.ParseIP("203.0.113.9")) {
		t.Error("behind NAT the public address is the one that clients know")
	}
}
