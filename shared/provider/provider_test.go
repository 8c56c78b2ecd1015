package provider_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/provider"
	"github.com/authway/authway/shared/tenant"
)

var now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

type object = map[string]any

// liar is a provider that says what a test wants it to.
type liar struct {
	*httptest.Server
	key *ecdsa.PrivateKey

	// metadata, claims and header are added to what an honest one says; userInfo is
	// all of what that endpoint says.
	metadata, claims, header, userInfo object
	// breaks answers a path with a status of its own.
	breaks map[string]int
	// signature takes the place of the true one.
	signature string
	noToken   bool

	nonce               string
	discoveries, keySet atomic.Int64
	// shown is what the token endpoint was shown.
	shown url.Values
	basic bool
}

func newLiar(t *testing.T) *liar {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	l := &liar{key: key, breaks: map[string]int{}}
	l.Server = httptest.NewServer(http.HandlerFunc(l.serve))
	t.Cleanup(l.Close)
	return l
}

func (l *liar) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if status := l.breaks[r.URL.Path]; status != 0 {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"error": "invalid_grant"}`))
		return
	}
	answer := object{}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		l.discoveries.Add(1)
		answer = object{
			"issuer": l.URL, "authorization_endpoint": l.URL + "/auth", "token_endpoint": l.URL + "/token",
			"jwks_uri": l.URL + "/keys", "userinfo_endpoint": l.URL + "/userinfo",
		}
		maps.Copy(answer, l.metadata)
	case "/keys":
		l.keySet.Add(1)
		point, _ := l.key.PublicKey.Bytes()
		answer = object{"keys": []object{{
			"kty": "EC", "crv": "P-256", "kid": "k", "x": encode(point[1:33]), "y": encode(point[33:]),
		}}}
	case "/token":
		_ = r.ParseForm()
		l.shown = r.PostForm
		_, _, l.basic = r.BasicAuth()
		answer = object{"access_token": "at", "token_type": "Bearer"}
		if !l.noToken {
			answer["id_token"] = l.token()
		}
	case "/userinfo":
		answer = l.userInfo
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (l *liar) token() string {
	header := object{"alg": "ES256", "kid": "k"}
	maps.Copy(header, l.header)
	claims := object{
		"iss": l.URL, "aud": "authway", "sub": "s-1", "nonce": l.nonce, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
		"email": "ada@example.org", "email_verified": true, "name": "Ada",
	}
	for name, value := range l.claims {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	head, _ := json.Marshal(header)
	body, _ := json.Marshal(claims)
	text := encode(head) + "." + encode(body)
	if l.signature != "" {
		return text + strings.TrimSuffix("."+l.signature, "none")
	}
	sum := sha256.Sum256([]byte(text))
	r, s, _ := ecdsa.Sign(rand.Reader, l.key, sum[:])
	return text + "." + encode(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

func (l *liar) provider(t *testing.T, c clock.Clock) *provider.Provider {
	t.Helper()
	list, complaints := provider.Parse(fmt.Sprintf(
		`[{"id": "acme", "name": "Acme", "issuer": %q, "client_id": "authway", "client_secret": "secret", "tenants": ["default"]}]`, l.URL))
	if len(complaints) > 0 {
		t.Fatal(complaints)
	}
	set := provider.NewSet(&url.URL{Scheme: "https", Host: "auth.example.com"}, c, list)
	p, err := set.ByID("acme", tenant.Tenant{Slug: "default"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// walk goes to the provider and comes back with answer added.
func (l *liar) walk(t *testing.T, p *provider.Provider, ask provider.Ask, answer url.Values) (provider.Person, error) {
	t.Helper()
	ask.State = provider.NewState(provider.OfSession)
	a, _, err := p.Begin(t.Context(), ask)
	if err != nil {
		return provider.Person{}, err
	}
	l.nonce = a.Nonce
	query := url.Values{"code": {"c"}, "state": {a.State}}
	maps.Copy(query, answer)
	return p.Finish(t.Context(), a, query)
}

var anyTime = provider.Ask{MaxAge: -1}

func TestSignInAtAProvider(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	p := l.provider(t, clock.NewFixed(now))
	a, address, err := p.Begin(t.Context(), provider.Ask{State: "st", Fresh: true, MaxAge: time.Minute, LoginHint: "ada", UILocales: "ko"})
	if err != nil {
		t.Fatal(err)
	}
	asked, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(a.Verifier))
	for name, want := range map[string]string{
		"client_id": "authway", "redirect_uri": "https://auth.example.com/login/provider/acme/callback", "response_type": "code",
		"scope": "openid email profile", "state": "st", "nonce": a.Nonce, "code_challenge": encode(sum[:]),
		"code_challenge_method": "S256", "prompt": "login", "max_age": "60", "login_hint": "ada", "ui_locales": "ko",
	} {
		if got := asked.Query().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	l.nonce, l.claims = a.Nonce, object{"auth_time": now.Unix()}
	who, err := p.Finish(t.Context(), a, url.Values{"code": {"c"}, "state": {"st"}, "iss": {l.URL}})
	want := provider.Person{Issuer: l.URL, Subject: "s-1", Email: "ada@example.org", EmailVerified: true, Name: "Ada"}
	if err != nil || who != want {
		t.Fatalf("got %+v, %v", who, err)
	}
	if l.shown.Get("code_verifier") != a.Verifier || !l.basic {
		t.Errorf("the token endpoint was shown %v, basic %v", l.shown, l.basic)
	}
	if _, err := l.walk(t, p, anyTime, nil); err != nil || l.discoveries.Load() != 1 || l.keySet.Load() != 1 {
		t.Errorf("the second time: %v, with %d discoveries and %d key sets", err, l.discoveries.Load(), l.keySet.Load())
	}
}

func TestAnswersThatDoNotHold(t *testing.T) {
	t.Parallel()
	answer := func(name, value string) url.Values { return url.Values{name: {value}} }
	for name, c := range map[string]struct {
		lie    func(*liar)
		answer url.Values
		ask    provider.Ask
		want   error
	}{
		"another state":          {answer: answer("state", "x"), want: provider.ErrAnswer},
		"another issuer":         {answer: answer("iss", "https://evil.example"), want: provider.ErrAnswer},
		"no issuer":              {lie: func(l *liar) { l.metadata = object{"authorization_response_iss_parameter_supported": true} }, want: provider.ErrAnswer},
		"denied":                 {answer: answer("error", "access_denied"), want: provider.ErrDenied},
		"out of order":           {answer: answer("error", "temporarily_unavailable"), want: provider.ErrUnavailable},
		"a request it refuses":   {answer: answer("error", "invalid_scope"), want: provider.ErrRefused},
		"a code it refuses":      {lie: func(l *liar) { l.breaks["/token"] = 400 }, want: provider.ErrRefused},
		"its token endpoint":     {lie: func(l *liar) { l.breaks["/token"] = 503 }, want: provider.ErrUnavailable},
		"a redirect":             {lie: func(l *liar) { l.breaks["/token"] = 307 }, want: provider.ErrRefused},
		"its discovery":          {lie: func(l *liar) { l.breaks["/.well-known/openid-configuration"] = 502 }, want: provider.ErrUnavailable},
		"its own issuer":         {lie: func(l *liar) { l.metadata = object{"issuer": "https://evil.example"} }, want: provider.ErrAnswer},
		"no endpoints":           {lie: func(l *liar) { l.metadata = object{"token_endpoint": ""} }, want: provider.ErrAnswer},
		"no ID token":            {lie: func(l *liar) { l.noToken = true }, want: provider.ErrAnswer},
		"another nonce":          {lie: says("nonce", "x"), want: provider.ErrAnswer},
		"no nonce":               {lie: says("nonce", nil), want: provider.ErrAnswer},
		"another audience":       {lie: says("aud", "shop"), want: provider.ErrAnswer},
		"two audiences":          {lie: says("aud", []string{"authway", "shop"}), want: provider.ErrAnswer},
		"another party":          {lie: says("azp", "shop"), want: provider.ErrAnswer},
		"a token of another":     {lie: says("iss", "https://evil.example"), want: provider.ErrAnswer},
		"an old token":           {lie: says("exp", now.Add(-time.Second).Unix()), want: provider.ErrAnswer},
		"nobody":                 {lie: says("sub", ""), want: provider.ErrAnswer},
		"a very long subject":    {lie: says("sub", strings.Repeat("s", 256)), want: provider.ErrAnswer},
		"an unsigned token":      {lie: func(l *liar) { l.header, l.signature = object{"alg": "none"}, "none" }, want: provider.ErrAnswer},
		"a wrong signature":      {lie: func(l *liar) { l.signature = encode(make([]byte, 64)) }, want: provider.ErrAnswer},
		"a shared secret":        {lie: func(l *liar) { l.header, l.signature = object{"alg": "HS256"}, encode(make([]byte, 32)) }, want: provider.ErrAnswer},
		"not asked anew":         {lie: says("auth_time", now.Add(-2*time.Minute).Unix()), ask: provider.Ask{Fresh: true, MaxAge: -1}, want: provider.ErrAnswer},
		"older than asked":       {lie: says("auth_time", now.Add(-2*time.Hour).Unix()), ask: provider.Ask{MaxAge: time.Hour}, want: provider.ErrAnswer},
		"as old as asked":        {lie: says("auth_time", now.Add(-time.Hour).Unix()), ask: provider.Ask{MaxAge: time.Hour}},
		"any age":                {lie: says("auth_time", 1)},
		"no word of its age":     {ask: provider.Ask{Fresh: true, MaxAge: -1}, want: provider.ErrAnswer},
		"two audiences and ours": {lie: func(l *liar) { l.claims = object{"aud": []string{"a", "authway"}, "azp": "authway"} }},
		"of another at userinfo": {lie: func(l *liar) {
			l.claims, l.userInfo = object{"email": nil}, object{"sub": "s-2", "email": "a@b.example"}
		}, want: provider.ErrAnswer},
		"userinfo out of order": {lie: func(l *liar) { l.claims = object{"email": nil}; l.breaks["/userinfo"] = 500 }, want: provider.ErrAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLiar(t)
			if c.lie != nil {
				c.lie(l)
			}
			if c.ask == (provider.Ask{}) {
				c.ask = anyTime
			}
			if who, err := l.walk(t, l.provider(t, clock.NewFixed(now)), c.ask, c.answer); !errors.Is(err, c.want) {
				t.Errorf("got %+v, %v; want %v", who, err, c.want)
			}
		})
	}
}

func says(claim string, value any) func(*liar) {
	return func(l *liar) { l.claims = object{claim: value} }
}

func TestAddressesOfAProvider(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lie      func(*liar)
		email    string
		verified bool
	}{
		"unverified":      {says("email_verified", false), "ada@example.org", false},
		"not said":        {says("email_verified", nil), "ada@example.org", false},
		"as a text":       {says("email_verified", "true"), "ada@example.org", true},
		"as another text": {says("email_verified", "yes"), "ada@example.org", false},
		"as a number":     {says("email_verified", 1), "ada@example.org", false},
		"nowhere":         {says("email", nil), "", false},
		"at userinfo alone": {func(l *liar) {
			l.claims, l.userInfo = object{"email": nil}, object{"sub": "s-1", "email": "b@example.org", "email_verified": true}
		}, "b@example.org", true},
	} {
		l := newLiar(t)
		if c.lie(l); l.userInfo == nil {
			l.userInfo = object{"sub": "s-1"}
		}
		who, err := l.walk(t, l.provider(t, clock.NewFixed(now)), anyTime, nil)
		if err != nil || who.Email != c.email || who.EmailVerified != c.verified {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
	}
}

// Some providers let people add claims with names of their own, and JSON is read without
// regard to case.
func TestClaimsOfOtherNamesAreNotBelieved(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{"Email_Verified": true, "EMAIL": "grace@example.org", "Sub": "s-2", "\u017fub": "s-2", "NAME": "Grace"} {
		l := newLiar(t)
		l.claims = object{"email_verified": nil, name: value}
		who, err := l.walk(t, l.provider(t, clock.NewFixed(now)), anyTime, nil)
		want := provider.Person{Issuer: l.URL, Subject: "s-1", Email: "ada@example.org", Name: "Ada"}
		if err != nil || who != want {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
	}
}

func TestProviderIsAskedAgainAfterItFailed(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	p := l.provider(t, clock.NewFixed(now))
	l.breaks["/.well-known/openid-configuration"] = 503
	if _, err := l.walk(t, p, anyTime, nil); !errors.Is(err, provider.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	delete(l.breaks, "/.well-known/openid-configuration")
	if _, err := l.walk(t, p, anyTime, nil); err != nil {
		t.Errorf("got %v", err)
	}
	l.Close()
	if _, err := l.walk(t, p, anyTime, nil); !errors.Is(err, provider.ErrUnavailable) {
		t.Errorf("without a server: %v", err)
	}
}

func TestAttemptEndsInTime(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	c := clock.NewFixed(now)
	p := l.provider(t, c)
	a, _, err := p.Begin(t.Context(), provider.Ask{State: "st", MaxAge: -1})
	if err != nil {
		t.Fatal(err)
	}
	c.Advance(provider.Lifetime)
	if _, err := p.Finish(t.Context(), a, url.Values{"code": {"c"}, "state": {"st"}}); !errors.Is(err, provider.ErrAnswer) {
		t.Errorf("got %v", err)
	}
}

func TestSecretIsShownAsTheProviderWants(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	l.metadata = object{"token_endpoint_auth_methods_supported": []string{"client_secret_post"}}
	if _, err := l.walk(t, l.provider(t, clock.NewFixed(now)), anyTime, nil); err != nil || l.basic || l.shown.Get("client_secret") != "secret" {
		t.Errorf("got %v, basic %v", err, l.basic)
	}
}

func TestProviderOfAnotherTenantIsUnknown(t *testing.T) {
	t.Parallel()
	list, _ := provider.Parse(`[{"id": "acme", "name": "Acme", "issuer": "https://a.example", "client_id": "x", "client_secret": "y", "tenants": ["acme"]}]`)
	set := provider.NewSet(&url.URL{Scheme: "https", Host: "auth.example.com"}, clock.NewFixed(now), append(list, provider.ForGoogle("x", "y")))
	if all := set.For(tenant.Tenant{Slug: "default"}); len(all) != 1 || all[0].ID != provider.GoogleID {
		t.Errorf("the default tenant has %v", all)
	}
	if _, err := set.ByID("acme", tenant.Tenant{Slug: "default"}); !errors.Is(err, provider.ErrUnknown) {
		t.Errorf("got %v", err)
	}
	if set.Name("acme") != "Acme" || set.Name("gone") != "gone" {
		t.Error("the names are others")
	}
}
