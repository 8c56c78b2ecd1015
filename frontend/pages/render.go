package pages

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"sync"
)

//go:embed all:templates
var built embed.FS

var pages = renderer{files: built}

// Render answers with the page of v. Nothing is written when it returns an error before the page is
// complete, so that the caller can still answer otherwise.
func Render(w http.ResponseWriter, r *http.Request, status int, v View) error {
	return pages.render(w, r, status, v)
}

type renderer struct {
	files  fs.FS
	parsed sync.Map // path -> func() (*template.Template, error)
}

func (p *renderer) render(w http.ResponseWriter, r *http.Request, status int, v View) error {
	if !spoken(v.Locale) {
		v.Locale = Locale(r)
	}
	v = v.forPage(r)
	var page bytes.Buffer
	switch t, err := p.template(v.Locale, v.Page); {
	case errors.Is(err, fs.ErrNotExist):
		page.WriteString(notBuilt)
		v.Locale = fallbackLocale
	case err != nil:
		return err
	default:
		if err := t.Execute(&page, v); err != nil {
			return fmt.Errorf("draw page %s: %w", v.Page, err)
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Locale)
	h.Set("Cache-Control", "no-store") // the page holds what a person typed
	h.Add("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	_, err := w.Write(page.Bytes())
	return err
}

func (p *renderer) template(locale, page string) (*template.Template, error) {
	if !slices.Contains(drawn, page) {
		return nil, fmt.Errorf("no page is called %q", page)
	}
	path := "templates/" + locale + "/" + page + ".html"
	parse, ok := p.parsed.Load(path)
	if !ok {
		parse, _ = p.parsed.LoadOrStore(path, sync.OnceValues(func() (*template.Template, error) {
			text, err := fs.ReadFile(p.files, path)
			if err != nil {
				return nil, err
			}
			return template.New(page).Parse(string(text))
		}))
	}
	return parse.(func() (*template.Template, error))()
}

var drawn = append([]string{"signed-out", "message", "continue"}, forms...)

// A program compiled without the front end still answers with the right status.
const notBuilt = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Authway</title></head><body>
<h1>The pages have not been built</h1><p>Run <code>npm ci &amp;&amp; npm run build</code> in <code>frontend</code>, then compile again.</p>
</body></html>
`
