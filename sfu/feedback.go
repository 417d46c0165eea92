package sfu

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/sdp/v3"

	"nghitruong/sfu/packets"
)

// uplinkFeedback reports the arrival of a publisher's packets (transport-wide congestion control), whichever path they came by:
// it sees Pion's as an interceptor of the uplink's PeerConnection, those past Pion from inbound. It is its own factory.
type uplinkFeedback struct {
	interceptor.NoOp
	now func() int64 // the server's clock

	mu  sync.Mutex
	rec *twcc.Recorder
	ext uint8 // header extension id, 0 = not negotiated
}

func newUplinkFeedback(ssrc uint32, now func() int64) *uplinkFeedback {
	return &uplinkFeedback{now: now, rec: twcc.NewRecorder(ssrc)}
}

// NewInterceptor implements interceptor.Factory for the one PeerConnection.
func (f *uplinkFeedback) NewInterceptor(string) (interceptor.Interceptor, error) { return f, nil }

// BindRemoteStream implements interceptor.Interceptor: it looks at what Pion reads.
func (f *uplinkFeedback) BindRemoteStream(info *interceptor.StreamInfo, reader interceptor.RTPReader) interceptor.RTPReader {
	for _, e := range info.RTPHeaderExtensions {
		if e.URI == sdp.TransportCCURI {
			f.mu.Lock()
			f.ext = uint8(e.ID)
			f.mu.Unlock()
		}
	}
	return interceptor.RTPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		n, a, err := reader.Read(b, a)
		if err == nil {
			f.record(b[:n], info.SSRC, f.now())
		}
		return n, a, err
	})
}

// record notes a packet that arrived at the server's time at, in nanoseconds.
func (f *uplinkFeedback) record(raw []byte, ssrc uint32, at int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ext == 0 {
		return
	}
	if ext := packets.RawExtension(raw, f.ext); len(ext) == 2 {
		f.rec.Record(ssrc, binary.BigEndian.Uint16(ext), at/int64(time.Microsecond))
	}
}

// take is the feedback since the last call.
func (f *uplinkFeedback) take() []rtcp.Packet {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rec.PacketsHeld() == 0 {
		return nil
	}
	return f.rec.BuildFeedbackPacket()
}
