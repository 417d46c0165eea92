package store

import (
	"context"
	"database/sql"
	"time"
)

// Unit is an administrative unit with a lifetime: units were merged in 2025 and old papers name old ones.
type Unit struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Level      string   `json:"level"` // trung_uong, tinh, huyen, xa
	Kind       string   `json:"kind"`  // tinh, thanh-pho, xa, phuong, dac-khu, …
	Parent     string   `json:"parent,omitempty"`
	ValidFrom  string   `json:"valid_from,omitempty"` // YYYY-MM-DD; "" = since ever
	ValidTo    string   `json:"valid_to,omitempty"`   // YYYY-MM-DD; "" = still
	ReplacedBy []string `json:"replaced_by,omitempty"`
}

// Council is one People's Council of one term. Khoa is a label as the council writes it, never computed.
type Council struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Unit      string    `json:"unit,omitempty"` // unit id
	Khoa      string    `json:"khoa,omitempty"`
	TermFrom  string    `json:"term_from,omitempty"` // YYYY or YYYY-MM-DD, as entered
	TermTo    string    `json:"term_to,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// PutUnits writes units, replacing those with the same id.
func (db *DB) PutUnits(ctx context.Context, units []Unit) error {
	return db.change(ctx, "put units", func(ctx context.Context, tx *sql.Tx) error {
		for _, u := range units {
			by, err := list(u.ReplacedBy).column()
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO units
				(id, name, level, kind, parent, valid_from, valid_to, replaced_by) VALUES (?,?,?,?,?,?,?,?)
				ON CONFLICT (id) DO UPDATE SET name=excluded.name, level=excluded.level, kind=excluded.kind,
				parent=excluded.parent, valid_from=excluded.valid_from, valid_to=excluded.valid_to,
				replaced_by=excluded.replaced_by`,
				u.ID, u.Name, u.Level, u.Kind, u.Parent, u.ValidFrom, u.ValidTo, by); err != nil {
				return err
			}
		}
		return nil
	})
}

// Units lists all units by id.
func (db *DB) Units(ctx context.Context) ([]Unit, error) {
	scan := func(s scanner, u *Unit) error {
		return s.Scan(&u.ID, &u.Name, &u.Level, &u.Kind, &u.Parent, &u.ValidFrom, &u.ValidTo, (*list)(&u.ReplacedBy))
	}
	return many(ctx, db, "units", scan,
		`SELECT id, name, level, kind, parent, valid_from, valid_to, replaced_by FROM units ORDER BY id`)
}

const councilColumns = `id, name, unit, khoa, term_from, term_to, created_at`

func scanCouncil(s scanner, c *Council) error {
	var at int64
	err := s.Scan(&c.ID, &c.Name, &c.Unit, &c.Khoa, &c.TermFrom, &c.TermTo, &at)
	c.CreatedAt = fromMS(at)
	return err
}

// AddCouncil adds a council; its id is the caller's and random. A known id gives ErrDuplicate.
func (db *DB) AddCouncil(ctx context.Context, c Council) error {
	_, err := db.exec(ctx, "add council", `INSERT INTO councils (`+councilColumns+`) VALUES (?,?,?,?,?,?,?)`,
		c.ID, c.Name, c.Unit, c.Khoa, c.TermFrom, c.TermTo, ms(c.CreatedAt))
	return err
}

// Council gives one council or ErrNotFound.
func (db *DB) Council(ctx context.Context, id string) (Council, error) {
	return one(ctx, db, "council", scanCouncil, `SELECT `+councilColumns+` FROM councils WHERE id = ?`, id)
}

// Councils lists all councils of the installation, oldest first.
func (db *DB) Councils(ctx context.Context) ([]Council, error) {
	return many(ctx, db, "councils", scanCouncil, `SELECT `+councilColumns+` FROM councils ORDER BY created_at, id`)
}
