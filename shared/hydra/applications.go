package hydra

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	api "github.com/ory/hydra-client-go/v2"

	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/tenant"
)

// ErrTaken says that another client has the id.
var ErrTaken = errors.New("hydra: the id is taken")

// Keys of a client's metadata beside those of [App].
const (
	kindKey   = "authway_kind"
	claimsKey = "claims"
)

// lifespanNames are Hydra's for the fields of client.Lifespans.
var lifespanNames = map[string]func(*client.Lifespans) *int{
	"authorization_code_grant_access_token_lifespan":  func(l *client.Lifespans) *int { return &l.CodeAccess },
	"authorization_code_grant_id_token_lifespan":      func(l *client.Lifespans) *int { return &l.CodeID },
	"authorization_code_grant_refresh_token_lifespan": func(l *client.Lifespans) *int { return &l.CodeRefresh },
	"refresh_token_grant_access_token_lifespan":       func(l *client.Lifespans) *int { return &l.RefreshAccess },
	"refresh_token_grant_id_token_lifespan":           func(l *client.Lifespans) *int { return &l.RefreshID },
	"refresh_token_grant_refresh_token_lifespan":      func(l *client.Lifespans) *int { return &l.RefreshRefresh },
	"client_credentials_grant_access_token_lifespan":  func(l *client.Lifespans) *int { return &l.MachineAccess },
	"jwt_bearer_grant_access_token_lifespan":          func(l *client.Lifespans) *int { return &l.AssertionAccess },
}

// registration is a client as Hydra says it, with what this program does not know.
type registration map[string]any

// Applications is a page of all tenants' applications, and the token of the page
// after it, or "".
func (c *Client) Applications(ctx context.Context, page string) (all []client.Application, next string, err error) {
	call := c.api.OAuth2API.ListOAuth2Clients(ctx).PageSize(clientPage)
	if page != "" {
		call = call.PageToken(page)
	}
	_, response, err := call.Execute()
	if err := outcome("list clients", response, err); err != nil {
		return nil, "", err
	}
	var raw []registration
	if err := json.NewDecoder(response.Body).Decode(&raw); err != nil {
		return nil, "", fmt.Errorf("%w: list clients: %w", ErrRefused, err)
	}
	for _, r := range raw {
		all = append(all, r.application())
	}
	next = nextPage(response.Header)
	if len(raw) == 0 || next == page {
		next = ""
	}
	return all, next, nil
}

// Application is the one of that id, or ErrUnknown.
func (c *Client) Application(ctx context.Context, id string) (client.Application, error) {
	r, err := c.registration(ctx, id)
	if err != nil {
		return client.Application{}, err
	}
	return r.application(), nil
}

func (c *Client) registration(ctx context.Context, id string) (registration, error) {
	if !client.Readable(id) {
		return nil, fmt.Errorf("%w: get client: no id", ErrUnknown)
	}
	_, response, err := c.api.OAuth2API.GetOAuth2Client(ctx, id).Execute()
	if err := outcome("get client", response, err); err != nil {
		return nil, err
	}
	var r registration
	if err := json.NewDecoder(response.Body).Decode(&r); err != nil {
		return nil, fmt.Errorf("%w: get client: %w", ErrRefused, err)
	}
	return r, nil
}

// CreateApplication registers an application, with a secret unless that is "". It
// returns ErrTaken if there is one of that id.
func (c *Client) CreateApplication(ctx context.Context, a client.Application, secret string) (client.Application, error) {
	r := registration{"client_id": a.ID}
	r.write(a)
	if secret != "" {
		r["client_secret"] = secret
	}
	body, err := r.body()
	if err != nil {
		return client.Application{}, err
	}
	_, response, err := c.api.OAuth2API.CreateOAuth2Client(ctx).OAuth2Client(body).Execute()
	if response != nil && response.StatusCode == http.StatusConflict {
		return client.Application{}, fmt.Errorf("%w: create client", ErrTaken)
	}
	if err := outcome("create client", response, err); err != nil {
		return client.Application{}, err
	}
	return written("create client", response)
}

// written reads the registration that Hydra answers with when it has written one.
// Nothing is asked once more: whoever hears an error undoes what belongs to the change,
// and that is right only while Hydra has not made it.
func written(call string, response *http.Response) (client.Application, error) {
	var r registration
	if err := json.NewDecoder(response.Body).Decode(&r); err != nil {
		return client.Application{}, fmt.Errorf("%w: %s: %w", ErrRefused, call, err)
	}
	// What is told this once is no part of what is read afterwards.
	for _, once := range []string{"client_secret", "registration_access_token", "registration_client_uri"} {
		delete(r, once)
	}
	return r.application(), nil
}

// SetApplication writes the settings of an application, and keeps everything else of
// its registration. Its secret stays.
func (c *Client) SetApplication(ctx context.Context, a client.Application) (client.Application, error) {
	return c.rewrite(ctx, a.ID, func(r registration) { r.write(a) })
}

// SetSecret gives an application another secret. The one before it is worth nothing
// from then on.
func (c *Client) SetSecret(ctx context.Context, id, secret string) (client.Application, error) {
	return c.rewrite(ctx, id, func(r registration) { r["client_secret"] = secret })
}

// rewrite reads a registration, changes it and writes it. Hydra has nothing that would
// keep two who do so apart: client.Lock does.
func (c *Client) rewrite(ctx context.Context, id string, change func(registration)) (client.Application, error) {
	r, err := c.registration(ctx, id)
	if err != nil {
		return client.Application{}, err
	}
	change(r)
	body, err := r.body()
	if err != nil {
		return client.Application{}, err
	}
	_, response, err := c.api.OAuth2API.SetOAuth2Client(ctx, id).OAuth2Client(body).Execute()
	if err := outcome("set client", response, err); err != nil {
		return client.Application{}, err
	}
	return written("set client", response)
}

// DeleteApplication removes an application, and with it every token of it. One that is
// not there is ErrUnknown.
func (c *Client) DeleteApplication(ctx context.Context, id string) error {
	if !client.Readable(id) {
		return fmt.Errorf("%w: delete client: no id", ErrUnknown)
	}
	response, err := c.api.OAuth2API.DeleteOAuth2Client(ctx, id).Execute()
	return outcome("delete client", response, err)
}

// body is the registration as the client of Hydra's API sends it: fields that it does
// not know are among AdditionalProperties, and are sent as well.
func (r registration) body() (api.OAuth2Client, error) {
	encoded, err := json.Marshal(r)
	if err != nil {
		return api.OAuth2Client{}, err
	}
	var body api.OAuth2Client
	err = json.Unmarshal(encoded, &body)
	return body, err
}

// write puts the settings in the place of those that the registration has.
func (r registration) write(a client.Application) {
	s := a.Whole()
	for name, value := range map[string]any{
		"client_name": s.Name, "skip_consent": s.FirstParty, "skip_logout_consent": s.SkipLogoutConsent,
		"redirect_uris": s.RedirectURIs, "post_logout_redirect_uris": s.PostLogoutRedirectURIs,
		"frontchannel_logout_uri": s.FrontchannelLogoutURI, "frontchannel_logout_session_required": s.FrontchannelLogoutSession,
		"backchannel_logout_uri": s.BackchannelLogoutURI, "backchannel_logout_session_required": s.BackchannelLogoutSession,
		"allowed_cors_origins": s.CORSOrigins, "grant_types": s.GrantTypes, "response_types": s.ResponseTypes,
		"scope": strings.Join(s.Scopes, " "), "audience": s.Audience, "token_endpoint_auth_method": s.AuthMethod,
		"subject_type": s.SubjectType, "client_uri": s.URI, "logo_uri": s.LogoURI, "policy_uri": s.PolicyURI, "tos_uri": s.TermsURI,
		"contacts": s.Contacts,
	} {
		r[name] = value
	}
	// Hydra refuses the two together, and an empty one counts.
	delete(r, "jwks")
	delete(r, "jwks_uri")
	if len(s.JWKS) > 0 {
		r["jwks"] = s.JWKS
	}
	if s.JWKSURI != "" {
		r["jwks_uri"] = s.JWKSURI
	}
	for name, of := range lifespanNames {
		r[name] = nil
		if seconds := *of(&s.Lifespans); seconds > 0 {
			r[name] = (time.Duration(seconds) * time.Second).String()
		}
	}
	r["metadata"] = r.metadata(a)
}

func (r registration) metadata(a client.Application) map[string]any {
	metadata := map[string]any{}
	if had, ok := r["metadata"].(map[string]any); ok {
		maps.Copy(metadata, had)
	}
	if a.Tenant != "" {
		metadata[tenant.MetadataKey] = a.Tenant
	}
	delete(metadata, AllTenantsKey)
	delete(metadata, claimsKey)
	if a.Said != "" {
		metadata[kindKey] = a.Said
	}
	if a.AllTenants {
		metadata[AllTenantsKey] = "all"
	}
	if len(a.Claims) > 0 {
		metadata[claimsKey] = a.Claims
	}
	return metadata
}

// application reads a registration in Authway's words.
func (r registration) application() client.Application {
	// What the generated type cannot read is a registration without that.
	body, _ := r.body()
	known := appOf(body)
	metadata, _ := r["metadata"].(map[string]any)
	kind, _ := metadata[kindKey].(string)
	a := client.Application{
		ID: known.ID, Tenant: known.Tenant, CreatedAt: body.GetCreatedAt(), UpdatedAt: body.GetUpdatedAt(), Version: r.version(),
		Settings: client.Settings{
			Name: known.Name, FirstParty: known.SkipConsent, SkipLogoutConsent: known.SkipLogoutConsent,
			RedirectURIs: body.RedirectUris, PostLogoutRedirectURIs: body.PostLogoutRedirectUris,
			FrontchannelLogoutURI: body.GetFrontchannelLogoutUri(), FrontchannelLogoutSession: body.GetFrontchannelLogoutSessionRequired(),
			BackchannelLogoutURI: body.GetBackchannelLogoutUri(), BackchannelLogoutSession: body.GetBackchannelLogoutSessionRequired(),
			CORSOrigins: body.AllowedCorsOrigins, GrantTypes: body.GrantTypes, ResponseTypes: body.ResponseTypes,
			Scopes: strings.Fields(known.Scope), Audience: body.Audience, AuthMethod: body.GetTokenEndpointAuthMethod(),
			JWKSURI: body.GetJwksUri(), SubjectType: body.GetSubjectType(), Claims: known.Claims, AllTenants: known.AllTenants,
			URI: known.URI, LogoURI: known.Logo, PolicyURI: known.Policy, TermsURI: known.Terms, Contacts: body.Contacts,
		},
	}
	if slices.Contains(client.Kinds, client.Kind(kind)) {
		a.Said = client.Kind(kind)
	}
	if set, ok := r["jwks"].(map[string]any); ok && len(set) > 0 {
		a.JWKS, _ = json.Marshal(set)
	}
	for name, of := range lifespanNames {
		if said, ok := r[name].(string); ok {
			if life, err := time.ParseDuration(said); err == nil {
				*of(&a.Lifespans) = int(life / time.Second)
			}
		}
	}
	a.Settings = a.Whole()
	return a
}

// version changes with everything in the registration. Hydra's own time of the last
// change has whole seconds, in which two people can be.
func (r registration) version() string {
	encoded, err := json.Marshal(r)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(encoded)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
