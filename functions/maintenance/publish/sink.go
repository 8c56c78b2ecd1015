package publish

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/authway/authway/shared/config"
)

// Sink is where events go.
type Sink struct {
	URL *url.URL
	// Extensions are added to each event, instead of one of the same name.
	Extensions map[string]string
}

// ReadSink reads K_SINK and K_CE_OVERRIDES, as a SinkBinding of Knative sets them.
// It is nil when there is no sink.
func ReadSink(reader *config.Reader) *Sink {
	address, overrides := reader.URL("K_SINK", ""), reader.String("K_CE_OVERRIDES", "")
	if address == nil {
		return nil
	}
	if address.Scheme != "" && address.Scheme != "http" && address.Scheme != "https" {
		reader.Complain("K_SINK", "is not the address of a sink, such as http://broker-ingress.knative-eventing.svc.cluster.local/ns/default")
	}
	s := &Sink{URL: address}
	if overrides == "" {
		return s
	}
	var said struct {
		Extensions map[string]string `json:"extensions"`
	}
	if err := json.Unmarshal([]byte(overrides), &said); err != nil {
		reader.Complain("K_CE_OVERRIDES", `is not of the form {"extensions": {"name": "value"}}`)
		return s
	}
	for name := range said.Extensions {
		if !extensionName.MatchString(name) || slices.Contains(attributes, name) {
			reader.Complain("K_CE_OVERRIDES", "names an extension that is an attribute or is not of lower-case letters and digits")
			return s
		}
	}
	s.Extensions = said.Extensions
	return s
}

// extensionName is what CloudEvents asks of a name (section 3.1).
var extensionName = regexp.MustCompile(`^[a-z0-9]{1,20}$`)

// attributes are no extensions (CloudEvents 1.0.2, section 3.1 and the JSON format).
var attributes = strings.Fields("id source specversion type datacontenttype dataschema subject time data data_base64")
