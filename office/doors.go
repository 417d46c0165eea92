package office

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/store"
)

// DoorHead is what anybody may know of a published sitting: what stands on its poster.
type DoorHead struct {
	Sitting     string    `json:"sitting"`
	Door        string    `json:"door"`
	CouncilName string    `json:"council_name"`
	Title       string    `json:"title"`
	Kind        string    `json:"kind"`
	KindName    string    `json:"kind_name"`
	State       string    `json:"state" enum:"published,open,paused,closed"`
	PlannedAt   time.Time `json:"planned_at"`
	ClosedAt    time.Time `json:"closed_at,omitzero"`
	Place       string    `json:"place,omitempty"`
	Public      bool      `json:"public" doc:"citizens may enter without a link"`
	RollCall    bool      `json:"roll_call"`
	Hamlets     []string  `json:"hamlets"`
	HelpPhone   string    `json:"help_phone,omitempty"`
	WaitingRoom bool      `json:"waiting_room"`
}

// DoorHead reads a door; ErrNoSitting for unknown ones and for drafts. A closed council's sitting has a door too: its links
// work, citizens do not enter.
func (o *Office) DoorHead(ctx context.Context, door string) (DoorHead, error) {
	row, doc, err := o.door(ctx, door)
	if err != nil {
		return DoorHead{}, err
	}
	h := DoorHead{
		Sitting: row.ID, Door: row.Door, CouncilName: doc.CouncilName, Title: doc.Title, Kind: doc.Kind, KindName: doc.KindName,
		State: row.State, PlannedAt: doc.PlannedAt, Place: doc.Place, Public: doc.Public, RollCall: doc.Rules.RollCall,
		Hamlets: doc.Hamlets, HelpPhone: doc.HelpPhone, WaitingRoom: doc.WaitingRoom,
	}
	if h.Hamlets == nil {
		h.Hamlets = []string{}
	}
	if row.State == string(council.StateClosed) {
		h.ClosedAt = row.UpdatedAt // the close is a sitting's last change
	}
	return h, nil
}

// maxDoor is the longest text that is looked up as a door.
const maxDoor = 32

// row finds the sitting behind a door without reading its document: everybody who comes back after a restart passes here.
func (o *Office) row(ctx context.Context, door string) (store.Sitting, error) {
	if len(door) > maxDoor {
		return store.Sitting{}, ErrNoSitting
	}
	row, err := o.store.SittingByDoor(ctx, door)
	if errors.Is(err, store.ErrNotFound) || err == nil && row.State == store.StateDraft {
		return store.Sitting{}, ErrNoSitting
	}
	if err != nil {
		return store.Sitting{}, wrap("read a door", err)
	}
	return row, nil
}

func (o *Office) door(ctx context.Context, door string) (store.Sitting, council.Published, error) {
	row, err := o.row(ctx, door)
	if err != nil {
		return store.Sitting{}, council.Published{}, err
	}
	doc, err := documentOf(row)
	return row, doc, err
}

// Place is where a door leads, for package auth.
type Place struct{ Council, Sitting string }

// PlaceOf finds the sitting behind a door.
func (o *Office) PlaceOf(ctx context.Context, door string) (Place, error) {
	row, err := o.row(ctx, door)
	return Place{Council: row.Council, Sitting: row.ID}, err
}

// SittingOf finds the sitting behind a door; a NotFound error when there is none.
func (o *Office) SittingOf(ctx context.Context, door string) (string, error) {
	row, err := o.row(ctx, door)
	return row.ID, err
}

// DoorOf gives the door of a council's sitting.
func (o *Office) DoorOf(ctx context.Context, councilID, id string) (string, error) {
	row, err := o.sitting(ctx, councilID, id)
	return row.Door, err
}

// Me is who a device is at a door.
type Me struct {
	Person council.PersonID `json:"person"`
	Name   string           `json:"name"`
	Label  string           `json:"label"`
	Roles  []council.Role   `json:"roles"`
	Seat   int              `json:"seat,omitempty"`
	Group  string           `json:"group,omitempty"`
	Hall   string           `json:"hall,omitempty" doc:"name of the hall whose list names this person: the device may go to hall mode"`
}

// MeAt says who a device is in a sitting; nil when nobody yet. A citizen's own name comes from the side table.
func (o *Office) MeAt(ctx context.Context, d auth.Device, sitting string) (*Me, error) {
	p, err := o.identity.PersonFor(ctx, d, sitting)
	if errors.Is(err, auth.ErrNoPerson) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	me := &Me{Person: p.ID, Name: p.Name, Label: p.Label, Roles: p.Roles}
	if slices.Contains(p.Roles, council.RoleCitizen) {
		name, _, err := o.store.Citizen(ctx, p.Council, sitting, p.ID)
		if err != nil {
			return nil, wrap("read a citizen's own name", err)
		}
		me.Name, me.Group = name.Name, name.Hamlet
		return me, nil
	}
	row, err := o.sitting(ctx, p.Council, sitting)
	if err != nil {
		return nil, err
	}
	doc, err := documentOf(row)
	if err != nil {
		return nil, err
	}
	for _, l := range doc.People {
		if l.ID == p.ID {
			me.Seat, me.Group, me.Hall = l.Seat, l.Group, hallName(doc.People, l.Hall)
		}
	}
	return me, nil
}

// hallName is the short name of a hall on the list; "" for none.
func hallName(people []council.Person, hall string) string {
	for _, p := range people {
		if hall != "" && string(p.ID) == hall && slices.Contains(p.Roles, council.RoleHall) {
			return cmp.Or(p.Label, p.Name)
		}
	}
	return ""
}

// Known is what a citizen wrote at an earlier door of the same council on the same device; nil when nothing is known.
func (o *Office) Known(ctx context.Context, d auth.Device, door string) (*council.CitizenName, error) {
	row, _, err := o.door(ctx, door)
	if err != nil {
		return nil, err
	}
	all, err := o.identity.PersonsOf(ctx, d)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if p.Person.Council != row.Council || !slices.Contains(p.Person.Roles, council.RoleCitizen) {
			continue
		}
		name, ok, err := o.store.Citizen(ctx, row.Council, p.Sitting, p.Person.ID)
		if err != nil {
			return nil, wrap("read a citizen's own name", err)
		}
		if ok {
			return &name, nil
		}
	}
	return nil, nil
}

// Enter lets a citizen in by the public door and gives the person. Entering again corrects the name and keeps the person; a
// device that is somebody on the list stays that. Device is asked for only when everything else is right.
func (o *Office) Enter(ctx context.Context, door string, name council.CitizenName, device func() (auth.Device, error)) (council.PersonID, error) {
	row, doc, err := o.door(ctx, door)
	if err != nil {
		return "", err
	}
	name.Name, name.Hamlet = cleanText(name.Name), cleanText(name.Hamlet)
	switch {
	case row.State == string(council.StateClosed):
		return "", ErrSittingOver
	case !doc.Public:
		return "", ErrDoorClosed
	case name.Name == "" || tooLong(name.Name, maxName):
		return "", invalid("bad_name", nil)
	case tooLong(name.Hamlet, maxName) || len(doc.Hamlets) > 0 && name.Hamlet != "" && !slices.Contains(doc.Hamlets, name.Hamlet):
		return "", invalid("bad_hamlet", nil)
	}
	d, err := device()
	if err != nil {
		return "", err
	}
	p, err := o.identity.PersonFor(ctx, d, row.ID)
	switch {
	case errors.Is(err, auth.ErrNoPerson):
		p.ID = council.PersonID(auth.NewID())
	case err != nil:
		return "", err
	case !slices.Contains(p.Roles, council.RoleCitizen):
		return p.ID, nil
	}
	if err := o.store.PutCitizen(ctx, row.Council, row.ID, p.ID, name, o.now()); err != nil {
		return "", wrap("store a citizen's name", err)
	}
	if err := o.identity.EnterAs(ctx, d, row.Council, row.ID, p.ID, council.RoleCitizen); err != nil {
		return "", err
	}
	return p.ID, nil
}

// EnterAsClerk makes the signed-in clerk's own device the sitting's clerk.
func (o *Office) EnterAsClerk(ctx context.Context, councilID, id string, d auth.Device) (door string, p council.PersonID, err error) {
	row, err := o.published(ctx, councilID, id)
	if err != nil {
		return "", "", err
	}
	doc, err := documentOf(row)
	if err != nil {
		return "", "", err
	}
	i := slices.IndexFunc(doc.People, isClerk)
	if i < 0 {
		return "", "", ErrNoPerson
	}
	p = doc.People[i].ID
	return row.Door, p, o.identity.EnterAs(ctx, d, councilID, id, p, "")
}

// EraseCitizen removes a citizen's name and texts for good; the log keeps a random id and a commitment.
func (o *Office) EraseCitizen(ctx context.Context, councilID, id string, p council.PersonID) error {
	row, err := o.published(ctx, councilID, id)
	if err != nil {
		return err
	}
	if err := o.store.Erase(ctx, councilID, row.ID, p, o.now()); err != nil {
		return wrap("erase a citizen", err)
	}
	if err := o.identity.RevokePerson(ctx, councilID, row.ID, p); err != nil {
		return err
	}
	o.log.Info("a citizen's data was erased", "sitting", row.ID, "person", p)
	return nil
}
