package tokens

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Type is the kind of a token, the typ of its header.
type Type string

// Types of tokens.
const (
	// AccessToken is what a resource server takes (RFC 9068).
	AccessToken Type = "at+jwt"
	// Phantom stands for an access token behind the gateway that has checked it, and
	// is good nowhere else.
	Phantom Type = "authway-phantom+jwt"
	// Introspection is what a token means, signed for one resource server (RFC 9701).
	// It has neither subject nor end, so that nothing takes it for a token (section 8.1).
	Introspection Type = "token-introspection+jwt"
	// Proof is kept with a backup: whoever restores it shows with the restored keys that
	// it holds. It is good for nothing.
	Proof Type = "authway-proof+jwt"
	// Evidence is what a restore for practice has shown, signed with the restored keys.
	Evidence Type = "authway-evidence+jwt"
)

// Claims are what a token says (RFC 7519, section 4.1).
type Claims struct {
	Type     Type
	Issuer   string
	Subject  string
	Audience []string
	// ID is the jti. Sign makes one when it is empty.
	ID string
	// IssuedAt is now when it is not set; there is no NotBefore when that is not set.
	IssuedAt, NotBefore, ExpiresAt time.Time
	// More are all other claims, such as scope, client_id and tenant.
	More map[string]any
}

// registered are the claims that have a field.
var registered = []string{"iss", "sub", "aud", "jti", "iat", "nbf", "exp"}

var errName = errors.New("tokens: a claim that has a field is among the others")

// MarshalJSON writes the claims set. One audience is written as a string, which
// every reader understands.
func (c Claims) MarshalJSON() ([]byte, error) {
	set := make(map[string]any, len(c.More)+len(registered))
	for name, value := range c.More {
		set[name] = value
	}
	for _, name := range registered {
		if _, ok := set[name]; ok {
			return nil, errName
		}
	}
	set["iss"], set["jti"], set["iat"] = c.Issuer, c.ID, c.IssuedAt.Unix()
	if c.Type != Introspection {
		set["sub"], set["exp"] = c.Subject, c.ExpiresAt.Unix()
	}
	if !c.NotBefore.IsZero() {
		set["nbf"] = c.NotBefore.Unix()
	}
	set["aud"] = c.Audience
	if len(c.Audience) == 1 {
		set["aud"] = c.Audience[0]
	}
	return json.Marshal(set)
}

// UnmarshalJSON reads a claims set, strictly: a claim of another type than it has
// to have is an error and not an empty one.
func (c *Claims) UnmarshalJSON(text []byte) error {
	var set map[string]any
	if err := json.Unmarshal(text, &set); err != nil {
		return err
	}
	if set == nil {
		return errors.New("the claims are null")
	}
	var wrong error
	str := func(name string) string {
		value, ok := set[name].(string)
		if _, there := set[name]; there && !ok {
			wrong = fmt.Errorf("%s is no string", name)
		}
		return value
	}
	when := func(name string) time.Time {
		value, there := set[name]
		if !there {
			return time.Time{}
		}
		seconds, ok := value.(float64)
		// Up to the year 9999: what is beyond does not survive a conversion.
		if !ok || math.IsNaN(seconds) || seconds < 0 || seconds > 253402300799 {
			wrong = fmt.Errorf("%s is no time", name)
			return time.Time{}
		}
		return time.Unix(int64(seconds), 0).UTC()
	}
	*c = Claims{
		Issuer: str("iss"), Subject: str("sub"), ID: str("jti"),
		IssuedAt: when("iat"), NotBefore: when("nbf"), ExpiresAt: when("exp"),
	}
	var err error
	if c.Audience, err = audience(set["aud"]); err != nil {
		return err
	}
	for _, name := range registered {
		delete(set, name)
	}
	if len(set) > 0 {
		c.More = set
	}
	return wrong
}

// audience is a string or a list of strings (RFC 7519, section 4.1.3).
func audience(value any) ([]string, error) {
	switch value := value.(type) {
	case nil:
		return nil, nil
	case string:
		return []string{value}, nil
	case []any:
		all := make([]string, len(value))
		for i, one := range value {
			text, ok := one.(string)
			if !ok {
				return nil, errors.New("aud holds something besides strings")
			}
			all[i] = text
		}
		return all, nil
	}
	return nil, errors.New("aud is neither a string nor a list")
}

// The methods of jwt.Claims.

// GetExpirationTime is for the library.
func (c *Claims) GetExpirationTime() (*jwt.NumericDate, error) { return date(c.ExpiresAt), nil }

// GetIssuedAt is for the library.
func (c *Claims) GetIssuedAt() (*jwt.NumericDate, error) { return date(c.IssuedAt), nil }

// GetNotBefore is for the library.
func (c *Claims) GetNotBefore() (*jwt.NumericDate, error) { return date(c.NotBefore), nil }

// GetIssuer is for the library.
func (c *Claims) GetIssuer() (string, error) { return c.Issuer, nil }

// GetSubject is for the library.
func (c *Claims) GetSubject() (string, error) { return c.Subject, nil }

// GetAudience is for the library.
func (c *Claims) GetAudience() (jwt.ClaimStrings, error) { return c.Audience, nil }

func date(t time.Time) *jwt.NumericDate {
	if t.IsZero() {
		return nil
	}
	return &jwt.NumericDate{Time: t}
}
