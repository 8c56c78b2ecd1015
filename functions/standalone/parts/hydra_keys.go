package parts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// Both sets are published and both sign. A set without a key gets an RSA-4096
// key at its first use, which takes Hydra up to ten seconds to make and seven
// times the CPU to sign with.
//
// Each has a name for its first key. That it is fixed makes a second attempt
// harmless: Hydra can run out of time and still keep the key. Hydra publishes both
// sets as one, in which no name may stand twice (RFC 7517, section 4.5).
var signingSets = map[string]string{
	"hydra.openid.id-token":  "authway-first-id-token",
	"hydra.jwt.access-token": "authway-first-access-token",
}

func ensureSigningKeys(ctx context.Context, admin string) error {
	for set, first := range signingSets {
		if err := ensureSigningKey(ctx, admin+"/admin/keys/"+set, first); err != nil {
			return fmt.Errorf("the key set %s: %w", set, err)
		}
	}
	return nil
}

// ensureSigningKey looks first. Once keys have been rotated the first one is
// gone, and to make it again would make it the newest, which signs.
func ensureSigningKey(ctx context.Context, set, first string) error {
	status, err := call(ctx, http.MethodGet, set, nil)
	if err != nil || status == http.StatusOK {
		return err
	}
	if status != http.StatusNotFound {
		return fmt.Errorf("reading answers %d", status)
	}
	status, err = call(ctx, http.MethodPost, set, map[string]string{"alg": "ES256", "use": "sig", "kid": first})
	if err == nil && status != http.StatusCreated && status != http.StatusConflict {
		err = fmt.Errorf("making a key answers %d", status)
	}
	return err
}

// call returns the status alone: the bodies hold private keys.
func call(ctx context.Context, method, address string, body any) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, hydraTimeout)
	defer cancel()
	raw, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(raw))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}
