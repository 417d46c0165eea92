package main

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestLocalAuthority(t *testing.T) {
	c := &Config{Data: t.TempDir(), Listen: "192.0.2.9:443", TLSHosts: []string{"hop.example", "192.0.2.10"}, TLSMode: "local"}
	conf, authority, err := tlsConfig(context.Background(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		t.Fatal("the authority is not a PEM certificate")
	}
	leaf, err := x509.ParseCertificate(conf.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"localhost", "hop.example", "192.0.2.9", "192.0.2.10"} {
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: time.Now()}); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if _, err := leaf.Verify(x509.VerifyOptions{DNSName: "other.example", Roots: roots}); err == nil {
		t.Error("a foreign name verifies")
	}
	if _, again, err := localConfig(c, time.Now()); err != nil || string(again) != string(authority) {
		t.Errorf("a second start made another authority (error %v)", err)
	}
	if info, err := os.Stat(filepath.Join(c.Data, "tls", "ca.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("ca.key: %v, %v", info, err)
	}
}

func TestFilePairKeepsTheOldOne(t *testing.T) {
	dir := t.TempDir()
	c := &Config{Data: dir, Listen: "localhost:0", TLSMode: "local"}
	if _, _, err := localConfig(c, time.Now()); err != nil {
		t.Fatal(err)
	}
	pair := &filePair{cert: filepath.Join(dir, "tls", "server.crt"), key: filepath.Join(dir, "tls", "server.key"), log: slog.New(slog.DiscardHandler)}
	first, err := pair.get(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(pair.cert, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(pair.cert, later, later); err != nil {
		t.Fatal(err)
	}
	if again, err := pair.get(nil); err != nil || again != first {
		t.Errorf("a broken new certificate replaced the old one: %v", err)
	}
	missing := &Config{TLSMode: "files", TLSCert: filepath.Join(dir, "none.crt"), TLSKey: filepath.Join(dir, "none.key")}
	if _, _, err := tlsConfig(context.Background(), missing, pair.log); err == nil {
		t.Error("missing files give no error")
	}
}

func TestReach(t *testing.T) {
	at := func(s string) []netip.AddrPort { return []netip.AddrPort{netip.MustParseAddrPort(s)} }
	for _, tc := range []struct {
		addresses []netip.AddrPort
		silent    bool
	}{{nil, false}, {at("127.0.0.1:7882"), false}, {at("10.1.2.3:7882"), false}, {at("203.0.113.5:7882"), true}} {
		if got := reach(tc.addresses); (got == "") != tc.silent {
			t.Errorf("%v: %q", tc.addresses, got)
		}
	}
}
