package auth

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"nghitruong/council"
	"nghitruong/store"
)

// Config is what a Service is made of. All fields but Log, Now and Revoked are needed.
type Config struct {
	Store   Store
	Log     *slog.Logger                                            // nil = silent
	Now     func() time.Time                                        // nil = the system's clock
	Revoked func(sitting string, p council.PersonID, device string) // told after a person lost a device; device "" = all
}

// Service answers who somebody is. Its methods may be called from any goroutine.
type Service struct {
	Resume *Resume
	Hasher *Hasher

	store   Store
	log     *slog.Logger
	now     func() time.Time
	revoked func(string, council.PersonID, string)
	tries   *tries
	seed    maphash.Seed
	codes   [64]sync.Mutex // one code of a link is tried at a time: see exchange

	mu     sync.Mutex
	people map[string]listed // guarded by mu: lists of people by sitting, as last read
}

// listed is the list of people of one version of a sitting's document.
type listed struct {
	version int
	byID    map[council.PersonID]council.Person
}

// resumeSetting is the name under which the installation keeps the key of resume secrets.
const resumeSetting = "resume-key"

// New makes a service; it reads or makes the installation's key for resume secrets.
func New(ctx context.Context, c Config) (*Service, error) {
	key, err := c.Store.SettingOr(ctx, resumeSetting, func() ([]byte, error) {
		b := make([]byte, tokenBytes)
		_, err := rand.Read(b)
		return b, err
	})
	if err != nil {
		return nil, wrap("read the resume key", err)
	}
	resume, err := NewResume(key)
	if err != nil {
		return nil, err
	}
	s := &Service{
		Resume: resume, Hasher: NewHasher(), store: c.Store, log: c.Log, now: c.Now, revoked: c.Revoked,
		seed: maphash.MakeSeed(), people: map[string]listed{},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.revoked == nil {
		s.revoked = func(string, council.PersonID, string) {}
	}
	s.tries = newTries(s.now)
	return s, nil
}

// PersonFor says who a device is in a sitting. The roles of a listed person are those of the sitting's list; a citizen's and a
// display's are what they entered as. ErrNoPerson: it never entered, or its link was revoked or renewed since.
func (s *Service) PersonFor(ctx context.Context, d Device, sitting string) (Person, error) {
	councilID, err := s.store.CouncilOf(ctx, sitting)
	if errors.Is(err, store.ErrNotFound) {
		return Person{}, ErrNoPerson
	}
	if err != nil {
		return Person{}, wrap("find a sitting's council", err)
	}
	dp, err := s.store.PersonOfDevice(ctx, councilID, sitting, d.ID)
	if errors.Is(err, store.ErrNotFound) {
		return Person{}, ErrNoPerson
	}
	if err != nil {
		return Person{}, wrap("find a device's person", err)
	}
	return s.person(ctx, dp)
}

// PersonsOf lists who a device is anywhere, newest first; sittings whose person is gone are left out.
func (s *Service) PersonsOf(ctx context.Context, d Device) ([]DevicePerson, error) {
	rows, err := s.store.PersonsOfDevice(ctx, d.ID)
	if err != nil {
		return nil, wrap("list a device's persons", err)
	}
	out := make([]DevicePerson, 0, len(rows))
	for _, r := range rows {
		p, err := s.person(ctx, r)
		switch {
		case errors.Is(err, ErrNoPerson):
		case err != nil:
			return nil, err
		default:
			out = append(out, DevicePerson{Sitting: r.Sitting, Person: p})
		}
	}
	return out, nil
}

// DevicePerson is one sitting in which a device is somebody.
type DevicePerson struct {
	Sitting string
	Person  Person
}

func (s *Service) person(ctx context.Context, dp store.DevicePerson) (Person, error) {
	if dp.Link != "" {
		l, err := s.store.LinkByID(ctx, dp.Council, dp.Link)
		if errors.Is(err, store.ErrNotFound) || err == nil && (l.Rev != dp.Rev || l.State == store.LinkRevoked) {
			return Person{}, ErrNoPerson
		}
		if err != nil {
			return Person{}, wrap("read a link", err)
		}
	}
	p := Person{ID: dp.Person, Rev: uint64(dp.Rev), Council: dp.Council}
	if dp.Role != "" {
		p.Roles = []council.Role{dp.Role}
		return p, nil
	}
	l, err := s.listed(ctx, dp.Council, dp.Sitting, dp.Person)
	if err != nil {
		return Person{}, err
	}
	p.Name, p.Label, p.Roles = l.Name, l.Label, l.Roles
	return p, nil
}

// maxLists is how many sittings' lists of people are kept in memory.
const maxLists = 256

// listed finds a person on the sitting's list; ErrNoPerson when it is not there.
func (s *Service) listed(ctx context.Context, councilID, sitting string, id council.PersonID) (council.Person, error) {
	row, err := s.store.Sitting(ctx, councilID, sitting)
	if errors.Is(err, store.ErrNotFound) {
		return council.Person{}, ErrNoPerson
	}
	if err != nil {
		return council.Person{}, wrap("read a sitting", err)
	}
	s.mu.Lock()
	list, ok := s.people[sitting]
	s.mu.Unlock()
	if !ok || list.version != row.Version {
		var doc struct {
			People []council.Person `json:"people"`
		}
		if err := json.Unmarshal(row.Doc, &doc); err != nil {
			return council.Person{}, wrap("read a sitting's people", err)
		}
		list = listed{version: row.Version, byID: make(map[council.PersonID]council.Person, len(doc.People))}
		for _, p := range doc.People {
			list.byID[p.ID] = p
		}
		s.mu.Lock()
		if len(s.people) >= maxLists {
			clear(s.people)
		}
		s.people[sitting] = list
		s.mu.Unlock()
	}
	p, ok := list.byID[id]
	if !ok {
		return council.Person{}, ErrNoPerson
	}
	return p, nil
}

// EnterAs makes a device be a person of a sitting without a link: a citizen at the public door, or the signed-in clerk.
// Role is set for those who are on no list.
func (s *Service) EnterAs(ctx context.Context, d Device, councilID, sitting string, p council.PersonID, role council.Role) error {
	err := s.store.SetDevicePerson(ctx, store.DevicePerson{
		Device: d.ID, Council: councilID, Sitting: sitting, Person: p, Role: role, CreatedAt: s.now(),
	})
	if err != nil {
		return wrap("enter", err)
	}
	return nil
}

// RevokePerson takes a person's links and devices away; open sessions are told through Config.Revoked.
func (s *Service) RevokePerson(ctx context.Context, councilID, sitting string, p council.PersonID) error {
	if err := s.store.RevokeLinks(ctx, councilID, sitting, p); err != nil {
		return wrap("revoke links", err)
	}
	if err := s.store.RemovePerson(ctx, councilID, sitting, p); err != nil {
		return wrap("remove a person's devices", err)
	}
	s.revoked(sitting, p, "")
	return nil
}

// RevokeDevice takes one device's person in a sitting away. The device may come back with the link and its code.
func (s *Service) RevokeDevice(ctx context.Context, councilID, sitting, device string) error {
	dp, err := s.store.PersonOfDevice(ctx, councilID, sitting, device)
	if errors.Is(err, store.ErrNotFound) {
		return ErrNoPerson
	}
	if err != nil {
		return wrap("find a device's person", err)
	}
	if err := s.store.RemoveDevicePerson(ctx, councilID, sitting, device); err != nil && !errors.Is(err, store.ErrNotFound) {
		return wrap("remove a device", err)
	}
	s.revoked(sitting, dp.Person, device)
	return nil
}

// key names a bucket of failed tries.
func key(kind, name string) string { return fmt.Sprintf("%s:%s", kind, name) }
