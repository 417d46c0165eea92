package auth

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"nghitruong/store"
)

const (
	// CookieName is the device's cookie. The prefix makes browsers refuse it from other hosts and without Secure
	// (RFC 6265bis §4.1.3.2).
	CookieName = "__Host-nt"
	// remembered is how long a device is known after it was last seen.
	remembered = 90 * 24 * time.Hour
	// touchEvery is how often the last sight of a device is written.
	touchEvery = 12 * time.Hour
)

// FromRequest knows the device by its cookie; ErrNoDevice when there is none that we know. It changes nothing.
func (s *Service) FromRequest(r *http.Request) (Device, error) {
	d, err := s.deviceRow(r)
	if err != nil {
		return Device{}, err
	}
	return Device{ID: d.ID, Account: d.Account}, nil
}

func (s *Service) deviceRow(r *http.Request) (store.Device, error) {
	c, err := r.Cookie(CookieName)
	if err != nil {
		return store.Device{}, ErrNoDevice
	}
	t, err := ParseToken(c.Value)
	if err != nil {
		return store.Device{}, ErrNoDevice
	}
	d, err := s.store.DeviceByHash(r.Context(), [tokenBytes]byte(t.Hash()))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Device{}, ErrNoDevice
	case err != nil:
		return store.Device{}, wrap("read a device", err)
	case !same(d.Hash[:], t.Hash()) || !s.now().Before(d.ExpiresAt):
		return store.Device{}, ErrNoDevice
	}
	return d, nil
}

// Ensure knows the device by its cookie or makes a new one and sets its cookie. Call it only where something is about to be
// bound to the device, and before the answer's body.
func (s *Service) Ensure(w http.ResponseWriter, r *http.Request) (Device, error) {
	now := s.now()
	row, err := s.deviceRow(r)
	switch {
	case err == nil:
		if now.Sub(row.SeenAt) >= touchEvery {
			if err := s.store.TouchDevice(r.Context(), row.ID, now, now.Add(remembered)); err != nil {
				return Device{}, wrap("remember a device", err)
			}
			c, _ := r.Cookie(CookieName) // deviceRow has read it
			setCookie(w, c.Value, remembered)
		}
		return Device{ID: row.ID, Account: row.Account}, nil
	case !errors.Is(err, ErrNoDevice):
		return Device{}, err
	}
	t := NewToken()
	row = store.Device{
		ID: NewID(), Hash: [tokenBytes]byte(t.Hash()), Name: deviceName(r.UserAgent()),
		CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(remembered),
	}
	if err := s.store.AddDevice(r.Context(), row); err != nil {
		return Device{}, wrap("add a device", err)
	}
	setCookie(w, t.String(), remembered)
	return Device{ID: row.ID}, nil
}

func setCookie(w http.ResponseWriter, value string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: CookieName, Value: value, Path: "/", MaxAge: int(age / time.Second),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// deviceName is how the clerk sees a device: "Chrome trên Android". It is made of known words only.
func deviceName(agent string) string {
	find := func(words [][2]string) string {
		for _, w := range words {
			if strings.Contains(agent, w[0]) {
				return w[1]
			}
		}
		return ""
	}
	browser := find([][2]string{
		{"Zalo", "Zalo"}, {"FBAN", "Facebook"}, {"FBAV", "Facebook"}, {"coc_coc", "Cốc Cốc"}, {"Edg", "Edge"},
		{"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"}, {"CriOS", "Chrome"},
		{"Chrome", "Chrome"}, {"Safari", "Safari"},
	})
	system := find([][2]string{
		{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Macintosh", "máy Mac"},
		{"Linux", "Linux"},
	})
	switch {
	case browser == "" && system == "":
		return "Thiết bị"
	case system == "":
		return browser
	case browser == "":
		return system
	}
	return browser + " trên " + system
}

// Sign-in of office accounts.

// Login signs an account in on the device that device gives, which is asked for only when name and password are right. Unknown
// names and wrong passwords cost and say the same (ErrWrongLogin).
func (s *Service) Login(ctx context.Context, network, name, password string, device func() (Device, error)) error {
	name = LoginName(name)
	accountKey, netKey := key("account", name), key("net", network)
	if s.tries.over(accountKey, triesPerAccount) || s.tries.over(netKey, triesPerNetwork) {
		return ErrTooMany
	}
	a, err := s.store.AccountByName(ctx, name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return wrap("read an account", err)
	}
	ok, err := s.Hasher.Verify(ctx, password, a.PasswordHash)
	if err != nil {
		return err
	}
	if !ok || a.Disabled {
		s.tries.failed(accountKey)
		s.tries.failed(netKey)
		return ErrWrongLogin
	}
	s.tries.forget(accountKey)
	d, err := device()
	if err != nil {
		return err
	}
	if err := s.store.SetDeviceAccount(ctx, d.ID, a.ID); err != nil {
		return wrap("sign in", err)
	}
	s.log.Info("signed in", "account", a.ID, "device", d.ID)
	return nil
}

// Logout signs the device's account out; its persons in sittings stay.
func (s *Service) Logout(ctx context.Context, d Device) error {
	if err := s.store.SetDeviceAccount(ctx, d.ID, ""); err != nil {
		return wrap("sign out", err)
	}
	return nil
}

// Account gives the device's signed-in account; ErrSignedOut when there is none or it was disabled.
func (s *Service) Account(ctx context.Context, d Device) (Account, error) {
	if d.Account == "" {
		return Account{}, ErrSignedOut
	}
	a, err := s.store.AccountByID(ctx, d.Account)
	if errors.Is(err, store.ErrNotFound) || err == nil && a.Disabled {
		return Account{}, ErrSignedOut
	}
	if err != nil {
		return Account{}, wrap("read an account", err)
	}
	return accountOf(a), nil
}

// AddAccount makes an account of a council. ErrNameTaken, ErrBadName or ErrWeakPassword.
func (s *Service) AddAccount(ctx context.Context, councilID, name, password string, role AccountRole) (Account, error) {
	name = LoginName(name)
	if n := len([]rune(name)); n < 2 || n > maxLoginName {
		return Account{}, ErrBadName
	}
	hash, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return Account{}, err
	}
	a := store.Account{
		ID: NewID(), Council: councilID, Name: name, Role: string(role), PasswordHash: hash, CreatedAt: s.now(),
	}
	err = s.store.AddAccount(ctx, a)
	if errors.Is(err, store.ErrDuplicate) {
		return Account{}, ErrNameTaken
	}
	if err != nil {
		return Account{}, wrap("add an account", err)
	}
	return accountOf(a), nil
}

// Accounts lists a council's accounts.
func (s *Service) Accounts(ctx context.Context, councilID string) ([]Account, error) {
	rows, err := s.store.Accounts(ctx, councilID)
	if err != nil {
		return nil, wrap("list accounts", err)
	}
	out := make([]Account, len(rows))
	for i, a := range rows {
		out[i] = accountOf(a)
	}
	return out, nil
}

func accountOf(a store.Account) Account {
	return Account{ID: a.ID, Council: a.Council, Name: a.Name, Role: AccountRole(a.Role)}
}
