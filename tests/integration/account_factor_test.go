package integration_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/authway/authway/tests/harness"
)

func TestKeyOfAnAppIsConfirmedOnce(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	var key struct{ Secret string }
	r.call(http.MethodPost, "/totp", nil).Into(t, 200, &key)
	code := map[string]string{"code": harness.NewPhone(t, key.Secret).Code()}
	r.callAtOnce(http.MethodPost, "/totp/confirm", same(code)).once(t, "200", "422 code_replayed", "429 too_many_requests")
	r.happened("factor.added")
	r.mailed(1)
	if o := r.overview(); !o.TOTP.On || o.Codes.Left != 10 {
		t.Errorf("the overview says %+v", o)
	}
}

func TestTwoStepOfTheAccount(t *testing.T) {
	t.Parallel()
	r := atHome(t)
	r.call(http.MethodPost, "/recovery-codes", nil).Refused(t, 409, "no_factor", "")
	var key struct{ Secret, URI string }
	r.call(http.MethodPost, "/totp", nil).Into(t, 200, &key)
	if link, err := url.Parse(key.URI); err != nil || link.Scheme != "otpauth" {
		t.Errorf("the link is %q, %v", key.URI, err)
	}
	phone := harness.NewPhone(t, key.Secret)
	r.call(http.MethodPost, "/totp/confirm", map[string]string{"code": phone.Wrong()}).Refused(t, 422, "code_wrong", "code")
	if r.overview().TOTP.On {
		t.Error("it is on before a code was shown")
	}
	var shown struct{ Codes []string }
	r.call(http.MethodPost, "/totp/confirm", map[string]string{"code": phone.Code()}).Into(t, 200, &shown)
	if o := r.overview(); !o.TOTP.On || o.Codes.Left != 10 || len(shown.Codes) != 10 {
		t.Errorf("%d codes; the overview says %+v", len(shown.Codes), o)
	}
	r.call(http.MethodPost, "/totp", nil).Refused(t, 409, "factor_enrolled", "")
	r.call(http.MethodPost, "/recovery-codes/kept", nil).Into(t, 204, nil)
	before := shown.Codes
	r.call(http.MethodGet, "/recovery-codes", nil).Into(t, 200, &shown)
	if len(shown.Codes) != 0 {
		t.Error("codes that were kept are shown again")
	}
	r.call(http.MethodPost, "/recovery-codes", nil).Into(t, 200, &shown)
	if len(shown.Codes) != 10 || slices.Contains(shown.Codes, before[0]) {
		t.Errorf("new codes: %d, an old one among them: %t", len(shown.Codes), slices.Contains(shown.Codes, before[0]))
	}

	visitor := harness.NewVisitor(t)
	page := r.signIn(visitor.Open(r.at("/account/sign-in")))
	says(t, r.reach("/login/factor", page).Submit(code(before[0]), ""), 422, "code_wrong")
	r.call(http.MethodDelete, "/totp", nil).Into(t, 204, nil)
	if o := r.overview(); o.TOTP.On || o.Codes.Left != 0 {
		t.Errorf("the overview says %+v", o)
	}
	r.enter(harness.NewVisitor(t))
}

func TestRequiredFactorStays(t *testing.T) {
	t.Parallel()
	j := strict(t)
	phone, _ := j.system.EnrolPhone(t, j.email)
	r := resident{j}
	slug := r.slug()
	page := r.signIn(r.visitor.Open(r.at("/account/sign-in?tenant=" + slug)))
	if page = page.Submit(code(phone.Code()), ""); page.URL.Path != "/account/" {
		t.Fatalf("at %s (%d): %s", page.URL, page.Status, page.Text())
	}
	r.call(http.MethodDelete, "/totp", nil).Refused(t, 409, "mfa_required", "")
	if !r.overview().TOTP.On {
		t.Error("the refused removal was made")
	}
}

// slug is the tenant of the person.
func (r resident) slug() string {
	var client struct {
		Metadata struct{ Tenant string }
	}
	r.system.HydraAdmin(r.t, http.MethodGet, "/admin/clients/"+r.app.ClientID, nil, &client)
	return client.Metadata.Tenant
}
