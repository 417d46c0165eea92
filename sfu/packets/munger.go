package packets

// Limits of the timestamp of a layer switch, as mediasoup's SimulcastConsumer has them.
const (
	maxBehindMs   = 50 // a switch that lands further behind the last timestamp is refused once
	maxExtraMs    = 75 // most that is added to put a switch after the last timestamp
	frameMs       = 33 // least distance of the pictures around a switch
	maxSRDeltaNs  = int64(1e9)
	nanosPerSec   = int64(1e9)
	audioPacketHz = 50   // packets of 20 ms
	maxGap        = 1024 // more missing packets than this are a new start of the publisher: nobody repairs them
)

// Gaps of a munger: how many changes of the sequence mapping are remembered for late packets and NACKs.
const (
	GapsVideo = 128
	GapsAudio = 16
)

// Out is how a slot sends one packet.
type Out struct {
	ExtSN   uint64 // extended outgoing sequence number; its low 16 bits go on the wire
	TS      uint32
	Marker  bool
	Payload []byte // points into the packet or into the caller's buffer; valid until either changes
	Meta    Meta   // to be kept in the slot's MetaRing
}

// SN is the outgoing sequence number as on the wire.
func (o *Out) SN() uint16 { return uint16(o.ExtSN) }

// segment maps a range of one layer's sequence numbers; all shifts are added modulo the field's size.
type segment struct {
	in, end uint64 // [in, end); the newest has end = openEnd
	sn      uint64
	layer   uint32
	ts      uint32
	pid     uint16
	ref     uint16 // newest incoming PictureID, unwrapped to 15 bits
	tl0     uint8
	key     uint8
}

const openEnd = ^uint64(0)

// Munger makes one continuous RTP stream of packets from changing sources and layers: it rewrites sequence numbers,
// timestamps, VP8 picture numbers and markers. It belongs to the one goroutine that writes the slot and never allocates after
// NewMunger. Layers are named by non-zero numbers that the caller chooses and does not reuse within a few seconds.
type Munger struct {
	clock uint32 // Hz
	audio bool

	layer   uint32 // current; 0 before the first switch
	next    uint64 // incoming: highest number handled of the current layer + 1
	segs    []segment
	head, n int // ring: newest is segs[head]

	outHi  uint64 // highest outgoing number
	lastTS uint32 // newest outgoing timestamp
	lastAt int64  // arrival of the packet with lastTS
	extra  uint32 // ticks added at the last layer switch, taken back at the next
	mark   bool   // set the marker on the next packet
	used   bool   // something was sent

	refused uint32 // layer whose switch was refused once
	ids     VP8IDs // newest outgoing
	hasIDs  bool
	newIDs  bool   // the next VP8 packet continues ids by one
	dropPID uint16 // newest picture of which a packet was dropped
	dropAny bool
	dropped uint16 // pictures dropped since the last packet was forwarded
}

// NewMunger makes a munger for a slot whose RTP clock has that rate. The first packet gets sequence number sn and timestamp ts.
// gaps is GapsVideo or GapsAudio.
func NewMunger(clock uint32, audio bool, gaps int, sn uint16, ts uint32) *Munger {
	return &Munger{
		clock: clock, audio: audio, segs: make([]segment, max(gaps, 2)),
		outHi: 1<<16 | uint64(sn) - 1, lastTS: ts,
	}
}

// Layer is the layer that is forwarded, 0 before the first switch.
func (m *Munger) Layer() uint32 { return m.layer }

// OutTS is the outgoing timestamp of a timestamp of the current layer: for sender reports.
func (m *Munger) OutTS(in uint32) uint32 { return in + m.segs[m.head].ts }

// Last returns the newest outgoing timestamp and when its packet had arrived; ok is false before the first packet.
func (m *Munger) Last() (ts uint32, arrival int64, ok bool) { return m.lastTS, m.lastAt, m.used }

// SwitchSource makes p, a packet of another source, the next to be forwarded: the sequence goes on by one, the timestamp by the
// time that passed between the arrivals (for audio in whole packets of 20 ms, and with a marker). Video switches on the first
// packet of a keyframe only. Call Forward for p next.
func (m *Munger) SwitchSource(layer uint32, p *Packet) {
	ts := m.lastTS
	if m.used {
		ts += m.elapsed(p.Arrival)
	}
	m.extra = 0
	m.mark = m.audio
	m.open(layer, p, ts)
}

// elapsed is the time from the last packet to arrival in ticks: at least one picture or audio packet.
func (m *Munger) elapsed(arrival int64) uint32 {
	ticks := ticksOf(arrival-m.lastAt, m.clock)
	if !m.audio {
		return uint32(max(ticks, m.ms(frameMs)))
	}
	packet := int64(m.clock / audioPacketHz)
	return uint32(max(1, (ticks+packet/2)/packet) * packet)
}

// ticksOf converts nanoseconds to ticks of an RTP clock, without overflow for centuries.
func ticksOf(ns int64, clock uint32) int64 {
	return ns/nanosPerSec*int64(clock) + ns%nanosPerSec*int64(clock)/nanosPerSec
}

func (m *Munger) ms(n int64) int64 { return n * int64(m.clock) / 1000 }

// SwitchLayer makes p, the first packet of a keyframe of another layer of the same source, the next to be forwarded. mapped is
// p's timestamp on the clock of the layer being left (ClockMap.Translate), valid when ok; otherwise, or when it is more
// than a second off, the arrival times decide. It returns false, and changes nothing, when the switch would land more than 50 ms
// behind what was sent: keep forwarding and ask for another keyframe. The next try for the same layer always succeeds.
func (m *Munger) SwitchLayer(layer uint32, p *Packet, mapped uint32, ok bool) bool {
	if !m.used {
		m.SwitchSource(layer, p)
		return true
	}
	ts := m.lastTS + uint32(ticksOf(p.Arrival-m.lastAt, m.clock))
	extra := uint32(0)
	if by := mapped + m.segs[m.head].ts - m.extra; ok && m.near(by, ts) {
		ts = by
	}
	if behind := int64(int32(m.lastTS - ts)); behind >= 0 {
		switch {
		case behind <= m.ms(maxBehindMs):
			extra = uint32(min(behind+m.ms(frameMs), m.ms(maxExtraMs)))
		case m.refused != layer:
			m.refused = layer
			return false
		default:
			ts = m.lastTS + uint32(m.ms(frameMs))
		}
	}
	m.extra = extra
	m.open(layer, p, ts+extra)
	return true
}

func (m *Munger) near(a, b uint32) bool {
	d := int64(int32(a - b))
	return max(d, -d) <= ticksOf(maxSRDeltaNs, m.clock)
}

// open starts the segment in which p goes out next, with timestamp ts.
func (m *Munger) open(layer uint32, p *Packet, ts uint32) {
	if m.n > 0 {
		cur := &m.segs[m.head]
		cur.end = m.next
	}
	m.push(segment{
		in: p.ExtSN, end: openEnd, layer: layer,
		sn: m.outHi + 1 - p.ExtSN, ts: ts - p.Header.TS,
	})
	m.layer, m.next, m.refused = layer, p.ExtSN, 0
	m.newIDs, m.dropped, m.dropAny = true, 0, false
}

func (m *Munger) push(s segment) {
	m.head = (m.head + 1) % len(m.segs)
	m.segs[m.head] = s
	m.n = min(m.n+1, len(m.segs))
}

// find returns the segment that maps number in of a layer, newest first, or nil when it was dropped or is unknown.
func (m *Munger) find(layer uint32, in uint64) *segment {
	for i := range m.n {
		s := &m.segs[(m.head-i+len(m.segs))%len(m.segs)]
		if s.layer == layer && in >= s.in && in < s.end {
			return s
		}
	}
	return nil
}

// leap closes a hole that nobody will fill to one missing packet, so that receivers do not lose track of the numbers.
func (m *Munger) leap(p *Packet) {
	s := &m.segs[m.head]
	cut := *s
	s.end = m.next
	cut.in, cut.sn = p.ExtSN, m.outHi+2-p.ExtSN
	m.push(cut)
}

// Drop leaves p out of the stream so that nobody misses it. It returns false when p is not the next in order: then it must be
// forwarded, because nobody knows which numbers before it are missing.
func (m *Munger) Drop(layer uint32, p *Packet) bool {
	if layer != m.layer || m.n == 0 || p.ExtSN != m.next {
		return false
	}
	if s := &m.segs[m.head]; s.in == p.ExtSN { // nothing mapped yet: move its beginning
		s.in++
		s.sn--
	} else {
		cut := *s
		s.end = p.ExtSN
		cut.in = p.ExtSN + 1
		cut.sn--
		m.push(cut)
	}
	m.next++
	if p.Codec == CodecVP8 && p.VP8.HasPID {
		if pid := m.unwrapPID(&m.segs[m.head], &p.VP8); !m.dropAny || pid != m.dropPID {
			m.dropPID, m.dropAny = pid, true
			m.dropped++
		}
	}
	return true
}

// Insert makes room for one packet of the server's own right before p, which must be about to be forwarded in order (for H.264
// parameter sets). out gets number and timestamp; its payload is the caller's. It returns false when p is late.
func (m *Munger) Insert(layer uint32, p *Packet, out *Out) bool {
	if layer != m.layer || m.n == 0 || p.ExtSN < m.next {
		return false
	}
	s := &m.segs[m.head]
	if s.in != p.ExtSN {
		cut := *s
		s.end = p.ExtSN
		cut.in = p.ExtSN
		m.push(cut)
		s = &m.segs[m.head]
	}
	*out = Out{ExtSN: p.ExtSN + s.sn, TS: p.Header.TS + s.ts}
	out.Meta = Meta{InSN: p.ExtSN, Layer: layer, TSShift: s.ts, OutSN: out.SN(), Inserted: true}
	s.sn++
	m.outHi = max(m.outHi, out.ExtSN)
	return true
}

// Forward maps p of a layer. It returns false when p must not be sent: it was dropped, it lies before the switch to its layer
// or its numbers are forgotten. buf must hold the payload plus Headroom and may be used for out.Payload.
func (m *Munger) Forward(layer uint32, p *Packet, buf []byte, out *Out) bool {
	if layer == m.layer && m.n > 0 && p.ExtSN > m.next+maxGap {
		m.leap(p)
	}
	s := m.find(layer, p.ExtSN)
	if s == nil {
		return false
	}
	inOrder := s.end == openEnd && p.ExtSN >= m.next
	meta := Meta{InSN: p.ExtSN, Layer: layer, TSShift: s.ts, OutSN: uint16(p.ExtSN + s.sn)}
	if p.Codec == CodecVP8 && p.VP8.Len > 0 {
		meta.IDs, meta.VP8 = m.vp8IDs(s, p, inOrder), true
	}
	if inOrder {
		m.next = p.ExtSN + 1
		meta.Mark, m.mark = m.mark, false
	}
	if !meta.Apply(p, buf, out) {
		return false
	}
	out.ExtSN = p.ExtSN + s.sn
	m.outHi = max(m.outHi, out.ExtSN)
	if !m.used || int32(out.TS-m.lastTS) > 0 {
		m.lastTS, m.lastAt = out.TS, p.Arrival
	}
	m.used = true
	return true
}

// Locate maps an outgoing extended sequence number back to a layer and its number; ok is false when it is forgotten or was the
// server's own.
func (m *Munger) Locate(out uint64) (layer uint32, in uint64, ok bool) {
	if out > m.outHi {
		return 0, 0, false
	}
	for i := range m.n {
		s := &m.segs[(m.head-i+len(m.segs))%len(m.segs)]
		if in := out - s.sn; in >= s.in && in < s.end {
			return s.layer, in, true
		}
	}
	return 0, 0, false
}

// ExtOut extends a sequence number that a viewer names (in a NACK or receiver report) to the outgoing stream.
func (m *Munger) ExtOut(sn uint16) uint64 {
	return m.outHi + uint64(int64(int16(sn-uint16(m.outHi))))
}
