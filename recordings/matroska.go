package recordings

import (
	"fmt"
	"io"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/webm"
)

const (
	clusterTime = int64(5000) // ms; a block's time has 16 bits from its cluster's
	writingApp  = "nghitruong"
	trackVideo  = 1
	trackAudio  = 2
	opusRate    = 48000
)

// matroska writes one track. The header waits for the first frame, which knows the codec's parameters.
type matroska struct {
	w       io.Writer
	begun   bool
	last    int64 // ns of the newest block
	cluster webm.Cluster
}

func newMatroska(w io.Writer) *matroska { return &matroska{w: w} }

// write adds a frame; frames come in order of time.
func (m *matroska) write(f *mediaFrame) error {
	if !m.begun {
		if err := m.head(f); err != nil {
			return err
		}
		m.begun = true
	}
	ms := f.pts / 1e6
	if n := len(m.cluster.SimpleBlock); n > 0 && ms-int64(m.cluster.Timecode) >= clusterTime {
		if err := m.flush(); err != nil {
			return err
		}
	}
	if len(m.cluster.SimpleBlock) == 0 {
		m.cluster.Timecode = uint64(ms)
	}
	m.cluster.SimpleBlock = append(m.cluster.SimpleBlock, ebml.Block{
		TrackNumber: 1, Timecode: int16(ms - int64(m.cluster.Timecode)), Keyframe: f.key, Data: [][]byte{f.data},
	})
	m.last = f.pts
	return nil
}

// head writes what stands before the first cluster. Nothing in it depends on the moment of writing.
func (m *matroska) head(f *mediaFrame) error {
	track := webm.TrackEntry{TrackNumber: 1, TrackUID: 1}
	switch f.codec {
	case mimeOpus:
		track.CodecID, track.TrackType = "A_OPUS", trackAudio
		track.CodecPrivate = []byte{'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, 2, 0, 0, 0x80, 0xBB, 0, 0, 0, 0, 0} // RFC 7845 section 5.1
		track.Audio = &webm.Audio{SamplingFrequency: opusRate, Channels: 2}
	case mimeVP8:
		track.CodecID, track.TrackType = "V_VP8", trackVideo
		track.Video = &webm.Video{PixelWidth: uint64(f.w), PixelHeight: uint64(f.h)}
	case mimeH264: // the size stands in the configuration
		track.CodecID, track.TrackType, track.CodecPrivate = "V_MPEG4/ISO/AVC", trackVideo, f.private
	default:
		return fmt.Errorf("no Matroska track for %q", f.codec)
	}
	head := struct {
		Header  webm.EBMLHeader    `ebml:"EBML"`
		Segment webm.SegmentStream `ebml:"Segment,size=unknown"`
	}{
		Header: webm.EBMLHeader{
			EBMLVersion: 1, EBMLReadVersion: 1, EBMLMaxIDLength: 4, EBMLMaxSizeLength: 8, DocType: "matroska", DocTypeVersion: 4, DocTypeReadVersion: 2,
		},
		Segment: webm.SegmentStream{
			Info:   webm.Info{TimecodeScale: 1e6, MuxingApp: writingApp, WritingApp: writingApp},
			Tracks: webm.Tracks{TrackEntry: []webm.TrackEntry{track}},
		},
	}
	return ebml.Marshal(&head, m.w)
}

// flush writes the cluster that was gathered.
func (m *matroska) flush() error {
	out := struct {
		Cluster webm.Cluster `ebml:"Cluster"`
	}{m.cluster}
	m.cluster = webm.Cluster{}
	return ebml.Marshal(&out, m.w)
}

// close writes what is left.
func (m *matroska) close() error {
	if len(m.cluster.SimpleBlock) == 0 {
		return nil
	}
	return m.flush()
}
