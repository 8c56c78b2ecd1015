// Package keys rotates what signs and what seals.
//
// rotate.go is the job keys.rotate: it turns Authway's own signing keys (shared/
// keyring) and, in hydra.go, those of Ory Hydra, each when its time has come.
// reencrypt.go is the job secrets.reencrypt: it brings everything that is kept for
// long under the first master key (shared/sealed), so that the older ones can be
// dropped. seed.go reads the first signing key from the settings.
//
// After a compromise, maintenance run keys.rotate --compromised KID takes a key out at
// once, Authway's or Hydra's, and lets the next one sign.
package keys
