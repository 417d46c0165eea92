package auth

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Parameters of argon2id as OWASP's password storage sheet lists them: 19 MiB, two passes, one lane; about 50 ms.
const (
	argonMemoryKiB = 19 * 1024
	argonPasses    = 2
	argonLanes     = 1
	argonKeyBytes  = 32
	argonSaltBytes = 16

	minPassword = 10  // runes
	maxPassword = 256 // bytes: longer input only costs us
)

// Hasher computes password hashes, never more at once than there are CPUs, so that a flood of sign-ins cannot take the
// memory or the machine from a sitting.
type Hasher struct {
	seats chan struct{}
	dummy string // the hash that unknown names are compared with, so that they cost the same
}

// NewHasher makes a hasher with as many seats as CPUs.
func NewHasher() *Hasher {
	h := &Hasher{seats: make(chan struct{}, runtime.GOMAXPROCS(0))}
	salt := make([]byte, argonSaltBytes)
	_, _ = rand.Read(salt)
	h.dummy = encodeHash(salt, make([]byte, argonKeyBytes))
	return h
}

// GoodPassword says whether Hash takes a password: at least ten runes, at most 256 bytes, in NFC.
func GoodPassword(password string) bool {
	password = norm.NFC.String(password)
	return utf8.RuneCountInString(password) >= minPassword && len(password) <= maxPassword
}

// Hash gives the text to store: $argon2id$v=19$m=19456,t=2,p=1$salt$hash. The password is taken in NFC.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if !GoodPassword(password) {
		return "", ErrWeakPassword
	}
	password = norm.NFC.String(password)
	salt := make([]byte, argonSaltBytes)
	_, _ = rand.Read(salt)
	key, err := h.derive(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return encodeHash(salt, key), nil
}

// Verify says whether the password belongs to the stored hash. An empty hash is an account that does not exist: the same
// work is done and the answer is no.
func (h *Hasher) Verify(ctx context.Context, password, stored string) (bool, error) {
	known := stored != ""
	if !known {
		stored = h.dummy
	}
	if len(password) > maxPassword {
		password = password[:maxPassword]
		known = false
	}
	salt, want, err := decodeHash(stored)
	if err != nil {
		return false, err
	}
	got, err := h.derive(ctx, norm.NFC.String(password), salt)
	if err != nil {
		return false, err
	}
	return same(got, want) && known, nil
}

func (h *Hasher) derive(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case h.seats <- struct{}{}:
	case <-ctx.Done():
		return nil, wrap("wait to hash a password", ctx.Err())
	}
	defer func() { <-h.seats }()
	return argon2.IDKey([]byte(password), salt, argonPasses, argonMemoryKiB, argonLanes, argonKeyBytes), nil
}

func encodeHash(salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemoryKiB, argonPasses, argonLanes,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

// errBadHash is a stored password hash that this program did not write.
var errBadHash = errors.New("auth: a stored password hash is not ours")

func decodeHash(s string) (salt, key []byte, err error) {
	prefix := fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemoryKiB, argonPasses, argonLanes)
	rest, ok := strings.CutPrefix(s, prefix)
	if !ok {
		return nil, nil, errBadHash
	}
	a, b, ok := strings.Cut(rest, "$")
	if !ok {
		return nil, nil, errBadHash
	}
	salt, err = base64.RawStdEncoding.DecodeString(a)
	if err != nil || len(salt) != argonSaltBytes {
		return nil, nil, errBadHash
	}
	key, err = base64.RawStdEncoding.DecodeString(b)
	if err != nil || len(key) != argonKeyBytes {
		return nil, nil, errBadHash
	}
	return salt, key, nil
}
