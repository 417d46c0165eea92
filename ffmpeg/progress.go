package ffmpeg

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"
)

// maxLine bounds a line of the progress report, in bytes.
const maxLine = 4 << 10

// Progress is how far a child is, from ffmpeg's -progress report.
type Progress struct {
	Frame int64         // video frames written
	Time  time.Duration // media time written
	Bytes int64         // written; 0 while unknown
	Speed float64       // media time per real time; 0 while unknown
	Last  bool          // the child finished its work
}

// readProgress calls tell for each report until r ends. Unknown keys and values are passed over: they differ between
// versions.
func readProgress(r io.Reader, tell func(Progress)) {
	var p Progress
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 512), maxLine)
	for lines.Scan() {
		key, value, ok := strings.Cut(lines.Text(), "=")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		n, err := strconv.ParseInt(value, 10, 64)
		switch {
		case key == "progress":
			p.Last = value == "end"
			tell(p)
		case key == "speed":
			p.Speed, _ = strconv.ParseFloat(strings.TrimSuffix(value, "x"), 64) // "N/A" is 0
		case err != nil:
		case key == "frame":
			p.Frame = n
		case key == "out_time_us":
			p.Time = time.Duration(n) * time.Microsecond
		case key == "total_size":
			p.Bytes = n
		}
	}
	_, _ = io.Copy(io.Discard, r) // after a line too long the child must still be able to write
}
