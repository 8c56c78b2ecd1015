package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

// The share of requests that may fail in 30 days: 0.1 in a hundred.
const budget = "0.001"

func overview() board {
	return board{
		name: "overview", title: "Authway Overview",
		about: "Whether people can sign in, and whether what must not be lost is kept.",
		rows: []row{
			{"Now", now()},
			{"Requests", traffic()},
			{"Sign-ins", signIns()},
			{"What waits, and what is kept", kept()},
		},
	}
}

func now() []panel {
	return []panel{
		tell("Parts", units.NoUnit,
			"Normal is that every part answers; one that does not was asked at most 15 minutes ago, so look at its pods and their logs first.",
			series{"min by (part) (authway_part_up) and on () " + asked + " < 900", "{{part}}"}).
			meaning(answers).sized(8, 5).saying("Not known: nobody has asked for 15 minutes"),
		tell("Processes that answer", units.NoUnit,
			"Normal is one exporter and what the functions need just now, none at all while they sleep; compare it with the pods if requests fail.",
			series{`sum by (job) (up{job=~"authway.*"})`, "{{job}}"}).rounded(0),
		tell("Processes that do not answer", units.NoUnit,
			"Normal is none; look at the pod's events and its log, because Prometheus cannot tell how it is.",
			series{`sum(up{job=~"authway.*"} == bool 0)`, "silent"}).alarming(1).rounded(0).more("infrastructure"),
		tell("Alerts firing", units.NoUnit,
			"Normal is none; nothing at all means that the alerts themselves are not evaluated.",
			series{firing(""), "firing"}).alarming(1).rounded(0).saying("Watchdog is silent").more("alerts"),
		gaugeOf("Error budget left", units.PercentUnit,
			"Normal is more than half; below a quarter stop rolling out what is not a repair, and at nothing the promise of 99.9 % in 30 days is broken.", 0, 1,
			series{budgetLeft, "left"}).below(0.25, 0).rounded(1),
	}
}

const (
	asked = "(time() - max(authway_part_checked_timestamp_seconds))"
	// The rates are summed and not averaged: a function that sleeps has no rate, and must not count as one that
	// has answered.
	budgetLeft  = "1 - ((" + badIn30Days + " or 0 * " + allIn30Days + ") / (" + allIn30Days + " > 0)) / " + budget
	badIn30Days = `sum(sum_over_time(authway:errors:rate5m{function!=""}[30d]))`
	allIn30Days = `sum(sum_over_time(authway:requests:rate5m{function!=""}[30d]))`
)

// firing counts alerts. It is 0 only while the one that always fires does: no rules is not the same as no alerts.
func firing(matchers string) string {
	return `count(ALERTS{alertstate="firing", alertname!="Watchdog"` + matchers + `})` +
		` or 0 * max(ALERTS{alertstate="firing", alertname="Watchdog"})`
}

func traffic() []panel {
	return []panel{
		draw("Requests", units.RequestsPerSecond,
			"Normal is a curve like yesterday's; a sudden fall with nobody complaining is an edge that sends people nowhere.",
			series{perSecond("function", requests("")), "{{function}}"}).stacked().more("application"),
		draw("Requests that failed", units.PercentUnit,
			"Normal is 0; from 5 % on look at Application Performance, which route it is, and at the errors in the log there.",
			series{share("function", requests(failed), requests("")), "{{function}}"}).above(errorsWarn, errorsAlarm).more("application"),
		draw("Time of 95 % of requests", units.Seconds,
			"Normal is below half a second, without streams, files and jobs; from 2 s on see which routes are slow, and whether passwords wait in line.",
			series{quantile(0.95, "function", durations(answered)), "{{function}}"}).warning(slowWarn).more("application"),
	}
}

func signIns() []panel {
	return []panel{
		draw("Sign-ins per minute", units.CountsPerMinute,
			"Normal are many successes for each failure; the other way round somebody guesses, or sign-in is broken for everybody.",
			series{perMinute("outcome", "authway_sign_ins_total"), "{{outcome}}"}).more("identity"),
		draw("Living sessions", units.Short,
			"Normal is a slow wave over the day; a sudden fall means that sessions were ended, or that an administrator has ended them.",
			series{"max(active_sessions_total)", "sessions"}).more("identity"),
		tell("Living sessions now", units.Short,
			"Normal is what it was a week ago at this time; no figure means that the exporter cannot reach the database.",
			series{"max(active_sessions_total)", "sessions"}).rounded(0).sized(4, 8).more("identity"),
		tell("Database, as the exporter sees it", units.NoUnit,
			"Normal is that it answers; if it does not, all figures that are read from it are missing and none of them is old.",
			series{"max(authway_state_up)", "database"}).meaning(answers).sized(4, 8).more("database"),
	}
}

func kept() []panel {
	return []panel{
		tell("Last full backup", units.Seconds,
			"Normal is less than 26 hours; older than that run scripts/backup.sh and read what it says.",
			series{age("", "authway_backup_full_timestamp_seconds"), "age"}).above(fullWarn, fullAlarm).rounded(1).more("recovery"),
		tell("Written but not copied", units.Seconds,
			"Normal is up to 20 minutes: what a lost server would cost at this moment; after an hour look at the runs of backup.incremental.",
			series{age("", "authway_backup_wal_reached_timestamp_seconds"), "age"}).above(walWarn, walAlarm).rounded(1).more("recovery"),
		tell("Oldest that is due in the outbox", units.Seconds,
			"Normal is up to 5 minutes; mail that waits longer has a mail server that does not take it.",
			series{largest("kind", "authway_outbox_age_seconds"), "{{kind}}"}).above(outboxWarn, outboxAlarm).rounded(1).more("identity"),
		tell("Given up", units.NoUnit,
			"Normal is none; scripts/maintenance.sh dead-letters shows the events, and notes that somebody has looked at them.",
			series{"max(authway_dead_letters)", "events"}, series{largest("kind", "authway_outbox_dead"), "{{kind}}"}).
			warning(1).rounded(0).more("identity"),
		tell("Parts were last asked", units.Seconds,
			"Normal is up to 5 minutes; longer means that health.sweep does not run, and that maintenance is to be looked at.",
			series{asked, "ago"}).above(sweepWarn, sweepAlarm).rounded(0),
		tell("Last drill", units.Seconds,
			"Normal is up to 8 days; older than that run scripts/restore-drill.sh: a backup that nobody has restored is a hope.",
			series{age("", "authway_restore_drill_timestamp_seconds"), "age"}).above(drillWarn, drillAlarm).rounded(1).more("recovery"),
	}
}
