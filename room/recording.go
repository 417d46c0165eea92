package room

import (
	"context"
	"slices"
	"time"

	"nghitruong/council"
)

// Recorder says whether a recording can be made.
type Recorder interface {
	// Ready tells whether a sitting with so many people could be recorded for the hours that the council asks for; if not, how many
	// there is room for. able is false when nothing can be written at all. It must not block.
	Ready(people int) (hours, need float64, able bool)
}

// mayRecord refuses a recording that would not get far.
func (r *Room) mayRecord() error {
	if r.recorder == nil {
		return refuse(council.Conflict, CodeNoRecorder)
	}
	hours, need, able := r.recorder.Ready(len(r.people.here))
	switch {
	case !able:
		return refuse(council.Conflict, CodeNoRecorder)
	case hours < need:
		e := refuse(council.Conflict, CodeNoRecordingSpace)
		e.Data = map[string]any{"hours": float64(int(hours*10)) / 10, "need": need}
		return e
	}
	return nil
}

// Note writes down what a part of the server found: one of council.SystemCommandNames. It returns nil when that is durable, or when
// there was nothing to say. A refusal is a *council.Error.
func (r *Room) Note(ctx context.Context, body council.CommandBody) error {
	if body == nil || !slices.Contains(council.SystemCommandNames(), body.CommandName()) {
		return refuse(council.NotAllowed, council.CodeSystemOnly)
	}
	_, err := r.ask(ctx, council.Command{Actor: council.Actor{System: true}, Body: body})
	return err
}

// SetRecording shows how the recording goes; nil = not known.
func (r *Room) SetRecording(ctx context.Context, light *council.RecordingLight) error {
	return r.call(ctx, func(context.Context) {
		if was := r.people.live.Recording; was == light || was != nil && light != nil && *was == *light {
			return
		}
		r.people.live.Recording = light
		r.liveChanged()
	})
}

// MonoMS is the room's monotonic clock, as in the log's records, at a time of this process.
func (r *Room) MonoMS(at time.Time) int64 { return at.Sub(r.started).Milliseconds() }
