package sender

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/authway/authway/shared/clock"
)

// Cluster is where a cluster tells of itself.
const Cluster = "https://kubernetes.default.svc"

// Mount is where Kubernetes mounts ca.crt and token for a pod's account.
const Mount = "/var/run/secrets/kubernetes.io/serviceaccount"

// patience bounds a call to the issuer, and maxAnswer what is read of its answer.
const (
	patience  = 5 * time.Second
	maxAnswer = 1 << 20
)

var (
	// ErrSender says that the sender has not shown who it is.
	ErrSender = errors.New("sender: not authenticated")
	// ErrUnavailable says that the issuer could not be asked.
	ErrUnavailable = errors.New("sender: the issuer cannot be asked")
)

// asymmetric are the signatures that are believed.
var asymmetric = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
}

// Verifier checks the tokens of senders. It is safe for concurrent use.
type Verifier struct {
	// Audience is the one that tokens have to be made for.
	Audience string
	// Issuer is asked for its configuration and its keys. One that is Cluster may call
	// itself by another name, as clusters do; any other has to be what it is called
	// (OpenID Connect Discovery 1.0, section 4.3).
	Issuer string
	// Mount is a folder in which there may be ca.crt and token.
	Mount string
	Clock clock.Clock

	known atomic.Pointer[issuer]
}

// issuer is what an issuer says of itself.
type issuer struct {
	Name string `json:"issuer"`
	Keys string `json:"jwks_uri"`

	keys *oidc.RemoteKeySet
}

// Check reports nil if the request was sent by whom it may be: else ErrSender or
// ErrUnavailable.
func (v *Verifier) Check(ctx context.Context, r *http.Request) error {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" || len(r.Header.Values("Authorization")) > 1 {
		return fmt.Errorf("%w: no bearer token", ErrSender)
	}
	known, err := v.discover(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	signed := &keySet{RemoteKeySet: known.keys}
	config := &oidc.Config{ClientID: v.Audience, SupportedSigningAlgs: asymmetric, Now: v.Clock.Now}
	if _, err = oidc.NewVerifier(known.Name, signed, config).Verify(ctx, token); err == nil {
		return nil
	}
	if _, down := errors.AsType[*url.Error](signed.failed); down {
		return fmt.Errorf("%w: %w", ErrUnavailable, signed.failed)
	}
	return fmt.Errorf("%w: %w", ErrSender, err)
}

// keySet notes why a signature could not be checked, which the verifier's error
// does not tell.
type keySet struct {
	*oidc.RemoteKeySet
	failed error
}

func (k *keySet) VerifySignature(ctx context.Context, token string) (payload []byte, err error) {
	payload, k.failed = k.RemoteKeySet.VerifySignature(ctx, token)
	return payload, k.failed
}

// discover asks the issuer what it is like, once it has answered never again.
func (v *Verifier) discover(ctx context.Context) (*issuer, error) {
	if known := v.known.Load(); known != nil {
		return known, nil
	}
	client, err := v.client()
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(v.Issuer, "/")+"/.well-known/openid-configuration", http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	found := &issuer{}
	if err := json.NewDecoder(answer.Body).Decode(found); err != nil {
		return nil, fmt.Errorf("the configuration: %w", err)
	}
	if found.Name == "" || found.Keys == "" || found.Name != v.Issuer && v.Issuer != Cluster {
		return nil, fmt.Errorf("the configuration is that of %q", found.Name)
	}
	// The keys are kept; one event's end is not to take them away.
	found.keys = oidc.NewRemoteKeySet(oidc.ClientContext(context.WithoutCancel(ctx), client), found.Keys)
	v.known.Store(found)
	return found, nil
}

// client believes what is mounted.
func (v *Verifier) client() (*http.Client, error) {
	transport := &http.Transport{TLSHandshakeTimeout: patience, ResponseHeaderTimeout: patience, IdleConnTimeout: time.Minute}
	authority, err := os.ReadFile(filepath.Join(v.Mount, "ca.crt"))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return &http.Client{Transport: careful{to: transport}, Timeout: patience, CheckRedirect: stay}, nil
	case err != nil:
		return nil, err
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(authority) {
		return nil, errors.New("ca.crt holds no certificate")
	}
	token := filepath.Join(v.Mount, "token")
	return &http.Client{Transport: careful{to: transport, token: token}, Timeout: patience, CheckRedirect: stay}, nil
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// careful shows the mounted token over TLS alone, and bounds what is read.
type careful struct {
	to    http.RoundTripper
	token string
}

func (c careful) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.token != "" && r.URL.Scheme == "https" {
		// Read each time: the cluster replaces it within the hour.
		if token, err := os.ReadFile(c.token); err == nil {
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
		}
	}
	answer, err := c.to.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close()
		return nil, fmt.Errorf("the issuer answers %d", answer.StatusCode)
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, maxAnswer), answer.Body}
	return answer, nil
}
