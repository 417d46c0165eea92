package store

import (
	"crypto/sha256"
	"errors"
	"testing"
)

func streamKey(id string, kind StreamKind, source string) StreamKey {
	return StreamKey{
		ID: id, Council: "a", Sitting: "s", Kind: kind, Source: source, TokenHash: sha256.Sum256([]byte(id)), Closed: kind == StreamWatch,
		CreatedAt: noon,
	}
}

func TestStreamKeys(t *testing.T) {
	db := open(t)
	ctx := t.Context()
	k := streamKey("k1", StreamIngest, "hall")
	for _, k := range []StreamKey{k, streamKey("k2", StreamWatch, "hall"), streamKey("k3", StreamWatch, "")} {
		if err := db.ReplaceStreamKey(ctx, k); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := db.StreamKeyByToken(ctx, "a", "s", k.TokenHash); err != nil || got != k {
		t.Errorf("%+v, %v", got, err)
	}
	for _, miss := range [][2]string{{"b", "s"}, {"a", "other"}} {
		if _, err := db.StreamKeyByToken(ctx, miss[0], miss[1], k.TokenHash); !errors.Is(err, ErrNotFound) {
			t.Errorf("%v: %v", miss, err)
		}
	}
	if err := db.ReplaceStreamKey(ctx, streamKey("k4", StreamIngest, "hall")); err != nil {
		t.Fatal(err)
	}
	if got, err := db.StreamKeyByToken(ctx, "a", "s", k.TokenHash); err != nil || !got.Revoked {
		t.Errorf("the replaced key: %+v, %v", got, err)
	}
	for _, want := range []error{nil, ErrNotFound} {
		if err := db.RevokeStreamKey(ctx, "a", "s", StreamWatch, ""); !errors.Is(err, want) {
			t.Errorf("revoke: %v, want %v", err, want)
		}
	}
	if err := db.RevokeStreamKey(ctx, "b", "s", StreamIngest, "hall"); !errors.Is(err, ErrNotFound) {
		t.Errorf("another council: %v", err)
	}
	keys, err := db.StreamKeys(ctx, "a", "s")
	if err != nil || len(keys) != 2 || keys[0].ID != "k2" || keys[1].ID != "k4" || !keys[0].Closed || keys[1].Closed {
		t.Errorf("%+v, %v", keys, err)
	}
	if keys, err := db.StreamKeys(ctx, "b", "s"); err != nil || len(keys) != 0 {
		t.Errorf("another council: %+v, %v", keys, err)
	}
}
