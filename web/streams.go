package web

import (
	"context"
	"sync"

	"nghitruong/auth"
)

// Streams is the media behind the doors of encoders (WHIP) and players (WHEP). Errors that a client should hear of are
// *StreamError; everything else is internal.
type Streams interface {
	// Ingest lets an encoder feed source; network tells where it comes from.
	Ingest(ctx context.Context, sitting, source, network, offer string) (Stream, error)
	// Watch lets a player show the stage, or one source when it is not "".
	Watch(ctx context.Context, sitting, source, offer string) (Stream, error)
	// Readmit opens the gates of a source that came anew from another network.
	Readmit(ctx context.Context, sitting, source string) error
	// States tells of every source that an encoder feeds or fed in the sitting.
	States(ctx context.Context, sitting string) ([]StreamState, error)
}

// Stream is one session.
type Stream interface {
	Answer() string                                                 // SDP
	Tag() string                                                    // names the ICE session
	Restart(ctx context.Context, ufrag, pwd string) (string, error) // an SDP fragment with the new ICE session
	Close()                                                         // ends it at once
	Done() <-chan struct{}                                          // closes when it has ended
}

// StreamError is a refusal of a Streams.
type StreamError struct {
	Kind   StreamFault
	Reason string // for the person at the encoder
}

// StreamFault says what is at fault.
type StreamFault int

// Faults.
const (
	FaultOffer  StreamFault = iota // the offer cannot be read: 400
	FaultLines                     // it can, but holds what this server does not take: 406 (RFC 9725 section 4.4)
	FaultBusy                      // the server: come back later, 503
	FaultClosed                    // the sitting has ended: 403
)

func (e *StreamError) Error() string { return "web: stream: " + e.Reason }

// StreamState is what the clerk sees of one source that an encoder feeds or fed.
type StreamState struct {
	Source     string   `json:"source"`
	Connected  bool     `json:"connected" doc:"packets came within the last 3 s"`
	Held       bool     `json:"held" doc:"came anew from another network: its gates wait for the clerk"`
	OnAir      bool     `json:"on_air" doc:"the room lets its picture pass"`
	Codec      string   `json:"codec"`
	W          int      `json:"w"`
	H          int      `json:"h"`
	FPS        float64  `json:"fps"`
	KeyframeMS int64    `json:"keyframe_ms" doc:"between keyframes; 0 = none came"`
	Warnings   []string `json:"warnings" doc:"keyframes: more than 2 s apart; keyframes_long: more than 3 s; profile: H264 Main"`
	Ended      string   `json:"ended" doc:"why the last encoder left: left, replaced, failed, b_frames, profile, conf_close; empty while one is there"`
}

// maxStreams bounds the sessions that are kept at once.
const maxStreams = 4096

// running is one session with the key that opened it.
type running struct {
	Stream
	key   auth.StreamKey
	relay string // its name at the media relay; unlike its name in the address, no secret
}

func (r *running) over() bool {
	select {
	case <-r.Done():
		return true
	default:
		return false
	}
}

// streams keeps the sessions by their secret names.
type streams struct {
	media Streams // nil = none

	mu      sync.Mutex
	all     map[string]*running // guarded by mu
	sweepAt int                 // guarded by mu: how many there may be until those that ended are looked for
	asked   map[asker]*relayed  // guarded by mu
}

const sweepLeast = 64

func newStreams(m Streams) *streams {
	return &streams{media: m, all: map[string]*running{}, sweepAt: sweepLeast, asked: map[asker]*relayed{}}
}

// room says whether one more session may be kept; it forgets those that ended when there are many.
func (s *streams) room() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) >= s.sweepAt {
		for id, r := range s.all {
			if r.over() {
				delete(s.all, id)
			}
		}
		s.sweepAt = max(sweepLeast, 2*len(s.all))
	}
	return len(s.all) < maxStreams
}

func (s *streams) keep(r *running) string {
	id := auth.NewID()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[id] = r
	return id
}

// find gives the living session of a name that this key opened, else nil.
func (s *streams) find(id string, k auth.StreamKey) *running {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.all[id]
	if r == nil || r.key.ID != k.ID {
		return nil
	}
	if r.over() {
		delete(s.all, id)
		return nil
	}
	return r
}

// end closes the sessions of a sitting, a kind and a source.
func (s *streams) end(sitting string, k auth.StreamKey) {
	s.mu.Lock()
	var gone []*running
	for id, r := range s.all {
		if r.key.Sitting == sitting && r.key.Kind == k.Kind && r.key.Source == k.Source {
			delete(s.all, id)
			gone = append(gone, r)
		}
	}
	s.mu.Unlock()
	for _, r := range gone {
		r.Close()
	}
}
