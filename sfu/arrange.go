package sfu

import (
	"slices"
	"time"

	"nghitruong/sfu/packets"
)

// Steps of Want.
const (
	stepFull    = "full"
	stepSpeaker = "speaker"
	stepAudio   = "audio"
)

const (
	slotStage, slotScreen, slotGrid = 0, 1, 2
	layersUntold                    = -2
	lowerAfter                      = 5 * time.Second // dynacast: a layer nobody wants is told off this late
)

// arrange arranges one seat out of turn.
func (st *seat) arrange(now int64) {
	st.conf.takeStock()
	st.place(now)
}

// place decides what the seat's slots show, hands changes to the viewer's worker and tells the client. The conference has taken stock.
func (st *seat) place(now int64) {
	v := st.viewer
	if v == nil {
		return
	}
	st.arrangeAudio(v, now)
	st.arrangeVideo(v, now)
	next := SlotMap{A: st.audio, V: st.conf.slots[:0]}
	for i := range v.audio {
		src := st.conf.bySrc[st.audio[i]]
		var l *Layer
		if src != nil {
			l = src.lays[0].Load()
		}
		st.apply(v.audio[i], src, l, false, now)
	}
	st.allocate(v, now)
	for i := range v.video {
		next.V = append(next.V, st.show(v, i, now))
	}
	st.conf.slots = next.V
	same := slices.Equal(next.A, st.shown.A) && slices.Equal(next.V, st.shown.V)
	if (same && !st.fresh) || now-st.told < int64(slotsApart) && st.told != 0 {
		return
	}
	next = SlotMap{Epoch: st.shown.Epoch + 1, A: slices.Clone(next.A), V: slices.Clone(next.V)}
	st.shown, st.told, st.fresh = next, now, false
	if st.sink != nil {
		st.sink.Slots(SlotMap{Epoch: next.Epoch, A: slices.Clone(next.A), V: slices.Clone(next.V)})
	}
}

// apply hands one slot's source and layer to the worker when they changed.
func (st *seat) apply(s *slot, src *Source, l *Layer, base bool, now int64) {
	next := assignment{src, l, base}
	if !s.bound.Load() || s.asked == next {
		return
	}
	s.asked = next
	s.v.w.do(func() { s.assign(l, base, now) })
}

// arrangeAudio chooses the voices. Slots that stay empty take any open microphone: with few microphones all are heard,
// however low.
func (st *seat) arrangeAudio(v *viewer, now int64) {
	if st.watch != nil {
		st.watchAudio(v, now)
		return
	}
	n := len(v.audio)
	if st.part.Silent {
		st.audio = make([]uint32, n)
		return
	}
	c := st.conf
	wish := packets.AudioWish{Loud: c.loud, Dominant: c.detector.Dominant(), Own: c.ids[sourceKey{st.part.ID, KindMic}]}
	if c.dir.Stage != "" {
		wish.Stage = c.ids[sourceKey{c.dir.Stage, KindMic}]
	}
	wish.Priority = c.isPriority
	layout := packets.AudioSlots{Loudest: n - 2}
	prev := st.audio
	st.audio = layout.AssignAudio(make([]uint32, 0, n), prev, &wish, now)
	st.dropAbsent()
	st.fillAudio(prev)
	st.endAudio(prev, now)
}

// dropAbsent empties the audio slots of sources that are gone.
func (st *seat) dropAbsent() {
	for i, id := range st.audio {
		if src := st.conf.bySrc[id]; src == nil || !src.present {
			st.audio[i] = 0
		}
	}
}

// fillAudio gives empty slots to open microphones: first to those that had them, then in the order of joining, the
// priority slot to a priority source if there is one.
func (st *seat) fillAudio(prev []uint32) {
	free := func(id uint32) bool {
		src := st.conf.bySrc[id]
		return src != nil && src.present && src.gate.Load() && src.key.who != st.part.ID && !slices.Contains(st.audio, id)
	}
	for i := range min(len(prev), len(st.audio)) {
		if st.audio[i] == 0 && free(prev[i]) {
			st.audio[i] = prev[i]
		}
	}
	for _, priority := range []bool{true, false} {
		for _, mic := range st.conf.mics {
			i := slices.Index(st.audio, 0)
			if i < 0 {
				return
			}
			if mic.priority != priority || !free(mic.id) {
				continue
			}
			if last := len(st.audio) - 1; priority && st.audio[last] == 0 {
				i = last
			}
			st.audio[i] = mic.id
		}
	}
}

// endAudio leaves a voice whose gate has just closed in its slot while nobody else needs it: what still comes of it is the
// silence that ends it (Layer.hush).
func (st *seat) endAudio(prev []uint32, now int64) {
	for i := range min(len(prev), len(st.audio)) {
		src := st.conf.bySrc[prev[i]]
		if st.audio[i] == 0 && src != nil && src.present && !src.gate.Load() && now < src.hushUntil {
			st.audio[i] = src.id
		}
	}
}

// isPriority tells whether a microphone is one of the chair, a hall or an interpreter.
func (c *Conference) isPriority(id uint32) bool {
	src := c.bySrc[id]
	if src == nil {
		return false
	}
	st := c.seats[src.key.who]
	return st != nil && c.hasPriority(st.part)
}

// hasPriority tells whether a person's microphone goes to the priority slot: who presides changes in a sitting.
func (c *Conference) hasPriority(p Participant) bool {
	if c.dir.Priority != nil {
		return c.dir.Priority[p.ID]
	}
	return p.Priority
}

// arrangeVideo chooses the pictures: stage, screen, the page of the grid.
func (st *seat) arrangeVideo(v *viewer, now int64) {
	if st.watch != nil {
		st.watchVideo(v, now)
		return
	}
	n := len(v.video)
	if len(st.video) > n {
		st.video = st.video[:n]
	}
	stage := st.stage()
	var grid []uint32
	if n > slotGrid {
		grid = st.grid(stage, n-slotGrid)
	}
	st.video = packets.AssignVideo(make([]uint32, 0, n), st.video, n, stage, st.screen(), grid)
}

// picture is a person's camera when it is present, else 0. Nobody is sent their own.
func (st *seat) picture(who string) uint32 {
	if who == "" || who == st.part.ID {
		return 0
	}
	if src := st.conf.sources[sourceKey{who, KindCam}]; src != nil && src.present {
		return src.id
	}
	return 0
}

// stage is what V0 shows: the client's pin, the room's stage, the dominant speaker, who spoke last, the chair, a hall;
// for members at last whoever came first.
func (st *seat) stage() uint32 {
	c := st.conf
	if src := c.bySrc[st.want.Pin]; src != nil && src.present && src.isVideo() {
		return src.id
	}
	if c.dir.Stage != "" {
		if id := st.picture(c.dir.Stage); id != 0 {
			return id
		}
	} else if src := c.bySrc[c.detector.Dominant()]; src != nil && c.ingests[src.key.who] == nil {
		if id := st.picture(src.key.who); id != 0 {
			return id
		}
	}
	if c.dir.Stage == "" && len(st.video) > 0 {
		if src := c.bySrc[st.video[0]]; src != nil && src.present && src.key.kind == KindCam && c.lastSpoke(src.key.who) {
			return src.id
		}
	}
	if id := st.picture(c.dir.Chair); id != 0 {
		return id
	}
	if id := st.anyPriority(); id != 0 || st.part.Profile == ProfileAudience {
		return id
	}
	for _, cam := range c.cams {
		if !cam.fed && cam.who != st.part.ID {
			return cam.id
		}
	}
	return 0
}

// lastSpoke tells whether a person was the last dominant speaker.
func (c *Conference) lastSpoke(who string) bool {
	at, ok := c.spoke[who]
	for _, other := range c.spoke {
		if other > at {
			return false
		}
	}
	return ok
}

// anyPriority is the camera of a chair or hall, for an audience that would see nothing.
func (st *seat) anyPriority() uint32 {
	for _, cam := range st.conf.cams {
		if cam.priority && !cam.fed && cam.who != st.part.ID {
			return cam.id
		}
	}
	return 0
}

// screen is the shared screen: the one the room chose, else the newest.
func (st *seat) screen() uint32 {
	c := st.conf
	var best *Source
	for _, src := range c.sources {
		if src.key.kind != KindScreen || !src.present || src.key.who == st.part.ID {
			continue
		}
		if src.key.who == c.dir.ScreenOf {
			return src.id
		}
		if best == nil || src.since > best.since {
			best = src
		}
	}
	if best == nil {
		return 0
	}
	return best.id
}

// grid is the page of cameras that the client shows, in the order of joining.
func (st *seat) grid(stage uint32, room int) []uint32 {
	tiles := min(st.want.Tiles, room)
	if tiles <= 0 {
		return nil
	}
	var cams []uint32
	for _, cam := range st.conf.cams {
		if cam.who != st.part.ID && cam.id != stage {
			cams = append(cams, cam.id)
		}
	}
	from := max(0, st.want.Page) * tiles
	if from >= len(cams) {
		return nil
	}
	return cams[from:min(from+tiles, len(cams))]
}

// userPaused tells whether the client's own wish stops a video slot.
func (st *seat) userPaused(slot int, now int64) bool {
	switch {
	case st.want.Step == stepAudio:
		return true
	case st.want.Step == stepSpeaker && slot >= slotGrid:
		return true
	case st.hiddenAt != 0 && now-st.hiddenAt >= int64(hiddenGrace):
		return true
	}
	return false
}

// show makes one video slot show what was allocated to it and describes it.
func (st *seat) show(v *viewer, i int, now int64) VideoSlot {
	plan := st.alloc.plan[i]
	st.apply(v.video[i], plan.src, plan.layer, plan.base, now)
	out := VideoSlot{Why: plan.why}
	if plan.src != nil {
		out.Src = plan.src.id
	}
	if plan.layer != nil {
		out.Layer = layerRIDs[plan.layer.index]
	}
	return out
}

// wantedLayer is the highest layer that the client has use for.
func (st *seat) wantedLayer(slot int, src *Source) int {
	switch {
	case src.key.kind == KindScreen:
		return layerF
	case st.conf.relief >= reliefSmall:
		return layerQ
	case slot == slotStage && !st.want.Saver && st.want.ScreenPx > stageFullPx:
		return layerF
	case slot == slotStage || st.want.TilePx > tileHalfPx:
		return layerH
	}
	return layerQ
}

// Heights in device pixels from which a larger layer is worth its bytes: half layers have 360 lines, quarter layers 180.
const (
	stageFullPx = 540
	tileHalfPx  = 270
)

// tellPublishers tells every publisher the highest layer that anybody wants: more at once, less after 5 s. The lowest
// two stay on, because Safari sends nothing with only the lowest.
func (c *Conference) tellPublishers(now int64) {
	for _, src := range c.sources {
		st := c.seats[src.key.who]
		if st == nil || st.sink == nil || !src.isVideo() || !src.published() {
			continue
		}
		want := max(src.wantLayer, layerH)
		if len(c.taps) > 0 {
			want = max(want, src.tapped.best)
		}
		switch {
		case want > src.onLayers:
			src.lowerAt = 0
		case want == src.onLayers:
			src.lowerAt = 0
			continue
		case src.lowerAt == 0:
			src.lowerAt = now + int64(lowerAfter)
			continue
		case now < src.lowerAt:
			continue
		}
		src.onLayers = want
		st.sink.Layers(src.id, slices.Clone(layerRIDs[:want+1]))
	}
}
