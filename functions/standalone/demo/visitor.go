package demo

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/authway/authway/shared/clock"
)

const (
	cookieName  = "authway_demo"
	visitFor    = 12 * time.Hour
	attemptFor  = 30 * time.Minute
	maxVisitors = 10_000
	maxAttempts = 20
)

// visitor is a browser: what it has begun, and who is signed in at it.
type visitor struct {
	// mu is held over a refresh: the provider takes a refresh token that comes
	// twice for a stolen one and ends the whole grant.
	mu       sync.Mutex
	until    time.Time
	attempts map[string]attempt
	signedIn *signedIn
}

// attempt is a sign-in under way, by its state.
type attempt struct {
	nonce, verifier string
	until           time.Time
}

// signedIn is what the demo got for a sign-in.
type signedIn struct {
	token  *oauth2.Token
	raw    string
	claims map[string]any
	// note and details are the outcome of the last button.
	note    string
	details map[string]any
}

// visitors are kept by the hash of their cookie: what is in memory, a dump of it
// included, opens nobody's session.
type visitors struct {
	clock  clock.Clock
	secure bool

	mu    sync.Mutex
	known map[string]*visitor
}

// of is the visitor of a request, or nil.
func (v *visitors) of(r *http.Request) *visitor {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	found := v.known[hashed(cookie.Value)]
	if found == nil || found.until.Before(v.clock.Now()) {
		return nil
	}
	return found
}

// greet gives the browser a new name for a visitor. An old one stops working:
// whoever knew it before the sign-in does not get in with it after.
func (v *visitors) greet(w http.ResponseWriter, r *http.Request, who *visitor) {
	name := random()
	v.mu.Lock()
	defer v.mu.Unlock()
	if old, err := r.Cookie(cookieName); err == nil {
		delete(v.known, hashed(old.Value))
	}
	now := v.clock.Now()
	who.until = now.Add(visitFor)
	if len(v.known) >= maxVisitors {
		v.makeRoom(now)
	}
	v.known[hashed(name)] = who
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: name, Path: HomePath, HttpOnly: true, Secure: v.secure,
		SameSite: http.SameSiteLaxMode, MaxAge: int(visitFor.Seconds()),
	})
}

// makeRoom drops the visitors whose time is up, and any one if there is none.
func (v *visitors) makeRoom(now time.Time) {
	for key, who := range v.known {
		if who.until.Before(now) {
			delete(v.known, key)
		}
	}
	for key := range v.known {
		if len(v.known) < maxVisitors {
			return
		}
		delete(v.known, key)
	}
}

// begin notes an attempt and returns its state.
func (who *visitor) begin(a attempt, now time.Time) string {
	who.mu.Lock()
	defer who.mu.Unlock()
	for state, old := range who.attempts {
		if old.until.Before(now) || len(who.attempts) >= maxAttempts {
			delete(who.attempts, state)
		}
	}
	if who.attempts == nil {
		who.attempts = map[string]attempt{}
	}
	state := random()
	a.until = now.Add(attemptFor)
	who.attempts[state] = a
	return state
}

// finish takes an attempt away: each state is good once.
func (who *visitor) finish(state string, now time.Time) (attempt, bool) {
	who.mu.Lock()
	defer who.mu.Unlock()
	a, ok := who.attempts[state]
	delete(who.attempts, state)
	return a, ok && a.until.After(now)
}

func (who *visitor) enter(in *signedIn) {
	who.mu.Lock()
	defer who.mu.Unlock()
	who.signedIn = in
}

func (who *visitor) isSignedIn() bool {
	who.mu.Lock()
	defer who.mu.Unlock()
	return who.signedIn != nil
}

func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

func hashed(name string) string {
	sum := sha256.Sum256([]byte(name))
	return string(sum[:])
}
