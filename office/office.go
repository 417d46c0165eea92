// Package office runs the council's work between sittings: councils, units, drafts, lists of people, links and results.
//
// Every method that reaches a sitting takes the council of the account that asks; another council's sitting is as unknown as
// one that never was.
package office

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/store"
)

// Store is what this package needs kept; package store has it, and its errors are those named there.
type Store interface {
	Units(ctx context.Context) ([]store.Unit, error)
	PutUnits(ctx context.Context, units []store.Unit) error
	AddCouncil(ctx context.Context, c store.Council) error
	Council(ctx context.Context, id string) (store.Council, error)
	Councils(ctx context.Context) ([]store.Council, error)
	CountAccounts(ctx context.Context) (int, error)

	drafts
	people
	settings
}

type drafts interface {
	AddSitting(ctx context.Context, s store.Sitting) error
	SittingByDoor(ctx context.Context, door string) (store.Sitting, error)
	Sitting(ctx context.Context, councilID, id string) (store.Sitting, error)
	Sittings(ctx context.Context, councilID string) ([]store.Sitting, error)
	SaveDraft(ctx context.Context, councilID, id string, version int, doc []byte, at time.Time) (int, error)
	CouncilOf(ctx context.Context, sitting string) (string, error)
}

type people interface {
	Links(ctx context.Context, councilID, sitting string) ([]store.Link, error)
	DevicesOfSitting(ctx context.Context, councilID, sitting string) ([]store.PersonDevice, error)
	PutCitizen(ctx context.Context, councilID, sitting string, p council.PersonID, name council.CitizenName, at time.Time) error
	Citizen(ctx context.Context, councilID, sitting string, p council.PersonID) (name council.CitizenName, ok bool, err error)
	Erase(ctx context.Context, councilID, sitting string, p council.PersonID, at time.Time) error
	Load(ctx context.Context, councilID, log string, after uint64, fn func(council.Record) error) error
}

type settings interface {
	Setting(ctx context.Context, name string) ([]byte, error)
	SetSetting(ctx context.Context, name string, value []byte) error
	TakeSetting(ctx context.Context, name string, value []byte) (bool, error)
}

// Rooms is what the office asks of the running sittings.
type Rooms interface {
	// Publish writes the sitting ledger's first event; from then on the room owns the sitting. A second call with another document is an error.
	Publish(ctx context.Context, sitting string, doc council.Published, by council.PersonID) error
}

// Identity is what the office asks of package auth.
type Identity interface {
	AddAccount(ctx context.Context, councilID, name, password string, role auth.AccountRole) (auth.Account, error)
	Accounts(ctx context.Context, councilID string) ([]auth.Account, error)
	PersonFor(ctx context.Context, d auth.Device, sitting string) (auth.Person, error)
	PersonsOf(ctx context.Context, d auth.Device) ([]auth.DevicePerson, error)
	EnterAs(ctx context.Context, d auth.Device, councilID, sitting string, p council.PersonID, role council.Role) error
	IssueLinks(ctx context.Context, councilID, sitting string, people []council.Person) ([]auth.Issued, error)
	RevokePerson(ctx context.Context, councilID, sitting string, p council.PersonID) error
	RevokeDevice(ctx context.Context, councilID, sitting, device string) error
	IssueStream(ctx context.Context, k auth.StreamKey) (auth.Token, error)
	StreamKeys(ctx context.Context, councilID, sitting string) ([]auth.StreamKey, error)
	RevokeStream(ctx context.Context, councilID, sitting string, kind store.StreamKind, source string) error
}

// Unit is an administrative unit, as the store keeps it.
type Unit = store.Unit

// Council is one council of one term, as the store keeps it.
type Council = store.Council

// Config is what an Office is made of; Log and Now may be nil.
type Config struct {
	Store    Store
	Identity Identity
	Rooms    Rooms
	Log      *slog.Logger
	Now      func() time.Time
}

// Office does the work between sittings. Its methods may be called from any goroutine.
type Office struct {
	store     Store
	identity  Identity
	rooms     Rooms
	log       *slog.Logger
	now       func() time.Time
	templates []Template
}

// New makes an office. An installation without units gets the sample units.
func New(ctx context.Context, c Config) (*Office, error) {
	templates, err := LoadTemplates()
	if err != nil {
		return nil, err
	}
	o := &Office{
		store: c.Store, identity: c.Identity, rooms: c.Rooms, log: c.Log, now: c.Now, templates: templates,
	}
	if o.log == nil {
		o.log = slog.New(slog.DiscardHandler)
	}
	if o.now == nil {
		o.now = time.Now
	}
	units, err := o.store.Units(ctx)
	if err != nil {
		return nil, wrap("read units", err)
	}
	if len(units) == 0 {
		if units, err = SampleUnits(); err != nil {
			return nil, err
		}
		if err := o.store.PutUnits(ctx, units); err != nil {
			return nil, wrap("store units", err)
		}
	}
	return o, nil
}

// Units lists the administrative units.
func (o *Office) Units(ctx context.Context) ([]Unit, error) {
	units, err := o.store.Units(ctx)
	if err != nil {
		return nil, wrap("read units", err)
	}
	return units, nil
}

// Templates lists the kinds of meeting.
func (o *Office) Templates() []Template { return o.templates }

// sitting reads a sitting of a council; ErrNoSitting also for another council's.
func (o *Office) sitting(ctx context.Context, councilID, id string) (store.Sitting, error) {
	row, err := o.store.Sitting(ctx, councilID, id)
	if errors.Is(err, store.ErrNotFound) {
		return store.Sitting{}, ErrNoSitting
	}
	if err != nil {
		return store.Sitting{}, wrap("read a sitting", err)
	}
	return row, nil
}

// published is sitting for those that were published; ErrNotPublished for drafts.
func (o *Office) published(ctx context.Context, councilID, id string) (store.Sitting, error) {
	row, err := o.sitting(ctx, councilID, id)
	if err != nil {
		return store.Sitting{}, err
	}
	if row.State == store.StateDraft {
		return store.Sitting{}, ErrNotPublished
	}
	return row, nil
}
