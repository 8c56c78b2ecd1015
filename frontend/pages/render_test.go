package pages

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const hostile = "</script><script>alert(1)</script><b>\"'\u2028&{{.Email}}"

var viewJSON = regexp.MustCompile(`(?s)<script type="application/json" id="view">(.*?)</script>`)

func hostileView(page string) View {
	return View{
		Page: page, Locale: "en", Reference: hostile, Alert: hostile, Field: hostile, Wait: hostile,
		Client: Client{
			ID: hostile, Name: hostile, Logo: "data:image/svg+xml," + hostile,
			URI: "javascript:alert(1)", Policy: " javascript:alert(1)", Terms: "https://app.test/?a=1&b=\"><b>",
		},
		Email: hostile, Name: hostile, Remember: true, Account: hostile,
		Scopes:  []Scope{{Name: hostile}, {Name: "openid", Required: true}},
		Purpose: hostile, ResendAfter: 9, Methods: []string{hostile, "totp"}, Method: hostile, CodesLeft: 2,
		Secret: hostile, URI: "otpauth://totp/" + hostile, Codes: []string{hostile, "2"}, DeleteAt: hostile,
		Look: Look{
			Name: hostile, Logo: "/login/brand/../../" + hostile, Accent: hostile, Support: "javascript:alert(1)", Terms: "javascript:alert(1)",
			Privacy: "https://acme.test/?a=1&b=\"><b>", Welcomes: map[string]string{"en": hostile, "ko": hostile, "ar": hostile},
		},
	}
}

func draw(t *testing.T, p *renderer, status int, v View) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	if err := p.render(w, httptest.NewRequest(http.MethodGet, "https://id.test/login", nil), status, v); err != nil {
		t.Fatal(err)
	}
	return w
}

func needBuilt(t *testing.T) {
	t.Helper()
	if _, err := built.Open("templates/en/login.html"); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("the templates have not been built: npm ci && npm run build in frontend/")
	}
	t.Skip("the templates have not been built")
}

func checkInert(t *testing.T, v View, body string) {
	t.Helper()
	if strings.Contains(body, "<b>") || strings.Contains(body, "<script>") || strings.Contains(body, "javascript:") {
		t.Errorf("hostile text came through as markup:\n%s", body)
	}
	found := viewJSON.FindStringSubmatch(body)
	if found == nil {
		return
	}
	var back View
	if err := json.Unmarshal([]byte(found[1]), &back); err != nil {
		t.Fatalf("the view's JSON does not parse: %v", err)
	}
	want := v.forPage(httptest.NewRequest(http.MethodGet, "https://id.test/", nil))
	if !reflect.DeepEqual(back, want) {
		t.Errorf("view came back as %+v, want %+v", back, want)
	}
}

func TestHostileValuesAreInertInAnyTemplate(t *testing.T) {
	t.Parallel()
	p := &renderer{files: fstest.MapFS{"templates/en/login.html": {Data: []byte(
		`<p title="{{$.Name}}">{{$.Name}}</p><a href="{{$.Client.URI}}">x</a>` +
			`<script type="application/json" id="view">{{$}}</script>`,
	)}}}
	v := hostileView("login")
	checkInert(t, v, draw(t, p, http.StatusOK, v).Body.String())
}

func TestHostileValuesAreInertInEveryBuiltPage(t *testing.T) {
	t.Parallel()
	needBuilt(t)
	for _, locale := range Locales() {
		for _, page := range drawn {
			v := hostileView(page)
			v.Locale = locale
			if !slices.Contains(forms, page) {
				v.Next = "https://app.test/cb?code=a&state=%22%3E;x='"
			}
			body := draw(t, &pages, http.StatusOK, v).Body.String()
			checkInert(t, v, body)
			if strings.Contains(body, "ZgotmplZ") {
				t.Errorf("%s/%s has a value where none can go", locale, page)
			}
			if slices.Contains(forms, page) && !viewJSON.MatchString(body) {
				t.Errorf("%s/%s has nothing to hydrate from", locale, page)
			}
		}
	}
}

func TestABuiltPageShowsItsView(t *testing.T) {
	t.Parallel()
	needBuilt(t)
	client := Client{Name: "Acme", Logo: "/logo.png"}
	tests := []struct {
		name      string
		view      View
		has, lack []string
	}{
		{"a wrong password keeps the address and is announced",
			View{Page: "login", Alert: "wrong_credentials", Email: "a@b.test", Client: client, Remember: true},
			[]string{`value="a@b.test"`, `role="alert"`, "password is not right", "<title>Error: ", "to continue to Acme", ` checked=""`, `src="/logo.png"`},
			[]string{"aria-invalid", "autofocus"}},
		{"a tenant shows itself",
			View{Page: "login", Look: Look{
				Name: "Acme", Accent: "123abc", Logo: "/login/brand/" + strings.Repeat("0a", 32), Support: "help@acme.test",
				Terms: "https://acme.test/terms", Welcomes: map[string]string{"en": "Good to see you", "ko": "x"},
			}},
			[]string{`<link rel="stylesheet" href="/login/brand/123abc.css"/>`, "<span>Acme</span>", "<title>Sign in · Acme</title>",
				`src="/login/brand/0a0a`, `href="mailto:help@acme.test"`, `href="https://acme.test/terms"`, `<p>Good to see you</p>`},
			[]string{"Authway", "Privacy"}},
		{"one that is not dressed is Authway",
			View{Page: "login"}, []string{"<span>Authway</span>", "<title>Sign in · Authway</title>", "New here?"}, []string{"/login/brand/", ">Help<"}},
		{"no account is offered where only guests come in",
			View{Page: "login", Closed: true, Alert: "registration_closed"}, []string{"by invitation only", `name="password"`}, []string{"New here?"}},
		{"a form that is not for everybody leads to the sign-in",
			View{Page: "register", Closed: true, Alert: "registration_closed", Next: "/login?flow=x"},
			[]string{"By invitation only", `href="/login?flow=x"`, ">Sign in<"}, []string{"<form"}},
		{"a tenant may ask for longer passwords",
			View{Page: "register", Least: 20, Alert: "password_short", Field: "password"}, []string{"At least 20", "Use at least 20"}, []string{"least 12"}},
		{"a short password is told at its field",
			View{Page: "register", Alert: "password_short", Field: "password"},
			[]string{`aria-invalid="true"`, `id="password-error"`, "at least 12"}, []string{`role="alert"`, ` checked=""`}},
		{"a fault of a field the page does not have is the form's",
			View{Page: "login", Alert: "bad_request", Field: "scope"}, []string{`role="alert"`}, nil},
		{"a required scope cannot be unticked",
			View{Page: "consent", Client: client, Scopes: []Scope{{"openid", true}, {"email", false}, {"orders.read", false}}},
			[]string{`type="hidden" name="scope" value="openid"`, `type="checkbox" name="scope" checked="" value="email"`, "<span>orders.read</span>"},
			[]string{`type="checkbox" name="scope" checked="" value="openid"`}},
		{"an unknown code says that something went wrong",
			View{Page: "message", Alert: "no_such_code", Reference: "r-1"}, []string{"Something went wrong", "Reference: r-1"}, []string{`class="button"`}},
		{"an expired sign-in offers a new one",
			View{Page: "message", Alert: "expired", Next: "https://id.test/oauth2/auth?a=1&b=2"},
			[]string{"has expired", `href="https://id.test/oauth2/auth?a=1&amp;b=2"`, "Start again"}, nil},
		{"a form that cannot help gives way to the message",
			View{Page: "login", Alert: "finished", Email: "a@b.test", Next: "/oauth2/auth?x=1"},
			[]string{"already complete", `href="/oauth2/auth?x=1"`, "Continue"}, []string{"<form"}},
		{"a code that was sent is no error",
			View{Page: "verify", Alert: "code_sent", Account: "a@b.test", ResendAfter: 42, Purpose: "verify_email"},
			[]string{`class="notice" role="status"`, "<title>A new code is on its way. ", "code to a@b.test", "wait for another: 42", ` autofocus=""`},
			[]string{`role="alert"`, "Error"}},
		{"a wrong code of a mail is told at its field",
			View{Page: "recover-code", Alert: "code_wrong", Field: "code"},
			[]string{`aria-invalid="true"`, "This code is not right."}, []string{`role="alert"`, ` autofocus=""`, "wait for another"}},
		{"a fault of the code that names no field is the form's",
			View{Page: "factor", Method: "totp", Alert: "code_replayed"}, []string{`role="alert"`, "Wait for the next one"}, nil},
		{"too many attempts say how long to wait",
			View{Page: "verify", Alert: "too_many_requests", Wait: "1:00"}, []string{`role="alert"`, "Time to wait: 1:00"}, nil},
		{"the factor that is shown is not offered again",
			View{Page: "factor", Methods: []string{"totp", "recovery"}, Method: "totp", CodesLeft: 4},
			[]string{`inputMode="numeric"`, `value="method:recovery"`, `name="method" value="totp"`}, []string{`value="method:totp"`, "codes left"}},
		{"few recovery codes are told",
			View{Page: "factor", Methods: []string{"totp", "recovery"}, Method: "recovery", CodesLeft: 3},
			[]string{`value="method:totp"`, "Recovery codes left: 3."}, []string{`inputMode="numeric"`, `value="method:recovery"`}},
		{"a new key is a text and a link",
			View{Page: "enrol", Secret: "ABCD EFGH", URI: "otpauth://totp/Authway:a%40b.test?secret=ABCDEFGH&issuer=Authway"},
			[]string{">ABCD EFGH</code>", `href="otpauth://totp/Authway:a%40b.test?secret=ABCDEFGH&amp;issuer=Authway"`}, nil},
		{"only an authenticator app is opened",
			View{Page: "enrol", URI: "intent://otpauth://x"}, nil, []string{"href=\"intent", "otpauth:", `class="qr"`}},
		{"new codes are all there",
			View{Page: "codes", Codes: []string{"AAAA-1111", "BBBB-2222"}},
			[]string{"<code>AAAA-1111</code>", "<code>BBBB-2222</code>", `name="saved"`, `name="action" value="done"`}, nil},
		{"a link for a new password says what it does",
			View{Page: "confirm", Purpose: "recover", Account: "a@b.test"}, []string{"Choose a new password?", "a@b.test"}, nil},
		{"a link opened elsewhere says where to go on",
			View{Page: "confirm", Alert: "confirmed_elsewhere", Reference: "r-1"}, []string{"where you began"}, []string{"<form", "Reference"}},
		{"a client without a name goes by its id",
			View{Page: "logout", Client: Client{ID: "shop"}}, []string{"shop asks to sign you out"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.view.Locale = "en"
			body, _, _ := strings.Cut(draw(t, &pages, http.StatusOK, tt.view).Body.String(), `<script type="application/json"`)
			for _, text := range tt.has {
				if !strings.Contains(body, text) {
					t.Errorf("lacks %q", text)
				}
			}
			for _, text := range tt.lack {
				if strings.Contains(body, text) {
					t.Errorf("has %q", text)
				}
			}
		})
	}
}

func TestContinueRefreshesToTheExactAddress(t *testing.T) {
	t.Parallel()
	needBuilt(t)
	refresh := regexp.MustCompile(`<meta http-equiv="refresh" content="0;url=([^"]*)">`)
	for _, next := range []string{
		"https://id.test/oauth2/auth?client_id=a&login_verifier=Ab-_0.~&state=x%20y%2Bz&redirect_uri=https%3A%2F%2Fapp.test%2Fcb",
		"http://127.0.0.1:8080/oauth2/auth?scope=openid+email&nonce=%3D%3D;v=1",
	} {
		found := refresh.FindStringSubmatch(draw(t, &pages, http.StatusOK, View{Page: "continue", Next: next}).Body.String())
		if found == nil {
			t.Fatal("no refresh")
		}
		if got := html.UnescapeString(found[1]); got != next {
			t.Errorf("refreshes to %s, want %s", got, next)
		}
	}
}

func TestRenderSaysHowThePageMayBeKept(t *testing.T) {
	t.Parallel()
	p := &renderer{files: fstest.MapFS{"templates/ko/message.html": {Data: []byte("{{$.Alert}}")}}}
	w := draw(t, p, http.StatusGone, View{Page: "message", Locale: "ko", Alert: "expired"})
	if w.Code != http.StatusGone || w.Body.String() != "expired" {
		t.Errorf("answered %d %q", w.Code, w.Body)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Content-Language": "ko",
		"Cache-Control": "no-store", "Vary": "Accept-Language, Cookie",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestWithoutABuildTheStatusIsKept(t *testing.T) {
	t.Parallel()
	w := draw(t, &renderer{files: fstest.MapFS{}}, http.StatusForbidden, View{Page: "login", Locale: "ar"})
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "have not been built") {
		t.Errorf("answered %d %q", w.Code, w.Body)
	}
	if got := w.Header().Get("Content-Language"); got != "en" {
		t.Errorf("Content-Language is %q", got)
	}
}

func TestAnUnknownPageIsAnErrorAndWritesNothing(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	err := Render(w, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusOK, View{Page: "../login"})
	if err == nil || w.Body.Len() > 0 || len(w.Header()) > 0 {
		t.Errorf("error %v, headers %v, body %q", err, w.Header(), w.Body)
	}
}
