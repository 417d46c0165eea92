package store

import (
	"context"
	"time"

	"nghitruong/council"
)

// Device is one browser that holds our cookie. The cookie's value is never stored, only its SHA-256.
type Device struct {
	ID        string
	Hash      [32]byte
	Account   string // office account signed in on it, or ""
	Name      string // shown to its owner and the clerk: "Chrome trên Android"
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// DevicePerson binds a device to one person of one sitting; a device has at most one person per sitting.
type DevicePerson struct {
	Device    string
	Council   string
	Sitting   string
	Person    council.PersonID
	Link      string       // id of the personal link it came by; "" for citizens and the clerk's own device
	Role      council.Role // role of a person who is not on the sitting's list: citizen or display; "" otherwise
	Rev       int          // the link's revocation counter when it was exchanged: another value now means revoked
	CreatedAt time.Time
}

const deviceColumns = `id, hash, account, name, created_at, seen_at, expires_at`

func scanDevice(s scanner, d *Device) error {
	var hash []byte
	var created, seen, expires int64
	err := s.Scan(&d.ID, &hash, &d.Account, &d.Name, &created, &seen, &expires)
	copy(d.Hash[:], hash)
	d.CreatedAt, d.SeenAt, d.ExpiresAt = fromMS(created), fromMS(seen), fromMS(expires)
	return err
}

// AddDevice adds a device.
func (db *DB) AddDevice(ctx context.Context, d Device) error {
	_, err := db.exec(ctx, "add device", `INSERT INTO devices (`+deviceColumns+`) VALUES (?,?,?,?,?,?,?)`,
		d.ID, d.Hash[:], d.Account, d.Name, ms(d.CreatedAt), ms(d.SeenAt), ms(d.ExpiresAt))
	return err
}

// DeviceByHash gives the device whose cookie has this SHA-256, or ErrNotFound. The caller checks ExpiresAt.
func (db *DB) DeviceByHash(ctx context.Context, hash [32]byte) (Device, error) {
	return one(ctx, db, "device", scanDevice, `SELECT `+deviceColumns+` FROM devices WHERE hash = ?`, hash[:])
}

// TouchDevice notes that a device was seen and until when it is remembered.
func (db *DB) TouchDevice(ctx context.Context, id string, seen, expires time.Time) error {
	return db.execOne(ctx, "touch device", `UPDATE devices SET seen_at = ?, expires_at = ? WHERE id = ?`,
		ms(seen), ms(expires), id)
}

// SetDeviceAccount signs an office account in on a device, or out with "".
func (db *DB) SetDeviceAccount(ctx context.Context, id, account string) error {
	return db.execOne(ctx, "set device account", `UPDATE devices SET account = ? WHERE id = ?`, account, id)
}

// DeleteDevice forgets a device and its persons.
func (db *DB) DeleteDevice(ctx context.Context, id string) error {
	return db.execOne(ctx, "delete device", `DELETE FROM devices WHERE id = ?`, id)
}

// PruneDevices forgets the devices that expired before a time.
func (db *DB) PruneDevices(ctx context.Context, before time.Time) error {
	_, err := db.exec(ctx, "prune devices", `DELETE FROM devices WHERE expires_at < ?`, ms(before))
	return err
}

const devicePersonColumns = `device, council, sitting, person, link, role, rev, created_at`

func scanDevicePerson(s scanner, p *DevicePerson) error {
	var at int64
	err := s.Scan(&p.Device, &p.Council, &p.Sitting, &p.Person, &p.Link, &p.Role, &p.Rev, &at)
	p.CreatedAt = fromMS(at)
	return err
}

// SetDevicePerson makes a device be this person in this sitting, replacing whom it was there before.
func (db *DB) SetDevicePerson(ctx context.Context, p DevicePerson) error {
	_, err := db.exec(ctx, "set device person", `INSERT INTO device_persons (`+devicePersonColumns+`)
		VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (device, sitting) DO UPDATE SET council=excluded.council,
		person=excluded.person, link=excluded.link, role=excluded.role, rev=excluded.rev, created_at=excluded.created_at`,
		p.Device, p.Council, p.Sitting, p.Person, p.Link, p.Role, p.Rev, ms(p.CreatedAt))
	return err
}

// PersonOfDevice says who a device is in a sitting, or ErrNotFound.
func (db *DB) PersonOfDevice(ctx context.Context, councilID, sitting, device string) (DevicePerson, error) {
	return one(ctx, db, "person of device", scanDevicePerson, `SELECT `+devicePersonColumns+
		` FROM device_persons WHERE device = ? AND council = ? AND sitting = ?`, device, councilID, sitting)
}

// PersonsOfDevice lists who a device is anywhere, newest first.
func (db *DB) PersonsOfDevice(ctx context.Context, device string) ([]DevicePerson, error) {
	return many(ctx, db, "persons of device", scanDevicePerson, `SELECT `+devicePersonColumns+
		` FROM device_persons WHERE device = ? ORDER BY created_at DESC, sitting`, device)
}

// DevicesOfPerson lists the devices that are this person, oldest first.
func (db *DB) DevicesOfPerson(ctx context.Context, councilID, sitting string, person council.PersonID) ([]Device, error) {
	return many(ctx, db, "devices of person", scanDevice, `SELECT d.id, d.hash, d.account, d.name, d.created_at, d.seen_at, d.expires_at
		FROM device_persons p JOIN devices d ON d.id = p.device
		WHERE p.council = ? AND p.sitting = ? AND p.person = ? ORDER BY p.created_at, d.id`, councilID, sitting, person)
}

// PersonDevice is one row of DevicesOfSitting.
type PersonDevice struct {
	Person council.PersonID
	Link   string
	Rev    int
	Device Device
}

// DevicesOfSitting lists all devices of a sitting's persons, oldest first.
func (db *DB) DevicesOfSitting(ctx context.Context, councilID, sitting string) ([]PersonDevice, error) {
	scan := func(s scanner, p *PersonDevice) error {
		var hash []byte
		var created, seen, expires int64
		d := &p.Device
		err := s.Scan(&p.Person, &p.Link, &p.Rev, &d.ID, &hash, &d.Account, &d.Name, &created, &seen, &expires)
		copy(d.Hash[:], hash)
		d.CreatedAt, d.SeenAt, d.ExpiresAt = fromMS(created), fromMS(seen), fromMS(expires)
		return err
	}
	return many(ctx, db, "devices of sitting", scan,
		`SELECT p.person, p.link, p.rev, d.id, d.hash, d.account, d.name, d.created_at, d.seen_at, d.expires_at
		FROM device_persons p JOIN devices d ON d.id = p.device
		WHERE p.council = ? AND p.sitting = ? ORDER BY p.created_at, d.id`, councilID, sitting)
}

// RemoveDevicePerson takes a person from a device: the clerk's revocation of one device.
func (db *DB) RemoveDevicePerson(ctx context.Context, councilID, sitting, device string) error {
	return db.execOne(ctx, "remove device person",
		`DELETE FROM device_persons WHERE device = ? AND council = ? AND sitting = ?`, device, councilID, sitting)
}

// RemovePerson takes a person from all devices.
func (db *DB) RemovePerson(ctx context.Context, councilID, sitting string, person council.PersonID) error {
	_, err := db.exec(ctx, "remove person",
		`DELETE FROM device_persons WHERE council = ? AND sitting = ? AND person = ?`, councilID, sitting, person)
	return err
}
