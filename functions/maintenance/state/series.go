package state

import "github.com/prometheus/client_golang/prometheus"

func series(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	up = series("authway_state_up", "1 if the database answered this scrape, else 0, and then the series of the system's state are missing.")

	sessions = series("active_sessions_total", "Sessions that have not ended; beyond a million as PostgreSQL last counted them.")

	outboxWaiting = series("authway_outbox_waiting", "Rows that wait to leave, counted up to 100000.", "kind")
	outboxAge     = series("authway_outbox_age_seconds", "Since when the oldest row is due; 0 when none is.", "kind")
	outboxDead    = series("authway_outbox_dead", "Rows that were given up on, counted up to 100000.", "kind")

	deadLetters = series("authway_dead_letters", "Events that were given up on and that nobody has looked at.")

	jobSuccess = series("authway_job_last_success_timestamp_seconds", "When the last run ended that succeeded; missing when none has.", "job")
	jobFailed  = series("authway_job_last_failed", "1 if the last run that is over failed or was killed, else 0.", "job")
	jobRunning = series("authway_job_running_seconds", "How long the run under way has taken; 0 when there is none.", "job")

	keyAge     = series("authway_key_age_seconds", "How long the key has signed that does; missing when none does.", "use")
	keyOverdue = series("authway_key_overdue_seconds", "How late the next step of the keys is; 0 when it is not, +Inf when no key signs.", "use")

	backupFull     = series("authway_backup_full_timestamp_seconds", "When the last base backup was whole; missing when there is none.")
	backupBytes    = series("authway_backup_full_bytes", "What the last base backup takes in the store; missing when there is none.")
	backupReached  = series("authway_backup_wal_reached_timestamp_seconds", "The moment up to which stored WAL can be restored; missing when none is stored.")
	backupRetained = series("authway_backup_slot_retained_bytes", "WAL that the server keeps until it is stored.")
	backupLost     = series("authway_backup_slot_lost", "1 if WAL since the last base backup is gone, or the slot that keeps it, else 0.")

	drillSuccess = series("authway_restore_drill_success", "1 if the last restore for practice ended with a sign-in, else 0; missing when there was none.")
	drillRPO     = series("authway_restore_drill_rpo_seconds", "What would have been lost at the last restore for practice; missing when there was none.")
	drillRTO     = series("authway_restore_drill_rto_seconds", "How long the last restore for practice took until somebody was signed in; missing when there was none.")
	drillAt      = series("authway_restore_drill_timestamp_seconds", "When the last restore for practice ended; missing when there was none.")
	drillRefused = series("authway_restore_drill_refused", "Restores for practice whose evidence no key of this system had signed, of those that are remembered.")

	partUp      = series("authway_part_up", "1 if the part answered when it was last asked, else 0.", "part")
	partChecked = series("authway_part_checked_timestamp_seconds", "When the parts were last asked; 0 when they have not been.")

	sealedUntil = series("authway_audit_sealed_timestamp_seconds", "The moment up to which the audit log is sealed; missing when no part of it is.")
	unsealedAge = series("authway_audit_unsealed_age_seconds", "How long ago the oldest event happened that no seal covers; 0 when all are covered.")
)

// all are the series of this package.
var all = []*prometheus.Desc{
	up, sessions, outboxWaiting, outboxAge, outboxDead, deadLetters, jobSuccess, jobFailed, jobRunning, keyAge, keyOverdue,
	backupFull, backupBytes, backupReached, backupRetained, backupLost, drillSuccess, drillRPO, drillRTO, drillAt, drillRefused,
	partUp, partChecked, sealedUntil, unsealedAge,
}
