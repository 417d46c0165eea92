package packets

import "time"

// Costs and times of the allocator.
const (
	AudioCost      uint64 = 48_000  // bit/s of a live audio slot
	AudioCostRED1  uint64 = 80_000  // with RED, one redundant block
	AudioCostRED2  uint64 = 112_000 // with RED, two
	videoFloor     uint64 = 100_000 // less than this after audio pauses all video
	screenOversend uint64 = 500_000 // a screen's lowest layer may exceed the estimate by this
	baseNum               = 3       // the lowest temporal layer costs 3/5 of its layer
	baseDen               = 5
	upNum                 = 5 // an up-step needs 5/4 of its cost
	upDen                 = 4
	upHold                = 3 * time.Second
	upHoldFresh           = 500 * time.Millisecond // while the line has never forced a down-step
	quarantineMin         = 8 * time.Second
	quarantineMax         = 60 * time.Second
	quarantineHeal        = 60 * time.Second // so long without a down-step and the quarantine is short again
	maxLayers             = 3
)

// Place is what a video slot is for; it decides the order in which slots get capacity.
type Place uint8

// Places.
const (
	PlaceStage Place = iota
	PlaceScreen
	PlaceGrid
)

// Paused is the layer of a slot that gets nothing.
const Paused = -1

// Stream is one filled video slot of a viewer. Streams are given to the allocator in the order of importance within their place: for
// the grid the most recent speaker first.
type Stream struct {
	Slot  int      // stable number of the slot: hysteresis belongs to it
	Place Place    //
	Costs []uint64 // bit/s of each live layer, lowest first, 1..3
	Max   int      // highest index of Costs that the viewer wants
}

// Grant is what a stream may send.
type Grant struct {
	Layer int  // index of Costs, or Paused
	Base  bool // only the lowest temporal layer
}

// step is one enlargement of one stream.
type step struct {
	stream, layer int
	oversend      bool
}

type slotState struct {
	layer   int // last grant
	known   bool
	since   int64 // since when its next up-step fits
	fitting bool
	seen    bool
}

// Allocator divides a viewer's capacity: audio, then the screen, the stage's lowest layer, the grid's lowest layers, then the
// stage's higher layers and at last the grid's. Down-steps happen at once; an up-step needs room for 1.25 times its cost for
// 3 s (half a second on a line that never forced a down-step), and none happens for 8 s after a down-step (doubling up to 60 s). A newly filled slot starts without waiting. Audio is
// never taken away. It belongs to one goroutine.
type Allocator struct {
	slots      map[int]*slotState
	steps      []step
	quarantine time.Duration
	until      int64
	lastDown   int64
}

// NewAllocator makes an allocator for one viewer.
func NewAllocator() *Allocator { return &Allocator{slots: make(map[int]*slotState)} }

// Allocate decides for all streams; the result is appended to dst in the streams' order. estimate is the viewer's capacity and audio
// what its live audio slots cost, in bit/s. left is what remains for probing decisions: estimate minus everything granted, 0
// when nothing remains.
func (a *Allocator) Allocate(dst []Grant, streams []Stream, estimate, audio uint64, now int64) (grants []Grant, left uint64) {
	from := len(dst)
	for range streams {
		dst = append(dst, Grant{Layer: Paused})
	}
	out := dst[from:]
	a.begin(streams)
	room := int64(estimate) - int64(audio)
	if room >= int64(videoFloor) {
		room = a.fill(out, streams, room, now)
	}
	a.finish(out, streams, now)
	return dst, uint64(max(room, 0))
}

// begin marks who is here and forgets slots that emptied.
func (a *Allocator) begin(streams []Stream) {
	for _, s := range a.slots {
		s.seen = false
	}
	for i := range streams {
		s := a.slots[streams[i].Slot]
		if s == nil {
			s = &slotState{layer: Paused}
			a.slots[streams[i].Slot] = s
		}
		s.seen = true
	}
	for id, s := range a.slots {
		if !s.seen {
			delete(a.slots, id)
		}
	}
}

// order lists all steps, most important first.
func (a *Allocator) order(streams []Stream) []step {
	a.steps = a.steps[:0]
	a.add(streams, PlaceScreen, 0, 0)
	a.add(streams, PlaceScreen, 1, maxLayers-1)
	a.add(streams, PlaceStage, 0, 0)
	a.add(streams, PlaceGrid, 0, 0)
	a.add(streams, PlaceStage, 1, maxLayers-1)
	a.add(streams, PlaceGrid, 1, maxLayers-1)
	return a.steps
}

func (a *Allocator) add(streams []Stream, place Place, from, to int) {
	for layer := from; layer <= to; layer++ {
		for i := range streams {
			s := &streams[i]
			if s.Place == place && layer < len(s.Costs) && layer <= s.Max {
				a.steps = append(a.steps, step{stream: i, layer: layer, oversend: place == PlaceScreen && layer == 0})
			}
		}
	}
}

// fill takes first the steps that are held already, in order of importance, then those that are new.
func (a *Allocator) fill(out []Grant, streams []Stream, room int64, now int64) int64 {
	steps := a.order(streams)
	for _, s := range steps {
		st := a.slots[streams[s.stream].Slot]
		if s.layer <= st.layer && st.known {
			room -= grow(&out[s.stream], &streams[s.stream], s, room)
		}
	}
	for _, s := range steps {
		if out[s.stream].Layer != s.layer-1 {
			continue
		}
		st := a.slots[streams[s.stream].Slot]
		if !a.mayStart(st, &streams[s.stream], s.layer, room, now) {
			continue
		}
		room -= grow(&out[s.stream], &streams[s.stream], s, room)
	}
	return room
}

// grow grants a step when it fits and returns what it costs; the lowest layer may come with its lowest temporal layer alone.
func grow(g *Grant, s *Stream, st step, room int64) int64 {
	if g.Layer != st.layer-1 || g.Base {
		return 0
	}
	cost := int64(s.Costs[st.layer])
	if st.layer > 0 {
		cost -= int64(s.Costs[st.layer-1])
	}
	if st.oversend {
		room += int64(screenOversend)
	}
	switch base := cost * baseNum / baseDen; {
	case cost <= room:
		g.Layer = st.layer
		return cost
	case st.layer == 0 && base <= room:
		g.Layer, g.Base = 0, true
		return base
	}
	return 0
}

// mayStart tells whether a step that was not held before may be taken.
func (a *Allocator) mayStart(st *slotState, s *Stream, layer int, room, now int64) bool {
	switch {
	case st.known && layer <= st.layer: // held, and just refused for want of room
		return false
	case st.known:
		return a.mayRise(st, s, layer, room, now)
	case layer == 0:
		return true
	}
	return now >= a.until && room >= int64(s.Costs[layer]-s.Costs[layer-1])*upNum/upDen
}

// mayRise tells whether an up-step of a known slot is due: room for 1.25 times its cost for 3 s, and no quarantine.
func (a *Allocator) mayRise(st *slotState, s *Stream, layer int, room, now int64) bool {
	cost := int64(s.Costs[layer])
	if layer > 0 {
		cost -= int64(s.Costs[layer-1])
	}
	if room < cost*upNum/upDen {
		st.fitting = false
		return false
	}
	if !st.fitting {
		st.fitting, st.since = true, now
	}
	hold := upHold
	if a.quarantine == 0 {
		hold = upHoldFresh
	}
	if now < a.until || now-st.since < int64(hold) {
		return false
	}
	st.fitting = false
	return true
}

// finish remembers the grants and starts the quarantine after a down-step for want of capacity.
func (a *Allocator) finish(out []Grant, streams []Stream, now int64) {
	down := false
	for i := range streams {
		s, st := &streams[i], a.slots[streams[i].Slot]
		wanted := min(st.layer, s.Max, len(s.Costs)-1)
		if st.known && out[i].Layer < wanted {
			down = true
		}
		if out[i].Layer < st.layer {
			st.fitting = false
		}
		st.layer, st.known = out[i].Layer, true
	}
	if !down {
		return
	}
	if a.quarantine == 0 || now-a.lastDown > int64(quarantineHeal) {
		a.quarantine = quarantineMin
	} else {
		a.quarantine = min(2*a.quarantine, quarantineMax)
	}
	a.lastDown, a.until = now, now+int64(a.quarantine)
}
