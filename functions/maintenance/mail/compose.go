package mail

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"net/url"
	"strings"
	"sync"
	texttemplate "text/template"
	"unicode"

	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/tenant"
)

//go:embed catalogs/*.json templates/mail.txt templates/mail.html
var files embed.FS

// fallbackLocale is written in when there is no catalog for a person's language.
const fallbackLocale = "en"

// Locales are the languages that mails are written in, the fallback first.
func Locales() []string { return []string{fallbackLocale, "ko", "ar"} }

// needs are the data without which a mail makes no sense.
var needs = map[string][]string{
	outbox.VerifyEmail:     {outbox.Code, outbox.Link},
	outbox.Recover:         {outbox.Code, outbox.Link},
	outbox.KnownAddress:    {outbox.Link},
	outbox.IdentityLinked:  {outbox.Provider},
	outbox.PasswordChanged: nil,
	outbox.FactorChanged:   nil,
	outbox.SignInLocked:    nil,
	outbox.ChangeEmail:     {outbox.Code, outbox.Link},
	outbox.EmailChanged:    nil,
	outbox.AccountSecured:  nil,
	outbox.AccountLeaving:  {outbox.Until, outbox.Link},
	outbox.Invited:         {outbox.Tenant, outbox.Link, outbox.Until},
	outbox.RecoverySent:    {outbox.Link},
}

// catalog is the words of one language.
type catalog struct {
	Dir         string           `json:"dir"`
	Application string           `json:"application"`
	Open        string           `json:"open"`
	Footer      string           `json:"footer"`
	Support     string           `json:"support"`
	Mails       map[string]words `json:"mails"`
}

type words struct {
	Subject string   `json:"subject"`
	Before  []string `json:"before"`
	Button  string   `json:"button"`
	After   []string `json:"after"`
}

type forms struct {
	catalogs map[string]catalog
	text     *texttemplate.Template
	html     *htmltemplate.Template
}

// load reads what is embedded, with the first mail and not with the process.
var load = sync.OnceValues(func() (forms, error) {
	f := forms{catalogs: map[string]catalog{}}
	for _, locale := range Locales() {
		raw, err := files.ReadFile("catalogs/" + locale + ".json")
		if err != nil {
			return f, err
		}
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		var c catalog
		if err := decoder.Decode(&c); err != nil {
			return f, fmt.Errorf("mail: catalog %s: %w", locale, err)
		}
		f.catalogs[locale] = c
	}
	var err error
	if f.text, err = texttemplate.ParseFS(files, "templates/mail.txt"); err != nil {
		return f, err
	}
	f.html, err = htmltemplate.ParseFS(files, "templates/mail.html")
	return f, err
})

// Letter is a mail in its words.
type Letter struct {
	// From is the sender's name as people see it, or "" for the usual one.
	From                        string
	Locale, Subject, Text, HTML string
}

var (
	// ErrTemplate says that there is no such mail or that data is missing.
	ErrTemplate = errors.New("mail: the template is unknown or lacks data")
	// ErrLink says that a link does not lead to the public address.
	ErrLink = errors.New("mail: the link leads away from the public address")
)

// content is what the two forms are filled with.
type content struct {
	Locale, Dir, Subject, Code, Link, Button, Open, Footer string
	Before, After                                          []string
	Brand                                                  brand
	Help                                                   string
}

// Compose writes m in the tenant's look. public is the address that links are
// completed with.
func Compose(public *url.URL, b tenant.Brand, m outbox.Mail) (Letter, error) {
	f, err := load()
	if err != nil {
		return Letter{}, err
	}
	c, err := f.fill(public, m)
	if err != nil {
		return Letter{}, err
	}
	if c.Brand = dress(public, b); c.Brand.Support != "" {
		c.Help = f.catalogs[c.Locale].Support
	}
	var text, html bytes.Buffer
	if err := f.text.Execute(&text, c); err != nil {
		return Letter{}, fmt.Errorf("mail: text of %s: %w", m.Template, err)
	}
	if err := f.html.Execute(&html, c); err != nil {
		return Letter{}, fmt.Errorf("mail: HTML of %s: %w", m.Template, err)
	}
	return Letter{From: c.Brand.Name, Locale: c.Locale, Subject: c.Subject, Text: text.String(), HTML: html.String()}, nil
}

func (f forms) fill(public *url.URL, m outbox.Mail) (content, error) {
	required, known := needs[m.Template]
	if !known {
		return content{}, fmt.Errorf("%w: %q", ErrTemplate, m.Template)
	}
	for _, key := range required {
		if m.Data[key] == "" {
			return content{}, fmt.Errorf("%w: %s has no %s", ErrTemplate, m.Template, key)
		}
	}
	locale := spoken(m.Locale)
	catalog := f.catalogs[locale]
	w := catalog.Mails[m.Template]
	link, err := complete(public, m.Data[outbox.Link])
	if err != nil {
		return content{}, err
	}
	client := plain(m.Data[outbox.Client])
	if client == "" {
		client = catalog.Application
	}
	insert := strings.NewReplacer("{client}", isolated(client), "{host}", isolated(public.Host), "{until}", isolated(plain(m.Data[outbox.Until])),
		"{provider}", isolated(plain(m.Data[outbox.Provider])), "{tenant}", isolated(plain(m.Data[outbox.Tenant])))
	return content{
		Locale: locale, Dir: catalog.Dir, Subject: w.Subject, Code: plain(m.Data[outbox.Code]), Link: link,
		Button: w.Button, Open: catalog.Open, Footer: insert.Replace(catalog.Footer),
		Before: all(w.Before, insert.Replace), After: all(w.After, insert.Replace),
	}, nil
}

func all(texts []string, f func(string) string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = f(text)
	}
	return out
}

// spoken is the catalog for a language tag.
func spoken(tag string) string {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	for _, locale := range Locales() {
		if locale == primary {
			return locale
		}
	}
	return fallbackLocale
}

// complete makes a link of a path. Whatever wrote the row, a mail of ours must
// not lead people to another site.
func complete(public *url.URL, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	link, err := public.Parse(path)
	if err != nil || link.Scheme != public.Scheme || link.Host != public.Host || link.User != nil ||
		strings.ContainsFunc(path, unicode.IsControl) {
		return "", ErrLink
	}
	return link.String(), nil
}

// maxName is longer than names that people recognize.
const maxName = 80

// plain makes one line of visible text. Names of applications are chosen by
// strangers: an address in one would become a link in a mail of ours, and
// direction marks could turn around the sentence behind it.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			return ' '
		case r == '\u200c' || r == '\u200d':
			// Letters of some languages and pictures are joined with these.
			return r
		case unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, "://", " ")), " ")
	if runes := []rune(text); len(runes) > maxName {
		text = string(runes[:maxName]) + "…"
	}
	return text
}

// isolated keeps a name's direction from changing its sentence's (UAX 9, FSI and PDI).
func isolated(text string) string { return "\u2068" + text + "\u2069" }
