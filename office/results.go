package office

import (
	"context"

	"nghitruong/council"
)

// errBallotOpen keeps the ledger in the house while a ballot is open: nobody's choice leaves the server before the close.
var errBallotOpen = &Error{Kind: council.Conflict, Code: council.CodeBallotOpen}

// Minutes replays a published sitting's log: what the tables of its results are made from. It does not disturb the room.
func (o *Office) Minutes(ctx context.Context, councilID, id string) (council.Minutes, error) {
	_, m, err := o.replay(ctx, councilID, id)
	return m, err
}

// Ledger gives all records of a published sitting, for the bundle; a refusal while a ballot is open.
func (o *Office) Ledger(ctx context.Context, councilID, id string) ([]council.Record, error) {
	records, m, err := o.replay(ctx, councilID, id)
	if err != nil {
		return nil, err
	}
	for _, v := range m.Votes {
		if v.ClosedAt == 0 {
			return nil, errBallotOpen
		}
	}
	return records, nil
}

func (o *Office) replay(ctx context.Context, councilID, id string) ([]council.Record, council.Minutes, error) {
	if _, err := o.published(ctx, councilID, id); err != nil {
		return nil, council.Minutes{}, err
	}
	var records []council.Record
	s := council.NewSitting(id)
	err := o.store.Load(ctx, councilID, id, 0, func(r council.Record) error {
		e, err := r.Event()
		if err != nil {
			return err
		}
		s.Apply(e)
		records = append(records, r)
		return nil
	})
	if err != nil {
		return nil, council.Minutes{}, wrap("read a sitting's log", err)
	}
	return records, s.Minutes(), nil
}
