package pages

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

func TestNegotiate(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, wishes, want string }{
		{"nothing said", "", ""},
		{"one language", "ko", "ko"},
		{"a region is ignored", "ar-EG", "ar"},
		{"the first of equals wins", "ko,ar", "ko"},
		{"weight beats order", "en;q=0.5, ko;q=0.9, ar;q=0.1", "ko"},
		{"white space around the weight", "en; q=0.2, ar ; q=0.8", "ar"},
		{"a language we lack is passed over", "fr-FR, fr;q=0.9, ko;q=0.3", "ko"},
		{"anything is English", "fr, *;q=0.1", "en"},
		{"refused", "ko;q=0, ar;q=0.1", "ar"},
		{"only languages we lack", "fr, de", ""},
		{"ui_locales", "fr-CA ko en", "ko"},
		{"case", "KO-kr", "ko"},
		{"a weight that is none", "ko;q=nan, ar;q=9, en;q=0.1", "en"},
		{"junk", ";;;,=,q=1, -", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Negotiate(tt.wishes); got != tt.want {
				t.Errorf("Negotiate(%q) = %q, want %q", tt.wishes, got, tt.want)
			}
		})
	}
}

func FuzzNegotiate(f *testing.F) {
	f.Add("en;q=0.5, ko;q=0.9")
	f.Add("ar ; q=1, *")
	f.Fuzz(func(t *testing.T, wishes string) {
		if got := Negotiate(wishes); got != "" && !slices.Contains(Locales(), got) {
			t.Errorf("Negotiate(%q) = %q", wishes, got)
		}
	})
}

func TestTheChosenLanguageComesFirst(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, cookie, header, want string }{
		{"cookie over header", "ar", "ko", "ar"},
		{"an unknown cookie is ignored", "../x", "ko", "ko"},
		{"neither", "", "", "en"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/login", nil)
			r.Header.Set("Accept-Language", tt.header)
			if tt.cookie != "" {
				r.AddCookie(&http.Cookie{Name: LocaleCookie, Value: tt.cookie})
			}
			if got := Locale(r); got != tt.want {
				t.Errorf("Locale = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestChosen(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]string{"locale:ko": "ko", "locale:xx": "", "register": "", "": "", "ko": ""} {
		if got := Chosen(action); got != want {
			t.Errorf("Chosen(%q) = %q, want %q", action, got, want)
		}
	}
}
