package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// contentPolicy lets pages run only what this server sends: no inline script or style, no frame around them, no other host.
const contentPolicy = "default-src 'self'; connect-src 'self' wss:; img-src 'self' blob: data:; media-src 'self' blob:; " +
	"worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// plainContentPolicy also lets a page on plain http of this machine open its socket.
const plainContentPolicy = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' blob: data:; media-src 'self' blob:; " +
	"worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// hsts is two years, as browsers' preload lists ask.
const hsts = "max-age=63072000"

// secureHeaders sets on every answer what keeps a page from being framed, sniffed, or from telling other hosts where it is.
func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if r.TLS != nil {
			h.Set("Content-Security-Policy", contentPolicy)
			if !ownMachine(r.Host) { // a browser would keep other programs' pages on localhost from plain http
				h.Set("Strict-Transport-Security", hsts)
			}
		} else {
			h.Set("Content-Security-Policy", plainContentPolicy)
		}
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), screen-wake-lock=(self), geolocation=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// isLoopback says whether the request's peer is this machine.
func isLoopback(r *http.Request) bool {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && ap.Addr().Unmap().IsLoopback()
}

// secureContext says whether browsers give this page a microphone and keep its cookies: TLS, or this machine by a name or
// address of its own (W3C Secure Contexts §3.1).
func secureContext(r *http.Request) bool {
	return r.TLS != nil || ownMachine(r.Host)
}

// ownMachine says whether a Host header names the browser's own machine.
func ownMachine(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// tokenOrLoopback lets operators' pages answer this machine, and others only with the configured token.
func tokenOrLoopback(token string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bearer, given := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		allowed := isLoopback(r) && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
		if token != "" && given && sameText(bearer, token) {
			allowed = true
		}
		if !allowed {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
