package web

import (
	"context"
	"slices"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/office"
	"nghitruong/papers"
)

// streamRow is an encoder or player of a sitting with what the media server sees of it.
type streamRow struct {
	office.Stream
	URL   string       `json:"url"`
	State *StreamState `json:"state" doc:"of encoders that came in this sitting; else null"`
}

func (s *server) streamList(ctx context.Context, in *SittingIn) (*body[[]streamRow], error) {
	all, err := s.office.Streams(ctx, account(ctx).Council, in.ID)
	if err != nil {
		return nil, err
	}
	var states []StreamState
	if s.streams.media != nil {
		if states, err = s.streams.media.States(ctx, in.ID); err != nil {
			return nil, err
		}
	}
	base := s.base(exchangeOf(ctx).r)
	out := make([]streamRow, len(all))
	for i, st := range all {
		out[i] = streamRow{Stream: st, URL: StreamURL(base, in.ID, st)}
		at := slices.IndexFunc(states, func(x StreamState) bool { return x.Source == string(st.Source) })
		if st.Kind == auth.StreamIngest && at >= 0 {
			out[i].State = &states[at]
		}
	}
	return answerOf(out, nil)
}

// StreamURL is the address of an encoder or player.
func StreamURL(base, sitting string, s office.Stream) string {
	url := base + "/" + string(s.Kind) + "/" + sitting
	if s.Source != office.StageSource {
		url += "/" + string(s.Source)
	}
	return url
}

type streamIn struct {
	SittingIn
	Body struct {
		Kind   auth.StreamKind  `json:"kind" enum:"whip,whep"`
		Source council.PersonID `json:"source" maxLength:"64" doc:"the hall; empty = the stage"`
	}
}

// newStream is a key at the only moment when it can be shown.
type newStream struct {
	office.Stream
	URL   string `json:"url"`
	Token string `json:"token"`
	QR    string `json:"qr" doc:"SVG of address and token, a space between them"`
}

func (s *server) renewStream(ctx context.Context, in *streamIn) (*body[newStream], error) {
	st, token, err := s.office.RenewStream(ctx, account(ctx).Council, in.ID, in.Body.Kind, in.Body.Source)
	if err != nil {
		return nil, err
	}
	s.streams.end(in.ID, auth.StreamKey{Kind: st.Kind, Source: string(st.Source)})
	out := newStream{Stream: st, URL: StreamURL(s.base(exchangeOf(ctx).r), in.ID, st), Token: token.String()}
	out.QR, err = papers.QR(out.URL + " " + out.Token)
	return answerOf(out, err)
}

func (s *server) revokeStream(ctx context.Context, in *streamIn) (*empty, error) {
	err := s.office.RevokeStream(ctx, account(ctx).Council, in.ID, in.Body.Kind, in.Body.Source)
	if err != nil {
		return nil, err
	}
	s.streams.end(in.ID, auth.StreamKey{Kind: in.Body.Kind, Source: string(in.Body.Source)})
	return &empty{}, nil
}

type readmitIn struct {
	SittingIn
	Body struct {
		Source council.PersonID `json:"source" maxLength:"64"`
	}
}

func (s *server) readmitStream(ctx context.Context, in *readmitIn) (*empty, error) {
	if err := s.office.StreamSource(ctx, account(ctx).Council, in.ID, in.Body.Source); err != nil {
		return nil, err
	}
	if s.streams.media == nil {
		return nil, newProblem(council.Internal, "busy", nil)
	}
	return &empty{}, s.streams.media.Readmit(ctx, in.ID, string(in.Body.Source))
}
