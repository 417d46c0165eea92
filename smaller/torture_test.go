package smaller

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pion/rtp"

	"nghitruong/ffmpeg"
	"nghitruong/sfu"
	"nghitruong/sfu/packets"
)

// TestTortureRealSmallPicture has the real ffmpeg film 1280×720 into a hall and make 640×360 of it.
func TestTortureRealSmallPicture(t *testing.T) {
	if os.Getenv("TORTURE") == "" {
		return // needs ffmpeg and seconds of encoding: make torture
	}
	tool, err := ffmpeg.Find(context.Background(), "")
	must(t, err)
	s := newSitting(t, tool, 1, "hall")
	const ssrc = 99
	feed, err := s.conf.Feed("hall", sfu.FeedStream{Kind: sfu.KindCam, Codec: "H264", SSRC: ssrc})
	must(t, err)
	defer feed.Close()
	ours, theirs, err := ffmpeg.PacketPipe()
	must(t, err)
	camera, err := s.pool.cfg.Runner.Start(context.Background(), ffmpeg.Job{Name: "film", Path: tool.Path, Files: []*os.File{theirs}, Args: strings.Fields(
		"-hide_banner -nostdin -loglevel error -re -f lavfi -i testsrc2=size=1280x720:rate=25 -c:v libx264 -preset ultrafast -profile:v baseline -bf 0 -g 50" +
			" -b:v 2M -bsf:v dump_extra=freq=keyframe -f rtp -packetsize 1200 -payload_type 96 -ssrc 99 pipe:3")})
	must(t, err)
	filming := make(chan struct{})
	go func() {
		defer close(filming)
		buf := make([]byte, maxPacket)
		for n, err := ours.Read(buf); err == nil; n, err = ours.Read(buf) {
			if feed.Packet(sfu.KindCam, buf[:n]) != nil {
				return
			}
		}
	}()
	eventually(t, "a large picture", func() bool { return s.lone() == 1 })
	all, _ := s.conf.Lone()

	ctx, cancel := context.WithCancel(context.Background())
	in := newIntake()
	small, err := s.conf.Shrink(all[0].Src, 5, in.show)
	must(t, err)
	var keys, pictures, lastTS, width, height atomic.Int64
	made := make(chan error, 1)
	go func() {
		made <- s.pool.shrink(ctx, 5, in, small.Lives, func(raw []byte) error {
			var p rtp.Packet
			var d packets.H264
			if raw[1] < 192 && p.Unmarshal(raw) == nil && packets.ParseH264(p.Payload, &d) == nil {
				if lastTS.Swap(int64(p.Timestamp)) != int64(p.Timestamp) {
					pictures.Add(1)
				}
				if w, h, ok := packets.SPSSize(d.SPS); ok {
					keys.Add(1)
					width.Store(int64(w))
					height.Store(int64(h))
				}
			}
			return small.Packet(sfu.KindCam, raw)
		})
	}()
	eventually(t, "pictures and keyframes of the small one", func() bool { return pictures.Load() > 60 && keys.Load() >= 3 })
	if width.Load() != 640 || height.Load() != 360 {
		t.Errorf("%d×%d", width.Load(), height.Load())
	}
	camera.Stop()
	<-filming
	feed.Close()
	if err := <-made; err == nil || !strings.Contains(err.Error(), sfu.ErrFeedEnd.Error()) {
		t.Errorf("ended: %v", err)
	}
	cancel()
	small.Close()
	must(t, ours.Close())
}
