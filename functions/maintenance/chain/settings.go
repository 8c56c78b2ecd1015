package chain

import (
	"time"

	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/tokens"
)

// How long the audit log is kept. People are shown 90 days of their own.
const (
	defaultKeep = 400 * 24 * time.Hour
	leastKeep   = 90 * 24 * time.Hour
	mostKeep    = 100 * 365 * 24 * time.Hour
)

// ReadKeep reads AUDIT_RETENTION.
func ReadKeep(r *config.Reader) time.Duration {
	return r.Duration("AUDIT_RETENTION", defaultKeep, leastKeep, mostKeep)
}

// ReadNotary reads AUDIT_SEAL_KEY, or returns nil.
func ReadNotary(r *config.Reader) *tokens.Notary {
	keys := r.Secret("AUDIT_SEAL_KEY")
	if !keys.IsSet() {
		return nil
	}
	n, err := tokens.ParseNotary(keys.Reveal())
	if err != nil {
		r.Complain("AUDIT_SEAL_KEY", err.Error()+" (openssl genpkey -algorithm ed25519 | base64 -w0)")
		return nil
	}
	return n
}
