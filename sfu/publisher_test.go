package sfu

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

// fakeTrack is a TrackLocal that writes raw packets; with rids it is one simulcast layer.
type fakeTrack struct {
	kind webrtc.RTPCodecType
	id   string
	rid  string
	mu   sync.Mutex
	ctx  webrtc.TrackLocalContext
	pt   uint8
	ext  map[string]uint8
	sn   uint16
	ts   uint32
	pid  uint16
}

func (f *fakeTrack) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ctx = ctx
	f.ext = map[string]uint8{}
	for _, e := range ctx.HeaderExtensions() {
		f.ext[e.URI] = uint8(e.ID)
	}
	codec := ctx.CodecParameters()[0]
	if codecOf(codec.MimeType) == packets.CodecRED {
		codec = ctx.CodecParameters()[1]
	}
	f.pt = uint8(codec.PayloadType)
	return codec, nil
}
func (f *fakeTrack) Unbind(webrtc.TrackLocalContext) error { return nil }
func (f *fakeTrack) ID() string                            { return f.id }
func (f *fakeTrack) RID() string                           { return f.rid }
func (f *fakeTrack) StreamID() string                      { return "own" }
func (f *fakeTrack) Kind() webrtc.RTPCodecType             { return f.kind }

// write sends one payload with the extensions that a browser sends.
func (f *fakeTrack) write(mid string, payload []byte, marker bool, level byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx == nil {
		return nil
	}
	f.sn++
	h := rtp.Header{Version: 2, PayloadType: f.pt, SequenceNumber: f.sn, Timestamp: f.ts, SSRC: uint32(f.ctx.SSRC()), Marker: marker}
	if id := f.ext[sdp.SDESMidURI]; id != 0 {
		_ = h.SetExtension(id, []byte(mid))
	}
	if id := f.ext[sdp.SDESRTPStreamIDURI]; id != 0 && f.rid != "" {
		_ = h.SetExtension(id, []byte(f.rid))
	}
	if id := f.ext[uriAudioLevel]; id != 0 && f.kind == webrtc.RTPCodecTypeAudio {
		_ = h.SetExtension(id, []byte{level | 0x80})
	}
	_, err := f.ctx.WriteStream().WriteRTP(&h, payload)
	return err
}

// vp8Payload is a VP8 packet of one picture: descriptor with a 15-bit PictureID, frame tag, and a size when key.
func vp8Payload(pid uint16, key bool, w, h uint16, fill int) []byte {
	b := []byte{0x90, 0x80, 0x80 | byte(pid>>8), byte(pid)}
	if !key {
		return append(b, append([]byte{0x11}, make([]byte, fill)...)...)
	}
	b = append(b, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a)
	b = binary.LittleEndian.AppendUint16(b, w)
	b = binary.LittleEndian.AppendUint16(b, h)
	return append(b, make([]byte, fill)...)
}

// publish opens the pub PeerConnection: mic, cam (simulcast when rids are given), screen.
func (c *testClient) publish(api *webrtc.API, rids ...string) error {
	c.t.Helper()
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	must(c.t, err)
	if c.pub != nil {
		old := c.pub
		c.wg.Go(func() { _ = old.GracefulClose() })
	}
	c.pub = pc
	c.tracks = nil
	add := func(f *fakeTrack) *webrtc.RTPSender {
		tr, err := pc.AddTransceiverFromTrack(f, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		must(c.t, err)
		c.tracks = append(c.tracks, f)
		return tr.Sender()
	}
	add(&fakeTrack{kind: webrtc.RTPCodecTypeAudio, id: "mic"})
	if len(rids) == 0 {
		rids = []string{""}
	}
	sender := add(&fakeTrack{kind: webrtc.RTPCodecTypeVideo, id: "cam", rid: rids[0]})
	for _, rid := range rids[1:] {
		f := &fakeTrack{kind: webrtc.RTPCodecTypeVideo, id: "cam", rid: rid}
		must(c.t, sender.AddEncoding(f))
		c.tracks = append(c.tracks, f)
	}
	add(&fakeTrack{kind: webrtc.RTPCodecTypeVideo, id: "screen"})
	if err := c.offer(PCPub, pc, false); err != nil {
		return err
	}
	eventually(c.t, "pub connected", func() bool { return pc.ConnectionState() == webrtc.PeerConnectionStateConnected })
	return nil
}

// stream sends a microphone and the camera layers until stop is called: audio each 20 ms, a picture per layer each 40 ms,
// a keyframe first, each second and whenever the server asks.
func (c *testClient) stream(level byte) (stop func()) {
	mids := []string{}
	for _, tr := range c.pub.GetTransceivers() {
		mids = append(mids, tr.Mid())
	}
	return c.streamTo(level, mids...)
}

// streamTo is stream on lines of these mids: microphone, camera.
func (c *testClient) streamTo(level byte, mids ...string) (stop func()) {
	quit := make(chan struct{})
	var wg sync.WaitGroup
	tracks := c.tracks
	wg.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			tracks[0].ts += 960
			_ = tracks[0].write(mids[0], []byte{0xfc, 0xff, 0xfe}, false, level)
			if n%2 == 1 {
				continue
			}
			for i, f := range tracks[1 : len(tracks)-1] {
				f.ts += 3600
				f.pid++
				key := n%50 == 0
				w := uint16(320) << i
				_ = f.write(mids[1], vp8Payload(f.pid&0x7fff, key, w, w/16*9, 300*(i+1)), true, 0)
			}
		}
	})
	var once sync.Once
	stop = func() { once.Do(func() { close(quit); wg.Wait() }) }
	c.t.Cleanup(stop)
	return stop
}

// every calls f at a pace until stop is called.
func every(pace time.Duration, f func(n int)) (stop func()) {
	quit := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(pace)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-quit:
				return
			case <-tick.C:
				f(n)
			}
		}
	})
	var once sync.Once
	return func() { once.Do(func() { close(quit); wg.Wait() }) }
}
