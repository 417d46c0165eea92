// Package cameras pulls RTSP cameras into sittings.
//
// Only the server's configuration names cameras: there is no way to add one from a page. A camera feeds the hall whose name on
// a sitting's list it carries. Its host must lie inside the networks that the configuration allows, is resolved once for each
// connection, and everything that its ffmpeg child says and hears goes through a [guard] that reaches that one address only.
package cameras

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Ports of rtsp (RFC 7826 section 19.2) and rtsps.
const (
	portRTSP  = 554
	portRTSPS = 322
)

// ErrOutside says that a camera's host does not lie inside the allowed networks.
var ErrOutside = errors.New("the camera lies outside media.camera_networks")

// Camera is one camera of the configuration.
type Camera struct {
	Hall string   // the hall's name on the sitting's list
	URL  *url.URL // rtsp or rtsps, with user and password where the camera asks for them
}

// Parse reads "hall name=rtsp://user:password@host/path". Errors never quote the address: it may carry a password.
func Parse(text string) (Camera, error) {
	hall, address, found := strings.Cut(text, "=")
	hall = strings.TrimSpace(hall)
	if !found || hall == "" || strings.Contains(hall, "://") {
		return Camera{}, errors.New("want hall name=rtsp://…")
	}
	u, err := url.Parse(strings.TrimSpace(address))
	switch {
	case err != nil:
		return Camera{}, fmt.Errorf("%s: the address cannot be read", hall)
	case u.Scheme != "rtsp" && u.Scheme != "rtsps":
		return Camera{}, fmt.Errorf("%s: only rtsp:// and rtsps:// are cameras", hall)
	case u.Hostname() == "" || u.Opaque != "" || u.Fragment != "":
		return Camera{}, fmt.Errorf("%s: the address has no host, or a part that no camera has", hall)
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return Camera{}, fmt.Errorf("%s: the port is none", hall)
		}
	}
	return Camera{Hall: hall, URL: u}, nil
}

// port is the camera's TCP port.
func (c Camera) port() uint16 {
	if n, err := strconv.ParseUint(c.URL.Port(), 10, 16); err == nil {
		return uint16(n)
	}
	if c.URL.Scheme == "rtsps" {
		return portRTSPS
	}
	return portRTSP
}

// through is the camera's address behind a guard: the same path and credentials on the guard's port.
func (c Camera) through(guard netip.AddrPort) string {
	u := *c.URL
	u.Scheme, u.Host = "rtsp", guard.String()
	return u.String()
}

// secrets are what must not stand in logs.
func (c Camera) secrets() []string {
	if c.URL.User == nil {
		return []string{c.URL.RawQuery}
	}
	out := []string{c.URL.User.String()}
	if p, ok := c.URL.User.Password(); ok {
		out = append(out, p, url.QueryEscape(p), url.PathEscape(p))
	}
	return append(out, c.URL.RawQuery)
}

// lookup resolves a name; net.Resolver.LookupNetIP is one.
type lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)

// resolve gives the one address that will be talked to. Every address of the name must lie inside the networks: a name that
// leads elsewhere too is refused, not tried.
func (c Camera) resolve(ctx context.Context, look lookup, networks []netip.Prefix) (netip.AddrPort, error) {
	all, err := look(ctx, "ip", c.URL.Hostname())
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("find the camera of %s: %w", c.Hall, err)
	}
	if len(all) == 0 {
		return netip.AddrPort{}, fmt.Errorf("find the camera of %s: its name has no address", c.Hall)
	}
	for _, a := range all {
		a = a.Unmap().WithZone("")
		if !slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(a) }) {
			return netip.AddrPort{}, fmt.Errorf("%w: %s at %s", ErrOutside, c.Hall, a)
		}
	}
	return netip.AddrPortFrom(all[0].Unmap(), c.port()), nil
}

var systemLookup lookup = net.DefaultResolver.LookupNetIP
