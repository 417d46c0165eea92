package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"nghitruong/auth"
)

// Media types of WHIP (RFC 9725) and WHEP.
const (
	typeSDP  = "application/sdp"
	typeFrag = "application/trickle-ice-sdpfrag"
)

// forHolders marks routes that answer who holds a stream key: the bearer token decides, no cookie.
const forHolders = "stream key"

// sittingEnded is what an encoder or player reads that comes too late.
const sittingEnded = "Phiên họp đã kết thúc."

// stageName is the stage in the address of a player's session.
const stageName = "stage"

// streamRoutes are the doors of encoders and players. GET, HEAD and PUT stay reserved (405), as RFC 9725 section 4.2 asks.
func streamRoutes() []route {
	var all []route
	add := func(kind auth.StreamKind, path string) {
		session := path + "/{session}"
		if !strings.Contains(path, "{source}") {
			session = ""
		}
		all = append(all, stream("POST", path, forHolders, kind, (*server).streamOpen), stream("OPTIONS", path, auth.OpenToAll, kind, (*server).streamOptions))
		if session != "" {
			all = append(all,
				stream("PATCH", session, forHolders, kind, (*server).streamPatch), stream("DELETE", session, forHolders, kind, (*server).streamDelete),
				stream("OPTIONS", session, auth.OpenToAll, kind, (*server).streamOptions))
		}
	}
	add(auth.StreamIngest, "/whip/{sitting}/{source}")
	add(auth.StreamWatch, "/whep/{sitting}")
	add(auth.StreamWatch, "/whep/{sitting}/{source}")
	return all
}

// stream is a route of encoders and players: no JSON, no cookie, any origin.
func stream(method, path, needs string, kind auth.StreamKind, h func(*server, *holder)) route {
	return route{method: method, path: path, needs: needs, mount: func(s *server, _ huma.API, mux *http.ServeMux, _ route) {
		mux.HandleFunc(method+" "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-store")
			w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header().Set("Access-Control-Expose-Headers", "Location, ETag, Link, Accept-Patch, Retry-After")
			h(s, &holder{w: w, r: r, kind: kind})
		})
	}}
}

// isStream says whether a request knocks at a door of encoders or players.
func isStream(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/whip/") || strings.HasPrefix(r.URL.Path, "/whep/")
}

// holder is one call of an encoder or player.
type holder struct {
	w    http.ResponseWriter
	r    *http.Request
	kind auth.StreamKind
	key  auth.StreamKey
}

// refuse answers with a sentence for the person at the encoder, who sees it in the encoder's log.
func (h *holder) refuse(status int, why string) {
	switch status {
	case http.StatusUnauthorized:
		h.w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusTooManyRequests:
		h.w.Header().Set("Retry-After", "60")
	case http.StatusServiceUnavailable:
		h.w.Header().Set("Retry-After", "5")
	}
	h.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	h.w.WriteHeader(status)
	_, _ = io.WriteString(h.w, why+"\n") // the client has gone: nobody is left to tell
}

// source is the person whose sources the address means; "" is the stage.
func (h *holder) source() string {
	if s := h.r.PathValue("source"); s != stageName || h.kind != auth.StreamWatch {
		return s
	}
	return ""
}

// admit finds the call's key; false = the client was told.
func (s *server) admit(h *holder) bool {
	token, given := strings.CutPrefix(h.r.Header.Get("Authorization"), "Bearer ")
	if !given {
		h.refuse(http.StatusUnauthorized, "Thiếu mã kết nối (Bearer token).")
		return false
	}
	var err error
	h.key, err = s.auth.StreamOf(h.r.Context(), h.r.PathValue("sitting"), h.kind, h.source(), strings.TrimSpace(token), auth.Network(h.r.RemoteAddr))
	switch {
	case err == nil:
		return true
	case errors.Is(err, auth.ErrTooMany):
		h.refuse(http.StatusTooManyRequests, "Sai mã kết nối quá nhiều lần. Xin thử lại sau.")
	case errors.Is(err, auth.ErrLinkUnknown):
		h.refuse(http.StatusUnauthorized, "Mã kết nối không đúng.")
	case errors.Is(err, auth.ErrLinkRevoked):
		h.refuse(http.StatusForbidden, "Mã kết nối đã bị thu hồi. Xin hỏi thư ký mã mới.")
	case errors.Is(err, auth.ErrLinkExpired):
		h.refuse(http.StatusForbidden, sittingEnded)
	case errors.Is(err, auth.ErrForbidden):
		h.refuse(http.StatusForbidden, "Mã kết nối này không dùng cho địa chỉ này.")
	default:
		s.streamFailed(h, err)
	}
	return false
}

func (s *server) streamFailed(h *holder, err error) {
	s.log.Error("a stream call failed", "route", h.r.Pattern, "err", err)
	h.refuse(http.StatusServiceUnavailable, "Máy chủ đang bận. Xin thử lại sau.")
}

// body reads a body of one media type; false = the client was told.
func (h *holder) body(want string) (string, bool) {
	got, _, err := mime.ParseMediaType(h.r.Header.Get("Content-Type"))
	if err != nil || got != want {
		h.refuse(http.StatusUnsupportedMediaType, "Nội dung phải là "+want+".")
		return "", false
	}
	b, err := io.ReadAll(http.MaxBytesReader(h.w, h.r.Body, smallBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		h.refuse(http.StatusRequestEntityTooLarge, "Nội dung quá lớn.")
		return "", false
	case err != nil:
		h.refuse(http.StatusBadRequest, "Không đọc được nội dung.")
		return "", false
	}
	return string(b), true
}

// streamOptions answers a browser's question before the call, and tells what may be posted. Who shows a key at the address for
// offers is also told of the relays: some encoders cannot take them any more once they have made their offer. A browser's
// preflight shows none, and is told of none (RFC 9725 section 4.6).
func (s *server) streamOptions(h *holder) {
	hd := h.w.Header()
	if h.r.Header.Get("Authorization") != "" && h.r.PathValue("session") == "" {
		if !s.admit(h) {
			return
		}
		if sid, ok := s.streams.ask(h.key, auth.Network(h.r.RemoteAddr), s.now()); ok {
			s.link(hd, sid)
		}
	}
	hd.Set("Accept-Post", typeSDP)
	hd.Set("Access-Control-Allow-Methods", "POST, PATCH, DELETE, OPTIONS")
	hd.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
	hd.Set("Access-Control-Max-Age", "86400")
	h.w.WriteHeader(http.StatusNoContent)
}

// streamOpen takes the offer of an encoder or player.
func (s *server) streamOpen(h *holder) {
	if !s.admit(h) {
		return
	}
	offer, ok := h.body(typeSDP)
	if !ok {
		return
	}
	if s.streams.media == nil || !s.streams.room() {
		h.refuse(http.StatusServiceUnavailable, "Máy chủ đã đủ nguồn hình và máy xem. Xin thử lại sau.")
		return
	}
	var st Stream
	var err error
	ctx := h.r.Context()
	if h.kind == auth.StreamIngest {
		st, err = s.streams.media.Ingest(ctx, h.key.Sitting, h.key.Source, auth.Network(h.r.RemoteAddr), offer)
	} else {
		st, err = s.streams.media.Watch(ctx, h.key.Sitting, h.key.Source, offer)
	}
	if err != nil {
		s.streamRefused(h, err)
		return
	}
	session := &running{Stream: st, key: h.key, relay: auth.NewID()}
	id := s.streams.keep(session)
	path := "/" + string(h.kind) + "/" + h.key.Sitting + "/" + h.key.Source
	if h.key.Source == "" {
		path += stageName
	}
	hd := h.w.Header()
	hd.Set("Content-Type", typeSDP)
	hd.Set("Location", s.base(h.r)+path+"/"+id)
	hd.Set("ETag", quoted(st.Tag()))
	hd.Set("Accept-Patch", typeFrag)
	s.link(hd, session.relay)
	h.w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(h.w, st.Answer()) // the client has gone: its session fails by itself
}

// streamRefused answers what the media server refused.
func (s *server) streamRefused(h *holder, err error) {
	var refusal *StreamError
	if !errors.As(err, &refusal) {
		s.streamFailed(h, err)
		return
	}
	switch refusal.Kind {
	case FaultBusy:
		h.refuse(http.StatusServiceUnavailable, "Máy chủ đang bận. Xin thử lại sau. ("+refusal.Reason+")")
	case FaultClosed:
		h.refuse(http.StatusForbidden, sittingEnded)
	case FaultLines:
		h.refuse(http.StatusNotAcceptable, "Không nhận được kết nối này: "+refusal.Reason)
	case FaultOffer:
		h.refuse(http.StatusBadRequest, "Không nhận được kết nối này: "+refusal.Reason)
	}
}

func quoted(tag string) string { return `"` + tag + `"` }

// streamPatch takes a client's candidates, which are not needed and dropped, or restarts ICE (RFC 9725 section 4.3).
func (s *server) streamPatch(h *holder) {
	r := s.session(h)
	if r == nil {
		return
	}
	frag, ok := h.body(typeFrag)
	if !ok {
		return
	}
	ufrag, pwd := fragOf(frag)
	match := strings.TrimSpace(h.r.Header.Get("If-Match"))
	switch {
	case match == "":
		h.refuse(http.StatusPreconditionRequired, "Thiếu If-Match.")
	case match != "*" && !listed(match, quoted(r.Tag())):
		h.refuse(http.StatusPreconditionFailed, "Phiên ICE này đã qua.")
	case !strings.Contains(frag, "a="):
		h.refuse(http.StatusBadRequest, "Không đọc được nội dung.")
	case match != "*":
		h.w.WriteHeader(http.StatusNoContent)
	case ufrag == "" || pwd == "":
		h.refuse(http.StatusBadRequest, "Thiếu ice-ufrag hoặc ice-pwd.")
	default:
		answer, err := r.Restart(h.r.Context(), ufrag, pwd)
		if err != nil {
			s.streamRefused(h, err)
			return
		}
		h.w.Header().Set("Content-Type", typeFrag)
		h.w.Header().Set("ETag", quoted(r.Tag()))
		h.w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(h.w, answer) // the client has gone: its session fails by itself
	}
}

// listed says whether an If-Match holds a strong tag (RFC 9110 section 13.1.1).
func listed(match, tag string) bool {
	for _, m := range strings.Split(match, ",") {
		if strings.TrimSpace(m) == tag {
			return true
		}
	}
	return false
}

// fragOf reads the ICE credentials of an SDP fragment; both are empty unless they obey RFC 8839 section 5.4.
func fragOf(frag string) (ufrag, pwd string) {
	for _, l := range strings.Split(frag, "\n") {
		l = strings.TrimSuffix(l, "\r")
		if v, ok := strings.CutPrefix(l, "a=ice-ufrag:"); ok && ufrag == "" && iceText(v, 4) {
			ufrag = v
		}
		if v, ok := strings.CutPrefix(l, "a=ice-pwd:"); ok && pwd == "" && iceText(v, 22) {
			pwd = v
		}
	}
	return ufrag, pwd
}

func iceText(v string, least int) bool {
	if len(v) < least || len(v) > 256 {
		return false
	}
	for _, c := range v {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/') {
			return false
		}
	}
	return true
}

// streamDelete ends a session. Old encoders warn about any answer but 200.
func (s *server) streamDelete(h *holder) {
	r := s.session(h)
	if r == nil {
		return
	}
	r.Close()
	h.w.WriteHeader(http.StatusOK)
}

// session finds the session of the address; nil = the client was told.
func (s *server) session(h *holder) *running {
	if !s.admit(h) {
		return nil
	}
	r := s.streams.find(h.r.PathValue("session"), h.key)
	if r == nil {
		h.refuse(http.StatusNotFound, "Không có kết nối này.")
	}
	return r
}
