package login

import (
	"net/http"
	"time"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/limit"
	"github.com/authway/authway/shared/problem"
)

// How often. A whole office may share one address, so that bound is wide; what
// stops guessing is the one of the account.
var (
	ratePerAddress = limit.Rate{Every: 2 * time.Second, Burst: 100}
	ratePerAccount = limit.Rate{Every: time.Minute, Burst: 10}
)

// mayPost bounds the forms from one address.
func (f *Function) mayPost(r *http.Request) error {
	return tooMany(f.limits.Take(r.Context(), ratePerAddress, "address", browser.ClientIP(r)))
}

// mayGuess bounds the passwords for one account, whether there is one or not.
// It counts before the password is checked, so that guesses sent at once do not
// all slip through; the right password takes the count back.
func (f *Function) mayGuess(r *http.Request, v visit, email string) error {
	return tooMany(f.limits.Take(r.Context(), ratePerAccount, accountWords(v, email)...))
}

func (f *Function) guessedRight(r *http.Request, v visit, email string) {
	f.limits.Forget(r.Context(), accountWords(v, email)...)
}

func accountWords(v visit, email string) []string {
	return []string{"account", v.tenant.ID.String(), account.EmailKey(email)}
}

func tooMany(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	return problem.TooManyRequests.After(wait)
}
