package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
)

// tokenBytes is the length of every token: 256 bits.
const tokenBytes = 32

// tokenText is how tokens travel: 43 characters, safe in a fragment.
var tokenText = base64.RawURLEncoding

// Token is a secret that proves the right to a link, a device or the first setup. Only its hash is ever stored.
type Token [tokenBytes]byte

// NewToken draws 256 bits from the system.
func NewToken() Token {
	var t Token
	_, _ = rand.Read(t[:]) // crypto/rand.Read never fails since Go 1.24
	return t
}

// String gives the 43 characters that stand in a link's fragment.
func (t Token) String() string { return tokenText.EncodeToString(t[:]) }

// Hash is what may be stored: with 256 random bits a plain SHA-256 needs no salt.
func (t Token) Hash() []byte {
	h := sha256.Sum256(t[:])
	return h[:]
}

// code binds a 6-digit code to its link: HMAC-SHA-256 keyed by the token, so that a thief of the database, who has only the
// token's hash, cannot try the million codes.
func (t Token) code(code string) []byte {
	m := hmac.New(sha256.New, t[:])
	m.Write([]byte("code:" + code))
	return m.Sum(nil)
}

// errMalformed is a token that is not 43 characters of base64url.
var errMalformed = errors.New("malformed token")

// ParseToken reads a token as String writes it; anything else is an error.
func ParseToken(s string) (Token, error) {
	var t Token
	if len(s) != tokenText.EncodedLen(tokenBytes) {
		return t, errMalformed
	}
	b, err := tokenText.Strict().DecodeString(s)
	if err != nil || len(b) != tokenBytes {
		return t, errMalformed
	}
	copy(t[:], b)
	return t, nil
}

// NewID is a random identifier of 128 bits, in 26 lower-case letters and digits.
func NewID() string { return newText(idAlphabet, 26) }

const (
	idAlphabet = "abcdefghijklmnopqrstuvwxyz234567" // 32 letters: 26 of them are 130 bits
	// doorAlphabet leaves out i, l, o, 0, 1: a door is read aloud and typed from paper.
	doorAlphabet = "abcdefghjkmnpqrstuvwxyz23456789"
	doorLength   = 8
)

// NewDoor is the public name of a sitting in /h/{door}: 8 unambiguous letters and digits. It is no secret.
func NewDoor() string { return newText(doorAlphabet, doorLength) }

// newText draws n letters of the alphabet without bias.
func newText(alphabet string, n int) string {
	out := make([]byte, 0, n)
	limit := byte(256 - 256%len(alphabet))
	if 256%len(alphabet) == 0 {
		limit = 255
	}
	var buf [64]byte
	for len(out) < n {
		_, _ = rand.Read(buf[:])
		for _, b := range buf {
			if len(out) < n && (b < limit || 256%len(alphabet) == 0) {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}

// newCode draws the 6 digits that the clerk gives apart from the link.
func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", wrap("draw a code", err)
	}
	return fmt.Sprintf("%06d", n.Int64()), nil
}

// same compares two secrets in constant time.
func same(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// Resume makes and checks the secret with which a session takes its seat again after a lost connection: an HMAC over the
// session, the device, the sitting, the person and the person's revocation counter. It needs no table and no slow hash.
type Resume struct{ key []byte }

// NewResume takes the installation's key, 32 random bytes kept in the settings.
func NewResume(key []byte) (*Resume, error) {
	if len(key) < tokenBytes {
		return nil, fmt.Errorf("auth: the resume key has %d bytes, not %d", len(key), tokenBytes)
	}
	return &Resume{key: append([]byte(nil), key...)}, nil
}

// Secret is what the client gets in session.welcome.
func (r *Resume) Secret(sid, device, sitting, person string, rev uint64) string {
	return tokenText.EncodeToString(r.sum(sid, device, sitting, person, rev))
}

// Check says whether the secret is the one made for exactly these.
func (r *Resume) Check(secret, sid, device, sitting, person string, rev uint64) bool {
	got, err := tokenText.Strict().DecodeString(secret)
	return err == nil && same(got, r.sum(sid, device, sitting, person, rev))
}

func (r *Resume) sum(sid, device, sitting, person string, rev uint64) []byte {
	m := hmac.New(sha256.New, r.key)
	for _, s := range []string{"resume/1", sid, device, sitting, person} {
		_ = binary.Write(m, binary.BigEndian, uint64(len(s)))
		m.Write([]byte(s))
	}
	_ = binary.Write(m, binary.BigEndian, rev)
	return m.Sum(nil)
}
