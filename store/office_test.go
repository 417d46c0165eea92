package store

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"nghitruong/council"
)

var noon = time.UnixMilli(1_790_000_000_000).UTC()

func TestUnitsAndCouncils(t *testing.T) {
	db := open(t)
	units := []Unit{
		{ID: "lao-cai", Name: "Lào Cai", Level: "tinh", Kind: "tinh", ValidFrom: "2025-07-01"},
		{ID: "van-yen", Name: "Văn Yên", Level: "huyen", Kind: "huyen", ValidTo: "2025-06-30", ReplacedBy: []string{"x1", "x2"}},
	}
	for range 2 { // writing again replaces
		if err := db.PutUnits(t.Context(), units); err != nil {
			t.Fatal(err)
		}
	}
	got, err := db.Units(t.Context())
	if err != nil || len(got) != 2 || !reflect.DeepEqual(got[1], units[1]) {
		t.Errorf("units %+v, %v", got, err)
	}
	c := Council{ID: "c", Name: "HĐND xã Đông Cuông", Unit: "x1", Khoa: "khóa II", TermFrom: "2026", TermTo: "2031", CreatedAt: noon}
	if err := db.AddCouncil(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := db.AddCouncil(t.Context(), c); !errors.Is(err, ErrDuplicate) {
		t.Errorf("again: %v", err)
	}
	if got, err := db.Council(t.Context(), "c"); err != nil || got != c {
		t.Errorf("council %+v, %v", got, err)
	}
	if _, err := db.Council(t.Context(), "none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown council: %v", err)
	}
	if all, err := db.Councils(t.Context()); err != nil || len(all) != 3 {
		t.Errorf("councils %+v, %v", all, err)
	}
}

func TestAccounts(t *testing.T) {
	db := open(t)
	ctx := t.Context()
	a := Account{ID: "acc1", Council: "a", Name: "thuky", Role: "clerk", PasswordHash: "$argon2id$…", CreatedAt: noon}
	if n, err := db.CountAccounts(ctx); n != 0 || err != nil {
		t.Errorf("%d accounts, %v", n, err)
	}
	if err := db.AddAccount(ctx, a); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		err  error
		want error
	}{
		"same name in another council": {db.AddAccount(ctx, Account{ID: "acc2", Council: "b", Name: "thuky"}), ErrDuplicate},
		"unknown council":              {db.AddAccount(ctx, Account{ID: "acc3", Council: "none", Name: "x"}), ErrNotFound},
		"password of another council":  {db.SetPassword(ctx, "b", "acc1", "new"), ErrNotFound},
		"disabled by another council":  {db.SetAccountDisabled(ctx, "b", "acc1", true), ErrNotFound},
		"own password":                 {db.SetPassword(ctx, "a", "acc1", "new"), nil},
		"own disabling":                {db.SetAccountDisabled(ctx, "a", "acc1", true), nil},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", name, c.err, c.want)
		}
	}
	a.PasswordHash, a.Disabled = "new", true
	if got, err := db.AccountByName(ctx, "thuky"); err != nil || got != a {
		t.Errorf("by name %+v, %v", got, err)
	}
	if got, err := db.AccountByID(ctx, "acc1"); err != nil || got != a {
		t.Errorf("by id %+v, %v", got, err)
	}
	if list, err := db.Accounts(ctx, "b"); err != nil || len(list) != 0 {
		t.Errorf("council b lists %+v, %v", list, err)
	}
}

func TestFailures(t *testing.T) {
	db := open(t)
	ctx := t.Context()
	for i := range 4 {
		if err := db.AddFailure(ctx, "account:x", noon.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	count := func(bucket string, since time.Time) int {
		t.Helper()
		n, err := db.Failures(ctx, bucket, since)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count("account:x", noon.Add(time.Minute)); n != 3 {
		t.Errorf("since the second: %d", n)
	}
	if n := count("account:y", noon); n != 0 {
		t.Errorf("another bucket: %d", n)
	}
	if err := db.PruneFailures(ctx, noon.Add(2*time.Minute)); err != nil || count("account:x", noon) != 2 {
		t.Errorf("after pruning: %v", err)
	}
	if err := db.ForgetFailures(ctx, "account:x"); err != nil || count("account:x", noon) != 0 {
		t.Errorf("after forgetting: %v", err)
	}
}

func device(id string) Device {
	return Device{ID: id, Hash: sha256.Sum256([]byte(id)), Name: "Chrome", CreatedAt: noon, SeenAt: noon, ExpiresAt: noon.Add(time.Hour)}
}

func TestDevices(t *testing.T) {
	db := open(t)
	ctx := t.Context()
	d1, d2 := device("d1"), device("d2")
	for _, d := range []Device{d1, d2} {
		if err := db.AddDevice(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := db.DeviceByHash(ctx, d1.Hash); err != nil || got != d1 {
		t.Errorf("device %+v, %v", got, err)
	}
	if _, err := db.DeviceByHash(ctx, sha256.Sum256(nil)); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown cookie: %v", err)
	}
	p := DevicePerson{Device: "d1", Council: "a", Sitting: "s", Person: "p1", Link: "l1", Rev: 1, CreatedAt: noon}
	for _, set := range []DevicePerson{p, {Device: "d2", Council: "a", Sitting: "s", Person: "p1", Link: "l1", Rev: 1, CreatedAt: noon.Add(1)}} {
		if err := db.SetDevicePerson(ctx, set); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := db.PersonOfDevice(ctx, "a", "s", "d1"); err != nil || got != p {
		t.Errorf("person %+v, %v", got, err)
	}
	if _, err := db.PersonOfDevice(ctx, "b", "s", "d1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("person in another council: %v", err)
	}
	p.Person = "p2"
	if err := db.SetDevicePerson(ctx, p); err != nil {
		t.Fatal(err)
	}
	if list, err := db.PersonsOfDevice(ctx, "d1"); err != nil || len(list) != 1 || list[0] != p {
		t.Errorf("persons %+v, %v", list, err)
	}
	if list, err := db.DevicesOfPerson(ctx, "a", "s", "p1"); err != nil || len(list) != 1 || list[0].ID != "d2" {
		t.Errorf("devices %+v, %v", list, err)
	}
	if list, err := db.DevicesOfSitting(ctx, "a", "s"); err != nil || len(list) != 2 || list[1].Device.ID == "" {
		t.Errorf("devices of sitting %+v, %v", list, err)
	}
	if err := db.RemoveDevicePerson(ctx, "b", "s", "d2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("another council revokes: %v", err)
	}
	if err := db.RemoveDevicePerson(ctx, "a", "s", "d2"); err != nil {
		t.Error(err)
	}
	if err := db.SetDeviceAccount(ctx, "d1", "acc"); err != nil {
		t.Error(err)
	}
	if err := db.TouchDevice(ctx, "d1", noon.Add(time.Minute), noon.Add(2*time.Hour)); err != nil {
		t.Error(err)
	}
	if got, err := db.DeviceByHash(ctx, d1.Hash); err != nil || got.Account != "acc" || !got.SeenAt.Equal(noon.Add(time.Minute)) {
		t.Errorf("touched %+v, %v", got, err)
	}
	if err := db.PruneDevices(ctx, noon.Add(90*time.Minute)); err != nil {
		t.Error(err)
	}
	if _, err := db.DeviceByHash(ctx, d2.Hash); !errors.Is(err, ErrNotFound) {
		t.Errorf("an expired device: %v", err)
	}
	if err := db.DeleteDevice(ctx, "d1"); err != nil {
		t.Error(err)
	}
	if list, err := db.PersonsOfDevice(ctx, "d1"); err != nil || len(list) != 0 {
		t.Errorf("persons of a forgotten device: %+v, %v", list, err)
	}
}

func link(id string, person council.PersonID) Link {
	return Link{
		ID: id, Council: "a", Sitting: "s", Person: person, TokenHash: sha256.Sum256([]byte(id)), CodeHash: []byte("code"),
		State: LinkNew, ExpiresAt: noon.Add(time.Hour), CreatedAt: noon,
	}
}

func TestLinks(t *testing.T) {
	db := open(t)
	ctx := t.Context()
	if err := db.ReplaceLinks(ctx, []Link{link("l1", "p1"), link("l2", "p2")}); err != nil {
		t.Fatal(err)
	}
	l1, err := db.LinkByToken(ctx, "a", "s", sha256.Sum256([]byte("l1")))
	if err != nil || l1.Person != "p1" || l1.Rev != 1 || l1.State != LinkNew || !bytes.Equal(l1.CodeHash, []byte("code")) {
		t.Fatalf("link %+v, %v", l1, err)
	}
	for _, miss := range [][2]string{{"b", "s"}, {"a", "other"}} {
		if _, err := db.LinkByToken(ctx, miss[0], miss[1], l1.TokenHash); !errors.Is(err, ErrNotFound) {
			t.Errorf("%v: %v", miss, err)
		}
	}
	for i, want := range []LinkState{LinkNew, LinkNew, LinkLocked} {
		if wrong, state, err := db.WrongCode(ctx, "a", "l1", 3); wrong != i+1 || state != want || err != nil {
			t.Errorf("wrong code %d: %d, %s, %v", i+1, wrong, state, err)
		}
	}
	if err := db.UseLink(ctx, "a", "l1"); !errors.Is(err, ErrVersion) {
		t.Errorf("a locked link was used: %v", err)
	}
	if _, _, err := db.WrongCode(ctx, "b", "l2", 3); !errors.Is(err, ErrNotFound) {
		t.Errorf("another council locks: %v", err)
	}
	if err := db.UseLink(ctx, "a", "l2"); err != nil {
		t.Error(err)
	}
	if err := db.ReplaceLinks(ctx, []Link{link("l3", "p1")}); err != nil {
		t.Fatal(err)
	}
	if err := db.RevokeLinks(ctx, "a", "s", "p2"); err != nil {
		t.Fatal(err)
	}
	want := map[string]Link{"l1": {State: LinkRevoked, Rev: 2}, "l2": {State: LinkRevoked, Rev: 2}, "l3": {State: LinkNew, Rev: 2}}
	list, err := db.Links(ctx, "a", "s")
	if err != nil || len(list) != 3 {
		t.Fatalf("links %+v, %v", list, err)
	}
	for _, l := range list {
		if w := want[l.ID]; l.State != w.State || l.Rev != w.Rev {
			t.Errorf("%s is %s, rev %d; want %s, %d", l.ID, l.State, l.Rev, w.State, w.Rev)
		}
	}
	if err := db.ExpireLinks(ctx, "a", "s", noon); err != nil {
		t.Error(err)
	}
	if got, err := db.LinkByID(ctx, "a", "l3"); err != nil || !got.ExpiresAt.Equal(noon) {
		t.Errorf("expired %+v, %v", got, err)
	}
	if got, err := db.LinkByTokenAnywhere(ctx, sha256.Sum256([]byte("l3"))); err != nil || got.ID != "l3" {
		t.Errorf("by token alone %+v, %v", got, err)
	}
}

func TestSittings(t *testing.T) {
	db := open(t)
	ctx := t.Context()
	s := Sitting{ID: "s", Council: "a", Door: "k7m2p9qx", State: StateDraft, Version: 1, Doc: []byte(`{"title":"Kỳ họp"}`), CreatedAt: noon, UpdatedAt: noon}
	if err := db.AddSitting(ctx, s); err != nil {
		t.Fatal(err)
	}
	if err := db.AddSitting(ctx, Sitting{ID: "s2", Council: "b", Door: s.Door, Doc: []byte("{}")}); !errors.Is(err, ErrDuplicate) {
		t.Errorf("a door twice: %v", err)
	}
	if got, err := db.Sitting(ctx, "a", "s"); err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("sitting %+v, %v", got, err)
	}
	if _, err := db.Sitting(ctx, "b", "s"); !errors.Is(err, ErrNotFound) {
		t.Errorf("another council's: %v", err)
	}
	if got, err := db.SittingByDoor(ctx, "k7m2p9qx"); err != nil || got.ID != "s" {
		t.Errorf("by door %+v, %v", got, err)
	}
	if id, err := db.CouncilOf(ctx, "s"); err != nil || id != "a" {
		t.Errorf("council %q, %v", id, err)
	}
	if v, err := db.SaveDraft(ctx, "a", "s", 1, []byte("{}"), noon); err != nil || v != 2 {
		t.Errorf("save: %d, %v", v, err)
	}
	if _, err := db.SaveDraft(ctx, "a", "s", 1, []byte("{}"), noon); !errors.Is(err, ErrVersion) {
		t.Errorf("an old version: %v", err)
	}
	if _, err := db.SaveDraft(ctx, "b", "s", 2, []byte("{}"), noon); !errors.Is(err, ErrNotFound) {
		t.Errorf("another council saves: %v", err)
	}
	if err := put(t, db, "a", "s", council.SittingOpened{Policy: council.GateFloor}); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Sitting(ctx, "a", "s"); err != nil || got.State != string(council.StateOpen) {
		t.Errorf("the list says %q, %v", got.State, err)
	}
	if _, err := db.SaveDraft(ctx, "a", "s", 2, []byte("{}"), noon); !errors.Is(err, ErrVersion) {
		t.Errorf("a draft of an open sitting was saved: %v", err)
	}
	if err := db.SetSittingState(ctx, "b", "s", council.StateClosed, noon); !errors.Is(err, ErrNotFound) {
		t.Errorf("another council closes: %v", err)
	}
	if list, err := db.Sittings(ctx, "b"); err != nil || len(list) != 0 {
		t.Errorf("council b lists %+v, %v", list, err)
	}
}

func TestSettings(t *testing.T) {
	db := open(t)
	ctx := t.Context()
	if _, err := db.Setting(ctx, "k"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unset: %v", err)
	}
	var wg sync.WaitGroup
	values := make([][]byte, 8)
	for i := range values {
		wg.Go(func() {
			v, err := db.SettingOr(ctx, "key", func() ([]byte, error) { return []byte{byte(i)}, nil })
			if err != nil {
				t.Error(err)
			}
			values[i] = v
		})
	}
	wg.Wait()
	for _, v := range values {
		if !bytes.Equal(v, values[0]) {
			t.Errorf("two callers got %v and %v", v, values[0])
		}
	}
	if err := db.SetSetting(ctx, "first", []byte("hash")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		value string
		want  bool
	}{{"other", false}, {"hash", true}, {"hash", false}} {
		if got, err := db.TakeSetting(ctx, "first", []byte(c.value)); err != nil || got != c.want {
			t.Errorf("take %q: %v, %v", c.value, got, err)
		}
	}
	if err := db.DeleteSetting(ctx, "key"); err != nil {
		t.Error(err)
	}
}
