package office

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/store"
)

// Brief is a sitting in the list of TK1.
type Brief struct {
	ID        string    `json:"id"`
	Door      string    `json:"door"`
	Title     string    `json:"title"`
	KindName  string    `json:"kind_name"`
	State     string    `json:"state" enum:"draft,published,open,paused,closed"`
	PlannedAt time.Time `json:"planned_at"`
	Version   int       `json:"version"`
}

// Draft is a sitting's document with its version: who saves names the version that was read.
type Draft struct {
	ID      string            `json:"id"`
	Version int               `json:"version"`
	Door    string            `json:"door"`
	State   string            `json:"state" enum:"draft,published,open,paused,closed"`
	Doc     council.Published `json:"doc"`
}

// NewSitting says what a new draft is made from: a template, or an earlier sitting of the council.
type NewSitting struct {
	Template  string    `json:"template,omitempty" maxLength:"64"`
	From      string    `json:"from,omitempty" maxLength:"64" doc:"id of an earlier sitting; its agenda, people and rules are copied"`
	Title     string    `json:"title,omitempty" maxLength:"1200"`
	PlannedAt time.Time `json:"planned_at"`
}

// doorTries is how often a new door is drawn when one is taken: 31⁸ doors make even a second try rare.
const doorTries = 5

// Create makes a draft.
func (o *Office) Create(ctx context.Context, councilID string, n NewSitting) (Draft, error) {
	doc, err := o.startingDocument(ctx, councilID, n)
	if err != nil {
		return Draft{}, err
	}
	c, err := o.Council(ctx, councilID)
	if err != nil {
		return Draft{}, err
	}
	doc.Council, doc.CouncilName, doc.Unit, doc.PlannedAt = c.ID, c.Name, c.Unit, n.PlannedAt
	if t := cleanText(n.Title); t != "" {
		doc.Title = t
	}
	tidyDocument(&doc)
	if err := checkDocument(&doc); err != nil {
		return Draft{}, err
	}
	body, err := json.Marshal(doc)
	if err != nil {
		return Draft{}, wrap("encode a draft", err)
	}
	row := store.Sitting{
		ID: auth.NewID(), Council: councilID, State: store.StateDraft, Version: 1, Doc: body,
		CreatedAt: o.now(), UpdatedAt: o.now(),
	}
	for range doorTries {
		row.Door = auth.NewDoor()
		if err = o.store.AddSitting(ctx, row); !errors.Is(err, store.ErrDuplicate) {
			break
		}
	}
	if err != nil {
		return Draft{}, wrap("store a draft", err)
	}
	return draftOf(row, doc), nil
}

func (o *Office) startingDocument(ctx context.Context, councilID string, n NewSitting) (council.Published, error) {
	if n.From != "" {
		row, err := o.sitting(ctx, councilID, n.From)
		if err != nil {
			return council.Published{}, err
		}
		doc, err := documentOf(row)
		if err != nil {
			return council.Published{}, err
		}
		renewPeople(doc.People)
		return doc, nil
	}
	for _, t := range o.templates {
		if t.ID == n.Template {
			return t.Document(), nil
		}
	}
	return council.Published{}, ErrNoTemplate
}

// renewPeople gives copied people new ids: a person of one sitting is nobody in another.
func renewPeople(people []council.Person) {
	ids := map[string]council.PersonID{}
	for i := range people {
		id := council.PersonID(auth.NewID())
		ids[string(people[i].ID)], people[i].ID = id, id
	}
	for i := range people {
		if people[i].Hall != "" {
			people[i].Hall = string(ids[people[i].Hall])
		}
	}
}

// List gives a council's sittings, newest first.
func (o *Office) List(ctx context.Context, councilID string) ([]Brief, error) {
	rows, err := o.store.Sittings(ctx, councilID)
	if err != nil {
		return nil, wrap("list sittings", err)
	}
	out := make([]Brief, 0, len(rows))
	for _, row := range rows {
		doc, err := documentOf(row)
		if err != nil {
			return nil, err
		}
		out = append(out, Brief{
			ID: row.ID, Door: row.Door, Title: doc.Title, KindName: doc.KindName, State: row.State,
			PlannedAt: doc.PlannedAt, Version: row.Version,
		})
	}
	return out, nil
}

// Draft reads a sitting's document; after publication it is the published one.
func (o *Office) Draft(ctx context.Context, councilID, id string) (Draft, error) {
	row, err := o.sitting(ctx, councilID, id)
	if err != nil {
		return Draft{}, err
	}
	doc, err := documentOf(row)
	if err != nil {
		return Draft{}, err
	}
	return draftOf(row, doc), nil
}

// Save replaces a draft's document. ErrVersion when somebody saved meanwhile, ErrPublished when it is no draft any more.
func (o *Office) Save(ctx context.Context, councilID, id string, version int, doc council.Published) (Draft, error) {
	row, err := o.sitting(ctx, councilID, id)
	if err != nil {
		return Draft{}, err
	}
	if row.State != store.StateDraft {
		return Draft{}, ErrPublished
	}
	old, err := documentOf(row)
	if err != nil {
		return Draft{}, err
	}
	doc.Council, doc.CouncilName, doc.Unit, doc.Kind = old.Council, old.CouncilName, old.Unit, old.Kind
	tidyDocument(&doc)
	if err := checkDocument(&doc); err != nil {
		return Draft{}, err
	}
	return o.save(ctx, row, version, doc)
}

func (o *Office) save(ctx context.Context, row store.Sitting, version int, doc council.Published) (Draft, error) {
	body, err := json.Marshal(doc)
	if err != nil {
		return Draft{}, wrap("encode a draft", err)
	}
	row.Version, err = o.store.SaveDraft(ctx, row.Council, row.ID, version, body, o.now())
	if errors.Is(err, store.ErrVersion) {
		return Draft{}, ErrVersion
	}
	if err != nil {
		return Draft{}, wrap("save a draft", err)
	}
	return draftOf(row, doc), nil
}

// Publish gives the sitting to its room and makes everybody's links, which are shown this once. If the answer is lost, the
// sitting is published and Renew makes new links.
func (o *Office) Publish(ctx context.Context, councilID, id string, version int, by council.PersonID) (Draft, []auth.Issued, error) {
	row, err := o.sitting(ctx, councilID, id)
	if err != nil {
		return Draft{}, nil, err
	}
	if row.State != store.StateDraft {
		return Draft{}, nil, ErrPublished
	}
	if row.Version != version {
		return Draft{}, nil, ErrVersion
	}
	doc, err := documentOf(row)
	if err != nil {
		return Draft{}, nil, err
	}
	if !slices.ContainsFunc(doc.People, isClerk) {
		doc.People = append(doc.People, council.Person{
			ID: council.PersonID(auth.NewID()), Name: clerkName, Label: clerkName, Roles: []council.Role{council.RoleClerk},
		})
	}
	if err := checkPublishable(&doc); err != nil {
		return Draft{}, nil, err
	}
	d, err := o.save(ctx, row, version, doc)
	if err != nil {
		return Draft{}, nil, err
	}
	if err := o.rooms.Publish(ctx, id, doc, by); err != nil {
		return Draft{}, nil, wrap("publish", err)
	}
	d.State = string(council.StatePublished)
	issued, err := o.identity.IssueLinks(ctx, councilID, id, doc.People)
	if err != nil {
		return Draft{}, nil, err
	}
	o.log.Info("a sitting was published", "sitting", id, "people", len(doc.People))
	return d, issued, nil
}

// clerkName is the clerk whom publishing adds when the list names none, so that somebody can run the sitting.
const clerkName = "Thư ký"

func isClerk(p council.Person) bool { return slices.Contains(p.Roles, council.RoleClerk) }

func documentOf(row store.Sitting) (council.Published, error) {
	var doc council.Published
	if err := json.Unmarshal(row.Doc, &doc); err != nil {
		return council.Published{}, wrap("read a sitting's document", err)
	}
	return doc, nil
}

func draftOf(row store.Sitting, doc council.Published) Draft {
	return Draft{ID: row.ID, Version: row.Version, Door: row.Door, State: row.State, Doc: doc}
}
