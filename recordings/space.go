package recordings

import (
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// Steps as the disk fills, in percent of it that is free.
const (
	lowPct    = 10 // warn
	audioPct  = 5  // leave pictures out
	stopPct   = 1  // stop
	againPct  = 1  // more than a bar, before what it did is undone
	needHours = 2.0
)

// What a sitting sends, bit/s: the estimate before anything was measured.
const (
	stageRate   = 2_500_000
	screenRate  = 1_000_000
	cameraRate  = 450_000
	micRate     = 50_000
	tappedCams  = 25 // more are recorded as their smallest layer
	smallRate   = 110_000
	bitsPerHour = 3600.0 / 8 // bytes an hour for each bit/s
)

// ballast is room for the ledger, given up when the disk is nearly full: votes must be written when recordings no longer can.
const (
	ballastName  = ".ledger-reserve"
	ballastBytes = 256 << 20
	ballastWhen  = 1 << 30  // it is made only when so much more is free
	ballastEnds  = 64 << 20 // and given up below this
)

// Space is what a disk has.
type Space struct {
	Free, Total uint64 // bytes
}

// Pct is how much is free, rounded down.
func (s Space) Pct() int {
	if s.Total == 0 {
		return 0
	}
	return int(float64(s.Free) / float64(s.Total) * 100)
}

// Steps of space, as council.RecordingLight names them.
const (
	SpaceOK    = "ok"
	SpaceLow   = "low"
	SpaceAudio = "audio"
	SpaceFull  = "full"
)

// step is what the free room means, given the step before: undone only when there is clearly more.
func (s Space) step(before string) string {
	pct := float64(s.Free) / max(1, float64(s.Total)) * 100
	bar := func(step string, at float64) float64 {
		if before == step {
			return at + againPct
		}
		return at
	}
	switch {
	case pct < stopPct:
		return SpaceFull
	case pct < bar(SpaceAudio, audioPct):
		return SpaceAudio
	case pct < bar(SpaceLow, lowPct):
		return SpaceLow
	}
	return SpaceOK
}

// expectedRate is what so many people send, bytes an hour.
func expectedRate(people int) float64 {
	people = max(people, 4)
	bits := stageRate + screenRate + people*micRate
	if people > tappedCams {
		bits += people * smallRate
	} else {
		bits += people * cameraRate
	}
	return float64(bits) * bitsPerHour
}

// room watches the disk of the recordings and keeps the ledger's reserve.
type room struct {
	root, data string
	measure    func(dir string) (Space, error)
	now        atomic.Pointer[Space] // nil: cannot be written
}

// look measures, and gives the reserve up when the ledger's disk is nearly full.
func (r *room) look() {
	s, err := r.measure(r.root)
	if err != nil {
		r.now.Store(nil)
		return
	}
	r.now.Store(&s)
	if d, err := r.measure(r.data); err == nil && d.Free < ballastEnds {
		_ = os.Remove(filepath.Join(r.data, ballastName)) // it was given up before, or never made
	}
}

// reserve makes the ledger's reserve if it is not there and there is plenty of room.
func (r *room) reserve() error {
	name := filepath.Join(r.data, ballastName)
	if _, err := os.Stat(name); err == nil || !absent(err) {
		return err
	}
	if d, err := r.measure(r.data); err != nil || d.Free < ballastBytes+ballastWhen {
		return err
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fileMode)
	if err != nil {
		return err
	}
	if err := errors.Join(allocate(f, ballastBytes), f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// hours is how long a recording of so many people could go on before it must leave pictures out.
func (r *room) hours(people int) (hours float64, able bool) {
	s := r.now.Load()
	if s == nil {
		return 0, false
	}
	usable := float64(s.Free) - float64(s.Total)*audioPct/100
	return max(0, usable) / expectedRate(people), true
}

// lookEvery is how often the disk is measured.
const lookEvery = time.Second
