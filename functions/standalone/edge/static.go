package edge

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/problem"
)

// file is a static file in memory: the whole sign-in site is half a megabyte.
type file struct {
	body  []byte
	kind  string
	tag   string
	small func() []byte
}

type static struct{ files map[string]file }

func loadStatic(tree fs.FS) (*static, error) {
	s := &static{files: map[string]file{}}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		s.files[name] = file{
			body: body, kind: contentType(name),
			tag:   base64.RawURLEncoding.EncodeToString(sum[:12]),
			small: sync.OnceValue(func() []byte { return compressed(body) }),
		}
		return nil
	})
	return s, err
}

// contentType does not ask the machine's own tables for the types we serve:
// they differ from machine to machine, and a script of another type does not run.
func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		if known := mime.TypeByExtension(ext); known != "" {
			return known
		}
		return "application/octet-stream"
	}
}

func compressed(body []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	_, _ = w.Write(body)
	_ = w.Close()
	return out.Bytes()
}

// send writes a file. Compression is safe here and only here: a static file
// holds no secret beside something an attacker chose (BREACH).
func (f file) send(w http.ResponseWriter, r *http.Request, status int) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Add("Vary", "Accept-Encoding")
	body, tag := f.body, f.tag
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && strings.HasPrefix(f.kind, "text/") {
		h.Set("Content-Encoding", "gzip")
		body, tag = f.small(), f.tag+"-gzip"
	}
	if status != http.StatusOK {
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = w.Write(body)
		}
		return
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

const (
	immutable  = "public, max-age=31536000, immutable"
	revalidate = "no-cache"
	// A page that comes with a browser's secret is for no shared cache (RFC 9111, section 5.2.2.7).
	unshared = "private, no-cache"
)

// asset serves a file whose name changes with its content.
func (e *edge) asset(w http.ResponseWriter, r *http.Request) {
	found, ok := e.static.files[strings.TrimPrefix(r.URL.Path, "/")]
	if !ok {
		e.refuse(w, r, problem.NotFound)
		return
	}
	w.Header().Set("Cache-Control", immutable)
	found.send(w, r, http.StatusOK)
}

// notBuilt is for a developer who compiled the Go half alone.
var notBuilt = problem.New(http.StatusServiceUnavailable, "not_built", "The pages have not been built. Run: make build")

func (e *edge) servePage(w http.ResponseWriter, r *http.Request, page, caching string) {
	locale := pages.Locale(r)
	found, ok := e.static.files[path.Join(locale, page+".html")]
	if !ok {
		e.refuse(w, r, notBuilt)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", caching)
	h.Set("Content-Language", locale)
	h.Add("Vary", "Cookie, Accept-Language")
	found.send(w, r, http.StatusOK)
}

// pageOf are the errors that have a static page of their own.
var pageOf = map[int]string{http.StatusNotFound: "not-found", http.StatusServiceUnavailable: "unavailable"}

// plain is for all others: what the edge refuses is nothing that a person does
// by clicking.
var plain = template.Must(template.New("plain").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{{.Title}}</title><h1>{{.Title}}</h1>
<p>Authway is at <a href="{{.Home}}">{{.Home}}</a>.</p>
<p>Reference: {{.Reference}}</p></html>
`))

// page shows an error to a person.
func (e *edge) page(w http.ResponseWriter, r *http.Request, p *problem.Error) {
	locale := pages.Locale(r)
	if found, ok := e.static.files[path.Join(locale, pageOf[p.Status()]+".html")]; ok && !notBuilt.Is(p) {
		w.Header().Set("Content-Language", locale)
		found.send(w, r, p.Status())
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(p.Status())
	_ = plain.Execute(w, map[string]string{
		"Title": p.Sentence(), "Home": e.public.String(), "Reference": problem.Reference(r.Context()),
	})
}
