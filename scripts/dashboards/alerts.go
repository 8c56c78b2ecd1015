package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

func alerts() board {
	return board{
		name: "alerts", title: "Alerts",
		about: "What fires, what is about to, and whether anybody would be told.",
		rows: []row{
			{"Now", alertsNow()},
			{"History", alertHistory()},
			{"Whether alerts get through", deliveryPanels()},
		},
	}
}

func alertsNow() []panel {
	return []panel{
		tell("Critical", units.NoUnit,
			"Normal is none; somebody has been woken by each of these, and its runbook in knative/OPERATIONS.md has the alert's name.",
			series{firing(`, severity="critical"`), "firing"}).alarming(1).rounded(0).saying("Watchdog is silent"),
		tell("Warnings", units.NoUnit,
			"Normal is none or few; each waits for the morning, and its runbook in knative/OPERATIONS.md has the alert's name.",
			series{firing(`, severity="warning"`), "firing"}).warning(1).rounded(0).saying("Watchdog is silent"),
		tell("Pending", units.NoUnit,
			"Normal is none for long; each fires if its condition lasts as long as its rule says.",
			series{`count(ALERTS{alertstate="pending"}) or 0 * max(ALERTS{alertname="Watchdog"})`, "pending"}).rounded(0).saying("Watchdog is silent"),
		tell("Watchdog", units.NoUnit,
			"Normal is that it fires, always; if it does not, no other alert does either: look at Prometheus.",
			series{`max(ALERTS{alertname="Watchdog", alertstate="firing"})`, "Watchdog"}).
			meaning(map[string]state{"1": {"fires", good}}).saying("Silent: no alert is evaluated"),
		tell("Targets that do not answer", units.NoUnit,
			"Normal is none; the list below names them, and their alerts are blind until they answer.",
			series{"sum(up == bool 0)", "targets"}).alarming(1).rounded(0),
		tell("Silences", units.NoUnit,
			"Normal is none; each should have an end and a reason, which Alertmanager shows.",
			series{`sum(alertmanager_silences{state="active"})`, "active"}).warning(1).rounded(0),
		listOf("Alerts that fire or are pending", units.Short,
			"Normal is an empty list while Watchdog fires; begin with what is critical and oldest, the rest is often its consequence.",
			[]column{
				{"alertname", "alert", ""}, {"severity", "severity", ""}, {"alertstate", "state", ""}, {"function", "function", ""},
				{"job", "job", ""}, {"part", "part", ""}, {"name", "name", ""}, {"pod", "pod", ""}, {"instance", "instance", ""},
				{"kind", "kind", ""}, {"use", "use", ""}, {"Value", "since", units.DatetimeISO},
			},
			series{`1000 * (ALERTS{alertname!="Watchdog"} * ignoring (alertstate) group_left () ALERTS_FOR_STATE)`, ""}).
			saying("No alert is listed"),
	}
}

func alertHistory() []panel {
	return []panel{
		timelineOf("Alerts",
			"Normal is empty; bars that begin together have one cause, and one that comes and goes wants a longer time in its rule.",
			map[string]state{"1": {"pending", worse}, "2": {"firing", bad}},
			series{`max by (alertname) (2 * ALERTS{alertname!="Watchdog", alertstate="firing"}) or max by (alertname) (ALERTS{alertname!="Watchdog", alertstate="pending"})`, "{{alertname}}"}).
			saying("No alert in this time").sized(24, 10),
		draw("How many", units.Short,
			"Normal is nothing but Watchdog, which is left out here; a growing number is one cause that spreads.",
			series{`count by (alertstate, severity) (ALERTS{alertname!="Watchdog"})`, "{{severity}} {{alertstate}}"}).
			saying("No alert in this time").sized(24, 7),
	}
}

func deliveryPanels() []panel {
	return []panel{
		draw("Notifications per hour", units.Short,
			"Normal is at least the Watchdog's; none for hours means that nobody would be told.",
			series{"sum by (integration) (increase(alertmanager_notifications_total[1h])) > 0", "{{integration}}"}),
		draw("Notifications that failed per hour", units.Short,
			"Normal is none; Alertmanager's log says what the receiver answered, and until it is mended alerts are seen here alone.",
			series{"sum by (integration) (increase(alertmanager_notifications_failed_total[1h])) > 0 or 0 * sum by (integration) (alertmanager_notifications_total > 0)", "{{integration}}"}).alarming(1),
		draw("Rules that could not be evaluated per hour", units.Short,
			"Normal is none; a rule that fails is silent, and Prometheus' page Rules shows its error.",
			series{"sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total[1h]))", "{{rule_group}}"}).alarming(1),
		draw("Targets by job", units.Short,
			"Normal is a level for each job; functions come and go as they are wanted.",
			series{"count by (job) (up)", "{{job}}"}).sized(12, 8),
		listOf("Which targets do not answer", units.NoUnit,
			"Normal is an empty list; a target here is a pod that is there and silent, so look at its events and its log.",
			[]column{{"job", "job", ""}, {"instance", "instance", ""}, {"pod", "pod", ""}},
			series{"up == 0", ""}).saying("No target is listed").sized(12, 8),
	}
}
