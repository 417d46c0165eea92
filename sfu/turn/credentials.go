package turn

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

// maxUsername bounds "expiry:sid" in bytes; RFC 8489 allows 508.
const maxUsername = 128

// Credentials gives a live session a user name, "expiry:sid" with the expiry in Unix seconds, and the password that
// belongs to it. They are good for new allocations until life has passed.
func (s *Server) Credentials(sid string) (username, password string, life time.Duration) {
	now := s.now()
	expires := now.Add(credentialLife)
	s.book.issued(sid, now, expires)
	username = strconv.FormatInt(expires.Unix(), 10) + ":" + sid
	return username, s.password(username), credentialLife
}

func (s *Server) password(username string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(username))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// parseUsername splits "expiry:sid".
func parseUsername(username string) (sid string, expires time.Time, ok bool) {
	at, sid, found := strings.Cut(username, ":")
	if !found || sid == "" || len(username) > maxUsername {
		return "", time.Time{}, false
	}
	seconds, err := strconv.ParseUint(at, 10, 40)
	if err != nil || at != strconv.FormatUint(seconds, 10) {
		return "", time.Time{}, false
	}
	return sid, time.Unix(int64(seconds), 0), true
}

// authenticate gives Pion the key that a request must be signed with. The age counts for Allocate only.
func (s *Server) authenticate(r *turn.RequestAttributes) (string, []byte, bool) {
	sid, expires, ok := parseUsername(r.Username)
	if !ok || r.Realm != realm || !s.book.known(sid) || !s.cfg.Alive(sid) {
		return "", nil, false
	}
	if r.Method == stun.MethodAllocate && s.now().After(expires) {
		return "", nil, false
	}
	return sid, turn.GenerateAuthKey(r.Username, realm, s.password(r.Username)), true
}

// mayAllocate answers 486 to a session that holds its share.
func (s *Server) mayAllocate(sid, _ string, _ net.Addr) bool { return s.book.room(sid) }
