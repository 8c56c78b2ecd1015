package login

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/limit"
	"github.com/authway/authway/shared/problem"
)

// How often. A whole office may share one address, so that bound is wide; what
// stops guessing is the one of an account from one address. The bound of an
// account from everywhere is wide again: a narrow one would let anybody lock
// the account's owner out.
var (
	ratePerAddress = limit.Rate{Every: time.Second, Burst: 200}
	ratePerGuesser = limit.Rate{Every: time.Minute, Burst: 10}
	ratePerAccount = limit.Rate{Every: 30 * time.Second, Burst: 100}
)

// mayPost bounds the forms from one address.
func (f *Function) mayPost(r *http.Request) error {
	return tooMany(f.limits.Take(r.Context(), ratePerAddress, "address", neighbourhood(r)))
}

// mayGuess bounds the passwords for one account, whether there is one or not.
// It counts before the password is checked, so that guesses sent at once do not
// all slip through; the right password takes the count back.
func (f *Function) mayGuess(r *http.Request, v visit, email string) error {
	guesser, all := guessWords(r, v, email)
	return tooMany(max(f.limits.Take(r.Context(), ratePerGuesser, guesser...), f.limits.Take(r.Context(), ratePerAccount, all...)))
}

func (f *Function) guessedRight(r *http.Request, v visit, email string) {
	guesser, all := guessWords(r, v, email)
	f.limits.Forget(r.Context(), guesser...)
	f.limits.Forget(r.Context(), all...)
}

func guessWords(r *http.Request, v visit, email string) (guesser, all []string) {
	all = []string{"account", v.tenant.ID.String(), account.EmailKey(email)}
	return append(all[:len(all):len(all)], neighbourhood(r)), all
}

// neighbourhood is the address that a person comes from: for IPv6 its /64,
// which is what one household or machine has to itself.
func neighbourhood(r *http.Request) string {
	address, err := netip.ParseAddr(browser.ClientIP(r))
	if err != nil || address.Is4() {
		return browser.ClientIP(r)
	}
	prefix, err := address.Prefix(64)
	if err != nil {
		return address.String()
	}
	return prefix.String()
}

func tooMany(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	return problem.TooManyRequests.After(wait)
}
