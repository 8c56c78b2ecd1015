package selfservice

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/limit"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/proof"
	"github.com/authway/authway/shared/session"
)

// setPassword asks for the current password although the sign-in is recent: a
// session that somebody else holds for a moment must not become an account.
func (a *API) setPassword(w http.ResponseWriter, r *http.Request, p person) error {
	var body struct {
		Current   string `json:"current"`
		Password  string `json:"password"`
		EndOthers bool   `json:"endOthers"`
	}
	if err := decode(r, &body); err != nil {
		return err
	}
	shown, err := a.showsPassword(r, p, body.Current)
	if err != nil {
		return err
	}
	if body.Password == "" {
		return problem.New(http.StatusUnprocessableEntity, "password_required", "Enter the new password.").At("password")
	}
	if err := a.CheckPassword(r.Context(), p.tenant, body.Password, p.user.Email, p.user.Name); err != nil {
		return err
	}
	hash, err := a.Hasher.Hash(r.Context(), credential.Normalize(body.Password))
	if err != nil {
		return err
	}
	var ended []session.Session
	err = postgres.InTx(r.Context(), a.DB, func(ctx context.Context, tx postgres.IDB) error {
		now := a.Clock.Now()
		if _, err := a.locked(ctx, tx, p); err != nil {
			return err
		}
		if err := still(ctx, tx, p, shown); err != nil {
			return err
		}
		if err := (credential.Store{DB: tx}).SetPassword(ctx, p.user.TenantID, p.user.ID, hash, now); err != nil {
			return err
		}
		if err := a.Proofs.Revoke(ctx, tx, p.user.ID, proof.Recover, uuid.Nil); err != nil {
			return err
		}
		if err := a.Flows.In(tx).Forget(ctx, p.user.ID, ""); err != nil {
			return err
		}
		if body.EndOthers {
			if ended, err = a.endAll(ctx, tx, r, p, p.session.ID); err != nil {
				return err
			}
		}
		return a.tellAndRecord(ctx, tx, r, p, outbox.PasswordChanged, audit.ActionPasswordChanged, nil)
	})
	if err != nil {
		return err
	}
	a.Sessions.Forget(r.Context(), ended)
	a.Knocker.Knock(outbox.Job)
	return done(w)
}

// showsPassword checks the current password, of an account that has one, and returns
// what is kept of it.
func (a *API) showsPassword(r *http.Request, p person, password string) (hash string, err error) {
	kept, err := a.credentials().Password(r.Context(), p.user.ID)
	if err != nil || kept.Hash == "" {
		return "", err
	}
	if kept.Revoked {
		// Somebody else may know it: recovery alone sets another.
		return "", errPasswordRevoked
	}
	if err := a.may(r, limit.Guesses, p, "password"); err != nil {
		return "", err
	}
	right, err := a.Hasher.Verify(r.Context(), kept.Hash, credential.Normalize(password))
	if err != nil {
		return "", err
	}
	if !right {
		return "", errPasswordWrong
	}
	a.Limits.Forget(r.Context(), "self-service", "password", p.user.ID.String())
	return kept.Hash, nil
}

// still refuses when the password that was shown is not the account's any more: of
// many changes at once one counts, and the others have shown a former one. The
// account is locked.
func still(ctx context.Context, tx postgres.IDB, p person, shown string) error {
	kept, err := credential.Store{DB: tx}.Password(ctx, p.user.ID)
	switch {
	case err != nil:
		return err
	case kept.Revoked:
		return errPasswordRevoked
	case kept.Hash != shown:
		return errPasswordWrong
	}
	return nil
}

func (a *API) removePassword(w http.ResponseWriter, r *http.Request, p person) error {
	err := a.removing(r.Context(), p, func(ctx context.Context, tx postgres.IDB) error {
		hash, err := credential.Store{DB: tx}.PasswordHash(ctx, p.user.ID)
		if err != nil || hash == "" {
			return err
		}
		if err := (credential.Store{DB: tx}).RemovePassword(ctx, p.user.ID); err != nil {
			return err
		}
		if err := a.Flows.In(tx).Forget(ctx, p.user.ID, ""); err != nil {
			return err
		}
		return a.tellAndRecord(ctx, tx, r, p, outbox.PasswordChanged, audit.ActionPasswordRemoved, nil)
	})
	if err != nil {
		return err
	}
	a.Knocker.Knock(outbox.Job)
	return done(w)
}

// tellAndRecord mails the owner about a change and writes it down.
func (a *API) tellAndRecord(ctx context.Context, tx postgres.IDB, r *http.Request, p person, template, action string, detail map[string]string) error {
	m := outbox.Mail{To: p.user.Email, Locale: languageOf(r, p.user), Template: template}
	if err := a.Outbox.AddMail(ctx, tx, p.user.TenantID, m); err != nil {
		return err
	}
	return audit.Append(ctx, tx, a.Clock.Now(), p.event(r, action, detail))
}

// passwords is the password as a way to sign in.
var passwords = way{count: func(ctx context.Context, tx postgres.IDB, u account.User) (int, error) {
	hash, err := credential.Store{DB: tx}.PasswordHash(ctx, u.ID)
	if err != nil || hash == "" {
		return 0, err
	}
	return 1, nil
}}

// ways are all of them.
var ways = []way{passwords, passkeysAlone}
