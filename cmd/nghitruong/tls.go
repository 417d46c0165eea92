package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
)

// Life of what mode local makes: browsers refuse leaves of more than 398 days.
const (
	localCALife   = 10 * 365 * 24 * time.Hour
	localLeafLife = 390 * 24 * time.Hour
)

// tlsConfig gives the TLS configuration of the chosen mode, nil for off, and the PEM of the own authority in mode local.
func tlsConfig(ctx context.Context, c *Config, log *slog.Logger) (conf *tls.Config, authority []byte, err error) {
	switch c.TLSMode {
	case "files":
		pair := &filePair{cert: c.TLSCert, key: c.TLSKey, log: log}
		if _, err := pair.get(nil); err != nil {
			return nil, nil, err
		}
		conf = &tls.Config{GetCertificate: pair.get}
	case "acme":
		conf, err = acmeConfig(ctx, c)
	case "local":
		conf, authority, err = localConfig(c, time.Now())
	default:
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	conf = withProtocols(conf)
	conf.MinVersion = tls.VersionTLS12
	return conf, authority, nil
}

// filePair serves a certificate from files and reads them again when they change; a broken new pair keeps the old one.
type filePair struct {
	cert, key string
	log       *slog.Logger
	mu        sync.Mutex
	at        time.Time
	pair      *tls.Certificate
}

func (p *filePair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	info, err := os.Stat(p.cert)
	if err == nil && p.pair != nil && info.ModTime().Equal(p.at) {
		return p.pair, nil
	}
	pair, err2 := tls.LoadX509KeyPair(p.cert, p.key)
	if err = errors.Join(err, err2); err != nil {
		if p.pair != nil {
			p.log.Error("keep the old certificate: the new one cannot be read", "error", err)
			return p.pair, nil
		}
		return nil, fmt.Errorf("read tls.cert and tls.key: %w", err)
	}
	p.pair, p.at = &pair, info.ModTime()
	return p.pair, nil
}

// acmeConfig gets and renews certificates for tls.hosts; keys lie in the data folder.
func acmeConfig(ctx context.Context, c *Config) (*tls.Config, error) {
	certmagic.DefaultACME.Agreed = true
	certmagic.DefaultACME.Email = c.TLSEmail
	certmagic.Default.Storage = &certmagic.FileStorage{Path: filepath.Join(c.Data, "tls")}
	certmagic.Default.Logger = zap.NewNop()
	magic := certmagic.NewDefault()
	if err := magic.ManageSync(ctx, c.TLSHosts); err != nil {
		return nil, fmt.Errorf("get a certificate for %v (port 443 of that name must lead here): %w", c.TLSHosts, err)
	}
	conf := magic.TLSConfig()
	conf.NextProtos = append([]string{"h2", "http/1.1"}, conf.NextProtos...)
	return conf, nil
}

// localConfig makes an own authority at the first start and a leaf for tls.hosts, localhost and every address of this machine.
func localConfig(c *Config, now time.Time) (*tls.Config, []byte, error) {
	dir := filepath.Join(c.Data, "tls")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("make the folder of certificates: %w", err)
	}
	ca, err := loadPair(dir, "ca")
	if errors.Is(err, os.ErrNotExist) {
		ca, err = makePair(dir, "ca", caTemplate(now), nil)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("own certificate authority: %w", err)
	}
	leaf, err := makePair(dir, "server", leafTemplate(c, now), ca)
	if err != nil {
		return nil, nil, fmt.Errorf("own certificate: %w", err)
	}
	leaf.Certificate = append(leaf.Certificate, ca.Certificate[0])
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Certificate[0]})
	return &tls.Config{Certificates: []tls.Certificate{*leaf}, NextProtos: []string{"h2", "http/1.1"}}, authority, nil
}

func caTemplate(now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: "Nghị Trường (máy chủ này)"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(localCALife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

func leafTemplate(c *Config, now time.Time) *x509.Certificate {
	t := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Nghị Trường"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(localLeafLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	host, _ := c.hostPort()
	for _, h := range append([]string{"localhost", host}, c.TLSHosts...) {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else if h != "" {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	for _, a := range interfaceAddresses() {
		t.IPAddresses = append(t.IPAddresses, a.AsSlice())
	}
	return t
}

func loadPair(dir, name string) (*tls.Certificate, error) {
	if _, err := os.Stat(filepath.Join(dir, name+".crt")); err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key"))
	return &pair, err
}

// makePair makes an ECDSA P-256 certificate signed by parent (nil = itself) and writes both files.
func makePair(dir, name string, t *x509.Certificate, parent *tls.Certificate) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	if t.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return nil, err
	}
	issuer, signer := t, any(key)
	if parent != nil {
		if issuer, err = x509.ParseCertificate(parent.Certificate[0]); err != nil {
			return nil, err
		}
		signer = parent.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, t, issuer, &key.PublicKey, signer)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	// The key first: a crash between the two leaves no certificate without its key.
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600),
		os.WriteFile(filepath.Join(dir, name+".crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644),
	)
	if err != nil {
		return nil, err
	}
	return loadPair(dir, name)
}
