package sfu

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	dtlselliptic "github.com/pion/dtls/v3/pkg/crypto/elliptic"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

const (
	udpSocketBuffer = 8 << 20 // bytes asked of the kernel; it may give less
	tcpWriteBuffer  = 4 << 20 // bytes; 0 would let a slow client block the writer (pion/ice#466)
	tcpReadBuffer   = 64      // packets

	iceDisconnected = 5 * time.Second
	iceFailed       = 25 * time.Second // counted by Pion after "disconnected"
	iceKeepalive    = 2 * time.Second
	dtlsRetransmit  = 100 * time.Millisecond
	srtpReplay      = 1024 // packets; Firefox probes with old packets
	portTries       = 32   // free ports tried when several addresses must share one
)

// sockets are the one UDP port and the one TCP port of all media.
type sockets struct {
	media     []*mediaSocket
	udp       ice.UDPMux
	tcp       ice.TCPMux // nil when off
	bound     []netip.AddrPort
	tcpPort   int
	closeSock []func() error
}

// openSockets binds every media address; serve is told of each socket before it is read. On error nothing stays open.
func openSockets(cfg Config, lf logging.LoggerFactory, serve func(i int, m *mediaSocket)) (*sockets, error) {
	addrs, err := listenAddresses(cfg.Listen)
	if err != nil {
		return nil, err
	}
	conns, port, err := bindUDP(addrs, cfg.UDPPort)
	if err != nil {
		return nil, err
	}
	s := &sockets{}
	muxes := make([]ice.UDPMux, 0, len(conns))
	for i, c := range conns {
		_ = c.SetReadBuffer(udpSocketBuffer)
		_ = c.SetWriteBuffer(udpSocketBuffer)
		s.bound = append(s.bound, netip.AddrPortFrom(addrs[i], uint16(port)))
		m := newMediaSocket(c, s.bound[i])
		serve(i, m)
		s.media = append(s.media, m)
		muxes = append(muxes, ice.NewUDPMuxDefault(ice.UDPMuxParams{Logger: lf.NewLogger("ice"), UDPConn: m}))
		s.closeSock = append(s.closeSock, c.Close)
	}
	s.udp = muxes[0]
	if len(muxes) > 1 {
		s.udp = ice.NewMultiUDPMuxDefault(muxes...)
	}
	if cfg.TCPPort >= 0 {
		if err := s.openTCP(cfg, lf); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

func (s *sockets) openTCP(cfg Config, lf logging.LoggerFactory) error {
	addr := &net.TCPAddr{Port: cfg.TCPPort}
	if cfg.Listen.IsValid() && !cfg.Listen.IsUnspecified() {
		addr.IP = cfg.Listen.AsSlice()
	}
	l, err := net.ListenTCP("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for ICE-TCP: %w", err)
	}
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		s.tcpPort = a.Port
	}
	s.tcp = ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener: l, Logger: lf.NewLogger("ice"), ReadBufferSize: tcpReadBuffer, WriteBufferSize: tcpWriteBuffer,
	})
	return nil
}

// close ends the muxes and their goroutines.
func (s *sockets) close() error {
	var errs []error
	if s.udp != nil {
		errs = append(errs, s.udp.Close())
	}
	for _, c := range s.closeSock {
		if err := c(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if s.tcp != nil {
		errs = append(errs, s.tcp.Close())
	}
	return errors.Join(errs...)
}

// bindUDP opens one socket per address, all on the same port. Port 0 takes one that is free on every address.
func bindUDP(addrs []netip.Addr, port int) ([]*net.UDPConn, int, error) {
	var lastErr error
	for try := 0; try < portTries; try++ {
		conns, got, err := bindAll(addrs, port)
		if err == nil {
			return conns, got, nil
		}
		lastErr = err
		if port != 0 {
			break
		}
	}
	return nil, 0, fmt.Errorf("listen for media: %w", lastErr)
}

func bindAll(addrs []netip.Addr, port int) ([]*net.UDPConn, int, error) {
	conns := make([]*net.UDPConn, 0, len(addrs))
	for _, a := range addrs {
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, uint16(port))))
		if err != nil {
			for _, open := range conns {
				_ = open.Close()
			}
			return nil, 0, err
		}
		if u, ok := c.LocalAddr().(*net.UDPAddr); ok {
			port = u.Port
		}
		conns = append(conns, c)
	}
	return conns, port, nil
}

// listenAddresses gives the addresses to bind: the one named, else every usable one of this machine, else loopback.
func listenAddresses(listen netip.Addr) ([]netip.Addr, error) {
	if listen.IsValid() && !listen.IsUnspecified() {
		return []netip.Addr{listen}, nil
	}
	ifAddrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("list interface addresses: %w", err)
	}
	var out []netip.Addr
	for _, ia := range ifAddrs {
		n, ok := ia.(*net.IPNet)
		if !ok {
			continue
		}
		a, ok := netip.AddrFromSlice(n.IP)
		if a = a.Unmap(); !ok || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() {
			continue
		}
		if listen.IsValid() && listen.Is4() && !a.Is4() {
			continue
		}
		out = append(out, a)
	}
	if len(out) == 0 {
		out = append(out, netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	}
	return out, nil
}

// remoteAllowed says which addresses may be ICE peers, also peer-reflexive ones: anything but addresses that no
// client can have. Loopback peers are admitted only by a server that listens on loopback.
func remoteAllowed(loopback bool) func(net.IP) bool {
	return func(ip net.IP) bool {
		a, ok := netip.AddrFromSlice(ip)
		if !ok {
			return false
		}
		a = a.Unmap()
		switch {
		case a.IsLoopback():
			return loopback
		case a.IsUnspecified(), a.IsMulticast(), a.IsLinkLocalUnicast():
			return false
		case a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
			return false
		}
		return true
	}
}

// settings are the transport settings shared by both kinds of PeerConnections.
func settings(cfg Config, s *sockets, lf logging.LoggerFactory) (webrtc.SettingEngine, error) {
	var e webrtc.SettingEngine
	e.LoggerFactory = lf
	e.SetICEUDPMux(s.udp)
	types := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	if s.tcp != nil {
		e.SetICETCPMux(s.tcp)
		types = append(types, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6)
	}
	e.SetNetworkTypes(types)
	e.DisableActiveTCP(true)
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	loopback := s.onLoopback()
	e.SetIncludeLoopbackCandidate(loopback)
	e.SetRemoteIPFilter(remoteAllowed(loopback))
	e.SetICETimeouts(iceDisconnected, iceFailed, iceKeepalive)
	e.SetDTLSRetransmissionInterval(dtlsRetransmit)
	e.SetDTLSEllipticCurves(dtlselliptic.X25519, dtlselliptic.P256, dtlselliptic.P384)
	e.DisableCloseByDTLS(true)
	e.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	e.SetSRTPReplayProtectionWindow(srtpReplay)
	e.SetSRTCPReplayProtectionWindow(srtpReplay)
	if len(cfg.PublicAddresses) > 0 {
		if err := e.SetICEAddressRewriteRules(publicRules(cfg.PublicAddresses)...); err != nil {
			return e, fmt.Errorf("public addresses: %w", err)
		}
	}
	return e, nil
}

// publicRules replace the host candidates by the public addresses, IPv4 and IPv6 apart.
func publicRules(public []netip.Addr) []webrtc.ICEAddressRewriteRule {
	var v4, v6 []string
	for _, a := range public {
		if a = a.Unmap(); a.Is4() {
			v4 = append(v4, a.String())
		} else {
			v6 = append(v6, a.String())
		}
	}
	families := []struct {
		addrs    []string
		networks []webrtc.NetworkType
	}{
		{v4, []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeTCP4}},
		{v6, []webrtc.NetworkType{webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP6}},
	}
	var rules []webrtc.ICEAddressRewriteRule
	for _, f := range families {
		if len(f.addrs) > 0 {
			rules = append(rules, webrtc.ICEAddressRewriteRule{
				External: f.addrs, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteReplace,
				Networks: f.networks,
			})
		}
	}
	return rules
}

func (s *sockets) onLoopback() bool {
	for _, b := range s.bound {
		if !b.Addr().IsLoopback() {
			return false
		}
	}
	return true
}
