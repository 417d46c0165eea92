package room

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"nghitruong/council"
)

// epoch is the fencing epoch of a log's owner: one machine is always the first.
const epoch = 1

// Config wires a Registry. All but Recorder, Log, Metrics and Boot are needed.
type Config struct {
	Ledger    Ledger
	Permits   Permits
	Side      SideTable
	Directory Directory
	Recorder  Recorder // nil: sittings cannot be recorded
	Log       *slog.Logger
	Metrics   *Metrics
	Boot      string // names this start of the server; "" = random
}

// Registry finds the room of a sitting and starts it when it is first asked for.
type Registry struct {
	cfg Config

	mu     sync.Mutex
	rooms  map[string]*slot
	closed bool
}

// slot is a room that runs or is being loaded.
type slot struct {
	ready chan struct{} // closed when room or err is set
	room  *Room
	err   error
}

// NewRegistry makes a registry; it starts nothing.
func NewRegistry(cfg Config) (*Registry, error) {
	if cfg.Ledger == nil || cfg.Permits == nil || cfg.Side == nil || cfg.Directory == nil {
		return nil, errors.New("room: the registry needs a ledger, permits, a side table and a directory")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Metrics == nil {
		cfg.Metrics = NewMetrics()
	}
	if cfg.Boot == "" {
		cfg.Boot = rand.Text()
	}
	return &Registry{cfg: cfg, rooms: map[string]*slot{}}, nil
}

// Boot names this start of the server.
func (g *Registry) Boot() string { return g.cfg.Boot }

// Room gives the running room of a published sitting, replaying its log when it is asked for the first time.
// An unknown or unpublished sitting is a council.Error of kind NotFound.
func (g *Registry) Room(ctx context.Context, sitting string) (*Room, error) {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return nil, refuse(council.Internal, CodeServerStops)
	}
	s, known := g.rooms[sitting]
	if !known {
		s = &slot{ready: make(chan struct{})}
		g.rooms[sitting] = s
	}
	g.mu.Unlock()
	if known {
		select {
		case <-s.ready:
			return s.room, s.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	// Loading is shared by all who wait, so it does not end with this caller's patience.
	s.room, s.err = g.load(context.WithoutCancel(ctx), sitting)
	g.mu.Lock()
	if s.err != nil {
		delete(g.rooms, sitting)
	} else if g.closed {
		s.room.end()
	}
	g.mu.Unlock()
	close(s.ready)
	return s.room, s.err
}

func (g *Registry) load(ctx context.Context, sitting string) (*Room, error) {
	councilID, err := g.cfg.Directory.CouncilOf(ctx, sitting)
	if err != nil {
		return nil, unknown(err)
	}
	r := newRoom(ctx, g.cfg, councilID, sitting)
	if err := r.reload(ctx); err != nil {
		return nil, err
	}
	if r.state.sitting.Seq() == 0 {
		return nil, refuse(council.NotFound, CodeNoSitting)
	}
	r.expect()
	r.schedule()
	r.refreshLive()
	r.direct()
	r.start()
	return r, nil
}

// Publish writes the first event of a sitting's log. by is the clerk's account or person. A log that has begun gives a
// council.Error of kind Conflict, unless it began with the same content: a repeated publication is harmless.
func (g *Registry) Publish(ctx context.Context, sitting string, p council.Published, by council.PersonID) error {
	councilID, err := g.cfg.Directory.CouncilOf(ctx, sitting)
	if err != nil {
		return unknown(err)
	}
	if p.Council != councilID {
		return fmt.Errorf("room: publish: %w: the document names another council", refuse(council.Invalid, council.CodeBadPublished))
	}
	if err := p.Check(); err != nil {
		return err
	}
	body, err := council.EncodeBody(council.SittingPublished{Published: p})
	if err != nil {
		return fmt.Errorf("room: publish: %w: %w", refuse(council.Invalid, council.CodeBadPublished), err)
	}
	r := council.Record{
		Log: sitting, Seq: 1, Epoch: epoch, Type: council.SittingPublished{}.EventType(), Actor: string(by),
		Body: body, AtWallMS: time.Now().UnixMilli(), BootID: g.cfg.Boot,
	}
	r.Hash = r.Sum()
	return g.begin(ctx, councilID, r)
}

// begin appends a log's first record, or finds it there.
func (g *Registry) begin(ctx context.Context, councilID string, first council.Record) error {
	err := g.cfg.Ledger.Append(ctx, councilID, first.Log, 0, []council.Record{first})
	if err == nil {
		return nil
	}
	var there *council.Record
	loadErr := g.cfg.Ledger.Load(ctx, councilID, first.Log, 0, func(r council.Record) error {
		there = &r
		return errEnough
	})
	switch {
	case loadErr != nil && !errors.Is(loadErr, errEnough), stopped(err):
		return errors.Join(unsaved(err), loadErr)
	case there == nil:
		return unsaved(err)
	case string(there.Body) == string(first.Body):
		return nil
	default:
		return refuse(council.Conflict, CodeAlreadyPublished)
	}
}

// errEnough ends a Load that has seen what it wants.
var errEnough = errors.New("enough")

// Close ends all rooms after their current batches and waits for them.
func (g *Registry) Close() {
	g.mu.Lock()
	g.closed = true
	slots := make([]*slot, 0, len(g.rooms))
	for _, s := range g.rooms {
		slots = append(slots, s)
	}
	g.mu.Unlock()
	for _, s := range slots {
		<-s.ready
		if s.room != nil {
			s.room.end()
			<-s.room.done
		}
	}
}
