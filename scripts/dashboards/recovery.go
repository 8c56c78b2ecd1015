package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

func recovery() board {
	return board{
		name: "recovery", title: "Recovery",
		about: "Whether everything could be restored, to which moment, and how long it would take.",
		rows: []row{
			{"Backups", backupPanels()},
			{"Drills", drillPanels()},
			{"Jobs", jobPanels()},
		},
	}
}

func since(job string) string {
	return age("", `authway_job_last_success_timestamp_seconds{job="`+job+`"}`)
}

func backupPanels() []panel {
	return []panel{
		tell("Full backup", units.Seconds,
			"Normal is less than 25 hours since the last one in the storage; after 26 run scripts/backup.sh --full and read what it says.",
			series{age("", "authway_backup_full_timestamp_seconds"), "age"}).above(fullWarn, fullAlarm).rounded(1),
		tell("Increment", units.Seconds,
			"Normal is less than 20 minutes since backup.incremental has succeeded; after an hour look at its last run in the list of jobs.",
			series{since("backup.incremental"), "age"}).above(walWarn, walAlarm).rounded(1),
		tell("Configuration", units.Seconds,
			"Normal is less than 25 hours since backup.config has succeeded; run scripts/backup.sh --config and read what it says.",
			series{since("backup.config"), "age"}).above(dailyWarn, dailyAlarm).rounded(1),
		tell("Read back", units.Seconds,
			"Normal is less than 25 hours since backup.verify has succeeded; run scripts/backup.sh --verify, which names what cannot be read.",
			series{since("backup.verify"), "age"}).above(dailyWarn, dailyAlarm).rounded(1),
		tell("Slot", units.NoUnit,
			"Normal is that it is held; when it is lost the next increment is a full backup, and the moments between cannot be restored.",
			series{"max(authway_backup_slot_lost)", "slot"}).meaning(map[string]state{"0": {"held", good}, "1": {"lost", bad}}),
		tell("Size of the full backup", units.BytesIEC,
			"Normal is a little more than last week; half of it is a backup of something else.",
			series{"max(authway_backup_full_bytes)", "size"}).rounded(1),
		draw("Written but not copied", units.Seconds,
			"Normal is a saw of 15 minutes, what a lost server would cost; after an hour it is an alert: look at backup.incremental.",
			series{age("", "authway_backup_wal_reached_timestamp_seconds"), "age"}).above(walWarn, walAlarm).sized(12, 8),
		draw("WAL that the slot keeps back", units.BytesIEC,
			"Normal is what is written in 15 minutes; beyond 1 GiB nobody fetches it, and at max_slot_wal_keep_size the slot is lost.",
			series{"max(authway_backup_slot_retained_bytes)", "kept back"}).warning(slotWarn).sized(12, 8),
	}
}

func drillPanels() []panel {
	return []panel{
		tell("Last drill", units.NoUnit,
			"Normal is that it succeeded; if it failed there may be no backup that can be restored: its log says at which step.",
			series{"max(authway_restore_drill_success)", "drill"}).meaning(map[string]state{"0": {"failed", bad}, "1": {"succeeded", good}}).
			saying("There has been none"),
		tell("Age", units.Seconds,
			"Normal is up to 8 days, because drills are on Sundays; after 14 run scripts/restore-drill.sh.",
			series{age("", "authway_restore_drill_timestamp_seconds"), "age"}).above(drillWarn, drillAlarm).rounded(1).saying("There has been none"),
		tell("What would have been lost (RPO)", units.Seconds,
			"Normal is up to 20 minutes, and 4 hours are promised; more means that increments were late when the drill began.",
			series{"max(authway_restore_drill_rpo_seconds)", "RPO"}).above(rpoWarn, rpoAlarm).rounded(1).saying("There has been none"),
		tell("How long it took (RTO)", units.Seconds,
			"Normal is below 20 minutes, and 30 are promised; a large database wants faster storage, or a full backup more often.",
			series{"max(authway_restore_drill_rto_seconds)", "RTO"}).above(rtoWarn, rtoAlarm).rounded(1).saying("There has been none"),
		tell("Forged evidence", units.NoUnit,
			"Normal is none; evidence that this system has not signed means that somebody writes to the storage who should not.",
			series{"max(authway_restore_drill_refused)", "refused"}).alarming(1).rounded(0),
	}
}

func jobPanels() []panel {
	return []panel{
		listOf("Jobs", units.NoUnit,
			"Normal is that none has failed last; for one that has, its runs under Jobs in /admin/ say why.",
			[]column{
				{"job", "job", ""}, {"Value #A", "last success", units.DatetimeISO}, {"Value #B", "ago", units.Seconds},
				{"Value #C", "failed last", units.Bool}, {"Value #D", "running for", units.Seconds},
			},
			series{"1000 * max by (job) (authway_job_last_success_timestamp_seconds)", ""},
			series{age("job", "authway_job_last_success_timestamp_seconds"), ""},
			series{largest("job", "authway_job_last_failed"), ""}, series{largest("job", "authway_job_running_seconds"), ""}).sized(24, 12),
		timelineOf("Jobs whose last run failed",
			"Normal is no red; half an hour of it is an alert, and what the job keeps in order is not in order while it lasts.",
			map[string]state{"0": {"well", good}, "1": {"failed", bad}},
			series{"max by (job) (authway_job_last_failed)", "{{job}}"}).sized(24, 11),
		draw("Runs per hour", units.Short,
			"Normal is the schedule's; a job with no runs is not told to look: see the PingSources and the Broker.",
			series{"sum by (job, outcome) (increase(authway_job_runs_total[1h])) > 0", "{{job}} {{outcome}}"}).sized(12, 9),
		draw("Time of 95 % of the runs within a day", units.Seconds,
			"Normal is what it was last week; full backups take longest, and one that grows from week to week will be ended at its deadline.",
			series{"histogram_quantile(0.95, sum by (le, job) (rate(authway_job_duration_seconds_bucket[1d])))", "{{job}}"}).sized(12, 9),
		draw("Running for", units.Seconds,
			"Normal is that nothing runs for long; a job that runs for hours holds its lease, and a process that has died loses it by itself.",
			series{"max by (job) (authway_job_running_seconds) > 0", "{{job}}"}).saying("No job runs").sized(24, 6),
	}
}
