package packets

import (
	"cmp"
	"slices"
	"time"
)

// SlotStickiness is how long a source keeps its audio slot after it falls silent.
const SlotStickiness = 1500 * time.Millisecond

func sortLoud(l []Loud) {
	slices.SortFunc(l, func(a, b Loud) int {
		if a.Active != b.Active {
			if a.Active {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.Level, a.Level), cmp.Compare(a.Src, b.Src))
	})
}

// AudioSlots is the layout of a viewer's audio slots: slot 0 is the stage voice, the next Loudest slots the loudest others, the
// last one the priority slot.
type AudioSlots struct {
	Loudest int // 2 for members, 0 for the audience
}

// Count is the number of slots.
func (a AudioSlots) Count() int { return a.Loudest + 2 }

// AudioWish is what decides who is heard by one viewer.
type AudioWish struct {
	Loud     []Loud              // from SpeakerDetector.AppendLoud: active first, louder first
	Stage    uint32              // microphone of the stage's owner, 0 when the stage follows the speaker
	Dominant uint32              // dominant speaker, 0 for nobody
	Own      uint32              // the viewer's own microphone, never sent back
	Priority func(s uint32) bool // chair, hall microphone, interpreter, phones; nil = nobody
}

// AssignAudio fills slots (0 = empty), keeping every source that is still audible where it is. prev is the last assignment, or
// nil; dst receives the new one and is returned (it may be prev). A source counts as audible until 1.5 s after it fell silent. An
// audible priority source is never displaced; one that is in no slot gets the priority slot, and with none such the priority slot takes the loudest source that is not in a slot.
func (a AudioSlots) AssignAudio(dst, prev []uint32, w *AudioWish, now int64) []uint32 {
	n := a.Count()
	var buf [8]uint32
	next := buf[:0]
	for range n {
		next = append(next, 0)
	}
	prev = prev[:min(len(prev), n)]
	prio := w.Priority
	if prio == nil {
		prio = func(uint32) bool { return false }
	}
	next[0] = w.stageVoice(prev, now)
	w.keep(next, prev, prio, now)
	if last := n - 1; next[last] == 0 {
		next[last] = w.loudestFree(next, prio, true, now)
	}
	for i := 1; i < n; i++ {
		if next[i] == 0 {
			next[i] = w.stay(next, prev, i, now)
		}
		if next[i] == 0 {
			next[i] = w.loudestFree(next, prio, false, now)
		}
	}
	for i, src := range prev { // an empty slot goes on showing its silent source: no needless change
		if i > 0 && next[i] == 0 && src != 0 && src != w.Own && w.known(src) && !slices.Contains(next, src) {
			next[i] = src
		}
	}
	return append(dst[:0], next...)
}

func (w *AudioWish) find(src uint32) *Loud {
	for i := range w.Loud {
		if w.Loud[i].Src == src {
			return &w.Loud[i]
		}
	}
	return nil
}

func (w *AudioWish) known(src uint32) bool { return w.find(src) != nil }

func (w *AudioWish) audible(src uint32, now int64) bool {
	l := w.find(src)
	return src != 0 && src != w.Own && l != nil && (l.Active || now-l.LastActive <= int64(SlotStickiness))
}

// stageVoice is the stage's owner while audible, else the dominant speaker, else who was there.
func (w *AudioWish) stageVoice(prev []uint32, now int64) uint32 {
	switch {
	case w.audible(w.Stage, now):
		return w.Stage
	case w.Dominant != 0 && w.Dominant != w.Own && w.known(w.Dominant):
		return w.Dominant
	case w.Stage != 0 && w.Stage != w.Own && w.known(w.Stage):
		return w.Stage
	case len(prev) > 0 && prev[0] != w.Own && w.known(prev[0]):
		return prev[0]
	}
	return 0
}

// keep leaves audible sources in the slots they have; the priority slot only keeps a priority source.
func (w *AudioWish) keep(next, prev []uint32, prio func(uint32) bool, now int64) {
	for i := 1; i < len(prev); i++ {
		if s := prev[i]; w.audible(s, now) && !slices.Contains(next, s) && (i < len(next)-1 || prio(s)) {
			next[i] = s
		}
	}
}

// stay is the source that slot i had, when it is audible and nowhere else.
func (w *AudioWish) stay(next, prev []uint32, i int, now int64) uint32 {
	if i < len(prev) && w.audible(prev[i], now) && !slices.Contains(next, prev[i]) {
		return prev[i]
	}
	return 0
}

// loudestFree is the loudest audible source without a slot, a priority source before any other; with only, no other at all.
func (w *AudioWish) loudestFree(next []uint32, prio func(uint32) bool, only bool, now int64) uint32 {
	best := uint32(0)
	for i := range w.Loud {
		s := w.Loud[i].Src
		if !w.audible(s, now) || slices.Contains(next, s) {
			continue
		}
		if prio(s) {
			return s
		}
		if best == 0 && !only {
			best = s
		}
	}
	return best
}

// AssignVideo fills video slots for one viewer: slot 0 is the stage, slot 1 the screen, then the page of the grid. Sources of the
// page that were in a slot stay there; the others fill the holes in order. prev is the last assignment or nil, slots the
// number of slots, grid the sources of the page (0 is ignored), most important first. dst receives the result (0 = empty).
func AssignVideo(dst, prev []uint32, slots int, stage, screen uint32, grid []uint32) []uint32 {
	const fixed = 2
	next := make([]uint32, slots)
	if slots > 0 {
		next[0] = stage
	}
	if slots > 1 {
		next[1] = screen
	}
	room := max(0, slots-fixed)
	page := make([]uint32, 0, room)
	for _, s := range grid {
		if len(page) < room && s != 0 && s != stage && s != screen && !slices.Contains(page, s) {
			page = append(page, s)
		}
	}
	for i := fixed; i < min(slots, len(prev)); i++ {
		if at := slices.Index(page, prev[i]); at >= 0 {
			next[i] = prev[i]
			page = slices.Delete(page, at, at+1)
		}
	}
	for i := fixed; i < slots && len(page) > 0; i++ {
		if next[i] == 0 {
			next[i], page = page[0], page[1:]
		}
	}
	return append(dst[:0], next...)
}
