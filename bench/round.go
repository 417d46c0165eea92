//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"nghitruong/load"
)

const (
	settle   = 2 * time.Second // from the last join to the window
	climb    = 2 * time.Second // a look at what arrives
	climbed  = 1.02            // times what arrived in the look before: less is no climbing
	plateaus = 3               // looks without climbing after which nothing more is expected: probes wait between tries
	grace    = 2 * time.Second // for what is on its way, or being repaired, when the window ends
	zapEvery = time.Second

	stormWidth = 16 // joins side by side
	idleMin    = 15 // percent of the machine that must stay idle for a figure to mean something
	flowPoll   = 10 * time.Millisecond
)

// result is one round of one server.
type result struct {
	microseconds float64 // of the server's processor per packet that viewers received
	p50, p99     float64 // forwarding delay, ms
	packets      int64
	lost         int64
	memory       float64       // resident KB per viewer
	joinP50      float64       // ms
	joinCPU      float64       // ms per join
	allocs       float64       // of the whole server process per packet
	idle         float64       // percent of the machine
	storm        bool          // the next two were measured
	joined       time.Duration // from the first join to the last
	keys         int64         // keyframes asked for meanwhile
	shares       []share       // of the server's processor time
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
			for _, name := range servers(s) {
				r, err := round(s, name, o)
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
		if !s.storm {
			ratios(w, own, other)
		}
	}
	return nil
}

// servers gives whom a round compares: a storm of a thousand is beyond what the control carries on this machine.
func servers(s scenario) []string {
	if s.storm {
		return []string{"ours"}
	}
	return []string{"ours", "control"}
}

func (r result) print(w io.Writer, name string) {
	mark := ""
	if r.idle < idleMin {
		mark = "  distrust: the machine was too busy"
	}
	fmt.Fprintf(w, "%-8s %9.2f %8.2f %8.2f %9d %6d %10.0f %8.1f %8.1f %8.2f %6.0f%s\n", name, r.microseconds, r.p50, r.p99, r.packets, r.lost,
		r.memory, r.joinP50, r.joinCPU, r.allocs, r.idle, mark)
	if r.storm {
		fmt.Fprintf(w, "         all joined in %.1f s, %d keyframes asked for meanwhile\n", r.joined.Seconds(), r.keys)
	}
	for _, s := range r.shares {
		fmt.Fprintf(w, "         %5.1f %% %s\n", s.Percent, s.Name)
	}
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
func round(s scenario, name string, o options) (r result, err error) {
	c, err := startChild(name)
	if err != nil {
		return r, err
	}
	crowd := load.NewCrowd()
	defer func() {
		crowd.Close()
		err = errors.Join(err, c.stop())
	}()
	ctx, cancel := context.WithTimeout(context.Background(), o.window+5*time.Minute)
	defer cancel()
	p := &play{scenario: s, server: name, child: c, crowd: crowd}
	before, err := p.publish(ctx)
	if err != nil {
		return r, err
	}
	begun := time.Now()
	if err := p.join(ctx); err != nil {
		return r, err
	}
	r.storm, r.joined, r.keys = s.storm, time.Since(begun), p.asked()
	joined, err := c.usage(ctx)
	if err != nil {
		return r, err
	}
	if err := flowing(ctx, crowd); err != nil {
		return r, err
	}
	end, err := p.measure(ctx, o, &r)
	if err != nil {
		return r, err
	}
	if err := p.allHeard(); err != nil {
		return r, err
	}
	n := float64(len(p.joins))
	r.memory = (float64(end.RSS) - float64(before.RSS)) / 1024 / n
	r.joinP50, r.joinCPU = float64(load.Percentile(p.joins, 0.5))/1e6, 1000*(joined.CPU-before.CPU)/n
	return r, nil
}

// measure fills in what the window shows and gives the usage at its end.
func (p *play) measure(ctx context.Context, o options, r *result) (end usage, err error) {
	begin, err := p.child.usage(ctx)
	if err != nil {
		return end, err
	}
	profiled := o.shares && p.server == "ours"
	if profiled {
		if _, err := p.child.call(ctx, request{Do: "profile"}); err != nil {
			return end, err
		}
	}
	p.crowd.Window()
	busy := machineCPU()
	if err := p.watch(ctx, o.window); err != nil {
		return end, err
	}
	p.crowd.Seal()
	if end, err = p.child.usage(ctx); err != nil {
		return end, err
	}
	r.idle = machineCPU().idleSince(busy)
	if profiled {
		reply, err := p.child.call(ctx, request{Do: "profiled"})
		if err != nil {
			return end, err
		}
		r.shares = reply.Shares
	}
	wait(grace)
	t := p.crowd.Totals()
	if t.Packets == 0 {
		return end, errors.New("no viewer received anything")
	}
	r.microseconds = 1e6 * (end.CPU - begin.CPU) / float64(t.Packets)
	r.p50, r.p99 = float64(load.Percentile(t.Delays, 0.5))/1e6, float64(load.Percentile(t.Delays, 0.99))/1e6
	r.packets, r.lost, r.allocs = t.Packets, t.Lost, float64(end.Mallocs-begin.Mallocs)/float64(t.Packets)
	return end, nil
}

// watch lets the window pass; in a scenario with switching, every second the other half of the viewers watches large.
func (p *play) watch(ctx context.Context, window time.Duration) error {
	if !p.zap {
		wait(window)
		return nil
	}
	for turn := range max(1, int(window/zapEvery)) {
		if _, err := p.child.call(ctx, request{Do: "zap", Turn: turn}); err != nil {
			return err
		}
		wait(min(zapEvery, window))
	}
	return nil
}

func wait(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	<-t.C
}

// play is one round's people.
type play struct {
	scenario
	server     string
	child      *child
	crowd      *load.Crowd
	ids        []string // who publishes
	publishing []*load.Person
	mu         sync.Mutex
	watching   []*load.Person
	joins      []int64 // ns from the offer to the connection, sorted when all are in
}

// publish brings the publishers in and gives the usage before the first viewer.
func (p *play) publish(ctx context.Context) (before usage, err error) {
	for i := range p.publishers {
		p.ids = append(p.ids, "p"+strconv.Itoa(i))
	}
	for _, id := range p.ids {
		person, err := p.crowd.NewPerson(asker(p.child, request{Do: "offer", Who: id, Publish: true, PublishBy: p.ids}))
		if err != nil {
			return before, err
		}
		p.publishing = append(p.publishing, person)
		if _, err := person.Publish(ctx, p.camera); err != nil {
			return before, err
		}
	}
	wait(settle) // the server learns its tracks from their first packets
	return p.child.usage(ctx)
}

// asked sums up the keyframes that the server asked for.
func (p *play) asked() (n int64) {
	for _, person := range p.publishing {
		n += person.Asked()
	}
	return n
}

// join lets the viewers in: one after the other, or a storm of them side by side.
func (p *play) join(ctx context.Context) error {
	viewers := p.ids
	audio, video := p.publishers-1, p.publishers-1
	if p.server == "ours" { // the lines of a member: four voices, stage, screen, tiles
		audio, video = min(audio, 4), p.publishers
	}
	if !p.all {
		audio, video = 2, 2 // the lines of the audience
		viewers = make([]string, p.viewers)
		for i := range viewers {
			viewers[i] = "v" + strconv.Itoa(i)
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(1)
	if p.storm {
		g.SetLimit(stormWidth)
	}
	for i, id := range viewers {
		g.Go(func() error { return p.listen(ctx, id, uint64(i), audio, video) })
	}
	err := g.Wait()
	slices.Sort(p.joins)
	return err
}

// listen lets one viewer in.
func (p *play) listen(ctx context.Context, id string, seed uint64, audio, video int) error {
	person, err := p.crowd.NewPerson(asker(p.child, request{Do: "offer", Who: id, Member: p.all}))
	if err != nil {
		return err
	}
	if p.loss > 0 {
		person.Lose(p.loss, seed)
	}
	took, err := person.Listen(ctx, audio, video)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.joins, p.watching = append(p.joins, int64(took)), append(p.watching, person)
	return nil
}

// allHeard fails when a viewer who is connected got no media at all: keys are handed over while packets come.
func (p *play) allHeard() error {
	deaf := 0
	for _, person := range p.watching {
		if _, heard := person.Heard(); !heard {
			deaf++
		}
	}
	if deaf > 0 {
		return fmt.Errorf("%d of %d viewers got no media", deaf, len(p.watching))
	}
	return nil
}

func asker(c *child, q request) load.Ask {
	return func(ctx context.Context, offer string) (string, error) {
		q.Offer = offer
		r, err := c.call(ctx, q)
		return r.SDP, err
	}
}

// flowing waits until delays of decrypted packets arrive, and then until three looks one after the other brought no more packets than
// the best before: our server finds out step by step what a line carries.
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
	for best, flat := 0, 0; flat < plateaus; flat++ {
		wait(settle)
		crowd.Window()
		wait(climb)
		if now := int(crowd.Totals().Packets); float64(now) > climbed*float64(best) {
			best, flat = now, 0
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}
