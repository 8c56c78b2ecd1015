package selfservice

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/passkey"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/tenant"
)

type passkeyView struct {
	ID        uuid.UUID  `json:"id"`
	Name      string     `json:"name"`
	CreatedAt time.Time  `json:"createdAt"`
	UsedAt    *time.Time `json:"usedAt"`
	Synced    bool       `json:"synced"`
	// CredentialID is what the browser knows it by: told that one has been deleted,
	// it no longer offers it.
	CredentialID string `json:"credentialId"`
}

func passkeyViewOf(k passkey.Passkey) passkeyView {
	return passkeyView{
		ID: k.ID, Name: k.Name, CreatedAt: k.CreatedAt, UsedAt: k.UsedAt, Synced: k.Synced,
		CredentialID: base64.RawURLEncoding.EncodeToString(k.CredentialID),
	}
}

func (a *API) passkeys(ctx context.Context, p person) ([]passkeyView, error) {
	all, err := a.Passkeys.Of(ctx, p.user.ID)
	views := make([]passkeyView, len(all))
	for i, k := range all {
		views[i] = passkeyViewOf(k)
	}
	return views, err
}

// keyHolder is the person as their browser lists the passkey: where one host
// serves several tenants, the address alone does not tell the accounts apart.
func (a *API) keyHolder(p person) passkey.Person {
	name := p.user.Email
	if p.tenant.Slug != tenant.Default {
		name += " (" + p.tenant.Name + ")"
	}
	return passkey.Person{
		Owner: passkey.Owner{TenantID: p.user.TenantID, UserID: p.user.ID},
		Name:  name, DisplayName: p.user.Name, Party: a.Issuer(p.tenant),
	}
}

func (a *API) askPasskey(w http.ResponseWriter, r *http.Request, p person) error {
	options, err := a.Passkeys.BeginRegistration(r.Context(), passkey.InSession(p.session.ID), a.keyHolder(p))
	if err != nil {
		return err
	}
	return browser.JSON(w, map[string]json.RawMessage{"publicKey": options})
}

func (a *API) addPasskey(w http.ResponseWriter, r *http.Request, p person) error {
	var body struct {
		Name       string          `json:"name"`
		Credential json.RawMessage `json:"credential"`
	}
	if err := decode(r, &body); err != nil {
		return err
	}
	// Each one that is added mails the owner.
	if err := a.may(r, additions, p, "passkey"); err != nil {
		return err
	}
	if strings.TrimSpace(body.Name) == "" {
		body.Name = deviceName(r.UserAgent())
	}
	var added passkey.Passkey
	var refused error
	err := postgres.InTx(r.Context(), a.DB, func(ctx context.Context, tx postgres.IDB) (err error) {
		// So that two at once do not both bring recovery codes.
		if _, err = a.locked(ctx, tx, p); err != nil {
			return err
		}
		owner := passkey.Owner{TenantID: p.user.TenantID, UserID: p.user.ID}
		added, err = a.Passkeys.In(tx).FinishRegistration(ctx, passkey.InSession(p.session.ID), owner, body.Name, body.Credential)
		if passkey.Refused(err) {
			refused = err
			event := p.event(r, audit.ActionPasskeyRefused, map[string]string{"reason": problem.Of(a.explain(err)).Code()})
			event.Outcome = audit.Failure
			return audit.Append(ctx, tx, a.Clock.Now(), event)
		}
		if err != nil {
			return err
		}
		return a.added(ctx, tx, r, p, added)
	})
	if err != nil {
		return err
	}
	if refused != nil {
		return refused
	}
	a.Knocker.Knock(outbox.Job)
	return created(w, passkeyViewOf(added))
}

// added is all that goes with a new passkey. The recovery codes are for the loss
// of any factor, so that those which are there stay.
func (a *API) added(ctx context.Context, tx postgres.IDB, r *http.Request, p person, k passkey.Passkey) error {
	factors := a.Factors.In(tx)
	enrolled, err := factors.Of(ctx, p.user.ID)
	if err != nil {
		return err
	}
	if enrolled.CodesLeft == 0 {
		if err := factors.IssueCodes(ctx, p.owner()); err != nil {
			return err
		}
	}
	if err := factors.AskPasskeys(ctx, p.user.ID); err != nil {
		return err
	}
	return a.tellAndRecord(ctx, tx, r, p, outbox.FactorChanged, audit.ActionPasskeyAdded, map[string]string{"passkey": k.ID.String()})
}

// deviceName is what a passkey is called by somebody who did not say.
func deviceName(userAgent string) string {
	name, system := browser.Device(userAgent)
	switch {
	case name != "" && system != "":
		return name + ", " + system
	case name+system != "":
		return name + system
	}
	return "Passkey"
}

// gone says of an address that there is no passkey of the person's behind it,
// which is another thing than an answer of an unknown one.
func gone(err error) error {
	if errors.Is(err, passkey.ErrUnknown) {
		return problem.NotFound
	}
	return err
}

// passkeysAlone are passkeys as a way to sign in: those that are enough by
// themselves.
var passkeysAlone = way{count: func(ctx context.Context, tx postgres.IDB, u account.User) (int, error) {
	all, err := passkey.Store{DB: tx}.Of(ctx, u.ID)
	n := 0
	for _, k := range all {
		if k.Alone {
			n++
		}
	}
	return n, err
}}

func created(w http.ResponseWriter, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusCreated)
	// The caller is gone if this fails, and nobody is left to tell.
	_, _ = w.Write(append(body, '\n'))
	return nil
}

func (a *API) renamePasskey(w http.ResponseWriter, r *http.Request, p person) error {
	var body struct {
		Name string `json:"name"`
	}
	if err := decode(r, &body); err != nil {
		return err
	}
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return problem.NotFound.Because(err)
	}
	if strings.TrimSpace(body.Name) == "" {
		return errNameRequired
	}
	err = postgres.InTx(r.Context(), a.DB, func(ctx context.Context, tx postgres.IDB) error {
		if err := a.Passkeys.In(tx).Rename(ctx, p.user.ID, id, body.Name); err != nil {
			return gone(err)
		}
		event := p.event(r, audit.ActionPasskeyRenamed, map[string]string{"passkey": id.String()})
		return audit.Append(ctx, tx, a.Clock.Now(), event)
	})
	if err != nil {
		return err
	}
	return done(w)
}

func (a *API) removePasskey(w http.ResponseWriter, r *http.Request, p person) error {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return problem.NotFound.Because(err)
	}
	err = a.removing(r.Context(), p, func(ctx context.Context, tx postgres.IDB) error {
		if err := a.Passkeys.In(tx).Remove(ctx, p.user.ID, id); err != nil {
			return gone(err)
		}
		factors := a.Factors.In(tx)
		if err := factors.DropCodes(ctx, p.user.ID); err != nil {
			return err
		}
		if err := stillTwo(ctx, factors, p); err != nil {
			return err
		}
		return a.tellAndRecord(ctx, tx, r, p, outbox.FactorChanged, audit.ActionPasskeyRemoved, map[string]string{"passkey": id.String()})
	})
	if err != nil {
		return err
	}
	a.Knocker.Knock(outbox.Job)
	return done(w)
}
