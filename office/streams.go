package office

import (
	"cmp"
	"context"
	"slices"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/store"
)

// StageSource is the source of a player's key that shows what is on stage.
const StageSource = ""

// Stream is what may come in or go out of a sitting by a standard client: a hall's picture and sound, or the stage.
type Stream struct {
	Kind   store.StreamKind `json:"kind" enum:"whip,whep"`
	Source council.PersonID `json:"source" doc:"the hall; empty = the stage, for players only"`
	Name   string           `json:"name" doc:"the hall's name; empty for the stage"`
	HasKey bool             `json:"has_key" doc:"a key was made and not revoked"`
}

// Streams lists the encoders and players that a published sitting may have: the stage's player, then of each hall on its list the
// encoder and the player.
func (o *Office) Streams(ctx context.Context, councilID, id string) ([]Stream, error) {
	row, err := o.published(ctx, councilID, id)
	if err != nil {
		return nil, err
	}
	doc, err := documentOf(row)
	if err != nil {
		return nil, err
	}
	keys, err := o.identity.StreamKeys(ctx, councilID, id)
	if err != nil {
		return nil, err
	}
	out := []Stream{{Kind: store.StreamWatch, Source: StageSource}}
	for _, p := range doc.People {
		if slices.Contains(p.Roles, council.RoleHall) {
			name := cmp.Or(p.Label, p.Name)
			out = append(out, Stream{Kind: store.StreamIngest, Source: p.ID, Name: name}, Stream{Kind: store.StreamWatch, Source: p.ID, Name: name})
		}
	}
	for i := range out {
		out[i].HasKey = slices.ContainsFunc(keys, func(k auth.StreamKey) bool {
			return k.Kind == out[i].Kind && k.Source == string(out[i].Source)
		})
	}
	return out, nil
}

// RenewStream makes the key of an encoder or player anew. A player's key for a sitting that is not public is made for it.
func (o *Office) RenewStream(ctx context.Context, councilID, id string, kind store.StreamKind, source council.PersonID) (Stream, auth.Token, error) {
	s, err := o.stream(ctx, councilID, id, kind, source)
	if err != nil {
		return Stream{}, auth.Token{}, err
	}
	row, err := o.published(ctx, councilID, id)
	if err != nil {
		return Stream{}, auth.Token{}, err
	}
	doc, err := documentOf(row)
	if err != nil {
		return Stream{}, auth.Token{}, err
	}
	if row.State == string(council.StateClosed) {
		return Stream{}, auth.Token{}, ErrSittingOver
	}
	s.HasKey = true
	t, err := o.identity.IssueStream(ctx, auth.StreamKey{
		Council: councilID, Sitting: id, Kind: kind, Source: string(source), Closed: kind == store.StreamWatch && !doc.Public,
	})
	return s, t, err
}

// RevokeStream takes the key of an encoder or player away.
func (o *Office) RevokeStream(ctx context.Context, councilID, id string, kind store.StreamKind, source council.PersonID) error {
	if _, err := o.stream(ctx, councilID, id, kind, source); err != nil {
		return err
	}
	return o.identity.RevokeStream(ctx, councilID, id, kind, string(source))
}

// StreamSource makes sure that a sitting of the council has such an encoder; ErrNoPerson when not.
func (o *Office) StreamSource(ctx context.Context, councilID, id string, source council.PersonID) error {
	_, err := o.stream(ctx, councilID, id, store.StreamIngest, source)
	return err
}

func (o *Office) stream(ctx context.Context, councilID, id string, kind store.StreamKind, source council.PersonID) (Stream, error) {
	all, err := o.Streams(ctx, councilID, id)
	if err != nil {
		return Stream{}, err
	}
	for _, s := range all {
		if s.Kind == kind && s.Source == source {
			return s, nil
		}
	}
	return Stream{}, ErrNoPerson
}
