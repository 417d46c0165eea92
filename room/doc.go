// Package room runs one sitting: it orders commands, makes their events durable, then shows what each audience may see.
//
// A Room is one goroutine that owns one council.Sitting. It drains its mailbox, lets the rules decide and apply each
// command, appends all events of the batch to the ledger in one durable write, and only then answers and publishes views.
// When the write fails nobody is told success, the state in memory is thrown away and rebuilt from the ledger.
//
//	registry.go  who finds the room of a sitting
//	room.go      the goroutine and its mailbox
//	batch.go     one batch: repeats, permission, decide, apply
//	commit.go    durable or not: append, settle, rebuild
//	attach.go    who is connected, the time of grace, the waiting room
//	views.go     documents by topic and audience, coalesced
package room
