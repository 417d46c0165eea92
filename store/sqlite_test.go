package store_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"nghitruong/store"
	"nghitruong/store/storetest"
)

func openSQLite(ctx context.Context, dir string) (storetest.Ledger, error) {
	db, err := store.Open(ctx, dir, store.Options{})
	if err != nil {
		return nil, err
	}
	return db, nil
}

func TestMain(m *testing.M) {
	if err := storetest.Child(openSQLite); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func TestLedger(t *testing.T) { storetest.Run(t, openSQLite) }

func TestLedgerKilled(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	storetest.Kill(t, openSQLite, rounds)
}
