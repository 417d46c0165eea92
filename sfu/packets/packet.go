package packets

import (
	"sync"
	"sync/atomic"
)

const (
	// Headroom is how many bytes a rewritten payload may need beyond the received one: callers' buffers for Munger.Forward
	// hold at least the payload plus Headroom.
	Headroom = 16
	// MaxPacket is the longest RTP packet taken, in bytes.
	MaxPacket = 1500
)

// Codec is what a packet's payload type means.
type Codec uint8

// Codecs that the server forwards.
const (
	CodecOther Codec = iota
	CodecOpus
	CodecRED
	CodecPCMA
	CodecPCMU
	CodecVP8
	CodecH264
)

// Video tells whether the codec is one of pictures.
func (c Codec) Video() bool { return c == CodecVP8 || c == CodecH264 }

// ClockRate is the RTP clock of the codec in Hz (RFC 3551, RFC 7587, RFC 7741, RFC 6184).
func (c Codec) ClockRate() uint32 {
	switch c {
	case CodecOpus, CodecRED:
		return 48000
	case CodecPCMA, CodecPCMU:
		return 8000
	case CodecVP8, CodecH264, CodecOther:
		return 90000
	}
	return 90000
}

// Packet is one received RTP packet with what the forwarding needs to know of it. It is filled by one goroutine (Buffer,
// SetLen, Parse) and then never changed; holders count references with Retain and Release.
type Packet struct {
	Header  Header
	ExtSN   uint64 // set by the layer's reader from ExtSeq
	ExtTS   uint64 // set by the layer's reader from ExtTS
	Arrival int64  // monotonic ns
	Codec   Codec
	Key     bool  // a keyframe begins here (for H264 also its parameter sets)
	Start   bool  // a picture (VP8) or NAL unit (H264) begins here; true for audio
	Sync    bool  // may switch up to TID here
	TID     uint8 // temporal layer, 0 when unknown
	Level   uint8 // RFC 6464, SilentLevel when unknown
	Voice   bool  // RFC 6464 voice activity
	VP8     VP8   // only when Codec is CodecVP8

	refs atomic.Int32
	pool *Pool
	n    int
	slab [MaxPacket]byte
}

// Buffer is where a received packet is read into.
func (p *Packet) Buffer() []byte { return p.slab[:] }

// SetLen says how many bytes of Buffer were received.
func (p *Packet) SetLen(n int) { p.n = max(0, min(n, MaxPacket)) }

// Raw is the packet as received.
func (p *Packet) Raw() []byte { return p.slab[:p.n] }

// Payload is the RTP payload without padding.
func (p *Packet) Payload() []byte { return p.slab[p.Header.HeaderLen:p.Header.PayloadEnd] }

// H264 parses the payload again, for the parameter sets it may hold.
func (p *Packet) H264(d *H264) error { return ParseH264(p.Payload(), d) }

// Parse reads the RTP header, the RFC 6464 level from extension levelExt (0 = none) and the codec's descriptor. A payload
// without bytes (padding, a probe) is fine and has Start false.
func (p *Packet) Parse(codec Codec, levelExt uint8) error {
	raw := p.Raw()
	p.Codec, p.Level, p.Voice = codec, SilentLevel, false
	p.Key, p.Start, p.Sync, p.TID, p.VP8 = false, false, false, 0, VP8{}
	if err := ParseRTP(raw, &p.Header); err != nil {
		return err
	}
	if levelExt != 0 {
		if level, voice, ok := AudioLevel(p.Header.Extension(raw, levelExt)); ok {
			p.Level, p.Voice = level, voice
		}
	}
	if p.Header.HeaderLen == p.Header.PayloadEnd {
		return nil
	}
	switch codec {
	case CodecVP8:
		if err := ParseVP8(p.Payload(), &p.VP8); err != nil {
			return err
		}
		p.Key, p.Start, p.Sync, p.TID = p.VP8.Key, p.VP8.Start, p.VP8.Sync, p.VP8.TID
	case CodecH264:
		var d H264
		if err := ParseH264(p.Payload(), &d); err != nil {
			return err
		}
		p.Key, p.Start = d.Key(), d.Start
	case CodecOther, CodecOpus, CodecRED, CodecPCMA, CodecPCMU:
		p.Start = true
	}
	return nil
}

// opusSilence is 20 ms without sound: fullband CELT, mono, one frame (RFC 6716 section 3.1).
var opusSilence = [...]byte{0xF8, 0xFF, 0xFE}

// Hush takes the sound out of a parsed Opus packet that nobody else holds yet: it keeps its place in the stream and says
// nothing. Padding and the RFC 6464 level go with it. It returns false, changing nothing, when the packet is no Opus.
func (p *Packet) Hush(levelExt uint8) bool {
	end := p.Header.HeaderLen + len(opusSilence)
	if p.Codec != CodecOpus || end > MaxPacket {
		return false
	}
	raw := p.Raw()
	raw[0] &^= paddingBit
	if level := p.Header.Extension(raw, levelExt); len(level) > 0 {
		level[0] = SilentLevel
	}
	copy(p.slab[p.Header.HeaderLen:end], opusSilence[:])
	p.n, p.Header.PayloadEnd = end, end
	p.Level, p.Voice, p.Start = SilentLevel, false, true
	return true
}

// Retain adds a reference.
func (p *Packet) Retain() { p.refs.Add(1) }

// Release drops a reference; the last one gives the packet back to its pool and nobody may touch it afterwards.
func (p *Packet) Release() {
	if p.refs.Add(-1) == 0 && p.pool != nil {
		p.pool.free.Put(p)
	}
}

// Pool recycles packets. It is safe for concurrent use; the zero value is ready.
type Pool struct{ free sync.Pool }

// Get returns an empty packet with one reference.
func (pl *Pool) Get() *Packet {
	p, ok := pl.free.Get().(*Packet)
	if !ok {
		p = &Packet{pool: pl}
	}
	p.n = 0
	p.ExtSN, p.ExtTS, p.Arrival = 0, 0, 0
	p.refs.Store(1)
	return p
}
