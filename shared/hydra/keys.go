package hydra

import (
	"context"
	"net/http"

	api "github.com/ory/hydra-client-go/v2"
)

// KeySets are the sets that Hydra signs with: ID and logout tokens, and access
// tokens where they are JWTs.
var KeySets = []string{"hydra.openid.id-token", "hydra.jwt.access-token"}

// SigningKey is a key of Hydra's, as far as anybody outside of it has to know.
type SigningKey struct {
	ID, Algorithm string
}

// SigningKeys are the keys of a set, the one that signs first. The answer brings
// their private parts, which are dropped here. ErrUnknown when there is no such
// set.
func (c *Client) SigningKeys(ctx context.Context, set string) ([]SigningKey, error) {
	keys, response, err := c.api.JwkAPI.GetJsonWebKeySet(ctx, set).Execute()
	if err := outcome("get key set", response, err); err != nil {
		return nil, err
	}
	all := make([]SigningKey, len(keys.Keys))
	for i, k := range keys.Keys {
		all[i] = SigningKey{ID: k.Kid, Algorithm: k.Alg}
	}
	return all, nil
}

// MakeSigningKey makes a key, which signs at once; Hydra knows no other way. A
// large RSA key can take it longer than an answer may: ErrUnavailable then, and
// the key is there when it is asked for again under the same id.
func (c *Client) MakeSigningKey(ctx context.Context, set string, k SigningKey) error {
	wanted := api.NewCreateJsonWebKeySet(k.Algorithm, k.ID, "sig")
	_, response, err := c.api.JwkAPI.CreateJsonWebKeySet(ctx, set).CreateJsonWebKeySet(*wanted).Execute()
	if response != nil && response.StatusCode == http.StatusConflict {
		return nil
	}
	return outcome("make key", response, err)
}

// RemoveSigningKey removes a key, whether or not it is there. What it has signed
// does not verify any more.
func (c *Client) RemoveSigningKey(ctx context.Context, set, id string) error {
	response, err := c.api.JwkAPI.DeleteJsonWebKey(ctx, set, id).Execute()
	if response != nil && response.StatusCode == http.StatusNotFound {
		return nil
	}
	return outcome("remove key", response, err)
}
