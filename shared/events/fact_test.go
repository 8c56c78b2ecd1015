package events_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/cloudevents/sdk-go/v2/binding"
	cloudhttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/authway/authway/shared/events"
)

func TestPostedFactIsACloudEvent(t *testing.T) {
	t.Parallel()
	for _, hard := range []string{"plain", `a "b" 50% é 名 😀`, "line\r\nCe-Type: other"} {
		sent := events.Fact{
			ID: "1", Source: "/authway/tenants/x", Type: "dev.authway.user.changed.v1", Subject: hard, Time: noon,
			Extensions: map[string]string{"partitionkey": hard}, Data: json.RawMessage(`{"a":"` + "é" + `"}`),
		}
		sink := serve(t, func(w http.ResponseWriter, r *http.Request) {
			e, err := binding.ToEvent(r.Context(), cloudhttp.NewMessageFromHttpRequest(r))
			if err != nil || e.Validate() != nil {
				t.Errorf("got %v, %v", e, err)
				return
			}
			// The binding (section 3.1.3.2) has receivers decode them; the SDK does not.
			subject, _ := url.PathUnescape(e.Subject())
			key, _ := url.PathUnescape(e.Extensions()["partitionkey"].(string))
			if e.ID() != sent.ID || e.Source() != sent.Source || e.Type() != sent.Type || subject != hard || !e.Time().Equal(noon) ||
				key != hard || e.DataContentType() != "application/json" || string(e.Data()) != string(sent.Data) {
				t.Errorf("got %v", e)
			}
			w.WriteHeader(http.StatusAccepted)
		})
		if err := events.PostFact(t.Context(), sink, sent); err != nil {
			t.Fatal(err)
		}
	}
}
