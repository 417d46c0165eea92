package room_test

import (
	"context"

	"nghitruong/store"
)

// seedStore makes the council and the sitting's row.
func seedStore(ctx context.Context, db *store.DB) error {
	if err := db.AddCouncil(ctx, store.Council{ID: councilID, Name: "HĐND xã Đông Cuông", CreatedAt: epochStart}); err != nil {
		return err
	}
	return db.AddSitting(ctx, store.Sitting{
		ID: sittingID, Council: councilID, Door: "k7m2p9qx", State: store.StateDraft, Version: 1, Doc: []byte("{}"),
		CreatedAt: epochStart, UpdatedAt: epochStart,
	})
}

func childMain() bool { return false }
