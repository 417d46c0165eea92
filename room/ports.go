package room

import (
	"context"

	"nghitruong/council"
)

// Ledger keeps logs durable. A log belongs to one council; its records are numbered from 1 without gaps and hash-chained.
// An error may say more by the methods Stopped() bool and NoSpace() bool.
type Ledger interface {
	// Append stores records behind the sequence after, all or none, durable before it returns nil. It refuses a stale
	// after. Any error may leave it open whether they were stored, unless Stopped says true.
	Append(ctx context.Context, councilID, log string, after uint64, records []council.Record) error
	// Head gives the last sequence and hash; zeros for an empty log.
	Head(ctx context.Context, councilID, log string) (seq uint64, hash [32]byte, err error)
	// Load calls fn with every record behind the sequence after, in order, and ends at fn's first error.
	Load(ctx context.Context, councilID, log string, after uint64, fn func(council.Record) error) error
}

// Permits is the one static table of rights: may a set of roles give this command? Default deny.
type Permits interface {
	May(roles []council.Role, command string) bool
}

// PermitsFunc makes Permits of a function.
type PermitsFunc func(roles []council.Role, command string) bool

// May asks the function.
func (f PermitsFunc) May(roles []council.Role, command string) bool { return f(roles, command) }

// SideTable keeps what citizens say about themselves and write, outside the log and erasable.
type SideTable interface {
	// PutText stores a text durably and gives the reference for the log.
	PutText(ctx context.Context, councilID, sitting string, person council.PersonID, text string) (ref string, err error)
	// Texts gives all texts of a sitting by reference.
	Texts(ctx context.Context, councilID, sitting string) (map[string]string, error)
	// Citizen gives one citizen's name; ok is false for nobody.
	Citizen(ctx context.Context, councilID, sitting string, person council.PersonID) (name council.CitizenName, ok bool, err error)
	// Citizens gives the names of all citizens of a sitting.
	Citizens(ctx context.Context, councilID, sitting string) (map[council.PersonID]council.CitizenName, error)
}

// Directory says which council a sitting belongs to. The error for an unknown sitting has a method NotFound() bool.
type Directory interface {
	CouncilOf(ctx context.Context, sitting string) (councilID string, err error)
}

// Outlet is the sending side of one session. Its methods are called from the room's goroutine: they must not block, and
// must not call the room.
type Outlet interface {
	// View replaces the session's document of a topic. doc is JSON and belongs to the room: read it, never change it.
	// The outlet keeps only the newest unsent document of a topic, and sends topics in the order in which they waited.
	View(topic council.Topic, seq uint64, doc []byte)
	// Standing tells whether the person is inside; once at Attach before the views, and after each change.
	Standing(Standing)
}

// Standing is where a session's person stands.
type Standing struct {
	Audience council.Audience
	Roles    []council.Role
	Waiting  bool   // in the waiting room: gets the topics self and agenda only, and no media
	Ahead    int    // people who have waited longer
	Out      bool   // was shown out: gets self only, and no media
	Reason   string // of Out
	Place    string // where the session counts: council.Online, or the person id of a hall
}

// Answer is the receipt of a command that was made durable, or that had nothing to do.
type Answer struct {
	Seq uint64 // of the command's first event; the log's head when it had none
	At  int64  // server's wall clock, Unix milliseconds
	Dup bool   // the same command was answered before; Seq and At are those of then
}

// Attachment is who a session is, as its device's cookie proves.
type Attachment struct {
	Person council.PersonID
	Roles  []council.Role // of the session; a listed person's come from the sitting instead
	Since  uint64         // sequence of the newest view that the client has; 0 = none
	Boot   string         // the room's Boot when the client got them; another one: everything is sent again
	Place  string         // council.Online, or the person id of a hall
	AtHall bool           // the device sits in its person's hall: the hall of the sitting's list takes the place of Place, if it names one
}
