package web

import (
	"fmt"
	"net/http"
	"time"

	"nghitruong/auth"
)

// ICEServer is a STUN or TURN server that encoders and players are told of.
type ICEServer struct {
	URL        string // stun:… or turn:…
	Username   string // with Credential: TURN only
	Credential string
}

const (
	askedLife = 5 * time.Minute // in which who asked for relays should have come in
	maxAsked  = 1024            // of all keys and networks
)

// asker is who asked for relays before it has a session: the holder of a key in a network.
type asker struct {
	key     string // its id
	network string
}

// relayed is the name that an asker has at the relay.
type relayed struct {
	sid   string
	until time.Time
}

// link tells of the relays with fresh credentials for sid, as RFC 9725 section 4.6 writes them.
func (s *server) link(hd http.Header, sid string) {
	if s.iceServers == nil {
		return
	}
	for _, i := range s.iceServers(sid) {
		l := fmt.Sprintf(`<%s>; rel="ice-server"`, i.URL)
		if i.Username != "" {
			l += fmt.Sprintf(`; username=%q; credential=%q; credential-type="password"`, i.Username, i.Credential)
		}
		hd.Add("Link", l)
	}
}

// ask gives an asker its name at the relay, the same one as long as it lives, so that asking again gives no second quota; false
// when too many have one.
func (s *streams) ask(k auth.StreamKey, network string, now time.Time) (sid string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	who := asker{k.ID, network}
	if have := s.asked[who]; have != nil && s.holds(who, have, now) {
		have.until = now.Add(askedLife)
		return have.sid, true
	}
	if len(s.asked) >= maxAsked {
		for other, have := range s.asked {
			if !s.holds(other, have, now) {
				delete(s.asked, other)
			}
		}
	}
	if len(s.asked) >= maxAsked {
		return "", false
	}
	have := &relayed{sid: auth.NewID(), until: now.Add(askedLife)}
	s.asked[who] = have
	return have.sid, true
}

// holds says whether an asker's name is good: for a while, then as long as a session of its key lives. mu is held.
func (s *streams) holds(who asker, have *relayed, now time.Time) bool {
	if now.Before(have.until) {
		return true
	}
	for _, r := range s.all {
		if r.key.ID == who.key && !r.over() {
			return true
		}
	}
	return false
}

// relays says whether sid names a session that lives, or somebody who asked for relays to come in.
func (s *streams) relays(sid string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.all {
		if r.relay == sid {
			return !r.over()
		}
	}
	for who, have := range s.asked {
		if have.sid == sid {
			return s.holds(who, have, now)
		}
	}
	return false
}
