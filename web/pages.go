package web

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"
)

// texts are the few pages that the server writes itself.
//
//go:embed pages/*
var texts embed.FS

// parsed templates: html/template escapes for the place where a value stands.
var (
	cardTemplate = template.Must(template.ParseFS(texts, "pages/card.html"))
	tlsTemplate  = template.Must(template.ParseFS(texts, "pages/tls.html"))
)

// card is what a chat program shows of a link: all of it is public, none of it secret.
type card struct {
	Title, Description, URL string
}

// vietnam is the time zone of everything that the server writes for people; it has had no daylight saving since 1975.
var vietnam = time.FixedZone("ICT", 7*60*60)

// shellPage answers a page that is the same for everybody: a shell without data.
func (s *server) shellPage(entry string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { s.writeShell(w, r, entry, "") }
}

// doorPage is /h/{door}: the shell with a share card. A GET joins nobody and consumes nothing, so that the robots of chat
// programs may look; an unknown door gets the same shell without a card.
func (s *server) doorPage(w http.ResponseWriter, r *http.Request) {
	head, err := s.office.DoorHead(r.Context(), r.PathValue("door"))
	if err != nil {
		s.writeShell(w, r, "door", "")
		return
	}
	c := card{Title: head.Title + " – " + head.CouncilName, URL: s.base(r) + "/h/" + head.Door}
	when := head.PlannedAt.In(vietnam).Format("15:04 02/01/2006")
	c.Description = head.KindName + " · " + when
	if head.Public {
		c.Description += " · Bấm là nghe, không cần cài"
	}
	var b bytes.Buffer
	if err := cardTemplate.Execute(&b, c); err != nil {
		s.log.Error("a share card could not be written", "err", err)
	}
	s.writeShell(w, r, "door", b.String())
}

func (s *server) writeShell(w http.ResponseWriter, r *http.Request, entry, head string) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	shell, err := s.client.shell(entry)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		h.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusServiceUnavailable)
		shell = []byte(notBuilt)
	case err != nil:
		s.log.Error("a page could not be read", "entry", entry, "err", err)
		http.Error(w, "", http.StatusInternalServerError)
		return
	default:
		h.Set("Content-Type", "text/html; charset=utf-8")
		shell = intoHead(shell, head)
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(shell) // the client has gone: nobody is left to tell
	}
}

// needTLS answers every page and call on plain http off this machine with one explanation: browsers give no microphone there
// and drop the cookies. Health and operators' pages stay as they are.
func (s *server) needTLS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		operators := r.URL.Path == "/tls.css" || r.URL.Path == "/healthz" || r.URL.Path == "/readyz" || r.URL.Path == "/metrics" ||
			strings.HasPrefix(r.URL.Path, "/debug/")
		switch {
		case operators || secureContext(r):
			next.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, "/api/") || r.URL.Path == "/ws" || isStream(r):
			writeProblem(w, &Problem{Kind: "not_allowed", Code: "needs_tls", status: http.StatusForbidden})
		default:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusForbidden)
			if err := tlsTemplate.Execute(w, nil); err != nil {
				s.log.Debug("the explanation of TLS was not sent", "err", err)
			}
		}
	})
}

// tlsStyle is the one style sheet of the explanation: the page may hold no inline style.
func tlsStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	b, err := texts.ReadFile("pages/tls.css")
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(b) // the client has gone: nobody is left to tell
}
