package sfu

import (
	"fmt"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"nghitruong/sfu/packets"
)

// Header extension URIs that Pion has no name for.
const (
	uriAudioLevel  = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"                // RFC 6464
	uriAbsSendTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time" // 24 bit, 6.18 fixed point seconds
	uriAbsCapture  = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
)

const mimeRED = "audio/red" // RFC 2198

// Codec names as SourceInfo.Codec carries them.
const (
	codecOpus = "opus"
	codecRED  = "red" // of Opus; in no SourceInfo: viewers are told what is within
	codecVP8  = "VP8"
	codecH264 = "H264"
)

// Clock rates of RTP timestamps, in Hz.
const (
	clockAudio = 48000
	clockVideo = 90000
)

var (
	opusCodec = webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: clockAudio, Channels: 2,
			SDPFmtpLine: "minptime=10;useinbandfec=1;usedtx=1",
		},
		PayloadType: 111,
	}
	redCodec = webrtc.RTPCodecParameters{ // RFC 2198, of Opus
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: mimeRED, ClockRate: clockAudio, Channels: 2, SDPFmtpLine: "111/111",
		},
		PayloadType: 63,
	}
	vp8Codec = webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: clockVideo},
		PayloadType:        96,
	}
	h264Codec = webrtc.RTPCodecParameters{ // constrained baseline, RFC 6184 packetization-mode 1
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeH264, ClockRate: clockVideo,
			SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
		},
		PayloadType: 102,
	}
)

// subEngine registers what the server sends: codecs, RTX, REMB feedback and abs-send-time.
func subEngine() (*webrtc.MediaEngine, error) {
	feedback := []webrtc.RTCPFeedback{
		{Type: "goog-remb"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"},
	}
	return newEngine(feedback, []string{uriAbsSendTime, sdp.SDESMidURI}, []string{uriAbsSendTime, uriPlayoutDelay, sdp.SDESMidURI})
}

// pubEngine registers what the server receives: the same codecs, transport-wide feedback and simulcast ids.
func pubEngine() (*webrtc.MediaEngine, error) {
	feedback := []webrtc.RTCPFeedback{
		{Type: "transport-cc"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"},
	}
	video := []string{
		sdp.SDESMidURI, sdp.SDESRTPStreamIDURI, sdp.SDESRepairRTPStreamIDURI, sdp.TransportCCURI, uriAbsCapture,
	}
	return newEngine(feedback, []string{sdp.SDESMidURI, uriAudioLevel, sdp.TransportCCURI, uriAbsCapture}, video)
}

func newEngine(videoFeedback []webrtc.RTCPFeedback, audioExt, videoExt []string) (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	audio := opusCodec
	for _, f := range videoFeedback {
		if f.Type == "transport-cc" || f.Type == "goog-remb" {
			audio.RTCPFeedback = append(audio.RTCPFeedback, f)
		}
	}
	red := redCodec
	red.RTCPFeedback = audio.RTCPFeedback
	for _, c := range []webrtc.RTPCodecParameters{audio, red} {
		if err := m.RegisterCodec(c, webrtc.RTPCodecTypeAudio); err != nil {
			return nil, fmt.Errorf("register %s: %w", c.MimeType, err)
		}
	}
	for _, c := range []webrtc.RTPCodecParameters{vp8Codec, h264Codec} {
		c.RTCPFeedback = videoFeedback
		rtx := webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeRTX, ClockRate: clockVideo,
				SDPFmtpLine: fmt.Sprintf("apt=%d", c.PayloadType),
			},
			PayloadType: c.PayloadType + 1,
		}
		for _, p := range []webrtc.RTPCodecParameters{c, rtx} {
			if err := m.RegisterCodec(p, webrtc.RTPCodecTypeVideo); err != nil {
				return nil, fmt.Errorf("register %s: %w", p.MimeType, err)
			}
		}
	}
	for typ, uris := range map[webrtc.RTPCodecType][]string{
		webrtc.RTPCodecTypeAudio: audioExt, webrtc.RTPCodecTypeVideo: videoExt,
	} {
		for _, uri := range uris {
			if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, typ); err != nil {
				return nil, fmt.Errorf("register %s: %w", uri, err)
			}
		}
	}
	return m, nil
}

// codecName maps a MIME type to the name used in SourceInfo; "" when the server does not forward it.
func codecName(mime string) string {
	switch {
	case strings.EqualFold(mime, webrtc.MimeTypeOpus):
		return codecOpus
	case strings.EqualFold(mime, mimeRED):
		return codecRED
	case strings.EqualFold(mime, webrtc.MimeTypeVP8):
		return codecVP8
	case strings.EqualFold(mime, webrtc.MimeTypeH264):
		return codecH264
	}
	return ""
}

// rtxFor finds the retransmission payload type of a codec, 0 when there is none (RFC 4588 section 8.6).
func rtxFor(codecs []webrtc.RTPCodecParameters, pt webrtc.PayloadType) uint8 {
	apt := fmt.Sprintf("apt=%d", pt)
	for _, c := range codecs {
		if strings.EqualFold(c.MimeType, webrtc.MimeTypeRTX) && c.SDPFmtpLine == apt {
			return uint8(c.PayloadType)
		}
	}
	return 0
}

// codecOf maps a MIME type to the codec that is forwarded under it.
func codecOf(mime string) packets.Codec {
	switch codecName(mime) {
	case codecOpus:
		return packets.CodecOpus
	case codecRED:
		return packets.CodecRED
	case codecVP8:
		return packets.CodecVP8
	case codecH264:
		return packets.CodecH264
	}
	return packets.CodecOther
}
