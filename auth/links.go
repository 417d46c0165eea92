package auth

import (
	"context"
	"errors"
	"hash/maphash"
	"time"

	"nghitruong/council"
	"nghitruong/store"
)

const (
	// wrongCodes lock a link: one in 200,000 guesses the code of a found link.
	wrongCodes = 5
	// linkLife is how long links live on after the sitting's close.
	linkLife = 24 * time.Hour
	// maxDevices are remembered per person of a link that asks for a code; the one not seen for longest makes room.
	maxDevices = 3
)

// Issued is a personal link at the only moment when token and code are known: they are stored hashed.
type Issued struct {
	Person council.PersonID
	Token  Token
	Code   string // "" when the person's roles ask for none
}

// IssueLinks makes new links for these people of a sitting and revokes their earlier ones, with the devices that came by them.
func (s *Service) IssueLinks(ctx context.Context, councilID, sitting string, people []council.Person) ([]Issued, error) {
	out := make([]Issued, 0, len(people))
	rows := make([]store.Link, 0, len(people))
	now := s.now()
	for _, p := range people {
		i := Issued{Person: p.ID, Token: NewToken()}
		row := store.Link{
			ID: NewID(), Council: councilID, Sitting: sitting, Person: p.ID,
			TokenHash: [tokenBytes]byte(i.Token.Hash()), State: store.LinkNew, CreatedAt: now,
		}
		if NeedsCode(p.Roles) {
			code, err := newCode()
			if err != nil {
				return nil, err
			}
			i.Code, row.CodeHash = code, i.Token.code(code)
		}
		out, rows = append(out, i), append(rows, row)
	}
	if err := s.store.ReplaceLinks(ctx, rows); err != nil {
		return nil, wrap("store links", err)
	}
	return out, s.dropOldDevices(ctx, councilID, sitting, people)
}

// dropOldDevices forgets the devices that came by earlier links of these people, who are out already by the links' counters. A
// clerk's own device, which came by the account, stays: whoever renews all links must not lose the desk.
func (s *Service) dropOldDevices(ctx context.Context, councilID, sitting string, people []council.Person) error {
	chosen := make(map[council.PersonID]bool, len(people))
	for _, p := range people {
		chosen[p.ID] = true
	}
	devices, err := s.store.DevicesOfSitting(ctx, councilID, sitting)
	if err != nil {
		return wrap("list devices of old links", err)
	}
	for _, d := range devices {
		if !chosen[d.Person] || d.Link == "" {
			continue
		}
		err := s.store.RemoveDevicePerson(ctx, councilID, sitting, d.Device.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return wrap("remove a device of an old link", err)
		}
		s.revoked(sitting, d.Person, d.Device.ID)
	}
	return nil
}

// Tried is one try to come in by a personal link.
type Tried struct {
	Council, Sitting string
	Token, Code      string // Code may be empty
	Network          string // Network(r.RemoteAddr)
	Device           func() (Device, error)
	Known            *Device // the device, when its cookie came along
}

// Exchange turns a personal link into a device's person. Device is called only when everything else is right, so that a wrong
// link makes no device. The errors are those of this package: ErrLinkUnknown, Revoked, Expired, Locked, ErrCodeRequired,
// "wrong_code" with the tries left, ErrTooMany.
func (s *Service) Exchange(ctx context.Context, t Tried) (Person, error) {
	return s.exchange(ctx, t, func(hash [tokenBytes]byte) (store.Link, error) {
		return s.store.LinkByToken(ctx, t.Council, t.Sitting, hash)
	})
}

// ExchangeDisplay is Exchange for a link that names no sitting: a display's. It gives the sitting too.
func (s *Service) ExchangeDisplay(ctx context.Context, t Tried) (string, Person, error) {
	sitting := ""
	p, err := s.exchange(ctx, t, func(hash [tokenBytes]byte) (store.Link, error) {
		l, err := s.store.LinkByTokenAnywhere(ctx, hash)
		if err != nil {
			return l, err
		}
		who, err := s.listed(ctx, l.Council, l.Sitting, l.Person)
		if err != nil {
			return l, err
		}
		if len(who.Roles) != 1 || who.Roles[0] != council.RoleDisplay {
			return l, ErrLinkUnknown
		}
		sitting = l.Sitting
		return l, nil
	})
	return sitting, p, err
}

func (s *Service) exchange(ctx context.Context, t Tried, find func([tokenBytes]byte) (store.Link, error)) (Person, error) {
	netKey := key("net", t.Network)
	if t.Known == nil && s.tries.over(netKey, triesPerNetwork) {
		return Person{}, ErrTooMany
	}
	token, err := ParseToken(t.Token)
	if err != nil {
		s.tries.failed(netKey)
		return Person{}, ErrLinkUnknown
	}
	hash := [tokenBytes]byte(token.Hash())
	link, err := find(hash)
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, ErrLinkUnknown), errors.Is(err, ErrNoPerson),
		err == nil && !same(link.TokenHash[:], hash[:]):
		s.tries.failed(netKey)
		return Person{}, ErrLinkUnknown
	case err != nil:
		return Person{}, wrap("find a link", err)
	}
	if err := s.checkLink(ctx, link); err != nil {
		return Person{}, err
	}
	if already, err := s.isPerson(ctx, t.Known, link); err != nil || already {
		if err != nil {
			return Person{}, err
		}
		return s.person(ctx, bound(link, t.Known.ID, s.now()))
	}
	if err := s.checkCode(ctx, t, token, link.ID, link.Council); err != nil {
		return Person{}, err
	}
	return s.bind(ctx, t, link)
}

// checkLink says whether a found link is still good, apart from its code and lock.
func (s *Service) checkLink(ctx context.Context, l store.Link) error {
	if l.State == store.LinkRevoked {
		return ErrLinkRevoked
	}
	row, err := s.store.Sitting(ctx, l.Council, l.Sitting)
	if errors.Is(err, store.ErrNotFound) {
		return ErrLinkUnknown
	}
	if err != nil {
		return wrap("read a sitting", err)
	}
	ends := l.ExpiresAt
	if row.State == string(council.StateClosed) && ends.IsZero() {
		ends = row.UpdatedAt.Add(linkLife)
	}
	if !ends.IsZero() && !s.now().Before(ends) {
		return ErrLinkExpired
	}
	return nil
}

// isPerson says whether the device is this link's person already: then no code is asked, and a lock does not put it out.
func (s *Service) isPerson(ctx context.Context, known *Device, l store.Link) (bool, error) {
	if known == nil {
		return false, nil
	}
	dp, err := s.store.PersonOfDevice(ctx, l.Council, l.Sitting, known.ID)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, wrap("find a device's person", err)
	}
	return dp.Link == l.ID && dp.Rev == l.Rev, nil
}

// checkCode asks for the code. One link's codes are tried one after another, in this process and thus everywhere: many tries
// at once must not all see a link that is not locked yet. The state is read again under the lock.
func (s *Service) checkCode(ctx context.Context, t Tried, token Token, id, councilID string) error {
	gate := &s.codes[maphash.String(s.seed, id)%uint64(len(s.codes))]
	gate.Lock()
	defer gate.Unlock()
	link, err := s.store.LinkByID(ctx, councilID, id)
	switch {
	case err != nil:
		return wrap("read a link", err)
	case link.State == store.LinkRevoked:
		return ErrLinkRevoked
	case link.State == store.LinkLocked:
		return ErrLinkLocked
	case len(link.CodeHash) == 0:
	case t.Code == "":
		return ErrCodeRequired
	case !same(token.code(t.Code), link.CodeHash):
		s.tries.failed(key("net", t.Network))
		wrong, state, err := s.store.WrongCode(ctx, councilID, id, wrongCodes)
		if err != nil {
			return wrap("count a wrong code", err)
		}
		if state == store.LinkLocked {
			s.log.Warn("a link was locked by wrong codes", "sitting", link.Sitting, "link", id)
			return ErrLinkLocked
		}
		return wrongCode(wrongCodes - wrong)
	}
	err = s.store.UseLink(ctx, councilID, id)
	if errors.Is(err, store.ErrVersion) {
		return ErrLinkRevoked
	}
	if err != nil {
		return wrap("use a link", err)
	}
	return nil
}

// bind makes the device the link's person.
func (s *Service) bind(ctx context.Context, t Tried, l store.Link) (Person, error) {
	p, err := s.person(ctx, bound(l, "", s.now()))
	if err != nil {
		return Person{}, err
	}
	if len(l.CodeHash) > 0 {
		if err := s.makeRoom(ctx, l, t.Known); err != nil {
			return Person{}, err
		}
	}
	d, err := t.Device()
	if err != nil {
		return Person{}, err
	}
	if err := s.store.SetDevicePerson(ctx, bound(l, d.ID, s.now())); err != nil {
		return Person{}, wrap("bind a device", err)
	}
	s.log.Info("a link was used", "sitting", l.Sitting, "person", l.Person, "device", d.ID)
	return p, nil
}

// makeRoom forgets the person's devices that were not seen for longest, so that the coming one is among maxDevices.
func (s *Service) makeRoom(ctx context.Context, l store.Link, coming *Device) error {
	devices, err := s.store.DevicesOfPerson(ctx, l.Council, l.Sitting, l.Person)
	if err != nil {
		return wrap("list a person's devices", err)
	}
	others := devices[:0]
	for _, d := range devices {
		if coming == nil || d.ID != coming.ID {
			others = append(others, d)
		}
	}
	for len(others) >= maxDevices {
		oldest := 0
		for i, d := range others {
			if d.SeenAt.Before(others[oldest].SeenAt) {
				oldest = i
			}
		}
		if err := s.RevokeDevice(ctx, l.Council, l.Sitting, others[oldest].ID); err != nil && !errors.Is(err, ErrNoPerson) {
			return err
		}
		others = append(others[:oldest], others[oldest+1:]...)
	}
	return nil
}

func bound(l store.Link, device string, at time.Time) store.DevicePerson {
	return store.DevicePerson{
		Device: device, Council: l.Council, Sitting: l.Sitting, Person: l.Person, Link: l.ID, Rev: l.Rev, CreatedAt: at,
	}
}
