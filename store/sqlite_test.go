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

// childSync weakens a child's promise, for the control run of the power cuts; "" = as the server.
const childSync = "STORETEST_CHILD_SYNC"

func openSQLite(ctx context.Context, dir string) (storetest.Ledger, error) {
	db, err := store.Open(ctx, dir, store.WithSynchronous(store.Options{}, os.Getenv(childSync)))
	if err != nil {
		return nil, err
	}
	return db, nil
}

func TestMain(m *testing.M) {
	if ran, err := storetest.Child(openSQLite); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	} else if ran {
		return
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
