package publish_test

import (
	"strings"
	"testing"

	"github.com/authway/authway/functions/maintenance/publish"
	"github.com/authway/authway/shared/config"
)

func TestSinkIsReadAsASinkBindingSetsIt(t *testing.T) {
	t.Parallel()
	const broker = "http://broker-ingress.knative-eventing.svc.cluster.local/authway/default"
	for name, c := range map[string]struct {
		sink, overrides string
		none            bool
		complaint       string
	}{
		"none":                  {none: true, overrides: "nonsense that nobody needs"},
		"a broker":              {sink: broker},
		"with extensions":       {sink: broker, overrides: `{"extensions":{"team":"identity","cluster":"eu1"}}`},
		"without any":           {sink: broker, overrides: `{}`},
		"no address":            {sink: "broker", complaint: "K_SINK"},
		"no web address":        {sink: "amqp://broker", complaint: "K_SINK"},
		"no JSON":               {sink: broker, overrides: "team=identity", complaint: "K_CE_OVERRIDES"},
		"an attribute":          {sink: broker, overrides: `{"extensions":{"id":"x"}}`, complaint: "K_CE_OVERRIDES"},
		"a name that is none":   {sink: broker, overrides: `{"extensions":{"my-team":"x"}}`, complaint: "K_CE_OVERRIDES"},
		"a value that is none":  {sink: broker, overrides: `{"extensions":{"team":1}}`, complaint: "K_CE_OVERRIDES"},
		"a name that is empty":  {sink: broker, overrides: `{"extensions":{"":"x"}}`, complaint: "K_CE_OVERRIDES"},
		"a name that is a line": {sink: broker, overrides: `{"extensions":{"a\r\nx":"x"}}`, complaint: "K_CE_OVERRIDES"},
	} {
		reader := config.Read(config.Map(map[string]string{"K_SINK": c.sink, "K_CE_OVERRIDES": c.overrides}))
		sink := publish.ReadSink(reader)
		err := reader.Err()
		if (err != nil) != (c.complaint != "") || err != nil && !strings.HasPrefix(err.Error(), c.complaint) {
			t.Errorf("%s: got %v", name, err)
		}
		if (sink == nil) != c.none {
			t.Errorf("%s: got %v", name, sink)
		}
		if strings.Contains(c.overrides, "team\":\"identity") && sink.Extensions["cluster"] != "eu1" {
			t.Errorf("%s: got %v", name, sink.Extensions)
		}
	}
}
