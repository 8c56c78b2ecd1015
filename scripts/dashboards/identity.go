package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

func identity() board {
	return board{
		name: "identity", title: "Identity",
		about: "Who gets in and how, what applications are given, and whether what proves it is in order.",
		rows: []row{
			{"Sign-ins", methodPanels()},
			{"Tokens and consents", tokenPanels()},
			{"Accounts", accountPanels()},
			{"Keys, mail and events", keyPanels()},
			{"Audit log", []panel{
				logLines("Audit events",
					"Normal is what people and administrators do; nothing for hours, with sign-ins above, means that events do not reach the log.",
					`{app="authway-backend"} | json | msg="audit"`).sized(24, 12),
			}},
		},
	}
}

const failures = `authway_sign_ins_total{outcome="failure"}`

func methodPanels() []panel {
	return []panel{
		draw("Successful sign-ins per minute", units.CountsPerMinute,
			"Normal is a curve like yesterday's; one method that stops alone is broken, all of them are the edge, the database or Hydra.",
			series{perMinute("method", `authway_sign_ins_total{outcome="success"}`), "{{method}}"}).stacked(),
		draw("Failed sign-ins per minute", units.CountsPerMinute,
			"Normal is a tenth of the successful ones; many with passwords are somebody who guesses, many with a provider are its outage.",
			series{perMinute("method", failures), "{{method}}"}).stacked(),
		draw("Sign-ins that failed", units.PercentUnit,
			"Normal is below a fifth; three of four, with one in two seconds, are an alert: see which method, and who in the audit log.",
			series{share("method", failures, "authway_sign_ins_total"), "{{method}}"}).warning(0.75),
		draw("Second factors per minute", units.CountsPerMinute,
			"Normal are few failures; many for one kind are clocks that run wrong, or somebody who has passwords already.",
			series{perMinute("method, outcome", `authway_sign_ins_total{method=~"totp|passkey|recovery_code"}`), "{{method}} {{outcome}}"}),
		draw("Refused by a limit per minute", units.CountsPerMinute,
			"Normal are a few; the limit of one account is somebody who guesses at it, that of an address may be an office.",
			series{perMinute("limit", "authway_rate_limited_total"), "{{limit}}"}),
		draw("Living sessions", units.Short,
			"Normal is a slow wave over the day; a sudden fall means that sessions were ended, and the audit log says by whom.",
			series{"max(active_sessions_total)", "sessions"}),
	}
}

func tokenPanels() []panel {
	byCode := func(route string) series {
		return series{perSecond("code", requests(`route="`+route+`"`)), "{{code}}"}
	}
	return []panel{
		draw("Token endpoint", units.RequestsPerSecond,
			"Normal is 200 with some 400 of refresh tokens that are used up; 401 are secrets that are wrong, 5xx are ours.",
			byCode("POST /oauth2/token")).stacked(),
		draw("Introspection", units.RequestsPerSecond,
			"Normal is 200; 401 is a resource server whose secret is wrong or was renewed.",
			byCode("POST /token/introspect")).stacked(),
		draw("Revocations and exchanges", units.RequestsPerSecond,
			"Normal is little of both; a burst of revocations is an application that signs everybody out.",
			series{perSecond("route, code", requests(`route=~"POST /(oauth2/revoke|token/exchange)"`)), "{{route}} {{code}}"}),
		draw("Consent pages per minute", units.CountsPerMinute,
			"Normal is one answer for nearly each page that is shown; pages without answers are people who do not like what they are asked.",
			series{perMinute("route", requests(`route=~"(GET|POST) /consent"`)), "{{route}}"}).sized(12, 8),
		draw("Applications taken back per minute", units.CountsPerMinute,
			"Normal is next to none; a burst is an application that has lost people's trust.",
			series{perMinute("code", requests(`route="DELETE /api/account/apps/{id}"`)), "{{code}}"}).sized(12, 8),
	}
}

func accountPanels() []panel {
	const done = `, code=~"[23].."`
	return []panel{
		draw("Registrations and recoveries per minute", units.CountsPerMinute,
			"Normal is a curve like yesterday's, of forms that were answered without an error; a burst of one of them is a program.",
			series{perMinute("route", requests(`route=~"POST /(register|login/(verify|confirm|recover|recover/password|invited|restore))"`+done)), "{{route}}"}).sized(12, 8),
		draw("Account changes per minute", units.CountsPerMinute,
			"Normal is little; a burst of changed passwords and addresses by many people at once is worth a look at the audit log.",
			series{perMinute("route", requests(`route=~"(POST|PUT|PATCH|DELETE) /api/account(/.*)?", route!~".*/apps/.*"`+done)), "{{route}}"}).sized(12, 8),
	}
}

func keyPanels() []panel {
	return []panel{
		draw("Age of the keys that sign", units.DurationSeconds,
			"Normal is a saw that falls back at each turn; one that does not fall is overdue beside, or is not turned by choice (Hydra's).",
			series{largest("use", "authway_key_age_seconds"), "{{use}}"}),
		draw("Turns that are overdue", units.DurationSeconds,
			"Normal is 0; after 6 hours look at the runs of keys.rotate, because tokens are signed with a key that should have gone.",
			series{largest("use", "authway_key_overdue_seconds"), "{{use}}"}).above(keyWarn, keyAlarm),
		draw("Unsealed part of the audit log", units.Seconds,
			"Normal is below 10 minutes; after an hour look at the runs of audit.seal: what is not sealed could be changed without a trace.",
			series{"max(authway_audit_unsealed_age_seconds)", "oldest that no seal covers"},
			series{age("", "authway_audit_sealed_timestamp_seconds"), "since the last seal's moment"}).above(sealWarn, sealAlarm),
		draw("Outbox, what waits", units.Short,
			"Normal is nothing for long; mail that piles up has a mail server that refuses, events have a sink that does.",
			series{largest("kind", "authway_outbox_waiting"), "{{kind}}"}),
		draw("Outbox, age of the oldest that is due", units.Seconds,
			"Normal is below 5 minutes; after 15 people who wait for a code get none: look at the runs of outbox.deliver.",
			series{largest("kind", "authway_outbox_age_seconds"), "{{kind}}"}).above(outboxWarn, outboxAlarm),
		draw("Given up", units.Short,
			"Normal is none; scripts/maintenance.sh dead-letters shows the events, and mail that was given up was refused by its receiver for days.",
			series{"max(authway_dead_letters)", "events nobody has looked at"}, series{largest("kind", "authway_outbox_dead"), "{{kind}} in the outbox"}).warning(1),
	}
}
