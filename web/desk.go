package web

import (
	"context"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/office"
	"nghitruong/papers"
)

// account is the caller's account; the guard has made sure that there is one.
func account(ctx context.Context) auth.Account { return *exchangeOf(ctx).account }

// body is an answer that is one document.
type body[T any] struct{ Body T }

func answerOf[T any](v T, err error) (*body[T], error) {
	if err != nil {
		return nil, err
	}
	return &body[T]{Body: v}, nil
}

func (s *server) units(ctx context.Context, _ *struct{}) (*body[[]office.Unit], error) {
	return answerOf(s.office.Units(ctx))
}

func (s *server) templates(context.Context, *struct{}) (*body[[]office.Template], error) {
	return answerOf(s.office.Templates(), nil)
}

type accountRow struct {
	ID   string           `json:"id"`
	Name string           `json:"name"`
	Role auth.AccountRole `json:"role" enum:"clerk,admin,installer"`
}

func (s *server) accounts(ctx context.Context, _ *struct{}) (*body[[]accountRow], error) {
	all, err := s.office.Accounts(ctx, account(ctx).Council)
	rows := make([]accountRow, len(all))
	for i, a := range all {
		rows[i] = accountRow{ID: a.ID, Name: a.Name, Role: a.Role}
	}
	return answerOf(rows, err)
}

type addAccountIn struct {
	Body struct {
		Name     string           `json:"name" maxLength:"240"`
		Password string           `json:"password" maxLength:"1024" doc:"at least 10 characters"`
		Role     auth.AccountRole `json:"role" enum:"clerk,admin"`
	}
}

func (s *server) addAccount(ctx context.Context, in *addAccountIn) (*body[accountRow], error) {
	a, err := s.office.AddAccount(ctx, account(ctx).Council, in.Body.Name, in.Body.Password, in.Body.Role)
	return answerOf(accountRow{ID: a.ID, Name: a.Name, Role: a.Role}, err)
}

func (s *server) councils(ctx context.Context, _ *struct{}) (*body[[]office.Council], error) {
	return answerOf(s.office.Councils(ctx))
}

type addCouncilIn struct {
	Body struct {
		Council office.NewCouncil `json:"council"`
		Admin   office.Admin      `json:"admin"`
	}
}

func (s *server) addCouncil(ctx context.Context, in *addCouncilIn) (*body[office.Council], error) {
	return answerOf(s.office.AddCouncil(ctx, in.Body.Council, in.Body.Admin))
}

func (s *server) sittings(ctx context.Context, _ *struct{}) (*body[[]office.Brief], error) {
	return answerOf(s.office.List(ctx, account(ctx).Council))
}

func (s *server) createSitting(ctx context.Context, in *body[office.NewSitting]) (*body[office.Draft], error) {
	return answerOf(s.office.Create(ctx, account(ctx).Council, in.Body))
}

// SittingIn names a sitting in the path. Exported, because huma fills only exported embedded structs.
type SittingIn struct {
	ID string `path:"id" maxLength:"64"`
}

func (s *server) draft(ctx context.Context, in *SittingIn) (*body[office.Draft], error) {
	return answerOf(s.office.Draft(ctx, account(ctx).Council, in.ID))
}

type saveIn struct {
	SittingIn
	Body struct {
		Version int               `json:"version"`
		Doc     council.Published `json:"doc"`
	}
}

func (s *server) saveDraft(ctx context.Context, in *saveIn) (*body[office.Draft], error) {
	return answerOf(s.office.Save(ctx, account(ctx).Council, in.ID, in.Body.Version, in.Body.Doc))
}

type previewIn struct {
	SittingIn
	Body struct {
		Text string `json:"text" doc:"lines of name, office, group, unit, seat; cells apart by tabs, semicolons or commas"`
	}
}

func (s *server) previewPeople(ctx context.Context, in *previewIn) (*body[office.Preview], error) {
	if _, err := s.office.Draft(ctx, account(ctx).Council, in.ID); err != nil {
		return nil, err
	}
	return answerOf(office.ParsePeople(in.Body.Text))
}

type publishIn struct {
	SittingIn
	Body struct {
		Version int `json:"version"`
	}
}

// newLink is a personal link at the only moment when it can be shown.
type newLink struct {
	Person  council.PersonID    `json:"person"`
	Name    string              `json:"name"`
	Office  string              `json:"office,omitempty"`
	Group   string              `json:"group,omitempty"`
	Seat    int                 `json:"seat,omitempty"`
	Roles   []council.Role      `json:"roles"`
	URL     string              `json:"url" doc:"with the token in its fragment"`
	Code    string              `json:"code,omitempty" doc:"6 digits, to be given apart from the link; none for guests, halls, displays"`
	QR      string              `json:"qr" doc:"SVG of the link, without the code"`
	State   string              `json:"state" enum:"new"`
	Devices []office.LinkDevice `json:"devices"`
}

type publishOut struct {
	Door  string    `json:"door"`
	Links []newLink `json:"links"`
}

func (s *server) publish(ctx context.Context, in *publishIn) (*body[publishOut], error) {
	a := account(ctx)
	d, issued, err := s.office.Publish(ctx, a.Council, in.ID, in.Body.Version, council.PersonID(a.ID))
	if err != nil {
		return nil, err
	}
	links, err := s.newLinks(ctx, d, issued)
	return answerOf(publishOut{Door: d.Door, Links: links}, err)
}

// newLinks writes out links with their addresses and QR codes, in the list's order.
func (s *server) newLinks(ctx context.Context, d office.Draft, issued []auth.Issued) ([]newLink, error) {
	base := s.base(exchangeOf(ctx).r)
	people := make(map[council.PersonID]council.Person, len(d.Doc.People))
	for _, p := range d.Doc.People {
		people[p.ID] = p
	}
	out := make([]newLink, 0, len(issued))
	for _, i := range issued {
		p := people[i.Person]
		url := LinkURL(base, d.Door, p.Roles, i.Token)
		qr, err := papers.QR(url)
		if err != nil {
			return nil, err
		}
		out = append(out, newLink{
			Person: p.ID, Name: p.Name, Office: p.Office, Group: p.Group, Seat: p.Seat, Roles: p.Roles,
			URL: url, Code: i.Code, QR: qr, State: office.StateNew, Devices: []office.LinkDevice{},
		})
	}
	return out, nil
}

// LinkURL is the address of a personal link: the token stands in the fragment, which browsers send to nobody.
func LinkURL(base, door string, roles []council.Role, token auth.Token) string {
	if len(roles) == 1 && roles[0] == council.RoleDisplay {
		return base + "/man-hinh#" + token.String()
	}
	return base + "/h/" + door + "#" + token.String()
}

type enterAsClerkOut struct {
	Door   string           `json:"door"`
	Person council.PersonID `json:"person"`
}

func (s *server) enterAsClerk(ctx context.Context, in *SittingIn) (*body[enterAsClerkOut], error) {
	d, err := s.ensureDevice(ctx)
	if err != nil {
		return nil, err
	}
	door, p, err := s.office.EnterAsClerk(ctx, account(ctx).Council, in.ID, d)
	return answerOf(enterAsClerkOut{Door: door, Person: p}, err)
}

type personIn struct {
	SittingIn
	Body struct {
		Person council.PersonID `json:"person" maxLength:"64"`
	}
}

func (s *server) eraseCitizen(ctx context.Context, in *personIn) (*empty, error) {
	return &empty{}, s.office.EraseCitizen(ctx, account(ctx).Council, in.ID, in.Body.Person)
}

func (s *server) links(ctx context.Context, in *SittingIn) (*body[[]office.PersonLink], error) {
	return answerOf(s.office.Links(ctx, account(ctx).Council, in.ID))
}

type renewIn struct {
	SittingIn
	Body struct {
		Persons []council.PersonID `json:"persons" maxItems:"2000" doc:"empty = everybody"`
	}
}

func (s *server) renewLinks(ctx context.Context, in *renewIn) (*body[[]newLink], error) {
	d, issued, err := s.office.Renew(ctx, account(ctx).Council, in.ID, in.Body.Persons)
	if err != nil {
		return nil, err
	}
	return answerOf(s.newLinks(ctx, d, issued))
}

func (s *server) revokeLink(ctx context.Context, in *personIn) (*empty, error) {
	return &empty{}, s.office.Revoke(ctx, account(ctx).Council, in.ID, in.Body.Person)
}

type revokeDeviceIn struct {
	SittingIn
	Body struct {
		Device string `json:"device" maxLength:"64"`
	}
}

func (s *server) revokeDevice(ctx context.Context, in *revokeDeviceIn) (*empty, error) {
	return &empty{}, s.office.RevokeDevice(ctx, account(ctx).Council, in.ID, in.Body.Device)
}
