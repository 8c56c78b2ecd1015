package tokens

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/keyring"
)

// MaxSize is how long a token may be. It is looked at before anything else: what
// is longer is not even parsed.
const MaxSize = 8 << 10

// ErrRefused says that a token is not one of ours, not meant for this, or not
// good at this time. The errors that wrap it say why; none repeats the token.
var ErrRefused = errors.New("tokens: the token is refused")

// Keys are where an Issuer finds its keys: a keyring.Ring.
type Keys interface {
	Signer(ctx context.Context) (keyring.Key, error)
	Public(ctx context.Context, kid string) (keyring.Key, error)
}

// Issuer signs tokens, and verifies those that it or another instance has signed.
// It is safe for concurrent use.
type Issuer struct {
	keys   Keys
	clock  clock.Clock
	parser *jwt.Parser
}

// methods are the algorithms there are.
var methods = map[keyring.Algorithm]jwt.SigningMethod{
	keyring.ES256: jwt.SigningMethodES256,
	keyring.RS256: jwt.SigningMethodRS256,
}

// New makes an Issuer.
func New(keys Keys, c clock.Clock) *Issuer {
	return &Issuer{keys: keys, clock: c, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{string(keyring.ES256), string(keyring.RS256)}),
		jwt.WithTimeFunc(c.Now), jwt.WithLeeway(keyring.Skew),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		// Another encoding of the same signature must not be another token.
		jwt.WithStrictDecoding(),
	)}
}

// Mistakes of the caller of Sign.
var (
	errIncomplete = errors.New("tokens: a token needs a type, an issuer, a subject, an audience and an end")
	errTooLong    = fmt.Errorf("tokens: a token may live for %s at the most", keyring.LongestToken)
	errTooLarge   = fmt.Errorf("tokens: a token may have %d bytes at the most", MaxSize)
)

// Sign makes a token of claims, with the key that signs now. An error is
// keyring.ErrUnavailable, or a mistake of the caller's: a token may not outlive
// the keys that verify it (keyring.LongestToken), nor be one that Verify refuses.
func (i *Issuer) Sign(ctx context.Context, c Claims) (string, error) {
	now := i.clock.Now()
	if c.IssuedAt.IsZero() {
		c.IssuedAt = now
	}
	if c.ID == "" {
		c.ID = rand.Text()
	}
	switch {
	case c.Type == "" || c.Issuer == "" || len(c.Audience) == 0,
		(c.Subject == "" || c.ExpiresAt.IsZero()) != (c.Type == Introspection):
		return "", errIncomplete
	case c.ExpiresAt.Sub(now) > keyring.LongestToken:
		return "", errTooLong
	}
	key, err := i.keys.Signer(ctx)
	if err != nil {
		return "", err
	}
	token := &jwt.Token{
		Header: map[string]any{"typ": string(c.Type), "alg": string(key.Algorithm), "kid": key.ID},
		Claims: &c, Method: methods[key.Algorithm],
	}
	signed, err := token.SignedString(key.Private())
	switch {
	case err != nil:
		return "", fmt.Errorf("tokens: sign: %w", err)
	case len(signed) > MaxSize:
		return "", errTooLarge
	}
	return signed, nil
}

// Expect is what a token has to be.
type Expect struct {
	Issuer string
	// Audience has to be among the token's.
	Audience string
	Type     Type
}

// Verify reads a token that anybody may have written. It returns ErrRefused when
// the token is not what is expected, and keyring.ErrUnavailable when that could
// not be found out.
func (i *Issuer) Verify(ctx context.Context, raw string, want Expect) (Claims, error) {
	if len(raw) > MaxSize {
		return Claims{}, refused(errors.New("it is too large"))
	}
	// The decoder passes over them, and the same token would have many spellings.
	if strings.ContainsAny(raw, "\r\n") {
		return Claims{}, refused(errors.New("it has more than one line"))
	}
	claims := &Claims{}
	// That of the key is no fault of the token.
	var unavailable error
	_, err := i.parser.ParseWithClaims(raw, claims, func(token *jwt.Token) (any, error) {
		key, err := i.keyOf(ctx, token, want.Type)
		if errors.Is(err, keyring.ErrUnavailable) {
			unavailable = err
		}
		return key, err
	})
	switch {
	case unavailable != nil:
		return Claims{}, unavailable
	case err != nil:
		return Claims{}, refused(err)
	case want.Issuer == "" || claims.Issuer != want.Issuer:
		return Claims{}, refused(errors.New("it is another issuer's"))
	case want.Audience == "" || !slices.Contains(claims.Audience, want.Audience):
		return Claims{}, refused(errors.New("it is for another audience"))
	case claims.IssuedAt.IsZero() || claims.Subject == "":
		return Claims{}, refused(errors.New("iat or sub is missing"))
	}
	claims.Type = want.Type
	return *claims, nil
}

var (
	errType      = errors.New("it is of another type")
	errCritical  = errors.New("it has an extension that has to be understood")
	errKey       = errors.New("no key of ours is named")
	errAlgorithm = errors.New("its algorithm is not the key's")
)

// keyOf is what verifies a token, by its header, which nobody has verified yet.
func (i *Issuer) keyOf(ctx context.Context, token *jwt.Token, want Type) (any, error) {
	if typ, _ := token.Header["typ"].(string); want == "" || typ != string(want) {
		return nil, errType
	}
	// RFC 7515, section 4.1.11.
	if _, there := token.Header["crit"]; there {
		return nil, errCritical
	}
	kid, _ := token.Header["kid"].(string)
	if kid == "" {
		return nil, errKey
	}
	key, err := i.keys.Public(ctx, kid)
	if errors.Is(err, keyring.ErrUnknown) {
		return nil, errKey
	}
	if err != nil {
		return nil, err
	}
	if token.Method.Alg() != string(key.Algorithm) {
		return nil, errAlgorithm
	}
	return key.Public, nil
}

func refused(why error) error { return fmt.Errorf("%w: %w", ErrRefused, why) }
