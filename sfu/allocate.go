package sfu

import (
	"slices"

	"nghitruong/sfu/packets"
)

// nominal are the rates in bit/s that layers are meant to have, counted until they were measured; screens have their
// own.
var (
	nominalCam    = [len(layerRIDs)]uint64{150_000, 450_000, 1_200_000}
	nominalScreen = [len(layerRIDs)]uint64{200_000, 500_000, 1_500_000}
)

// strainedShare is the part in percent of what audio and the smallest stage take that the estimate may fall to before the
// picture is taken away, on a line that neither loses packets nor makes them wait.
const strainedShare = 60

// plan is what one video slot is to show.
type plan struct {
	assignment
	why Why
}

// allocation divides a viewer's line between its video slots.
type allocation struct {
	alloc   *packets.Allocator
	streams []packets.Stream
	layers  [][]*Layer // living layers per stream, lowest first
	live    []liveLayers
	plan    []plan
	order   []int // of the slots, by importance

	lastLayers []*Layer // granted at the last allocation
	trial      trial
	grants     []packets.Grant
}

func (a *allocation) reset() { *a = allocation{alloc: packets.NewAllocator()} }

// capacity is what may be divided: the estimate, corrected where the estimator cannot know better.
func (a *allocation) capacity(v *viewer, audio uint64, now int64) uint64 {
	capacity := v.estimate()
	if !v.troubled.Load() {
		capacity = max(capacity, audio+a.essential()*6/5)
	}
	if least := audio + a.essential(); !v.strained() && capacity >= least*strainedShare/100 {
		capacity = max(capacity, least)
	}
	held := audio + a.held()
	if !v.congested() && held <= capacity*5/4 {
		capacity = max(capacity, held) // a livelier picture alone is no reason to take a layer away
	}
	if v.random() && held <= v.lineBps.Load()*5/4 {
		capacity = max(capacity, held) // nor is loss that fewer packets would not lessen
	}
	if a.trial.running(v, now) {
		capacity = max(capacity, audio+max(a.essential()*5/4, trialRoom))
	}
	return capacity
}

// allocate decides which layer every video slot gets: audio is reserved, then screen, stage, grid.
func (st *seat) allocate(v *viewer, now int64) {
	a := &st.alloc
	a.plan = slices.Grow(a.plan[:0], len(v.video))[:len(v.video)]
	a.streams, a.layers = a.streams[:0], a.layers[:0]
	a.live = slices.Grow(a.live[:0], len(v.video)) // what points into it stays
	target := uint64(0)
	for _, i := range st.importance(len(v.video)) {
		a.plan[i] = st.consider(v, i, now)
		if a.plan[i].why != WhyLive {
			continue
		}
		src := a.plan[i].src
		a.live = append(a.live, src.living(now))
		layers, costs := a.live[len(a.live)-1].parts()
		want := st.wantedLayer(i, src)
		if !v.proven.Load() {
			want = min(want, layerH) // the line has not shown yet that it carries more
		}
		most := 0
		for k, l := range layers {
			if l.index <= want {
				most = k
			}
		}
		target += costs[most]
		a.layers = append(a.layers, layers)
		a.streams = append(a.streams, packets.Stream{Slot: i, Place: placeOf(i), Costs: costs, Max: most})
	}
	audio := st.audioCost(now)
	v.target.Store(target + audio + target/4)
	capacity := a.capacity(v, audio, now)
	a.lastLayers = a.lastLayers[:0]
	a.grants, _ = a.alloc.Allocate(a.grants[:0], a.streams, capacity, audio, now)
	a.trial.watch(a, v, now)
	granted := audio
	for n, g := range a.grants {
		p := &a.plan[a.streams[n].Slot]
		if g.Layer == packets.Paused {
			p.why = WhyPausedBW
			continue
		}
		p.layer, p.base = a.layers[n][g.Layer], g.Base
		a.lastLayers = append(a.lastLayers, p.layer)
		granted += a.streams[n].Costs[g.Layer]
	}
	v.granted.Store(granted)
}

// held is what the layers granted last take now, in bit/s.
func (a *allocation) held() uint64 {
	sum := uint64(0)
	for n, layers := range a.layers {
		for k, l := range layers {
			if slices.Contains(a.lastLayers, l) {
				sum += a.streams[n].Costs[k]
			}
		}
	}
	return sum
}

// essential is what the lowest layers of stage and screen take, in bit/s. A line that has shown no trouble yet is
// trusted with them, whatever the estimate has grown to: a hall without simulcast would stay dark otherwise.
func (a *allocation) essential() uint64 {
	sum := uint64(0)
	for _, s := range a.streams {
		if s.Place != packets.PlaceGrid {
			sum += s.Costs[0]
		}
	}
	return sum
}

// consider tells what a slot could show, before bandwidth is divided.
func (st *seat) consider(v *viewer, i int, now int64) plan {
	src := st.conf.bySrc[st.video[i]]
	if src == nil {
		return plan{why: WhyEmpty}
	}
	p := plan{assignment: assignment{src: src}}
	if st.userPaused(i, now) {
		p.why = WhyPausedUser
		return p
	}
	if st.conf.relief >= reliefVoices && st.part.Profile == ProfileAudience && src.key.kind == KindCam {
		p.why = WhyPausedBW
		return p
	}
	src.wantLayer = max(src.wantLayer, st.wantedLayer(i, src))
	live := src.living(now)
	s := v.video[i]
	switch {
	case live.n == 0 || !src.gate.Load():
		p.why = WhyPausedSrc
	case s.bound.Load() && s.pts[live.layers[0].codec] == 0:
		p.why = WhyNoCodec
	default:
		p.why = WhyLive
	}
	return p
}

// importance orders the video slots: stage and screen, then the grid with the most recent speakers first.
func (st *seat) importance(n int) []int {
	order := st.alloc.order[:0]
	for i := range n {
		order = append(order, i)
	}
	st.alloc.order = order
	if n > slotGrid {
		spoke := func(slot int) int64 {
			if src := st.conf.bySrc[st.video[slot]]; src != nil {
				return st.conf.spoke[src.key.who]
			}
			return 0
		}
		slices.SortStableFunc(order[slotGrid:], func(a, b int) int { return int(spoke(b) - spoke(a)) })
	}
	return order
}

// audioCost is what the audio slots that carry sound now take, in bit/s.
func (st *seat) audioCost(now int64) uint64 {
	n := uint64(0)
	for _, id := range st.audio {
		if src := st.conf.bySrc[id]; src != nil && now-src.lastPassed.Load() < int64(reportEvery) {
			n++
		}
	}
	return max(1, n) * packets.AudioCostAt(int(st.viewer.repeat.Load()))
}

func placeOf(slot int) packets.Place {
	switch slot {
	case slotStage:
		return packets.PlaceStage
	case slotScreen:
		return packets.PlaceScreen
	}
	return packets.PlaceGrid
}

// liveLayers are the layers of a source that sent packets lately, lowest first, and what they cost in bit/s.
type liveLayers struct {
	layers [len(layerRIDs)]*Layer
	costs  [len(layerRIDs)]uint64
	n      int
}

// parts gives the layers and their costs as slices of l.
func (l *liveLayers) parts() ([]*Layer, []uint64) { return l.layers[:l.n], l.costs[:l.n] }

// living finds the layers of a source that sent packets lately. It allocates nothing: it is asked for every slot of
// every viewer ten times a second.
func (s *Source) living(now int64) (out liveLayers) {
	nominal := &nominalCam
	if s.key.kind == KindScreen {
		nominal = &nominalScreen
	}
	for i := range s.lays {
		if !s.alive(i, now) {
			continue
		}
		l := s.lays[i].Load()
		cost := l.rate.Load()
		if cost == 0 {
			cost = nominal[i]
		}
		if n := out.n; n > 0 && cost < out.costs[n-1] {
			cost = out.costs[n-1] // a larger layer is never counted cheaper
		}
		out.layers[out.n], out.costs[out.n] = l, cost
		out.n++
	}
	return out
}
