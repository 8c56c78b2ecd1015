package login

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/limit"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/proof"
)

// question is what a mail asks for, and the pages around its code.
type question struct {
	purpose proof.Purpose
	// page is its name, path its address.
	page, path string
	// before is where the mail was asked for, after where its answer leads.
	before, after string
}

var (
	verifying = question{
		purpose: proof.VerifyEmail, page: "verify", path: "/login/verify",
		before: "/register", after: "/login/verify",
	}
	recovering = question{
		purpose: proof.Recover, page: "recover-code", path: "/login/recover/code",
		before: pathRecover, after: pathPassword,
	}
)

func questionOf(p proof.Purpose) question {
	if p == recovering.purpose {
		return recovering
	}
	return verifying
}

// of is who an answer counts for: the account that is to be recovered.
func (q question) of(known account.User) uuid.UUID {
	if q.purpose == proof.Recover && known.MaySignIn() {
		return known.ID
	}
	return uuid.Nil
}

// decoy reports whether no answer must count: there is an account already, or
// there is none to recover.
func (q question) decoy(known account.User) bool {
	if q.purpose == proof.Recover {
		return q.of(known) == uuid.Nil
	}
	return known.ID != uuid.Nil
}

// ask makes the proof and mails it. known is the account of the address, or
// nobody; which of them it is shows in the mail alone.
func (f *Function) ask(r *http.Request, v visit, q question, known account.User, address string, waiting pending) error {
	waiting.Client, waiting.ClientName = v.request.App.ID, clientName(v)
	data, err := json.Marshal(waiting)
	if err != nil {
		return err
	}
	err = postgres.InTx(r.Context(), f.db, func(ctx context.Context, tx postgres.IDB) error {
		issued, err := f.proofs.Issue(ctx, tx, proof.Request{
			TenantID: v.tenant.ID, FlowID: v.flow.ID, Purpose: q.purpose, Address: address,
			UserID: q.of(known), Data: data, Decoy: q.decoy(known),
		})
		if err != nil || !issued.Sent {
			return err
		}
		return f.mail(ctx, tx, r, v, q, known, issued)
	})
	if err != nil {
		return err
	}
	f.knock()
	return nil
}

// again mails another code and link in the place of the former.
func (f *Function) again(r *http.Request, v visit, q question, p proof.Proof) error {
	known, err := f.byAddress(r.Context(), v, p.Address)
	if err != nil {
		return err
	}
	err = postgres.InTx(r.Context(), f.db, func(ctx context.Context, tx postgres.IDB) error {
		issued, err := f.proofs.Resend(ctx, tx, p.ID, q.of(known), q.decoy(known))
		if err != nil {
			return err
		}
		return f.mail(ctx, tx, r, v, q, known, issued)
	})
	if err != nil {
		return err
	}
	f.knock()
	return nil
}

func (f *Function) mail(ctx context.Context, tx postgres.IDB, r *http.Request, v visit, q question, known account.User, issued proof.Issued) error {
	m, really := letter(r, v, q, known, issued)
	if err := f.outbox.AddMailIf(ctx, tx, v.tenant.ID, m, really); err != nil {
		return err
	}
	subject := ""
	if known.ID != uuid.Nil {
		subject = known.ID.String()
	}
	return audit.Append(ctx, tx, f.clock.Now(), audit.Event{
		TenantID: v.tenant.ID, Action: audit.ActionProofSent, Outcome: audit.Success, ActorKind: audit.ActorAnonymous,
		SubjectID: subject, ClientID: v.request.App.ID, IP: browser.ClientIP(r),
		Detail: map[string]string{"purpose": string(q.purpose)},
	})
}

// letter is the mail, and whether it is sent at all. An account's mail goes to
// the account's own spelling of the address: the one that was typed may be
// equal to it only in the eyes of Unicode, and be another's mailbox.
func letter(r *http.Request, v visit, q question, known account.User, issued proof.Issued) (outbox.Mail, bool) {
	m := outbox.Mail{
		To: issued.Address, Locale: language(r, v.view(q.page)), Template: outbox.VerifyEmail,
		Data: map[string]string{
			outbox.Code: issued.Code, outbox.Link: pathConfirm + "?token=" + issued.Link, outbox.Client: clientName(v),
		},
	}
	if known.ID != uuid.Nil {
		m.To = known.Email
		if known.Locale != "" {
			m.Locale = known.Locale
		}
	}
	if q.purpose == proof.Recover {
		m.Template = outbox.Recover
		return m, q.of(known) != uuid.Nil
	}
	if known.ID != uuid.Nil {
		m.Template = outbox.KnownAddress
		m.Data = map[string]string{outbox.Link: "/login?flow=" + v.flow.ID, outbox.Client: clientName(v)}
	}
	return m, true
}

// How often mail is sent: each is worth a few guesses at its code, and is a
// nuisance to somebody who did not ask for it. The bound of a mailbox from
// everywhere is wide, as that of an account's password is and for its reason.
var (
	ratePerAsker   = limit.Rate{Every: 10 * time.Minute, Burst: 10}
	ratePerMailbox = limit.Rate{Every: 5 * time.Minute, Burst: 50}
)

// mayMail bounds the mails to one mailbox, whether anybody knows it or not.
func (f *Function) mayMail(r *http.Request, v visit, email string) error {
	words := []string{"mailbox", v.tenant.ID.String(), account.EmailKey(email)}
	asker := f.limits.Take(r.Context(), ratePerAsker, append(words[:3:3], neighbourhood(r))...)
	if all := f.limits.Take(r.Context(), ratePerMailbox, words...); all > asker {
		return f.counts.tooMany(limitMailbox, all)
	}
	return f.counts.tooMany(limitAsker, asker)
}

// knock lets maintenance deliver what has just been committed. It is the same
// for mail that was not really added.
func (f *Function) knock() { f.knocker.Knock(outbox.Job) }

func clientName(v visit) string {
	if name := v.request.App.Name; name != "" {
		return name
	}
	return v.request.App.ID
}

// language is that of a page that r asks for.
func language(r *http.Request, view pages.View) string {
	if view.Locale != "" {
		return view.Locale
	}
	return pages.Locale(r)
}
