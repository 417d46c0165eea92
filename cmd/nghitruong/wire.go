package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"nghitruong/council"
	"nghitruong/office"
	"nghitruong/signaling"
	"nghitruong/web"
)

// doors finds the sitting behind a door for signaling.
type doors struct{ office *office.Office }

func (d doors) SittingOf(ctx context.Context, door string) (string, error) {
	p, err := d.office.PlaceOf(ctx, door)
	if errors.Is(err, office.ErrNoSitting) {
		err = &council.Error{Kind: council.NotFound, Code: "no_such_sitting"}
	}
	return p.Sitting, err
}

// level reads a checked log level.
func level(name string) slog.Level {
	var l slog.Level
	_ = l.UnmarshalText([]byte(name)) // the configuration allows only names that slog knows
	return l
}

// quiet lowers net/http's own messages (broken handshakes of scanners) to the debug level.
type quiet struct{ slog.Handler }

// Handle passes on the record at its level.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	if !q.Enabled(ctx, slog.LevelDebug) {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}

// publicURL is where people reach the pages, without a slash at the end.
func (a *app) publicURL() string {
	if a.config.PublicURL != "" {
		return strings.TrimSuffix(a.config.PublicURL, "/")
	}
	host, _ := a.config.hostPort()
	port := a.listener.Addr().(*net.TCPAddr).Port
	scheme, usual := "http", 80
	if a.tls != nil {
		scheme, usual = "https", 443
	}
	switch {
	case a.config.TLSMode != "off" && len(a.config.TLSHosts) > 0:
		host = a.config.TLSHosts[0]
	case host == "" || host == "0.0.0.0" || host == "::":
		host = "localhost"
		if all := interfaceAddresses(); len(all) > 0 && a.tls != nil {
			host = all[0].String()
		}
	}
	if port == usual {
		return fmt.Sprintf("%s://%s", scheme, bracket(host))
	}
	return fmt.Sprintf("%s://%s", scheme, net.JoinHostPort(host, fmt.Sprint(port)))
}

func bracket(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// mediaListen is listen's address if it names one, else every interface.
func mediaListen(c *Config) netip.Addr {
	host, _ := c.hostPort()
	if host == "localhost" {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.IsUnspecified() {
		return netip.Addr{}
	}
	return addr.Unmap()
}

// origins are the public names under which pages may open the WebSocket besides the request's own host.
func origins(c *Config) []string {
	if c.PublicURL == "" {
		return nil
	}
	return []string{strings.TrimSuffix(c.PublicURL, "/")}
}

// printAddresses says where pages and media are reached, and what stands in the way.
func (a *app) printAddresses(out io.Writer) {
	fmt.Fprintf(out, "Nghị Trường %s\npages  %s\n", version, a.base)
	for _, m := range a.media.Addresses() {
		fmt.Fprintf(out, "media  udp %s\n", m)
	}
	if p := a.media.TCPPort(); p > 0 {
		fmt.Fprintf(out, "media  tcp port %d\n", p)
	}
	if a.turn != nil {
		fmt.Fprintf(out, "relay  udp port %d\n", a.turn.Port())
	}
	if s := reach(a.media.Addresses()); s != "" && !a.config.loopback() {
		fmt.Fprintln(out, s)
	}
	switch {
	case a.tls == nil && !a.config.loopback():
		fmt.Fprintln(out, "Without HTTPS browsers give no microphone: every page off this machine explains how to switch it on (--tls).")
	case a.config.TLSMode == "local":
		fmt.Fprintf(out, "The certificate comes from this server's own authority: trust %s/ca.crt on the machines that the office controls.\n"+
			"Citizens' links need a public name with --tls acme or --tls files.\n", a.base)
	}
}

// printFirst prints the one-time link of the first administrator while there is none.
func (a *app) printFirst(ctx context.Context, out io.Writer) error {
	token, err := a.office.FirstToken(ctx)
	if err != nil || token == "" {
		return err
	}
	fmt.Fprintf(out, "First start: name the council at %s/cai-dat#%s\n(once; a new start prints a new link)\n", a.base, token)
	return nil
}

// wirePages makes the HTTP side; the own authority's certificate (mode local) is offered as /ca.crt.
func (a *app) wirePages(metrics *prometheus.Registry, authority []byte) (err error) {
	a.web, err = web.New(web.Config{
		Auth: a.auth, Office: a.office, WebSocket: a.signaling, Streams: streams{a.signaling}, ICEServers: a.relay.iceServers, PublicURL: a.config.PublicURL, MetricsToken: a.config.MetricsToken,
		Metrics: metrics, Ready: a.store.Ping, ExtraSchemas: signaling.Schemas(), Version: version, Log: a.log,
	})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", a.web)
	if authority != nil {
		mux.HandleFunc("GET /ca.crt", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-x509-ca-cert")
			w.Header().Set("Content-Disposition", `attachment; filename="nghitruong-ca.crt"`)
			_, _ = w.Write(authority) // a client that went away needs nothing
		})
	}
	a.pages = mux
	return a.config.serveNotice(mux)
}
