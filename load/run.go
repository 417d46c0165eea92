//go:build linux

package load

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"
)

const (
	joinPatience = time.Minute
	actPatience  = 10 * time.Second
	endPatience  = 20 * time.Second       // to leave, close and read the ledgers after the end or an interruption
	settle       = 500 * time.Millisecond // for packets on their way at the end
	handEvery    = 2 * time.Second        // of one person
	voteEvery    = time.Second            // of one person
	handsMost    = 20                     // citizens of a meeting who raise hands
)

// Door is the address and key of an encoder (WHIP) or player (WHEP); an empty URL is none.
type Door struct{ URL, Token string }

// Plan is a load. Its numbers are taken as they are: who asks people checks them.
type Plan struct {
	Target Target

	Doors []string // public doors of standing meetings: citizens come in

	Account, Password string // an office account that makes Meetings of its own and closes them at the end
	Meetings          int
	Deputies          int // of each meeting; the first one presides
	Speakers          int // of them, who send sound; the first also sends pictures in three layers

	Viewers        int // citizens of each meeting
	JoinsPerMinute int
	Hands, Votes   bool
	Duration       time.Duration // after the last join

	Encoder Door
	Player  Door
	Players int

	Say func(format string, args ...any) // tells how far it is
}

// seat is one who listens.
type seat struct {
	begun   time.Time
	session *session // a citizen's; deputies have their own, players none
	ears    *Person
	mouth   *Person
}

// close ends a seat whose join failed.
func (s *seat) close() {
	if s.session != nil {
		_ = s.session.leave() // the join has told why
	}
	for _, p := range []*Person{s.ears, s.mouth} {
		if p != nil {
			p.Close()
		}
	}
}

// run is one load that goes on.
type run struct {
	plan     Plan
	wire     *wire
	crowd    *Crowd
	meetings []*meeting
	acts     sync.WaitGroup

	mu    sync.Mutex // guards what follows
	seats []*seat
	joins sample
	hands sample
	votes sample
	fails map[*sample]map[string]int
	doors []func(context.Context)
}

// Run plays the plan until its end or until ctx is done, cleans up, and reports what was measured until then; the report is good also
// beside an error. Votes that were acknowledged and are not in the ledger are an error.
func Run(ctx context.Context, p Plan) (Report, error) {
	at, err := p.Target.local(ctx)
	if err != nil {
		return Report{}, err
	}
	r := &run{plan: p, wire: newWire(&p.Target), crowd: NewCrowdAt(at), fails: map[*sample]map[string]int{}}
	defer r.wire.close()
	defer r.crowd.Close()
	begun := time.Now()
	acting, stop := context.WithCancel(ctx)
	err = r.play(ctx, acting)
	r.crowd.Seal()
	stop()
	r.acts.Wait()
	rep := r.report(time.Since(begun))
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), endPatience)
	defer cancel()
	counted, endErr := r.end(end)
	rep.Counted = counted
	rep.Cut = r.leave(end)
	if err == nil || ctx.Err() != nil {
		err = endErr // an interruption is an end like another
	}
	return rep, err
}

// play is the load itself; acting ends hands and votes.
func (r *run) play(ctx, acting context.Context) error {
	for i := range r.plan.Meetings {
		m, err := r.convene(ctx, i)
		if m != nil {
			r.meetings = append(r.meetings, m)
		}
		if err != nil {
			return fmt.Errorf("load: prepare meeting %d: %w", i+1, err)
		}
	}
	for _, door := range r.plan.Doors {
		r.meetings = append(r.meetings, &meeting{run: r, door: door})
	}
	if r.plan.Encoder.URL != "" {
		if err := r.publish(ctx); err != nil {
			return fmt.Errorf("load: publish: %w", err)
		}
	}
	r.plan.Say("%d meetings are ready", len(r.meetings))
	r.pace(ctx, r.deputies())
	for _, m := range r.meetings {
		if err := m.begin(ctx, acting); err != nil {
			return err
		}
	}
	r.pace(ctx, r.viewers(acting))
	r.mu.Lock()
	r.plan.Say("%d joined, %v to go", r.joins.met, r.plan.Duration)
	r.mu.Unlock()
	select {
	case <-time.After(r.plan.Duration):
	case <-ctx.Done():
	}
	return nil
}

// publish sends a camera through the encoder's door.
func (r *run) publish(ctx context.Context) error {
	p, err := r.crowd.NewPerson(r.knock(r.plan.Encoder))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, joinPatience)
	defer cancel()
	_, err = p.Publish(ctx, Camera{Encoder: true})
	return err
}

// knock gives an Ask at a door, whose session is ended at the end.
func (r *run) knock(d Door) Ask {
	return func(ctx context.Context, offer string) (string, error) {
		answer, session, err := r.wire.knock(ctx, d, offer)
		if err == nil {
			r.mu.Lock()
			r.doors = append(r.doors, func(ctx context.Context) { _ = r.wire.leave(ctx, d, session) }) // it may have ended by itself
			r.mu.Unlock()
		}
		return answer, err
	}
}

// viewers are the joins of citizens, meeting by meeting in turn, and of players.
func (r *run) viewers(acting context.Context) (all []func(context.Context, *seat) error) {
	for i := range r.plan.Viewers {
		for _, m := range r.meetings {
			all = append(all, func(ctx context.Context, s *seat) error {
				err := m.visit(ctx, s)
				if err == nil && m.office == nil && r.plan.Hands && i < handsMost {
					r.acts.Go(func() { r.raise(acting, s.session) })
				}
				return err
			})
		}
	}
	for range r.plan.Players {
		all = append(all, func(ctx context.Context, s *seat) (err error) {
			if s.ears, err = r.crowd.NewPerson(r.knock(r.plan.Player)); err != nil {
				return err
			}
			_, err = s.ears.Listen(ctx, 1, 1)
			return err
		})
	}
	return all
}

func (r *run) deputies() (all []func(context.Context, *seat) error) {
	for _, m := range r.meetings {
		for _, d := range m.deputies {
			all = append(all, func(ctx context.Context, s *seat) error { return d.join(ctx, s) })
		}
	}
	return all
}

// pace begins the joins one after another at the plan's pace and waits for all.
func (r *run) pace(ctx context.Context, joins []func(context.Context, *seat) error) {
	var all sync.WaitGroup
	defer all.Wait()
	begun := time.Now()
	for i, join := range joins {
		due := time.Duration(i) * time.Minute / time.Duration(r.plan.JoinsPerMinute)
		select {
		case <-time.After(time.Until(begun.Add(due))):
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return
		}
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, joinPatience)
			defer cancel()
			s := &seat{begun: time.Now()}
			err := join(ctx, s)
			r.note(&r.joins, s.begun, err)
			if err != nil {
				s.close()
				return
			}
			r.mu.Lock()
			r.seats = append(r.seats, s)
			r.mu.Unlock()
		})
	}
}

// note counts one thing that began then.
func (r *run) note(s *sample, begun time.Time, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		s.add(int64(time.Since(begun)))
		return
	}
	if r.fails[s] == nil {
		r.fails[s] = map[string]int{}
	}
	r.fails[s][reason(err)]++
}

func (r *run) tally(s *sample) Tally {
	t := Tally{s.times(), map[string]int{}}
	maps.Copy(t.Failed, r.fails[s])
	return t
}

// report sums up after the seal; what was on its way may still arrive.
func (r *run) report(took time.Duration) Report {
	<-time.After(settle)
	t := r.crowd.Totals()
	delays := sample{kept: t.Delays, met: int64(len(t.Delays))}
	r.mu.Lock()
	defer r.mu.Unlock()
	rep := Report{
		Seconds: took.Seconds(), Joins: r.tally(&r.joins), Hands: r.tally(&r.hands), Votes: r.tally(&r.votes),
		Packets: t.Packets, Lost: t.Lost, Delays: delays.times(),
	}
	var first sample
	for _, s := range r.seats {
		rep.Listeners++
		if at, ok := s.ears.Heard(); ok {
			rep.Heard++
			first.add(int64(at.Sub(s.begun)))
		}
	}
	rep.FirstMedia = first.times()
	return rep
}

// leave ends everybody and gives why sockets had ended before.
func (r *run) leave(ctx context.Context) map[string]int {
	cut := map[string]int{}
	var all []*session
	for _, m := range r.meetings {
		for _, d := range m.deputies {
			all = append(all, d.session)
		}
	}
	for _, s := range r.seats {
		all = append(all, s.session)
	}
	for _, s := range all {
		if s == nil {
			continue
		}
		if err := s.leave(); err != nil {
			cut[reason(err)]++
		}
	}
	for _, end := range r.doors {
		end(ctx)
	}
	return cut
}
