package login

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/proof"
)

// sentNotice is what a page says after a code was sent again, and noticeFor how
// long: somebody who reloads it later has not just been sent one.
const (
	sentNotice = "code_sent"
	noticeFor  = time.Minute
)

// view is the page on which the code is typed.
func (q question) view(v visit, p proof.Proof, now time.Time) pages.View {
	view := v.view(q.page)
	view.Account = p.Address
	view.ResendAfter = seconds(p.ResendAfter(now))
	return view
}

func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// showCode is the page of a question. Once it has been answered, by a link that
// was opened anywhere, this browser goes on from here.
func (f *Function) showCode(q question) problem.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := f.visit(w, r)
		if err != nil {
			return err
		}
		p, err := f.proofs.ByFlow(r.Context(), f.db, v.flow.ID, q.purpose)
		switch {
		case v.flow.CompletedAt != nil:
			return errFinished.Toward(v.flow.RequestURL)
		case errors.Is(err, proof.ErrUnknown):
			http.Redirect(w, r, q.before+"?flow="+v.flow.ID, http.StatusSeeOther)
			return nil
		case err != nil:
			return explain(err)
		case p.UsedAt != nil:
			return f.answered(w, r, v, q, p)
		}
		now := f.clock.Now()
		view := q.view(v, p, now)
		if r.URL.Query().Has("sent") && now.Sub(p.SentAt) < noticeFor {
			view.Alert = sentNotice
		}
		return browser.Show(w, r, view)
	}
}

// answered goes on with a proof that has been used.
func (f *Function) answered(w http.ResponseWriter, r *http.Request, v visit, q question, p proof.Proof) error {
	if q.after != q.path {
		return f.goTo(w, r, q.after+"?flow="+v.flow.ID)
	}
	return f.verified(w, r, v, p)
}

// goTo leads to another of our own pages.
func (f *Function) goTo(w http.ResponseWriter, r *http.Request, next string) error {
	if r.Method == http.MethodPost {
		return browser.Continue(w, r, next)
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

func (f *Function) enterCode(q question) problem.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := r.ParseForm(); err != nil {
			return parseFailed(err)
		}
		v, err := f.visit(w, r)
		if err != nil {
			return err
		}
		p, err := f.proofs.ByFlow(r.Context(), f.db, v.flow.ID, q.purpose)
		if errors.Is(err, proof.ErrUnknown) {
			return browser.Continue(w, r, q.before+"?flow="+v.flow.ID)
		}
		if err != nil {
			return explain(err)
		}
		form := q.view(v, p, f.clock.Now())
		browser.Keep(r, form)
		action := r.PostForm.Get("action")
		if locale := pages.Chosen(action); locale != "" {
			return f.showIn(w, r, form, locale)
		}
		switch {
		case v.flow.CompletedAt != nil:
			return errFinished.Toward(v.flow.RequestURL)
		case action == "restart":
			http.Redirect(w, r, q.before+"?flow="+v.flow.ID, http.StatusSeeOther)
			return nil
		case action != "" && action != "resend":
			return problem.BadRequest
		}
		if err := f.mayPost(r); err != nil {
			return err
		}
		if p.UsedAt != nil {
			return f.answered(w, r, v, q, p)
		}
		if action == "resend" {
			return f.resend(w, r, v, q, p)
		}
		return f.tryCode(w, r, v, q)
	}
}

func (f *Function) resend(w http.ResponseWriter, r *http.Request, v visit, q question, p proof.Proof) error {
	if err := f.counts.tooMany(limitResend, p.ResendAfter(f.clock.Now())); err != nil {
		return err
	}
	if err := f.mayMail(r, v, p.Address); err != nil {
		return err
	}
	err := f.again(r, v, q, p)
	// Another request of the same page was faster, and has sent it.
	if err != nil && !errors.Is(err, proof.ErrEarly) && !errors.Is(err, proof.ErrUsed) {
		return explain(err)
	}
	// Not an answer to the form: reloading it would send again.
	http.Redirect(w, r, q.path+"?flow="+v.flow.ID+"&sent=1", http.StatusSeeOther)
	return nil
}

// tryCode uses the code up. What follows from it is done by the page it leads
// to: a form that is sent twice then leads to the same place twice.
func (f *Function) tryCode(w http.ResponseWriter, r *http.Request, v visit, q question) error {
	typed := r.PostForm.Get("code")
	if strings.TrimSpace(typed) == "" {
		return errCodeRequired
	}
	code, ok := proof.ParseCode(typed)
	if !ok {
		return errCodeWrong
	}
	_, err := f.settle(r, func(ctx context.Context, tx postgres.IDB) (proof.Proof, error) {
		return f.proofs.UseCode(ctx, tx, v.flow.ID, q.purpose, code)
	})
	if err != nil && !errors.Is(err, proof.ErrUsed) {
		return explain(err)
	}
	return browser.Continue(w, r, q.after+"?flow="+v.flow.ID)
}

// settle runs use and all that follows from it in one transaction: the record,
// and the account that a registration has waited for. A refusal is committed
// too, because it has been counted.
func (f *Function) settle(r *http.Request, use func(context.Context, postgres.IDB) (proof.Proof, error)) (proof.Proof, error) {
	var p proof.Proof
	var refused error
	err := postgres.InTx(r.Context(), f.db, func(ctx context.Context, tx postgres.IDB) error {
		var err error
		if p, err = use(ctx, tx); err != nil && !proof.Refused(err) {
			return err
		}
		refused = err
		if err := f.recordProof(ctx, tx, r, p, err); err != nil || refused != nil {
			return err
		}
		if p.Purpose == proof.VerifyEmail {
			u, err := f.enrol(ctx, tx, r, p)
			p.UserID = u.ID
			return err
		}
		return nil
	})
	if err == nil {
		f.counts.show(byCode, refused == nil)
	}
	return p, errors.Join(err, refused)
}

func (f *Function) recordProof(ctx context.Context, tx postgres.IDB, r *http.Request, p proof.Proof, refused error) error {
	event := audit.Event{
		TenantID: p.TenantID, Action: audit.ActionProofShown, Outcome: audit.Success, ActorKind: audit.ActorAnonymous,
		IP: browser.ClientIP(r), Detail: map[string]string{"purpose": string(p.Purpose)},
	}
	if p.UserID != uuid.Nil {
		event.SubjectID = p.UserID.String()
	}
	if refused != nil {
		event.Outcome, event.Detail["reason"] = audit.Failure, problem.Of(explain(refused)).Code()
	}
	return audit.Append(ctx, tx, f.clock.Now(), event)
}

// byAddress is the account of an address, or nobody.
func (f *Function) byAddress(ctx context.Context, v visit, email string) (account.User, error) {
	u, err := f.accounts.ByEmail(ctx, v.tenant.ID, email)
	if errors.Is(err, account.ErrUnknown) {
		return account.User{}, nil
	}
	return u, err
}
