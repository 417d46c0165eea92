package council

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// Event is one fact of a log as the rules see it. Body is one of the event structs of this package.
type Event struct {
	Seq  uint64
	At   time.Time
	Mono int64 // room's monotonic milliseconds
	By   Actor
	Key  string // idempotency key of the command, on the command's first event only
	Body EventBody
}

// EventBody is implemented by every event; EventType names it in the ledger.
type EventBody interface{ EventType() string }

// Record is one event as it is stored: docs/formats/ledger.md. Body is the exact stored JSON.
type Record struct {
	Log      string // sitting id, or "council:"+id for a council's standing log
	Seq      uint64 // from 1, without gaps
	Epoch    uint64 // fencing epoch of the owner; 1 on one machine
	Type     string
	Actor    string // person id, or "system"
	IdemKey  string // "" when the event is not the first of its command
	Body     []byte
	AtWallMS int64 // Unix milliseconds, information only
	MonoMS   int64
	BootID   string
	PrevHash [32]byte // of seq-1; zero for the first
	Hash     [32]byte
	Print    []byte // fingerprint of the command, beside the chain and not hashed: tells a repeat from another act under the same key
}

// Sum computes the record's hash: SHA-256 over the length-prefixed fields in the order of the struct, PrevHash included.
// Lengths and integers are big-endian uint64.
func (r *Record) Sum() [32]byte {
	h := sha256.New()
	var n [8]byte
	str := func(b []byte) {
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	num := func(v uint64) {
		binary.BigEndian.PutUint64(n[:], 8)
		h.Write(n[:])
		binary.BigEndian.PutUint64(n[:], v)
		h.Write(n[:])
	}
	str([]byte(r.Log))
	num(r.Seq)
	num(r.Epoch)
	str([]byte(r.Type))
	str([]byte(r.Actor))
	str([]byte(r.IdemKey))
	str(r.Body)
	num(uint64(r.AtWallMS))
	num(uint64(r.MonoMS))
	str([]byte(r.BootID))
	str(r.PrevHash[:])
	var out [32]byte
	h.Sum(out[:0])
	return out
}
