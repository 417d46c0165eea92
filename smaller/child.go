package smaller

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4/pkg/media/samplebuilder"

	"nghitruong/ffmpeg"
	"nghitruong/sfu"
)

const (
	waiting   = 1024    // packets that may wait for the child: some seconds; it catches up or loses them
	maxLate   = 256     // packets that a missing one is waited for
	maxPacket = 1 << 11 // bytes: ffmpeg was told 1200
	videoRate = 90000   // RTP clock of pictures, Hz
)

// What the child reads, and what it makes: 360 lines at 400 kb/s, a keyframe each 25 pictures, no B-frames; one thread for each half.
// Pictures keep the moments of their arrival: none is made up to fill the time behind a closed gate.
var (
	readArgs = strings.Fields("-hide_banner -nostdin -loglevel error -protocol_whitelist pipe -fflags nobuffer -probesize 32768 -analyzeduration 0" +
		" -use_wallclock_as_timestamps 1 -threads 1 -f h264 -i pipe:" + strconv.Itoa(ffmpeg.FirstFile))
	makeArgs = strings.Fields("-an -c:v libx264 -preset superfast -tune zerolatency -profile:v baseline -level 3.0 -pix_fmt yuv420p -bf 0 -threads 1" +
		" -vf scale=-2:360 -vsync passthrough -enc_time_base 1:90000 -g 25 -b:v 400k -maxrate 400k -bufsize 400k -bsf:v dump_extra=freq=keyframe -f rtp -packetsize 1200 -payload_type 96")
)

// args are the child's arguments.
func args(ssrc uint32) []string {
	all := append(append([]string{}, readArgs...), makeArgs...)
	return append(all, "-ssrc", strconv.FormatUint(uint64(ssrc), 10), "pipe:"+strconv.Itoa(ffmpeg.FirstFile+1))
}

// child is one ffmpeg with the pipes to and from it.
type child struct {
	*ffmpeg.Child
	input  *os.File // H264 byte stream
	output *os.File // RTP and RTCP, packet by packet
	stop   func()   // ends it without waiting
}

func (p *Pool) start(ctx context.Context, ssrc uint32) (*child, error) {
	theirInput, input, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	output, theirOutput, err := ffmpeg.PacketPipe()
	if err != nil {
		return nil, errors.Join(err, input.Close(), theirInput.Close())
	}
	ctx, stop := context.WithCancel(ctx)
	started, err := p.cfg.Runner.Start(ctx, ffmpeg.Job{
		Name: "small picture", Path: p.cfg.Tool.Path, Args: args(ssrc), Limits: limits, Files: []*os.File{theirInput, theirOutput},
	})
	if err != nil {
		stop()
		return nil, errors.Join(err, input.Close(), output.Close())
	}
	return &child{Child: started, input: input, output: output, stop: stop}, nil
}

// close frees the pipes after the child ended.
func (c *child) close() {
	c.stop()
	_ = c.input.Close() // the other side is gone
	_ = c.output.Close()
}

// carry hands out what the child writes until it ends (nil) or out refuses.
func (c *child) carry(out func(raw []byte) error) error {
	buf := make([]byte, maxPacket)
	for {
		n, err := c.output.Read(buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the small picture: %w", err)
		}
		if err := out(buf[:n]); err != nil {
			return err
		}
	}
}

// intake takes the large picture from the packets' reader, which it never holds up.
type intake struct {
	packets chan []byte
	once    sync.Once
	ended   chan struct{}
}

func newIntake() *intake {
	return &intake{packets: make(chan []byte, waiting), ended: make(chan struct{})}
}

// show takes one RTP packet; it is lost when too many wait.
func (in *intake) show(raw []byte) {
	select {
	case in.packets <- bytes.Clone(raw):
	default:
	}
}

func (in *intake) close() { in.once.Do(func() { close(in.ended) }) }

// carry writes whole pictures, from the first one that a decoder can begin with, until close, until w fails (nil: the child's own
// error says why) or until lives, asked now and then, says no.
func (in *intake) carry(w io.Writer, lives func() bool) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	pictures := samplebuilder.New(maxLate, &codecs.H264Packet{}, videoRate)
	begun := false
	for {
		select {
		case <-in.ended:
			return nil
		case <-look.C:
			if !lives() {
				return sfu.ErrFeedEnd
			}
			continue
		case raw := <-in.packets:
			p := &rtp.Packet{}
			if p.Unmarshal(raw) != nil || len(p.Payload) == 0 {
				continue
			}
			pictures.Push(p)
		}
		for s := pictures.Pop(); s != nil; s = pictures.Pop() {
			if begun = begun || begins(s.Data); !begun {
				continue
			}
			if _, err := w.Write(s.Data); err != nil {
				return nil
			}
		}
	}
}

// begins tells whether an H264 byte stream starts with a sequence parameter set (ITU-T H.264 table 7-1), as a decoder needs it.
func begins(stream []byte) bool {
	at := bytes.Index(stream, []byte{0, 0, 1})
	return at >= 0 && at+3 < len(stream) && stream[at+3]&0x1f == 7
}
