package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoadLayers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "nghitruong.yaml")
	yaml := "listen: 127.0.0.1:9000\nmedia:\n  udp_port: 9001\n  public_addresses: [192.0.2.7, \"2001:db8::7\"]\nmetrics: {token: hidden-token}\n"
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := readConfig(file, []string{"HOME=/root", "NGHITRUONG_MEDIA_UDP_PORT=9002", "NGHITRUONG_MEDIA_TCP_PORT=9003"}, map[string]string{"media.tcp_port": "-1"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:9000" || c.UDPPort != 9002 || c.TCPPort != -1 || len(c.PublicAddresses) != 2 || !c.loopback() {
		t.Errorf("effective configuration is %+v", c)
	}
	var out bytes.Buffer
	c.print(&out)
	for _, want := range []string{"nghitruong.yaml", "environment NGHITRUONG_MEDIA_UDP_PORT", "flag", "default"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no source %q in:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "hidden-token") {
		t.Error("the printed configuration shows a secret")
	}
}

func TestLoadProblems(t *testing.T) {
	for _, tc := range []struct {
		name, yaml string
		env        []string
		flags      map[string]string
		want       []string
	}{
		{name: "unknown keys are named, all at once", yaml: "listn: x\nmedia: {udp_prt: 1}\n", env: []string{"NGHITRUONG_DATTA=1"}, want: []string{"listn", "media.udp_prt", "datta"}},
		{name: "not yaml", yaml: "a: [1", want: []string{"nghitruong.yaml"}},
		{name: "a key twice", yaml: "data: a\ndata: b\n", want: []string{"already defined"}},
		{name: "bad port", flags: map[string]string{"media.udp_port": "70000"}, want: []string{"media.udp_port", "65535"}},
		{name: "bad listen", flags: map[string]string{"listen": "8080"}, want: []string{"host:port"}},
		{name: "bad mode", flags: map[string]string{"tls.mode": "auto"}, want: []string{"off, files, acme, local"}},
		{name: "files without a key", flags: map[string]string{"tls.mode": "files", "tls.cert": "a.pem"}, want: []string{"tls.key"}},
		{name: "acme without a name", flags: map[string]string{"tls.mode": "acme"}, want: []string{"tls.hosts"}},
		{name: "bad address", flags: map[string]string{"media.public_addresses": "example"}, want: []string{"IP addresses"}},
		{name: "reserve above people", flags: map[string]string{"limits.people": "10", "limits.reserve": "11"}, want: []string{"limits.reserve"}},
		{name: "camera without networks", flags: map[string]string{"media.cameras": "Hall 1=rtsp://10.0.0.1/a"}, want: []string{"media.camera_networks"}},
		{name: "camera by http", flags: map[string]string{"media.cameras": "Hall 1=http://u:pw@10.0.0.1/a", "media.camera_networks": "10.0.0.0/8"}, want: []string{"media.cameras", "rtsp"}},
		{name: "bad network", flags: map[string]string{"media.camera_networks": "10.0.0.1"}, want: []string{"media.camera_networks", "10.20.0.0/16"}},
		{name: "too many small pictures", flags: map[string]string{"media.small_pictures": "65"}, want: []string{"media.small_pictures", "64"}},
		{name: "bad duration", flags: map[string]string{"stop_grace": "soon"}, want: []string{"stop_grace"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := ""
			if tc.yaml != "" {
				file = filepath.Join(t.TempDir(), "nghitruong.yaml")
				if err := os.WriteFile(file, []byte(tc.yaml), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := readConfig(file, tc.env, tc.flags)
			if err == nil {
				t.Fatal("no error")
			}
			for _, w := range tc.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error does not say %q: %v", w, err)
				}
			}
		})
	}
}
