package oauth2

import (
	"crypto/sha256"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Request is what an authorization request (OpenID Connect Core 1.0, section
// 3.1.2.1) asks of the sign-in.
type Request struct {
	// Prompt holds the words of the prompt parameter.
	Prompt []string
	// MaxAge is the longest that the last authentication may be ago; negative
	// means that the request does not say.
	MaxAge time.Duration
	// LoginHint is the account the application expects, as it was written.
	LoginHint string
	// UILocales are BCP 47 tags separated by spaces, the most wanted first.
	UILocales string
	// ACR are the authentication contexts asked for, by acr_values or by a claim
	// of the ID token in the claims parameter.
	ACR []string

	query url.Values
}

// ParseRequest reads the URL of an authorization request. The URL has passed
// the authorization server, but was written by anybody: what does not parse is
// taken as not said, except a max_age that is no number, which asks for a fresh
// authentication because that is the safe reading.
func ParseRequest(rawURL string) Request {
	request := Request{MaxAge: -1, query: url.Values{}}
	parsed, err := url.Parse(rawURL)
	if err != nil {
		return request
	}
	request.query = parsed.Query()
	request.Prompt = strings.Fields(request.query.Get("prompt"))
	request.LoginHint = request.query.Get("login_hint")
	request.UILocales = request.query.Get("ui_locales")
	request.ACR = append(strings.Fields(request.query.Get("acr_values")), acrClaim(request.query.Get("claims"))...)
	if text := request.query.Get("max_age"); text != "" {
		request.MaxAge = 0
		if seconds, err := strconv.ParseInt(text, 10, 32); err == nil && seconds >= 0 {
			request.MaxAge = time.Duration(seconds) * time.Second
		}
	}
	return request
}

// acrClaim reads the claims parameter (sections 5.5 and 5.5.1.1).
func acrClaim(text string) []string {
	var claims struct {
		IDToken struct {
			ACR struct {
				Value  string   `json:"value"`
				Values []string `json:"values"`
			} `json:"acr"`
		} `json:"id_token"`
	}
	if json.Unmarshal([]byte(text), &claims) != nil {
		return nil
	}
	return append(claims.IDToken.ACR.Values, strings.Fields(claims.IDToken.ACR.Value)...)
}

// WantsTwoFactors reports whether the request asks for ACRTwo, at whatever place
// among others: asking for it in vain would be worse than asking the person.
func (r Request) WantsTwoFactors() bool { return slices.Contains(r.ACR, ACRTwo) }

// Asks reports whether the prompt parameter holds word.
func (r Request) Asks(word string) bool { return slices.Contains(r.Prompt, word) }

// Hash identifies the request apart from its prompt. The authorization server
// sends the same request round again with prompt=login added, and that must be
// recognised as the request the person has already answered.
func (r Request) Hash() [sha256.Size]byte {
	query := url.Values{}
	for name, values := range r.query {
		if name != "prompt" {
			query[name] = values
		}
	}
	return sha256.Sum256([]byte(query.Encode()))
}

// WantsFresh reports whether a person who authenticated at the given time has
// to do so again at now. asked is when this request was first seen: whoever
// has authenticated since then has answered it, whatever it asks for.
func (r Request) WantsFresh(authenticated, asked, now time.Time) bool {
	if !authenticated.Before(asked) {
		return false
	}
	if r.Asks("login") || r.Asks("select_account") {
		return true
	}
	return r.MaxAge >= 0 && now.Sub(authenticated) > r.MaxAge
}
