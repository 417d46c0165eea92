package recordings

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"nghitruong/council"
)

const (
	noteTimeout = 15 * time.Second // the ledger's patience with the disk is 10 s
	tickEvery   = time.Second
	noteAtOnce  = 1000 // segments in one event
)

// reel is the recording of one sitting. Its goroutine obeys the newest wish of the ledger.
type reel struct {
	k       *Keeper
	sitting string
	ledger  Ledger
	attach  Attach
	wishes  chan council.RecordingWish // holds the newest
	ctx     context.Context
	cancel  context.CancelFunc
	done    chan struct{}

	mu     sync.Mutex // what the recorder told and the ledger does not know yet
	sealed []Segment
	gaps   []Gap

	// Owned by the goroutine.
	waiting []string              // folders to settle
	wish    council.RecordingWish // zero before the first
	rec     *Recorder             // nil while nothing is recorded
	id      string                // of the recording that rec writes
	m       *Manifest
	detach  func()
	step    string
	shown   bool // a light is shown
}

func newReel(k *Keeper, sitting string, ledger Ledger, attach Attach) *reel {
	t := &reel{k: k, sitting: sitting, ledger: ledger, attach: attach, wishes: make(chan council.RecordingWish, 1), done: make(chan struct{}), step: SpaceOK}
	t.ctx, t.cancel = context.WithCancel(k.ctx)
	return t
}

// want keeps the newest wish; its only caller is the room's goroutine.
func (t *reel) want(w council.RecordingWish) {
	select {
	case <-t.wishes:
	default:
	}
	select {
	case t.wishes <- w:
	default:
	}
}

func (t *reel) run() {
	defer close(t.done)
	defer t.cancel()
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-t.ctx.Done():
			t.end(StateRecording)
			return
		case w := <-t.wishes:
			if w == t.wish {
				continue
			}
			t.wish = w
			t.settle()
			t.obey()
		case <-tick.C:
			if t.rec == nil && t.wish.State == council.RecordingOn {
				t.obey() // the last try failed
			}
			t.beat()
		}
	}
}

// obey brings the recorder to what the ledger says.
func (t *reel) obey() {
	on := t.wish.State == council.RecordingOn
	if t.rec != nil && (!on || t.id != t.wish.ID) {
		state := StateSealed
		if t.id == t.wish.ID && t.wish.State == council.RecordingOnHold {
			state = StatePaused
		}
		t.end(state)
	}
	if t.rec == nil && t.wish.State == council.RecordingStopped {
		t.seal(t.k.dir(t.sitting, t.wish.ID))
	}
	if on && t.rec == nil {
		t.begin()
	}
	t.beat()
}

// begin starts a take of the wished recording.
func (t *reel) begin() {
	dir := t.k.dir(t.sitting, t.wish.ID)
	if err := t.k.room.reserve(); err != nil {
		t.k.log.Warn("no reserve for the ledger", "err", err)
	}
	m, err := LoadManifest(dir)
	if absent(err) {
		m, err = NewManifest(t.sitting, t.wish.ID), nil
	}
	if err != nil {
		t.k.log.Error("a recording cannot go on", "folder", dir, "err", err)
		return
	}
	now := time.Now()
	if n := len(m.Takes); n > 0 && m.State == StateRecording { // the server was away
		gap := Gap{From: m.Takes[n-1].End, To: now.UnixMilli(), Why: WhyRestart}
		m.Gaps = append(m.Gaps, gap)
		t.lost(gap)
	}
	m.Noted = false
	rec, err := Start(Config{
		Dir: dir, Manifest: m, Boot: t.k.cfg.Boot, MonoMS: t.ledger.MonoMS(now), Sealed: t.told, Lost: t.lost, Log: t.k.log.With("sitting", t.sitting),
		disk: t.k.cfg.disk,
	})
	if err != nil {
		t.k.log.Error("a recording cannot be started", "folder", dir, "err", err)
		return
	}
	t.rec, t.id, t.m = rec, t.wish.ID, m
	t.reduce(t.step == SpaceAudio || t.step == SpaceFull)
	t.detach = t.attach(rec)
	t.k.log.Info("recording", "sitting", t.sitting, "recording", t.id)
}

// end ends the take, if there is one, and writes down what it sealed.
func (t *reel) end(state State) {
	if t.rec == nil {
		return
	}
	t.detach()
	dir := t.k.dir(t.sitting, t.id)
	if err := t.rec.Close(state); err != nil {
		t.k.log.Error("a recording ended badly", "folder", dir, "err", err)
	}
	t.rec, t.m, t.detach = nil, nil, nil
	if state == StateSealed {
		t.seal(dir)
		return
	}
	t.flush()
}

// seal makes a recording final: what was left open is salvaged, the ledger gets every segment, the manifest says so. A failure leaves
// it to the next start.
func (t *reel) seal(dir string) {
	m, err := salvage(t.k.cfg.disk, dir)
	if err != nil {
		if !absent(err) {
			t.k.log.Error("a recording cannot be sealed", "folder", dir, "err", err)
		}
		return
	}
	if m.State == StateSealed && m.Noted {
		return
	}
	t.flush()
	m.State, m.Noted = StateSealed, t.note(m.Recording, m.Segments)
	if err := m.save(t.k.cfg.disk, dir); err != nil {
		t.k.log.Error("a recording cannot be sealed", "folder", dir, "err", err)
	}
}

// settle brings the ledger up to date about recordings of an earlier start; all but the wished one are final.
func (t *reel) settle() {
	for _, dir := range t.waiting {
		if filepath.Base(dir) == t.wish.ID && t.wish.State != council.RecordingStopped {
			if m, err := LoadManifest(dir); err == nil {
				t.note(m.Recording, m.Segments)
			}
			continue
		}
		t.seal(dir)
	}
	t.waiting = nil
}

// told and lost keep what the recorder says for the next beat.
func (t *reel) told(s []Segment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sealed = append(t.sealed, s...)
}

func (t *reel) lost(g Gap) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gaps = append(t.gaps, g)
}

// flush writes down what the recorder told; what the ledger could not take is kept.
func (t *reel) flush() {
	t.mu.Lock()
	sealed, gaps := t.sealed, merged(t.gaps)
	t.sealed, t.gaps = nil, nil
	t.mu.Unlock()
	if !t.note(t.id, sealed) {
		t.told(sealed)
	}
	for _, g := range gaps {
		if !t.say(council.RecordingMiss{Recording: t.id, Src: g.Src, From: g.From, To: g.To, Packets: g.Packets, Why: g.Why}) {
			t.lost(g)
		}
	}
}

// merged joins the gaps of a source that follow each other within a second.
func merged(gaps []Gap) []Gap {
	var out []Gap
	for _, g := range gaps {
		i := len(out) - 1
		for i >= 0 && (out[i].Src != g.Src || out[i].Why != g.Why) {
			i--
		}
		if i >= 0 && g.From-out[i].To < tickEvery.Milliseconds() {
			out[i].To, out[i].Packets = max(out[i].To, g.To), out[i].Packets+g.Packets
			continue
		}
		out = append(out, g)
	}
	return out
}

// note writes sealed segments into the ledger; true when it has them all.
func (t *reel) note(recording string, sealed []Segment) bool {
	for from := 0; from < len(sealed); from += noteAtOnce {
		body := council.RecordingSeal{Recording: recording}
		for _, s := range sealed[from:min(len(sealed), from+noteAtOnce)] {
			body.Segments = append(body.Segments, council.RecordedSegment{
				Src: s.Src, N: s.N, Packets: s.Packets, Bytes: s.Bytes, SHA256: s.SHA256, Start: s.Start, End: s.End,
			})
		}
		if !t.say(body) {
			return false
		}
	}
	return true
}

// say writes to the ledger; true when there is nothing left to do.
func (t *reel) say(body council.CommandBody) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), noteTimeout)
	defer cancel()
	err := t.ledger.Note(ctx, body)
	if err == nil {
		return true
	}
	t.k.log.Error("the ledger does not take what the recorder says", "sitting", t.sitting, "command", body.CommandName(), "err", err)
	return refusal(err)
}

// beat shows the light and does what the room on the disk asks for.
func (t *reel) beat() {
	if t.id != "" {
		t.flush()
	}
	if t.wish.State != council.RecordingOn {
		if t.shown {
			t.show(nil)
		}
		return
	}
	light := &council.RecordingLight{Lamp: string(LightStalled)}
	if t.rec != nil {
		h := t.rec.Health()
		light.Lamp, light.Bytes, light.Lost, light.Slow = string(h.Light), int64(h.Bytes), int64(h.Lost), h.Slow
		light.SyncedAt = time.Now().Add(-h.Age).UnixMilli()
	}
	light.Space, light.FreePct = t.fill()
	t.show(light)
}

// fill takes the steps that the disk's free room asks for.
func (t *reel) fill() (step string, pct int) {
	s := t.k.room.now.Load()
	if s == nil || t.rec == nil {
		return t.step, 0
	}
	step = s.step(t.step)
	if step == t.step {
		return step, s.Pct()
	}
	was := t.step
	t.step = step
	t.k.log.Warn("room for recordings", "sitting", t.sitting, "step", step, "free_percent", s.Pct())
	if reduced := step == SpaceAudio || step == SpaceFull; reduced != (was == SpaceAudio || was == SpaceFull) {
		t.reduce(reduced)
	}
	if step == SpaceFull {
		t.say(council.RecordingHalt{}) // the ledger's answer ends the take
	}
	return step, s.Pct()
}

// reduce leaves pictures out, or takes them again; the ledger leaves out what it knows.
func (t *reel) reduce(on bool) {
	t.rec.AudioOnly(on)
	t.say(council.RecordingReduce{AudioOnly: on})
}

func (t *reel) show(light *council.RecordingLight) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), noteTimeout)
	defer cancel()
	t.shown = light != nil
	if err := t.ledger.SetRecording(ctx, light); err != nil {
		t.k.log.Debug("the light is not shown", "sitting", t.sitting, "err", err)
	}
}
