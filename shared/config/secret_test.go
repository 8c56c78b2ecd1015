package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/authway/authway/shared/config"
)

func TestASecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	s := config.NewSecret("hunter2")
	holder := struct{ Key config.Secret }{s}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "secret", s, "holder", holder)
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "secret", s, "holder", holder)
	asJSON, err := json.Marshal(map[string]any{"s": s, "h": &holder})
	if err != nil {
		t.Fatal(err)
	}
	printed := log.String() + string(asJSON)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%T"} {
		printed += fmt.Sprintf(verb, s) + fmt.Sprintf(verb, &s) + fmt.Sprintf(verb, holder)
	}
	for _, leak := range []string{"hunter2", "68756e746572", "68756E746572"} {
		if strings.Contains(printed, leak) {
			t.Errorf("printed %s", printed)
		}
	}
	if s.Reveal() != "hunter2" || s.String() != "[secret]" || s.GoString() != "[secret]" {
		t.Error("does not hide and reveal as it should")
	}
}
