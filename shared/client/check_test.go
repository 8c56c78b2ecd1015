package client_test

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/client"
)

func codes(found []client.Finding) (all []string) {
	for _, f := range found {
		all = append(all, f.Field+" "+f.Code)
	}
	return all
}

func web(change func(*client.Settings)) client.Settings {
	s := client.Settings{Name: "Shop", RedirectURIs: []string{"https://shop.example/callback"}}.Filled(client.Web)
	change(&s)
	return s
}

func TestChecksOfSettings(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		kind   client.Kind
		change func(*client.Settings)
	}{
		"":                                    {client.Web, func(*client.Settings) {}},
		"name name_malformed":                 {client.Web, func(s *client.Settings) { s.Name = " " }},
		"redirectUris uri_missing":            {client.Web, func(s *client.Settings) { s.RedirectURIs = nil }},
		"redirectUris.1 duplicate":            {client.Web, func(s *client.Settings) { s.RedirectURIs = append(s.RedirectURIs, s.RedirectURIs[0]) }},
		"redirectUris too_many":               {client.Web, func(s *client.Settings) { s.RedirectURIs = many(51) }},
		"responseTypes.1 response_type":       {client.Web, func(s *client.Settings) { s.ResponseTypes = []string{"code", "token"} }},
		"grantTypes.0 grant_unknown":          {client.Web, func(s *client.Settings) { s.GrantTypes[0], s.RedirectURIs = "implicit", nil }},
		"authMethod auth_kind":                {client.Web, func(s *client.Settings) { s.AuthMethod = client.AuthNone }},
		"jwksUri keys_missing":                {client.Web, func(s *client.Settings) { s.AuthMethod = client.AuthKey }},
		"jwks keys_private":                   {client.Web, func(s *client.Settings) { s.JWKS = json.RawMessage(`{"keys":[{"kty":"EC","d":"x"}]}`) }},
		"jwks keys_malformed":                 {client.Web, func(s *client.Settings) { s.JWKS = json.RawMessage(`{"keys":[]}`) }},
		"logoUri uri_scheme":                  {client.Web, func(s *client.Settings) { s.LogoURI = "javascript:alert(1)" }},
		"corsOrigins.0 origin_malformed":      {client.Web, func(s *client.Settings) { s.CORSOrigins = []string{"https://shop.example/"} }},
		"scopes.0 scope_malformed":            {client.Web, func(s *client.Settings) { s.Scopes = []string{"two words"} }},
		"claims claim_unknown":                {client.Web, func(s *client.Settings) { s.Claims = map[string][]string{"email": {"shoe_size"}} }},
		"lifespans.codeAccess lifespan_range": {client.Web, func(s *client.Settings) { s.Lifespans.CodeAccess = 59 }},
		"subjectType subject_pairwise":        {client.Web, func(s *client.Settings) { s.SubjectType = "pairwise" }},
		"backchannelLogoutUri uri_insecure":   {client.Web, func(s *client.Settings) { s.BackchannelLogoutURI = "http://shop.svc/out" }},
		"grantTypes grant_machine":            {client.Machine, func(*client.Settings) {}},
	} {
		found := codes(client.Check(client.Draft{Kind: c.kind, Settings: web(c.change), Own: own}))
		if want == "" && len(found) > 0 || want != "" && !slices.Contains(found, want) {
			t.Errorf("want %q, found %q", want, found)
		}
	}
	for id, bad := range map[string]bool{"shop": false, "my.shop_1": false, "drift": true, "authway-account": true, "a/b": true, "..": true, "ab": true} {
		found := codes(client.Check(client.Draft{ID: id, Kind: client.Web, Settings: web(func(*client.Settings) {}), Own: own}))
		if slices.Contains(found, "id id_malformed") != bad {
			t.Errorf("the id %q: %q", id, found)
		}
	}
}

func many(n int) (all []string) {
	for i := range n {
		all = append(all, "https://shop.example/"+strings.Repeat("a", i+1))
	}
	return all
}

// What stands for many scopes would stand for those of administration.
func TestScopesAreWrittenOut(t *testing.T) {
	t.Parallel()
	for scope, bad := range map[string]bool{"orders.read": false, "a(b)+c": false, "*": true, "orders.*": true, "*.tenants.write": true, "a\"b": true} {
		found := codes(client.Check(client.Draft{Kind: client.Web, Settings: web(func(s *client.Settings) { s.Scopes = []string{scope} }), Own: own}))
		if slices.Contains(found, "scopes.0 scope_malformed") != bad {
			t.Errorf("the scope %q: %q", scope, found)
		}
	}
}

func TestTokensOfTrustedProgramsAreShort(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scope string
		life  int
		bad   bool
	}{{"orders.read", 86400, false}, {"authway.users.read", 3600, false}, {"authway.users.read", 3601, true}, {"authway.system.read", 86400, true}} {
		s := web(func(s *client.Settings) { s.Scopes, s.Lifespans.MachineAccess = []string{c.scope}, c.life })
		if found := codes(client.Check(client.Draft{Kind: client.Web, Settings: s, Own: own})); slices.Contains(found, "lifespans.machineAccess lifespan_trusted") != c.bad {
			t.Errorf("%+v: %q", c, found)
		}
	}
}

// Hydra opens these addresses, from where it is.
func TestNobodySendsHydraInside(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"https://shop.example/keys": "", "https://8.8.8.8/keys": "", "https://[2001:4860:4860::8888]/": "",
		"http://127.0.0.1:4445/admin/clients": "uri_inside", "https://127.0.0.1/": "uri_inside", "http://[::1]/": "uri_inside",
		"http://localhost:4445/": "uri_inside", "https://hydra.localhost/": "uri_inside", "https://10.1.2.3/": "uri_inside",
		"https://172.16.0.1/": "uri_inside", "https://192.168.1.1/": "uri_inside", "https://169.254.169.254/latest": "uri_inside",
		"https://100.64.0.1/": "uri_inside", "https://0.0.0.0/": "uri_inside", "https://[fd00::1]/": "uri_inside", "https://[fe80::1]/": "uri_inside",
		"https://[::ffff:10.0.0.1]/": "uri_inside", "https://[64:ff9b::a00:1]/": "uri_inside", "https://2130706433/": "uri_inside",
		"https://127.1/": "uri_inside", "https://0x7f.0.0.0x1/": "uri_inside", "https://token/": "uri_inside",
		"https://token.authway.svc.cluster.local/": "uri_inside", "https://metadata.google.internal/": "uri_inside", "http://shop.svc/out": "uri_insecure",
	} {
		for field, set := range map[string]func(*client.Settings){
			"jwksUri":              func(s *client.Settings) { s.JWKSURI = uri },
			"backchannelLogoutUri": func(s *client.Settings) { s.BackchannelLogoutURI = uri },
		} {
			first := client.FirstError(client.Check(client.Draft{Kind: client.Web, Settings: web(set), Own: own}))
			if want == "" && first != nil || want != "" && (first == nil || first.Field != field || first.Code != want) {
				t.Errorf("%s %s: %+v, want %q", field, uri, first, want)
			}
			within := client.FirstError(client.Check(client.Draft{Kind: client.Web, Settings: web(set), Own: own, Inside: true}))
			if within != nil && (field != "jwksUri" || within.Code != "uri_insecure") {
				t.Errorf("%s %s, of an owner of everything: %+v", field, uri, within)
			}
		}
	}
}

// What somebody else once wrote may stay while something else is changed.
func TestWhatWasThereBeforeWarns(t *testing.T) {
	t.Parallel()
	before := web(func(s *client.Settings) { s.RedirectURIs = []string{"https://*.shop.example/"} })
	after := web(func(s *client.Settings) {
		s.RedirectURIs = []string{"https://shop.example/new", "https://*.shop.example/", "https://*.evil.example/"}
	})
	found := client.Check(client.Draft{Kind: client.Web, Settings: after, Before: &before, Own: own})
	if len(found) != 2 || found[0].Level == found[1].Level {
		t.Fatalf("found %+v", found)
	}
	if first := client.FirstError(found); first == nil || first.Field != "redirectUris.2" {
		t.Errorf("the error is %+v", first)
	}
}

func TestReachOfAnApplication(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s    client.Settings
		want client.Reach
	}{
		{client.Settings{Scopes: []string{"openid", "authwayish"}}, client.Ordinary},
		{client.Settings{FirstParty: true}, client.Trusted},
		{client.Settings{Scopes: []string{"authway.users.read"}}, client.Trusted},
		{client.Settings{Scopes: []string{"authway.users.read", "authway.system.write"}}, client.Everywhere},
		{client.Settings{AllTenants: true}, client.Everywhere},
		// Not of our making, and a wildcard to a Hydra that is told nothing.
		{client.Settings{Scopes: []string{"*"}}, client.Everywhere},
		{client.Settings{Scopes: []string{"*.tenants.write"}}, client.Everywhere},
		{client.Settings{Scopes: []string{"authway.*"}}, client.Everywhere},
		{client.Settings{Scopes: []string{"authway.users.*"}}, client.Trusted},
		{client.Settings{Scopes: []string{"orders.*"}}, client.Ordinary},
	} {
		if got := c.s.Reach(); got != c.want {
			t.Errorf("%+v: %d, want %d", c.s, got, c.want)
		}
	}
}

func TestDrift(t *testing.T) {
	t.Parallel()
	declared := client.Fields{"scopes": json.RawMessage(`["b","a"]`), "name": json.RawMessage(`"Shop"`), "claims": json.RawMessage(`{"email":["name","email"]}`)}
	same := client.Settings{Name: "Shop", Scopes: []string{"a", "b"}, Claims: map[string][]string{"email": {"email", "name"}}, LogoURI: "https://x/y"}
	if drift, err := declared.Drift(same); err != nil || len(drift) != 0 {
		t.Errorf("what is the same differs: %v, %v", drift, err)
	}
	other := same
	other.Name, other.Scopes = "Shap", []string{"a", "b", "c"}
	drift, err := declared.Drift(other)
	if err != nil || len(drift) != 2 || drift[0].Field != "name" || drift[1].Field != "scopes" || string(drift[0].Actual) != `"Shap"` {
		t.Errorf("drift %v, %v", drift, err)
	}
	mended, err := declared.Over(other)
	if err != nil || mended.Name != "Shop" || len(mended.Scopes) != 2 || mended.LogoURI != "https://x/y" {
		t.Errorf("mended to %+v, %v", mended, err)
	}
	if _, err := (client.Fields{"redirect_uris": json.RawMessage(`[]`)}).Over(same); err == nil {
		t.Error("a field that is none is taken")
	}
}

func TestTheFormerSecretIsGoodForAWhile(t *testing.T) {
	t.Parallel()
	until := time.Unix(100, 0)
	o := client.Overlap{FormerHash: hash("old"), FormerUntil: &until}
	for at, want := range map[int64]bool{99: true, 100: false, 101: false} {
		if o.Holds("old", time.Unix(at, 0)) != want || o.Holds("new", time.Unix(at, 0)) {
			t.Errorf("at %d: %t", at, !want)
		}
	}
	if (client.Overlap{}).Holds("", time.Unix(1, 0)) {
		t.Error("nobody's secret is held")
	}
}

func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
