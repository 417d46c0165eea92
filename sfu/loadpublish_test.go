package sfu

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// loadStep is the granularity of the load: a layer sends at most three packets of a frame per step, as libwebrtc's pacer
// does.
const (
	loadStep    = 5 * time.Millisecond
	loadPacing  = 3
	loadPacket  = 1160 // payload bytes of a full packet
	loadAudio   = 80   // payload bytes of 20 ms of Opus at 32 kb/s
	loadKey     = 4    // a keyframe is this many times as large
	stepsAudio  = 4    // 20 ms
	stepsSilent = 80   // 400 ms: what DTX leaves of a silent microphone
	levelLoud   = 20   // -dBov
	levelSilent = 90
)

// layerLoad is the rate and pace of one simulcast layer.
type layerLoad struct {
	width, height uint16
	fps, bps      int
}

var layerLoads = [len(layerRIDs)]layerLoad{{320, 180, 15, 150_000}, {640, 360, 20, 450_000}, {1280, 720, 25, 1_200_000}}

// loadSource is one stream of a load publisher. The metronome owns it.
type loadSource struct {
	track *fakeTrack
	mid   string
	layer int // 0..2; -1 = microphone
	loud  atomic.Bool
	key   atomic.Bool
	frame uint32
	next  int // step of the next frame
	queue []loadChunk
}

type loadChunk struct {
	payload []byte
	trailer trailer
	last    bool
}

// publish opens the pub PeerConnection with a microphone and a camera that sends the layers of rids; no rids: no camera.
func (c *loadClient) publish(rids ...string) error {
	pc, err := c.up.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return err
	}
	c.pub = pc
	var senders []*webrtc.RTPSender
	for i, id := range []string{"mic", "cam", "screen"} {
		f := &fakeTrack{kind: webrtc.RTPCodecTypeVideo, id: id}
		if i == 0 {
			f.kind = webrtc.RTPCodecTypeAudio
			c.sources = append(c.sources, &loadSource{track: f, layer: -1})
		}
		if i == 1 && len(rids) > 0 {
			f.rid = rids[0]
			c.sources = append(c.sources, newCamera(f))
		}
		tr, err := pc.AddTransceiverFromTrack(f, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			return err
		}
		senders = append(senders, tr.Sender())
	}
	for _, rid := range rids[min(1, len(rids)):] {
		f := &fakeTrack{kind: webrtc.RTPCodecTypeVideo, id: "cam", rid: rid}
		if err := senders[1].AddEncoding(f); err != nil {
			return err
		}
		c.sources = append(c.sources, newCamera(f))
	}
	if err := c.offer(PCPub, pc, nil); err != nil {
		return err
	}
	for _, s := range c.sources {
		line := 0
		if s.layer >= 0 {
			line = 1
			c.wg.Go(func() { s.watchPLI(senders[1]) })
		}
		s.mid = pc.GetTransceivers()[line].Mid()
	}
	return nil
}

func newCamera(f *fakeTrack) *loadSource {
	s := &loadSource{track: f, layer: singleLayer}
	for i, rid := range layerRIDs {
		if f.rid == rid {
			s.layer = i
		}
	}
	s.key.Store(true)
	return s
}

// watchPLI makes the next frame a keyframe when the server asks.
func (s *loadSource) watchPLI(sender *webrtc.RTPSender) {
	for {
		var pkts []rtcp.Packet
		var err error
		if s.track.rid == "" {
			pkts, _, err = sender.ReadRTCP()
		} else {
			pkts, _, err = sender.ReadSimulcastRTCP(s.track.rid)
		}
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

// step sends what is due at step n.
func (s *loadSource) step(n int) {
	if s.layer < 0 {
		s.speak(n)
		return
	}
	l := layerLoads[s.layer]
	if n >= s.next {
		s.next = max(s.next, n-1) + int(time.Second/loadStep)/l.fps
		s.picture(l)
	}
	for range min(loadPacing, len(s.queue)) {
		c := s.queue[0]
		s.queue = s.queue[1:]
		c.trailer.sent = loadNow()
		c.trailer.put(c.payload)
		_ = s.track.write(s.mid, c.payload, c.last, 0)
	}
}

// speak sends 20 ms of sound, or the little that DTX leaves of silence.
func (s *loadSource) speak(n int) {
	every, level := stepsSilent, byte(levelSilent)
	if s.loud.Load() {
		every, level = stepsAudio, levelLoud
	}
	if n%every != 0 {
		return
	}
	s.track.ts += uint32(every) * 240 // 5 ms at 48 kHz
	s.frame++
	b := make([]byte, loadAudio)
	trailer{sent: loadNow(), frame: s.frame, count: 1}.put(b)
	_ = s.track.write(s.mid, b, false, level)
}

// picture queues the packets of one frame.
func (s *loadSource) picture(l layerLoad) {
	key := s.key.Swap(false)
	size := l.bps / 8 / l.fps
	if key {
		size *= loadKey
	}
	count := (size + loadPacket - 1) / loadPacket
	s.track.ts += uint32(clockVideo / l.fps)
	s.track.pid++
	s.frame++
	for i := range count {
		var b []byte
		if i == 0 {
			b = vp8Payload(s.track.pid&0x7fff, key, l.width, l.height, size/count)
		} else {
			b = append([]byte{0x80, 0x80, 0x80 | byte(s.track.pid>>8&0x7f), byte(s.track.pid)}, make([]byte, size/count)...)
		}
		s.queue = append(s.queue, loadChunk{
			payload: b, last: i == count-1,
			trailer: trailer{frame: s.frame, place: uint8(i), count: uint8(count), layer: uint8(s.layer)},
		})
	}
}

// metronome sends for all clients until stop is called.
func metronome(clients []*loadClient) (stop func()) {
	quit := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(loadStep)
		defer tick.Stop()
		begun := time.Now()
		for done := 0; ; {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			for due := int(time.Since(begun) / loadStep); done < due; done++ {
				for i, c := range clients {
					for _, s := range c.sources {
						s.step(done + 3*i) // cameras are not in step with each other
					}
				}
			}
		}
	})
	var once sync.Once
	return func() { once.Do(func() { close(quit); wg.Wait() }) }
}
