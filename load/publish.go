//go:build linux

package load

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// Camera is how a publisher's pictures look: 30 a second of about 2 Mbit/s.
type Camera struct {
	Off     bool // only the microphone sends
	Burst   bool // whole pictures back to back instead of three packets each 5 ms
	Unequal bool // packets of a picture have different sizes, as an encoder with partitions makes them
}

const (
	pictures   = 30   // a second
	perPicture = 7    // packets
	packetSize = 1160 // payload bytes
	paced      = 3    // packets each 5 ms, as libwebrtc's pacer sends
	voiceEvery = 20 * time.Millisecond
	voiceSize  = 80 // payload bytes of 20 ms of Opus at 32 kb/s
	loud       = 20 // -dBov
	width      = 1280
	height     = 720
)

// source is what a person publishes. The crowd's sender owns all but key.
type source struct {
	camera   Camera
	mic, cam *line
	key      atomic.Bool
	picture  uint16
	next     time.Duration // of the next picture
	voice    time.Duration // of the next voice packet
	queue    [][]byte
}

// line writes raw packets of one m-line. It implements webrtc.TrackLocal.
type line struct {
	kind webrtc.RTPCodecType
	id   string
	mid  string
	mu   sync.Mutex
	ctx  webrtc.TrackLocalContext
	pt   uint8
	ext  map[string]uint8
	sn   uint16
	ts   uint32
}

// Bind takes the first codec of the answer.
func (l *line) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	want := webrtc.MimeTypeVP8
	if l.kind == webrtc.RTPCodecTypeAudio {
		want = webrtc.MimeTypeOpus
	}
	for _, c := range ctx.CodecParameters() {
		if c.MimeType != want {
			continue
		}
		l.ctx, l.pt, l.ext = ctx, uint8(c.PayloadType), map[string]uint8{}
		for _, e := range ctx.HeaderExtensions() {
			l.ext[e.URI] = uint8(e.ID)
		}
		return c, nil
	}
	return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
}

// Unbind does nothing: the person ends as a whole.
func (l *line) Unbind(webrtc.TrackLocalContext) error { return nil }

// ID names the track.
func (l *line) ID() string { return l.id }

// RID is empty: there is one layer.
func (l *line) RID() string { return "" }

// StreamID is the same for all.
func (l *line) StreamID() string { return "own" }

// Kind is audio or video.
func (l *line) Kind() webrtc.RTPCodecType { return l.kind }

func (l *line) write(payload []byte, marker bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx == nil {
		return
	}
	l.sn++
	h := rtp.Header{Version: 2, PayloadType: l.pt, SequenceNumber: l.sn, Timestamp: l.ts, SSRC: uint32(l.ctx.SSRC()), Marker: marker}
	if id := l.ext[sdp.SDESMidURI]; id != 0 {
		_ = h.SetExtension(id, []byte(l.mid))
	}
	if id := l.ext[uriAudioLevel]; id != 0 && l.kind == webrtc.RTPCodecTypeAudio {
		_ = h.SetExtension(id, []byte{loud | 0x80})
	}
	putSent(payload, time.Now().UnixNano())
	_, _ = l.ctx.WriteStream().WriteRTP(&h, payload)
}

// Publish opens a microphone, a camera and a silent screen line, and begins to send when connected.
func (p *Person) Publish(ctx context.Context, c Camera) (time.Duration, error) {
	s := &source{
		camera: c, mic: &line{kind: webrtc.RTPCodecTypeAudio, id: "mic"}, cam: &line{kind: webrtc.RTPCodecTypeVideo, id: "cam"},
	}
	s.key.Store(true)
	for _, l := range []*line{s.mic, s.cam, {kind: webrtc.RTPCodecTypeVideo, id: "screen"}} {
		tr, err := p.pc.AddTransceiverFromTrack(l, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			return 0, fmt.Errorf("load: add line: %w", err)
		}
		if l == s.cam {
			p.wg.Go(func() { s.watch(tr.Sender()) })
		}
	}
	took, err := p.connect(ctx)
	if err != nil {
		return 0, err
	}
	for i, l := range []*line{s.mic, s.cam} {
		l.mid = p.pc.GetTransceivers()[i].Mid()
	}
	p.mu.Lock()
	p.source = s
	p.mu.Unlock()
	return took, nil
}

// watch makes the next picture a keyframe when the server asks.
func (s *source) watch(sender *webrtc.RTPSender) {
	for {
		pkts, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range pkts {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				s.key.Store(true)
			}
		}
	}
}

// step sends what is due.
func (p *Person) step(now time.Duration) {
	p.mu.Lock()
	s := p.source
	p.mu.Unlock()
	if s == nil {
		return
	}
	if s.next == 0 {
		s.next, s.voice = now, now
	}
	if now >= s.voice {
		s.voice += voiceEvery
		s.mic.ts += uint32(voiceEvery / time.Microsecond * 48 / 1000)
		s.mic.write(make([]byte, voiceSize), false)
	}
	if s.camera.Off {
		return
	}
	if now >= s.next {
		s.next += time.Second / pictures
		s.frame()
	}
	n := min(paced, len(s.queue))
	if s.camera.Burst {
		n = len(s.queue)
	}
	for i := range n {
		s.cam.write(s.queue[i], i == len(s.queue)-1)
	}
	s.queue = s.queue[n:]
}

// frame queues the packets of one picture (VP8 payload descriptor of RFC 7741 with a 15-bit PictureID).
func (s *source) frame() {
	for i, b := range s.queue { // the rest of a late picture goes first
		s.cam.write(b, i == len(s.queue)-1)
	}
	s.queue = s.queue[:0]
	s.picture = (s.picture + 1) & 0x7fff
	s.cam.ts += 90000 / pictures
	first := s.key.Swap(false)
	for i := range perPicture {
		size := packetSize
		if s.camera.Unequal {
			size -= (i*37 + int(s.picture)*11) % 97
		}
		b := make([]byte, size)
		b[0], b[1] = 0x80, 0x80
		binary.BigEndian.PutUint16(b[2:], s.picture|0x8000)
		if i == 0 {
			b[0] |= 0x10
			b[4] = 0x11 // an interframe
			if first {
				copy(b[4:], []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a})
				binary.LittleEndian.PutUint16(b[10:], width)
				binary.LittleEndian.PutUint16(b[12:], height)
			}
		}
		s.queue = append(s.queue, b)
	}
}
