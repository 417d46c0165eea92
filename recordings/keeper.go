package recordings

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"nghitruong/council"
)

// Ledger is a sitting's room as the keeper writes to it. *room.Room is one.
type Ledger interface {
	// Note writes a system command's events down; nil when they are durable or were there already. A *council.Error is a refusal.
	Note(ctx context.Context, body council.CommandBody) error
	// SetRecording shows how the recording goes.
	SetRecording(ctx context.Context, light *council.RecordingLight) error
	// MonoMS is the room's monotonic clock at a time of this process.
	MonoMS(at time.Time) int64
}

// Attach shows the sitting's media to a recorder, from now on until detach is called.
type Attach func(r *Recorder) (detach func())

// KeeperConfig is what a Keeper needs.
type KeeperConfig struct {
	Root string // folder of all recordings
	Data string // folder of the ledger, where its reserve lies
	Boot string // this start of the server
	Log  *slog.Logger

	measure func(dir string) (Space, error) // nil = SpaceOf
	disk    disk
}

// Keeper makes the recordings of all sittings: it obeys what their ledgers say, writes down what is sealed and what is lost, and watches
// the room on the disk. Close must be called to end it.
type Keeper struct {
	cfg    KeeperConfig
	log    *slog.Logger
	room   room
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	reels   map[string]*reel // by sitting
	closed  bool
	waiting map[string][]string // folders that may need work, by sitting
}

// NewKeeper brings the folders of all recordings in order and begins to watch the disk. A folder that cannot be read is logged and left.
func NewKeeper(cfg KeeperConfig) (*Keeper, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.measure == nil {
		cfg.measure = SpaceOf
	}
	if cfg.disk == nil {
		cfg.disk = osDisk{}
	}
	k := &Keeper{
		cfg: cfg, log: cfg.Log.With("part", "recordings"), room: room{root: cfg.Root, data: cfg.Data, measure: cfg.measure},
		reels: map[string]*reel{}, waiting: map[string][]string{},
	}
	if err := cfg.disk.mkdir(cfg.Root); err != nil {
		return nil, fmt.Errorf("recordings: make the folder: %w", err)
	}
	if err := k.survey(); err != nil {
		return nil, err
	}
	k.room.look()
	k.ctx, k.cancel = context.WithCancel(context.Background())
	k.wg.Go(k.watch)
	return k, nil
}

// survey salvages what a crash left and finds the recordings whose end the ledger may not know.
func (k *Keeper) survey() error {
	dirs, err := Folders(k.cfg.Root)
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		if m, err := LoadManifest(dir); err == nil && m.State == StateSealed && m.Noted {
			continue
		}
		m, err := salvage(k.cfg.disk, dir)
		if err != nil {
			k.log.Error("a recording cannot be brought in order", "folder", dir, "err", err)
			continue
		}
		k.waiting[m.Sitting] = append(k.waiting[m.Sitting], dir)
	}
	return nil
}

// Unfinished lists the sittings with recordings that wait for Attend: each is to be attended once after the start.
func (k *Keeper) Unfinished() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []string
	for sitting := range k.waiting {
		out = append(out, sitting)
	}
	slices.Sort(out)
	return out
}

// watch measures the disk until Close.
func (k *Keeper) watch() {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			k.room.look()
		case <-k.ctx.Done():
			return
		}
	}
}

// Ready tells for how many hours so many people could be recorded and how many are needed; able is false when nothing can be
// written. It does not touch the disk.
func (k *Keeper) Ready(people int) (hours, need float64, able bool) {
	hours, able = k.room.hours(people)
	return hours, needHours, able
}

// Attend follows a sitting. The function that it returns is told what the ledger says; it never waits. A second call for the
// same sitting takes the place of the first.
func (k *Keeper) Attend(sitting string, ledger Ledger, attach Attach) (wish func(council.RecordingWish)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if old := k.reels[sitting]; old != nil {
		old.cancel()
	}
	t := newReel(k, sitting, ledger, attach)
	if k.closed {
		return func(council.RecordingWish) {}
	}
	t.waiting = k.waiting[sitting]
	delete(k.waiting, sitting)
	before := k.reels[sitting]
	k.reels[sitting] = t
	k.wg.Go(func() {
		if before != nil {
			<-before.done
		}
		t.run()
	})
	return t.want
}

// Close ends every take, seals what there is and writes it down; the recordings go on with the next start. It waits.
func (k *Keeper) Close() {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	k.cancel()
	k.wg.Wait()
}

// dir is a recording's folder.
func (k *Keeper) dir(sitting, recording string) string {
	return filepath.Join(k.cfg.Root, sitting, recording)
}

// refusal tells whether the ledger understood and refused: asking again is of no use.
func refusal(err error) bool {
	var e *council.Error
	return errors.As(err, &e) && e.Kind != council.Internal
}
