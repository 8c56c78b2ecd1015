package system

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/functions/admin/takeout"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/postgres"
)

// ExportAudit takes the log away.
func (a *API) ExportAudit(ctx context.Context, r ExportAuditRequestObject) (ExportAuditResponseObject, error) {
	p := r.Params
	return a.export(ctx, audit.Filter{
		From: timeOf(p.From), To: timeOf(p.To), Actor: access.Given(p.Actor), Subject: access.Given(p.Subject), Client: access.Given(p.Client),
		Action: access.Given(p.Action), Outcome: string(access.Given(p.Outcome)), RequestID: access.Given(p.RequestID), IP: access.Given(p.IP),
	}, string(access.Given(p.Format)))
}

// ExportAuditOfTenant takes the tenant's log away.
func (a *API) ExportAuditOfTenant(ctx context.Context, r ExportAuditOfTenantRequestObject) (ExportAuditOfTenantResponseObject, error) {
	p := r.Params
	return a.export(ctx, audit.Filter{
		TenantID: access.Tenant(ctx).ID,
		From:     timeOf(p.From), To: timeOf(p.To), Actor: access.Given(p.Actor), Subject: access.Given(p.Subject), Client: access.Given(p.Client),
		Action: access.Given(p.Action), Outcome: string(access.Given(p.Outcome)), RequestID: access.Given(p.RequestID), IP: access.Given(p.IP),
	}, string(access.Given(p.Format)))
}

// export writes rows as the database gives them. It is in the log before the first of
// them leaves; one that breaks off is cut, so that half of it is not taken for all.
func (a *API) export(ctx context.Context, f audit.Filter, format string) (answer, error) {
	var err error
	if f.From, f.To, err = between(f.From, f.To, a.Clock.Now()); err != nil {
		return nil, err
	}
	if format == "" {
		format = string(AuditFormatJsonl)
	}
	return func(w http.ResponseWriter) error {
		leave, err := a.Exports.Take(access.From(ctx).ID())
		if err != nil {
			return err
		}
		defer leave()
		err = postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
			return access.Record(ctx, tx, a.Clock.Now(), access.Change{
				Action: audit.ActionAuditExported, Tenant: f.TenantID, More: map[string]string{
					"format": format, "from": f.From.Format(time.RFC3339), "to": f.To.Format(time.RFC3339),
				},
			})
		})
		if err != nil {
			return err
		}
		w.Header().Set("Content-Disposition", `attachment; filename="audit-`+f.From.Format("20060102")+"-"+f.To.Format("20060102")+"."+format+`"`)
		out := bufio.NewWriterSize(takeout.Patient(w, a.Clock), 64<<10)
		write := lines(out)
		w.Header().Set("Content-Type", "application/x-ndjson")
		if format == string(AuditFormatCsv) {
			w.Header().Set("Content-Type", "text/csv; charset=utf-8")
			write = table(out)
		}
		if err = audit.Each(ctx, a.DB, f, write); err == nil {
			err = out.Flush()
		}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		return nil
	}, nil
}

func lines(out io.Writer) func(audit.Entry) error {
	encoder := json.NewEncoder(out)
	return func(e audit.Entry) error { return encoder.Encode(show(e)) }
}

// columns are the first line of a table.
var columns = []string{
	"id", "at", "tenant_id", "action", "outcome", "actor_kind", "actor_id", "subject_id", "client_id", "request_id", "ip", "detail",
}

// table begins with the columns' names, so that one without events is a table, too.
func table(out io.Writer) func(audit.Entry) error {
	w := csv.NewWriter(out)
	w.UseCRLF = true
	row := func(cells ...string) error {
		for i := range cells {
			cells[i] = takeout.Guard(cells[i])
		}
		if err := w.Write(cells); err != nil {
			return err
		}
		w.Flush()
		return w.Error()
	}
	begun := row(slices.Clone(columns)...)
	return func(e audit.Entry) error {
		if begun != nil {
			return begun
		}
		detail, err := json.Marshal(e.Detail)
		if err != nil {
			return err
		}
		tenant := ""
		if id := some(e.TenantID); id != nil {
			tenant = id.String()
		}
		return row(e.ID.String(), e.At.Format(time.RFC3339Nano), tenant, e.Action, e.Outcome, e.ActorKind, e.ActorID, e.SubjectID,
			e.ClientID, e.RequestID, e.IP, string(detail))
	}
}
