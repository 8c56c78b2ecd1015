package selfservice

import "testing"

func TestAddressLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	for section, want := range map[string]string{
		"profile": "/account/", "security": "/account/security", "": "/account/", "../admin": "/account/",
		"//evil.example": "/account/", "sessions/../..": "/account/",
	} {
		if got := address(section); got != want {
			t.Errorf("%q leads to %s, want %s", section, got, want)
		}
	}
}
