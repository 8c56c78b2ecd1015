package integration_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTwoSecretsAreGoodForAWhile(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	for _, method := range []string{"client_secret_basic", "client_secret_post"} {
		basic := method == "client_secret_basic"
		made := o.make("machine", map[string]any{"authMethod": method})
		id, first := made.Application.ID, made.Secret
		rotate := func(overlap int) (secret string, until *string) {
			var rotated struct {
				Secret       string
				OverlapUntil *string
			}
			o.owner.Ask(http.MethodPost, o.path("/", id, "/secret/rotate"), map[string]any{"reason": "it is old", "overlapSeconds": overlap}).Into(t, 200, &rotated)
			return rotated.Secret, rotated.OverlapUntil
		}
		second, until := rotate(3600)
		if until == nil || second == first {
			t.Fatalf("%s: rotated to %q until %v", method, second, until)
		}
		// At once, and without a moment in which one of them is not good.
		for name, secret := range map[string]string{"the former": first, "the new": second} {
			if status := o.token(id, secret, basic); status != 200 {
				t.Errorf("%s: %s secret: %d", method, name, status)
			}
		}
		if status := o.token(id, first+"x", basic); status != 401 {
			t.Errorf("%s: a wrong secret: %d", method, status)
		}
		if app := o.get(id); app.Secret.OverlapUntil == nil {
			t.Errorf("%s: the overlap is not told", method)
		}
		third, _ := rotate(3600)
		// The list of overlaps is a second old at the most.
		o.awaitToken(id, first, basic, 401)
		for name, secret := range map[string]string{"the former": second, "the new": third} {
			if status := o.token(id, secret, basic); status != 200 {
				t.Errorf("%s, again: %s secret: %d", method, name, status)
			}
		}
		o.owner.Ask(http.MethodPost, o.path("/", id, "/secret/end-overlap"), map[string]any{"reason": "all have it"}).Into(t, 204, nil)
		o.awaitToken(id, second, basic, 401)
		if status := o.token(id, third, basic); status != 200 {
			t.Errorf("%s: the only secret: %d", method, status)
		}
		o.owner.Ask(http.MethodPost, o.path("/", id, "/secret/end-overlap"), map[string]any{"reason": "all have it"}).Refused(t, 409, "no_overlap", "")
		fourth, until := rotate(0)
		if status := o.token(id, third, basic); status != 401 || until != nil {
			t.Errorf("%s: without an overlap the former secret: %d", method, status)
		}
		if status := o.token(id, fourth, basic); status != 200 {
			t.Errorf("%s: without an overlap the new secret: %d", method, status)
		}
		if said := strings.Join(o.system.RecordedAt(t, id), "\n"); !strings.Contains(said, "application.secret_rotated") || strings.Contains(said, second) {
			t.Errorf("%s: the log says %s", method, said)
		}
	}
}

// awaitToken asks until the answer has the status.
func (o clientele) awaitToken(id, secret string, basic bool, want int) {
	o.t.Helper()
	got := 0
	for began := time.Now(); time.Since(began) < 10*time.Second; {
		if got = o.token(id, secret, basic); got == want {
			return
		}
	}
	o.t.Errorf("the secret still gives %d, want %d", got, want)
}

// Of a secret that somebody else has made nothing is known.
func TestTheFirstRotationOfAForeignSecretDoesNotOverlap(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	program := o.system.Program(t, o.slug, nil, "orders.read")
	var rotated struct {
		Secret       string
		OverlapUntil *string
	}
	o.owner.Ask(http.MethodPost, o.path("/", program.ID, "/secret/rotate"), map[string]any{"reason": "it is old", "overlapSeconds": 60}).Into(t, 200, &rotated)
	if rotated.OverlapUntil != nil {
		t.Error("two secrets are said to be good")
	}
	if status := o.token(program.ID, rotated.Secret, false); status != 200 {
		t.Errorf("the new secret: %d", status)
	}
	made := o.make("spa", map[string]any{"redirectUris": []string{"https://spa.example/"}})
	o.owner.Ask(http.MethodPost, o.path("/", made.Application.ID, "/secret/rotate"), map[string]any{"reason": "it is old"}).Refused(t, 409, "no_secret", "")
}

func TestTheLastUseOfAnApplicationIsKnown(t *testing.T) {
	t.Parallel()
	o := newClientele(t)
	made := o.make("machine", map[string]any{})
	if o.get(made.Application.ID).LastUsedAt != nil {
		t.Error("it was used before it could be")
	}
	if status := o.token(made.Application.ID, made.Secret, true); status != 200 {
		t.Fatalf("no token: %d", status)
	}
	// It is written down behind the answer.
	for began := time.Now(); time.Since(began) < 10*time.Second; {
		if o.get(made.Application.ID).LastUsedAt != nil {
			return
		}
	}
	t.Error("nothing is known of its use")
}
