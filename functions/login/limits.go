package login

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/limit"
)

// How often. A whole office may share one address, so that bound is wide; what
// stops guessing is the one of an account from one address, whose wait grows for
// whoever goes on. The bound of an account from everywhere is wide again: a narrow
// one would let anybody lock the account's owner out.
//
// Somebody who tries one password with every account of a tenant, from many
// addresses, stays below all of these. So the tenant's wrong passwords are
// counted too. Beyond their bound nothing is locked, because that would lock
// all people of the tenant out: for a while, strangers have fewer tries from
// one address. Who has signed in to the account from there before is no
// stranger. That is asked of the account, and not of the address alone:
// whoever can register could make all their addresses known ones.
var (
	ratePerAddress  = limit.Rate{Every: time.Second, Burst: 200}
	ratePerGuesser  = limit.Guesses
	ratePerAccount  = limit.Rate{Every: 30 * time.Second, Burst: 100}
	ratePerTenant   = limit.Rate{Every: time.Second, Burst: 1000}
	ratePerStranger = limit.Rate{Every: 30 * time.Second, Burst: 5}
)

const (
	// knownFor is how long an address at which somebody has signed in stays theirs.
	knownFor = 30 * 24 * time.Hour
	// alarmFor is how long a tenant is careful after its bound was last passed.
	alarmFor = 5 * time.Minute
)

// mayPost bounds the forms from one address.
func (f *Function) mayPost(r *http.Request) error {
	return f.counts.tooMany(limitAddress, f.limits.Take(r.Context(), ratePerAddress, "address", neighbourhood(r)))
}

// mayGuess bounds the passwords for one account, whether there is one or not.
// It counts before the password is checked, so that guesses sent at once do not
// all slip through; the right password takes the count back.
//
// At an address that is known to the account only the address's own bound
// counts: guesses from elsewhere do not keep its owner out there.
func (f *Function) mayGuess(r *http.Request, v visit, email string) error {
	ctx := r.Context()
	guesser, all := guessWords(r, v, email)
	wait := f.limits.Take(ctx, ratePerGuesser, guesser...)
	name := limitGuesser
	if f.limits.Marked(ctx, guesser...) {
		return f.counts.tooMany(name, wait)
	}
	longer := func(limit string, than time.Duration) {
		if than > wait {
			name, wait = limit, than
		}
	}
	if locked := f.limits.Take(ctx, ratePerAccount, all...); locked > 0 {
		f.tellOwner(r, v, email)
		longer(limitAccount, locked)
	}
	if f.limits.Marked(ctx, "tenant", v.tenant.ID.String()) {
		longer(limitStranger, f.limits.Take(ctx, ratePerStranger, "stranger", v.tenant.ID.String(), neighbourhood(r)))
	}
	return f.counts.tooMany(name, wait)
}

func (f *Function) guessedRight(r *http.Request, v visit, email string) {
	guesser, all := guessWords(r, v, email)
	f.limits.Forget(r.Context(), guesser...)
	f.limits.Forget(r.Context(), all...)
	f.limits.Mark(r.Context(), knownFor, guesser...)
}

// guessedWrong counts for the tenant, whether there is such an account or not.
func (f *Function) guessedWrong(r *http.Request, v visit) {
	words := []string{"tenant", v.tenant.ID.String()}
	if f.limits.Take(r.Context(), ratePerTenant, words...) > 0 {
		f.limits.Mark(r.Context(), alarmFor, words...)
	}
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
