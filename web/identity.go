package web

import (
	"context"
	"errors"
	"net/http"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/office"
	"nghitruong/papers"
)

// empty is the answer of calls that only succeed.
type empty struct {
	Body struct{}
}

// knownDevice is the caller's device; nil without a cookie that we know.
func (s *server) knownDevice(ctx context.Context) (*auth.Device, error) {
	d, err := s.auth.FromRequest(exchangeOf(ctx).r)
	if errors.Is(err, auth.ErrNoDevice) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &d, nil
}

// ensureDevice is the caller's device, new if need be, with its cookie on the answer.
func (s *server) ensureDevice(ctx context.Context) (auth.Device, error) {
	x := exchangeOf(ctx)
	return s.auth.Ensure(x.w, x.r)
}

type accountInfo struct {
	ID      string           `json:"id"`
	Name    string           `json:"name"`
	Role    auth.AccountRole `json:"role" enum:"clerk,admin,installer" doc:"installer: an administrator who also makes councils"`
	Council councilName      `json:"council"`
}

type councilName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type personInfo struct {
	Sitting string           `json:"sitting"`
	Door    string           `json:"door"`
	Person  council.PersonID `json:"person"`
	Name    string           `json:"name" doc:"empty for a citizen"`
	Roles   []council.Role   `json:"roles"`
}

type meOut struct {
	Body struct {
		Account *accountInfo `json:"account"`
		Persons []personInfo `json:"persons"`
	}
}

func (s *server) me(ctx context.Context, _ *struct{}) (*meOut, error) {
	out := &meOut{}
	out.Body.Persons = []personInfo{}
	d, err := s.knownDevice(ctx)
	if err != nil || d == nil {
		return out, err
	}
	a, err := s.auth.Account(ctx, *d)
	switch {
	case errors.Is(err, auth.ErrSignedOut):
	case err != nil:
		return nil, err
	default:
		if out.Body.Account, err = s.accountInfo(ctx, a); err != nil {
			return nil, err
		}
	}
	persons, err := s.auth.PersonsOf(ctx, *d)
	if err != nil {
		return nil, err
	}
	for _, p := range persons {
		door, err := s.office.DoorOf(ctx, p.Person.Council, p.Sitting)
		if err != nil {
			return nil, err
		}
		out.Body.Persons = append(out.Body.Persons, personInfo{
			Sitting: p.Sitting, Door: door, Person: p.Person.ID, Name: p.Person.Name, Roles: p.Person.Roles,
		})
	}
	return out, nil
}

func (s *server) accountInfo(ctx context.Context, a auth.Account) (*accountInfo, error) {
	c, err := s.office.Council(ctx, a.Council)
	if err != nil {
		return nil, err
	}
	return &accountInfo{ID: a.ID, Name: a.Name, Role: a.Role, Council: councilName{ID: c.ID, Name: c.Name}}, nil
}

// DoorIn names a door in the path. Exported, because huma fills only exported embedded structs.
type DoorIn struct {
	Door string `path:"door" maxLength:"32"`
}

type doorOut struct {
	Body struct {
		office.DoorHead
		Me    *office.Me           `json:"me" doc:"who this device is here; null when nobody yet"`
		Known *council.CitizenName `json:"known" doc:"what a citizen wrote on this device before; null when nothing is known"`
	}
}

func (s *server) doorInfo(ctx context.Context, in *DoorIn) (*doorOut, error) {
	head, err := s.office.DoorHead(ctx, in.Door)
	if err != nil {
		return nil, err
	}
	out := &doorOut{}
	out.Body.DoorHead = head
	d, err := s.knownDevice(ctx)
	if err != nil || d == nil {
		return out, err
	}
	if out.Body.Me, err = s.office.MeAt(ctx, *d, head.Sitting); err != nil {
		return nil, err
	}
	out.Body.Known, err = s.office.Known(ctx, *d, in.Door)
	return out, err
}

// doorQR draws the public address of a sitting; there is no secret in it.
func (s *server) doorQR(w http.ResponseWriter, r *http.Request) {
	head, err := s.office.DoorHead(r.Context(), r.PathValue("door"))
	if err != nil {
		writeProblem(w, s.refuse(exchangeOf(r.Context()), err))
		return
	}
	svg, err := papers.QR(s.base(r) + "/h/" + head.Door)
	if err != nil {
		writeProblem(w, s.refuse(exchangeOf(r.Context()), err))
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = w.Write([]byte(svg)) // the client has gone: nobody is left to tell
}

type enterIn struct {
	DoorIn
	Body struct {
		Name   string `json:"name" maxLength:"400" doc:"1 to 80 characters"`
		Hamlet string `json:"hamlet,omitempty" maxLength:"400" doc:"one of the door's hamlets, or empty"`
	}
}

type enterOut struct {
	Body struct {
		Person council.PersonID `json:"person"`
	}
}

func (s *server) enter(ctx context.Context, in *enterIn) (*enterOut, error) {
	name := council.CitizenName{Name: in.Body.Name, Hamlet: in.Body.Hamlet}
	p, err := s.office.Enter(ctx, in.Door, name, func() (auth.Device, error) {
		known, err := s.knownDevice(ctx)
		if err != nil {
			return auth.Device{}, err
		}
		if known == nil {
			if err := s.arrivals.wait(ctx, exchangeOf(ctx).r.RemoteAddr); err != nil {
				return auth.Device{}, err
			}
		}
		return s.ensureDevice(ctx)
	})
	if err != nil {
		return nil, err
	}
	out := &enterOut{}
	out.Body.Person = p
	return out, nil
}

type linkIn struct {
	DoorIn
	Body struct {
		Token string `json:"token" maxLength:"64"`
		Code  string `json:"code,omitempty" maxLength:"16" doc:"the 6 digits that the clerk gave apart"`
	}
}

type linkOut struct {
	Body struct {
		Person council.PersonID `json:"person"`
		Name   string           `json:"name"`
		Roles  []council.Role   `json:"roles"`
		Label  string           `json:"label"`
	}
}

func (s *server) exchangeLink(ctx context.Context, in *linkIn) (*linkOut, error) {
	place, err := s.office.PlaceOf(ctx, in.Door)
	if errors.Is(err, office.ErrNoSitting) {
		err = auth.ErrLinkUnknown // an unknown door and an unknown token look alike
	}
	if err != nil {
		return nil, err
	}
	t, err := s.tried(ctx, in.Body.Token, in.Body.Code)
	if err != nil {
		return nil, err
	}
	t.Council, t.Sitting = place.Council, place.Sitting
	p, err := s.auth.Exchange(ctx, t)
	if err != nil {
		return nil, err
	}
	out := &linkOut{}
	out.Body.Person, out.Body.Name, out.Body.Roles, out.Body.Label = p.ID, p.Name, p.Roles, p.Label
	return out, nil
}

// tried is what auth must know of a try to come in by a link.
func (s *server) tried(ctx context.Context, token, code string) (auth.Tried, error) {
	known, err := s.knownDevice(ctx)
	if err != nil {
		return auth.Tried{}, err
	}
	return auth.Tried{
		Token: token, Code: code, Network: auth.Network(exchangeOf(ctx).r.RemoteAddr), Known: known,
		Device: func() (auth.Device, error) { return s.ensureDevice(ctx) },
	}, nil
}

type displayIn struct {
	Body struct {
		Token string `json:"token" maxLength:"64"`
	}
}

type displayOut struct {
	Body struct {
		Sitting string `json:"sitting"`
		Door    string `json:"door"`
	}
}

func (s *server) display(ctx context.Context, in *displayIn) (*displayOut, error) {
	t, err := s.tried(ctx, in.Body.Token, "")
	if err != nil {
		return nil, err
	}
	sitting, p, err := s.auth.ExchangeDisplay(ctx, t)
	if err != nil {
		return nil, err
	}
	door, err := s.office.DoorOf(ctx, p.Council, sitting)
	if err != nil {
		return nil, err
	}
	out := &displayOut{}
	out.Body.Sitting, out.Body.Door = sitting, door
	return out, nil
}

type firstNeededOut struct {
	Body struct {
		Needed bool `json:"needed"`
	}
}

func (s *server) firstNeeded(ctx context.Context, _ *struct{}) (*firstNeededOut, error) {
	out := &firstNeededOut{}
	var err error
	out.Body.Needed, err = s.office.FirstNeeded(ctx)
	return out, err
}

type firstIn struct {
	Body struct {
		Token   string            `json:"token" maxLength:"64"`
		Council office.NewCouncil `json:"council"`
		Admin   office.Admin      `json:"admin"`
	}
}

// first also signs the new administrator in on this device.
func (s *server) first(ctx context.Context, in *firstIn) (*empty, error) {
	a, err := s.office.First(ctx, in.Body.Token, in.Body.Council, in.Body.Admin)
	if err != nil {
		return nil, err
	}
	return &empty{}, s.signIn(ctx, a.Name, in.Body.Admin.Password)
}

type loginIn struct {
	Body struct {
		Name     string `json:"name" maxLength:"400"`
		Password string `json:"password" maxLength:"1024"`
	}
}

func (s *server) login(ctx context.Context, in *loginIn) (*empty, error) {
	return &empty{}, s.signIn(ctx, in.Body.Name, in.Body.Password)
}

func (s *server) signIn(ctx context.Context, name, password string) error {
	return s.auth.Login(ctx, auth.Network(exchangeOf(ctx).r.RemoteAddr), name, password, func() (auth.Device, error) {
		return s.ensureDevice(ctx)
	})
}

func (s *server) logout(ctx context.Context, _ *struct{}) (*empty, error) {
	d, err := s.knownDevice(ctx)
	if err != nil || d == nil {
		return &empty{}, err
	}
	return &empty{}, s.auth.Logout(ctx, *d)
}
