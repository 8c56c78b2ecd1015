package mail

import (
	"bytes"
	"errors"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/tenant"
)

var acme = tenant.Brand{
	Slug: "acme", Name: "Acme & Söhne", Accent: "#ffd200", Logo: "https://cdn.acme.example/logo.png?v=2&s=1", Support: "help+id@acme.example",
}

func composeFor(t *testing.T, b tenant.Brand, m outbox.Mail) Letter {
	t.Helper()
	letter, err := Compose(public, b, m)
	if err != nil {
		t.Fatalf("%s in %s: %v", m.Template, m.Locale, err)
	}
	return letter
}

func TestBrandedMailsAreAsRecorded(t *testing.T) {
	t.Parallel()
	for _, locale := range Locales() {
		letter := composeFor(t, acme, example(outbox.VerifyEmail, locale))
		text := "From: " + letter.From + "\nSubject: " + letter.Subject + "\n\n" + letter.Text + "\n" + letter.HTML
		file := filepath.Join("testdata", "acme", locale+".txt")
		if *update {
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		if recorded, err := os.ReadFile(file); err != nil || string(recorded) != text {
			t.Errorf("%s is not what is recorded (%v); if that is meant: go test ./functions/maintenance/mail -update\n%s", file, err, text)
		}
	}
}

func TestEveryMailShowsItsTenant(t *testing.T) {
	t.Parallel()
	for _, locale := range Locales() {
		for template := range needs {
			letter := composeFor(t, acme, example(template, locale))
			for _, want := range []string{acme.Name, acme.Support} {
				if !strings.Contains(letter.Text, want) {
					t.Errorf("%s in %s: the text has no %s:\n%s", template, locale, want, letter.Text)
				}
			}
			found := tags(t, letter.HTML)
			for _, want := range []string{"src=" + acme.Logo, "href=mailto:" + acme.Support} {
				if !slices.Contains(found, want) {
					t.Errorf("%s in %s has no %s: %v", template, locale, want, found)
				}
			}
			if letter.From != acme.Name || !strings.Contains(letter.HTML, "Acme &amp; Söhne</p>") {
				t.Errorf("%s in %s is from %q: %s", template, locale, letter.From, letter.HTML)
			}
			button := slices.Contains(needs[template], outbox.Link)
			if button != strings.Contains(letter.HTML, "background-color:#ffd200;color:#000000") || strings.Contains(letter.HTML, plainAccent) {
				t.Errorf("%s in %s has not the tenant's colour: %s", template, locale, letter.HTML)
			}
		}
	}
}

// A tenant that is not the default one shows its name, whatever else it has.
func TestWhatATenantDoesNotSayIsNotShown(t *testing.T) {
	t.Parallel()
	m := example(outbox.VerifyEmail, "en")
	plainly := compose(t, m)
	for _, b := range []tenant.Brand{{}, {Slug: tenant.Default, Name: "Default"}} {
		if letter := composeFor(t, b, m); letter != plainly {
			t.Errorf("%+v changes the letter", b)
		}
	}
	letter := composeFor(t, tenant.Brand{Slug: "acme", Name: "Acme"}, m)
	if letter.From != "Acme" || !strings.Contains(letter.Text, "Acme\n") || !strings.Contains(letter.HTML, plainAccent) ||
		strings.Contains(letter.HTML, "<img") || strings.Contains(letter.Text, "Do you need help?") {
		t.Errorf("got %s\n%s", letter.Text, letter.HTML)
	}
	if letter := composeFor(t, tenant.Brand{Slug: tenant.Default, Name: "Acme", Support: "https://acme.example/help"}, m); letter.From != "Acme" ||
		!slices.Contains(tags(t, letter.HTML), "href=https://acme.example/help") || !strings.Contains(letter.Text, "Do you need help? https://acme.example/help\n") {
		t.Errorf("got %s\n%s", letter.Text, letter.HTML)
	}
}

// The database lets none of these in. If it did, they would do no harm.
func TestHostileBrandsAreInert(t *testing.T) {
	t.Parallel()
	m := example(outbox.VerifyEmail, "en")
	wanted := tags(t, composeFor(t, tenant.Brand{Slug: "acme", Name: "Acme"}, m).HTML)
	for name, b := range map[string]tenant.Brand{
		"a name of tags":    {Name: `<script>alert(1)</script>`},
		"a name of lines":   {Name: "Acme\r\nBcc: eve@evil.example"},
		"a colour of style": {Name: "Acme", Accent: "#fff;background:url(https://evil.example)"},
		"a word":            {Name: "Acme", Accent: "red"},
		"a short colour":    {Name: "Acme", Accent: "#fff"},
		"a logo of script":  {Name: "Acme", Logo: "javascript:alert(1)"},
		"a logo of data":    {Name: "Acme", Logo: "data:image/svg+xml,x"},
		"a plain logo":      {Name: "Acme", Logo: "http://cdn.acme.example/logo.png"},
		"a logo with lines": {Name: "Acme", Logo: "https://cdn.acme.example/\"onerror=alert(1) x"},
		"help of script":    {Name: "Acme", Support: "javascript:alert(1)"},
		"help of two":       {Name: "Acme", Support: "a@x.example, b@y.example"},
		"help with a name":  {Name: "Acme", Support: "Eve <eve@evil.example>"},
		"help with lines":   {Name: "Acme", Support: "a@x.example\r\nBcc: eve@evil.example"},
	} {
		b.Slug = "acme"
		letter := composeFor(t, b, m)
		if got := tags(t, letter.HTML); !slices.Equal(got, wanted) {
			t.Errorf("%s: the tags are %v", name, got)
		}
		if strings.Contains(letter.HTML, "url(") || strings.ContainsAny(letter.From, "\r\n") || strings.Contains(letter.Text, "\nBcc:") {
			t.Errorf("%s: %q\n%s\n%s", name, letter.From, letter.Text, letter.HTML)
		}
	}
}

// What arrives, read with another library's eyes.
func TestSenderHasTheTenantsName(t *testing.T) {
	t.Parallel()
	s := Sender{From: DefaultSender(public)}
	for from, want := range map[string]string{"": "Authway", acme.Name: acme.Name} {
		m, err := s.message(Letter{From: from, Subject: "s", Text: "t", HTML: "h"}, Letterhead{To: "ada@example.org", ID: "1", Date: time.Unix(0, 0)})
		if err != nil {
			t.Fatal(err)
		}
		var raw bytes.Buffer
		if _, err := m.WriteTo(&raw); err != nil {
			t.Fatal(err)
		}
		read, err := mail.ReadMessage(&raw)
		if err != nil {
			t.Fatal(err)
		}
		senders, err := read.Header.AddressList("From")
		if err != nil || len(senders) != 1 || senders[0].Name != want || senders[0].Address != "no-reply@auth.example.com" {
			t.Errorf("from %q: got %v, %v", from, senders, err)
		}
	}
}
