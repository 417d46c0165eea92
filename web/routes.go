package web

import (
	"net/http"
	"net/http/pprof"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"nghitruong/auth"
)

// routes is the table of everything that this server answers, each row with who may call it (auth.MayOffice). A route that is
// not here does not exist; docs/PROTOCOL.md describes each.
func routes() []route {
	var all []route
	all = append(all, pageRoutes()...)
	all = append(all, doorRoutes()...)
	all = append(all, officeRoutes()...)
	all = append(all, streamRoutes()...)
	return append(all, operatorRoutes()...)
}

func pageRoutes() []route {
	shell := func(entry string) func(*server) http.HandlerFunc {
		return func(s *server) http.HandlerFunc { return s.shellPage(entry) }
	}
	return []route{
		plain("GET", "/{$}", auth.OpenToAll, shell("start")),
		plain("GET", "/h/{door}", auth.OpenToAll, func(s *server) http.HandlerFunc { return s.doorPage }),
		plain("GET", "/man-hinh", auth.OpenToAll, shell("display")),
		plain("GET", "/van-phong", auth.OpenToAll, shell("office")),
		plain("GET", "/van-phong/{rest...}", auth.OpenToAll, shell("office")),
		plain("GET", "/cai-dat", auth.OpenToAll, shell("setup")),
		plain("GET", "/assets/{name...}", auth.OpenToAll, func(s *server) http.HandlerFunc { return s.client.asset }),
		plain("GET", "/favicon.svg", auth.OpenToAll, func(s *server) http.HandlerFunc { return s.client.asset }),
		plain("GET", "/tls.css", auth.OpenToAll, func(*server) http.HandlerFunc { return tlsStyle }),
		plain("GET", "/robots.txt", auth.OpenToAll, func(*server) http.HandlerFunc { return robots }),
		plain("GET", "/ws", auth.OpenToAll, func(s *server) http.HandlerFunc { return s.socket.ServeHTTP }),
	}
}

func doorRoutes() []route {
	return []route{
		typed("GET", "/api/me", auth.OpenToAll, "me", "Who this device is", (*server).me),
		typed("GET", "/api/doors/{door}", auth.OpenToAll, "door", "What stands on a sitting's poster, and who this device is there", (*server).doorInfo),
		plain("GET", "/api/doors/{door}/qr.svg", auth.OpenToAll, func(s *server) http.HandlerFunc { return s.doorQR }),
		typed("POST", "/api/doors/{door}/enter", auth.OpenToAll, "enter", "A citizen comes in", (*server).enter),
		typed("POST", "/api/doors/{door}/link", auth.OpenToAll, "exchangeLink", "A personal link makes this device its person", (*server).exchangeLink),
		typed("POST", "/api/display", auth.OpenToAll, "display", "A display's link makes this device the display", (*server).display),
		typed("GET", "/api/first", auth.OpenToAll, "firstNeeded", "Whether the installation waits for its first administrator", (*server).firstNeeded),
		typed("POST", "/api/first", auth.OpenToAll, "first", "The first administrator names the council", (*server).first),
		typed("POST", "/api/login", auth.OpenToAll, "login", "Sign an office account in on this device", (*server).login),
		typed("POST", "/api/logout", auth.OpenToAll, "logout", "Sign the office account out", (*server).logout),
		plain("GET", "/api/openapi.json", auth.OpenToAll, func(s *server) http.HandlerFunc { return s.describe }),
	}
}

func officeRoutes() []route {
	one := "/api/office/sittings/{id}"
	all := []route{
		typed("GET", "/api/office/units", auth.OfficeRead, "units", "Administrative units", (*server).units),
		typed("GET", "/api/office/templates", auth.OfficeRead, "templates", "Kinds of meeting", (*server).templates),
		typed("GET", "/api/office/accounts", auth.OfficeAccounts, "accounts", "Accounts of the own council", (*server).accounts),
		typed("POST", "/api/office/accounts", auth.OfficeAccounts, "addAccount", "Make an account of the own council", (*server).addAccount),
		typed("GET", "/api/office/councils", auth.OfficeCouncils, "councils", "Councils of the installation", (*server).councils),
		typed("POST", "/api/office/councils", auth.OfficeCouncils, "addCouncil", "Make a council with its administrator", (*server).addCouncil),
		typed("GET", "/api/office/sittings", auth.OfficeRead, "sittings", "Sittings of the own council, newest first", (*server).sittings),
		typed("POST", "/api/office/sittings", auth.OfficeSittings, "createSitting", "Make a draft from a template or an earlier sitting", (*server).createSitting),
		typed("GET", one, auth.OfficeRead, "draft", "A sitting's document", (*server).draft),
		typed("PUT", one, auth.OfficeSittings, "saveDraft", "Save a draft; the version must be the one that was read", (*server).saveDraft).large(),
		typed("POST", one+"/people/preview", auth.OfficeSittings, "previewPeople", "What a pasted list would become", (*server).previewPeople).large(),
		typed("POST", one+"/publish", auth.OfficeSittings, "publish", "Publish a draft and make everybody's links", (*server).publish),
		typed("POST", one+"/enter", auth.OfficeSittings, "enterAsClerk", "This device becomes the sitting's clerk", (*server).enterAsClerk),
		typed("POST", one+"/citizens/erase", auth.OfficeSittings, "eraseCitizen", "Erase what a citizen gave of himself", (*server).eraseCitizen),
		typed("GET", one+"/links", auth.OfficeLinks, "links", "State and devices of everybody's link", (*server).links),
		typed("POST", one+"/links/renew", auth.OfficeLinks, "renewLinks", "New links; the old ones and their devices are out", (*server).renewLinks),
		typed("POST", one+"/links/revoke", auth.OfficeLinks, "revokeLink", "Take a person's link and devices away", (*server).revokeLink),
		typed("POST", one+"/devices/revoke", auth.OfficeLinks, "revokeDevice", "Take one device away", (*server).revokeDevice),
		typed("GET", one+"/streams", auth.OfficeLinks, "streams", "Sources that encoders feed, and keys of players", (*server).streamList),
		typed("POST", one+"/streams/renew", auth.OfficeLinks, "renewStream", "A new key for one encoder or player; the old one is out", (*server).renewStream),
		typed("POST", one+"/streams/revoke", auth.OfficeLinks, "revokeStream", "Take an encoder's or player's key away and end what it runs", (*server).revokeStream),
		typed("POST", one+"/streams/readmit", auth.OfficeLinks, "readmitStream", "Let a source that came anew from another network pass its gates", (*server).readmitStream),
		plain("GET", one+"/ledger.zip", auth.OfficeResults, func(s *server) http.HandlerFunc { return s.ledgerZip }),
	}
	for _, name := range tableNames {
		for _, format := range []string{"csv", "xlsx"} {
			all = append(all, plain("GET", one+"/"+name+"."+format, auth.OfficeResults, func(s *server) http.HandlerFunc {
				return s.table(name, format)
			}))
		}
	}
	return all
}

func operatorRoutes() []route {
	fixed := func(h http.HandlerFunc) func(*server) http.HandlerFunc {
		return func(*server) http.HandlerFunc { return h }
	}
	return []route{
		plain("GET", "/healthz", auth.OpenToAll, func(s *server) http.HandlerFunc { return s.healthz }),
		plain("GET", "/readyz", auth.OpenToAll, func(s *server) http.HandlerFunc { return s.readyz }),
		plain("GET", "/metrics", forOperators, func(s *server) http.HandlerFunc {
			return promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{}).ServeHTTP
		}),
		plain("GET", "/debug/pprof/", forOperators, fixed(pprof.Index)),
		plain("GET", "/debug/pprof/cmdline", forOperators, fixed(pprof.Cmdline)),
		plain("GET", "/debug/pprof/profile", forOperators, fixed(pprof.Profile)),
		plain("GET", "/debug/pprof/symbol", forOperators, fixed(pprof.Symbol)),
		plain("GET", "/debug/pprof/trace", forOperators, fixed(pprof.Trace)),
	}
}

// robots asks search engines to stay away: doors are for those who were given them.
func robots(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("User-agent: *\nDisallow: /\n")) // the client has gone: nobody is left to tell
}

// healthz says that the process answers.
func (s *server) healthz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]string{"status": "ok", "version": s.version})
}

// readyz says whether the server can do its work now; why not stands in the log only.
func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	if err := s.ready(r.Context()); err != nil {
		s.log.Warn("not ready", "err", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		writeJSON(w, map[string]string{"status": "not ready"})
		return
	}
	writeJSON(w, map[string]string{"status": "ready"})
}
