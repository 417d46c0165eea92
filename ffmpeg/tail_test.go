package ffmpeg

import (
	"strings"
	"testing"
	"time"
)

func TestTail(t *testing.T) {
	w := tail{secrets: []string{"pass word", ""}}
	for range 3000 {
		_, _ = w.Write([]byte("rtsp://u:pass word@10.0.0.1\n"))
	}
	_, _ = w.Write([]byte("last\n"))
	got := w.String()
	if len(got) > tailSize || strings.Contains(got, "pass") || !strings.HasPrefix(got, "rtsp://u:***@10") || lastLine(got) != "last" {
		t.Errorf("%d bytes, begins %.40q, ends %q", len(got), got, lastLine(got))
	}
	if got := (&tail{}).String(); got != "" {
		t.Errorf("nothing written: %q", got)
	}
}

func TestProgressReport(t *testing.T) {
	var all []Progress
	report := "frame=25\nout_time_us=1000000\ntotal_size=N/A\nspeed=1.5x\nnonsense\nbitrate=N/A\nprogress=continue\n" +
		"frame=x\ntotal_size=77\nspeed=N/A\nprogress=end\n" + strings.Repeat("z", 2*maxLine) + "\nframe=9\nprogress=end\n"
	readProgress(strings.NewReader(report), func(p Progress) { all = append(all, p) })
	want := []Progress{
		{Frame: 25, Time: time.Second, Speed: 1.5},
		{Frame: 25, Time: time.Second, Bytes: 77, Last: true},
	}
	if len(all) != 2 || all[0] != want[0] || all[1] != want[1] {
		t.Errorf("%+v", all)
	}
}
