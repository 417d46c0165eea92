//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"nghitruong/load"
)

// demoServer starts a sample council and gives its links.
func demoServer(t *testing.T, args ...string) (*started, linkList) {
	t.Helper()
	data, port := t.TempDir(), freePort(t)
	file := filepath.Join(data, "links.json")
	s := start(t, port, append([]string{"demo", "--data", data, "--links", file}, args...)...)
	var l linkList
	wait(t, "links file", func() bool {
		raw, err := os.ReadFile(file)
		return err == nil && json.Unmarshal(raw, &l) == nil
	})
	return s, l
}

func secretFile(t *testing.T, secret string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	noError(t, os.WriteFile(file, []byte(secret+"\n"), 0o600))
	return file
}

// loaded runs the command and gives its figures.
func loaded(t *testing.T, ctx context.Context, args ...string) (rep load.Report) {
	t.Helper()
	out, says := &output{}, &output{}
	if err := run(ctx, append([]string{"load", "--json"}, args...), nil, out, says); err != nil {
		t.Fatalf("load: %v; figures %s; says %s", err, out, says)
	}
	if err := json.Unmarshal([]byte(out.String()), &rep); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return rep
}

// TestLoadPlaysAMeeting goes the whole way against a real server: a made meeting with sound, pictures, hands and votes, citizens in a
// meeting that stands, an encoder and its players.
func TestLoadPlaysAMeeting(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s, links := demoServer(t)
	rep := loaded(t, t.Context(),
		"--url", s.base, "--url", s.base+"/h/"+links.Door, "--account", links.Office.Name, "--password-file", secretFile(t, links.Office.Password),
		"--deputies", "4", "--viewers", "3", "--joins-per-minute", "6000", "--hands", "--votes", "--duration", "5s",
		"--whip", links.Ingest[0].URL, "--whip-key-file", secretFile(t, links.Ingest[0].Token),
		"--whep", links.Egress[1].URL, "--whep-key-file", secretFile(t, links.Egress[1].Token), "--players", "2")
	if rep.Joins.Done.Count != 4+2*3+2 || rep.Joins.Failures() != 0 || rep.Listeners != 12 {
		t.Errorf("joins %v, %d listeners; want 12", rep.Joins, rep.Listeners)
	}
	if rep.Packets == 0 || rep.Lost != 0 || rep.Heard < 4+3+2 || rep.Delays.Count == 0 || rep.Delays.P50 <= 0 {
		t.Errorf("%d packets, %d lost, heard by %d, delays %v", rep.Packets, rep.Lost, rep.Heard, rep.Delays)
	}
	if n := rep.Votes.Done.Count; n == 0 || rep.Counted != int(n) || rep.Votes.Failures() != 0 {
		t.Errorf("votes %v, in the ledger %d", rep.Votes, rep.Counted)
	}
	if rep.Hands.Done.Count == 0 || len(rep.Cut) != 0 {
		t.Errorf("hands %v, cut %v", rep.Hands, rep.Cut)
	}
	noError(t, s.stop())
	http.DefaultClient.CloseIdleConnections()
	goleak.VerifyNone(t, before)
}

// TestLoadEndsEarlyAndCleanly interrupts a long load: what was measured is printed, the meeting is closed.
func TestLoadEndsEarlyAndCleanly(t *testing.T) {
	s, links := demoServer(t)
	ctx, interrupt := context.WithCancel(t.Context())
	out, says := &output{}, &output{}
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{
			"load", "--url", s.base, "--account", links.Office.Name, "--password-file", secretFile(t, links.Office.Password),
			"--deputies", "2", "--speakers", "1", "--viewers", "1", "--votes", "--duration", "1h",
		}, nil, out, says)
	}()
	wait(t, "everybody joined", func() bool {
		select {
		case err := <-ended:
			t.Fatalf("ended: %v; %s", err, out)
		default:
		}
		return strings.Contains(says.String(), "3 joined")
	})
	interrupt()
	noError(t, <-ended)
	for _, want := range []string{"joins", "packets", "delay", "failed 0"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	noError(t, s.stop())
}

// TestLoadCountsRefusals tells why nobody got in, and does not fail for it.
func TestLoadCountsRefusals(t *testing.T) {
	s, links := demoServer(t)
	rep := loaded(t, t.Context(), "--url", s.base+"/h/aaaaaaaa", "--viewers", "3", "--joins-per-minute", "6000", "--duration", "1s")
	if rep.Joins.Done.Count != 0 || rep.Joins.Failures() != 3 || rep.Joins.Failed["sitting_unknown"] != 3 {
		t.Errorf("joins through an unknown door: %+v", rep.Joins)
	}
	out := &output{}
	err := run(t.Context(), []string{
		"load", "--url", s.base, "--account", links.Office.Name, "--password-file", secretFile(t, "not this one"), "--duration", "1s",
	}, nil, out, out)
	if err == nil || !strings.Contains(err.Error(), "wrong_login") {
		t.Errorf("a wrong password: %v", err)
	}
	err = run(t.Context(), []string{
		"load", "--whip", links.Ingest[0].URL, "--whip-key-file", secretFile(t, links.Egress[0].Token), "--duration", "1s",
	}, nil, out, out)
	if err == nil || !strings.Contains(err.Error(), "http_403") {
		t.Errorf("a wrong key: %v", err)
	}
	noError(t, s.stop())
}

func TestLoadRefusesBadFlags(t *testing.T) {
	secret, long, two := secretFile(t, "x"), secretFile(t, strings.Repeat("x", secretMax+1)), secretFile(t, "x\ny")
	door := "http://localhost:1/h/k7m2p9qx"
	for _, tc := range []struct {
		args, want string
	}{
		{"", "give --url"},
		{"--url localhost", "not an http or https address"},
		{"--url ftp://localhost/h/k7m2p9qx", "not an http or https address"},
		{"--url http://a:b@localhost/h/k7m2p9qx", "not an http or https address"},
		{"--url http://localhost:1", "without --account"},
		{"--url http://localhost:1/van-phong", "public link"},
		{"--url " + door + "#token", "public link"},
		{"--url " + door + " --url http://localhost:2/h/k7m2p9qx", "of one server"},
		{"--url " + door + " --viewers 5001", "--viewers 5001"},
		{"--url " + door + " --viewers -1", "--viewers -1"},
		{"--url " + door + " --joins-per-minute 0", "--joins-per-minute 0"},
		{"--url " + door + " --duration 3h", "--duration 3h"},
		{"--url " + door + " --duration x", "invalid argument"},
		{"--url " + door + " --votes", "--votes needs --account"},
		{"--url " + door + " --account a", "belong together"},
		{"--url " + door + " --whip " + door, "belong together"},
		{"--url " + door + " --account a --meetings 101 --password-file " + secret, "--meetings 101"},
		{"--url " + door + " --account a --meetings 100 --password-file " + secret, "at most 500 deputies"},
		{"--url " + door + " --account a --meetings 50 --viewers 5000 --password-file " + secret, "at most 10000"},
		{"--url " + door + " --deputies 2 --speakers 3", "--speakers 3"},
		{"--url " + door + " --account a --password-file " + secret + ".none", "no such file"},
		{"--url " + door + " --account a --password-file " + long, "one line"},
		{"--url " + door + " --account a --password-file " + two, "one line"},
		{"--url " + door + " --ca-file " + secret, "no certificate"},
		{"--url " + door + " more", "unknown command"},
	} {
		out := &output{}
		err := run(t.Context(), append([]string{"load"}, strings.Fields(tc.args)...), nil, out, out)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.args, err, tc.want)
		}
	}
}

// TestLoadLooksWhoseServerItIs asks nobody: names and interfaces are given.
func TestLoadLooksWhoseServerItIs(t *testing.T) {
	here := []net.Addr{&net.IPNet{IP: net.IPv4(192, 0, 2, 7), Mask: net.CIDRMask(24, 32)}}
	for _, tc := range []struct {
		url, at string
		own, ok bool
		want    string
	}{
		{"http://localhost:8080", "127.0.0.1", false, true, "127.0.0.1:8080"},
		{"https://hop.example.vn", "192.0.2.7", false, true, "192.0.2.7:443"},
		{"http://hop.example.vn", "192.0.2.7", false, true, "192.0.2.7:80"},
		{"https://hop.example.vn", "192.0.2.8", false, false, "--i-own-this-server"},
		{"https://hop.example.vn", "192.0.2.7,198.51.100.1", false, false, "198.51.100.1"},
		{"https://hop.example.vn", "198.51.100.1", true, true, "198.51.100.1:443"},
		{"https://hop.example.vn", "", false, false, "no such host"},
		{"https://hop.example.vn:99999", "127.0.0.1", false, false, "port"},
	} {
		f := &loadFlags{own: tc.own, interfaces: func() ([]net.Addr, error) { return here, nil }, resolve: func(context.Context, string) (all []netip.Addr, err error) {
			if tc.at == "" {
				return nil, errors.New("no such host")
			}
			for _, a := range strings.Split(tc.at, ",") {
				all = append(all, netip.MustParseAddr(a))
			}
			return all, nil
		}}
		at, err := f.allowed(t.Context(), tc.url)
		if (err == nil) != tc.ok || tc.ok && at.String() != tc.want || !tc.ok && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s at %s: %v, %v", tc.url, tc.at, at, err)
		}
	}
	out := &output{}
	err := run(t.Context(), []string{"load", "--url", "http://192.0.2.1/h/k7m2p9qx", "--duration", time.Second.String()}, nil, out, out)
	if err == nil || !strings.Contains(err.Error(), "--i-own-this-server") {
		t.Errorf("a foreign address: %v", err)
	}
}
