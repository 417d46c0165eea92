package sfu

import (
	"math"

	"github.com/pion/opus"

	"nghitruong/sfu/packets"
)

// Sources that send no level with their packets (RFC 6464: encoders, cameras) are listened to by the server, so that whoever speaks
// there takes the stage like everybody else. Every packet is decoded, as each of them builds on the one before: decoding only some saves
// time and misses the level by 30 dB. It costs about 0.1 ms of processor per packet of 20 ms (BenchmarkLoudness) and some garbage, for
// the few sources that need it; what one of them can make the server decode is bounded.

const (
	meterRate    = 8000 // Hz; where voices are
	meterSamples = meterRate * 120 / 1000
	meterFaults  = 50   // packets in a row that do not decode: it is no Opus that we know
	meterMost    = 1500 // ms of sound that are decoded in a second
	quietOpus    = 2    // bytes of a packet that says only that nothing is said (RFC 6716 section 3.1, DTX)
)

// loudness measures the level of one Opus stream. It is guarded by the layer's readMu.
type loudness struct {
	decoder opus.Decoder
	budget  packets.Budget // ms of sound
	pcm     [meterSamples]float32
	faults  int
	level   uint8 // -dBov, of the newest packet that was decoded
}

func newLoudness() *loudness {
	l := &loudness{level: packets.SilentLevel}
	l.reset()
	return l
}

// reset forgets the stream; the error speaks of rates that Opus does not know, and this one it knows.
func (l *loudness) reset() { l.decoder, _ = opus.NewDecoderWithOutput(meterRate, 1) }

// of gives the level of the stream's next packet, which came at now, in -dBov. A stream that cannot be decoded counts as speech: better a wrong picture
// on stage than a hall that never gets there.
func (l *loudness) of(payload []byte, now int64) uint8 {
	if len(payload) <= quietOpus {
		l.level = packets.SilentLevel
		return l.level
	}
	if l.faults >= meterFaults {
		return assumedLevel
	}
	if !l.budget.Take(float64(packets.OpusDuration(payload).Milliseconds()), meterMost, meterMost, now) {
		return l.level
	}
	n, ok := l.decode(payload)
	if !ok {
		l.faults++
		l.reset()
		return l.level
	}
	l.faults = 0
	l.level = levelOf(l.pcm[:n])
	return l.level
}

// decode fills pcm. What comes from outside may break the decoder: it must not break the reader.
func (l *loudness) decode(payload []byte) (n int, ok bool) {
	defer func() {
		if recover() != nil {
			n, ok = 0, false
		}
	}()
	n, err := l.decoder.DecodeToFloat32(payload, l.pcm[:])
	return n, err == nil && n > 0 && n <= len(l.pcm)
}

// levelOf is the root of the mean square of samples between -1 and 1, in -dBov.
func levelOf(pcm []float32) uint8 {
	sum := 0.0
	for _, x := range pcm {
		sum += float64(x) * float64(x)
	}
	if sum == 0 || math.IsNaN(sum) {
		return packets.SilentLevel
	}
	return uint8(min(max(math.Round(-10*math.Log10(sum/float64(len(pcm)))), 0), float64(packets.SilentLevel)))
}

// noteVoice keeps the level of a voice's packet, once for each 20 ms of its sound: what it says of itself, else what is heard in it.
func (l *Layer) noteVoice(p *packets.Packet) {
	level := p.Level
	if l.levelExt == 0 {
		level = l.listen(p)
		l.noteLoudest(level, p.Arrival)
	}
	at := p.Arrival - int64(max(packets.OpusDuration(p.Payload()), packets.LevelTime))
	for at < p.Arrival {
		at += int64(packets.LevelTime)
		l.src.noteLevel(level, min(at, p.Arrival))
	}
}

// listen is the level that the server hears in a packet.
func (l *Layer) listen(p *packets.Packet) uint8 {
	if l.codec != packets.CodecOpus {
		return assumedLevel
	}
	if l.loud == nil {
		l.loud = newLoudness()
	}
	return l.loud.of(p.Payload(), p.Arrival)
}
