package mail

import (
	"bytes"
	"errors"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/tenant"
)

var update = flag.Bool("update", false, "rewrite the recorded mails")

var public = &url.URL{Scheme: "https", Host: "auth.example.com"}

func example(template, locale string) outbox.Mail {
	m := outbox.Mail{To: "ada@example.org", Locale: locale, Template: template, Data: map[string]string{}}
	for _, key := range needs[template] {
		m.Data[key] = map[string]string{outbox.Code: "20481632", outbox.Link: "/login/confirm?token=AbC-_1&x=2", outbox.Until: "2026-12-08", outbox.Provider: "Acme", outbox.Tenant: "Acme Works"}[key]
	}
	if len(m.Data) > 0 {
		m.Data[outbox.Client] = "Photo Book"
	}
	return m
}

func compose(t *testing.T, m outbox.Mail) Letter {
	t.Helper()
	letter, err := Compose(public, tenant.Brand{}, m)
	if err != nil {
		t.Fatalf("%s in %s: %v", m.Template, m.Locale, err)
	}
	return letter
}

func TestMailsAreAsRecorded(t *testing.T) {
	t.Parallel()
	for _, locale := range Locales() {
		for template := range needs {
			letter := compose(t, example(template, locale))
			text := "Subject: " + letter.Subject + "\n\n" + letter.Text + "\n" + letter.HTML
			file := filepath.Join("testdata", locale, template+".txt")
			if *update {
				if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			recorded, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(recorded) != text {
				t.Errorf("%s is not what is recorded; if that is meant: go test ./functions/maintenance/mail -update\n%s", file, text)
			}
		}
	}
}

func TestEveryMailIsWhole(t *testing.T) {
	t.Parallel()
	f, err := load()
	if err != nil {
		t.Fatal(err)
	}
	for _, locale := range Locales() {
		if len(f.catalogs[locale].Mails) != len(needs) {
			t.Errorf("%s has %d mails, not %d", locale, len(f.catalogs[locale].Mails), len(needs))
		}
		for template, required := range needs {
			letter := compose(t, example(template, locale))
			w := f.catalogs[locale].Mails[template]
			if letter.Subject == "" || len(w.Before) == 0 || len(w.After) == 0 || (w.Button != "") != slices.Contains(required, outbox.Link) {
				t.Errorf("%s in %s lacks words", template, locale)
			}
			for name, form := range map[string]string{"text": letter.Text, "HTML": letter.HTML} {
				if strings.ContainsAny(form, "{}") || strings.Contains(form, "<no value>") || strings.Contains(form, "ZgotmplZ") {
					t.Errorf("%s in %s: something is missing in the %s:\n%s", template, locale, name, form)
				}
				for _, key := range required {
					want := map[string]string{outbox.Code: "20481632", outbox.Link: "https://auth.example.com/login/confirm?token=AbC-_1", outbox.Until: "2026-12-08", outbox.Provider: "Acme", outbox.Tenant: "Acme Works"}[key]
					if !strings.Contains(form, want) {
						t.Errorf("%s in %s: the %s has no %s", template, locale, name, key)
					}
				}
			}
			if locale != fallbackLocale && letter.Subject == compose(t, example(template, fallbackLocale)).Subject {
				t.Errorf("%s in %s is not translated", template, locale)
			}
			dir := map[string]string{"en": "ltr", "ko": "ltr", "ar": "rtl"}[locale]
			if !strings.Contains(letter.HTML, `<html lang="`+locale+`" dir="`+dir+`">`) {
				t.Errorf("%s in %s does not say its direction", template, locale)
			}
		}
	}
}

// Languages stay alike: the same places for names in the same mails.
func TestCatalogsHaveTheSamePlaces(t *testing.T) {
	t.Parallel()
	f, err := load()
	if err != nil {
		t.Fatal(err)
	}
	place := regexp.MustCompile(`\{\w+\}`)
	for template := range needs {
		for _, locale := range Locales() {
			w, first := f.catalogs[locale].Mails[template], f.catalogs[fallbackLocale].Mails[template]
			got := place.FindAllString(strings.Join(w.Before, " "), -1)
			want := place.FindAllString(strings.Join(first.Before, " "), -1)
			if !slices.Equal(got, want) || len(w.After) != len(first.After) {
				t.Errorf("%s in %s: got %v, want %v", template, locale, got, want)
			}
		}
	}
}

// tags are the elements and attributes of a document.
func tags(t *testing.T, document string) (found []string) {
	t.Helper()
	tokens := html.NewTokenizer(strings.NewReader(document))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return found
		case html.StartTagToken, html.SelfClosingTagToken:
			token := tokens.Token()
			found = append(found, token.Data)
			for _, a := range token.Attr {
				if a.Key == "href" || a.Key == "src" {
					found = append(found, a.Key+"="+a.Val)
				}
			}
		}
	}
}

func TestMailsLoadNothing(t *testing.T) {
	t.Parallel()
	for template := range needs {
		letter := compose(t, example(template, "en"))
		for _, tag := range tags(t, letter.HTML) {
			if slices.Contains([]string{"img", "link", "script", "iframe", "object", "form", "base"}, tag) || strings.HasPrefix(tag, "src=") {
				t.Errorf("%s has %s", template, tag)
			}
			if href, ok := strings.CutPrefix(tag, "href="); ok && !strings.HasPrefix(href, "https://auth.example.com/") {
				t.Errorf("%s leads to %s", template, href)
			}
		}
		if strings.Contains(letter.HTML, "url(") {
			t.Errorf("%s loads something by its style", template)
		}
	}
}

func TestHostileNamesAreInert(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ client, never string }{
		"HTML":              {`<img src=//evil.example/x><script>alert(1)</script>`, "<script"},
		"an attribute":      {`" onmouseover="alert(1)`, `" onmouseover`},
		"a template":        {`{{.Link}}{client}`, "{{.Link}}https"},
		"an address":        {"Win at http://evil.example/", "http://evil.example"},
		"lines and headers": {"x\r\nBcc: eve@evil.example\r\n\r\nbody", "\nBcc:"},
		"a new direction":   {"abc\u202egpj.exe\u2066", "\u202e"},
		"no text":           {"x\x00\xff", "\x00"},
		"a very long name":  {strings.Repeat("long ", 400), strings.Repeat("long ", 20)},
	} {
		for _, locale := range Locales() {
			m := example(outbox.VerifyEmail, locale)
			plainTags := tags(t, compose(t, m).HTML)
			m.Data[outbox.Client] = c.client
			letter := compose(t, m)
			// HTML in a plain text is text.
			if strings.Contains(letter.HTML+letter.Subject, c.never) || (name != "HTML" && name != "an attribute" && strings.Contains(letter.Text, c.never)) {
				t.Errorf("%s in %s:\n%s\n%s", name, locale, letter.Text, letter.HTML)
			}
			if got := tags(t, letter.HTML); !slices.Equal(got, plainTags) {
				t.Errorf("%s in %s: the tags are %v, not %v", name, locale, got, plainTags)
			}
		}
	}
}

func TestLinksLeadHome(t *testing.T) {
	t.Parallel()
	for _, link := range []string{
		"https://evil.example/", "//evil.example/", "http://auth.example.com/", "javascript:alert(1)", "data:text/html,x",
		"https://auth.example.com@evil.example/", "https://user@auth.example.com/", "\\\\evil.example", "/a\nb", "https://auth.example.com:444/", "mailto:x@y.z",
	} {
		m := example(outbox.KnownAddress, "en")
		m.Data[outbox.Link] = link
		letter, err := Compose(public, tenant.Brand{}, m)
		// A backslash is a path to Go; what matters is where the link leads.
		if err == nil && !slices.Contains(tags(t, letter.HTML), "href=https://auth.example.com/"+url.PathEscape(link)) {
			t.Errorf("%q becomes a link: %s", link, letter.Text)
		}
	}
}

func TestMissingDataIsNoMail(t *testing.T) {
	t.Parallel()
	for template, required := range needs {
		for _, key := range required {
			m := example(template, "en")
			delete(m.Data, key)
			if _, err := Compose(public, tenant.Brand{}, m); !errors.Is(err, ErrTemplate) {
				t.Errorf("%s without %s: got %v", template, key, err)
			}
		}
	}
	if _, err := Compose(public, tenant.Brand{}, outbox.Mail{Template: "../x"}); !errors.Is(err, ErrTemplate) {
		t.Errorf("got %v", err)
	}
}

func TestLanguageOfAMail(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{"ko": "ko", "ar-EG": "ar", "AR": "ar", "": "en", "de": "en", "../ko": "en"} {
		if got := compose(t, example(outbox.SignInLocked, tag)).Locale; got != want {
			t.Errorf("%q: got %s, want %s", tag, got, want)
		}
	}
}

func FuzzCompose(f *testing.F) {
	f.Add("Photo Book", "/login/confirm?token=x", "12345678", "ko")
	f.Add("<b>", "//evil.example", "\x00", "ar")
	f.Fuzz(func(t *testing.T, client, link, code, locale string) {
		letter, err := Compose(public, tenant.Brand{}, outbox.Mail{
			Template: outbox.Recover, Locale: locale,
			Data: map[string]string{outbox.Client: client, outbox.Link: link, outbox.Code: code},
		})
		if err != nil {
			return
		}
		for _, tag := range tags(t, letter.HTML) {
			if href, ok := strings.CutPrefix(tag, "href="); ok && !strings.HasPrefix(href, "https://auth.example.com") {
				t.Fatalf("%q leads to %q", link, href)
			}
			if slices.Contains([]string{"img", "script", "b"}, tag) {
				t.Fatalf("%q makes a tag %s", client, tag)
			}
		}
		if bytes.ContainsAny([]byte(letter.Subject), "\r\n") {
			t.Fatalf("the subject has lines: %q", letter.Subject)
		}
	})
}
