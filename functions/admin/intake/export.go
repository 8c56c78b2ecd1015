package intake

import (
	"bufio"
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/functions/admin/intake/lines"
	"github.com/authway/authway/functions/admin/takeout"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/tenant"
)

// page is how many accounts are held at a time.
const page = 1000

// ExportUsers writes accounts while it reads them. It is in the log before the first of
// them leaves.
func (a *API) ExportUsers(ctx context.Context, request ExportUsersRequestObject) (ExportUsersResponseObject, error) {
	home, caller := place(ctx)
	p := request.Params
	hashes := access.Given(p.Hashes)
	if hashes && (caller.Client != "" || !caller.In(home.ID).Includes(administrator.Owner)) {
		return nil, access.ErrForbidden
	}
	f := file{
		API: a, ctx: ctx, home: home, format: p.Format, hashes: hashes, total: -1,
		filter: account.Filter{
			TenantID: home.ID, Text: access.Given(p.Search), State: account.State(access.Given(p.State)), Role: access.Given(p.Role), From: p.CreatedFrom, To: p.CreatedTo,
		},
	}
	return &f, nil
}

// file is an export under way.
type file struct {
	*API
	ctx    context.Context
	home   tenant.Tenant
	filter account.Filter
	format ImportFormat
	hashes bool
	// total is how many accounts there may be, or less than 0.
	total int64

	users  []account.User
	proofs map[uuid.UUID]string
	// next is what follows them. It holds the last account itself, which may be purged
	// before the file is written.
	next account.Place
}

// begin finds the first accounts: what goes wrong with them can still be said.
func (f *file) begin() error {
	filtered := f.filter != (account.Filter{TenantID: f.home.ID})
	if !filtered {
		total, err := account.Store{DB: f.DB}.Estimate(f.ctx, f.home.ID)
		if err != nil {
			return err
		}
		f.total = total
	}
	if err := f.read(); err != nil {
		return err
	}
	return access.Record(f.ctx, f.DB, f.Clock.Now(), access.Change{
		Action: audit.ActionAccountsExported, Tenant: f.home.ID, More: map[string]string{
			"format": string(f.format), "hashes": strconv.FormatBool(f.hashes), "filtered": strconv.FormatBool(filtered),
		},
	})
}

// read takes the next accounts.
func (f *file) read() error {
	users, next, err := account.Store{DB: f.DB}.Walk(f.ctx, f.filter, f.next, page)
	if err != nil {
		return err
	}
	f.users, f.next = users, next
	if !f.hashes {
		return nil
	}
	ids := make([]uuid.UUID, len(users))
	for n, u := range users {
		ids[n] = u.ID
	}
	f.proofs, err = credential.Store{DB: f.DB}.Hashes(f.ctx, f.home.ID, ids)
	return err
}

// VisitExportUsersResponse writes the file. What goes wrong in the middle cuts the
// connection: a file that ends too early must not be taken for a whole one.
func (f *file) VisitExportUsersResponse(w http.ResponseWriter) error {
	leave, err := f.Exports.Take(access.From(f.ctx).ID())
	if err != nil {
		return err
	}
	defer leave()
	if err := f.begin(); err != nil {
		return err
	}
	kind := "application/x-ndjson"
	if f.format == Csv {
		kind = "text/csv; charset=utf-8"
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+f.home.Slug+"-"+f.Clock.Now().UTC().Format(time.DateOnly)+"."+string(f.format)+`"`)
	if f.total >= 0 {
		h.Set("X-Total-Count", strconv.FormatInt(f.total, 10))
	}
	out := bufio.NewWriterSize(takeout.Patient(w, f.Clock), 64<<10)
	into := lines.NewWriter(out, f.format == Csv, f.hashes)
	for {
		for _, u := range f.users {
			if err := into.Write(rowOf(u, f.proofs[u.ID])); err != nil {
				panic(http.ErrAbortHandler)
			}
		}
		if f.next.End() {
			break
		}
		if err := f.read(); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	if into.Flush() != nil || out.Flush() != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

func rowOf(u account.User, hash string) lines.Row {
	return lines.Row{
		ID: u.ID.String(), Email: u.Email, Verified: u.EmailVerifiedAt != nil, Name: u.Name, Locale: u.Locale, Roles: u.Roles,
		Disabled: u.DisabledAt != nil, CreatedAt: u.CreatedAt.UTC().Format(time.RFC3339), Hash: hash,
	}
}
