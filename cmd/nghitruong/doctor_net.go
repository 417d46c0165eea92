package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const connectTime = 5 * time.Second // for one connection of the examination

// ports tells whether the server could take its ports.
func (d *doctor) ports() {
	if d.runs {
		d.ok("ports", "The server serves now at %s: its ports are its own.", d.ownURL())
		return
	}
	host, port := d.c.hostPort()
	d.bind("pages", "tcp", d.c.Listen, "set listen to a free port")
	if n, _ := strconv.Atoi(port); n < 1024 && n != 0 {
		d.ok("ports", "Port %d is one of the system's: the server needs root or CAP_NET_BIND_SERVICE for it.", n)
	}
	media := []string{host}
	if a := mediaListen(d.c); a.IsValid() {
		media = []string{a.String()}
	} else {
		media = media[:0]
		for _, a := range interfaceAddresses() {
			media = append(media, a.String())
		}
	}
	for _, a := range media {
		d.bind("media", "udp", net.JoinHostPort(a, strconv.Itoa(d.c.UDPPort)), "set media.udp_port to a free port and open it in the firewall")
	}
	if d.c.TCPPort >= 0 {
		d.bind("media over TCP", "tcp", net.JoinHostPort(host, strconv.Itoa(d.c.TCPPort)), "set media.tcp_port to a free port and open it in the firewall")
	}
	gives := d.c.loopback() && d.c.sources["media.turn_port"] == "default" // then the relay takes a free port
	for _, a := range media {
		if d.c.TURNPort >= 0 && !gives {
			d.bind("the relay (TURN)", "udp", net.JoinHostPort(a, strconv.Itoa(d.c.TURNPort)), "set media.turn_port to a free port and open it in the firewall")
		}
	}
}

func (d *doctor) bind(what, network, address, do string) {
	err := bindable(network, address)
	switch {
	case err == nil:
		d.ok("ports", "%s port for %s is free: %s.", strings.ToUpper(network), what, address)
	case errors.Is(err, syscall.EADDRINUSE):
		d.broken("ports", "find the other program with `ss -lpn`, or "+do, "Another program holds the %s port for %s, %s.", network, what, address)
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		d.broken("ports", "start as root, or give the binary the right: setcap cap_net_bind_service=+ep nghitruong",
			"This account may not take the %s port for %s, %s.", network, what, address)
	default:
		d.broken("ports", "check listen: it must name an address of this machine", "The %s port for %s, %s, cannot be taken: %s.", network, what, address, plain(err))
	}
}

// bindable takes a port for a moment.
func bindable(network, address string) error {
	if network == "udp" {
		c, err := net.ListenPacket("udp", address)
		if err != nil {
			return err
		}
		return c.Close()
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return l.Close()
}

// plain is the innermost reason of a network error.
func plain(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// ownURL is where the server of this configuration answers on this machine.
func (d *doctor) ownURL() string {
	scheme := "http"
	if d.c.TLSMode != "off" {
		scheme = "https"
	}
	host, port := d.c.hostPort()
	if a, err := netip.ParseAddr(host); host == "" || err == nil && a.IsUnspecified() {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// answers tells whether a server of this kind answers at a base address. Its certificate is judged elsewhere.
func (d *doctor) answers(ctx context.Context, base string) bool {
	ok, _ := d.get(ctx, base, true)
	return ok
}

// get asks a base address whether it is ours; anyCertificate accepts what a browser would not.
func (d *doctor) get(ctx context.Context, base string, anyCertificate bool) (bool, error) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: anyCertificate}, DisableKeepAlives: true}
	client := &http.Client{
		Transport: transport, Timeout: connectTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/healthz", nil)
	if err != nil {
		return false, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	var health struct{ Status string }
	err = json.NewDecoder(io.LimitReader(resp.Body, 1<<10)).Decode(&health)
	if resp.StatusCode != http.StatusOK || err != nil || health.Status != "ok" {
		return false, fmt.Errorf("another server answers there, with status %d", resp.StatusCode)
	}
	return true, nil
}

// addresses tells from where people reach pages and media.
func (d *doctor) addresses(ctx context.Context) {
	offered := d.offered()
	var names []string
	for _, a := range offered {
		names = append(names, a.String())
	}
	switch s := reach(offered); {
	case len(offered) == 0:
		d.broken("reach", "connect this machine to a network, or set media.public_addresses", "%s", s)
	case s != "" && d.c.loopback():
		d.ok("reach", "Everything is offered to this machine only (listen %s): good for trying it out.", d.c.Listen)
	case s != "":
		d.warn("reach", "behind NAT set media.public_addresses to the outside address and forward the media ports to this machine", "%s", s)
	default:
		d.ok("reach", "Media is offered at %s.", strings.Join(names, ", "))
	}
	if d.c.PublicURL != "" {
		d.publicName(ctx, offered)
	} else if !d.c.loopback() {
		d.warn("reach", "set public_url to the name that people type, https://…", "No public_url is set: links and QR codes carry the address of listen.")
	}
}

// offered are the addresses that clients are given for media.
func (d *doctor) offered() (out []netip.AddrPort) {
	all := d.c.PublicAddresses
	if a := mediaListen(d.c); len(all) == 0 && a.IsValid() {
		all = []netip.Addr{a}
	} else if len(all) == 0 {
		all = interfaceAddresses()
	}
	for _, a := range all {
		out = append(out, netip.AddrPortFrom(a, uint16(d.c.UDPPort)))
	}
	return out
}

// publicName checks that the public name leads here, and through it to this server while it serves.
func (d *doctor) publicName(ctx context.Context, offered []netip.AddrPort) {
	u, err := url.Parse(d.c.PublicURL)
	if err != nil || u.Hostname() == "" {
		d.broken("reach", "set public_url to https://name", "public_url %q has no name in it.", d.c.PublicURL)
		return
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		d.broken("reach", "enter the name in your DNS zone with this machine's outside address", "The name %s of public_url does not resolve: %s.", u.Hostname(), plain(err))
		return
	}
	own := interfaceAddresses()
	for _, a := range offered {
		own = append(own, a.Addr())
	}
	here := slices.ContainsFunc(found, func(a netip.Addr) bool { return a.Unmap().IsLoopback() || slices.Contains(own, a.Unmap()) })
	if !here {
		d.warn("reach", "if a router forwards the ports, set media.public_addresses to that address; else correct the DNS entry",
			"%s leads to %v, which is no address of this machine.", u.Hostname(), found)
	} else {
		d.ok("reach", "%s leads to this machine.", u.Hostname())
	}
	if !d.runs {
		d.ok("reach", "The server does not serve now, so the way in through %s was not walked: run this again while it does.", d.c.PublicURL)
		return
	}
	if _, err := d.get(ctx, strings.TrimSuffix(d.c.PublicURL, "/"), d.c.TLSMode == "local"); err != nil {
		d.warn("reach", "some routers do not lead back to their own network: try the address from a phone without Wi-Fi; if that fails too, open the port in the firewall",
			"Nothing of ours answers at %s from here: %s.", d.c.PublicURL, plain(err))
		return
	}
	d.ok("reach", "The server answers at %s.", d.c.PublicURL)
}
