package web

import (
	"bytes"
	"embed"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// built is the client as Vite builds it into dist/client; without that build only the file KEEP is in it.
//
//go:embed all:dist
var built embed.FS

// notBuilt is what a page says when the binary was made without its client.
const notBuilt = "The client was not built into this binary: run `make build`.\n" +
	"Giao diện chưa được dựng vào chương trình này.\n"

// client serves the built files: hashed assets for ever, everything else fresh.
type client struct{ files fs.FS }

// newClient takes the embedded build, or another tree of the same shape (tests).
func newClient(files fs.FS) (*client, error) {
	if files == nil {
		sub, err := fs.Sub(built, "dist/client")
		if err != nil {
			return nil, err
		}
		files = sub
	}
	return &client{files: files}, nil
}

// encodings are the precompressed neighbours that a build may have made, best first.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// asset serves one file of the build.
func (c *client) asset(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") || strings.HasSuffix(name, ".html") {
		http.NotFound(w, r)
		return
	}
	if strings.HasPrefix(name, "assets/") {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // the name holds the content's hash
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	w.Header().Add("Vary", "Accept-Encoding")
	for _, e := range encodings {
		if !accepts(r, e.name) {
			continue
		}
		if b, err := fs.ReadFile(c.files, name+e.suffix); err == nil {
			w.Header().Set("Content-Encoding", e.name)
			c.write(w, r, name, b)
			return
		}
	}
	b, err := fs.ReadFile(c.files, name)
	if err != nil {
		w.Header().Del("Cache-Control")
		http.NotFound(w, r)
		return
	}
	c.write(w, r, name, b)
}

func (c *client) write(w http.ResponseWriter, r *http.Request, name string, b []byte) {
	if t := typeByName(name); t != "" {
		w.Header().Set("Content-Type", t)
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(b) // the client has gone: nobody is left to tell
	}
}

// shell reads one entry's HTML; fs.ErrNotExist when the client was not built.
func (c *client) shell(name string) ([]byte, error) {
	b, err := fs.ReadFile(c.files, name+".html")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fs.ErrNotExist
	}
	return b, err
}

// accepts says whether the client takes an encoding; a quality of zero is a no (RFC 9110 §12.5.3).
func accepts(r *http.Request, encoding string) bool {
	for _, part := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q := strings.ReplaceAll(params, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

// types of the files of a build: the machine's own table may lack or change them.
var types = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
	".woff2": "font/woff2", ".json": "application/json", ".webmanifest": "application/manifest+json",
	".wasm": "application/wasm", ".png": "image/png", ".ico": "image/x-icon", ".txt": "text/plain; charset=utf-8",
}

func typeByName(name string) string {
	ext := path.Ext(name)
	if t, ok := types[ext]; ok {
		return t
	}
	return mime.TypeByExtension(ext)
}

// intoHead puts a fragment before the end of the head; a shell without a head stays as it is.
func intoHead(shell []byte, fragment string) []byte {
	if fragment == "" {
		return shell
	}
	before, after, ok := bytes.Cut(shell, []byte("</head>"))
	if !ok {
		return shell
	}
	out := make([]byte, 0, len(shell)+len(fragment))
	out = append(append(out, before...), fragment...)
	return append(append(out, "</head>"...), after...)
}
