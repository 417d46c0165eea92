package recordings

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/pion/webrtc/v4"
)

const (
	manifestName    = "manifest.json"
	manifestVersion = 1
	maxManifest     = 64 << 20 // bytes; 12 hours of 100 sources have 15
)

// State is where a recording stands on disk.
type State string

// States of a recording.
const (
	StateRecording State = "recording" // a take runs, or was cut off
	StatePaused    State = "paused"
	StateSealed    State = "sealed" // complete; nothing is added
)

// Manifest says what a recording's folder holds. What no capture says stands only here: who a source is, and what its payload types
// and header extensions mean.
type Manifest struct {
	Version   int       `json:"version"`
	Recording string    `json:"recording"`
	Sitting   string    `json:"sitting"`
	State     State     `json:"state"`
	Noted     bool      `json:"noted,omitempty"` // sealed, and the ledger has every segment
	Takes     []Take    `json:"takes"`
	Streams   []Stream  `json:"streams"`
	Segments  []Segment `json:"segments"`
	Gaps      []Gap     `json:"gaps,omitempty"`
}

// Take is a stretch without pause. Times are Unix milliseconds of the server.
type Take struct {
	Boot        string `json:"boot"`          // start of the server, as in the ledger's records
	Start       int64  `json:"start"`         // wall clock
	MonoMS      int64  `json:"mono_ms"`       // the room's monotonic clock at Start, as in the ledger's records
	End         int64  `json:"end,omitempty"` // 0 while it runs
	Interrupted bool   `json:"interrupted,omitempty"`
}

// Stream is one RTP stream of a source: a simulcast layer, or a reconnect.
type Stream struct {
	Src        uint32      `json:"src"`
	SSRC       uint32      `json:"ssrc"`
	RID        string      `json:"rid,omitempty"`
	Who        string      `json:"who"`  // person id
	Kind       string      `json:"kind"` // "mic", "cam", "screen"
	Codecs     []Codec     `json:"codecs"`
	Extensions []Extension `json:"extensions,omitempty"`
}

// Codec is what a payload type means (RFC 8866 section 6.6).
type Codec struct {
	PT       uint8  `json:"pt"`
	Mime     string `json:"mime"`
	Clock    uint32 `json:"clock"` // Hz
	Channels uint16 `json:"channels,omitempty"`
	FMTP     string `json:"fmtp,omitempty"`
}

// Extension is what a header extension's id means (RFC 8285).
type Extension struct {
	ID  int    `json:"id"`
	URI string `json:"uri"`
}

// Segment is one sealed capture. Times are Unix milliseconds on the server's monotonic clock, anchored at the take's start.
type Segment struct {
	Src      uint32 `json:"src"`
	N        int    `json:"n"`
	Packets  int    `json:"packets"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
	Start    int64  `json:"start"` // of the file; its records count from here
	End      int64  `json:"end"`   // newest packet
	MonoMS   int64  `json:"mono_ms,omitempty"`
	Salvaged bool   `json:"salvaged,omitempty"` // sealed after a crash
}

// Gap is a stretch that was not written. Src 0 = all sources.
type Gap struct {
	Src     uint32 `json:"src,omitempty"`
	From    int64  `json:"from"` // Unix milliseconds
	To      int64  `json:"to"`
	Packets int    `json:"packets,omitempty"` // lost, as far as known
	Why     string `json:"why"`               // "disk", "restart"
}

// Reasons of a Gap.
const (
	WhyDisk    = "disk"
	WhyRestart = "restart"
)

// NewManifest begins a recording.
func NewManifest(sitting, recording string) *Manifest {
	return &Manifest{Version: manifestVersion, Recording: recording, Sitting: sitting, State: StateRecording}
}

// streamOf describes a stream as the conference tells it.
func streamOf(src, ssrc uint32, who, kind, rid string, p *webrtc.RTPParameters) Stream {
	s := Stream{Src: src, SSRC: ssrc, RID: rid, Who: who, Kind: kind}
	for i := range p.Codecs {
		c := &p.Codecs[i]
		s.Codecs = append(s.Codecs, Codec{PT: uint8(c.PayloadType), Mime: c.MimeType, Clock: c.ClockRate, Channels: c.Channels, FMTP: c.SDPFmtpLine})
	}
	for _, x := range p.HeaderExtensions {
		s.Extensions = append(s.Extensions, Extension{ID: x.ID, URI: x.URI})
	}
	return s
}

// knows tells whether a stream of that source and SSRC is described. A manifest without streams knows all.
func (m *Manifest) knows(src, ssrc uint32) bool {
	return len(m.Streams) == 0 || slices.ContainsFunc(m.Streams, func(s Stream) bool { return s.Src == src && s.SSRC == ssrc })
}

// has tells whether a segment is listed.
func (m *Manifest) has(src uint32, n int) bool {
	return slices.ContainsFunc(m.Segments, func(s Segment) bool { return s.Src == src && s.N == n })
}

// LoadManifest reads a recording's manifest. A missing one is fs.ErrNotExist.
func LoadManifest(dir string) (*Manifest, error) {
	name := filepath.Join(dir, manifestName)
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("recordings: read the manifest: %w", err)
	}
	if info.Size() > maxManifest {
		return nil, fmt.Errorf("recordings: read the manifest: %d bytes exceed %d", info.Size(), maxManifest)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("recordings: read the manifest: %w", err)
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("recordings: read the manifest: %w", err)
	}
	if m.Version != manifestVersion {
		return nil, fmt.Errorf("recordings: read the manifest: version %d is not %d", m.Version, manifestVersion)
	}
	return &m, nil
}

// save writes the manifest durably: a crash leaves the old one or the new one.
func (m *Manifest) save(d disk, dir string) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("recordings: write the manifest: %w", err)
	}
	if err := d.save(filepath.Join(dir, manifestName), data); err != nil {
		return fmt.Errorf("recordings: write the manifest: %w", err)
	}
	return nil
}

// Names of captures: <src>/<n>.rtpdump, with openSuffix behind it until it is sealed.
const (
	captureSuffix = ".rtpdump"
	openSuffix    = ".open"
)

func sourceDir(dir string, src uint32) string {
	return filepath.Join(dir, strconv.FormatUint(uint64(src), 10))
}

func captureName(dir string, src uint32, n int) string {
	return filepath.Join(sourceDir(dir, src), strconv.Itoa(n)+captureSuffix)
}

// Path is where a sealed segment lies in its recording's folder.
func (s Segment) Path(dir string) string { return captureName(dir, s.Src, s.N) }

// segmentOf describes a scanned capture.
func segmentOf(src uint32, n int, s *Scan) Segment {
	start := s.Start.UnixMilli()
	return Segment{
		Src: src, N: n, Packets: s.Packets, Bytes: s.Size, SHA256: hex.EncodeToString(s.SHA256[:]),
		Start: start, End: start + int64(s.Last),
	}
}

// unixMilli is a time on the server's monotonic clock, anchored at the wall clock of from.
func unixMilli(from, at time.Time) int64 { return from.UnixMilli() + at.Sub(from).Milliseconds() }

// absent tells whether nothing is there.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) }
