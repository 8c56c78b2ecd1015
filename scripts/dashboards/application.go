package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

const errorLines = `{app="authway-backend"} | json | level="ERROR"`

func application() board {
	return board{
		name: "application", title: "Application Performance",
		about: "What the functions answer, how fast, and what it costs them.",
		rows: []row{
			{"Requests", requestPanels()},
			{"Times", timePanels()},
			{"Hydra's hooks", hookPanels()},
			{"Passwords, caches and limits", boundPanels()},
			{"Processes", processPanels()},
			{"Log", []panel{
				draw("Errors in the log per minute", units.CountsPerMinute,
					"Normal is none; each is a line below, and its request_id finds everything about that request.",
					series{"sum by (function) (count_over_time(" + errorLines + " [$__auto]))", "{{function}}"}).fromLogs().sized(24, 6),
				logLines("Errors", "Normal is none; cause or error says what happened, and request_id finds what else was said about the request.", errorLines),
			}},
		},
	}
}

func requestPanels() []panel {
	return []panel{
		draw("Requests by function", units.RequestsPerSecond,
			"Normal is a curve like yesterday's; a step up from one function alone is a program that asks again and again.",
			series{perSecond("function", requests("")), "{{function}}"}).stacked(),
		draw("Requests by status code", units.RequestsPerSecond,
			"Normal are 2xx and 3xx with some 4xx; 5xx are ours to mend, and many 429 are a limit that refuses (below).",
			series{perSecond("code", requests("")), "{{code}}"}).stacked(),
		draw("Requests that failed", units.PercentUnit,
			"Normal is 0; from 5 % on find the route in the list below, and its errors in the log at the end.",
			series{share("function", requests(failed), requests("")), "{{function}}"}).above(errorsWarn, errorsAlarm),
		listOf("Requests by function, route and code", units.Short,
			"Normal is that lines with a code of 500 and above are missing; count is over the time that is chosen above.",
			[]column{{"function", "function", ""}, {"route", "route", ""}, {"code", "code", ""}, {"Value", "count", units.Short}},
			series{"sum by (function, route, code) (increase(" + requests("") + "[$__range])) > 0", ""}).sortedBy("count").rounded(0),
	}
}

func timePanels() []panel {
	slow := func(title string, q float64, about string) panel {
		return draw(title, units.Seconds, about,
			series{"topk(10, " + quantile(q, "route, function", durations("")) + ")", "{{function}} {{route}}"})
	}
	columns := []column{
		{"function", "function", ""}, {"route", "route", ""}, {"Value #A", "p50", units.Seconds},
		{"Value #B", "p95", units.Seconds}, {"Value #C", "p99", units.Seconds}, {"Value #D", "count", units.Short},
	}
	over := func(q float64) series {
		return series{quantileOver(q, "route, function", durations(""), "[$__range]"), ""}
	}
	return []panel{
		slow("Time of half of the requests", 0.5,
			"Normal are thousandths of a second, and tens of them where a password is checked; when all rise together the database is slow."),
		slow("Time of 95 % of the requests", 0.95,
			"Normal is below half a second but for streams and jobs; 2 s are an alert: see whether passwords wait, and the database's locks.").
			warning(slowWarn),
		slow("Time of 99 % of the requests", 0.99,
			"Normal is below 2 s; single peaks are cold starts, a plateau is something that is asked and does not answer.").
			warning(slowWarn),
		listOf("Slowest routes", units.Seconds,
			"Normal is that streams, files and events lead; another route that does is where to look, if its count is more than a few.",
			columns, over(0.5), over(0.95), over(0.99),
			series{"sum by (route, function) (increase(" + ours("http_request_duration_seconds_count", "") + "[$__range])) > 0", ""}).sortedBy("p95"),
	}
}

const hookRoutes = `route=~"POST /hooks/.*"`

func hookPanels() []panel {
	return []panel{
		draw("Hooks", units.RequestsPerSecond,
			"Normal is one for each token that Hydra issues; none while people sign in means that Hydra issues tokens without asking.",
			series{perSecond("route", requests(hookRoutes)), "{{route}}"}),
		draw("Hooks that failed", units.PercentUnit,
			"Normal is 0; Hydra issues no token when its hook fails, so from 1 % on look at the token function's errors at once.",
			series{share("route", requests(hookRoutes+", "+failed), requests(hookRoutes)), "{{route}}"}).alarming(hooksAlarm),
		draw("Time of 95 % of the hooks", units.Seconds,
			"Normal are some thousandths of a second; everybody who waits for a token waits for this, and a cold start is seen here.",
			series{quantile(0.95, "route", durations(hookRoutes)), "{{route}}"}),
	}
}

func boundPanels() []panel {
	return []panel{
		draw("Passwords that are hashed", units.Short,
			"Normal is nobody waiting for long; a line that stays wants more pods of login (see Scale in knative/README.md).",
			series{"sum(authway_password_hashes_running)", "hashed now"}, series{"sum(authway_password_hashes_waiting)", "waiting"}),
		draw("Passwords per second", units.OpsPerSecond,
			"Normal is that none is refused; people who are refused see a page that asks them to come again, so make room for login.",
			series{perSecond("", "authway_password_hashes_total"), "hashed"},
			series{perSecond("", "authway_password_hashes_refused_total"), "refused"}),
		draw("Answers from caches", units.PercentUnit,
			"Normal is what it was last week; a fall to nothing is a Redis that does not answer, and costs the database the difference.",
			series{share("cache", `authway_cache_requests_total{result="hit"}`, "authway_cache_requests_total"), "{{cache}}"}),
		draw("Cache errors", units.OpsPerSecond,
			"Normal is none; with errors everything works on and is slower, so look at Redis on the dashboard Database.",
			series{perSecond("cache", `authway_cache_requests_total{result="error"}`), "{{cache}}"}).more("database"),
		draw("Requests that a limit refused per minute", units.CountsPerMinute,
			"Normal are a few; many are somebody who guesses, or a whole office behind one address (Identity shows who is let in).",
			series{perMinute("limit", "authway_rate_limited_total"), "{{limit}}"}).more("identity"),
		draw("Cold starts", units.Seconds,
			"Normal is below a quarter of a second, from the start of the process to its open port; more than that is a starved node.",
			series{"max by (function) (authway_cold_start_seconds)", "{{function}}"}),
	}
}

func processPanels() []panel {
	return []panel{
		draw("Processes", units.Short,
			"Normal follows the requests; the most that each function may have is in the table Scale of knative/README.md.",
			series{"count by (function) (" + ours("process_start_time_seconds", "") + ")", "{{function}}"}),
		draw("Processes that started within an hour", units.Short,
			"Normal is some for each function that sleeps; many without a rise of requests are pods that fail and start again.",
			series{"count by (function) (" + ours("process_start_time_seconds", "") + " > time() - 3600)", "{{function}}"}).more("infrastructure"),
		draw("Goroutines, in the process with most", units.Short,
			"Normal is a curve that falls back; one that only rises is work that never ends, so take a profile before starting anew.",
			series{"max by (function) (" + ours("go_goroutines", "") + ")", "{{function}}"}),
		draw("Heap, in the process with most", units.BytesIEC,
			"Normal is a saw; teeth that grow from hour to hour are a leak, so take a profile before starting anew.",
			series{"max by (function) (" + ours("go_memstats_heap_alloc_bytes", "") + ")", "{{function}}"}),
		draw("Pauses of the garbage collector", units.Seconds,
			"Normal are fractions of a thousandth of a second on average; more than that is a process without CPU.",
			series{perSecond("function", ours("go_gc_duration_seconds_sum", "")) + " / (" + perSecond("function", ours("go_gc_duration_seconds_count", "")) + " > 0)", "{{function}}"}),
		draw("Resident memory, in the process with most", units.BytesIEC,
			"Normal are some 20 MiB, and 19 MiB more for each password that is hashed at the time; the limit is on the dashboard Infrastructure.",
			series{"max by (function) (" + ours("process_resident_memory_bytes", "") + ")", "{{function}}"}).more("infrastructure"),
	}
}
