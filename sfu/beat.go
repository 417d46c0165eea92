package sfu

import (
	"slices"
)

// onAir is a present source and whose it is.
type onAir struct {
	id       uint32
	who      string
	priority bool
	fed      bool // by an encoder
}

// tick is the conference's heartbeat.
func (c *Conference) tick(now int64) {
	c.watchSources(now)
	c.listen(now)
	for _, st := range c.order {
		if st.pub != nil {
			st.pub.tick(now)
		}
	}
	if c.beat++; c.beat%arrangeEvery != 0 {
		return
	}
	if c.beat%censusEvery == 0 {
		c.count(now)
	}
	for _, src := range c.sources {
		src.wantLayer = -1
	}
	c.relieve(c.srv.relief.now(now))
	c.takeStock()
	for _, st := range c.order {
		st.place(now)
	}
	c.directTaps(now)
	c.tellPublishers(now)
}

// relieve follows the server's relief.
func (c *Conference) relieve(step int) {
	if step != c.relief {
		c.log.Warn("the processors' load changed what is left out", "before", c.relief, "now", step)
		c.relief = step
	}
}

// takeStock lists the present microphones and cameras in the order of joining, once for all who are arranged after it: a thousand
// listeners must not each look at a thousand others.
func (c *Conference) takeStock() {
	c.mics, c.cams = c.mics[:0], c.cams[:0]
	for _, st := range c.order {
		c.mics = c.appendOnAir(c.mics, st, KindMic)
		c.cams = c.appendOnAir(c.cams, st, KindCam)
	}
}

func (c *Conference) appendOnAir(list []onAir, st *seat, kind Kind) []onAir {
	src := c.sources[sourceKey{st.part.ID, kind}]
	if src == nil || !src.present || slices.ContainsFunc(list, func(o onAir) bool { return o.id == src.id }) {
		return list
	}
	return append(list, onAir{src.id, st.part.ID, c.hasPriority(st.part), c.ingests[st.part.ID] != nil})
}

// watchSources announces sources whose packets began to pass and withdraws those that ended.
func (c *Conference) watchSources(now int64) {
	var add []*Source
	var del []uint32
	for _, src := range c.sources {
		last := src.lastPassed.Load()
		fresh := last != 0 && now-last < int64(sourceGone)
		stays := src.key.kind == KindMic && src.published()
		switch {
		case !src.present && fresh && src.gate.Load():
			src.present, src.since = true, now
			src.info = src.describe()
			c.sourceCount.Add(1)
			add = append(add, src)
		case src.present && !fresh && !stays:
			c.withdraw(src)
			del = append(del, src.id)
		case src.present && src.describe() != src.info:
			src.info = src.describe()
			add = append(add, src)
		}
	}
	c.flushSources(add, del)
}

// withdraw takes a source out of what clients know; flushSources tells them.
func (c *Conference) withdraw(src *Source) {
	if src.present {
		src.present = false
		c.sourceCount.Add(-1)
		src.lastPassed.Store(0)
		for _, st := range c.order {
			st.gone = append(st.gone, src.id)
		}
	}
	c.detector.Remove(src.id)
}

// flushSources tells every peer what was added and withdrawn.
func (c *Conference) flushSources(add []*Source, _ []uint32) {
	var infos []SourceInfo
	for _, src := range add {
		infos = append(infos, src.info)
	}
	for _, st := range c.order {
		if st.sink != nil && (len(infos) > 0 || len(st.gone) > 0) {
			st.sink.Sources(infos, st.gone)
		}
		st.gone = nil
	}
}

// listen feeds the speaker detector with the levels since the last tick.
func (c *Conference) listen(now int64) {
	for _, src := range c.sources {
		if src.key.kind != KindMic {
			continue
		}
		src.drainLevels(func(level uint8, at int64) {
			if src.gate.Load() && src.present {
				c.detector.OnLevel(src.id, level, at)
			}
		})
	}
	dominant, _ := c.detector.Tick(now)
	c.dominantSrc.Store(dominant)
	if src := c.bySrc[dominant]; src != nil {
		c.spoke[src.key.who] = now
	}
	c.loud = c.detector.AppendLoud(c.loud[:0])
}
