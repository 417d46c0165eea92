package sfu

import (
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"nghitruong/sfu/packets"
)

const (
	confTick     = 50 * time.Millisecond
	slotsApart   = 100 * time.Millisecond // at most one slot map per peer in this time
	arrangeEvery = 2                      // ticks between two assignments of the slots
	confQueue    = 256
)

// Conference is the media of one sitting. One goroutine owns its peers, sources and slot assignment; the gates are
// atomics that the readers look at for each packet.
type Conference struct {
	srv     *Server
	sitting string
	log     *slog.Logger
	ops     chan func()
	quit    chan struct{}
	done    chan struct{}
	once    sync.Once

	peerCount, sourceCount atomic.Int64
	dominantSrc            atomic.Uint32
	census                 atomic.Pointer[census] // newest count; nil before the first

	// Owned by the conference's goroutine.
	seats    map[string]*seat
	order    []*seat // by time of joining
	ids      map[sourceKey]uint32
	sources  map[sourceKey]*Source
	bySrc    map[uint32]*Source
	dir      Direction
	opened   map[string]bool // persons who had a gate open once: they may publish
	taps     []Tap
	detector *packets.SpeakerDetector
	loud     []packets.Loud
	spoke    map[string]int64  // when a person was dominant last
	ingests  map[string]*seat  // encoders by the person whose sources they feed; in order, not in seats
	networks map[string]string // where the newest encoder of a person came from
	held     map[string]bool   // persons whose encoder waits for Readmit
	ended    map[string]string // why the last encoder of a person left
	watchers int
	beat     int
	mics     []onAir // what takeStock found
	cams     []onAir
	slots    []VideoSlot // scratch
	relief   int         // of the server
}

func newConference(s *Server, sitting string) *Conference {
	return &Conference{
		srv: s, sitting: sitting, log: s.log.With("sitting", sitting), ops: make(chan func(), confQueue), quit: make(chan struct{}), done: make(chan struct{}),
		seats: map[string]*seat{}, ids: map[sourceKey]uint32{}, sources: map[sourceKey]*Source{},
		bySrc: map[uint32]*Source{}, opened: map[string]bool{}, detector: packets.NewSpeakerDetector(),
		spoke: map[string]int64{}, ingests: map[string]*seat{}, networks: map[string]string{}, held: map[string]bool{}, ended: map[string]string{},
	}
}

func (c *Conference) run() {
	defer close(c.done)
	tick := time.NewTicker(confTick)
	defer tick.Stop()
	for !c.turn(tick.C) {
	}
	c.srv.guard("conference end", func() {
		for _, st := range slices.Clone(c.order) {
			if st.door != nil {
				c.endDoor(st, EndConfClose)
				continue
			}
			c.remove(st)
		}
	}, nil)
	c.srv.forget(c)
}

// turn serves the conference until it must end; a panic costs the operation that made it.
func (c *Conference) turn(tick <-chan time.Time) (ended bool) {
	c.srv.guard("conference", func() {
		for {
			select {
			case f := <-c.ops:
				f()
			case <-tick:
				c.tick(c.srv.now())
			case <-c.quit:
				ended = true
				return
			}
		}
	}, nil)
	return ended
}

// call runs f in the conference's goroutine and waits for it; false when the conference is closed.
func (c *Conference) call(f func()) bool {
	ended := make(chan struct{})
	if !c.post(func() { defer close(ended); f() }) {
		return false
	}
	select {
	case <-ended:
		return true
	case <-c.done:
		return false
	}
}

// post runs f in the conference's goroutine later; false when the conference is closed.
func (c *Conference) post(f func()) bool {
	select {
	case <-c.done:
		return false
	default:
	}
	select {
	case c.ops <- f:
		return true
	case <-c.done:
		return false
	}
}

func (c *Conference) isClosed() bool {
	select {
	case <-c.quit:
		return true
	default:
		return false
	}
}

// Close ends the media of the sitting: every peer leaves. It waits for the conference, not for Pion.
func (c *Conference) Close() {
	c.once.Do(func() {
		select {
		case <-c.quit: // made by a closed server
		default:
			close(c.quit)
		}
	})
	<-c.done
}

// Join seats a person and returns the hold on the seat. A person who is seated already keeps slots and source ids; the
// PeerConnections of the Peer that held the seat before are closed. sink may be told of sources before Join returns.
func (c *Conference) Join(part Participant, sink Sink) *Peer {
	p := &Peer{}
	p.neg[0].gen.Store(-1)
	p.neg[1].gen.Store(-1)
	if !c.call(func() {
		st := c.seats[part.ID]
		if st == nil {
			st = newSeat(c, part)
			c.seats[part.ID] = st
			c.order = append(c.order, st)
			c.peerCount.Add(1)
		} else {
			st.vacate()
			st.part = part
		}
		p.seat, st.owner = st, p
		st.attach(sink)
	}) {
		p.seat = newSeat(c, part) // of a closed conference: every call on it fails
	}
	return p
}

// remove gives up a seat.
func (c *Conference) remove(st *seat) {
	st.owner = nil
	st.closePCs()
	if st.watch != nil {
		c.watchers--
	}
	for _, kind := range lineKinds {
		if src := c.sources[sourceKey{st.part.ID, kind}]; src != nil && !st.displaced() {
			c.withdraw(src)
			delete(c.sources, src.key)
			delete(c.bySrc, src.id)
		}
	}
	delete(c.seats, st.part.ID)
	c.order = slices.DeleteFunc(c.order, func(o *seat) bool { return o == st })
	c.peerCount.Add(-1)
	c.flushSources(nil, nil)
}

// Direct tells the room's will. When it returns, no sound or picture passes a gate that is closed.
func (c *Conference) Direct(d Direction) {
	c.call(func() {
		c.dir = d
		for _, m := range []map[string]bool{d.Mic, d.Cam, d.Screen} {
			for who, open := range m {
				if open {
					c.opened[who] = true
				}
			}
		}
		for _, src := range c.sources {
			c.setGate(src, true)
		}
		for _, st := range c.order {
			st.mayPublish = c.opened[st.part.ID]
		}
		if d.Closed {
			c.shutDoors()
		}
	})
}

// gateOf is the room's will about one source.
func (c *Conference) gateOf(key sourceKey) bool {
	if c.held[key.who] {
		return false
	}
	switch key.kind {
	case KindMic:
		return c.dir.Mic[key.who]
	case KindCam:
		return c.dir.Cam[key.who]
	case KindScreen:
		return c.dir.Screen[key.who]
	}
	return false
}

// setGate moves the gate of a source and tells its publisher when it changed.
func (c *Conference) setGate(src *Source, tell bool) {
	open := c.gateOf(src.key)
	if src.gate.Swap(open) == open {
		return
	}
	if !open {
		c.detector.Remove(src.id)
		src.hushUntil = c.srv.now() + int64(hushTime)
	}
	if st := c.seats[src.key.who]; st != nil && tell && st.sink != nil {
		st.sink.Gate(src.id, open, c.dir.Why)
	}
}

// source returns the source of a person, made at first use; its id is fixed for the sitting.
func (c *Conference) source(key sourceKey) *Source {
	if src := c.sources[key]; src != nil {
		return src
	}
	id, ok := c.ids[key]
	for !ok {
		if id = rand.Uint32(); id != 0 && !c.idTaken(id) {
			c.ids[key], ok = id, true
		}
	}
	src := newSource(id, key)
	c.setTaps(src)
	c.sources[key], c.bySrc[id] = src, src
	c.setGate(src, false)
	return src
}

func (c *Conference) idTaken(id uint32) bool {
	for _, have := range c.ids {
		if have == id {
			return true
		}
	}
	return false
}

// Speaker is the dominant speaker's person, "" for nobody.
func (c *Conference) Speaker() string {
	who := ""
	c.call(func() {
		if src := c.bySrc[c.detector.Dominant()]; src != nil {
			who = src.key.who
		}
	})
	return who
}

// Level is how loud a present microphone is.
type Level struct {
	Src    uint32
	Who    string
	DBov   float64 // smoothed, 0 is loudest
	Active bool    // speaks now
}

// Levels are the microphones that were heard lately, active ones first, louder first.
func (c *Conference) Levels() []Level {
	var out []Level
	c.call(func() {
		for _, l := range c.detector.AppendLoud(nil) {
			if src := c.bySrc[l.Src]; src != nil {
				out = append(out, Level{Src: l.Src, Who: src.key.who, DBov: l.Level, Active: l.Active})
			}
		}
	})
	return out
}
