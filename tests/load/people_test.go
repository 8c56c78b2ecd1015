package load_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/standalone/edge"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/tests/harness"
)

const (
	callback = "http://app.localhost/callback"
	// verifier is every sign-in's: that it is a secret is not what is measured.
	verifier = "a-verifier-for-all-that-is-forty-three-long-"
)

// site is where people sign in, and the application that they come from. Each request
// goes to the function itself, as an ingress sends it there.
type site struct {
	*harness.Deployed
	clientID  string
	transport *http.Transport
}

// deploy is a site with n accounts, which have one password.
func deploy(b *testing.B, n int) *site {
	b.Helper()
	s := &site{Deployed: harness.Deploy(b), transport: &http.Transport{MaxIdleConnsPerHost: 1000, DisableCompression: true}}
	b.Cleanup(s.transport.CloseIdleConnections)
	var made struct {
		ClientID string `json:"client_id"`
	}
	s.HydraAdmin(b, http.MethodPost, "/admin/clients", map[string]any{
		"client_name": "Load", "redirect_uris": []string{callback}, "grant_types": []string{"authorization_code", "refresh_token"},
		"response_types": []string{"code"}, "scope": "openid offline_access profile email", "token_endpoint_auth_method": "none",
		"skip_consent": true,
	}, &made)
	s.clientID = made.ClientID
	s.populate(b, n)
	return s
}

// populate makes n accounts with one password.
func (s *site) populate(b *testing.B, n int) {
	b.Helper()
	hash, err := credential.NewHasher(0).Hash(b.Context(), passphrase)
	if err != nil {
		b.Fatal(err)
	}
	err = s.Own.SuperuserIn(b).RunInTx(b.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		for _, statement := range []string{
			// That each password has an account need not be checked a million times.
			"SET LOCAL session_replication_role = replica",
			fmt.Sprintf(`INSERT INTO users (id, tenant_id, email, email_key, name, email_verified_at)
				SELECT md5('a' || i)::uuid, t.id, 'load' || i || '@example.org', 'load' || i || '@example.org', 'Ada Lovelace', now()
				FROM tenants t, generate_series(0, %d) AS i WHERE t.slug = 'default'`, n-1),
			fmt.Sprintf(`INSERT INTO credentials (id, tenant_id, user_id, kind, secret)
				SELECT md5('c' || i)::uuid, t.id, md5('a' || i)::uuid, 'password', '%s'
				FROM tenants t, generate_series(0, %d) AS i WHERE t.slug = 'default'`, hash, n-1),
		} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%.40s: %w", statement, err)
			}
		}
		return nil
	})
	if err == nil {
		_, err = s.Own.Owner(b).ExecContext(b.Context(), "VACUUM ANALYZE users, credentials")
	}
	if err != nil {
		b.Fatal(err)
	}
}

// upstream is who answers a path.
func (s *site) upstream(path string) string {
	name := edge.Login
	switch {
	case path == "/oauth2/token" || path == "/health/token":
		name = edge.Token
	case strings.HasPrefix(path, "/oauth2/"):
		name = edge.Hydra
	case path == "/consent" || path == "/health/consent":
		name = edge.Consent
	}
	return s.Upstreams[name].Host
}

// visitor is a person with a browser and an address of their own, so that no limit of an
// address or an account is met. The browser does as little as it can: it runs on the
// same cores.
type visitor struct {
	site           *site
	email, address string
	cookies        map[string]string
	// at is where everything is asked, where that is not the site's to say.
	at string
}

func (s *site) visitor(i int) *visitor {
	return &visitor{
		site: s, email: fmt.Sprintf("load%d@example.org", i), address: fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255),
		cookies: map[string]string{},
	}
}

// answer is what a person was answered, read to its end.
type answer struct {
	status   int
	location string
	header   http.Header
	body     []byte
}

func (v *visitor) do(method, target string, form url.Values) (answer, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	request, err := http.NewRequest(method, target, body)
	if err != nil {
		return answer{}, err
	}
	request.Header = http.Header{
		"Accept": {"application/json"}, "X-Forwarded-For": {v.address}, "X-Forwarded-Proto": {"http"}, "Sec-Fetch-Site": {"same-origin"},
		"User-Agent": {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}, "Accept-Language": {"en"},
	}
	if form != nil {
		request.Header["Content-Type"] = []string{"application/x-www-form-urlencoded"}
		request.Header["Origin"] = []string{v.site.Endpoints.URL}
	}
	home, err := url.Parse(v.site.Endpoints.URL)
	if err != nil {
		return answer{}, err
	}
	request.Host, request.URL.Scheme, request.URL.Host = home.Host, "http", v.at
	if v.at == "" {
		request.URL.Host = v.site.upstream(request.URL.Path)
	}
	// As the edge does.
	if strings.HasPrefix(request.URL.Path, "/health/") {
		request.URL.Path = "/healthz"
	}
	return v.send(request)
}

func (v *visitor) send(request *http.Request) (answer, error) {
	var sent []string
	for name, value := range v.cookies {
		sent = append(sent, name+"="+value)
	}
	if sent != nil {
		request.Header["Cookie"] = []string{strings.Join(sent, "; ")}
	}
	response, err := v.site.transport.RoundTrip(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	for _, cookie := range response.Cookies() {
		if cookie.MaxAge < 0 {
			delete(v.cookies, cookie.Name)
			continue
		}
		v.cookies[cookie.Name] = cookie.Value
	}
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header.Get("Location"), response.Header, body}, err
}

// begin is the application's request at Hydra, and returns where that leads.
func (v *visitor) begin() (string, error) {
	sum := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"client_id": {v.site.clientID}, "redirect_uri": {callback}, "response_type": {"code"},
		"scope": {"openid offline_access profile email"}, "state": {rand.Text()}, "nonce": {rand.Text()},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	return v.follow("/oauth2/auth?" + query.Encode())
}

// follow goes somewhere and returns where that leads.
func (v *visitor) follow(to string) (next string, err error) {
	a, err := v.do(http.MethodGet, to, nil)
	if err == nil && a.location == "" {
		err = fmt.Errorf("%.60s leads nowhere: %d %.300s", to, a.status, a.body)
	}
	return a.location, err
}

// arrive follows what Hydra and the functions say until the application has its tokens.
func (v *visitor) arrive(next string) (access string, err error) {
	for range 10 {
		if strings.HasPrefix(next, callback) {
			return v.redeem(next)
		}
		if next, err = v.follow(next); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("there is no end: %s", next)
}

func (v *visitor) redeem(at string) (access string, err error) {
	come, err := url.Parse(at)
	if err != nil {
		return "", err
	}
	code := come.Query().Get("code")
	if code == "" {
		return "", fmt.Errorf("the application was given no code: %s", at)
	}
	a, err := v.do(http.MethodPost, "/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "client_id": {v.site.clientID}, "code_verifier": {verifier},
	})
	if err = unlike(a, err, http.StatusOK); err != nil {
		return "", err
	}
	var tokens struct {
		Access string `json:"access_token"`
	}
	err = json.Unmarshal(a.body, &tokens)
	return tokens.Access, err
}

// signIn is a whole sign-in with a password, all requests of it that a browser makes
// but those for the page itself, which the edge has.
func (v *visitor) signIn() (access string, err error) {
	next, err := v.begin()
	if err != nil {
		return "", err
	}
	_, query, _ := strings.Cut(next, "?")
	for _, path := range []string{"/api/login/flow?locale=en&page=login&" + query, "/health/consent", "/health/token"} {
		a, err := v.do(http.MethodGet, path, nil)
		if err = unlike(a, err, http.StatusOK); err != nil {
			return "", err
		}
	}
	a, err := v.enter(next)
	if err = unlike(a, err, http.StatusOK); err != nil {
		return "", err
	}
	return v.goOn(a)
}

// enter sends the form of the sign-in page.
func (v *visitor) enter(at string) (answer, error) {
	return v.do(http.MethodPost, at, url.Values{"email": {v.email}, "password": {passphrase}})
}

// goOn is the rest of a sign-in whose form was answered.
func (v *visitor) goOn(a answer) (access string, err error) {
	var said struct {
		Next string `json:"redirectTo"`
	}
	if err := json.Unmarshal(a.body, &said); err != nil {
		return "", err
	}
	return v.arrive(said.Next)
}

// signInAgain is the sign-in of somebody who has a session: no password is asked for.
func (v *visitor) signInAgain() error {
	next, err := v.begin()
	if err == nil {
		_, err = v.arrive(next)
	}
	return err
}

func unlike(a answer, err error, status int) error {
	if err == nil && a.status != status {
		err = fmt.Errorf("answered %d: %.300s", a.status, bytes.TrimSpace(a.body))
	}
	return err
}
