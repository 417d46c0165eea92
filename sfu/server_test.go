package sfu

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// TestMetrics checks that everything promised at /metrics is there.
func TestMetrics(t *testing.T) {
	s := newTestServer(t)
	s.Conference("a").Join(Participant{ID: "p", Profile: ProfileAudience}, nil)
	s.metrics.observeDelay(3e6)
	reg := prometheus.NewPedanticRegistry()
	for _, c := range s.Collectors() {
		reg.MustRegister(c)
	}
	families, err := reg.Gather()
	must(t, err)
	have := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			have[f.GetName()] += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	for _, name := range []string{
		"in_packets_total", "in_bytes_total", "in_lost_total", "nacks_out_total", "nacks_in_total", "plis_out_total",
		"plis_in_total", "out_packets_total", "out_bytes_total", "out_lost_total", "retransmits_total", "dropped_total",
		"worker_queue", "panics_total", "sources",
	} {
		if _, ok := have["nghitruong_sfu_"+name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
	if have["nghitruong_sfu_peers"] != 1 || have["nghitruong_sfu_forward_delay_seconds"] != 1 {
		t.Errorf("%v", have)
	}
}

// TestPublicAddresses checks that answers carry the addresses that clients can reach, on the one port.
func TestPublicAddresses(t *testing.T) {
	s, err := NewServer(Config{
		Listen: netip.MustParseAddr("127.0.0.1"), PublicAddresses: []netip.Addr{netip.MustParseAddr("203.0.113.9")},
	})
	must(t, err)
	defer func() { must(t, s.Close(context.Background())) }()
	want := s.Addresses()
	if len(want) != 1 || want[0].Addr().String() != "203.0.113.9" || want[0].Port() == 0 {
		t.Fatalf("addresses %v", want)
	}
	p := s.Conference("a").Join(Participant{ID: "p", Profile: ProfileAudience}, newSink())
	answer, err := p.Answer(context.Background(), Offer{PC: PCSub, Gen: 1, SDP: clientOffer(t, PCSub, 2, 2)})
	must(t, err)
	udp, tcp := 0, 0
	for _, l := range strings.Split(answer, "\r\n") {
		if !strings.HasPrefix(l, "a=candidate:") {
			continue
		}
		switch f := strings.Fields(l); {
		case f[4] != "203.0.113.9":
			t.Errorf("candidate %s", l)
		case strings.EqualFold(f[2], "udp") && f[5] == portText(want[0].Port()):
			udp++
		case strings.EqualFold(f[2], "tcp") && f[5] == portText(uint16(s.TCPPort())):
			tcp++
		}
	}
	if udp == 0 || tcp == 0 {
		t.Errorf("%d UDP and %d TCP candidates in\n%s", udp, tcp, answer)
	}
	if strings.Contains(answer, "a=ice-lite") {
		t.Error("the server must be a full agent")
	}
}

func portText(p uint16) string {
	return netip.AddrPortFrom(netip.IPv4Unspecified(), p).String()[len("0.0.0.0:"):]
}

func TestListenAddresses(t *testing.T) {
	named := netip.MustParseAddr("192.0.2.1")
	if got, err := listenAddresses(named); err != nil || len(got) != 1 || got[0] != named {
		t.Errorf("%v %v", got, err)
	}
	all, err := listenAddresses(netip.Addr{})
	must(t, err)
	for _, a := range all {
		if a.IsLoopback() && len(all) > 1 || a.IsLinkLocalUnicast() || a.IsMulticast() || a.Is4In6() {
			t.Errorf("%v is offered", a)
		}
	}
	v4, err := listenAddresses(netip.IPv4Unspecified())
	must(t, err)
	for _, a := range v4 {
		if !a.Is4() {
			t.Errorf("%v for 0.0.0.0", a)
		}
	}
}

// TestClosedServer checks that calls on a closed server end, and that a busy port is an error.
func TestClosedServer(t *testing.T) {
	s, err := NewServer(Config{Listen: netip.MustParseAddr("127.0.0.1")})
	must(t, err)
	if _, err := NewServer(Config{Listen: netip.MustParseAddr("127.0.0.1"), UDPPort: int(s.Addresses()[0].Port())}); err == nil {
		t.Error("two servers on one port")
	}
	if _, err := NewServer(Config{Listen: netip.MustParseAddr("127.0.0.1"), TCPPort: s.TCPPort()}); err == nil {
		t.Error("two servers on one TCP port")
	}
	before := s.Conference("a").Join(Participant{ID: "p"}, newSink())
	must(t, s.Close(context.Background()))
	must(t, s.Close(context.Background()))
	after := s.Conference("a").Join(Participant{ID: "p"}, newSink())
	for _, p := range []*Peer{before, after} {
		p.Want(everything())
		p.SetSink(newSink())
		if _, err := p.Answer(context.Background(), Offer{PC: PCSub, Gen: 1, SDP: "x"}); err == nil {
			t.Error("a closed server answers")
		}
		p.Leave()
	}
	s.Conference("b").Direct(Direction{})
	if st := s.Conference("b").Stats(); len(st) != 0 {
		t.Errorf("stats %v", st)
	}
}
