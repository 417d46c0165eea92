package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// sharedPages is a shared port with pages that tell how they were asked, and a relay that answers one byte.
func sharedPages(t *testing.T) (addr string, client *tls.Config) {
	t.Helper()
	c := &Config{Data: t.TempDir(), Listen: "localhost:0", TLSMode: "local"}
	conf, authority, err := tlsConfig(context.Background(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := sharePort(l, conf, func(c net.Conn) {
		defer c.Close()
		b := make([]byte, 4)
		if _, err := io.ReadFull(c, b); err == nil {
			fmt.Fprintf(c, "relay %x", b)
		}
	})
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s tls=%t", r.Proto, r.TLS != nil) })
	server := &http.Server{Handler: withState(pages), ConnContext: keepState, TLSConfig: conf, ReadHeaderTimeout: time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(p) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := errors.Join(server.Shutdown(ctx), p.Close()); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	return l.Addr().String(), &tls.Config{RootCAs: roots, ServerName: "localhost"}
}

func dialTLS(t *testing.T, addr string, conf *tls.Config, protocols ...string) *tls.Conn {
	t.Helper()
	conf = conf.Clone()
	conf.NextProtos = protocols
	c, err := tls.Dial("tcp", addr, conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPagesAndRelayShareAPort(t *testing.T) {
	addr, conf := sharedPages(t)
	for proto, want := range map[string]string{"h2": "HTTP/2.0 tls=true", "http/1.1": "HTTP/1.1 tls=true", "": "HTTP/1.1 tls=true"} {
		var protocols []string
		if proto != "" {
			protocols = []string{proto}
		}
		transport := &http.Transport{
			ForceAttemptHTTP2: proto == "h2",
			DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
				return dialTLS(t, addr, conf, protocols...), nil
			},
		}
		resp, err := (&http.Client{Transport: transport}).Get("https://localhost/")
		if err != nil {
			t.Fatalf("%q: %v", proto, err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		transport.CloseIdleConnections()
		if err != nil || string(body) != want {
			t.Errorf("%q: %q, %v; want %q", proto, body, err, want)
		}
	}
	for _, tt := range []struct{ alpn, send, want string }{
		{"", "\x00\x01\x00\x00", "relay 00010000"}, {"", "\x01\x13\x00\x00", "relay 01130000"}, {alpnTURN, "\x00\x03ab", "relay 00036162"},
	} {
		c := dialTLS(t, addr, conf)
		if tt.alpn != "" {
			c = dialTLS(t, addr, conf, tt.alpn)
		}
		if _, err := io.WriteString(c, tt.send); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(c)
		if err != nil || string(got) != tt.want {
			t.Errorf("%q: %q, %v", tt.send, got, err)
		}
	}
}

func TestSilentAndBrokenConnectionsEnd(t *testing.T) {
	addr, conf := sharedPages(t)
	plain, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if _, err := io.WriteString(plain, "GET / HTTP/1.1\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	first, _ := bufio.NewReader(plain).ReadString('\n') // an alert or nothing, then the end
	if strings.HasPrefix(first, "HTTP/1.1 200") {
		t.Errorf("plain http was answered: %q", first)
	}
	silent := dialTLS(t, addr, conf)
	if err := silent.SetDeadline(time.Now().Add(4 * handshakeTime)); err != nil {
		t.Fatal(err)
	}
	if _, err := silent.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("a connection that says nothing: %v", err)
	}
	unknown := conf.Clone()
	unknown.NextProtos = []string{"gopher"}
	if c, err := tls.Dial("tcp", addr, unknown); err == nil {
		c.Close()
		t.Error("a foreign protocol was agreed on")
	}
}

func TestTooManyUnknownConnections(t *testing.T) {
	p := &sharedPort{unknown: map[net.Conn]struct{}{}}
	for range maxUnknown {
		if !p.note(&net.TCPConn{}) {
			t.Fatal("refused below the limit")
		}
	}
	if p.note(&net.TCPConn{}) {
		t.Error("one more was admitted")
	}
}
