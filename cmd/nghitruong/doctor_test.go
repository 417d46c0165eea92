package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nghitruong/ffmpeg"
)

// patient is a doctor on a machine where nothing is to be found fault with.
func patient(t *testing.T) *doctor {
	t.Helper()
	c, err := readConfig("", nil, map[string]string{"data": t.TempDir(), "listen": "127.0.0.1:0", "media.udp_port": "0", "media.tcp_port": "-1", "media.turn_port": "0"})
	if err != nil {
		t.Fatal(err)
	}
	d := newDoctor(c)
	d.now = func() time.Time { return time.Date(2026, 11, 2, 8, 0, 0, 0, time.FixedZone("+07", 7*3600)) }
	d.read = func(path string) ([]byte, error) {
		if strings.HasSuffix(path, "meminfo") {
			return []byte("MemTotal: 8000000 kB\nMemAvailable:    4000000 kB\n"), nil
		}
		return []byte("16777216\n"), nil
	}
	d.measure = func(dir string) ([]time.Duration, error) { // the disk of tests may be slow, and is written all the same
		times, err := measureSyncs(dir)
		for i := range times {
			times[i] = time.Millisecond
		}
		return times, err
	}
	d.look = func(name string) (string, error) { return "/bin/" + name, nil }
	d.run = func(_ context.Context, program string, _ ...string) (string, error) {
		if strings.HasSuffix(program, "timedatectl") {
			return "yes\n", nil
		}
		return "LibreOffice 7.4.7.2\n", nil
	}
	d.find = func(context.Context) (*ffmpeg.Tool, error) { return nil, ffmpeg.ErrAbsent }
	return d
}

// want fails unless a finding of this area and grade contains all the words, with something to do unless it is fine.
func want(t *testing.T, d *doctor, area, grade string, words ...string) {
	t.Helper()
next:
	for _, f := range d.results {
		if f.Area != area || f.Grade != grade {
			continue
		}
		for _, w := range words {
			if !strings.Contains(f.Says+" "+f.Do, w) {
				continue next
			}
		}
		if grade == gradeBroken && f.Do == "" {
			t.Errorf("nothing to do about %q", f.Says)
		}
		return
	}
	t.Errorf("no %s finding of %s with %q in %+v", grade, area, words, d.results)
}

func TestDoctorHealthy(t *testing.T) {
	d := patient(t)
	d.examine(context.Background())
	for _, f := range d.results {
		if f.Grade == gradeBroken {
			t.Errorf("broken: %+v", f)
		}
	}
	want(t, d, "clock", gradeOK, "Vietnam")
	want(t, d, "clock", gradeOK, "NTP")
	want(t, d, "kernel", gradeOK, "rmem_max")
	want(t, d, "disk", gradeOK, "writes reached the disk")
	want(t, d, "programs", gradeOK, "LibreOffice 7.4.7.2")
	want(t, d, "programs", gradeWarning, "ffmpeg", "apt install ffmpeg")
	want(t, d, "machine", gradeOK, "3906 MB")
	var out bytes.Buffer
	if err := d.report(&out, false); err != nil || !strings.Contains(out.String(), "-> apt install ffmpeg") || !strings.Contains(out.String(), ", 0 broken\n") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestDoctorReport(t *testing.T) {
	d := &doctor{}
	d.broken("disk", "do this", "says %d", 7)
	d.ok("clock", "fine")
	var out bytes.Buffer
	if err := d.report(&out, true); !errors.Is(err, errSick) {
		t.Errorf("status: %v", err)
	}
	var back []finding
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || len(back) != 2 || back[0] != (finding{"disk", gradeBroken, "says 7", "do this"}) {
		t.Errorf("%v %+v", err, back)
	}
}

func TestDoctorPorts(t *testing.T) {
	d := patient(t)
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	media, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer media.Close()
	d.c.Listen, d.c.UDPPort, d.c.TCPPort = busy.Addr().String(), media.LocalAddr().(*net.UDPAddr).Port, busy.Addr().(*net.TCPAddr).Port
	d.ports()
	want(t, d, "ports", gradeBroken, "pages", "Another program", "ss -lpn")
	want(t, d, "ports", gradeBroken, "udp port for media", "media.udp_port")
	want(t, d, "ports", gradeBroken, "media over TCP", "media.tcp_port")
	d.c.TURNPort = d.c.UDPPort
	d.ports()
	want(t, d, "ports", gradeBroken, "udp port for the relay", "media.turn_port")

	d = patient(t)
	d.c.Listen = "192.0.2.77:0"
	d.ports()
	want(t, d, "ports", gradeBroken, "address of this machine")
}

// TestDoctorKnowsItsServer checks that ports held by the running server are no finding, and by a foreign one are.
func TestDoctorKnowsItsServer(t *testing.T) {
	for body, ours := range map[string]bool{`{"status":"ok","version":"1"}`: true, `{"status":"bad"}`: false, "hello": false} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))
		d := patient(t)
		d.c.Listen = strings.TrimPrefix(s.URL, "http://")
		d.c.PublicURL = s.URL
		d.examine(context.Background())
		if ours {
			want(t, d, "ports", gradeOK, "serves now")
			want(t, d, "reach", gradeOK, "answers at")
		} else {
			want(t, d, "ports", gradeBroken, "pages")
		}
		s.Close()
	}
}

func TestDoctorReach(t *testing.T) {
	d := patient(t)
	d.c.Listen, d.c.PublicURL = "0.0.0.0:0", "https://name.invalid"
	d.addresses(context.Background())
	want(t, d, "reach", gradeBroken, "does not resolve", "DNS")
	d = patient(t)
	d.c.Listen, d.c.PublicURL = "10.0.0.5:443", ""
	d.addresses(context.Background())
	want(t, d, "reach", gradeWarning, "private addresses", "public_addresses")
	want(t, d, "reach", gradeWarning, "public_url")
	d = patient(t)
	d.c.PublicURL, d.runs = "http://127.0.0.1:1", true
	d.addresses(context.Background())
	want(t, d, "reach", gradeWarning, "Nothing of ours answers")
}

// certificate writes a self-signed pair and returns its files.
func certificate(t *testing.T, host string, from, to time.Time) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	kder, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: kder}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestDoctorTLS(t *testing.T) {
	const host = "hop.example.vn"
	day := 24 * time.Hour
	for _, c := range []struct {
		name, host string
		from, to   time.Duration // from now
		grade      string
		words      []string
	}{
		{"expired", host, -90 * day, -day, gradeBroken, []string{"ended on 2026-11-01"}},
		{"not yet", host, day, 90 * day, gradeBroken, []string{"begins only on", "clock"}},
		{"ends soon", host, -80 * day, 10 * day, gradeWarning, []string{"ends soon"}},
		{"other name", "other.example.vn", -day, 90 * day, gradeBroken, []string{"not for " + host}},
		{"untrusted", host, -day, 90 * day, gradeWarning, []string{"does not trust", "chain"}},
	} {
		d := patient(t)
		d.c.TLSMode, d.c.PublicURL = "files", "https://"+host
		d.c.TLSCert, d.c.TLSKey = certificate(t, c.host, d.now().Add(c.from), d.now().Add(c.to))
		d.tls(context.Background())
		t.Log(c.name)
		want(t, d, "tls", c.grade, c.words...)
	}
	d := patient(t)
	d.c.TLSMode, d.c.TLSCert, d.c.TLSKey = "files", "/nonexistent/c.pem", "/nonexistent/k.pem"
	d.tls(context.Background())
	want(t, d, "tls", gradeBroken, "cannot be used", "tls.cert")
	d = patient(t)
	d.c.Listen = "0.0.0.0:80"
	d.tls(context.Background())
	want(t, d, "tls", gradeBroken, "no microphone")
	d = patient(t)
	d.c.TLSMode, d.c.TLSHosts = "acme", []string{"name.invalid"}
	d.tls(context.Background())
	want(t, d, "tls", gradeBroken, "does not resolve")
}

func TestDoctorLocalTLS(t *testing.T) {
	d := patient(t)
	d.c.TLSMode = "local"
	d.tls(context.Background())
	want(t, d, "tls", gradeOK, "first start")
	file := filepath.Join(d.c.Data, "tls", "ca.crt")
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte("broken"), 0o600)); err != nil {
		t.Fatal(err)
	}
	d.tls(context.Background())
	want(t, d, "tls", gradeBroken, "cannot be read")
	want(t, d, "tls", gradeWarning, "citizens")
}

func TestDoctorMachine(t *testing.T) {
	d := patient(t)
	d.read = func(path string) ([]byte, error) {
		switch {
		case strings.HasSuffix(path, "rmem_max"):
			return []byte("212992\n"), nil
		case strings.HasSuffix(path, "meminfo"):
			return []byte("MemAvailable: 200000 kB\n"), nil
		}
		return nil, os.ErrNotExist
	}
	d.look = func(string) (string, error) { return "", os.ErrNotExist }
	d.now = func() time.Time { return time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC) }
	d.kernel()
	d.clock(context.Background())
	d.programs(context.Background())
	d.resources()
	want(t, d, "kernel", gradeWarning, "rmem_max is 212992", "sysctl -w net.core.rmem_max=8388608")
	want(t, d, "kernel", gradeWarning, "wmem_max is not told")
	want(t, d, "clock", gradeBroken, "1970")
	want(t, d, "clock", gradeWarning, "time zone is UTC")
	want(t, d, "programs", gradeWarning, "no LibreOffice")
	want(t, d, "machine", gradeWarning, "195 MB")

	d = patient(t)
	d.run = func(context.Context, string, ...string) (string, error) { return "no\n", nil }
	d.clock(context.Background())
	want(t, d, "clock", gradeWarning, "not kept right by NTP")
}

// TestDoctorDisk takes a file where a folder should be: that cannot be written, for root neither.
func TestDoctorDisk(t *testing.T) {
	d := patient(t)
	file := filepath.Join(d.c.Data, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d.c.Data = filepath.Join(file, "data")
	d.disk()
	want(t, d, "disk", gradeBroken, "cannot be made")
	if _, err := os.Stat("/proc/self"); err == nil {
		d.c.Data = "/proc/self" // a folder in which nobody may make a file
		d.disk()
		want(t, d, "disk", gradeBroken, "cannot be written")
	}
	for _, c := range []struct {
		p99   time.Duration
		grade string
	}{{5 * time.Millisecond, gradeOK}, {300 * time.Millisecond, gradeWarning}, {1200 * time.Millisecond, gradeBroken}} {
		d = patient(t)
		d.syncs(time.Millisecond, c.p99, 100)
		want(t, d, "disk", c.grade, "writes reached the disk")
	}
	d = patient(t)
	d.c.Data = filepath.Join(d.c.Data, "new")
	d.disk()
	if _, err := os.Stat(d.c.Data); !errors.Is(err, os.ErrNotExist) {
		t.Error("the examination left a folder")
	}
}

func TestDoctorCommand(t *testing.T) {
	var out, errs bytes.Buffer
	err := run(context.Background(), []string{"doctor", "--json", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--udp-port", "0", "--tcp-port", "-1", "--media-turn-port", "0"}, nil, &out, &errs)
	var all []finding
	if jsonErr := json.Unmarshal(out.Bytes(), &all); jsonErr != nil || len(all) < 10 || (err != nil && !errors.Is(err, errSick)) {
		t.Errorf("%v, %v, %d findings, %s", err, jsonErr, len(all), errs.String())
	}
}
