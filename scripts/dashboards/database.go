package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

// Databases by name: a row without one is of what all share.
const named = `{datname!="", datname!~"template[01]"}`

func database() board {
	return board{
		name: "database", title: "Database",
		about: "PostgreSQL, which everything needs, and Redis, without which everything is slower.",
		rows: []row{
			{"PostgreSQL", serverPanels()},
			{"What it does", workPanels()},
			{"Redis", redisPanels()},
		},
	}
}

func serverPanels() []panel {
	return []panel{
		tell("PostgreSQL", units.NoUnit,
			"Normal is that it answers; if not, nobody signs in: look at its pod, its volume and its log before anything else.",
			series{"min(pg_up)", "server"}).meaning(answers).sized(4, 8),
		gaugeOf("Connections that are taken", units.PercentUnit,
			"Normal is below a fifth of max_connections, where the alert is; when all are taken nobody signs in, so see which database has them.", 0, 1,
			series{"max(sum by (instance) (pg_stat_database_numbackends) / on (instance) max by (instance) (pg_settings_max_connections))", "taken"}).
			warning(connectionsWarn).rounded(0).sized(4, 8),
		draw("Connections by database", units.Short,
			"Normal is a level for each, as high as its pods times their pool; one that climbs is a pool that does not give back.",
			series{"sum by (datname) (pg_stat_database_numbackends" + named + ")", "{{datname}}"}).stacked(),
		draw("Longest transaction", units.Seconds,
			"Normal is below a minute but for backups; one that stays open for hours keeps vacuum from cleaning, so end it: pg_terminate_backend.",
			series{"max by (datname, state) (pg_stat_activity_max_tx_duration" + named + ")", "{{datname}} {{state}}"}),
		draw("Size", units.BytesIEC,
			"Normal is slow growth; a step is an import or a table that nobody cleans (look at the runs of sessions.clean and hydra.clean).",
			series{"max by (datname) (pg_database_size_bytes" + named + ")", "{{datname}}"}),
		draw("WAL that the backup's slot keeps back", units.BytesIEC,
			"Normal is what is written in 15 minutes; beyond 1 GiB nobody fetches it: run scripts/backup.sh and see why it fails.",
			series{"max(authway_backup_slot_retained_bytes)", "kept back"}).warning(slotWarn).more("recovery"),
		draw("Locks", units.Short,
			"Normal is a flat floor of light ones; a peak of heavy ones is a migration or a vacuum that others wait for.",
			series{"sum by (mode) (pg_locks_count" + named + ") > 0", "{{mode}}"}).stacked(),
	}
}

func workPanels() []panel {
	rate := func(series string) string { return perSecond("datname", series+named) }
	rows := func(kind string) series {
		return series{perSecond("", "pg_stat_database_tup_"+kind+named), kind}
	}
	return []panel{
		draw("Transactions", units.OpsPerSecond,
			"Normal follows the requests; nothing at all with requests there are functions that do not reach it.",
			series{rate("pg_stat_database_xact_commit"), "{{datname}} committed"}).stacked(),
		draw("Transactions that were rolled back", units.OpsPerSecond,
			"Normal is a small part of those beside; a rise is in the functions' errors on Application Performance.",
			series{rate("pg_stat_database_xact_rollback"), "{{datname}}"}).more("application"),
		draw("Blocks found in memory", units.PercentUnit,
			"Normal is above 99 %; less for long means that the data has outgrown shared_buffers.",
			series{rate("pg_stat_database_blks_hit") + " / ((" + rate("pg_stat_database_blks_hit") + " + " + rate("pg_stat_database_blks_read") + ") > 0)", "{{datname}}"}).
			below(0.99, 0.9),
		draw("Rows", units.RowsPerSecond,
			"Normal is many read for each that is written; a plain of reads that does not follow the requests is a query without an index.",
			rows("fetched"), rows("inserted"), rows("updated"), rows("deleted")).sized(12, 8),
		draw("Deadlocks within an hour", units.Short,
			"Normal is none; PostgreSQL has ended one of two transactions, and its log names both statements.",
			series{"sum by (datname) (increase(pg_stat_database_deadlocks" + named + "[1h]))", "{{datname}}"}).warning(1).sized(12, 8),
	}
}

func redisPanels() []panel {
	return []panel{
		tell("Redis", units.NoUnit,
			"Normal is that it answers; if not, everything works on with the database alone, slower and with tighter bounds on guessing.",
			series{"min(redis_up)", "server"}).meaning(map[string]state{"0": {"does not answer", worse}, "1": {"answers", good}}).sized(4, 8),
		tell("Clients", units.Short,
			"Normal is a handful for each pod of a function; none means that they do not reach it (see the network policies).",
			series{"sum(redis_connected_clients)", "clients"}).rounded(0).sized(4, 8),
		draw("Keys that were found", units.PercentUnit,
			"Normal is what it was last week; a fall follows a start with an empty memory, and mends itself within minutes.",
			series{"sum(rate(redis_keyspace_hits_total" + window + ")) / (sum(rate(redis_keyspace_hits_total" + window + ") + rate(redis_keyspace_misses_total" + window + ")) > 0)", "found"}),
		draw("Commands", units.OpsPerSecond,
			"Normal follows the requests, some commands for each.",
			series{"sum(rate(redis_commands_processed_total" + window + "))", "commands"}),
		draw("Memory", units.BytesIEC,
			"Normal is a level far below maxmemory; at maxmemory keys are thrown out (beside).",
			series{"sum(redis_memory_used_bytes)", "used"}).sized(12, 8),
		draw("Keys that were thrown out within an hour", units.Short,
			"Normal is none; counters of guesses are among what is lost, so give Redis more memory.",
			series{"sum(increase(redis_evicted_keys_total[1h]))", "thrown out"}).warning(1).sized(12, 8),
	}
}
