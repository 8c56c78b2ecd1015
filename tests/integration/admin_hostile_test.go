package integration_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/tests/harness"
)

// example is a value that the schema allows, with what it demands and nothing else.
func example(t *testing.T, schema *openapi3.Schema) any {
	t.Helper()
	switch {
	case schema.Example != nil:
		return schema.Example
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case len(schema.AllOf) > 0:
		all := map[string]any{}
		for _, part := range schema.AllOf {
			made, _ := example(t, part.Value).(map[string]any)
			for name, value := range made {
				all[name] = value
			}
		}
		return all
	case len(schema.OneOf) > 0:
		return example(t, schema.OneOf[0].Value)
	case schema.Type.Is("object"):
		object := map[string]any{}
		for _, name := range schema.Required {
			object[name] = example(t, schema.Properties[name].Value)
		}
		return object
	case schema.Type.Is("array"):
		items := []any{}
		for range schema.MinItems {
			items = append(items, example(t, schema.Items.Value))
		}
		return items
	case schema.Type.Is("integer"), schema.Type.Is("number"):
		if schema.Min != nil {
			return *schema.Min
		}
		return 1
	case schema.Type.Is("boolean"):
		return false
	}
	return exampleText(t, schema)
}

func exampleText(t *testing.T, schema *openapi3.Schema) string {
	t.Helper()
	candidates := []string{"why not", "abc", "a", "#112233", "https://example.org/", "2026-11-24", "12345678"}
	switch schema.Format {
	case "uuid":
		return "00000000-0000-4000-8000-00000000000f"
	case "date-time":
		return "2026-11-24T12:00:00Z"
	case "date":
		return "2026-11-24"
	case "email":
		return someone()
	}
	for _, candidate := range candidates {
		if uint64(len(candidate)) >= schema.MinLength && (schema.MaxLength == nil || uint64(len(candidate)) <= *schema.MaxLength) &&
			(schema.Pattern == "" || regexp.MustCompile(schema.Pattern).MatchString(candidate)) {
			return candidate
		}
	}
	t.Fatalf("no example fits the pattern %q: give the schema one", schema.Pattern)
	return ""
}

// hostile are bodies that are none, whatever is asked for.
var hostile = []string{
	"", "null", "[]", `"text"`, "0", "true", "{", `{"a":`, `{"no_such_field":1}`, "\xff\xfe", `{"reason":"a\u0000b"}`,
	strings.Repeat("[", 5000), strings.Repeat(`{"a":`, 5000), `{"reason":` + strings.Repeat("9", 400) + `}`,
}

// spoiled is the value with one thing changed somewhere inside.
func spoiled(random *rand.Rand, value any) any {
	wrong := []any{nil, -1, 1e300, true, "", "\u0000", "\u202e", strings.Repeat("é", 10_000), []any{}, []any{[]any{}}, map[string]any{"": ""}, "../../x", "%00", "' OR 1=1 --"}
	pick := func() any { return wrong[random.IntN(len(wrong))] }
	object, isObject := value.(map[string]any)
	if !isObject || len(object) == 0 {
		return pick()
	}
	changed := map[string]any{}
	names := make([]string, 0, len(object))
	for name, inner := range object {
		changed[name] = inner
		names = append(names, name)
	}
	slices.Sort(names)
	switch name := names[random.IntN(len(names))]; random.IntN(4) {
	case 0:
		delete(changed, name)
	case 1:
		changed[name+"x"] = pick()
	case 2:
		changed[name] = spoiled(random, object[name])
	default:
		changed[name] = pick()
	}
	return changed
}

// Whatever is sent, it is a mistake of who sends it, and is said to be one.
func TestNoBodyBreaksAnOperation(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	home := "fuzz-" + strings.Split(someone(), "@")[0]
	system.AddTenant(t, home)
	owner := system.Operator(t, administrator.Owner, "")
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	for _, o := range adminOperations(t) {
		if o.body == nil {
			continue
		}
		path := made(o, home, func(string) string { return "00000000-0000-4000-8000-000000000000" })
		for _, body := range hostile {
			if answer := owner.AskText(o.method, path, body); answer.Status < 400 || answer.Status >= 500 {
				t.Errorf("%s took %.40q: %s", o.id, body, answer)
			}
		}
		for range 30 {
			body, err := json.Marshal(spoiled(random, example(t, o.body)))
			if err != nil {
				t.Fatal(err)
			}
			if answer := owner.AskText(o.method, path, string(body)); answer.Status >= 500 && answer.Status != http.StatusServiceUnavailable {
				t.Errorf("%s failed at %.200s: %s", o.id, body, answer)
			}
		}
	}
}
