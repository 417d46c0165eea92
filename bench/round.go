//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"nghitruong/load"
)

const (
	settle   = 2 * time.Second // from the last join to the window
	climb    = 2 * time.Second // a look at what arrives
	climbed  = 1.02            // times what arrived in the look before: less is no climbing
	idleMin  = 15              // percent of the machine that must stay idle for a figure to mean something
	flowPoll = 10 * time.Millisecond
)

// result is one round of one server.
type result struct {
	microseconds float64 // of the server's processor per packet that viewers received
	p50, p99     float64 // forwarding delay, ms
	packets      int64
	lost         int64
	memory       float64 // resident KB per viewer
	joinP50      float64 // ms
	joinCPU      float64 // ms per join
	allocs       float64 // of the whole server process per packet
	idle         float64 // percent of the machine
}

// compare runs the scenarios and prints a table for each.
func compare(o options, w io.Writer) error {
	list, err := chosen(o)
	if err != nil {
		return err
	}
	for _, s := range list {
		fmt.Fprintf(w, "%s\n%-8s %9s %8s %8s %9s %6s %10s %8s %8s %8s %6s\n", s.name, "server", "µs/packet", "p50 ms", "p99 ms", "packets",
			"lost", "KB/viewer", "join ms", "CPU ms", "allocs", "idle %")
		var own, other []result
		for range o.rounds {
			for _, name := range []string{"ours", "control"} {
				r, err := round(s, name, o.window)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", s.name, name, err)
				}
				r.print(w, name)
				if name == "ours" {
					own = append(own, r)
				} else {
					other = append(other, r)
				}
			}
		}
		ratios(w, own, other)
	}
	return nil
}

func (r result) print(w io.Writer, name string) {
	mark := ""
	if r.idle < idleMin {
		mark = "  distrust: the machine was too busy"
	}
	fmt.Fprintf(w, "%-8s %9.2f %8.2f %8.2f %9d %6d %10.0f %8.1f %8.1f %8.2f %6.0f%s\n", name, r.microseconds, r.p50, r.p99, r.packets, r.lost,
		r.memory, r.joinP50, r.joinCPU, r.allocs, r.idle, mark)
}

// ratios prints ours divided by control for each round, and the median.
func ratios(w io.Writer, own, other []result) {
	for _, f := range []struct {
		name string
		of   func(result) float64
	}{
		{"µs/packet", func(r result) float64 { return r.microseconds }},
		{"p99", func(r result) float64 { return r.p99 }},
		{"KB/viewer", func(r result) float64 { return r.memory }},
	} {
		var each []float64
		fmt.Fprintf(w, "ratio %-10s", f.name)
		for i := range own {
			q := f.of(own[i]) / f.of(other[i])
			each = append(each, q)
			fmt.Fprintf(w, " %.2f", q)
		}
		fmt.Fprintf(w, "  median %.2f\n", median(each))
	}
	fmt.Fprintln(w)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Clone(v)
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// round plays a scenario against a fresh server.
func round(s scenario, name string, window time.Duration) (r result, err error) {
	c, err := startChild(name)
	if err != nil {
		return r, err
	}
	crowd := load.NewCrowd()
	defer func() {
		crowd.Close()
		err = errors.Join(err, c.stop())
	}()
	ctx, cancel := context.WithTimeout(context.Background(), window+5*time.Minute)
	defer cancel()
	before, joins, err := join(ctx, s, name, c, crowd)
	if err != nil {
		return r, err
	}
	joined, err := c.usage(ctx)
	if err != nil {
		return r, err
	}
	if err := flowing(ctx, crowd); err != nil {
		return r, err
	}
	begin, err := c.usage(ctx)
	if err != nil {
		return r, err
	}
	crowd.Window()
	busy := machineCPU()
	wait(window)
	t := crowd.Totals()
	end, err := c.usage(ctx)
	if err != nil {
		return r, err
	}
	if t.Packets == 0 {
		return r, errors.New("no viewer received anything")
	}
	n := float64(len(joins))
	return result{
		microseconds: 1e6 * (end.CPU - begin.CPU) / float64(t.Packets),
		p50:          float64(load.Percentile(t.Delays, 0.5)) / 1e6, p99: float64(load.Percentile(t.Delays, 0.99)) / 1e6,
		packets: t.Packets, lost: t.Lost, memory: (float64(end.RSS) - float64(before.RSS)) / 1024 / n,
		joinP50: float64(load.Percentile(joins, 0.5)) / 1e6, joinCPU: 1000 * (joined.CPU - before.CPU) / n,
		allocs: float64(end.Mallocs-begin.Mallocs) / float64(t.Packets), idle: machineCPU().idleSince(busy),
	}, nil
}

func wait(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	<-t.C
}

// join lets everybody in, one after the other, and gives the usage before the first viewer and the joins' times, sorted.
func join(ctx context.Context, s scenario, name string, c *child, crowd *load.Crowd) (before usage, joins []int64, err error) {
	ids := make([]string, s.publishers)
	for i := range ids {
		ids[i] = "p" + strconv.Itoa(i)
	}
	for _, id := range ids {
		p, err := crowd.NewPerson(asker(c, request{Do: "offer", Who: id, Publish: true, PublishBy: ids}))
		if err != nil {
			return before, nil, err
		}
		if _, err := p.Publish(ctx, s.camera); err != nil {
			return before, nil, err
		}
	}
	wait(settle) // the server learns its tracks from their first packets
	if before, err = c.usage(ctx); err != nil {
		return before, nil, err
	}
	viewers := ids
	audio, video := s.publishers-1, s.publishers-1
	if name == "ours" { // the lines of a member: four voices, stage, screen, tiles
		audio, video = min(audio, 4), s.publishers
	}
	if !s.all {
		audio, video = 2, 2 // the lines of the audience
		viewers = make([]string, s.viewers)
		for i := range viewers {
			viewers[i] = "v" + strconv.Itoa(i)
		}
	}
	for _, id := range viewers {
		p, err := crowd.NewPerson(asker(c, request{Do: "offer", Who: id, Member: s.all}))
		if err != nil {
			return before, nil, err
		}
		took, err := p.Listen(ctx, audio, video)
		if err != nil {
			return before, nil, err
		}
		joins = append(joins, int64(took))
	}
	slices.Sort(joins)
	return before, joins, nil
}

func asker(c *child, q request) load.Ask {
	return func(ctx context.Context, offer string) (string, error) {
		q.Offer = offer
		r, err := c.call(ctx, q)
		return r.SDP, err
	}
}

// flowing waits until delays of decrypted packets arrive, and then until a second brings no more packets than the one before:
// our server finds out step by step what a line carries.
func flowing(ctx context.Context, crowd *load.Crowd) error {
	tick := time.NewTicker(flowPoll)
	defer tick.Stop()
	for len(crowd.Totals().Delays) == 0 {
		select {
		case <-ctx.Done():
			return fmt.Errorf("no packet could be decrypted: %w", ctx.Err())
		case <-tick.C:
		}
	}
	for last, more := 0, true; more; {
		wait(settle)
		crowd.Window()
		wait(climb)
		now := int(crowd.Totals().Packets)
		more = float64(now) > climbed*float64(last) && ctx.Err() == nil
		last = now
	}
	return ctx.Err()
}
