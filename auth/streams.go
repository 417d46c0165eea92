package auth

import (
	"context"
	"encoding/json"
	"errors"

	"nghitruong/council"
	"nghitruong/store"
)

// StreamKey is the right of one encoder or player, as the store keeps it.
type StreamKey = store.StreamKey

// StreamKind is what a stream key opens, as the store keeps it.
type StreamKind = store.StreamKind

// Kinds of stream keys: an encoder's and a player's.
const (
	StreamIngest = store.StreamIngest
	StreamWatch  = store.StreamWatch
)

// IssueStream makes the key of a kind and source anew; the one before it opens nothing more. The token is known only now.
func (s *Service) IssueStream(ctx context.Context, k StreamKey) (Token, error) {
	t := NewToken()
	k.ID, k.TokenHash, k.Revoked, k.CreatedAt = NewID(), [tokenBytes]byte(t.Hash()), false, s.now()
	if err := s.store.ReplaceStreamKey(ctx, k); err != nil {
		return Token{}, wrap("store a stream key", err)
	}
	s.log.Info("a stream key was made", "sitting", k.Sitting, "kind", k.Kind, "source", k.Source)
	return t, nil
}

// StreamOf says which encoder or player a bearer token belongs to. A token opens exactly the kind and source that it was made
// for, from the sitting's publication to its close; a player's in a sitting that is not public only when it was made for one.
// Errors: ErrLinkUnknown, ErrLinkRevoked, ErrLinkExpired, ErrForbidden, ErrTooMany; unknown tokens count against the network.
func (s *Service) StreamOf(ctx context.Context, sitting string, kind StreamKind, source, token, network string) (StreamKey, error) {
	netKey := key("stream", network)
	if s.tries.over(netKey, triesPerNetwork) {
		return StreamKey{}, ErrTooMany
	}
	k, err := s.findStream(ctx, sitting, token)
	if errors.Is(err, ErrLinkUnknown) {
		s.tries.failed(netKey)
	}
	if err != nil {
		return StreamKey{}, err
	}
	switch {
	case k.Kind != kind || k.Source != source:
		return StreamKey{}, ErrForbidden
	case k.Revoked:
		return StreamKey{}, ErrLinkRevoked
	}
	return k, s.streamHolds(ctx, k)
}

func (s *Service) findStream(ctx context.Context, sitting, token string) (StreamKey, error) {
	t, err := ParseToken(token)
	if err != nil {
		return StreamKey{}, ErrLinkUnknown
	}
	councilID, err := s.store.CouncilOf(ctx, sitting)
	if err == nil {
		hash := [tokenBytes]byte(t.Hash())
		var k StreamKey
		if k, err = s.store.StreamKeyByToken(ctx, councilID, sitting, hash); err == nil && same(k.TokenHash[:], hash[:]) {
			return k, nil
		}
	}
	if err == nil || errors.Is(err, store.ErrNotFound) {
		return StreamKey{}, ErrLinkUnknown
	}
	return StreamKey{}, wrap("find a stream key", err)
}

// streamHolds says whether the sitting is one that the key opens now.
func (s *Service) streamHolds(ctx context.Context, k StreamKey) error {
	row, err := s.store.Sitting(ctx, k.Council, k.Sitting)
	if err != nil {
		return wrap("read a sitting", err)
	}
	if row.State == string(council.StateClosed) {
		return ErrLinkExpired
	}
	if k.Kind == StreamIngest || k.Closed {
		return nil
	}
	public, err := isPublic(row)
	if err != nil {
		return err
	}
	if !public {
		return ErrForbidden
	}
	return nil
}

// isPublic reads from a sitting's document whether citizens may enter.
func isPublic(row store.Sitting) (bool, error) {
	var doc struct {
		Public bool `json:"public"`
	}
	if err := json.Unmarshal(row.Doc, &doc); err != nil {
		return false, wrap("read a sitting's document", err)
	}
	return doc.Public, nil
}

// StreamKeys lists a sitting's keys that open something.
func (s *Service) StreamKeys(ctx context.Context, councilID, sitting string) ([]StreamKey, error) {
	keys, err := s.store.StreamKeys(ctx, councilID, sitting)
	if err != nil {
		return nil, wrap("list stream keys", err)
	}
	return keys, nil
}

// RevokeStream takes the key of a kind and source away; ErrLinkUnknown when there is none.
func (s *Service) RevokeStream(ctx context.Context, councilID, sitting string, kind StreamKind, source string) error {
	err := s.store.RevokeStreamKey(ctx, councilID, sitting, kind, source)
	if errors.Is(err, store.ErrNotFound) {
		return ErrLinkUnknown
	}
	if err != nil {
		return wrap("revoke a stream key", err)
	}
	return nil
}
