package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"nghitruong/room"
)

// dashboard is what the test reads of docs/grafana/nghitruong.json.
type dashboard struct {
	Title  string
	Panels []struct {
		Title   string
		Type    string
		Targets []struct{ Expr string }
	}
	Templating struct {
		List []struct{ Name, Query string }
	}
}

var (
	metricName = regexp.MustCompile(`\b(?:nghitruong|process|go)_[a-z0-9_]+`)
	selector   = regexp.MustCompile(`((?:nghitruong|process|go)_[a-z0-9_]+)\{([^}]*)\}`)
	labelName  = regexp.MustCompile(`([a-z_]+)(?:=~|!~|!=|=)"`)
	grouping   = regexp.MustCompile(`by \(([a-z_, ]+)\)`)
	described  = regexp.MustCompile(`^Desc\{fqName: "([^"]+)".*variableLabels: \{([^}]*)\}\}$`)
)

// exported gives the labels of every metric of a wired server, also of those that nothing has counted yet.
func exported(t *testing.T) map[string][]string {
	t.Helper()
	c, err := readConfig("", nil, map[string]string{
		"listen": "127.0.0.1:0", "data": t.TempDir(), "media.udp_port": "0", "media.tcp_port": "-1",
	})
	if err != nil {
		t.Fatal(err)
	}
	a := &app{config: c, log: slog.New(slog.DiscardHandler)}
	defer a.close()
	if err := a.wire(t.Context()); err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		for _, c := range a.measured(room.NewMetrics()) {
			c.Describe(descs)
		}
	}()
	for d := range descs {
		m := described.FindStringSubmatch(d.String())
		if m == nil {
			t.Errorf("cannot read %s", d)
			continue
		}
		out[m[1]] = append(out[m[1]], strings.Split(m[2], ",")...)
	}
	return out
}

// baseOf is the metric that a series belongs to: of a histogram's parts, the histogram.
func baseOf(series string, have map[string][]string) string {
	if _, ok := have[series]; ok {
		return series
	}
	for _, part := range []string{"_bucket", "_sum", "_count"} {
		if base, found := strings.CutSuffix(series, part); found {
			return base
		}
	}
	return series
}

// faults says what an expression asks for that no server has.
func faults(expr string, have map[string][]string) (out []string) {
	labels := []string{"job", "instance", "le", "quantile"}
	for _, name := range metricName.FindAllString(expr, -1) {
		own, ok := have[baseOf(name, have)]
		if !ok {
			out = append(out, "no metric "+name)
		}
		labels = append(labels, own...)
	}
	used := labelName.FindAllStringSubmatch(expr, -1)
	for _, g := range grouping.FindAllStringSubmatch(expr, -1) {
		for name := range strings.SplitSeq(g[1], ",") {
			used = append(used, []string{"", strings.TrimSpace(name)})
		}
	}
	for _, m := range used {
		if !slices.Contains(labels, m[1]) {
			out = append(out, "no label "+m[1])
		}
	}
	if len(selector.FindAllString(expr, -1)) != len(metricName.FindAllString(expr, -1)) {
		out = append(out, "a metric of every server instead of the chosen ones")
	}
	return out
}

// TestDashboardAsksForWhatIsThere holds docs/grafana/nghitruong.json to the metrics that a wired server exports.
func TestDashboardAsksForWhatIsThere(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "grafana", "nghitruong.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	have := exported(t)
	asked := map[string]bool{}
	for _, p := range d.Panels {
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %q shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			for _, f := range faults(target.Expr, have) {
				t.Errorf("panel %q: %s in %s", p.Title, f, target.Expr)
			}
			for _, name := range metricName.FindAllString(target.Expr, -1) {
				asked[baseOf(name, have)] = true
			}
		}
	}
	for _, must := range []string{
		"nghitruong_sfu_peers", "nghitruong_sfu_out_path_total", "nghitruong_sfu_forward_delay_seconds", "nghitruong_sfu_loss_ratio",
		"nghitruong_sfu_retransmits_total", "nghitruong_sfu_estimate_bits_per_second", "nghitruong_signaling_act_seconds",
		"nghitruong_room_append_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes", "go_goroutines", "process_open_fds",
	} {
		if !asked[must] {
			t.Errorf("the dashboard does not show %s", must)
		}
	}
	for _, v := range d.Templating.List {
		for _, name := range metricName.FindAllString(v.Query, -1) {
			if _, ok := have[name]; !ok {
				t.Errorf("variable %s asks for %s", v.Name, name)
			}
		}
	}
}

// TestDashboardFaultsAreFound checks the check.
func TestDashboardFaultsAreFound(t *testing.T) {
	have := map[string][]string{"nghitruong_a_total": {"path"}, "nghitruong_b_seconds": {""}}
	for expr, want := range map[string]int{
		`sum by (path) (rate(nghitruong_a_total{job=~"$job",path="x"}[1m]))`:                    0,
		`histogram_quantile(0.5, sum by (le) (rate(nghitruong_b_seconds_bucket{job="j"}[1m])))`: 0,
		`sum(nghitruong_c_total{job="j"})`:                                                      1,
		`sum by (person) (nghitruong_a_total{job="j"})`:                                         1,
		`sum(nghitruong_a_total{who="x"})`:                                                      1,
		`sum(nghitruong_a_total)`:                                                               1,
	} {
		if got := faults(expr, have); len(got) != want {
			t.Errorf("%s: %v", expr, got)
		}
	}
}
