package packets

import (
	"math"
	"math/bits"
	"time"
)

// LevelTime is how much sound each level stands for; longer packets are told in parts.
const LevelTime = 20 * time.Millisecond

// Behaviour of SpeakerDetector.
const (
	activeLevel      = 35 // -dBov: this loud or louder counts
	activeBins       = 20 // the window of 400 ms in bins of one 20 ms packet
	activeNeeded     = 8  // 40 % of them
	binNs            = int64(LevelTime)
	challengeLouder  = 3.0 // dB
	challengeFor     = 600 * time.Millisecond
	dominantSilent   = time.Second
	loudnessDecay    = 0.06   // per 20 ms: a time constant of about 330 ms
	quietDB          = -127.0 // loudness of silence
	levelWindowMask  = 1<<activeBins - 1
	forgetSourceFor  = time.Minute
	loudnessCatchUps = 100 // more missed bins than this are silence
)

type voice struct {
	bins       uint32 // newest in bit 0; set = loud enough
	bin        int64  // index of bit 0
	power      float64
	active     bool
	lastActive int64
}

// SpeakerDetector finds who speaks from the levels of RFC 6464: a source is active when at least 40 % of its last 400 ms were
// at or above -35 dBov. The dominant speaker stays until another active one is more than 3 dB louder for 600 ms, or until he is
// silent for a second. It belongs to one goroutine.
type SpeakerDetector struct {
	voices     map[uint32]*voice
	dominant   uint32
	challenger uint32
	since      int64
}

// NewSpeakerDetector makes a detector that knows nobody.
func NewSpeakerDetector() *SpeakerDetector {
	return &SpeakerDetector{voices: make(map[uint32]*voice)}
}

// OnLevel tells of LevelTime of a source's sound that ended at now: its level in -dBov. Sources whose gate is closed are not told.
func (d *SpeakerDetector) OnLevel(src uint32, level uint8, now int64) {
	v := d.voices[src]
	if v == nil {
		v = &voice{bin: now / binNs, lastActive: now - int64(SlotStickiness) - 1} // not audible yet
		d.voices[src] = v
	}
	v.advance(now)
	if back := v.bin - now/binNs; level <= activeLevel && back < activeBins {
		v.bins |= 1 << max(back, 0)
	}
	power := math.Pow(10, -float64(min(level, SilentLevel))/10)
	v.power += (power - v.power) * loudnessDecay
	v.judge(now)
}

// advance moves the window to now; bins without a packet (DTX, loss) are silence.
func (v *voice) advance(now int64) {
	n := now/binNs - v.bin
	if n <= 0 {
		return
	}
	v.bin += n
	if n > activeBins {
		v.bins = 0
	} else {
		v.bins = v.bins << uint(n) & levelWindowMask
	}
	if n > loudnessCatchUps {
		v.power = 0
		return
	}
	for range n - 1 {
		v.power *= 1 - loudnessDecay
	}
}

func (v *voice) judge(now int64) {
	if v.active = bits.OnesCount32(v.bins) >= activeNeeded; v.active {
		v.lastActive = now
	}
}

func (v *voice) loudness() float64 {
	if v.power <= 0 {
		return quietDB
	}
	return max(quietDB, 10*math.Log10(v.power))
}

// Remove forgets a source that left or was muted.
func (d *SpeakerDetector) Remove(src uint32) {
	delete(d.voices, src)
	if d.dominant == src {
		d.dominant = 0
	}
}

// Tick moves all windows to now (call it every 20 to 100 ms) and returns the dominant speaker, 0 for nobody, and whether it
// changed.
func (d *SpeakerDetector) Tick(now int64) (dominant uint32, changed bool) {
	for src, v := range d.voices {
		v.advance(now)
		v.judge(now)
		if now-v.lastActive > int64(forgetSourceFor) {
			delete(d.voices, src)
		}
	}
	before := d.dominant
	d.elect(now)
	return d.dominant, d.dominant != before
}

func (d *SpeakerDetector) elect(now int64) {
	loudest, level := d.loudest()
	cur := d.voices[d.dominant]
	if cur == nil {
		d.dominant, d.challenger = loudest, 0
		return
	}
	if loudest == 0 || loudest == d.dominant {
		d.challenger = 0
		return
	}
	if now-cur.lastActive >= int64(dominantSilent) {
		d.dominant, d.challenger = loudest, 0
		return
	}
	if level <= cur.loudness()+challengeLouder {
		d.challenger = 0
		return
	}
	if d.challenger != loudest {
		d.challenger, d.since = loudest, now
		return
	}
	if now-d.since >= int64(challengeFor) {
		d.dominant, d.challenger = loudest, 0
	}
}

// loudest is the loudest active source; equal ones are told apart by number so that the result does not depend on map order.
func (d *SpeakerDetector) loudest() (src uint32, level float64) {
	level = quietDB - 1
	for s, v := range d.voices {
		if !v.active {
			continue
		}
		if l := v.loudness(); l > level || l == level && s < src {
			src, level = s, l
		}
	}
	return src, level
}

// Dominant is the dominant speaker as of the last Tick, 0 for nobody. He stays while nobody else speaks.
func (d *SpeakerDetector) Dominant() uint32 { return d.dominant }

// Loud is one audible source.
type Loud struct {
	Src        uint32
	Level      float64 // dBov, smoothed; more is louder
	Active     bool
	LastActive int64 // monotonic ns
}

// AppendLoud appends all known sources to dst, active ones first, louder first.
func (d *SpeakerDetector) AppendLoud(dst []Loud) []Loud {
	from := len(dst)
	for s, v := range d.voices {
		dst = append(dst, Loud{Src: s, Level: v.loudness(), Active: v.active, LastActive: v.lastActive})
	}
	sortLoud(dst[from:])
	return dst
}
