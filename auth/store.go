package auth

import (
	"context"
	"time"

	"nghitruong/council"
	"nghitruong/store"
)

// Store is what this package needs kept; package store has it. A method that changes something returns nil only when the
// change is durable; store.ErrNotFound, ErrDuplicate and ErrVersion mean what they say there.
type Store interface {
	accounts
	devices
	links
	streams
	sittings
}

type accounts interface {
	AddAccount(ctx context.Context, a store.Account) error
	AccountByName(ctx context.Context, name string) (store.Account, error)
	AccountByID(ctx context.Context, id string) (store.Account, error)
	Accounts(ctx context.Context, councilID string) ([]store.Account, error)
}

type devices interface {
	AddDevice(ctx context.Context, d store.Device) error
	DeviceByHash(ctx context.Context, hash [32]byte) (store.Device, error)
	TouchDevice(ctx context.Context, id string, seen, expires time.Time) error
	SetDeviceAccount(ctx context.Context, id, account string) error
	SetDevicePerson(ctx context.Context, p store.DevicePerson) error
	PersonOfDevice(ctx context.Context, councilID, sitting, device string) (store.DevicePerson, error)
	PersonsOfDevice(ctx context.Context, device string) ([]store.DevicePerson, error)
	DevicesOfPerson(ctx context.Context, councilID, sitting string, person council.PersonID) ([]store.Device, error)
	DevicesOfSitting(ctx context.Context, councilID, sitting string) ([]store.PersonDevice, error)
	RemoveDevicePerson(ctx context.Context, councilID, sitting, device string) error
	RemovePerson(ctx context.Context, councilID, sitting string, person council.PersonID) error
}

type links interface {
	ReplaceLinks(ctx context.Context, links []store.Link) error
	LinkByToken(ctx context.Context, councilID, sitting string, hash [32]byte) (store.Link, error)
	LinkByTokenAnywhere(ctx context.Context, hash [32]byte) (store.Link, error)
	LinkByID(ctx context.Context, councilID, id string) (store.Link, error)
	WrongCode(ctx context.Context, councilID, id string, limit int) (wrong int, state store.LinkState, err error)
	UseLink(ctx context.Context, councilID, id string) error
	RevokeLinks(ctx context.Context, councilID, sitting string, person council.PersonID) error
}

type streams interface {
	ReplaceStreamKey(ctx context.Context, k store.StreamKey) error
	StreamKeyByToken(ctx context.Context, councilID, sitting string, hash [32]byte) (store.StreamKey, error)
	StreamKeys(ctx context.Context, councilID, sitting string) ([]store.StreamKey, error)
	RevokeStreamKey(ctx context.Context, councilID, sitting string, kind store.StreamKind, source string) error
}

type sittings interface {
	Sitting(ctx context.Context, councilID, id string) (store.Sitting, error)
	CouncilOf(ctx context.Context, sitting string) (string, error)
	SettingOr(ctx context.Context, name string, first func() ([]byte, error)) ([]byte, error)
}
