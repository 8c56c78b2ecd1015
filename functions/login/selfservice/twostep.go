package selfservice

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/limit"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
)

func (p person) owner() factor.Owner {
	return factor.Owner{TenantID: p.user.TenantID, UserID: p.user.ID}
}

// within names the session that a key is begun in: no other one may confirm it.
func (p person) within() string { return "session:" + p.session.ID.String() }

func (a *API) beginTOTP(w http.ResponseWriter, r *http.Request, p person) error {
	key, err := a.Factors.Begin(r.Context(), p.owner(), p.within(), a.Issuer(p.tenant), p.user.Email)
	if err != nil {
		return explainFactor(err)
	}
	return browser.JSON(w, map[string]string{"secret": key.Secret, "uri": key.URI})
}

func (a *API) confirmTOTP(w http.ResponseWriter, r *http.Request, p person) error {
	var body struct {
		Code string `json:"code"`
	}
	if err := decode(r, &body); err != nil {
		return err
	}
	if strings.TrimSpace(body.Code) == "" {
		return errCodeRequired
	}
	if err := a.may(r, limit.Guesses, p, "totp"); err != nil {
		return err
	}
	var refused error
	err := postgres.InTx(r.Context(), a.DB, func(ctx context.Context, tx postgres.IDB) error {
		if _, err := a.locked(ctx, tx, p); err != nil {
			return err
		}
		factors := a.Factors.In(tx)
		result, err := factors.Confirm(ctx, p.user.ID, p.within(), body.Code)
		switch {
		case err != nil:
			return err
		case result.Replayed:
			refused = errCodeReplayed
			return nil
		case !result.Right:
			refused = errCodeWrong
			return nil
		}
		// Codes that were kept for another factor are for this one as well.
		enrolled, err := factors.Of(ctx, p.user.ID)
		if err == nil && enrolled.CodesLeft == 0 {
			err = factors.IssueCodes(ctx, p.owner())
		}
		if err != nil {
			return err
		}
		return a.tellAndRecord(ctx, tx, r, p, outbox.FactorChanged, audit.ActionFactorAdded, map[string]string{"kind": factor.TOTP})
	})
	if err = errors.Join(err, refused); err != nil {
		return explainFactor(err)
	}
	a.Limits.Forget(r.Context(), "self-service", "totp", p.user.ID.String())
	a.Knocker.Knock(outbox.Job)
	return a.showCodes(w, r, p)
}

func explainFactor(err error) error {
	switch {
	case errors.Is(err, factor.ErrEnrolled):
		return errEnrolled.Because(err)
	case errors.Is(err, factor.ErrNotBegun):
		return errNotBegun.Because(err)
	}
	return err
}

func (a *API) removeTOTP(w http.ResponseWriter, r *http.Request, p person) error {
	err := postgres.InTx(r.Context(), a.DB, func(ctx context.Context, tx postgres.IDB) error {
		if _, err := a.locked(ctx, tx, p); err != nil {
			return err
		}
		factors := a.Factors.In(tx)
		removed, err := factors.Remove(ctx, p.user.ID)
		if err != nil || !removed {
			return err
		}
		if err := stillTwo(ctx, factors, p); err != nil {
			return err
		}
		return a.tellAndRecord(ctx, tx, r, p, outbox.FactorChanged, audit.ActionFactorRemoved, map[string]string{"kind": factor.TOTP})
	})
	if err != nil {
		return err
	}
	a.Knocker.Knock(outbox.Job)
	return done(w)
}

// stillTwo refuses to go on when the tenant wants a second factor and the person
// has none left.
func stillTwo(ctx context.Context, factors factor.Store, p person) error {
	if !p.tenant.RequireMFA {
		return nil
	}
	left, err := factors.Of(ctx, p.user.ID)
	if err != nil {
		return err
	}
	if !left.Any() {
		return errMFARequired
	}
	return nil
}

// showCodes shows the recovery codes that have not been said to be kept.
func (a *API) showCodes(w http.ResponseWriter, r *http.Request, p person) error {
	codes, err := a.Factors.UnreadCodes(r.Context(), p.user.ID)
	if err != nil {
		return err
	}
	return browser.JSON(w, map[string][]string{"codes": codes})
}

func (a *API) issueCodes(w http.ResponseWriter, r *http.Request, p person) error {
	err := postgres.InTx(r.Context(), a.DB, func(ctx context.Context, tx postgres.IDB) error {
		if _, err := a.locked(ctx, tx, p); err != nil {
			return err
		}
		factors := a.Factors.In(tx)
		enrolled, err := factors.Of(ctx, p.user.ID)
		if err != nil {
			return err
		}
		if !enrolled.Any() {
			return errNoFactor
		}
		if err := factors.IssueCodes(ctx, p.owner()); err != nil {
			return err
		}
		return a.tellAndRecord(ctx, tx, r, p, outbox.FactorChanged, audit.ActionCodesIssued, nil)
	})
	if err != nil {
		return err
	}
	a.Knocker.Knock(outbox.Job)
	return a.showCodes(w, r, p)
}

func (a *API) keptCodes(w http.ResponseWriter, r *http.Request, p person) error {
	err := postgres.InTx(r.Context(), a.DB, func(ctx context.Context, tx postgres.IDB) error {
		if _, err := a.locked(ctx, tx, p); err != nil {
			return err
		}
		if kept, err := a.Factors.In(tx).KeptCodes(ctx, p.user.ID); err != nil || !kept {
			return err
		}
		return audit.Append(ctx, tx, a.Clock.Now(), p.event(r, audit.ActionCodesKept, nil))
	})
	if err != nil {
		return err
	}
	return done(w)
}
