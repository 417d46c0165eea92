package recordings

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/webm"

	"nghitruong/sfu/packets"
)

const tapeStart = int64(1_700_000_000_000)

// tape writes captures as a recorder would have, at times of its own.
type tape struct {
	t        *testing.T
	dir      string
	m        *Manifest
	captures map[uint32][]byte
	counts   map[uint32]int
}

func newTape(t *testing.T) *tape {
	t.Helper()
	dir := folder(t)
	m := NewManifest("sitting", "r1")
	m.State = StateSealed
	m.Takes = []Take{{Boot: "b", Start: tapeStart, End: tapeStart + 10_000}}
	return &tape{t: t, dir: dir, m: m, captures: map[uint32][]byte{}, counts: map[uint32]int{}}
}

func (tp *tape) stream(src, ssrc uint32, kind, mime string, pt uint8, clock uint32) {
	tp.m.Streams = append(tp.m.Streams, Stream{Src: src, SSRC: ssrc, Who: "an", Kind: kind, Codecs: []Codec{{PT: pt, Mime: mime, Clock: clock}}})
}

func (tp *tape) add(src uint32, ms int64, rtcp bool, raw []byte) {
	if tp.captures[src] == nil {
		tp.captures[src] = appendHead(nil, time.UnixMilli(tapeStart))
	}
	tp.captures[src] = appendRecord(tp.captures[src], uint32(ms), rtcp, raw)
	tp.counts[src]++
}

func (tp *tape) rtp(src uint32, ms int64, ssrc uint32, pt uint8, sn uint16, ts uint32, marker bool, payload []byte) {
	b := make([]byte, 12, 12+len(payload))
	b[0], b[1] = 0x80, pt
	if marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], sn)
	binary.BigEndian.PutUint32(b[4:], ts)
	binary.BigEndian.PutUint32(b[8:], ssrc)
	tp.add(src, ms, false, append(b, payload...))
}

// sr is a sender report: the sender's clock, which runs two hours ahead, and its timestamp then.
func (tp *tape) sr(src uint32, ms int64, ssrc uint32, ts uint32) {
	b := report(ssrc)
	binary.BigEndian.PutUint64(b[8:], packets.NTP((tapeStart+ms+7_200_000)*1e6))
	binary.BigEndian.PutUint32(b[16:], ts)
	tp.add(src, ms, true, b)
}

// save seals everything.
func (tp *tape) save() {
	tp.t.Helper()
	d := osDisk{}
	for src, b := range tp.captures {
		if err := d.mkdir(sourceDir(tp.dir, src)); err != nil {
			tp.t.Fatal(err)
		}
		write(tp.t, captureName(tp.dir, src, 0), b)
		s, err := ScanCapture(bytes.NewReader(b), nil, nil)
		if err != nil {
			tp.t.Fatal(err)
		}
		tp.m.Segments = append(tp.m.Segments, segmentOf(src, 0, &s))
	}
	if err := tp.m.save(d, tp.dir); err != nil {
		tp.t.Fatal(err)
	}
}

// block is one block of a remuxed file.
type block struct {
	ms   int64
	key  bool
	data []byte
}

func blocksOf(t *testing.T, name string) (webm.TrackEntry, []block) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in struct {
		Header  webm.EBMLHeader `ebml:"EBML"`
		Segment webm.Segment    `ebml:"Segment"`
	}
	if err := ebml.Unmarshal(f, &in); err != nil {
		t.Fatal(err)
	}
	var out []block
	for _, c := range in.Segment.Cluster {
		for _, b := range c.SimpleBlock {
			out = append(out, block{int64(c.Timecode) + int64(b.Timecode), b.Keyframe, b.Data[0]})
		}
	}
	return in.Segment.Tracks.TrackEntry[0], out
}

func (tp *tape) remux() (out string, tracks []Track) {
	tp.t.Helper()
	tp.save()
	out = filepath.Join(tp.t.TempDir(), "out")
	tracks, err := Remux(tp.t.Context(), tp.dir, out)
	if err != nil {
		tp.t.Fatal(err)
	}
	return out, tracks
}

// sound is an Opus packet of 20 ms that carries its number.
func sound(i int) []byte { return []byte{0xF8, byte(i >> 8), byte(i), 1} }

// TestRemuxSound: retransmissions find their place, losses and a mute become silence, a reconnect goes on, and the sound lasts as
// long as the recording.
func TestRemuxSound(t *testing.T) {
	tp := newTape(t)
	tp.stream(5, 7, kindMic, "audio/opus", 111, 48000)
	tp.stream(5, 8, kindMic, "audio/opus", 111, 48000)
	send := func(i int, ms int64) {
		tp.rtp(5, ms, 7, 111, uint16(65500+i), uint32(4294900000+i*960), false, sound(i))
	}
	for i := range 300 { // from 1 s to 7 s
		at := int64(1000 + i*20)
		if i%100 == 0 {
			tp.sr(5, at, 7, uint32(4294900000+i*960))
		}
		switch {
		case i == 50: // comes 300 ms late
		case i >= 100 && i < 105: // lost
		case i >= 150 && i < 200: // muted for a second
		default:
			send(i, at)
		}
		if i == 65 {
			send(50, at)
			send(50, at) // twice
		}
	}
	for i := range 50 { // another connection, 8 s to 9 s
		tp.rtp(5, int64(8000+i*20), 8, 111, uint16(i), uint32(i*960), false, sound(1000+i))
	}
	out, tracks := tp.remux()
	if len(tracks) != 1 || tracks[0].Frames != 295 || tracks[0].Who != "an" || tracks[0].Dropped != 0 {
		t.Fatalf("%+v", tracks)
	}
	entry, blocks := blocksOf(t, filepath.Join(out, "5.mkv"))
	if entry.CodecID != "A_OPUS" || string(entry.CodecPrivate[:8]) != "OpusHead" {
		t.Errorf("track %+v", entry)
	}
	if blocks[0].ms != 0 || tracks[0].Last < 9980 || tracks[0].Last > 10020 {
		t.Errorf("begins at %d, ends at %d", blocks[0].ms, tracks[0].Last)
	}
	quiet := map[int64]bool{}
	last := int64(-1)
	for i, b := range blocks {
		if i > 0 && (b.ms < last || b.ms-last > 41) {
			t.Errorf("from %d to %d ms", last, b.ms)
		}
		last = b.ms
		if bytes.Equal(b.data, opusSilence) {
			quiet[b.ms/100] = true
			continue
		}
		n := int(b.data[1])<<8 | int(b.data[2])
		want := int64(1000 + n*20)
		if n >= 1000 {
			want = int64(8000 + (n-1000)*20)
		}
		if d := b.ms - want; d < -3 || d > 3 {
			t.Errorf("sound %d at %d ms, said at %d", n, b.ms, want)
		}
	}
	for tenth, want := range map[int64]bool{5: true, 15: false, 20: false, 30: true, 45: true, 60: false, 75: true, 95: true} {
		if quiet[tenth] != want {
			t.Errorf("silence at %d00 ms: %v", tenth, quiet[tenth])
		}
	}
}

// picture is a VP8 picture of two packets.
func (tp *tape) picture(i int, sn uint16, key bool, lose int) {
	ms, ts := int64(500+i*40), uint32(i*3600)
	first := []byte{0x10, 0x01, byte(i), 0, 0, 0, 0, 0, 0, 0, 0}
	if key {
		first = []byte{0x10, 0x10, byte(i), 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01}
	}
	for k, payload := range [][]byte{first, {0x00, byte(i), 0xAA}} {
		if lose != k+1 {
			tp.rtp(6, ms, 9, 96, sn+uint16(k), ts, k == 1, payload)
		}
	}
}

// TestRemuxPictures: a picture with a hole goes, and all that refer to it; the next keyframe brings them back.
func TestRemuxPictures(t *testing.T) {
	tp := newTape(t)
	tp.stream(6, 9, "cam", "video/VP8", 96, 90000)
	sn := uint16(65530)
	for i := range 200 {
		lose := 0
		switch i {
		case 60:
			lose = 1
		case 130:
			lose = 2
		}
		tp.picture(i, sn, i == 3 || i == 75 || i == 150, lose)
		sn += 2
	}
	out, tracks := tp.remux()
	entry, blocks := blocksOf(t, filepath.Join(out, "6.mkv"))
	if entry.CodecID != "V_VP8" || entry.Video.PixelWidth != 640 || entry.Video.PixelHeight != 360 {
		t.Errorf("track %+v", entry)
	}
	var got []int
	for _, b := range blocks {
		i := int(b.data[1])
		got = append(got, i)
		if d := b.ms - int64(500+i*40); d < -3 || d > 3 {
			t.Errorf("picture %d at %d ms", i, b.ms)
		}
		if b.key != (i == 3 || i == 75 || i == 150) || b.data[len(b.data)-1] != 0xAA {
			t.Errorf("picture %d: %+v", i, b)
		}
	}
	var want []int
	for i := range 200 {
		if i >= 3 && i < 60 || i >= 75 && i < 130 || i >= 150 {
			want = append(want, i)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("pictures %v", got)
	}
	if tracks[0].Frames != len(want) || tracks[0].First != 620 {
		t.Errorf("%+v", tracks)
	}
}

// TestRemuxH264 gives the decoder its parameters from the stream.
func TestRemuxH264(t *testing.T) {
	tp := newTape(t)
	tp.stream(6, 9, "cam", "video/H264", 102, 90000)
	sps, pps, idr, slice := []byte{0x67, 0x42, 0xC0, 0x1F, 9}, []byte{0x68, 0xCE, 1}, []byte{0x65, 1, 2, 3}, []byte{0x41, 4, 5}
	tp.rtp(6, 90, 9, 102, 0, 0, true, idr) // before its parameters: nothing to decode it with
	tp.rtp(6, 100, 9, 102, 1, 3600, false, sps)
	tp.rtp(6, 100, 9, 102, 2, 3600, false, pps)
	tp.rtp(6, 100, 9, 102, 3, 3600, true, idr)
	tp.rtp(6, 140, 9, 102, 4, 7200, true, slice)
	out, tracks := tp.remux()
	entry, blocks := blocksOf(t, filepath.Join(out, "6.mkv"))
	if entry.CodecID != "V_MPEG4/ISO/AVC" || !bytes.Equal(entry.CodecPrivate, avcConfig(sps, pps)) {
		t.Errorf("track %+v", entry)
	}
	if len(blocks) != 2 || !blocks[0].key || blocks[1].key || tracks[0].Dropped != 1 {
		t.Fatalf("%+v, %+v", blocks, tracks)
	}
	if !bytes.HasSuffix(blocks[0].data, append([]byte{0, 0, 0, 4}, idr...)) || !bytes.Equal(blocks[1].data, append([]byte{0, 0, 0, 3}, slice...)) {
		t.Errorf("%x, %x", blocks[0].data, blocks[1].data)
	}
}

// TestRemuxAgain: the same recording gives the same bytes, also after a run that was cut off.
func TestRemuxAgain(t *testing.T) {
	tp := newTape(t)
	tp.stream(5, 7, kindMic, "audio/opus", 111, 48000)
	for i := range 100 {
		tp.rtp(5, int64(i*20), 7, 111, uint16(i), uint32(i*960), false, sound(i))
	}
	out, _ := tp.remux()
	name := filepath.Join(out, "5.mkv")
	first, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	write(t, name+".new", []byte("cut off"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Remux(ctx, tp.dir, out); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled run: %v", err)
	}
	if _, err := Remux(t.Context(), tp.dir, out); err != nil {
		t.Fatal(err)
	}
	again, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("%d bytes, then %d, %v", len(first), len(again), err)
	}
	if left, _ := filepath.Glob(filepath.Join(out, "*.new")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestVerify finds one byte that changed and one file that is gone.
func TestVerify(t *testing.T) {
	tp := newTape(t)
	tp.stream(5, 7, kindMic, "audio/opus", 111, 48000)
	tp.stream(6, 8, kindMic, "audio/opus", 111, 48000)
	for i := range 10 {
		tp.rtp(5, int64(i*20), 7, 111, uint16(i), uint32(i*960), false, sound(i))
		tp.rtp(6, int64(i*20), 8, 111, uint16(i), uint32(i*960), false, sound(i))
	}
	tp.save()
	if n, err := Verify(t.Context(), tp.dir); n != 2 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	name := captureName(tp.dir, 5, 0)
	b := tp.captures[5]
	b[len(b)-1] ^= 1
	write(t, name, b)
	if n, err := Verify(t.Context(), tp.dir); n != 1 || err == nil {
		t.Errorf("one byte: %d, %v", n, err)
	}
	if err := os.Remove(captureName(tp.dir, 6, 0)); err != nil {
		t.Fatal(err)
	}
	if n, err := Verify(t.Context(), tp.dir); n != 0 || err == nil {
		t.Errorf("one file: %d, %v", n, err)
	}
	if _, err := Verify(t.Context(), t.TempDir()); err == nil {
		t.Error("verified nothing")
	}
	if _, err := Remux(t.Context(), t.TempDir(), t.TempDir()); err == nil {
		t.Error("remuxed nothing")
	}
}

// TestClockOfThreeHours: senders whose clocks run 200 ppm fast or slow, behind jitter, stay within 20 ms of the server's clock.
func TestClockOfThreeHours(t *testing.T) {
	for _, ppm := range []float64{-200, 0, 200} {
		rng := rand.New(rand.NewPCG(1, 2))
		c := newClockTrack(48000)
		jitter := func() int64 { return int64(rng.ExpFloat64() * 8e6) }
		type sample struct {
			ts       uint32
			at, said int64
		}
		var samples []sample
		for now := int64(0); now < int64(3*time.Hour); now += int64(100 * time.Millisecond) {
			sender := float64(now) * (1 + ppm/1e6)
			ts := uint32(uint64(sender * 48000 / 1e9))
			at := now + 30e6 + jitter()
			c.packet(ts, at)
			if now%int64(5*time.Second) == 0 {
				c.report(packets.NTP(tapeStart*1e6+int64(sender)), ts, now+30e6+jitter())
			}
			samples = append(samples, sample{ts, at, now})
		}
		c.finish()
		least, most := int64(1<<62), int64(-1<<62)
		for _, s := range samples {
			off := c.at(s.ts, s.at) - s.said
			least, most = min(least, off), max(most, off)
		}
		if most-least > 20e6 || least < 10e6 || most > 50e6 { // the way takes 30 ms at least
			t.Errorf("%v ppm: from %v to %v after it was said", ppm, time.Duration(least), time.Duration(most))
		}
	}
}

func TestOpusTime(t *testing.T) {
	for want, b := range map[time.Duration][]byte{
		0: {}, 20 * time.Millisecond: {0xF8}, 60 * time.Millisecond: {3 << 3}, 10 * time.Millisecond: {12 << 3},
		5 * time.Millisecond: {16<<3 | 1}, 120 * time.Millisecond: {0xF8 | 3, 6}, 2500 * time.Microsecond: {16 << 3},
	} {
		if got := opusTime(b); got != int64(want) {
			t.Errorf("%x: %v, want %v", b, time.Duration(got), want)
		}
	}
	if opusTime([]byte{0xFB}) != 0 {
		t.Error("a count that is missing")
	}
}
