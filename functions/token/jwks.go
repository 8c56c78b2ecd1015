package token

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/problem"
)

// jwksCaching is for verifiers and for what stands before them. A key is published
// for longer than that before it signs (keyring.PublishWait).
var jwksCaching = fmt.Sprintf("public, max-age=%d", int(keyring.VerifierCache.Seconds()))

// jwks gives out what verifies Authway's tokens (RFC 7517). The keys are public,
// also to scripts of other origins.
func (f *Function) jwks(w http.ResponseWriter, r *http.Request) error {
	set, err := f.ring.Set(r.Context())
	if errors.Is(err, keyring.ErrUnavailable) {
		return problem.Unavailable.Because(err)
	}
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "application/jwk-set+json")
	header.Set("Cache-Control", jwksCaching)
	header.Set("Access-Control-Allow-Origin", "*")
	_, err = w.Write(set.Document)
	return err
}
