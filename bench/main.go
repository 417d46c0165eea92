//go:build linux

// Command bench compares the media server with a plain Pion server that does the same work. Each server is a child process, so
// that its processor time and memory are its own; the rounds of both are interleaved, because only ratios of one run can be compared.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"nghitruong/load"
)

// scenario is who publishes and who watches.
type scenario struct {
	name       string
	publishers int
	viewers    int  // besides the publishers
	all        bool // publishers watch each other
	camera     load.Camera
	loss       float64 // share of the pictures' packets that viewers lose and ask for again
	zap        bool    // every second half of the viewers changes the size of what it watches
	storm      bool    // viewers join side by side; there is no control
}

var scenarios = []scenario{
	{name: "1-100", publishers: 1, viewers: 100},
	{name: "1-200", publishers: 1, viewers: 200},
	{name: "10x10", publishers: 10, all: true},
	{name: "burst", publishers: 1, viewers: 100, camera: load.Camera{Burst: true}},
	{name: "unequal", publishers: 1, viewers: 100, camera: load.Camera{Unequal: true}},
	{name: "loss", publishers: 1, viewers: 100, loss: 0.02},
	{name: "switch", publishers: 1, viewers: 100, camera: load.Camera{Layers: true}, zap: true},
	{name: "browser", publishers: 1, viewers: 100, camera: load.Camera{Layers: true, Unequal: true, Browser: true}},
	{name: "1000", publishers: 1, viewers: 1000, camera: load.Camera{Layers: true, Browser: true}, storm: true},
}

// options are the flags.
type options struct {
	names  []string
	rounds int
	window time.Duration
	shares bool // print where the media server's processor time goes
}

func main() {
	child := flag.String("serve", "", "be a server for the measuring process: ours or control")
	names := flag.String("scenarios", "", "comma-separated; empty = all of "+allNames())
	rounds := flag.Int("rounds", 3, "rounds of each server, interleaved")
	window := flag.Duration("window", 10*time.Second, "measured time of a round")
	shares := flag.Bool("shares", false, "also print where the media server's processor time goes (needs the go command)")
	flag.Parse()
	var err error
	if *child != "" {
		err = serve(*child, os.Stdin, os.Stdout)
	} else {
		o := options{rounds: *rounds, window: *window, shares: *shares}
		if *names != "" {
			o.names = strings.Split(*names, ",")
		}
		err = compare(o, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func allNames() string {
	var out []string
	for _, s := range scenarios {
		out = append(out, s.name)
	}
	return strings.Join(out, ",")
}

// chosen gives the scenarios that the flags name, or why not.
func chosen(o options) ([]scenario, error) {
	if o.rounds < 1 || o.rounds > 100 {
		return nil, fmt.Errorf("rounds %d: not within 1 and 100", o.rounds)
	}
	if o.window < 100*time.Millisecond || o.window > time.Hour {
		return nil, fmt.Errorf("window %v: not within 100ms and 1h", o.window)
	}
	if len(o.names) == 0 {
		return scenarios, nil
	}
	var out []scenario
	for _, name := range o.names {
		i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no scenario is called %q; there are %s", name, allNames())
		}
		out = append(out, scenarios[i])
	}
	return out, nil
}
