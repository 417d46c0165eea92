//go:build linux

package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"nghitruong/load"
)

// secretMax bounds files with a password or key, in bytes.
const secretMax = 4096

// loadFlags are what the command line says; the checks of plan make a load.Plan of it.
type loadFlags struct {
	urls                         []string
	account, passwordFile        string
	meetings, deputies, speakers int
	viewers, joins               int
	hands, votes, own, asJSON    bool
	duration                     time.Duration
	whip, whipKeyFile            string
	whep, whepKeyFile            string
	players                      int
	authority                    string
	resolve                      func(ctx context.Context, host string) ([]netip.Addr, error)
	interfaces                   func() ([]net.Addr, error)
}

const loadHelp = `Play people against a server of your own and print what they would have noticed. They are real to the server: they join, connect their
media and count every packet. Three ways, which may be mixed:

  citizens in a meeting that stands:  nghitruong load --url https://host/h/k7m2p9qx --viewers 100
  meetings of their own, closed after: nghitruong load --url https://host --account van-phong --password-file FILE --meetings 4 --viewers 50 --hands --votes
  an encoder and players (WHIP, WHEP): nghitruong load --whip URL --whip-key-file FILE --whep URL --whep-key-file FILE --players 20

Meetings of their own stay in the office's list, closed, named "Thử tải". Ctrl-C ends early and prints what was measured.`

func loadCommand() *cobra.Command {
	f := &loadFlags{resolve: resolveHost, interfaces: net.InterfaceAddrs}
	cmd := &cobra.Command{
		Use: "load", Short: "Play many people against an own server and print what they would have noticed", Long: loadHelp, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			plan, err := f.plan(cmd.Context())
			if err != nil {
				return err
			}
			plan.Say = func(format string, args ...any) { fmt.Fprintf(cmd.ErrOrStderr(), format+"\n", args...) }
			rep, err := load.Run(cmd.Context(), plan)
			return errors.Join(err, f.print(cmd.OutOrStdout(), rep))
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.urls, "url", nil, "the server, or the public link of a meeting (again for more meetings)")
	flags.StringVar(&f.account, "account", "", "office account that makes meetings for this load")
	flags.StringVar(&f.passwordFile, "password-file", "", "file with its password")
	flags.IntVar(&f.meetings, "meetings", 1, "meetings to make, with --account (1 to 100)")
	flags.IntVar(&f.deputies, "deputies", 10, "deputies in each of them (2 to 500; 500 in all)")
	flags.IntVar(&f.speakers, "speakers", 2, "of these, who send sound; the first one pictures too (0 to 50)")
	flags.IntVar(&f.viewers, "viewers", 10, "citizens in each meeting (0 to 5000; 10000 in all)")
	flags.IntVar(&f.joins, "joins-per-minute", 600, "pace of the joins (1 to 60000)")
	flags.BoolVar(&f.hands, "hands", false, "raise and lower hands, each person every 2 s")
	flags.BoolVar(&f.votes, "votes", false, "vote in an open ballot, each deputy every second, and look for all votes in the ledger; with --account")
	flags.DurationVar(&f.duration, "duration", 30*time.Second, "after the last join (1s to 2h)")
	flags.StringVar(&f.whip, "whip", "", "address of an encoder to publish a camera at (WHIP)")
	flags.StringVar(&f.whipKeyFile, "whip-key-file", "", "file with its key")
	flags.StringVar(&f.whep, "whep", "", "address of a player (WHEP)")
	flags.StringVar(&f.whepKeyFile, "whep-key-file", "", "file with its key")
	flags.IntVar(&f.players, "players", 1, "players at --whep (1 to 5000)")
	flags.StringVar(&f.authority, "ca-file", "", "certificate of the server's authority (PEM), as of --tls local")
	flags.BoolVar(&f.own, "i-own-this-server", false, "allow a server that is not this machine")
	flags.BoolVar(&f.asJSON, "json", false, "print the figures as JSON")
	return cmd
}

// print writes the figures.
func (f *loadFlags) print(out io.Writer, rep load.Report) error {
	if rep.Seconds == 0 {
		return nil // nothing began
	}
	if !f.asJSON {
		rep.Print(out)
		return nil
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	if err := enc.Encode(rep); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	return nil
}

// plan checks everything that was asked; the error names every problem.
func (f *loadFlags) plan(ctx context.Context) (p load.Plan, err error) {
	if err := errors.Join(f.bounds()...); err != nil {
		return p, err
	}
	p = load.Plan{
		Account: f.account, Deputies: f.deputies, Speakers: f.speakers, Viewers: f.viewers, JoinsPerMinute: f.joins,
		Hands: f.hands, Votes: f.votes, Duration: f.duration,
	}
	if p.Target.Base, p.Doors, err = f.addresses(); err != nil {
		return p, err
	}
	if f.account != "" {
		p.Meetings = f.meetings
		if p.Password, err = readSecret("--password-file", f.passwordFile); err != nil {
			return p, err
		}
	}
	if f.whip != "" {
		p.Encoder.URL = f.whip
		if p.Encoder.Token, err = readSecret("--whip-key-file", f.whipKeyFile); err != nil {
			return p, err
		}
	}
	if f.whep != "" {
		p.Player.URL, p.Players = f.whep, f.players
		if p.Player.Token, err = readSecret("--whep-key-file", f.whepKeyFile); err != nil {
			return p, err
		}
	}
	if f.authority != "" {
		pem, err := os.ReadFile(f.authority)
		if err != nil {
			return p, fmt.Errorf("--ca-file: %w", err)
		}
		if p.Target.Roots = x509.NewCertPool(); !p.Target.Roots.AppendCertsFromPEM(pem) {
			return p, fmt.Errorf("--ca-file: %s holds no certificate", f.authority)
		}
	}
	p.Target.Addr, err = f.allowed(ctx, p.Target.Base)
	return p, err
}

// bounds finds numbers out of range and flags that need others.
func (f *loadFlags) bounds() (bad []error) {
	between := func(flag string, have, least, most int) {
		if have < least || have > most {
			bad = append(bad, fmt.Errorf("--%s %d: must be %d to %d", flag, have, least, most))
		}
	}
	between("meetings", f.meetings, 1, 100)
	between("deputies", f.deputies, 2, 500)
	between("speakers", f.speakers, 0, 50)
	between("viewers", f.viewers, 0, 5000)
	between("joins-per-minute", f.joins, 1, 60000)
	between("players", f.players, 1, 5000)
	need := func(ok bool, format string, args ...any) {
		if !ok {
			bad = append(bad, fmt.Errorf(format, args...))
		}
	}
	need(f.duration >= time.Second && f.duration <= 2*time.Hour, "--duration %v: must be 1s to 2h", f.duration)
	need(f.speakers <= f.deputies, "--speakers %d: there are %d deputies", f.speakers, f.deputies)
	meetings := len(f.urls)
	if f.account != "" {
		meetings += f.meetings
		need(f.meetings*f.deputies <= 500, "%d meetings of %d deputies: at most 500 deputies in all", f.meetings, f.deputies)
	}
	need(meetings*f.viewers <= 10000, "%d viewers in %d meetings: at most 10000 in all", f.viewers, meetings)
	need(!f.votes || f.account != "", "--votes needs --account: only a made meeting's deputies vote")
	need((f.account == "") == (f.passwordFile == ""), "--account and --password-file belong together")
	need((f.whip == "") == (f.whipKeyFile == ""), "--whip and --whip-key-file belong together")
	need((f.whep == "") == (f.whepKeyFile == ""), "--whep and --whep-key-file belong together")
	need(len(f.urls) > 0 || f.whip != "" || f.whep != "", "give --url, --whip or --whep")
	return bad
}

var doorPath = regexp.MustCompile(`^/h/([a-z0-9]{8})$`)

// addresses gives the server and the meetings' doors; all addresses must be of one server.
func (f *loadFlags) addresses() (base string, doors []string, err error) {
	one := func(flag, raw string) (*url.URL, error) {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
			return nil, fmt.Errorf("%s %q: not an http or https address", flag, raw)
		}
		if b := u.Scheme + "://" + u.Host; base == "" {
			base = b
		} else if base != b {
			return nil, fmt.Errorf("%s %q: all addresses must be of one server, and %s came first", flag, raw, base)
		}
		return u, nil
	}
	for _, raw := range f.urls {
		u, err := one("--url", raw)
		if err != nil {
			return "", nil, err
		}
		m := doorPath.FindStringSubmatch(u.Path)
		switch {
		case m != nil && u.Fragment == "":
			doors = append(doors, m[1])
		case strings.Trim(u.Path, "/") != "" || u.Fragment != "":
			return "", nil, fmt.Errorf("--url %q: neither the server nor a public link https://host/h/… of a meeting", raw)
		case f.account == "":
			return "", nil, fmt.Errorf("--url %q: without --account it must be a meeting's public link https://host/h/…", raw)
		}
	}
	for flag, raw := range map[string]string{"--whip": f.whip, "--whep": f.whep} {
		if raw == "" {
			continue
		}
		if _, err := one(flag, raw); err != nil {
			return "", nil, err
		}
	}
	return base, doors, nil
}

// allowed finds the server's address and refuses another machine than this one.
func (f *loadFlags) allowed(ctx context.Context, base string) (at netip.AddrPort, err error) {
	u, err := url.Parse(base)
	if err != nil {
		return at, err
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	all, err := f.resolve(ctx, u.Hostname())
	if err != nil {
		return at, err
	}
	here, err := f.interfaces()
	if err != nil {
		return at, fmt.Errorf("list this machine's addresses: %w", err)
	}
	for _, a := range all {
		if !f.own && !isHere(a, here) {
			return at, fmt.Errorf("%s is at %s, which is not this machine: load only a server of your own, and say so with --i-own-this-server", u.Hostname(), a)
		}
	}
	return netip.ParseAddrPort(net.JoinHostPort(all[0].String(), port))
}

// isHere tells whether an address is loopback or one of this machine's.
func isHere(a netip.Addr, here []net.Addr) bool {
	if a.IsLoopback() {
		return true
	}
	for _, h := range here {
		if n, ok := h.(*net.IPNet); ok && n.IP.Equal(a.AsSlice()) {
			return true
		}
	}
	return false
}

// resolveHost gives a host's IPv4 addresses: the people of the load have sockets of that kind.
func resolveHost(ctx context.Context, host string) ([]netip.Addr, error) {
	all, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", host, err)
	}
	for i := range all {
		all[i] = all[i].Unmap()
	}
	return all, nil
}

// readSecret reads a file with one line.
func readSecret(flag, file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, secretMax+1))
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	s := strings.TrimSpace(string(raw))
	if s == "" || len(raw) > secretMax || strings.ContainsAny(s, "\r\n") {
		return "", fmt.Errorf("%s: %s must hold one line of at most %d bytes", flag, file, secretMax)
	}
	return s, nil
}
