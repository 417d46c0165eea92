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
	Layers  bool // three of them: q and h are small pictures of 140 and 560 kbit/s, f is the one above
	Encoder bool // no screen line, as at the doors of encoders
	Browser bool // packets carry the send time and the transport-wide number, as browsers' do
}

const (
	pictures   = 30   // a second
	perPicture = 7    // packets
	packetSize = 1160 // payload bytes
	paced      = 3    // packets each 5 ms, as libwebrtc's pacer sends
	voiceEvery = 20 * time.Millisecond
	voiceSize  = 80 // payload bytes of 20 ms of Opus at 32 kb/s
	loud       = 20 // -dBov
)

// rung is one layer of a camera.
type rung struct {
	rid           string
	perPicture    int // packets
	every         int // pictures of the largest layer for each one of this
	width, height uint16
}

// ladder holds the layers in the order of the offer; a camera without layers sends the last one.
var ladder = [...]rung{
	{"q", 1, 2, 320, 180},
	{"h", 2, 1, 640, 360},
	{"f", perPicture, 1, 1280, 720},
}

// source is what a person publishes. The crowd's sender owns all but the atomics.
type source struct {
	camera Camera
	mic    *line
	cams   []*picture
	next   time.Duration // of the next picture
	voice  time.Duration // of the next voice packet
	asked  atomic.Int64  // keyframes that the server asked for
}

// picture is what one layer sends.
type picture struct {
	rung
	*line
	key   atomic.Bool
	turn  int
	last  uint16 // PictureID
	queue [][]byte
}

// line writes raw packets of one m-line. It implements webrtc.TrackLocal.
type line struct {
	kind webrtc.RTPCodecType
	id   string
	rid  string
	mid  string
	wide *atomic.Uint32 // the connection's last transport-wide number; nil = none is sent
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

// RID names the layer; it is empty when there is one.
func (l *line) RID() string { return l.rid }

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
	if id := l.ext[sdp.SDESRTPStreamIDURI]; id != 0 && l.rid != "" {
		_ = h.SetExtension(id, []byte(l.rid))
	}
	if id := l.ext[uriAudioLevel]; id != 0 && l.kind == webrtc.RTPCodecTypeAudio {
		_ = h.SetExtension(id, []byte{loud | 0x80})
	}
	now := time.Now()
	if l.wide != nil {
		l.browserExtensions(&h, now)
	}
	putSent(payload, now.UnixNano())
	_, _ = l.ctx.WriteStream().WriteRTP(&h, payload)
}

// browserExtensions adds what every packet of a browser carries when it was negotiated.
func (l *line) browserExtensions(h *rtp.Header, now time.Time) {
	if id := l.ext[uriAbsSendTime]; id != 0 {
		if b, err := rtp.NewAbsSendTimeExtension(now).Marshal(); err == nil {
			_ = h.SetExtension(id, b)
		}
	}
	if id := l.ext[sdp.TransportCCURI]; id != 0 {
		_ = h.SetExtension(id, binary.BigEndian.AppendUint16(nil, uint16(l.wide.Add(1))))
	}
}

// Publish opens a microphone, a camera and a silent screen line, and begins to send when connected.
func (p *Person) Publish(ctx context.Context, c Camera) (time.Duration, error) {
	s := newSource(c)
	lines := []*line{s.mic, s.cams[0].line}
	if !c.Encoder {
		lines = append(lines, &line{kind: webrtc.RTPCodecTypeVideo, id: "screen"})
	}
	for _, l := range lines {
		tr, err := p.pc.AddTransceiverFromTrack(l, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			return 0, fmt.Errorf("load: add line: %w", err)
		}
		if l != s.cams[0].line {
			continue
		}
		for _, cam := range s.cams[1:] {
			if err := tr.Sender().AddEncoding(cam.line); err != nil {
				return 0, fmt.Errorf("load: add layer: %w", err)
			}
		}
		for _, cam := range s.cams {
			p.wg.Go(func() { s.watch(cam, tr.Sender()) })
		}
	}
	took, err := p.connect(ctx)
	if err != nil {
		return 0, err
	}
	s.mic.mid = p.pc.GetTransceivers()[0].Mid()
	for _, cam := range s.cams {
		cam.mid = p.pc.GetTransceivers()[1].Mid()
	}
	p.mu.Lock()
	p.source = s
	p.mu.Unlock()
	return took, nil
}

func newSource(c Camera) *source {
	s := &source{camera: c, mic: &line{kind: webrtc.RTPCodecTypeAudio, id: "mic"}}
	if c.Browser {
		s.mic.wide = new(atomic.Uint32)
	}
	for _, r := range ladder {
		l := &line{kind: webrtc.RTPCodecTypeVideo, id: "cam", wide: s.mic.wide}
		switch {
		case c.Layers:
			l.rid = r.rid
		case r.perPicture != perPicture:
			continue
		}
		cam := &picture{rung: r, line: l}
		cam.key.Store(true)
		s.cams = append(s.cams, cam)
	}
	return s
}

// watch makes the next picture a keyframe when the server asks.
func (s *source) watch(cam *picture, sender *webrtc.RTPSender) {
	for {
		var pkts []rtcp.Packet
		var err error
		if cam.line.rid == "" {
			pkts, _, err = sender.ReadRTCP()
		} else {
			pkts, _, err = sender.ReadSimulcastRTCP(cam.line.rid)
		}
		if err != nil {
			return
		}
		for _, p := range pkts {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				s.asked.Add(1)
				cam.key.Store(true)
			}
		}
	}
}

// Asked gives how many keyframes the server has asked a publisher for.
func (p *Person) Asked() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.source == nil {
		return 0
	}
	return p.source.asked.Load()
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
	due := now >= s.next
	if due {
		s.next += time.Second / pictures
	}
	for _, cam := range s.cams {
		if due {
			cam.frame(s.camera.Unequal)
		}
		n := min(paced, len(cam.queue))
		if s.camera.Burst {
			n = len(cam.queue)
		}
		cam.flush(n)
	}
}

// flush sends the next n packets of the picture.
func (c *picture) flush(n int) {
	for i := range n {
		c.write(c.queue[i], i == len(c.queue)-1)
	}
	c.queue = c.queue[n:]
}

// frame queues the packets of one picture (VP8 payload descriptor of RFC 7741 with a 15-bit PictureID).
func (c *picture) frame(unequal bool) {
	c.flush(len(c.queue)) // the rest of a late picture goes first
	c.ts += 90000 / pictures
	c.turn++
	if c.turn%c.every != 0 {
		return
	}
	c.last = (c.last + 1) & 0x7fff
	first := c.key.Swap(false)
	for i := range c.perPicture {
		size := packetSize
		if unequal {
			size -= (i*37 + int(c.last)*11) % 97
		}
		b := make([]byte, size)
		b[0], b[1] = 0x80, 0x80
		binary.BigEndian.PutUint16(b[2:], c.last|0x8000)
		if i == 0 {
			b[0] |= 0x10
			b[4] = 0x11 // an interframe
			if first {
				copy(b[4:], []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a})
				binary.LittleEndian.PutUint16(b[10:], c.width)
				binary.LittleEndian.PutUint16(b[12:], c.height)
			}
		}
		c.queue = append(c.queue, b)
	}
}
