package login

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/authway/authway/shared/credential"
)

// The function of this test has nobody to ask: what is turned away must not try.
func TestWhoIsTurnedAwayInAFloodCostsNothing(t *testing.T) {
	t.Parallel()
	f := &Function{hasher: credential.NewHasher(1)}
	for err := error(nil); err == nil; {
		_, _, err = f.hasher.Enter(context.Background())
	}
	r := httptest.NewRequest("POST", "/login?flow=x", strings.NewReader("email=ada%40example.org&password=x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := f.signIn(httptest.NewRecorder(), r); !errors.Is(err, errOverloaded) {
		t.Errorf("it says %v", err)
	}
}
