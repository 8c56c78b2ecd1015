package login

import (
	"testing"
	"time"

	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/telemetry"
)

func TestCounts(t *testing.T) {
	t.Parallel()
	metrics := telemetry.NewMetrics("login")
	c := newCounts(metrics)
	if err := c.tooMany(limitGuesser, 0); err != nil {
		t.Errorf("without a wait: %v", err)
	}
	if err := c.tooMany(limitAccount, time.Second); err == nil {
		t.Error("a wait refuses nobody")
	}
	c.show(ofCode(factor.Recovery), false)
	c.show(ofCode(factor.TOTP), true)
	// What nobody registered counts nothing.
	counts{}.show(byPassword, true)
	counts{}.refuse(limitAddress)
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{
		"authway_rate_limited_total account ":           true,
		"authway_sign_ins_total recovery_code failure ": true,
		"authway_sign_ins_total totp success ":          true,
	}
	for _, family := range families {
		if family.GetName() != "authway_rate_limited_total" && family.GetName() != "authway_sign_ins_total" {
			continue
		}
		for _, series := range family.GetMetric() {
			name := family.GetName() + " "
			for _, label := range series.GetLabel() {
				name += label.GetValue() + " "
			}
			if got := series.GetCounter().GetValue() == 1; got != want[name] {
				t.Errorf("%s: counted %t", name, got)
			}
			delete(want, name)
		}
	}
	if len(want) > 0 {
		t.Errorf("there is no %v", want)
	}
}
