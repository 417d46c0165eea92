package office

import (
	"context"
	"time"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/store"
)

// PersonLink is a person's newest link as the clerk sees it later: token and code are stored hashed and shown once.
type PersonLink struct {
	Person  council.PersonID `json:"person"`
	Name    string           `json:"name"`
	Office  string           `json:"office,omitempty"`
	Group   string           `json:"group,omitempty"`
	Seat    int              `json:"seat,omitempty"`
	Roles   []council.Role   `json:"roles"`
	State   string           `json:"state" enum:"none,new,used,locked,revoked"`
	Devices []LinkDevice     `json:"devices"`
}

// StateNew is the state of a link that nobody has used.
const StateNew = string(store.LinkNew)

// LinkDevice is one device that came in by a link.
type LinkDevice struct {
	ID     string    `json:"id"`
	Name   string    `json:"name" doc:"Chrome trên Android"`
	SeenAt time.Time `json:"seen_at"`
}

// Links lists everybody on a published sitting's list with the state of the link and the devices, in the list's order.
func (o *Office) Links(ctx context.Context, councilID, id string) ([]PersonLink, error) {
	row, err := o.published(ctx, councilID, id)
	if err != nil {
		return nil, err
	}
	doc, err := documentOf(row)
	if err != nil {
		return nil, err
	}
	links, err := o.store.Links(ctx, councilID, id)
	if err != nil {
		return nil, wrap("read links", err)
	}
	devices, err := o.store.DevicesOfSitting(ctx, councilID, id)
	if err != nil {
		return nil, wrap("read devices", err)
	}
	newest := map[council.PersonID]store.Link{}
	for _, l := range links {
		if l.Rev >= newest[l.Person].Rev {
			newest[l.Person] = l
		}
	}
	byPerson := map[council.PersonID][]LinkDevice{}
	for _, d := range devices {
		byPerson[d.Person] = append(byPerson[d.Person], LinkDevice{ID: d.Device.ID, Name: d.Device.Name, SeenAt: d.Device.SeenAt})
	}
	out := make([]PersonLink, 0, len(doc.People))
	for _, p := range doc.People {
		l := PersonLink{
			Person: p.ID, Name: p.Name, Office: p.Office, Group: p.Group, Seat: p.Seat, Roles: p.Roles,
			State: "none", Devices: byPerson[p.ID],
		}
		if row, ok := newest[p.ID]; ok {
			l.State = string(row.State)
		}
		if l.Devices == nil {
			l.Devices = []LinkDevice{}
		}
		out = append(out, l)
	}
	return out, nil
}

// Renew makes new links for some people of a sitting, or for all when the list is empty. The old links and the devices that
// came by them are out at once.
func (o *Office) Renew(ctx context.Context, councilID, id string, persons []council.PersonID) (Draft, []auth.Issued, error) {
	row, err := o.published(ctx, councilID, id)
	if err != nil {
		return Draft{}, nil, err
	}
	doc, err := documentOf(row)
	if err != nil {
		return Draft{}, nil, err
	}
	chosen := doc.People
	if len(persons) > 0 {
		listed := make(map[council.PersonID]council.Person, len(doc.People))
		for _, p := range doc.People {
			listed[p.ID] = p
		}
		chosen = make([]council.Person, 0, len(persons))
		for _, id := range persons {
			p, ok := listed[id]
			if !ok {
				return Draft{}, nil, ErrNoPerson
			}
			delete(listed, id) // naming somebody twice makes one link
			chosen = append(chosen, p)
		}
	}
	issued, err := o.identity.IssueLinks(ctx, councilID, id, chosen)
	return draftOf(row, doc), issued, err
}

// Revoke takes a person's links and devices away.
func (o *Office) Revoke(ctx context.Context, councilID, id string, p council.PersonID) error {
	row, err := o.published(ctx, councilID, id)
	if err != nil {
		return err
	}
	doc, err := documentOf(row)
	if err != nil {
		return err
	}
	for _, l := range doc.People {
		if l.ID == p {
			return o.identity.RevokePerson(ctx, councilID, id, p)
		}
	}
	return ErrNoPerson
}

// RevokeDevice takes one device away; it may come back with link and code.
func (o *Office) RevokeDevice(ctx context.Context, councilID, id, device string) error {
	if _, err := o.published(ctx, councilID, id); err != nil {
		return err
	}
	return o.identity.RevokeDevice(ctx, councilID, id, device)
}
