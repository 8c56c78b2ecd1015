// Command operate makes somebody who administers, in the database of the journeys'
// system (AUTHWAY_ENDPOINTS), and prints them as JSON: address, password, and the
// token of a session that has just begun with two factors.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/cache"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
)

type operator struct {
	ID       uuid.UUID `json:"id"`
	Name     string    `json:"name"`
	Email    string    `json:"email"`
	Password string    `json:"password"`
	Token    string    `json:"token"`
}

func main() {
	role := flag.String("role", string(administrator.Owner), "viewer, operator, owner or nothing")
	slug := flag.String("tenant", "", "the slug of the tenant that the role is for; all without one")
	home := flag.String("home", tenant.Default, "the slug of the tenant whose account it is, made if it is not there")
	methods := flag.String("methods", "pwd otp mfa", "how they have signed in")
	flag.Parse()
	made, err := operate(context.Background(), administrator.Role(*role), *slug, *home, strings.Fields(*methods))
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(made)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "operate:", err)
		os.Exit(1)
	}
}

func operate(ctx context.Context, role administrator.Role, slug, home string, methods []string) (operator, error) {
	var endpoints struct {
		DatabaseURL string `json:"database_url"`
		RedisURL    string `json:"redis_url"`
	}
	if err := json.Unmarshal([]byte(os.Getenv("AUTHWAY_ENDPOINTS")), &endpoints); err != nil {
		return operator{}, err
	}
	db, err := postgres.Open(postgres.Config{URL: endpoints.DatabaseURL})
	if err != nil {
		return operator{}, err
	}
	defer func() { _ = db.Close() }()
	copies, err := cache.Open(endpoints.RedisURL, "")
	if err != nil {
		return operator{}, err
	}
	defer func() { _ = copies.Close() }()
	for _, slug := range []string{home, slug} {
		if slug == "" {
			continue
		}
		_, err := db.NewRaw("INSERT INTO tenants (id, slug, name) VALUES (?, ?, initcap(?)) ON CONFLICT (slug) DO NOTHING", uuid.New(), slug, slug).Exec(ctx)
		if err != nil {
			return operator{}, err
		}
	}
	of, err := tenant.Store{DB: db}.BySlug(ctx, home)
	if err != nil {
		return operator{}, err
	}
	now, id := time.Now(), uuid.New()
	made := operator{
		ID: id, Name: "Grace Hopper", Email: "grace-" + strings.ToLower(rand.Text()[:10]) + "@example.org", Password: "horse staple " + strings.ToLower(rand.Text()[:10]),
	}
	hash, err := credential.NewHasher(0).Hash(ctx, credential.Normalize(made.Password))
	if err != nil {
		return operator{}, err
	}
	made.Token, err = enter(ctx, db, copies, made, hash, administrator.Grant{TenantID: of.ID, UserID: id, Role: role, GrantedAt: now}, slug, methods)
	return made, err
}

// enter writes it all down and begins the session.
func enter(ctx context.Context, db *postgres.DB, copies session.Cache, o operator, hash string, grant administrator.Grant, slug string, methods []string) (string, error) {
	now := grant.GrantedAt
	var token session.Token
	err := postgres.InTx(ctx, db, func(ctx context.Context, tx postgres.IDB) error {
		u := account.User{ID: o.ID, TenantID: grant.TenantID, Email: o.Email, Name: o.Name, EmailVerifiedAt: &now, CreatedAt: now, UpdatedAt: now}
		if err := (account.Store{DB: tx}).Create(ctx, u); err != nil {
			return err
		}
		if err := (credential.Store{DB: tx}).SetPassword(ctx, u.TenantID, u.ID, hash, now); err != nil {
			return err
		}
		if slug != "" {
			scope, err := tenant.Store{DB: tx}.BySlug(ctx, slug)
			if err != nil {
				return err
			}
			grant.OfTenant = &scope.ID
		}
		if err := (administrator.Store{DB: tx}).Put(ctx, grant); err != nil {
			return err
		}
		begun := session.Session{TenantID: u.TenantID, UserID: u.ID, AMR: methods, IP: "127.0.0.1"}
		var err error
		_, token, err = session.Store{DB: db, Cache: copies, Clock: clock.System()}.Create(ctx, tx, begun)
		return err
	})
	return string(token), err
}
