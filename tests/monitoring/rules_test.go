package monitoring

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// rule is one of Prometheus' rules.
type rule struct {
	Alert, Record, Expr string
	Labels, Annotations map[string]string
}

// rules are all of a file.
func rules(t *testing.T, file string) (all []rule) {
	t.Helper()
	var content struct{ Groups []struct{ Rules []rule } }
	if err := yaml.Unmarshal([]byte(read(t, file)), &content); err != nil {
		t.Fatal(err)
	}
	for _, group := range content.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

const (
	alerts    = "prometheus/alerts.yml"
	recording = "prometheus/recording.yml"
)

// shape are series as promtool writes them, and whether the alert fires at that minute
// of them.
type shape struct {
	alert  string
	series []string
	at     string
	fires  bool
}

// stays is a number that stays the same, for so many of the test's minutes.
func stays(value string) string { return value + "x900" }

// The rules as they are, with their own times and thresholds: what fires, what does not
// yet, and what does not.
var shapes = []shape{
	{"ServiceDown", []string{`up{job="redis"} ` + stays("0")}, "2m", true},
	{"ServiceDown", []string{`up{job="redis"} 1x3 0 1x90`}, "5m", false},
	{"HighErrorRate", []string{`http_requests_total{function="login",code="200"} 0+90x60`, `http_requests_total{function="login",code="503"} 0+10x60`}, "20m", true},
	{"HighErrorRate", []string{`http_requests_total{function="login",code="200"} 0+96x60`, `http_requests_total{function="login",code="503"} 0+4x60`}, "20m", false},
	{"HighErrorRate", []string{`http_requests_total{function="login",code="404"} 0+90x60`}, "20m", false},
	{"HighResponseTime", buckets("login", "POST /login", "0+1x60", "0+100x60"), "20m", true},
	{"HighResponseTime", buckets("login", "POST /login", "0+99x60", "0+100x60"), "20m", false},
	{"HighResponseTime", buckets("admin", "GET /api/admin/v1/audit/stream", "0+1x60", "0+100x60"), "20m", false},
	{"HighResponseTime", buckets("maintenance", "POST /events", "0+1x60", "0+100x60"), "20m", false},
	{"MemoryUsage", memory("85"), "10m", true},
	{"MemoryUsage", memory("79"), "10m", false},
	{"MemoryUsage", []string{`container_memory_working_set_bytes{pod="a",container="c"} ` + stays("85"), `container_spec_memory_limit_bytes{pod="a",container="c"} ` + stays("0")}, "10m", false},
	{"DatabaseConnections", []string{`pg_stat_database_numbackends{instance="a",datname="authway"} ` + stays("15"), `pg_stat_database_numbackends{instance="a",datname="hydra"} ` + stays("6"), `pg_settings_max_connections{instance="a"} ` + stays("100")}, "10m", true},
	{"DatabaseConnections", []string{`pg_stat_database_numbackends{instance="a",datname="authway"} ` + stays("20"), `pg_settings_max_connections{instance="a"} ` + stays("100")}, "10m", false},
	{"FunctionNotReady", []string{`kube_customresource_knative_service_ready{name="login"} ` + stays("0")}, "6m", true},
	{"FunctionNotReady", []string{`kube_customresource_knative_service_ready{name="login"} ` + stays("1")}, "6m", false},
	{"PodRestarting", []string{`kube_pod_container_status_restarts_total{pod="a",container="c"} 0+1x60`}, "30m", true},
	{"PodRestarting", []string{`kube_pod_container_status_restarts_total{pod="a",container="c"} 0x10 1x200`}, "60m", false},
	{"VolumeFilling", volume("14"), "20m", true},
	{"VolumeFilling", volume("16"), "20m", false},
	{"ErrorBudgetBurnFast", []string{`http_requests_total{function="login",code="200"} 0+98x90`, `http_requests_total{function="login",code="500"} 0+2x90`}, "70m", true},
	{"ErrorBudgetBurnFast", []string{`http_requests_total{function="login",code="200"} 0+99x90`, `http_requests_total{function="login",code="500"} 0+1x90`}, "70m", false},
	// It is over: the short window says so while the long one still remembers.
	{"ErrorBudgetBurnFast", []string{`http_requests_total{function="login",code="200"} 0+90x120`, `http_requests_total{function="login",code="500"} 0+10x60 600x60`}, "75m", false},
	{"ErrorBudgetBurnSlow", []string{`http_requests_total{function="login",code="200"} 0+99x500`, `http_requests_total{function="login",code="500"} 0+1x500`}, "400m", true},
	{"ErrorBudgetBurnSlow", []string{`http_requests_total{function="login",code="200"} 0+998x500`, `http_requests_total{function="login",code="500"} 0+2x500`}, "400m", false},
	{"PartDown", []string{`authway_part_up{part="smtp"} ` + stays("0")}, "6m", true},
	{"PartDown", []string{`authway_part_up{part="smtp"} ` + stays("1")}, "6m", false},
	{"DatabaseDown", []string{`authway_state_up ` + stays("0")}, "2m", true},
	{"DatabaseDown", []string{`authway_state_up ` + stays("1")}, "2m", false},
	{"PostgresDown", []string{`pg_up ` + stays("0"), `authway_state_up ` + stays("0")}, "2m", true},
	{"PostgresDown", []string{`up{job="postgres"} ` + stays("0"), `authway_state_up ` + stays("0")}, "2m", true},
	{"PostgresDown", []string{`pg_up ` + stays("0"), `authway_state_up ` + stays("1")}, "2m", false},
	{"DatabaseUnwatched", []string{`pg_up ` + stays("0")}, "6m", true},
	{"DatabaseUnwatched", []string{`pg_up ` + stays("1"), `up{job="postgres"} ` + stays("1")}, "6m", false},
	{"RedisDown", []string{`redis_up ` + stays("0")}, "6m", true},
	{"RedisDown", []string{`redis_up ` + stays("1")}, "6m", false},
	{"HookFailing", []string{`http_requests_total{function="token",route="POST /hooks/token",code="200"} 0+95x60`, `http_requests_total{function="token",route="POST /hooks/refresh",code="503"} 0+5x60`}, "20m", true},
	{"HookFailing", []string{`http_requests_total{function="token",route="POST /hooks/token",code="200"} 0+95x60`, `http_requests_total{function="token",route="POST /oauth2/token",code="503"} 0+5x60`}, "20m", false},
	{"SignInsTurnedAway", []string{`authway_password_hashes_refused_total 0+1x60`}, "20m", true},
	{"SignInsTurnedAway", []string{`authway_password_hashes_refused_total 0 1x60`}, "20m", false},
	{"GuessingSuspected", signIns("0+60x90", "0+10x90"), "40m", true},
	{"GuessingSuspected", signIns("0+60x90", "0+30x90"), "40m", false},
	// Four of five, but one in two minutes: a person who has forgotten.
	{"GuessingSuspected", signIns("0+2x90", "0+0x90"), "40m", false},
	{"KeyOverdue", []string{`authway_key_overdue_seconds{use="tokens"} ` + stays("21601")}, "1m", true},
	{"KeyOverdue", []string{`authway_key_overdue_seconds{use="tokens"} ` + stays("3600")}, "1m", false},
	{"OutboxStuck", []string{`authway_outbox_age_seconds{kind="mail"} ` + stays("901")}, "6m", true},
	{"OutboxStuck", []string{`authway_outbox_age_seconds{kind="mail"} ` + stays("600")}, "6m", false},
	{"OutboxGivenUp", []string{`authway_outbox_dead{kind="mail"} 3x5 4x900`}, "10m", true},
	// It is seen for a day.
	{"OutboxGivenUp", []string{`authway_outbox_dead{kind="mail"} ` + stays("4")}, "10m", false},
	{"DeadLetters", []string{`authway_dead_letters ` + stays("1")}, "1m", true},
	{"DeadLetters", []string{`authway_dead_letters ` + stays("0")}, "1m", false},
	{"SchedulesSilent", []string{`authway_part_checked_timestamp_seconds ` + stays("0")}, "25m", true},
	{"SchedulesSilent", []string{`authway_part_checked_timestamp_seconds 0+60x90`}, "25m", false},
	{"JobFailing", []string{`authway_job_last_failed{job="keys.rotate"} ` + stays("1")}, "31m", true},
	{"JobFailing", []string{`authway_job_last_failed{job="keys.rotate"} 1x20 0 1x60`}, "40m", false},
	{"AuditUnsealed", []string{`authway_audit_unsealed_age_seconds ` + stays("3601")}, "6m", true},
	{"AuditUnsealed", []string{`authway_audit_unsealed_age_seconds ` + stays("600")}, "6m", false},
	{"AuditTampered", []string{`authway_job_last_failed{job="audit.verify"} ` + stays("1")}, "1m", true},
	{"AuditTampered", []string{`authway_job_last_failed{job="audit.seal"} ` + stays("1")}, "1m", false},
	{"BackupTooOld", []string{`authway_backup_wal_reached_timestamp_seconds ` + stays("0")}, "61m", true},
	{"BackupTooOld", []string{`authway_backup_wal_reached_timestamp_seconds ` + stays("0")}, "59m", false},
	{"FullBackupTooOld", []string{`authway_backup_full_timestamp_seconds -93600x20`}, "1m", true},
	{"FullBackupTooOld", []string{`authway_backup_full_timestamp_seconds -86400x20`}, "1m", false},
	{"BackupMissing", []string{`authway_state_up 1x200`}, "27h", true},
	{"BackupMissing", []string{`authway_state_up 1x200`}, "25h", false},
	{"BackupMissing", []string{`authway_state_up 1x200`, `authway_backup_full_timestamp_seconds 1x200`}, "27h", false},
	{"BackupUnreadable", []string{`authway_job_last_failed{job="backup.verify"} ` + stays("1")}, "1m", true},
	{"BackupUnreadable", []string{`authway_job_last_failed{job="backup.verify"} ` + stays("0")}, "1m", false},
	{"SlotLag", []string{`authway_backup_slot_retained_bytes ` + stays("1073741825")}, "16m", true},
	{"SlotLag", []string{`authway_backup_slot_retained_bytes 1073741825x10 5x90`}, "16m", false},
	{"SlotLost", []string{`authway_backup_slot_lost ` + stays("1")}, "1m", true},
	{"SlotLost", []string{`authway_backup_slot_lost ` + stays("0")}, "1m", false},
	{"DrillFailed", []string{`authway_restore_drill_success ` + stays("0")}, "1m", true},
	{"DrillFailed", []string{`authway_restore_drill_success ` + stays("1")}, "1m", false},
	{"DrillTooOld", []string{`authway_restore_drill_timestamp_seconds -1209600x20`}, "1m", true},
	{"DrillTooOld", []string{`authway_restore_drill_timestamp_seconds -604800x20`}, "1m", false},
	{"DrillMissing", []string{`authway_backup_full_timestamp_seconds 1x200`}, "193h", true},
	{"DrillMissing", []string{`authway_backup_full_timestamp_seconds 1x200`}, "190h", false},
	{"DrillMissing", []string{`authway_backup_full_timestamp_seconds 1x200`, `authway_restore_drill_timestamp_seconds 1x200`}, "193h", false},
	{"DrillForged", []string{`authway_restore_drill_refused 0x5 1x900`}, "10m", true},
	{"DrillForged", []string{`authway_restore_drill_refused ` + stays("1")}, "10m", false},
	{"ExporterMissing", []string{`up{job="authway"} ` + stays("1")}, "6m", true},
	{"ExporterMissing", []string{`authway_state_up ` + stays("0")}, "6m", false},
	{"RulesFailing", []string{`prometheus_rule_evaluation_failures_total{rule_group="g"} 0x5 1x60`}, "7m", true},
	{"RulesFailing", []string{`prometheus_rule_evaluation_failures_total{rule_group="g"} ` + stays("1")}, "7m", false},
	{"NotificationsFailing", []string{`alertmanager_notifications_failed_total{integration="webhook"} 0x5 1x60`}, "7m", true},
	{"NotificationsFailing", []string{`alertmanager_notifications_failed_total{integration="webhook"} ` + stays("1")}, "7m", false},
	{"AlertmanagerGone", []string{`prometheus_notifications_alertmanagers_discovered ` + stays("0")}, "6m", true},
	{"AlertmanagerGone", []string{`prometheus_notifications_errors_total{alertmanager="a"} 0+1x60`}, "9m", true},
	{"AlertmanagerGone", []string{`prometheus_notifications_alertmanagers_discovered ` + stays("1"), `prometheus_notifications_errors_total{alertmanager="a"} ` + stays("7")}, "9m", false},
	{"Watchdog", nil, "0m", true},
}

func buckets(function, route, quick, all string) []string {
	labels := fmt.Sprintf(`function=%q,route=%q`, function, route)
	return []string{
		`http_request_duration_seconds_bucket{` + labels + `,le="1"} ` + quick,
		`http_request_duration_seconds_bucket{` + labels + `,le="5"} ` + all,
		`http_request_duration_seconds_bucket{` + labels + `,le="+Inf"} ` + all,
	}
}

func memory(used string) []string {
	return []string{
		`container_memory_working_set_bytes{pod="a",container="c"} ` + stays(used),
		`container_spec_memory_limit_bytes{pod="a",container="c"} ` + stays("100"),
	}
}

func volume(free string) []string {
	return []string{
		`kubelet_volume_stats_available_bytes{persistentvolumeclaim="a"} ` + stays(free),
		`kubelet_volume_stats_capacity_bytes{persistentvolumeclaim="a"} ` + stays("100"),
	}
}

func signIns(failed, succeeded string) []string {
	return []string{
		`authway_sign_ins_total{method="password",outcome="failure"} ` + failed,
		`authway_sign_ins_total{method="password",outcome="success"} ` + succeeded,
	}
}

func TestRulesSayWhatTheyMean(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Fatalf("%v: scripts/install-test-parts.sh installs it", err)
	}
	// promtool evaluates every rule in every interval: what takes days goes by the hour.
	tests := map[string][]map[string]any{}
	for _, s := range shapes {
		var series []map[string]string
		for _, line := range s.series {
			at := strings.LastIndex(line, "} ")
			if at++; at == 0 {
				at = strings.Index(line, " ")
			}
			series = append(series, map[string]string{"series": line[:at], "values": strings.TrimSpace(line[at:])})
		}
		want := []map[string]any{}
		if s.fires {
			want = append(want, map[string]any{"labels": "{}", "value": 1})
		}
		every := "1m"
		if strings.HasSuffix(s.at, "h") {
			every = "1h"
		}
		tests[every] = append(tests[every], map[string]any{
			"name": s.alert + " " + s.at, "interval": every, "input_series": series,
			"promql_expr_test": []map[string]any{{
				"expr":      fmt.Sprintf(`group(ALERTS{alertname=%q,alertstate="firing"})`, s.alert),
				"eval_time": s.at, "exp_samples": want,
			}},
		})
	}
	folder, err := filepath.Abs(component)
	if err != nil {
		t.Fatal(err)
	}
	for every, some := range tests {
		text, err := yaml.Marshal(map[string]any{
			"rule_files": []string{filepath.Join(folder, recording), filepath.Join(folder, alerts)}, "evaluation_interval": every, "tests": some,
		})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "shapes.yml")
		write(t, file, string(text))
		if out, err := exec.CommandContext(t.Context(), promtool, "test", "rules", file).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	}
	for _, r := range rules(t, alerts) {
		if !slices.ContainsFunc(shapes, func(s shape) bool { return s.alert == r.Alert && s.fires }) {
			t.Errorf("it is not known when %s fires", r.Alert)
		}
		if r.Alert != "Watchdog" && !slices.ContainsFunc(shapes, func(s shape) bool { return s.alert == r.Alert && !s.fires }) {
			t.Errorf("it is not known when %s does not fire", r.Alert)
		}
	}
}

func TestAlertmanagersFileIsOne(t *testing.T) {
	t.Parallel()
	amtool, err := exec.LookPath("amtool")
	if err != nil {
		t.Fatalf("%v: scripts/install-test-parts.sh installs it", err)
	}
	file := filepath.Join(component, "alertmanager", "alertmanager.yml")
	if out, err := exec.CommandContext(t.Context(), amtool, "check-config", file).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	for labels, want := range map[string]string{
		"alertname=HighErrorRate severity=critical": "now", "alertname=MemoryUsage severity=warning": "morning", "alertname=Watchdog severity=none": "heartbeat",
	} {
		args := append([]string{"config", "routes", "test", "--config.file=" + file}, strings.Fields(labels)...)
		out, err := exec.CommandContext(t.Context(), amtool, args...).Output()
		if err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("%s goes to %s, want %s (%v)", labels, out, want, err)
		}
	}
}
