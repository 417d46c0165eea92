package office

import (
	"context"
	"crypto/subtle"
	"errors"
	"regexp"

	"nghitruong/auth"
	"nghitruong/store"
)

// firstSetting keeps the hash of the one-time link of the first administrator.
const firstSetting = "first-admin"

// NewCouncil names a council of one term. Khoa is a label, never computed.
type NewCouncil struct {
	Name     string `json:"name" maxLength:"160" doc:"as it stands on papers: HĐND xã Đông Cuông"`
	Unit     string `json:"unit" maxLength:"64" doc:"id of a unit; empty = none"`
	Khoa     string `json:"khoa" maxLength:"80" doc:"khóa XXII"`
	TermFrom string `json:"term_from" maxLength:"10" doc:"YYYY or YYYY-MM-DD"`
	TermTo   string `json:"term_to" maxLength:"10"`
}

// Admin is the first account of a council.
type Admin struct {
	Name     string `json:"name" maxLength:"240"`
	Password string `json:"password" maxLength:"1024"`
}

// FirstNeeded says whether the installation still waits for its first administrator.
func (o *Office) FirstNeeded(ctx context.Context) (bool, error) {
	n, err := o.store.CountAccounts(ctx)
	if err != nil {
		return false, wrap("count accounts", err)
	}
	return n == 0, nil
}

// FirstToken makes the one-time token of the first administrator's link and forgets the one before; "" when the installation
// has an administrator. Only its hash is stored, so each start prints a new one.
func (o *Office) FirstToken(ctx context.Context) (string, error) {
	needed, err := o.FirstNeeded(ctx)
	if err != nil || !needed {
		return "", err
	}
	t := auth.NewToken()
	if err := o.store.SetSetting(ctx, firstSetting, t.Hash()); err != nil {
		return "", wrap("store the first administrator's token", err)
	}
	return t.String(), nil
}

// First makes the first council with its administrator, who is also the installation's. The token is used up by success.
func (o *Office) First(ctx context.Context, token string, c NewCouncil, a Admin) (auth.Account, error) {
	needed, err := o.FirstNeeded(ctx)
	if err != nil {
		return auth.Account{}, err
	}
	if !needed {
		return auth.Account{}, ErrFirstDone
	}
	want, err := o.store.Setting(ctx, firstSetting)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return auth.Account{}, wrap("read the first administrator's token", err)
	}
	t, bad := auth.ParseToken(token)
	if bad != nil || subtle.ConstantTimeCompare(t.Hash(), want) != 1 {
		return auth.Account{}, ErrFirstToken
	}
	row, err := o.checkCouncil(ctx, c)
	if err != nil {
		return auth.Account{}, err
	}
	if err := checkAdmin(a); err != nil {
		return auth.Account{}, err
	}
	taken, err := o.store.TakeSetting(ctx, firstSetting, want)
	if err != nil {
		return auth.Account{}, wrap("use the first administrator's token", err)
	}
	if !taken {
		return auth.Account{}, ErrFirstDone
	}
	account, err := o.addCouncil(ctx, row, a, auth.AccountInstaller)
	if err != nil {
		return auth.Account{}, errors.Join(err, o.store.SetSetting(ctx, firstSetting, want))
	}
	o.log.Info("the first administrator is set up", "council", row.ID)
	return account, nil
}

// AddCouncil makes another council of the installation with its own administrator.
func (o *Office) AddCouncil(ctx context.Context, c NewCouncil, a Admin) (Council, error) {
	row, err := o.checkCouncil(ctx, c)
	if err != nil {
		return Council{}, err
	}
	if err := checkAdmin(a); err != nil {
		return Council{}, err
	}
	if _, err := o.addCouncil(ctx, row, a, auth.AccountAdmin); err != nil {
		return Council{}, err
	}
	return row, nil
}

// Councils lists the councils of the installation.
func (o *Office) Councils(ctx context.Context) ([]Council, error) {
	all, err := o.store.Councils(ctx)
	if err != nil {
		return nil, wrap("read councils", err)
	}
	return all, nil
}

// Council reads one council.
func (o *Office) Council(ctx context.Context, id string) (Council, error) {
	c, err := o.store.Council(ctx, id)
	if err != nil {
		return Council{}, wrap("read a council", err)
	}
	return c, nil
}

// AddAccount makes an account of a council: a clerk, or another administrator of the same council.
func (o *Office) AddAccount(ctx context.Context, councilID, name, password string, role auth.AccountRole) (auth.Account, error) {
	if role != auth.AccountClerk && role != auth.AccountAdmin {
		return auth.Account{}, invalid("bad_role", nil)
	}
	return o.identity.AddAccount(ctx, councilID, name, password, role)
}

// Accounts lists a council's accounts.
func (o *Office) Accounts(ctx context.Context, councilID string) ([]auth.Account, error) {
	return o.identity.Accounts(ctx, councilID)
}

func (o *Office) addCouncil(ctx context.Context, row Council, a Admin, role auth.AccountRole) (auth.Account, error) {
	if err := o.store.AddCouncil(ctx, row); err != nil {
		return auth.Account{}, wrap("store a council", err)
	}
	return o.identity.AddAccount(ctx, row.ID, a.Name, a.Password, role)
}

// checkAdmin refuses what AddAccount would refuse for sure, before the council is stored.
func checkAdmin(a Admin) error {
	if len([]rune(auth.LoginName(a.Name))) < 2 {
		return auth.ErrBadName
	}
	if !auth.GoodPassword(a.Password) {
		return auth.ErrWeakPassword
	}
	return nil
}

// datePattern is a year or a day.
var datePattern = regexp.MustCompile(`^\d{4}(-\d{2}-\d{2})?$`)

func (o *Office) checkCouncil(ctx context.Context, c NewCouncil) (Council, error) {
	row := Council{
		ID: auth.NewID(), Name: cleanText(c.Name), Unit: c.Unit, Khoa: cleanText(c.Khoa),
		TermFrom: c.TermFrom, TermTo: c.TermTo, CreatedAt: o.now(),
	}
	if row.Name == "" || tooLong(row.Name, maxName) || tooLong(row.Khoa, maxName) {
		return Council{}, ErrCouncilRequired
	}
	for _, d := range []string{row.TermFrom, row.TermTo} {
		if d != "" && !datePattern.MatchString(d) {
			return Council{}, badField("term", "date")
		}
	}
	if row.Unit == "" {
		return row, nil
	}
	units, err := o.Units(ctx)
	if err != nil {
		return Council{}, err
	}
	for _, u := range units {
		if u.ID == row.Unit {
			return row, nil
		}
	}
	return Council{}, ErrNoUnit
}
