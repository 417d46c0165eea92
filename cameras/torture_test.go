package cameras

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"nghitruong/ffmpeg"
	"nghitruong/sfu"
)

// realCamera is an RTSP server whose pictures and sound ffmpeg makes: H264 High with B-frames and G.711, as many cameras send. It
// answers the first questions with a redirect to decoy when that is set.
func realCamera(t *testing.T, found *ffmpeg.Tool, r *ffmpeg.Runner, decoy string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serveCamera(c, found, r, decoy)
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

const cameraSDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\n" +
	"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:v\r\n" +
	"m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:a\r\n"

// serveCamera speaks RTSP on one connection and ends with it.
func serveCamera(c net.Conn, found *ffmpeg.Tool, r *ffmpeg.Runner, decoy string) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		head := ""
		for line := ""; line != "\r\n"; {
			var err error
			if line, err = in.ReadString('\n'); err != nil {
				return
			}
			head += line
		}
		method, rest, _ := strings.Cut(head, " ")
		_, after, _ := strings.Cut(head, "CSeq: ")
		seq, _, _ := strings.Cut(after, "\r\n")
		answer := "RTSP/1.0 200 OK\r\nCSeq: " + seq + "\r\nSession: 1\r\n"
		switch {
		case decoy != "" && method == "DESCRIBE":
			answer = "RTSP/1.0 302 Found\r\nCSeq: " + seq + "\r\nLocation: rtsp://" + decoy + "/\r\n"
		case method == "DESCRIBE":
			answer += fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(cameraSDP), cameraSDP)
		case method == "SETUP":
			channels := "0-1"
			if strings.HasPrefix(rest[strings.LastIndex(rest[:strings.Index(rest, " ")], "/"):], "/a") {
				channels = "2-3"
			}
			answer += "Transport: RTP/AVP/TCP;unicast;interleaved=" + channels + "\r\n"
		}
		if method != "DESCRIBE" || decoy != "" {
			answer += "\r\n"
		}
		if _, err := io.WriteString(c, answer); err != nil {
			return
		}
		if method == "PLAY" {
			film(c, found, r)
			return
		}
	}
}

// film sends what an ffmpeg child makes as interleaved packets until the connection ends.
func film(c net.Conn, found *ffmpeg.Tool, r *ffmpeg.Runner) {
	v, vTheirs, err := ffmpeg.PacketPipe()
	a, aTheirs, err2 := ffmpeg.PacketPipe()
	if errors.Join(err, err2) != nil {
		return
	}
	defer v.Close()
	defer a.Close()
	args := strings.Fields("-hide_banner -nostdin -loglevel error -re -f lavfi -i testsrc2=size=1280x720:rate=25 -re -f lavfi -i sine=frequency=440:sample_rate=8000" +
		" -map 0:v -c:v libx264 -preset ultrafast -profile:v high -bf 2 -g 25 -b:v 2M -f rtp -packetsize 1200 -payload_type 96 pipe:3" +
		" -map 1:a -c:a pcm_alaw -f rtp -packetsize 1200 -payload_type 8 pipe:4")
	child, err := r.Start(context.Background(), ffmpeg.Job{Name: "play a camera", Path: found.Path, Args: args, Files: []*os.File{vTheirs, aTheirs}})
	if err != nil {
		return
	}
	defer child.Stop()
	frames := make(chan []byte, 100)
	for channel, f := range []*os.File{v, a} {
		go func() {
			buf := make([]byte, 2048)
			for {
				n, err := f.Read(buf)
				if err != nil {
					return
				}
				out := []byte{'$', byte(2 * channel), 0, 0}
				if n > 2 && buf[1] >= 192 && buf[1] <= 223 {
					out[1]++
				}
				binary.BigEndian.PutUint16(out[2:], uint16(n))
				select {
				case frames <- append(out, buf[:n]...):
				case <-child.Done():
					return
				}
			}
		}()
	}
	for f := range frames {
		if _, err := c.Write(f); err != nil {
			return
		}
	}
}

// TestTortureRealCamera pulls a camera by the real ffmpeg: pictures and sound arrive as browsers need them; a camera that redirects
// leads nobody anywhere.
func TestTortureRealCamera(t *testing.T) {
	if os.Getenv("TORTURE") == "" {
		return // needs ffmpeg and seconds of encoding: make torture
	}
	found, err := ffmpeg.Find(context.Background(), "")
	must(t, err)
	pool, conf, sink := stage(t, found, "127.0.0.0/8")
	conf.Direct(sfu.Direction{Mic: map[string]bool{"p7": true}, Cam: map[string]bool{"p7": true}})
	actors := ffmpeg.NewRunner(nil)
	t.Cleanup(actors.Close)
	pool.cfg.Cameras[0] = camera(t, "Hội An=rtsp://"+realCamera(t, found, actors, "")+"/live")
	pool.Attend("s", conf)
	have := map[sfu.Kind]sfu.SourceInfo{}
	for deadline := time.After(40 * time.Second); len(have) < 2; {
		select {
		case s := <-sink.add:
			have[s.Kind] = s
		case <-deadline:
			t.Fatalf("only %+v came", have)
		}
	}
	if have[sfu.KindCam].Codec != "H264" || have[sfu.KindMic].Codec != "opus" {
		t.Errorf("%+v", have)
	}
	conf.Close()
}

func TestTortureRedirect(t *testing.T) {
	if os.Getenv("TORTURE") == "" {
		return // needs ffmpeg: make torture
	}
	found, err := ffmpeg.Find(context.Background(), "")
	must(t, err)
	decoy, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var visits atomic.Int64
	go func() {
		for c, err := decoy.Accept(); err == nil; c, err = decoy.Accept() {
			visits.Add(1)
			c.Close()
		}
	}()
	defer decoy.Close()
	pool, conf, _ := stage(t, found, "127.0.0.0/8")
	actors := ffmpeg.NewRunner(nil)
	t.Cleanup(actors.Close)
	pool.cfg.Cameras[0] = camera(t, "Hội An=rtsp://"+realCamera(t, found, actors, decoy.Addr().String())+"/live")
	if err := pool.attempt(context.Background(), 0, "s", conf); !errors.Is(err, errRedirect) {
		t.Errorf("%v", err)
	}
	if n := visits.Load(); n != 0 {
		t.Errorf("the decoy was visited %d times", n)
	}
}
