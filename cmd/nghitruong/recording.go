package main

import (
	"context"
	_ "embed" // the notice
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"nghitruong/council"
	"nghitruong/recordings"
	"nghitruong/room"
	"nghitruong/sfu"
)

// noticePath is where pages find what is played when a recording begins; a council may put its own recording there.
const noticePath = "/recording-notice.webm"

const maxNotice = 2 << 20 // bytes

// notice is what pages play when the council has no own recording; README.md says how it was made.
//
//go:embed recording-notice.webm
var notice []byte

// recorder joins the rooms, which say what is recorded, to the media and to the disk.
type recorder struct {
	app    *app
	keeper *recordings.Keeper // nil when nothing can be recorded
	wg     sync.WaitGroup
}

// recordingsFolder is where recordings lie.
func (c *Config) recordingsFolder() string {
	if c.Recordings != "" {
		return c.Recordings
	}
	return filepath.Join(c.Data, "recordings")
}

// openRecorder salvages what a crash left. Without a folder that can be written the server runs, and says why nothing is recorded.
func (a *app) openRecorder(boot string) *recorder {
	r := &recorder{app: a}
	k, err := recordings.NewKeeper(recordings.KeeperConfig{Root: a.config.recordingsFolder(), Data: a.config.Data, Boot: boot, Log: a.log})
	if err != nil {
		a.log.Error("nothing can be recorded", "error", err)
		return r
	}
	r.keeper = k
	return r
}

// asRoom is the recorder as rooms ask it; nil when nothing can be recorded.
func (r *recorder) asRoom() room.Recorder {
	if r.keeper == nil {
		return nil
	}
	return r.keeper
}

// attend has a sitting recorded as its room says.
func (r *recorder) attend(sitting string, conf *sfu.Conference) {
	if r.keeper == nil {
		return
	}
	r.wg.Go(func() {
		ctx := context.Background() // the room answers, or ends
		rm, err := r.app.rooms.Room(ctx, sitting)
		if err == nil {
			wish := r.keeper.Attend(sitting, rm, func(rec *recordings.Recorder) func() {
				conf.AddTap(rec)
				return func() { conf.RemoveTap(rec) }
			})
			err = rm.OnDirection(ctx, func(d council.MediaDirection) { wish(d.Recording) })
		}
		if err != nil {
			r.app.log.Error("a sitting is not recorded", "sitting", sitting, "error", err)
		}
	})
}

// resume goes on with what the last stop or crash interrupted.
func (r *recorder) resume(ctx context.Context) {
	if r.keeper == nil {
		return
	}
	for _, sitting := range r.keeper.Unfinished() {
		if _, err := r.app.signaling.Media(ctx, sitting); err != nil {
			r.app.log.Error("a recording waits for its sitting", "sitting", sitting, "error", err)
		}
	}
}

// close ends every take and writes it down; the rooms must still run.
func (r *recorder) close() {
	r.wg.Wait()
	if r.keeper != nil {
		r.keeper.Close()
	}
}

// notice gives the council's own notice when one is configured.
func (c *Config) notice() ([]byte, error) {
	if c.RecordingNotice == "" {
		return notice, nil
	}
	info, err := os.Stat(c.RecordingNotice)
	if err != nil {
		return nil, fmt.Errorf("read the recording notice: %w", err)
	}
	if info.Size() > maxNotice {
		return nil, fmt.Errorf("read the recording notice: %s has %d bytes, at most %d are played", c.RecordingNotice, info.Size(), maxNotice)
	}
	content, err := os.ReadFile(c.RecordingNotice)
	if err != nil {
		return nil, fmt.Errorf("read the recording notice: %w", err)
	}
	return content, nil
}

// serveNotice has pages find it.
func (c *Config) serveNotice(mux *http.ServeMux) error {
	content, err := c.notice()
	if err != nil {
		return err
	}
	mux.HandleFunc("GET "+noticePath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "audio/webm")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(content) // a client that went away needs nothing
	})
	return nil
}
