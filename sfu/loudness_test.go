package sfu

import (
	"os"
	"testing"
	"time"

	"nghitruong/sfu/packets"
)

// opusPackets reads the packets of an Ogg Opus file (RFC 3533, RFC 7845), without its two headers.
func opusPackets(t testing.TB, name string) [][]byte {
	t.Helper()
	const header, sizesAt, whole = 27, 26, 255
	b, err := os.ReadFile("testdata/" + name)
	must(t, err)
	var all [][]byte
	var cur []byte
	for len(b) > header {
		sizes := b[header : header+int(b[sizesAt])]
		b = b[header+len(sizes):]
		for _, n := range sizes {
			cur, b = append(cur, b[:n]...), b[n:]
			if n < whole {
				all, cur = append(all, cur), nil
			}
		}
	}
	return all[2:]
}

// The files of testdata hold a tone of -13 dBov for a second, silence for a second and the tone at -33 dBov, by libopus as ffmpeg calls it
// (-application, -b:a, -frame_duration): browser as browsers send voices (voip, 32k, -fec 1: hybrid), encoder as an encoder sends two
// channels of music (audio, 48k, -ac 2, which takes 3 dB off: CELT), phone as on a very weak line (voip, 10k, 60 ms: SILK).
var opusFiles = []struct {
	name        string
	length      time.Duration
	loud, quiet uint8
}{
	{"browser.ogg", 20 * time.Millisecond, 13, 33},
	{"encoder.ogg", 20 * time.Millisecond, 16, 36},
	{"phone.ogg", 60 * time.Millisecond, 13, 33},
}

// TestLoudness checks the levels that the server hears in real packets of each kind against what was put into them.
func TestLoudness(t *testing.T) {
	for _, f := range opusFiles {
		t.Run(f.name, func(t *testing.T) {
			l := newLoudness()
			for i, p := range opusPackets(t, f.name) {
				if d := packets.OpusDuration(p); d != f.length {
					t.Fatalf("packet %d holds %v", i, d)
				}
				level := l.of(p, int64(i)*int64(f.length))
				at := time.Duration(i) * f.length % time.Second
				want := [...]uint8{f.loud, 70, f.quiet}[min(time.Duration(i)*f.length/time.Second, 2)]
				switch {
				case at < 100*time.Millisecond || at > 900*time.Millisecond: // the decoder's delay
				case want == 70 && level < want:
					t.Errorf("packet %d: %d, want silence", i, level)
				case want != 70 && (level < want-2 || level > want+2):
					t.Errorf("packet %d: %d, want %d", i, level, want)
				}
			}
			if l.faults != 0 {
				t.Errorf("%d packets do not decode", l.faults)
			}
		})
	}
}

// TestLoudnessOfBadInput checks that garbage breaks nothing and is taken for speech at last, that DTX is silence, and that one bad packet
// costs no more than itself.
func TestLoudnessOfBadInput(t *testing.T) {
	good := opusPackets(t, "browser.ogg")[:30]
	l := newLoudness()
	for i, p := range good {
		if i == 20 {
			l.of([]byte{15<<3 | 3, 0xFF, 0xFF}, 0)
		}
		l.of(p, int64(i)*20e6)
	}
	if l.faults != 0 || l.level > 16 {
		t.Errorf("%d faults, level %d after a bad packet", l.faults, l.level)
	}
	if got := l.of([]byte{15 << 3}, 1e9); got != packets.SilentLevel {
		t.Errorf("DTX has level %d", got)
	}
	if got := l.of(nil, 1e9); got != packets.SilentLevel {
		t.Errorf("nothing has level %d", got)
	}
	for range meterFaults {
		l.of([]byte{15<<3 | 3, 0, 1, 2}, 2e9)
	}
	if got := l.of(good[0], 3e9); got != assumedLevel {
		t.Errorf("a stream that is no Opus has level %d", got)
	}
	l = newLoudness()
	for range 200 {
		l.of(good[10], 1e9)
	}
	loud := l.level
	if l.of(opusPackets(t, "browser.ogg")[75], 1e9); l.level != loud {
		t.Error("decodes more than a second and a half of sound at once")
	}
	if levelOf(make([]float32, 10)) != packets.SilentLevel || levelOf([]float32{1, -1}) != 0 || levelOf([]float32{8, 8}) != 0 {
		t.Error("levels out of their bounds")
	}
}

// FuzzLoudness feeds what no encoder makes, after a packet that one made.
func FuzzLoudness(f *testing.F) {
	for _, file := range opusFiles {
		all := opusPackets(f, file.name)
		for _, i := range []int{0, len(all) / 4, len(all) / 2} {
			f.Add(all[i], all[i+1])
		}
	}
	f.Add([]byte{15<<3 | 3, 3, 1}, []byte{11<<3 | 1, 0xFF, 0xFE})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		l := newLoudness()
		for _, p := range [][]byte{first, second, first} {
			if len(p) > packets.MaxPacket {
				return
			}
			if level := l.of(p, 1e9); level > packets.SilentLevel {
				t.Errorf("level %d", level)
			}
		}
	})
}

// TestActiveSpeakerWithoutLevels checks that a source which tells no levels is active while it is loud and not while it is silent, with
// packets of 20 and of 60 ms, also when its levels are looked at later than they came.
func TestActiveSpeakerWithoutLevels(t *testing.T) {
	for _, f := range opusFiles {
		t.Run(f.name, func(t *testing.T) {
			b := newBench(t)
			d := packets.NewSpeakerDetector()
			now := int64(time.Minute)
			look := now
			for i, payload := range opusPackets(t, f.name) {
				p := b.packet(t, b.mic, uint16(i), uint32(i)*960, payload)
				now += int64(f.length)
				p.Arrival = now
				b.mic.noteVoice(p)
				if now-look < int64(100*time.Millisecond) {
					continue
				}
				look = now
				b.mic.src.drainLevels(func(level uint8, at int64) { d.OnLevel(1, level, at) })
				d.Tick(now)
				var loud []packets.Loud
				loud = d.AppendLoud(loud)
				since := time.Duration(now - int64(time.Minute))
				switch active := len(loud) == 1 && loud[0].Active; {
				case since > 500*time.Millisecond && since < 900*time.Millisecond && !active:
					t.Errorf("after %v the tone is not active", since)
				case since > 1600*time.Millisecond && since < 1900*time.Millisecond && active:
					t.Errorf("after %v silence is active", since)
				}
			}
			if b.mic.up.loudest.Load() < uint64(packets.SilentLevel-f.loud-2) {
				t.Errorf("loudest %d", b.mic.up.loudest.Load())
			}
		})
	}
}

func BenchmarkLoudness(b *testing.B) {
	all := opusPackets(b, "browser.ogg")
	l := newLoudness()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l.of(all[i%len(all)], int64(i)*20e6)
	}
}
