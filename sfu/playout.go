package sfu

import (
	"fmt"
	"time"
)

// uriPlayoutDelay is the header extension by which a sender tells how long pictures may wait before they are shown: least and most,
// 12 bits each, in 10 ms.
const uriPlayoutDelay = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

const (
	playoutUnit  = 10 * time.Millisecond
	playoutStep  = 100 * time.Millisecond
	playoutMost  = 600 * time.Millisecond // the voice of the stage waits with its picture: longer would hurt the conversation
	playoutSlack = 100 * time.Millisecond // until a loss is seen and asked for
	playoutTrips = 2                      // requests or repairs get lost too
	playoutHold  = 10 * time.Second       // a line must be better for so long before pictures wait less
	playoutTell  = 5 * time.Second        // a change is told for so long
	playoutLimit = 1000                   // 10 s, the browsers' own
)

// playout is how long a viewer's pictures wait for repairs. Browsers learn no round trip as receivers: on a line that loses packets
// their buffer is so short that repaired pictures come too late and are thrown away. It belongs to the worker.
type playout struct {
	wait    time.Duration
	calm    int64 // since when less would do, 0 = it would not
	until   int64 // the wait is told until then
	encoded [3]byte
}

// follow decides at a loss (0..1) and round trip of now.
func (p *playout) follow(loss float64, rtt time.Duration, now int64) {
	want := time.Duration(0)
	if loss >= lossTrouble {
		want = min((playoutTrips*rtt + playoutSlack + playoutStep - 1).Truncate(playoutStep), playoutMost)
	}
	switch {
	case want > p.wait:
		p.set(want, now)
	case want == p.wait:
		p.calm = 0
	case p.calm == 0:
		p.calm = now
	case now-p.calm >= int64(playoutHold):
		p.set(want, now)
	}
	if p.wait > 0 {
		p.until = now + int64(playoutTell)
	}
}

func (p *playout) set(wait time.Duration, now int64) {
	p.wait, p.calm, p.until = wait, 0, now+int64(playoutTell)
	least := uint32(wait / playoutUnit)
	v := least<<12 | playoutLimit
	p.encoded = [3]byte{byte(v >> 16), byte(v >> 8), byte(v)}
}

// preparePlayout adds the extension to the slot's header, behind abs-send-time, which is always there with it.
func (s *slot) preparePlayout() error {
	s.hdrShort = s.hdr.Extensions
	if s.delayExtID == 0 || len(s.hdrShort) == 0 {
		return nil
	}
	if err := s.hdr.SetExtension(s.delayExtID, s.v.playout.encoded[:]); err != nil {
		return fmt.Errorf("playout-delay: %w", err)
	}
	s.hdrLong, s.hdr.Extensions = s.hdr.Extensions, s.hdrShort
	return nil
}

// tellPlayout puts the wait into the slot's next header, or leaves it out: once a picture is enough.
func (s *slot) tellPlayout(last bool, now int64) {
	s.hdr.Extensions = s.hdrShort
	if last && s.hdrLong != nil && now < s.v.playout.until {
		s.hdr.Extensions = s.hdrLong
	}
}
