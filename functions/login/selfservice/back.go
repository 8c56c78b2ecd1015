package selfservice

import (
	"encoding/base64"
	"net/url"
	"path"
	"strings"
	"unicode"
)

// maxBack bounds what the state has to carry.
const maxBack = 1000

// ours are the places that a sign-in leads back to by its own steps or not at all.
// To be sent on to one of them in the middle of a sign-in, by whoever made up the
// link that began it, could do something there in the person's name.
var ours = []string{
	"account", "login", "register", "logout", "consent", "signed-out", "error", "oauth2", "userinfo", "api", "token",
	"ui", "health", ".well-known", "admin", "hooks", "events",
}

// wayBack is an address at our own host, behind a gateway that asks who comes, where
// somebody goes on who has signed in. Anything else is none.
func wayBack(text string) (string, bool) {
	if text == "" || len(text) > maxBack || text[0] != '/' || strings.ContainsFunc(text, unicode.IsControl) {
		return "", false
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.Contains(u.Path, `\`) ||
		path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/") && u.Path != "/" {
		return "", false
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	for _, name := range ours {
		if strings.EqualFold(first, name) {
			return "", false
		}
	}
	u.Fragment = ""
	return u.String(), true
}

// mark stands before an address in a state: no section begins with it.
const mark = "~"

// destination is what the state says of where the sign-in leads, and leads is its
// opposite.
func destination(query url.Values) string {
	if back, ok := wayBack(query.Get("return")); ok {
		return mark + base64.RawURLEncoding.EncodeToString([]byte(back))
	}
	return query.Get("page")
}

func leads(destination string) string {
	if encoded, ok := strings.CutPrefix(destination, mark); ok {
		if decoded, err := base64.RawURLEncoding.DecodeString(encoded); err == nil {
			if back, ok := wayBack(string(decoded)); ok {
				return back
			}
		}
	}
	return address(destination)
}
