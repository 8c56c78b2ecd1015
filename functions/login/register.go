package login

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/identity"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/proof"
	"github.com/authway/authway/shared/tenant"
)

// applicant is what a registration has said about the person.
type applicant struct {
	name, email, password string
}

// pending waits, sealed, for a mail to be answered. Only a registration has a
// name and a password.
type pending struct {
	// Client and ClientName are the application that the person comes from.
	Client     string `json:"client"`
	ClientName string `json:"client_name"`
	Name       string `json:"name,omitempty"`
	Password   string `json:"password,omitempty"` // the hash
	Locale     string `json:"locale,omitempty"`
	// Link stands in the place of a password: who it is at a provider that has not
	// verified the address.
	Link *link `json:"link,omitempty"`
}

// register takes a registration in the middle of a flow. The account is made
// when the mail that is sent now has been answered.
func (f *Function) register(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return parseFailed(err)
	}
	v, err := f.visit(w, r)
	if err != nil {
		return err
	}
	form := v.view("register")
	form.Email, form.Name = r.PostForm.Get("email"), r.PostForm.Get("name")
	browser.Keep(r, form)
	action := r.PostForm.Get("action")
	if v.closed() && action != "login" {
		return v.refuseRegistration()
	}
	switch action {
	case "":
	case "login":
		http.Redirect(w, r, "/login?flow="+v.flow.ID, http.StatusSeeOther)
		return nil
	default:
		return f.showIn(w, r, form, pages.Chosen(action))
	}
	if v.flow.CompletedAt != nil {
		return errFinished.Toward(v.flow.RequestURL)
	}
	if err := f.mayPost(r); err != nil {
		return err
	}
	a, err := f.apply(r.Context(), v.tenant, form, r.PostForm.Get("password"))
	if err != nil {
		return explain(err)
	}
	if err := f.mayMail(r, v, a.email); err != nil {
		return err
	}
	if err := f.hold(r, v, a); err != nil {
		return explain(err)
	}
	return browser.Continue(w, r, verifying.path+"?flow="+v.flow.ID)
}

// apply checks the form.
func (f *Function) apply(ctx context.Context, t tenant.Tenant, form pages.View, password string) (applicant, error) {
	name, err := account.ParseName(form.Name)
	if err != nil {
		return applicant{}, err
	}
	if strings.TrimSpace(form.Email) == "" {
		return applicant{}, errEmailRequired
	}
	email, err := account.ParseEmail(form.Email)
	if err != nil {
		return applicant{}, err
	}
	if password == "" {
		return applicant{}, errPasswordRequired
	}
	if err := f.mayBe(ctx, t, password, email, name); err != nil {
		return applicant{}, err
	}
	return applicant{name: name, email: email, password: password}, nil
}

// hold keeps the registration and sends the mail. What is done for an address
// that has an account already differs in nothing that could be measured: the
// mail says so, and no code or link of it makes another account.
func (f *Function) hold(r *http.Request, v visit, a applicant) error {
	ctx := r.Context()
	known, err := f.accounts.ByEmail(ctx, v.tenant.ID, a.email)
	if err != nil && !errors.Is(err, account.ErrUnknown) {
		return err
	}
	hash, err := f.hasher.Hash(ctx, credential.Normalize(a.password))
	if err != nil {
		return err
	}
	return f.ask(r, v, verifying, known, a.email, pending{Name: a.name, Password: hash, Locale: language(r, v.view("register"))})
}

// enrol makes the account of a registration whose address has been proved. If
// the address has got an account meanwhile, nobody is made and the proof stays
// without an account.
func (f *Function) enrol(ctx context.Context, tx postgres.IDB, r *http.Request, p proof.Proof) (account.User, error) {
	var waiting pending
	if err := json.Unmarshal(p.Data, &waiting); err != nil {
		return account.User{}, err
	}
	now := f.clock.Now()
	u := account.User{
		ID: uuid.New(), TenantID: p.TenantID, Email: p.Address, EmailVerifiedAt: &now,
		Name: waiting.Name, Locale: waiting.Locale, CreatedAt: now, UpdatedAt: now,
	}
	event := audit.Event{
		TenantID: u.TenantID, Action: audit.ActionRegistered, Outcome: audit.Success, ActorKind: audit.ActorUser,
		ActorID: u.ID.String(), SubjectID: u.ID.String(), ClientID: waiting.Client, IP: browser.ClientIP(r),
		Detail: map[string]string{"proved_by": p.UsedBy},
	}
	err := f.create(ctx, tx, u, waiting)
	if errors.Is(err, account.ErrTaken) || errors.Is(err, identity.ErrTaken) || errors.Is(err, errRegistrationClosed) {
		event.Outcome, event.ActorKind, event.ActorID, event.SubjectID = audit.Failure, audit.ActorAnonymous, "", ""
		event.Detail["reason"] = errCannotRegister.Code()
		return account.User{}, audit.Append(ctx, tx, now, event)
	}
	if err != nil {
		return account.User{}, err
	}
	if waiting.Link != nil {
		err = f.addLink(ctx, tx, r, u, *waiting.Link, waiting.Client)
	} else {
		err = (credential.Store{DB: tx}).SetPassword(ctx, u.TenantID, u.ID, waiting.Password, now)
	}
	if err != nil {
		return account.User{}, err
	}
	if err := f.proofs.Belongs(ctx, tx, p.ID, u.ID); err != nil {
		return account.User{}, err
	}
	return u, audit.Append(ctx, tx, now, event)
}

// create makes u, unless the identity that it is to be signed in with has got an
// account meanwhile, or nobody may make accounts any more.
func (f *Function) create(ctx context.Context, tx postgres.IDB, u account.User, waiting pending) error {
	home, err := tenant.Store{DB: tx}.ByID(ctx, u.TenantID)
	if err != nil {
		return err
	}
	if home.Registration == tenant.Invited {
		return errRegistrationClosed
	}
	if l := waiting.Link; l != nil {
		_, err := identity.Store{DB: tx}.Find(ctx, u.TenantID, l.Issuer, l.Subject)
		if err == nil {
			return identity.ErrTaken
		}
		if !errors.Is(err, identity.ErrUnknown) {
			return err
		}
	}
	return account.Store{DB: tx}.Create(ctx, u)
}
