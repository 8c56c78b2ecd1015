package access

import "testing"

func TestRecordHoldsWhatDiffers(t *testing.T) {
	t.Parallel()
	type look struct {
		Name  string   `json:"name"`
		Roles []string `json:"roles"`
	}
	for name, c := range map[string]struct {
		before, after any
		was, is       string
	}{
		"one of two fields": {look{"Ada", []string{"a"}}, look{"Ada", []string{"a", "b"}}, `{"roles":["a"]}`, `{"roles":["a","b"]}`},
		"nothing":           {look{"Ada", nil}, look{"Ada", nil}, "", ""},
		"made":              {nil, map[string]any{"name": "Ada"}, "", `{"name":"Ada"}`},
		"removed":           {map[string]any{"name": "Ada"}, nil, `{"name":"Ada"}`, ""},
	} {
		was, is, err := differ(c.before, c.after)
		if err != nil || was != c.was || is != c.is {
			t.Errorf("%s: %q, %q, %v", name, was, is, err)
		}
	}
}
