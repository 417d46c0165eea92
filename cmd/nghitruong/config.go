package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"nghitruong/cameras"
)

// envPrefix starts the name of every environment variable that sets a key: NGHITRUONG_MEDIA_UDP_PORT sets media.udp_port.
const envPrefix = "NGHITRUONG_"

// Config is the effective configuration: defaults, then the YAML file, then the environment, then flags.
type Config struct {
	Listen          string           // host:port of pages and API
	Data            string           // data folder, made when absent
	PublicURL       string           // how people reach the server, "https://hop.example.gov.vn"; "" = from Listen
	LogLevel        string           // debug, info, warn, error
	TLSMode         string           // off, files, acme, local
	TLSCert, TLSKey string           // PEM files of mode files
	TLSHosts        []string         // names (acme) or names and addresses (local) of the certificate
	TLSEmail        string           // for the certificate authority, mode acme
	UDPPort         int              // one UDP port for all media; 0 = a free one
	TCPPort         int              // ICE-TCP beside it; 0 = a free one, -1 = off
	TURNPort        int              // relay on UDP; 0 = a free one, -1 = off; over TLS it shares the port of pages
	PublicAddresses []netip.Addr     // replace the addresses that clients are given (1:1 NAT)
	CameraNetworks  []netip.Prefix   // where RTSP cameras may be; empty = cameras are off
	Cameras         []cameras.Camera // pulled into the halls of their names
	SmallPictures   int              // ffmpeg children that make small pictures of single-size sources; 0 = off
	Recordings      string           // folder of recordings; "" = recordings in Data
	RecordingNotice string           // WebM file played when a recording begins; "" = the built-in one
	MetricsToken    string           // bearer token for /metrics and pprof off loopback; "" = loopback only
	MaxPeople       int              // connected people in one sitting
	Reserve         int              // of MaxPeople, kept for members and halls
	Connections     int              // new PeerConnections a second; 0 = 50 for each CPU, -1 = no bound
	StopGrace       time.Duration    // how long a stop waits for clients to be told and the disk
	sources         map[string]string
}

// setting is one row of the configuration: its key, default, meaning, and how it is read and printed.
type setting struct {
	key, def, doc string
	secret        bool
	set           func(c *Config, v string) error
	get           func(c *Config) string
}

// settings is the whole configuration; `nghitruong config` prints it in this order.
var settings = []setting{
	text("listen", "localhost:8080", "host:port of pages and API", func(c *Config) *string { return &c.Listen }, checkHostPort),
	text("data", "var/data", "data folder, made when absent", func(c *Config) *string { return &c.Data }, notEmpty),
	text("public_url", "", "how people reach the server, https://…; empty = from listen", func(c *Config) *string { return &c.PublicURL }, checkURL),
	text("log.level", "info", "debug, info, warn or error", func(c *Config) *string { return &c.LogLevel }, oneOf("debug", "info", "warn", "error")),
	text("tls.mode", "off", "off, files, acme or local", func(c *Config) *string { return &c.TLSMode }, oneOf("off", "files", "acme", "local")),
	text("tls.cert", "", "PEM certificate chain (mode files)", func(c *Config) *string { return &c.TLSCert }, nil),
	text("tls.key", "", "PEM private key (mode files)", func(c *Config) *string { return &c.TLSKey }, nil),
	list("tls.hosts", "names of the certificate (acme), names and addresses (local)", func(c *Config) *[]string { return &c.TLSHosts }),
	text("tls.email", "", "address for the certificate authority (mode acme)", func(c *Config) *string { return &c.TLSEmail }, nil),
	number("media.udp_port", "7882", "one UDP port for all media; 0 = a free one", 0, 65535, func(c *Config) *int { return &c.UDPPort }),
	number("media.tcp_port", "7881", "ICE-TCP beside it; 0 = a free one, -1 = off", -1, 65535, func(c *Config) *int { return &c.TCPPort }),
	number("media.turn_port", "3478", "relay on UDP, and on the HTTPS port; 0 = a free one, -1 = no relay at all", -1, 65535, func(c *Config) *int { return &c.TURNPort }),
	addresses("media.public_addresses", "replace the addresses that clients are given (1:1 NAT)"),
	{
		key: "media.camera_networks", doc: "networks where RTSP cameras may be, 10.20.0.0/16; empty = cameras are off",
		set: func(c *Config, v string) (err error) { c.CameraNetworks, err = prefixes(split(v)); return err },
		get: func(c *Config) string { return strings.Trim(fmt.Sprint(c.CameraNetworks), "[]") },
	},
	secret(setting{
		key: "media.cameras", doc: "RTSP cameras, hall name=rtsp://user:password@address/path",
		set: func(c *Config, v string) (err error) { c.Cameras, err = parseCameras(split(v)); return err },
		get: func(c *Config) string { return strings.Repeat("camera", min(1, len(c.Cameras))) }, // masked: addresses carry passwords
	}),
	number("media.small_pictures", "0", "small pictures made by ffmpeg of encoders and cameras that send one size, at once; 0 = off", 0, 64, func(c *Config) *int { return &c.SmallPictures }),
	text("recordings.folder", "", "folder of recordings; empty = recordings in the data folder", func(c *Config) *string { return &c.Recordings }, nil),
	text("recordings.notice", "", "the council's own spoken notice, a WebM file with Opus; empty = the built-in one", func(c *Config) *string { return &c.RecordingNotice }, nil),
	secret(text("metrics.token", "", "bearer token for /metrics and pprof from elsewhere than loopback", func(c *Config) *string { return &c.MetricsToken }, nil)),
	number("limits.people", "400", "connected people in one sitting", 1, 100000, func(c *Config) *int { return &c.MaxPeople }),
	number("limits.reserve", "200", "of these, kept for members and halls", 0, 100000, func(c *Config) *int { return &c.Reserve }),
	number("limits.connections", "0", "new media connections a second; 0 = 50 for each CPU, -1 = no bound", -1, 100000, func(c *Config) *int { return &c.Connections }),
	{
		key: "stop_grace", def: "8s", doc: "how long a stop waits for clients and the disk",
		set: func(c *Config, v string) (err error) { c.StopGrace, err = time.ParseDuration(v); return err },
		get: func(c *Config) string { return c.StopGrace.String() },
	},
}

func text(key, def, doc string, at func(*Config) *string, check func(string) error) setting {
	return setting{
		key: key, def: def, doc: doc, get: func(c *Config) string { return *at(c) },
		set: func(c *Config, v string) error {
			if check != nil {
				if err := check(v); err != nil {
					return err
				}
			}
			*at(c) = v
			return nil
		},
	}
}

func secret(s setting) setting { s.secret = true; return s }

func number(key, def, doc string, low, high int, at func(*Config) *int) setting {
	return setting{
		key: key, def: def, doc: doc, get: func(c *Config) string { return strconv.Itoa(*at(c)) },
		set: func(c *Config, v string) error {
			n, err := strconv.Atoi(v)
			if err != nil || n < low || n > high {
				return fmt.Errorf("want a whole number from %d to %d, have %q", low, high, v)
			}
			*at(c) = n
			return nil
		},
	}
}

func list(key, doc string, at func(*Config) *[]string) setting {
	return setting{
		key: key, doc: doc, get: func(c *Config) string { return strings.Join(*at(c), ",") },
		set: func(c *Config, v string) error { *at(c) = split(v); return nil },
	}
}

func addresses(key, doc string) setting {
	return setting{
		key: key, doc: doc,
		get: func(c *Config) string {
			var out []string
			for _, a := range c.PublicAddresses {
				out = append(out, a.String())
			}
			return strings.Join(out, ",")
		},
		set: func(c *Config, v string) error {
			c.PublicAddresses = nil
			for _, part := range split(v) {
				a, err := netip.ParseAddr(part)
				if err != nil {
					return fmt.Errorf("want IP addresses, have %q", part)
				}
				c.PublicAddresses = append(c.PublicAddresses, a.Unmap())
			}
			return nil
		},
	}
}

func prefixes(parts []string) (out []netip.Prefix, err error) {
	for _, part := range parts {
		p, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, fmt.Errorf("want networks as 10.20.0.0/16, have %q", part)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func parseCameras(parts []string) (out []cameras.Camera, err error) {
	for _, part := range parts {
		c, err := cameras.Parse(part)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func split(v string) (out []string) {
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func notEmpty(v string) error {
	if v == "" {
		return errors.New("must not be empty")
	}
	return nil
}

func oneOf(values ...string) func(string) error {
	return func(v string) error {
		if slices.Contains(values, v) {
			return nil
		}
		return fmt.Errorf("want one of %s, have %q", strings.Join(values, ", "), v)
	}
}

func checkHostPort(v string) error {
	_, port, err := net.SplitHostPort(v)
	if err != nil {
		return fmt.Errorf("want host:port, have %q", v)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("want a port from 0 to 65535, have %q", port)
	}
	return nil
}

func checkURL(v string) error {
	if v == "" || strings.HasPrefix(v, "https://") || strings.HasPrefix(v, "http://") {
		return nil
	}
	return fmt.Errorf("want https://…, have %q", v)
}

// readConfig builds the configuration from all layers and reports every problem at once.
func readConfig(file string, environ []string, flags map[string]string) (*Config, error) {
	c := &Config{sources: map[string]string{}}
	var problems []error
	put := func(key, value, source string) {
		i := slices.IndexFunc(settings, func(s setting) bool { return s.key == key })
		if i < 0 {
			problems = append(problems, fmt.Errorf("%s: unknown key %q", source, key))
			return
		}
		if err := settings[i].set(c, value); err != nil {
			problems = append(problems, fmt.Errorf("%s: %s: %w", source, key, err))
			return
		}
		c.sources[key] = source
	}
	for _, s := range settings {
		put(s.key, s.def, "default")
	}
	if file != "" {
		values, err := readYAML(file)
		if err != nil {
			problems = append(problems, err)
		}
		for _, kv := range values {
			put(kv[0], kv[1], filepath.Base(file))
		}
	}
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		if key, found := strings.CutPrefix(name, envPrefix); found {
			put(envKey(key), value, "environment "+name)
		}
	}
	for _, s := range settings {
		if v, found := flags[s.key]; found {
			put(s.key, v, "flag")
		}
	}
	if len(problems) == 0 {
		problems = c.check()
	}
	return c, errors.Join(problems...)
}

// check reports what no single key shows.
func (c *Config) check() (problems []error) {
	if c.TLSMode == "files" && (c.TLSCert == "" || c.TLSKey == "") {
		problems = append(problems, errors.New("tls.mode files needs tls.cert and tls.key"))
	}
	if c.TLSMode == "acme" && len(c.TLSHosts) == 0 {
		problems = append(problems, errors.New("tls.mode acme needs the public name in tls.hosts"))
	}
	if len(c.Cameras) > 0 && len(c.CameraNetworks) == 0 {
		problems = append(problems, errors.New("media.cameras needs media.camera_networks"))
	}
	if c.Reserve > c.MaxPeople {
		problems = append(problems, fmt.Errorf("limits.reserve %d is more than limits.people %d", c.Reserve, c.MaxPeople))
	}
	return problems
}

// envKey finds the key of a variable's name without prefix; an unknown one is returned in lower case so that the error names it.
func envKey(name string) string {
	for _, s := range settings {
		if strings.ToUpper(strings.ReplaceAll(s.key, ".", "_")) == name {
			return s.key
		}
	}
	return strings.ToLower(name)
}

// readYAML flattens a file to dotted keys in file order. Duplicate keys are an error of the decoder.
func readYAML(file string) ([][2]string, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	var root yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&root); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	var asMap map[string]any
	if err := root.Decode(&asMap); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	var out [][2]string
	var walk func(prefix string, n *yaml.Node)
	walk = func(prefix string, n *yaml.Node) {
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				key := n.Content[i].Value
				if prefix != "" {
					key = prefix + "." + key
				}
				walk(key, n.Content[i+1])
			}
		case yaml.SequenceNode:
			var items []string
			for _, item := range n.Content {
				items = append(items, item.Value)
			}
			out = append(out, [2]string{prefix, strings.Join(items, ",")})
		default:
			out = append(out, [2]string{prefix, n.Value})
		}
	}
	if len(root.Content) > 0 {
		walk("", root.Content[0])
	}
	return out, nil
}

// print writes the effective configuration with its sources; secrets are masked.
func (c *Config) print(w io.Writer) {
	for _, s := range settings {
		v := s.get(c)
		if s.secret && v != "" {
			v = "********"
		}
		fmt.Fprintf(w, "%-24s %-32q # %s; %s\n", s.key+":", v, c.sources[s.key], s.doc)
	}
}

// host and port of Listen; load has checked the form.
func (c *Config) hostPort() (host, port string) {
	host, port, _ = net.SplitHostPort(c.Listen)
	return host, port
}

// loopback tells whether pages are offered to this machine only.
func (c *Config) loopback() bool {
	host, _ := c.hostPort()
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
