package login

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/tenant"
)

// What a brand's files say of themselves: a name stands for its content for ever, and
// a picture that is opened by itself is nothing but a picture.
const (
	forever = "public, max-age=31536000, immutable"
	inert   = "default-src 'none'; sandbox"
)

// showBrand serves the style sheet of an accent, or a tenant's picture.
func (f *Function) showBrand(w http.ResponseWriter, r *http.Request) error {
	file := r.PathValue("file")
	if accent, isSheet := strings.CutSuffix(file, ".css"); isSheet {
		palette, reads := tenant.PaletteOf("#" + accent)
		if !reads {
			return problem.NotFound
		}
		return serveBrand(w, "text/css; charset=utf-8", []byte(palette.Sheet()))
	}
	if len(file) != len(tenant.SumOf(nil)) || strings.Trim(file, "0123456789abcdef") != "" {
		return problem.NotFound
	}
	logo, err := tenant.Logos{DB: f.db}.BySum(r.Context(), file)
	if errors.Is(err, tenant.ErrNoLogo) {
		return problem.NotFound.Because(err)
	}
	if err != nil {
		return explain(err)
	}
	return serveBrand(w, logo.MediaType, logo.Content)
}

func serveBrand(w http.ResponseWriter, mediaType string, content []byte) error {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Cache-Control", forever)
	h.Set("Content-Security-Policy", inert)
	_, err := w.Write(content)
	return err
}

// noteProviders writes down once which providers are configured, for the
// administration: their settings hold secrets that it is not told. If it cannot be
// done now, the next time does it.
func (f *Function) noteProviders(ctx context.Context) {
	if !f.noted.CompareAndSwap(false, true) {
		return
	}
	all := make([]tenant.Provider, len(f.offered))
	for i, p := range f.offered {
		all[i] = tenant.Provider{ID: p.ID, Name: p.Name, Of: p.Tenants, Position: i}
	}
	if err := f.tenants.Configure(ctx, all); err != nil {
		f.noted.Store(false)
		f.pages.Problems().Log.WarnContext(ctx, "the configured providers were not noted", "error", problem.Redact(err.Error()))
	}
}
