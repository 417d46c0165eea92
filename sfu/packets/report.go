package packets

import (
	"time"

	"github.com/pion/rtcp"
)

// SRState counts what a slot sent, for its sender reports. It belongs to the slot's writer.
type SRState struct {
	Packets uint32 // RTP packets, modulo 2^32
	Octets  uint32 // payload bytes, modulo 2^32
}

// Sent counts one packet with a payload of n bytes.
func (s *SRState) Sent(n int) {
	s.Packets++
	s.Octets += uint32(n)
}

// Report is the sender report (RFC 3550 section 6.4.1) of a slot: ntp is the server's time, ts the outgoing timestamp of that
// instant.
func (s *SRState) Report(ssrc uint32, ntp uint64, ts uint32) rtcp.SenderReport {
	return rtcp.SenderReport{SSRC: ssrc, NTPTime: ntp, RTPTime: ts, PacketCount: s.Packets, OctetCount: s.Octets}
}

// maxRTT is the longest round trip believed; more is a viewer's wrong clock.
const maxRTT = 10 * time.Second

// RoundTrip computes the round trip of a reception report (RFC 3550 section 6.4.1): ntp is the arrival of the report on the clock of
// our sender reports. ok is false when the viewer has no sender report yet or the numbers make no sense.
func RoundTrip(ntp uint64, lastSR, delay uint32) (rtt time.Duration, ok bool) {
	if lastSR == 0 {
		return 0, false
	}
	units := int32(uint32(ntp>>16) - lastSR - delay) // 1/65536 s
	rtt = time.Duration(int64(units) * nanosPerSec >> 16)
	return max(rtt, 0), rtt > -time.Millisecond && rtt < maxRTT
}
