package packets

import "time"

// Lengths of Opus frames by the configuration in the table of contents (RFC 6716 section 3.1, table 2), in the order of the numbers.
var (
	opusSilk   = [...]time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond, 60 * time.Millisecond}
	opusHybrid = [...]time.Duration{10 * time.Millisecond, 20 * time.Millisecond}
	opusCelt   = [...]time.Duration{2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond}
)

const (
	opusFirstHybrid = 12
	opusFirstCelt   = 16
	opusMost        = 120 * time.Millisecond // of sound in one packet
)

// OpusDuration is how much sound an Opus packet holds, 0 when it is no Opus packet.
func OpusDuration(payload []byte) time.Duration {
	if len(payload) == 0 {
		return 0
	}
	config, code := payload[0]>>3, payload[0]&3
	var frame time.Duration
	switch {
	case config < opusFirstHybrid:
		frame = opusSilk[config%uint8(len(opusSilk))]
	case config < opusFirstCelt:
		frame = opusHybrid[config%uint8(len(opusHybrid))]
	default:
		frame = opusCelt[config%uint8(len(opusCelt))]
	}
	frames := time.Duration(1)
	switch {
	case code == 3 && len(payload) < 2:
		return 0
	case code == 3:
		frames = time.Duration(payload[1] & 0x3F)
	case code != 0:
		frames = 2
	}
	if d := frame * frames; d <= opusMost {
		return d
	}
	return 0
}
