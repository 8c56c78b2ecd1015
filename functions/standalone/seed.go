package standalone

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/standalone/demo"
	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/tenant"
)

// The first accounts. example.com takes no mail (RFC 2606 section 3).
const (
	demoUser  = "demo@example.com"
	adminUser = "admin@example.com"
	// roleOwner is what applications are told of the administrator.
	roleOwner = "owner"
)

// seedAccounts makes the demo account and the administrator, and sees to it
// that the passwords shown at the end of the start are theirs.
func seedAccounts(ctx context.Context, owner string, s secrets, c clock.Clock) error {
	db, err := postgres.Open(postgres.Config{URL: owner, MaxConns: 2, Application: "authway-standalone"})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	home, err := tenant.Store{DB: db}.BySlug(ctx, tenant.Default)
	if err != nil {
		return err
	}
	to := nursery{account.Store{DB: db}, credential.Store{DB: db}, administrator.Store{DB: db}, credential.NewHasher(0), c}
	for _, u := range []struct {
		user       account.User
		password   string
		administer administrator.Role
	}{
		{account.User{Email: demoUser, Name: "Demo User"}, s.DemoPassword, administrator.None},
		{account.User{Email: adminUser, Name: "Administrator", Roles: []string{roleOwner}}, s.AdminPassword, administrator.Owner},
	} {
		u.user.TenantID = home.ID
		if err := to.add(ctx, u.user, u.password, u.administer); err != nil {
			return fmt.Errorf("the account %s cannot be made: %w", u.user.Email, err)
		}
	}
	return nil
}

// nursery is where first accounts are made.
type nursery struct {
	accounts       account.Store
	credentials    credential.Store
	administrators administrator.Store
	hasher         *credential.Hasher
	clock          clock.Clock
}

// add may be interrupted anywhere: the next start finishes what is missing.
func (n nursery) add(ctx context.Context, u account.User, password string, administer administrator.Role) error {
	now := n.clock.Now()
	known, err := n.accounts.ByEmail(ctx, u.TenantID, u.Email)
	if errors.Is(err, account.ErrUnknown) {
		u.ID, u.EmailVerifiedAt, u.CreatedAt, u.UpdatedAt = uuid.New(), &now, now, now
		known, err = u, n.accounts.Create(ctx, u)
	}
	if err != nil {
		return err
	}
	if administer != administrator.None {
		err := n.administrators.Put(ctx, administrator.Grant{TenantID: known.TenantID, UserID: known.ID, Role: administer, GrantedAt: now})
		if err != nil {
			return err
		}
	}
	password = credential.Normalize(password)
	stored, err := n.credentials.Password(ctx, known.ID)
	if err != nil {
		return err
	}
	if same, err := n.hasher.Verify(ctx, stored.Hash, password); err != nil || same && !stored.Revoked {
		return err
	}
	hash, err := n.hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	return n.credentials.SetPassword(ctx, known.TenantID, known.ID, hash, now)
}

// seedApplication registers the demo with Hydra. It is written anew at every
// start, because its addresses follow the port.
func seedApplication(ctx context.Context, hydraAdmin string, public *url.URL) error {
	at := func(path string) []string { return []string{public.JoinPath(path).String()} }
	err := parts.PutClient(ctx, hydraAdmin, demo.ClientID, map[string]any{
		"client_id":                 demo.ClientID,
		"client_name":               "Authway demo",
		"client_uri":                at(demo.HomePath)[0],
		"grant_types":               []string{"authorization_code", "refresh_token"},
		"response_types":            []string{"code"},
		"scope":                     strings.Join(demo.Scopes, " "),
		"redirect_uris":             at(demo.CallbackPath),
		"post_logout_redirect_uris": at(demo.HomePath),
		// A public client: it proves itself by PKCE, and there is no secret to keep.
		"token_endpoint_auth_method": "none",
		"metadata":                   map[string]string{tenant.MetadataKey: tenant.Default},
	})
	if err != nil {
		return fmt.Errorf("the demo application cannot be registered: %w", err)
	}
	return nil
}
