//go:build linux

package load

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/sdp/v3"
)

const (
	nackAgain = 100 * time.Millisecond // between two wishes for one packet
	nackTries = 10
	nackMax   = 256 // packets of one stream that are waited for
)

// gap is a packet that is waited for.
type gap struct {
	sn    uint16
	tries int
	at    time.Time // of the last wish
}

// loss throws packets of pictures away before they are counted, and remembers which payload types are repairs (RFC 4588).
// The socket's mutex guards it.
type loss struct {
	rate   float64
	random *rand.Rand
	repair map[uint8]bool // payload types of RTX
	mended map[uint8]bool // payload types that RTX repairs
	quiet  bool           // nothing is asked for
}

// Lose makes a person lose a share of the packets that RTX can bring back, and ask for them with NACK (RFC 4585). Call it
// before Listen; the seed chooses which.
func (p *Person) Lose(share float64, seed uint64) {
	p.socket.mu.Lock()
	defer p.socket.mu.Unlock()
	p.socket.loss = &loss{
		rate: share, random: rand.New(rand.NewPCG(seed, 1)), repair: map[uint8]bool{}, mended: map[uint8]bool{},
	}
}

// learn reads from an answer which payload types are repairs of which.
func (l *loss) learn(answer string) {
	var d sdp.SessionDescription
	if d.UnmarshalString(answer) != nil {
		return
	}
	for pt, codec := range d.GetCodecMap() {
		var of uint8
		if !strings.EqualFold(codec.Name, "rtx") {
			continue
		}
		l.repair[pt] = true
		if _, err := fmt.Sscanf(codec.Fmtp, "apt=%d", &of); err == nil {
			l.mended[of] = true
		}
	}
}

// answered lets a person that loses learn what can be repaired.
func (s *socket) answered(answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loss != nil {
		s.loss.learn(answer)
	}
}

// drops tells whether a packet gets lost on its way.
func (l *loss) drops(pt uint8) bool { return l.mended[pt] && l.random.Float64() < l.rate }

// miss notes the packets between the highest one and a newer one.
func (l *stream) miss(from, to int64) {
	for sn := max(from, to-nackMax); sn < to; sn++ {
		l.gaps = append(l.gaps, gap{sn: uint16(sn)})
	}
	if extra := len(l.gaps) - nackMax; extra > 0 {
		l.gaps = l.gaps[extra:]
	}
}

// wishes gives the packets to ask for now and forgets those that came and those that were asked for often enough.
func (l *stream) wishes(now time.Time) (out []uint16) {
	kept := l.gaps[:0]
	for _, g := range l.gaps {
		if l.has(g.sn) || g.tries == nackTries {
			continue
		}
		if now.Sub(g.at) >= nackAgain {
			g.tries, g.at = g.tries+1, now
			out = append(out, g.sn)
		}
		kept = append(kept, g)
	}
	l.gaps = kept
	return out
}

// repair asks for what was lost. The crowd's sweep calls it.
func (p *Person) repair(now time.Time) {
	var nacks []rtcp.Packet
	p.socket.mu.Lock()
	if l := p.socket.loss; l != nil && !l.quiet {
		for ssrc, l := range p.socket.streams {
			if sns := l.wishes(now); len(sns) > 0 {
				nacks = append(nacks, &rtcp.TransportLayerNack{SenderSSRC: 1, MediaSSRC: ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(sns)})
			}
		}
	}
	p.socket.mu.Unlock()
	if len(nacks) > 0 {
		_ = p.pc.WriteRTCP(nacks)
	}
}
