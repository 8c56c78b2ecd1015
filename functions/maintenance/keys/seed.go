package keys

import (
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/keyring"
)

// ReadSeed reads JWT_PRIVATE_KEY and JWT_PUBLIC_KEY, as scripts/generate-keys.sh
// prints them: the first key that Authway signs with. Once there is a ring they
// say nothing any more. It is nil when they are not set or no pair.
func ReadSeed(reader *config.Reader) *keyring.Pair {
	private, public := reader.Secret("JWT_PRIVATE_KEY"), reader.Secret("JWT_PUBLIC_KEY")
	if !private.IsSet() {
		if public.IsSet() {
			reader.Complain("JWT_PUBLIC_KEY", "is set without JWT_PRIVATE_KEY")
		}
		return nil
	}
	pair, err := keyring.ParsePrivate(private.Reveal())
	if err != nil {
		reader.Complain("JWT_PRIVATE_KEY", err.Error())
		return nil
	}
	if public.IsSet() {
		if err := pair.CheckPublic(public.Reveal()); err != nil {
			reader.Complain("JWT_PUBLIC_KEY", err.Error())
			return nil
		}
	}
	return &pair
}
