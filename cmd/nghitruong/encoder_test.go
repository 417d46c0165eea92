package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media/oggwriter"
	"github.com/pion/webrtc/v4/pkg/media/samplebuilder"

	"nghitruong/e2e/lab"
)

// Pictures and sound of a real encoder: ffmpeg writes RTP to loopback ports, and a small WHIP client, which changes nothing but
// SSRC and payload type, carries it into the server. Debian's ffmpeg has no WHIP muxer of its own.
const (
	filmInput = "-hide_banner -nostdin -loglevel error -re -f lavfi -i testsrc2=size=640x360:rate=25 -re -f lavfi -i sine=frequency=440:sample_rate=48000"
	filmSound = "-map 1:a -c:a libopus -ac 2 -b:a 48k -frame_duration 20 -f rtp -payload_type 111"
	filmShape = "-map 0:v -c:v libx264 -preset ultrafast -pix_fmt yuv420p -b:v 700k -bsf:v dump_extra=freq=keyframe"

	filmGood    = "-profile:v baseline -bf 0 -g 50 -keyint_min 50 -sc_threshold 0"
	filmLongGOP = "-profile:v baseline -bf 0 -g 150 -keyint_min 150 -sc_threshold 0"
	filmBFrames = "-profile:v main -bf 2 -b_strategy 0 -g 50"
)

// film starts ffmpeg with a picture of the given settings and pushes what it writes through a door.
func film(t *testing.T, base string, link linkStream, settings string) *outsider {
	t.Helper()
	pc := newPC(t)
	var outputs []string
	var readers sync.WaitGroup
	var sockets []*net.UDPConn
	for _, c := range []struct{ mime, args string }{{webrtc.MimeTypeH264, filmShape + " " + settings + " -f rtp -payload_type 102"}, {webrtc.MimeTypeOpus, filmSound}} {
		socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		noError(t, err)
		sockets = append(sockets, socket)
		capability := webrtc.RTPCodecCapability{MimeType: c.mime}
		if c.mime == webrtc.MimeTypeH264 {
			capability.SDPFmtpLine = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
		}
		track, err := webrtc.NewTrackLocalStaticRTP(capability, c.mime[:5], "encoder")
		noError(t, err)
		_, err = pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		noError(t, err)
		readers.Go(func() { carry(socket, track) })
		port := socket.LocalAddr().(*net.UDPAddr).Port
		outputs = append(outputs, c.args+" rtp://127.0.0.1:"+strconv.Itoa(port)+"?pkt_size=1200&rtcpport=9")
	}
	o := knock(t, base, link, pc)
	ctx, stop := context.WithCancel(context.Background())
	words := &bytes.Buffer{}
	cmd := exec.CommandContext(ctx, "ffmpeg", strings.Fields(filmInput+" "+strings.Join(outputs, " "))...)
	cmd.Stderr = words
	noError(t, cmd.Start())
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // killed
		for _, s := range sockets {
			_ = s.Close()
		}
		readers.Wait()
		if t.Failed() {
			t.Logf("ffmpeg: %s", words)
		}
	})
	return o
}

// carry hands RTP from a socket to a track until the socket closes.
func carry(socket *net.UDPConn, track *webrtc.TrackLocalStaticRTP) {
	buf := make([]byte, 2048)
	for {
		n, err := socket.Read(buf)
		if err != nil {
			return
		}
		var p rtp.Packet
		if p.Unmarshal(buf[:n]) == nil {
			_ = track.WriteRTP(&p) // not connected yet, or no more
		}
	}
}

// parameterSet is the first byte of an H264 sequence parameter set: a decoder begins there.
const parameterSet = 0x67

// taken is what a player wrote to disk.
type taken struct {
	picture, sound string // files
	packets        atomic.Int64
	stop           func()
}

// take watches a door and writes what comes as an H264 byte stream and an Ogg file.
func take(t *testing.T, base string, link linkStream) *taken {
	t.Helper()
	dir := t.TempDir()
	out := &taken{picture: filepath.Join(dir, "picture.h264"), sound: filepath.Join(dir, "sound.ogg")}
	film, err := os.Create(out.picture)
	noError(t, err)
	ogg, err := oggwriter.New(out.sound, 48000, 2)
	noError(t, err)
	pictures := samplebuilder.New(256, &codecs.H264Packet{}, 90000) // what is sent again comes out of order
	seen := map[uint16]bool{}                                       // the server probes the line with packets that were sent already
	begun := false                                                  // the builder throws away what comes before it has seen a frame's end
	write := map[webrtc.RTPCodecType]func(*rtp.Packet) error{
		webrtc.RTPCodecTypeAudio: ogg.WriteRTP,
		webrtc.RTPCodecTypeVideo: func(p *rtp.Packet) (err error) {
			if seen[p.SequenceNumber] {
				return nil
			}
			seen[p.SequenceNumber] = true
			for pictures.Push(p); err == nil; {
				sample := pictures.Pop()
				if sample == nil {
					return nil
				}
				if begun = begun || bytes.Contains(sample.Data[:min(8, len(sample.Data))], []byte{0, 0, 1, parameterSet}); begun {
					_, err = film.Write(sample.Data)
				}
			}
			return err
		},
	}
	pc := newPC(t)
	recvonly(t, pc)
	var readers sync.WaitGroup
	o := &outsider{pc: pc}
	o.offer(t, base, link, func(track *webrtc.TrackRemote) {
		readers.Go(func() {
			for {
				p, _, err := track.ReadRTP()
				if err != nil {
					return
				}
				if len(p.Payload) == 0 {
					continue
				}
				if err := write[track.Kind()](p); err != nil {
					t.Errorf("write %s: %v", track.Kind(), err)
					return
				}
				out.packets.Add(1)
			}
		})
	})
	out.stop = func() {
		noError(t, o.pc.GracefulClose())
		readers.Wait()
		noError(t, errors.Join(film.Close(), ogg.Close()))
	}
	return out
}

// decoded has ffprobe decode a file: frames and what it complains of.
func decoded(t *testing.T, file string) (frames int, codec, complaints string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=codec_name,nb_read_frames", "-print_format", "json", file)
	words := &bytes.Buffer{}
	cmd.Stderr = words
	raw, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffprobe %s: %v %s", file, err, words)
	}
	var found struct {
		Streams []struct {
			Codec  string `json:"codec_name"`
			Frames string `json:"nb_read_frames"`
		}
	}
	noError(t, json.Unmarshal(raw, &found))
	if len(found.Streams) != 1 {
		t.Fatalf("%s: %s", file, raw)
	}
	frames, _ = strconv.Atoi(found.Streams[0].Frames)
	return frames, found.Streams[0].Codec, words.String()
}

// openSitting has the chair open the sitting with free microphones.
func openSitting(t *testing.T, l linkList) *lab.Person {
	t.Helper()
	i := slices.IndexFunc(l.People, func(p linkPerson) bool { return p.Role == "chair" })
	_, code, _ := strings.Cut(l.People[i].URL, ".")
	code = code[strings.LastIndex(code, ".")+1:]
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	chair, err := lab.Join(ctx, l.Base, l.Door, lab.Link{Name: "chair", URL: l.People[i].URL, Code: code})
	noError(t, err)
	t.Cleanup(chair.Leave)
	for _, act := range []struct {
		kind   string
		fields map[string]any
	}{{"sitting.open", nil}, {"gate.set", map[string]any{"policy": "open"}}} {
		if a, err := chair.Act(ctx, act.kind, act.fields); err != nil || !a.OK {
			t.Fatalf("%s: %+v %v", act.kind, a, err)
		}
	}
	return chair
}

// streamRow is a row of the clerk's page.
type streamRow struct {
	Kind, Source string
	State        *struct {
		Connected bool
		OnAir     bool `json:"on_air"`
		Codec     string
		W, H      int
		FPS       float64
		Warnings  []string
		Ended     string
	}
}

// clerkSees waits until the clerk's page shows an encoder as ok asks.
func clerkSees(t *testing.T, l linkList, link linkStream, what string, ok func(streamRow) bool) {
	t.Helper()
	office := lab.NewHTTP(l.Base)
	noError(t, office.Call(t.Context(), http.MethodPost, "/api/login", map[string]any{"name": l.Office.Name, "password": l.Office.Password}, nil))
	source := link.URL[strings.LastIndex(link.URL, "/")+1:]
	var last string
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the clerk saw %s", last)
		}
	})
	wait(t, what, func() bool {
		var rows []streamRow
		noError(t, office.Call(t.Context(), http.MethodGet, "/api/office/sittings/"+l.Sitting+"/streams", nil, &rows))
		i := slices.IndexFunc(rows, func(r streamRow) bool { return r.Kind == "whip" && r.Source == source })
		raw, _ := json.Marshal(rows[i].State)
		last = string(raw)
		return rows[i].State != nil && ok(rows[i])
	})
}

// TestTortureEncoderOfFfmpeg pushes what a real encoder makes through the whole program. A player's pictures and sound decode; the
// clerk reads of B-frames and of keyframes that are too rare.
func TestTortureEncoderOfFfmpeg(t *testing.T) {
	if os.Getenv("TORTURE") == "" {
		return // needs ffmpeg and half a minute of encoding: make torture
	}
	s, l := demoWithLinks(t)
	openSitting(t, l)
	hall, other := l.Ingest[0], l.Ingest[1]
	film(t, s.base, hall, filmGood)
	clerkSees(t, l, hall, "a good picture", func(r streamRow) bool {
		return r.State.Connected && r.State.OnAir && r.State.Codec == "H264" && r.State.W == 640 && r.State.H == 360 && r.State.FPS > 20
	})
	got := take(t, s.base, l.Egress[1])
	wait(t, "pictures and sound", func() bool { return got.packets.Load() > 800 })
	got.stop()
	for file, want := range map[string]struct {
		codec string
		least int
	}{got.picture: {"h264", 100}, got.sound: {"opus", 200}} {
		frames, codec, complaints := decoded(t, file)
		t.Logf("%s: %d frames", codec, frames)
		if codec != want.codec || frames < want.least || complaints != "" {
			t.Errorf("%s: %d frames of %s; %s", filepath.Base(file), frames, codec, complaints)
		}
	}
	clerkSees(t, l, hall, "nothing to complain of", func(r streamRow) bool { return len(r.State.Warnings) == 0 })

	film(t, s.base, other, filmLongGOP)
	clerkSees(t, l, other, "the warning of rare keyframes", func(r streamRow) bool { return slices.Contains(r.State.Warnings, "keyframes_long") })
	reordered := film(t, s.base, other, filmBFrames)
	clerkSees(t, l, other, "the word on B-frames", func(r streamRow) bool { return r.State.Ended == "b_frames" && !r.State.Connected })
	wait(t, "the encoder is sent away", func() bool {
		st := reordered.pc.ConnectionState()
		return st == webrtc.PeerConnectionStateClosed || st == webrtc.PeerConnectionStateFailed || st == webrtc.PeerConnectionStateDisconnected
	})
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// TestTortureSmallPictureOfAnEncoder: the program has a child make a small picture of what an encoder pushes, as long as it does.
func TestTortureSmallPictureOfAnEncoder(t *testing.T) {
	if os.Getenv("TORTURE") == "" {
		return // needs ffmpeg: make torture
	}
	s, l := demoWithLinks(t, "--media-small-pictures", "1")
	running := func(want string) func() bool {
		return func() bool {
			resp, err := http.Get(s.base + "/metrics")
			noError(t, err)
			defer resp.Body.Close()
			raw, err := io.ReadAll(resp.Body)
			noError(t, err)
			return strings.Contains(string(raw), "\nnghitruong_ffmpeg_running "+want+"\n")
		}
	}
	o := film(t, s.base, l.Ingest[0], filmGood+" -vf scale=1280:720")
	wait(t, "a child", running("1"))
	if resp, body := o.call(t, http.MethodDelete, o.session, l.Ingest[0].Token, "", ""); resp.StatusCode != http.StatusOK {
		t.Errorf("delete: %d %s", resp.StatusCode, body)
	}
	wait(t, "no child", running("0"))
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}
