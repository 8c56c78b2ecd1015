package admin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/authway/authway/functions/admin/intake"
	"github.com/authway/authway/shared/guard"
)

const (
	// maxBody is what a call may weigh: a tenant's picture is the greatest part of one.
	maxBody = 256 << 10
	// shortest is what any other request than those of files may take, longest what those
	// may: 64 MiB of accounts, or a million of them.
	shortest = 30 * time.Second
	longest  = 5 * time.Minute
)

// brings reports whether the body of a request is a file (putImportContent), which its
// handler reads while it comes.
func brings(r *http.Request) bool {
	rest, below := strings.CutPrefix(r.URL.Path, base+"/tenants/")
	parts := strings.Split(rest, "/")
	return below && r.Method == http.MethodPut && len(parts) == 4 && parts[1] == "imports" && parts[3] == "content"
}

// takes reports whether the answer is a file, or goes on for as long as somebody looks.
func takes(r *http.Request) bool {
	return r.Method == http.MethodGet && (strings.HasSuffix(r.URL.Path, "/export") || strings.HasSuffix(r.URL.Path, "/stream"))
}

// bodies bounds what a request may weigh, of what type it may be and how long it may
// take, by whether it is a file.
func bodies(g guard.Guard) guard.Middleware {
	return func(next http.Handler) http.Handler {
		file := guard.Chain(next, g.Limit(intake.MaxContent), g.ContentTypes("application/octet-stream", "application/x-ndjson", "text/csv"))
		call := guard.Chain(next, g.Limit(maxBody), g.ContentTypes("application/json"))
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if brings(r) {
				file.ServeHTTP(w, r)
				return
			}
			if !takes(r) {
				ctx, cancel := context.WithTimeout(r.Context(), shortest)
				defer cancel()
				r = r.WithContext(ctx)
			}
			call.ServeHTTP(w, r)
		})
	}
}
