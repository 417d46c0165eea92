package room

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"nghitruong/council"
)

// maxBatch is how many commands one durable write carries at most.
const maxBatch = 256

// Room is one sitting that runs. All methods may be called from any goroutine.
type Room struct {
	// set once
	id, council, boot string
	ledger            Ledger
	permits           Permits
	side              SideTable
	recorder          Recorder // nil: none
	log               *slog.Logger
	metrics           *Metrics
	started           time.Time
	life              context.Context // never ends: what the room began it finishes, whoever asked for it

	// in
	mailbox chan request
	control chan func(context.Context)
	stop    chan struct{}
	ending  sync.Once
	done    chan struct{} // closed when the goroutine ended

	// out
	seq atomic.Uint64 // of the last durable event

	// accessed by the room's goroutine only (and by the loader before it starts)
	state      state
	people     people
	views      views
	directions []func(council.MediaDirection)
	direction  council.MediaDirection
	attendance time.Time // next head count; zero while the sitting is not open
}

// request is one command that waits, and where its answer goes.
type request struct {
	cmd   council.Command
	reply chan result // holds one
}

type result struct {
	answer Answer
	err    error
}

func newRoom(life context.Context, cfg Config, councilID, sitting string) *Room {
	return &Room{
		id: sitting, council: councilID, boot: cfg.Boot,
		ledger: cfg.Ledger, permits: cfg.Permits, side: cfg.Side, recorder: cfg.Recorder, metrics: cfg.Metrics,
		log:     cfg.Log.With("sitting", sitting),
		started: time.Now(),
		life:    life,
		mailbox: make(chan request, maxBatch),
		control: make(chan func(context.Context)),
		stop:    make(chan struct{}),
		done:    make(chan struct{}),
		people:  newPeople(),
		views:   newViews(),
	}
}

// ID is the sitting's id.
func (r *Room) ID() string { return r.id }

// Council is the id of the sitting's council.
func (r *Room) Council() string { return r.council }

// Boot names this start of the server: a client's views of another boot are sent again.
func (r *Room) Boot() string { return r.boot }

// Seq is the sequence of the last durable event.
func (r *Room) Seq() uint64 { return r.seq.Load() }

// Do lets a person act. Identity, roles and place come from the session; time is the room's. It returns nil only after the
// act is durable. The same key of the same person gives the same answer, also after a restart; used for another act it is a
// Conflict. A refusal is a *council.Error. When ctx ends first the result is unknown: the sender repeats with the same key.
func (r *Room) Do(ctx context.Context, cmd council.Command) (Answer, error) {
	cmd.Actor.System = false
	return r.ask(ctx, cmd)
}

// ask hands a command to the room's goroutine and waits for the answer.
func (r *Room) ask(ctx context.Context, cmd council.Command) (Answer, error) {
	req := request{cmd: cmd, reply: make(chan result, 1)}
	select {
	case r.mailbox <- req:
	case <-r.done:
		return Answer{}, refuse(council.Internal, CodeServerStops)
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
	select {
	case res := <-req.reply:
		return res.answer, res.err
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	case <-r.done:
		select {
		case res := <-req.reply:
			return res.answer, res.err
		default:
			return Answer{}, refuse(council.Internal, CodeServerStops)
		}
	}
}

// Look calls fn with the sitting between two batches. fn reads quickly and keeps nothing of it.
func (r *Room) Look(ctx context.Context, fn func(*council.Sitting)) error {
	err := errors.New("room: the log cannot be read")
	callErr := r.call(ctx, func(ctx context.Context) {
		if r.state.sitting != nil || r.revive(ctx) {
			err = nil
			fn(r.state.sitting)
		}
	})
	if callErr != nil {
		return callErr
	}
	return err
}

// Published gives what was published: the list of people, the agenda, the rules.
func (r *Room) Published(ctx context.Context) (council.Published, error) {
	var p council.Published
	err := r.Look(ctx, func(s *council.Sitting) { p = s.Published() })
	return p, err
}

// OnDirection has fn called with what the media server must obey: now, and after each change, in order. fn runs in the
// room's goroutine and must not block.
func (r *Room) OnDirection(ctx context.Context, fn func(council.MediaDirection)) error {
	return r.call(ctx, func(context.Context) {
		r.directions = append(r.directions, fn)
		fn(r.direction)
	})
}

// call runs fn in the room's goroutine, with the room's context, and waits for it. When ctx ends before its turn, fn does not run.
func (r *Room) call(ctx context.Context, fn func(context.Context)) error {
	ran := make(chan struct{})
	select {
	case r.control <- func(ctx context.Context) { defer close(ran); fn(ctx) }:
	case <-r.done:
		return refuse(council.Internal, CodeServerStops)
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-ran:
		return nil
	case <-r.done:
		return refuse(council.Internal, CodeServerStops)
	}
}

// start begins the room's goroutine; end and done are its end.
func (r *Room) start() {
	go pprof.Do(r.life, pprof.Labels("room", r.id), func(ctx context.Context) {
		defer close(r.done)
		r.run(ctx)
	})
}

// end asks the room to stop after the commands that wait already.
func (r *Room) end() { r.ending.Do(func() { close(r.stop) }) }

// run is the room's goroutine.
func (r *Room) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(time.Until(r.nextWake()))
		select {
		case req := <-r.mailbox:
			r.guard(ctx, func(ctx context.Context) { r.batch(ctx, r.drain(req)) })
		case fn := <-r.control:
			r.guard(ctx, fn)
		case <-timer.C:
			r.guard(ctx, r.tick)
		case <-r.stop:
			r.finish(ctx)
			return
		}
	}
}

// drain takes what waits behind a first request, up to a batch.
func (r *Room) drain(first request) []request {
	reqs := []request{first}
	for len(reqs) < maxBatch {
		select {
		case req := <-r.mailbox:
			reqs = append(reqs, req)
		default:
			return reqs
		}
	}
	return reqs
}

// finish answers what waits and takes everybody out.
func (r *Room) finish(ctx context.Context) {
	for {
		select {
		case req := <-r.mailbox:
			r.guard(ctx, func(ctx context.Context) { r.batch(ctx, r.drain(req)) })
		default:
			r.metrics.sessions.Sub(float64(len(r.people.subs)))
			return
		}
	}
}

// guard keeps a panic inside the room: the state in memory is doubtful then, so it is rebuilt from the log.
func (r *Room) guard(ctx context.Context, fn func(context.Context)) {
	defer func() {
		if p := recover(); p != nil {
			r.metrics.panics.Inc()
			r.log.Error("room: panic recovered", "panic", p, "stack", string(debug.Stack()))
			r.state.sitting = nil
			r.revive(ctx)
		}
	}()
	fn(ctx)
}

// nextWake is when the room has something to do by itself.
func (r *Room) nextWake() time.Time {
	if r.state.sitting == nil { // nothing else can be done before the log was read
		return r.state.retryAt
	}
	next := time.Now().Add(time.Minute)
	for _, t := range []time.Time{r.views.due(len(r.people.subs)), r.nextGrace(), r.attendance} {
		if !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	return next
}

// tick does what is due.
func (r *Room) tick(ctx context.Context) {
	now := time.Now()
	if r.state.sitting == nil {
		r.revive(ctx)
		if r.state.sitting == nil {
			return
		}
	}
	r.endGraces(ctx, now)
	r.countAttendance(ctx, now)
	if r.state.sitting == nil { // the ledger failed on the way; retryAt brings the room back here
		return
	}
	r.views.checkpoint(now, r.state.hash)
	r.flushDue(now)
}
