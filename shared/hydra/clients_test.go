package hydra_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// The second page is asked for with the token that the first one's link has, and
// what this client does not know is kept.
func TestClientsOfEveryPage(t *testing.T) {
	t.Parallel()
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.URL.Query().Get("page_token")
		asked = append(asked, token)
		w.Header().Set("Content-Type", "application/json")
		if token != "b2Zmc2V0" {
			w.Header().Set("Link", `</admin/clients?page_size=250&page_token=first>; rel="first",</admin/clients?page_size=250&page_token=b2Zmc2V0>; rel="next"`)
			_, _ = fmt.Fprint(w, `[{"client_id":"one","of_tomorrow":{"kept":true}}]`)
			return
		}
		w.Header().Set("Link", `</admin/clients?page_size=250&page_token=first>; rel="first"`)
		_, _ = fmt.Fprint(w, `[{"client_id":"two"}]`)
	}))
	t.Cleanup(server.Close)
	all, err := client(t, server.URL).Clients(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatalf("%d clients, %v", len(all), err)
	}
	if !strings.Contains(string(all[0]), "of_tomorrow") || !strings.Contains(string(all[1]), "two") {
		t.Errorf("got %s", all)
	}
	if len(asked) != 2 || !slices.Contains(asked, "b2Zmc2V0") {
		t.Errorf("asked for the pages %q", asked)
	}
}

// Hydra v2.3.0 links from an empty list to a page after it.
func TestClientsOfAnEmptyHydra(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Link", `</admin/clients?page_token=next>; rel="next"`)
		_, _ = fmt.Fprint(w, `[]`)
	}))
	t.Cleanup(server.Close)
	if all, err := client(t, server.URL).Clients(t.Context()); err != nil || all == nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}
