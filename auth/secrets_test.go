package auth

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTokens(t *testing.T) {
	a, b := NewToken(), NewToken()
	if a == b {
		t.Fatal("two tokens are equal")
	}
	got, err := ParseToken(a.String())
	if err != nil || got != a {
		t.Fatalf("ParseToken(String) = %v, %v", got, err)
	}
	if string(a.Hash()) == string(a[:]) || string(a.Hash()) == string(b.Hash()) {
		t.Error("the hash is the token, or the same for two")
	}
	if string(a.code("123456")) == string(b.code("123456")) || string(a.code("123456")) == string(a.code("123457")) {
		t.Error("a code's hash does not depend on token and code")
	}
	for _, bad := range []string{"", "a", a.String() + "a", a.String()[1:], strings.Repeat("!", 43), strings.Repeat("=", 43)} {
		if _, err := ParseToken(bad); err == nil {
			t.Errorf("ParseToken(%q) succeeded", bad)
		}
	}
}

func TestNamesAreDrawnFromTheirAlphabet(t *testing.T) {
	counts := map[rune]int{}
	seen := map[string]bool{}
	for range 2000 {
		d := NewDoor()
		if len(d) != doorLength || seen[d] {
			t.Fatalf("door %q: wrong length or drawn twice", d)
		}
		seen[d] = true
		for _, r := range d {
			counts[r]++
			if !strings.ContainsRune(doorAlphabet, r) {
				t.Fatalf("door %q holds %q", d, r)
			}
		}
	}
	for _, r := range doorAlphabet {
		if n := counts[r]; n < 350 || n > 700 { // 16,000 letters over 31: 516 expected
			t.Errorf("letter %q was drawn %d times", r, n)
		}
	}
	if id := NewID(); len(id) != 26 {
		t.Errorf("id %q", id)
	}
}

func TestResumeSecretIsBoundToEverything(t *testing.T) {
	r, err := NewResume(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	secret := r.Secret("sid", "device", "sitting", "person", 3)
	rows := []struct {
		name, secret, sid, device, sitting, person string
		rev                                        uint64
		want                                       bool
	}{
		{"the same", secret, "sid", "device", "sitting", "person", 3, true},
		{"other session", secret, "sid2", "device", "sitting", "person", 3, false},
		{"other device", secret, "sid", "device2", "sitting", "person", 3, false},
		{"other sitting", secret, "sid", "device", "sitting2", "person", 3, false},
		{"other person", secret, "sid", "device", "sitting", "person2", 3, false},
		{"revoked since", secret, "sid", "device", "sitting", "person", 4, false},
		{"fields moved", secret, "sidd", "evice", "sitting", "person", 3, false},
		{"empty", "", "sid", "device", "sitting", "person", 3, false},
		{"cut", secret[:len(secret)-1], "sid", "device", "sitting", "person", 3, false},
	}
	for _, row := range rows {
		if got := r.Check(row.secret, row.sid, row.device, row.sitting, row.person, row.rev); got != row.want {
			t.Errorf("%s: Check = %v", row.name, got)
		}
	}
	if _, err := NewResume(make([]byte, 31)); err == nil {
		t.Error("a short key was taken")
	}
}

func TestPasswords(t *testing.T) {
	h := NewHasher()
	ctx := t.Context()
	stored, err := h.Hash(ctx, "mật khẩu đủ dài")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("stored as %q", stored)
	}
	rows := []struct {
		name, password, stored string
		want                   bool
	}{
		{"right", "mật khẩu đủ dài", stored, true},
		{"right, typed with combining marks", "mật khẩu đủ dài", stored, true},
		{"wrong", "mật khẩu đủ dàj", stored, false},
		{"empty", "", stored, false},
		{"unknown account", "mật khẩu đủ dài", "", false},
		{"too long", strings.Repeat("a", 5000), stored, false},
	}
	for _, r := range rows {
		got, err := h.Verify(ctx, r.password, r.stored)
		if err != nil || got != r.want {
			t.Errorf("%s: Verify = %v, %v", r.name, got, err)
		}
	}
	for _, bad := range []string{"short", strings.Repeat("a", 257), ""} {
		if _, err := h.Hash(ctx, bad); !errors.Is(err, ErrWeakPassword) {
			t.Errorf("Hash(%d bytes) = %v", len(bad), err)
		}
	}
	if _, err := h.Verify(ctx, "x", "$2y$10$other"); err == nil {
		t.Error("a foreign hash was taken")
	}
}

func TestHasherWaitsForASeat(t *testing.T) {
	h := NewHasher()
	for range cap(h.seats) {
		h.seats <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, "a long password"); err == nil {
		t.Error("a password was hashed without a free seat")
	}
}

func TestTriesForgetAfterTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTries(time.Now)
		for range triesPerAccount {
			if tr.over("a", triesPerAccount) {
				t.Fatal("over too early")
			}
			tr.failed("a")
		}
		if !tr.over("a", triesPerAccount) || tr.over("b", triesPerAccount) {
			t.Fatal("the wrong key is over")
		}
		time.Sleep(triesWindow - time.Second)
		if !tr.over("a", triesPerAccount) {
			t.Error("forgotten within the window")
		}
		time.Sleep(triesWindow + 2*time.Second)
		if tr.over("a", triesPerAccount) {
			t.Error("not forgotten after two windows")
		}
		tr.failed("a")
		tr.forget("a")
		if tr.over("a", 1) {
			t.Error("a success forgets nothing")
		}
	})
}

func TestNetwork(t *testing.T) {
	for remote, want := range map[string]string{
		"203.0.113.77:5000":           "203.0.113.0/24",
		"[::ffff:203.0.113.77]:5000":  "203.0.113.0/24",
		"[2001:db8:1:2:3:4:5:6]:5000": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:5000":         "fe80::/64",
		"203.0.113.77":                "203.0.113.0/24",
		"":                            "unknown",
		"pipe":                        "unknown",
	} {
		if got := Network(remote); got != want {
			t.Errorf("Network(%q) = %q, want %q", remote, got, want)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add(NewToken().String())
	f.Add("")
	f.Add("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB")
	f.Fuzz(func(t *testing.T, s string) {
		token, err := ParseToken(s)
		if err == nil && token.String() != s {
			t.Errorf("%q reads as %q", s, token)
		}
	})
}

func FuzzLoginName(f *testing.F) {
	f.Add("Văn Thư")
	f.Add("a\u202eb")
	f.Add("\xff  \t x")
	f.Add("A\b\u0306")
	f.Add("\u0130") // its lower case has two runes
	f.Fuzz(func(t *testing.T, s string) {
		n := LoginName(s)
		if LoginName(n) != n {
			t.Errorf("%q becomes %q, which becomes %q", s, n, LoginName(n))
		}
	})
}
