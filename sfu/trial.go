package sfu

import (
	"time"

	"nghitruong/sfu/packets"
)

// A viewer whose video is paused sends almost no feedback: browsers report audio alone every 5 s and no REMB, so the
// estimate would never rise again. A trial sends the lowest layer anyway for a while and looks what happens.
const (
	trialFirst          = 8 * time.Second
	trialMost           = 2 * time.Minute
	trialGrace          = time.Second      // before trouble is blamed on the trial
	trialSuccess        = 15 * time.Second // without trouble
	trialLoss           = 0.10
	trialRoom    uint64 = 130_000 // bit/s: more than the allocator's least for video
)

type trial struct {
	on    bool
	since int64
	next  int64
	gap   time.Duration
}

// running starts a trial when one is due, ends one that went wrong, and tells whether one is on.
func (t *trial) running(v *viewer, now int64) bool {
	bad := v.congesting.Load() || v.loss() > trialLoss
	switch {
	case t.on && bad && now-t.since >= int64(trialGrace):
		t.on, t.next = false, 0
		t.gap = min(2*t.gap, trialMost)
	case t.on && now-t.since >= int64(trialSuccess):
		t.gap = trialFirst
	}
	return t.on
}

// watch notes after an allocation whether the most important video got nothing, and begins a trial when that has
// lasted.
func (t *trial) watch(a *allocation, v *viewer, now int64) {
	starved := len(a.grants) > 0
	for n, g := range a.grants {
		if g.Layer != packets.Paused || a.streams[n].Place == packets.PlaceGrid && n > 0 {
			starved = false
		}
	}
	switch {
	case t.on:
		if !starved && now-t.since >= int64(trialSuccess) && v.estimate() >= 2*trialRoom {
			t.on, t.next = false, 0
		}
	case !starved:
		t.next = 0
	case t.next == 0:
		t.gap = max(t.gap, trialFirst)
		t.next = now + int64(t.gap)
	case now >= t.next && !v.congesting.Load() && v.loss() <= trialLoss:
		t.on, t.since = true, now
		a.alloc = packets.NewAllocator() // its quarantine was for the old line
	}
}
