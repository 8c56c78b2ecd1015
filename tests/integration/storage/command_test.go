package storage_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/authway/authway/migrations"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/tests/harness"
)

func TestMigrateCommand(t *testing.T) {
	t.Parallel()
	db := harness.NewEmptyDatabase(t)
	settings := config.Map(map[string]string{"DATABASE_URL": db.OwnerURL()})
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"pending"}, 0, "pending 20261124000001_roles"},
		{[]string{"up"}, 0, "applied 20261124000002_accounts"},
		{[]string{"up"}, 0, "nothing to do"},
		{[]string{"down"}, 0, "undone 20261124000005_steps"},
		{nil, 1, "usage"},
		{[]string{"sideways"}, 1, `no command "sideways"`},
	} {
		var out, complaints bytes.Buffer
		code := migrations.Main(t.Context(), settings, c.args, &out, &complaints)
		if code != c.code || !strings.Contains(out.String()+complaints.String(), c.says) {
			t.Errorf("%v: %d, %s%s", c.args, code, out.String(), complaints.String())
		}
	}
	var complaints bytes.Buffer
	if code := migrations.Main(t.Context(), config.Map(nil), []string{"up"}, &complaints, &complaints); code != 1 || !strings.Contains(complaints.String(), "DATABASE_URL") {
		t.Errorf("without a database: %d, %s", code, complaints.String())
	}
}
