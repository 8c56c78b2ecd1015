// Command sign prints an access token that the system of the journeys has signed:
// with its database (AUTHWAY_ENDPOINTS) and its master key (AUTHWAY_MASTER_KEYS).
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/seal"
	"github.com/authway/authway/shared/tokens"
)

func main() {
	token, err := sign(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "sign:", err)
		os.Exit(1)
	}
	fmt.Println(token)
}

func sign(ctx context.Context) (string, error) {
	var endpoints struct {
		URL         string `json:"url"`
		DatabaseURL string `json:"database_url"`
	}
	if err := json.Unmarshal([]byte(os.Getenv("AUTHWAY_ENDPOINTS")), &endpoints); err != nil {
		return "", err
	}
	box, err := seal.New(strings.Split(os.Getenv("AUTHWAY_MASTER_KEYS"), ","))
	if err != nil {
		return "", err
	}
	db, err := postgres.Open(postgres.Config{URL: endpoints.DatabaseURL})
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }()
	store := keyring.Store{DB: db, Box: box, Clock: clock.System()}
	// The system's first tick may still be under way.
	if _, err := store.Turn(ctx, nil); err != nil {
		return "", err
	}
	return tokens.New(keyring.NewRing(store, clock.System()), clock.System()).Sign(ctx, tokens.Claims{
		Type: tokens.AccessToken, Issuer: endpoints.URL, Subject: "ada", Audience: []string{"https://api.example.com"},
		ExpiresAt: time.Now().Add(time.Minute),
	})
}
