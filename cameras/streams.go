package cameras

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"

	"nghitruong/ffmpeg"
	"nghitruong/sfu"
)

// stream is one stream of a camera, as ffprobe tells it.
type stream struct {
	Type    string `json:"codec_type"`
	Codec   string `json:"codec_name"`
	Profile string `json:"profile"`
	BFrames int    `json:"has_b_frames"`
}

// Arguments that keep a child to RTSP over TCP and to the guard's port.
var rtspIn = []string{"-protocol_whitelist", "rtsp,rtp,tcp", "-rtsp_transport", "tcp"}

// Encoders that make of any camera what every browser shows and plays: H264 constrained baseline without B-frames with a keyframe
// each 2 s, at most 720 lines and 1.5 Mb/s on two threads; Opus as speech.
var (
	x264 = strings.Fields("-c:v libx264 -preset veryfast -tune zerolatency -profile:v baseline -level 3.1 -pix_fmt yuv420p -bf 0 -threads 2" +
		" -vf fps=25,scale=-2:min(720\\,ih) -g 50 -b:v 1500k -maxrate 1500k -bufsize 1500k")
	opus = strings.Fields("-c:a libopus -ac 1 -ar 48000 -b:a 32k -application voip -frame_duration 20")
	// Cameras may send parameter sets in SDP only; browsers that join need them before each keyframe.
	copyH264 = strings.Fields("-c:v copy -bsf:v dump_extra=freq=keyframe")
	copyOpus = strings.Fields("-c:a copy")
)

// probeArgs ask ffprobe for the streams behind an address.
func probeArgs(address string) []string {
	return append(append([]string{"-v", "error"}, rtspIn...), "-print_format", "json",
		"-show_entries", "stream=codec_type,codec_name,profile,has_b_frames", "-i", address)
}

// readStreams reads ffprobe's answer: the first picture and the first sound.
func readStreams(raw []byte) (picture, sound *stream, err error) {
	var out struct{ Streams []stream }
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, nil, fmt.Errorf("read what the camera sends: %w", err)
	}
	for i, s := range out.Streams {
		switch {
		case s.Type == "video" && picture == nil:
			picture = &out.Streams[i]
		case s.Type == "audio" && sound == nil:
			sound = &out.Streams[i]
		}
	}
	if picture == nil && sound == nil {
		return nil, nil, errors.New("the camera sends neither picture nor sound")
	}
	return picture, sound, nil
}

// output is one RTP stream that a child writes, packet by packet.
type output struct {
	sfu.FeedStream
	args []string
	ours *os.File
}

// plan chooses what the child does with each stream: copied when browsers take it as it is, else encoded anew.
func plan(tool *ffmpeg.Tool, picture, sound *stream) ([]output, error) {
	var out []output
	if picture != nil {
		o := output{FeedStream: sfu.FeedStream{Kind: sfu.KindCam, Codec: "H264"}, args: append([]string{"-map", "0:v:0"}, copyH264...)}
		if picture.Codec != "h264" || picture.BFrames != 0 || !strings.HasSuffix(picture.Profile, "Baseline") {
			if !tool.Has("libx264") {
				return nil, fmt.Errorf("the camera sends %s %s, and this ffmpeg has no libx264 to change it: set the camera to H264 baseline without B-frames", picture.Codec, picture.Profile)
			}
			o.args = append([]string{"-map", "0:v:0"}, x264...)
		}
		out = append(out, o)
	}
	if sound != nil && (sound.Codec == "opus" || tool.Has("libopus")) {
		o := output{FeedStream: sfu.FeedStream{Kind: sfu.KindMic, Codec: "opus"}, args: append([]string{"-map", "0:a:0"}, copyOpus...)}
		if sound.Codec != "opus" {
			o.args = append([]string{"-map", "0:a:0"}, opus...)
		}
		out = append(out, o)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the camera sends only sound in %s, and this ffmpeg has no libopus to change it", sound.Codec)
	}
	for i := range out {
		out[i].SSRC = 1 + rand.Uint32N(1<<31-1) // ffmpeg takes it as a positive int
	}
	return out, nil
}

// pullArgs are the arguments of the child that pulls and writes every output.
func pullArgs(address string, outputs []output) []string {
	args := append([]string{"-hide_banner", "-nostdin", "-loglevel", "error", "-fflags", "nobuffer"}, rtspIn...)
	args = append(args, "-i", address)
	for i, o := range outputs {
		args = append(args, o.args...)
		args = append(args, "-f", "rtp", "-packetsize", "1200", "-payload_type", strconv.Itoa(96+i), "-ssrc", strconv.FormatUint(uint64(o.SSRC), 10),
			"pipe:"+strconv.Itoa(ffmpeg.FirstFile+i))
	}
	return args
}
