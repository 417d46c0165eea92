// Package store keeps events, accounts, links, drafts and personal data durable, and says so only when they are.
//
// One data folder holds one SQLite database (WAL, synchronous=FULL) that one process owns. Writes go through one
// connection, one after another; reads go through several others and never wait for a write. A method that changes
// something returns nil only after COMMIT, which includes fsync.
//
// Every row that belongs to a council carries its id and every query names it, so that the identifier of another
// council's sitting finds nothing.
//
// The parts:
//
//   - ledger.go, verify.go: append-only, hash-chained logs (docs/formats/ledger.md);
//   - projection.go: tables derived from the logs in the same transaction, rebuilt by replay;
//   - side.go: citizens' names and texts, encrypted with a key per record, erasable;
//   - councils.go, accounts.go, devices.go, links.go, sittings.go, settings.go: the tables of the office and of identity.
package store
