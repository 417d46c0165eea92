package nghitruong

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

type compose struct {
	Services map[string]struct {
		Build       string            `yaml:"build"`
		Command     []string          `yaml:"command"`
		Environment map[string]string `yaml:"environment"`
		Ports       []string          `yaml:"ports"`
		Volumes     []string          `yaml:"volumes"`
		ReadOnly    bool              `yaml:"read_only"`
		Tmpfs       []string          `yaml:"tmpfs"`
		CapDrop     []string          `yaml:"cap_drop"`
		SecurityOpt []string          `yaml:"security_opt"`
		Grace       string            `yaml:"stop_grace_period"`
		Restart     string            `yaml:"restart"`
	}
	Volumes map[string]any
}

func TestComposePublishesOnlyItsPorts(t *testing.T) {
	raw, err := os.ReadFile("docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var c compose
	dec := yaml.NewDecoder(strings.NewReader(string(raw)))
	dec.KnownFields(true)
	if err := dec.Decode(&c); err != nil {
		t.Fatal(err)
	}
	if len(c.Services) != 1 {
		t.Fatalf("%d services, want the one server", len(c.Services))
	}
	s := c.Services["nghitruong"]
	want := []string{"443:8443/tcp", "7882:7882/udp", "7881:7881/tcp", "3478:3478/udp"}
	if !slices.Equal(s.Ports, want) {
		t.Errorf("ports %v, want pages, media, ICE-TCP and relay: %v", s.Ports, want)
	}
	if !s.ReadOnly || !slices.Contains(s.CapDrop, "ALL") || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
		t.Error("the container must have a read-only root, no capabilities and no new privileges")
	}
	if len(s.Command) == 0 || s.Command[0] != "serve" {
		t.Errorf("command %v, want serve", s.Command)
	}
	if len(s.Volumes) != 1 || !strings.HasSuffix(s.Volumes[0], ":/data") {
		t.Errorf("volumes %v, want one data volume", s.Volumes)
	}
	config, err := os.ReadFile("cmd/nghitruong/config.go")
	if err != nil {
		t.Fatal(err)
	}
	for name := range s.Environment {
		key := strings.ToLower(strings.TrimPrefix(name, "NGHITRUONG_"))
		words := strings.Split(key, "_")
		if !regexp.MustCompile(`"` + strings.Join(words, "[._]") + `"`).Match(config) {
			t.Errorf("%s sets no key of the configuration", name)
		}
	}
}

func TestDockerfileRunsAsNobody(t *testing.T) {
	raw, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	last := text[strings.LastIndex(text, "\nFROM "):]
	for _, want := range []string{"FROM scratch", "USER 65532:65532", "VOLUME /data", `ENTRYPOINT ["/nghitruong"]`} {
		if !strings.Contains(last, want) {
			t.Errorf("the last stage has no %q", want)
		}
	}
	if regexp.MustCompile(`(?i)\b(curl|wget)\b`).MatchString(text) {
		t.Error("the image must fetch nothing but modules and packages")
	}
	if !regexp.MustCompile(`EXPOSE 8080/tcp 7881/tcp 7882/udp 3478/udp`).MatchString(last) {
		t.Error("EXPOSE must name pages, ICE-TCP, media and relay")
	}
}
