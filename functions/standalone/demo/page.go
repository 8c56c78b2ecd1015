package demo

import (
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/authway/authway/shared/problem"
)

//go:embed demo.html
var pageText string

//go:embed demo.css
var style []byte

//go:embed mark.svg
var mark []byte

var page = template.Must(template.New("demo").Parse(pageText))

// view is what demo.html shows: the start, a person signed in, or a problem.
type view struct {
	Title          string
	User, Password string
	SignedOut      bool
	Person         *person
	Problem        *trouble
}

type person struct {
	Name, Email    string
	Claims         []row
	Scope          string
	Algorithm, Key string
	Expires        string
	Refreshable    bool
	Note           string
	Details        []row
}

type row struct{ Name, Value, Meaning string }

type trouble struct{ Sentence, Code, Description, Reference string }

// meanings are the claims that a newcomer may wonder about
// (OpenID Connect Core 2 and 5.1, Front-Channel Logout 3).
var meanings = map[string]string{
	"acr": "how strongly the person proved who they are", "amr": "by which means", "aud": "for whom the token is",
	"auth_time": "when the person signed in", "exp": "when the token expires", "iat": "when it was made",
	"iss": "who made it", "jti": "the token's own number", "nonce": "ties the token to this sign-in",
	"at_hash": "ties it to the access token", "sid": "the session at Authway", "sub": "the person, for ever and only here",
	"rat": "when the request came in", "email_verified": "whether the address was confirmed",
	"roles": "what the person may do", "tenant": "which organisation", "updated_at": "when the profile last changed",
}

// instants are seconds since 1970 (RFC 7519 section 2).
var instants = []string{"exp", "iat", "nbf", "auth_time", "rat", "updated_at"}

func (d *demo) home(w http.ResponseWriter, r *http.Request) error {
	v := view{Title: "Demo", User: d.User, Password: d.Password, SignedOut: r.URL.Query().Get("state") != ""}
	if who := d.visitors.of(r); who != nil {
		who.mu.Lock()
		if in := who.signedIn; in != nil {
			v.Title, v.Person = "Signed in", d.person(in)
		}
		who.mu.Unlock()
	}
	return show(w, http.StatusOK, v)
}

func (d *demo) person(in *signedIn) *person {
	text := func(name string) string { s, _ := in.claims[name].(string); return s }
	p := &person{
		Name: text("name"), Email: text("email"), Claims: rows(in.claims), Note: in.note, Details: rows(in.details),
		Refreshable: in.token.RefreshToken != "",
	}
	p.Scope, _ = in.token.Extra("scope").(string)
	p.Algorithm, p.Key = signature(in.raw)
	if left := in.token.Expiry.Sub(d.Clock.Now()); left > 0 {
		p.Expires = "in " + left.Round(time.Second).String()
	} else {
		p.Expires = "now expired"
	}
	return p
}

// rows are claims in the order of their names, the ones for people readable.
func rows(claims map[string]any) []row {
	var all []row
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		all = append(all, row{name, readable(name, claims[name]), meanings[name]})
	}
	return all
}

func readable(name string, value any) string {
	switch v := value.(type) {
	case float64:
		if slices.Contains(instants, name) {
			return time.Unix(int64(v), 0).UTC().Format("2006-01-02 15:04:05 UTC")
		}
	case string:
		return v
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, readable("", item))
		}
		return strings.Join(items, ", ")
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(raw)
}

// signature reads the header of a token whose signature has been checked.
func signature(raw string) (algorithm, key string) {
	first, _, _ := strings.Cut(raw, ".")
	var h struct{ Alg, Kid string }
	if decoded, err := base64.RawURLEncoding.DecodeString(first); err != nil || json.Unmarshal(decoded, &h) != nil {
		return "", ""
	}
	return h.Alg, h.Kid
}

// showProblem is for errors of the demo and of the guards around it.
func (d *demo) showProblem(w http.ResponseWriter, r *http.Request, e *problem.Error) {
	t := &trouble{Sentence: e.Sentence(), Reference: problem.Reference(r.Context())}
	// The provider's words are shown to people as text, and marked as not ours.
	var no refusal
	if errors.As(e, &no) {
		t.Code, t.Description = no.code, no.description
	}
	_ = show(w, e.Status(), view{Title: "That did not work", Problem: t})
}

func show(w http.ResponseWriter, status int, v view) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	return page.Execute(w, v)
}

const styleFor = "public, max-age=3600"

func serveStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", styleFor)
	_, _ = w.Write(style)
}

func serveMark(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", styleFor)
	_, _ = w.Write(mark)
}
