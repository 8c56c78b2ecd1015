package provider

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/authway/authway/shared/word"
)

// Lifetime is how long the person may take at the provider.
const Lifetime = 10 * time.Minute

// leeway is how much the provider's clock may be behind ours.
const leeway = time.Minute

// Attempt is what has to be remembered of a request until it is answered. It is
// a secret of the browser that it was made for.
type Attempt struct {
	Provider string    `json:"provider"`
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	BegunAt  time.Time `json:"begun_at"`
	// Since is the earliest authentication at the provider that counts; the zero
	// time is any.
	Since time.Time `json:"since,omitzero"`
}

// Expired reports whether it is too old to be finished at now.
func (a Attempt) Expired(now time.Time) bool { return now.Sub(a.BegunAt) >= Lifetime }

// OfSession is where the answer to a request leads that was made from within a
// session, and not in a sign-in.
const OfSession = "session"

// NewState makes a state that leads to the sign-in of that id, or to OfSession.
func NewState(to string) string { return to + "." + rand.Text() }

// ParseState says where a state leads. It is no proof of anything: the attempt
// that waits there is.
func ParseState(text string) (to string, ok bool) {
	to, secret, _ := strings.Cut(text, ".")
	if !random(secret) || to != OfSession && !random(to) {
		return "", false
	}
	return to, true
}

// random reports whether text may come from rand.Text.
func random(text string) bool {
	return len(text) == 26 && word.All(text, func(c byte) bool { return 'A' <= c && c <= 'Z' || '2' <= c && c <= '7' })
}

// Ask is what a request asks of the provider.
type Ask struct {
	// State leads the answer to its attempt.
	State string
	// Fresh wants the person to prove it anew, Choose to choose among accounts
	// (prompt of OpenID Connect Core 1.0, section 3.1.2.1).
	Fresh, Choose bool
	// MaxAge is the longest that the person's last authentication may be ago;
	// negative is any time.
	MaxAge time.Duration
	// LoginHint and UILocales are passed on.
	LoginHint, UILocales string
}

// Begin makes an attempt, and the address that the browser is sent to. It
// returns ErrUnavailable, or ErrAnswer if the provider is not what the settings
// say.
func (p *Provider) Begin(ctx context.Context, ask Ask) (Attempt, string, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return Attempt{}, "", err
	}
	a := Attempt{
		Provider: p.ID, State: ask.State, Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), BegunAt: p.clock.Now(),
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)}
	add := func(name, value string) {
		if value != "" {
			options = append(options, oauth2.SetAuthURLParam(name, value))
		}
	}
	add("prompt", p.prompt(ask))
	add("login_hint", ask.LoginHint)
	add("ui_locales", ask.UILocales)
	if ask.Fresh && ask.MaxAge < 0 && p.Issuer != Google {
		// prompt alone would not make it say when that was (OpenID Connect Core 1.0,
		// section 2, auth_time).
		ask.MaxAge = 0
	}
	if ask.MaxAge >= 0 {
		add("max_age", strconv.Itoa(int(ask.MaxAge.Seconds())))
		a.Since = a.BegunAt.Add(-ask.MaxAge - leeway)
	}
	if ask.Fresh {
		a.Since = a.BegunAt.Add(-leeway)
	}
	return a, d.config.AuthCodeURL(a.State, options...), nil
}

// prompt asks for what the provider can do. Google answers prompt=login with an
// error, and lets nobody be asked for more than to choose an account.
func (p *Provider) prompt(ask Ask) string {
	var words []string
	if ask.Fresh && p.Issuer != Google {
		words = append(words, "login")
	}
	if ask.Choose || ask.Fresh && p.Issuer == Google {
		words = append(words, "select_account")
	}
	return strings.Join(words, " ")
}

// Person is who the provider says it is.
type Person struct {
	// Issuer and Subject together are one person for ever (OpenID Connect Core 1.0,
	// section 5.7); nothing else is.
	Issuer, Subject string
	// Email is what the provider wrote, or "".
	Email         string
	EmailVerified bool
	Name          string
}

// Finish checks the answer, the query that the browser came back with, against
// the attempt that it belongs to. It returns ErrDenied, ErrUnavailable,
// ErrRefused or ErrAnswer when nobody has signed in.
func (p *Provider) Finish(ctx context.Context, a Attempt, answer url.Values) (Person, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return Person{}, err
	}
	if err := p.belongs(d, a, answer); err != nil {
		return Person{}, err
	}
	if code := answer.Get("error"); code != "" {
		return Person{}, said(code)
	}
	ctx = p.calling(ctx)
	tokens, err := d.config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Person{}, exchangeFailed(err)
	}
	c, err := p.verify(ctx, d, a, tokens)
	if err != nil {
		return Person{}, err
	}
	if c.Email == "" && d.provider.UserInfoEndpoint() != "" {
		// With a code the claims of scopes are the userinfo endpoint's to give
		// (OpenID Connect Core 1.0, section 5.4).
		if err := userInfo(ctx, d, tokens, &c); err != nil {
			return Person{}, err
		}
	}
	return Person{
		Issuer: p.Issuer, Subject: c.Subject, Email: c.Email, Name: c.name(),
		EmailVerified: c.Email != "" && (bool(c.EmailVerified) || p.TrustEmail),
	}, nil
}

// belongs checks what ties an answer to its attempt before anything of it is
// believed. The issuer stops an answer of one provider from being carried to
// another (RFC 9207).
func (p *Provider) belongs(d *discovered, a Attempt, answer url.Values) error {
	if a.Provider != p.ID || subtle.ConstantTimeCompare([]byte(a.State), []byte(answer.Get("state"))) != 1 || a.State == "" {
		return fmt.Errorf("%w: it is not for this attempt", ErrAnswer)
	}
	if a.Expired(p.clock.Now()) {
		return fmt.Errorf("%w: it came too late", ErrAnswer)
	}
	if got := answer.Get("iss"); got != p.Issuer && (got != "" || d.metadata.NamesIssuer) {
		return fmt.Errorf("%w: it comes from another issuer", ErrAnswer)
	}
	return nil
}

// said maps the error codes of RFC 6749 section 4.1.2.1. What the provider
// wrote is not repeated: it came through the browser.
func said(code string) error {
	switch code {
	case "access_denied":
		return ErrDenied
	case "server_error", "temporarily_unavailable":
		return fmt.Errorf("%w: it says so", ErrUnavailable)
	}
	return fmt.Errorf("%w: the authorization request", ErrRefused)
}

func exchangeFailed(err error) error {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		status := refused.Response.StatusCode
		if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
			return fmt.Errorf("%w: the token endpoint answers %d", ErrUnavailable, status)
		}
		return fmt.Errorf("%w: the token endpoint answers %d %.60q", ErrRefused, status, refused.ErrorCode)
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("%w: the token endpoint: %w", ErrUnavailable, cause(err))
	}
	return fmt.Errorf("%w: the token endpoint: %w", ErrAnswer, err)
}

// claims of an ID token or of the userinfo endpoint.
type claims struct {
	Subject         string `json:"sub"`
	Nonce           string `json:"nonce"`
	AuthorizedParty string `json:"azp"`
	AuthTime        int64  `json:"auth_time"`
	Email           string `json:"email"`
	EmailVerified   truth  `json:"email_verified"`
	Name            string `json:"name"`
	GivenName       string `json:"given_name"`
	FamilyName      string `json:"family_name"`
}

// UnmarshalJSON knows names as they are written alone: encoding/json takes
// "Email_Verified" for email_verified too, and some providers let people add claims with
// names of their own.
func (c *claims) UnmarshalJSON(raw []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return err
	}
	maps.DeleteFunc(all, func(name string, _ json.RawMessage) bool {
		return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != ""
	})
	exact, err := json.Marshal(all)
	if err != nil {
		return err
	}
	type plain claims
	return json.Unmarshal(exact, (*plain)(c))
}

// truth is a boolean that some providers write as a text.
type truth bool

// UnmarshalJSON takes what is neither true nor "true" for no.
func (t *truth) UnmarshalJSON(raw []byte) error {
	*t = string(raw) == "true" || string(raw) == `"true"`
	return nil
}

func (c claims) name() string {
	if c.Name != "" {
		return c.Name
	}
	return strings.TrimSpace(c.GivenName + " " + c.FamilyName)
}

// asymmetric are the signatures that are believed: not none, and no shared
// secret, with which we could have made the token ourselves.
var asymmetric = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
}

// keys notes why a signature could not be checked, which the verifier's error
// does not tell.
type keys struct {
	oidc.KeySet
	failed error
}

func (k *keys) VerifySignature(ctx context.Context, token string) (payload []byte, err error) {
	payload, k.failed = k.KeySet.VerifySignature(ctx, token)
	return payload, k.failed
}

func (p *Provider) verify(ctx context.Context, d *discovered, a Attempt, tokens *oauth2.Token) (claims, error) {
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return claims{}, fmt.Errorf("%w: there is no ID token", ErrAnswer)
	}
	signed := &keys{KeySet: d.keys}
	config := &oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: asymmetric, Now: p.clock.Now}
	token, err := oidc.NewVerifier(p.Issuer, signed, config).Verify(ctx, raw)
	if _, down := errors.AsType[*url.Error](signed.failed); down {
		return claims{}, fmt.Errorf("%w: the keys: %w", ErrUnavailable, cause(signed.failed))
	}
	if err != nil {
		return claims{}, fmt.Errorf("%w: the ID token: %w", ErrAnswer, err)
	}
	var c claims
	if err := token.Claims(&c); err != nil {
		return claims{}, fmt.Errorf("%w: the ID token: %w", ErrAnswer, err)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(c.Nonce), []byte(a.Nonce)) != 1:
		return claims{}, fmt.Errorf("%w: the ID token has another nonce", ErrAnswer)
	case c.AuthorizedParty != "" && c.AuthorizedParty != p.ClientID, c.AuthorizedParty == "" && len(token.Audience) > 1:
		return claims{}, fmt.Errorf("%w: the ID token was made for somebody else", ErrAnswer)
	case c.Subject == "" || len(c.Subject) > maxSubject:
		return claims{}, fmt.Errorf("%w: the ID token names nobody", ErrAnswer)
	case c.AuthTime == 0 && !a.Since.IsZero() && p.Issuer != Google:
		// Google alone neither asks anew nor says when it last did.
		return claims{}, fmt.Errorf("%w: it does not say when the person was asked", ErrAnswer)
	case c.AuthTime != 0 && time.Unix(c.AuthTime, 0).Before(a.Since):
		return claims{}, fmt.Errorf("%w: the person was not asked anew", ErrAnswer)
	}
	return c, nil
}

// maxSubject is that of OpenID Connect Core 1.0, section 2.
const maxSubject = 255

// userInfo adds what the userinfo endpoint says, of the same person only
// (section 5.3.2).
func userInfo(ctx context.Context, d *discovered, tokens *oauth2.Token, c *claims) error {
	info, err := d.provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if _, down := errors.AsType[*url.Error](err); down {
		return fmt.Errorf("%w: the userinfo endpoint: %w", ErrUnavailable, cause(err))
	}
	if err != nil {
		return fmt.Errorf("%w: the userinfo endpoint: %w", ErrAnswer, err)
	}
	var more claims
	if err := info.Claims(&more); err != nil {
		return fmt.Errorf("%w: the userinfo endpoint: %w", ErrAnswer, err)
	}
	if more.Subject != c.Subject {
		return fmt.Errorf("%w: the userinfo endpoint speaks of somebody else", ErrAnswer)
	}
	c.Email, c.EmailVerified = more.Email, more.EmailVerified
	if c.name() == "" {
		c.Name = more.name()
	}
	return nil
}
