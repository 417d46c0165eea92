package main

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"time"

	"nghitruong/sfu"
	"nghitruong/sfu/turn"
	"nghitruong/web"
)

// openRelay starts TURN beside the media ports. On loopback the usual port gives way to a free one, so that several
// sample councils run side by side.
func (a *app) openRelay() (err error) {
	port := a.config.TURNPort
	if port < 0 {
		return nil
	}
	if a.config.loopback() && a.config.sources["media.turn_port"] == "default" {
		port = 0
	}
	a.turn, err = turn.New(turn.Config{
		Media: a.media.Bound(), Public: a.config.PublicAddresses, Port: port, Pion: sfu.PionLogs(a.log),
		Alive: func(sid string) bool { return a.signaling.Alive(sid) || a.web.Relayed(sid) },
	})
	if err != nil {
		return err
	}
	a.relay = relay{turn: a.turn}
	for _, m := range a.media.Addresses() {
		a.relay.urls = append(a.relay.urls, "turn:"+net.JoinHostPort(m.Addr().String(), fmt.Sprint(a.turn.Port()))+"?transport=udp")
	}
	if base, err := url.Parse(a.base); err == nil && a.tls != nil {
		p := base.Port()
		if p == "" {
			p = "443"
		}
		a.relay.urls = append(a.relay.urls, "turns:"+net.JoinHostPort(base.Hostname(), p)+"?transport=tcp")
	}
	return nil
}

// relayed tells whether media hears a client through the relay. It is first asked when there are clients.
func (a *app) relayed(from netip.AddrPort) bool { return a.turn != nil && a.turn.Relayed(from) }

// serveRelay takes a connection of the HTTPS port.
func (a *app) serveRelay(c net.Conn) {
	if a.turn == nil {
		c.Close()
		return
	}
	a.turn.Serve(c)
}

// relay tells signaling where sessions find the relay.
type relay struct {
	turn *turn.Server
	urls []string
}

// Relays implements signaling.Relay.
func (r relay) Relays(sid string) (urls []string, username, credential string, life time.Duration) {
	if r.turn == nil {
		return nil, "", "", 0
	}
	username, credential, life = r.turn.Credentials(sid)
	return r.urls, username, credential, life
}

// iceServers tells an encoder or player of the relays, with credentials of its own.
func (r relay) iceServers(sid string) (out []web.ICEServer) {
	urls, username, credential, _ := r.Relays(sid)
	for _, url := range urls {
		out = append(out, web.ICEServer{URL: url, Username: username, Credential: credential})
	}
	return out
}
