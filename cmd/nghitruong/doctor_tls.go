package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// renewSoon is how long before its end a certificate from files is worth a warning.
const renewSoon = 21 * 24 * time.Hour

// tls tells whether browsers will trust the pages.
func (d *doctor) tls(ctx context.Context) {
	switch d.c.TLSMode {
	case "off":
		if d.c.loopback() {
			d.ok("tls", "HTTPS is off, and pages are offered to this machine only.")
		} else {
			d.broken("tls", "set tls.mode to acme (a public name), files (your certificate) or local (this network only)",
				"HTTPS is off: browsers on other machines give no microphone.")
		}
	case "files":
		d.certificateFiles(d.c.TLSCert, d.c.TLSKey, d.publicHost())
	case "acme":
		d.acme(ctx)
	case "local":
		d.local()
	}
}

// publicHost is the name that people type, "" when the configuration does not say it.
func (d *doctor) publicHost() string {
	if u, err := url.Parse(d.c.PublicURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	if len(d.c.TLSHosts) > 0 {
		return d.c.TLSHosts[0]
	}
	return ""
}

// certificateFiles checks a pair of PEM files: readable, matching, in time, for the name, with its chain.
func (d *doctor) certificateFiles(cert, key, host string) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		d.broken("tls", "check tls.cert and tls.key: PEM files that belong together and that this account may read", "The certificate cannot be used: %s.", plain(err))
		return
	}
	leaf := pair.Leaf
	if !d.inTime(leaf, "get a new certificate and put it into tls.cert and tls.key: the server reads them again by itself") {
		return
	}
	if host == "" {
		d.warn("tls", "set public_url", "It is unknown under which name people come, so the certificate's names %v were not compared.", leaf.DNSNames)
	} else if err := leaf.VerifyHostname(host); err != nil {
		d.broken("tls", "get a certificate for "+host+", or correct public_url", "The certificate is not for %s: browsers refuse it.", host)
		return
	}
	rest := x509.NewCertPool()
	for _, der := range pair.Certificate[1:] {
		if c, err := x509.ParseCertificate(der); err == nil {
			rest.AddCert(c)
		}
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Intermediates: rest, CurrentTime: d.now()}); err != nil {
		d.warn("tls", "put the whole chain into tls.cert (the server's certificate first); an own authority must be trusted on every machine",
			"This machine does not trust the certificate: %s.", plain(err))
	}
}

// inTime judges a certificate's time; false when it is not valid now.
func (d *doctor) inTime(leaf *x509.Certificate, do string) bool {
	now, day := d.now(), "2006-01-02"
	switch {
	case now.After(leaf.NotAfter):
		d.broken("tls", do, "The certificate ended on %s: browsers refuse it.", leaf.NotAfter.Format(day))
		return false
	case now.Before(leaf.NotBefore):
		d.broken("tls", "check this machine's clock", "The certificate begins only on %s.", leaf.NotBefore.Format(day))
		return false
	case leaf.NotAfter.Sub(now) < renewSoon:
		d.warn("tls", do, "The certificate ends soon, on %s.", leaf.NotAfter.Format(day))
	default:
		d.ok("tls", "The certificate is valid until %s.", leaf.NotAfter.Format(day))
	}
	return true
}

// acme checks what the certificate authority will check: the names lead somewhere, and what it gave before.
func (d *doctor) acme(ctx context.Context) {
	for _, host := range d.c.TLSHosts {
		if _, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host); err != nil {
			d.broken("tls", "enter the name in your DNS zone with this machine's outside address", "No certificate can be had for %s, the name does not resolve: %s.", host, plain(err))
			continue
		}
		found, err := filepath.Glob(filepath.Join(d.c.Data, "tls", "certificates", "*", host, host+".crt"))
		if err != nil || len(found) == 0 {
			d.warn("tls", "port 443 of "+host+" must lead to this server at the first start", "There is no certificate for %s yet; the first start gets one.", host)
			continue
		}
		if leaf := d.leafOf(found[0]); leaf != nil {
			d.inTime(leaf, "port 443 of "+host+" must lead to this server, then restart: it renews by itself")
		}
	}
}

// local checks the own authority.
func (d *doctor) local() {
	file := filepath.Join(d.c.Data, "tls", "ca.crt")
	if _, err := os.Stat(file); err != nil {
		d.ok("tls", "The first start makes an own authority in %s.", filepath.Dir(file))
	} else if leaf := d.leafOf(file); leaf != nil {
		d.inTime(leaf, "remove "+filepath.Dir(file)+", restart and trust the new /ca.crt on every machine")
	}
	d.warn("tls", "trust /ca.crt on the machines that the office controls; citizens need tls.mode acme or files",
		"The certificate comes from this server's own authority: browsers warn until they trust it.")
}

func (d *doctor) leafOf(file string) *x509.Certificate {
	raw, err := os.ReadFile(file)
	if err == nil {
		if block, _ := pem.Decode(raw); block != nil {
			leaf, err := x509.ParseCertificate(block.Bytes)
			if err == nil {
				return leaf
			}
		}
	}
	d.broken("tls", "remove it and restart: a new one is made", "The certificate %s cannot be read.", file)
	return nil
}
