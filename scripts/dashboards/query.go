package main

import "fmt"

// What a rate is taken over: long enough for any scrape interval, as Grafana works it out.
const window = "[$__rate_interval]"

// requests selects the requests to the functions. Hydra has a series of the same name, without the label function.
func requests(matchers string) string { return ours("http_requests_total", matchers) }

// durations selects the histogram of how long they took.
func durations(matchers string) string { return ours("http_request_duration_seconds_bucket", matchers) }

func ours(series, matchers string) string {
	if matchers != "" {
		matchers = ", " + matchers
	}
	return series + `{function!=""` + matchers + "}"
}

const (
	failed = `code=~"5.."`
	// Streams and files last as long as somebody takes them, and an event as long as its job: neither is slow.
	answered = `function!="maintenance", route!~".*/(stream|export)"`
)

// perSecond is how fast a counter rises, summed over everything but the labels of by.
func perSecond(by, counter string) string {
	return fmt.Sprintf("sum by (%s) (rate(%s%s))", by, counter, window)
}

// perMinute is for what happens too rarely to be counted in seconds.
func perMinute(by, counter string) string { return "60 * " + perSecond(by, counter) }

// share is the part of a whole that is part of a counter. It is 0 where the whole rises and no part of it has a
// series, and nothing where the whole stands still: a ratio of no requests is no ratio.
func share(by, part, whole string) string {
	return fmt.Sprintf("(%[1]s or 0 * %[2]s) / (%[2]s > 0)", perSecond(by, part), perSecond(by, whole))
}

// quantile estimates the time that a share of requests has stayed below.
func quantile(q float64, by, buckets string) string { return quantileOver(q, by, buckets, window) }

func quantileOver(q float64, by, buckets, window string) string {
	return fmt.Sprintf("histogram_quantile(%g, sum by (le, %s) (rate(%s%s)))", q, by, buckets, window)
}

// age is the time since a moment that a series tells. Two exporters overlap while one follows the other: the later
// moment counts.
func age(by, moment string) string { return fmt.Sprintf("time() - max by (%s) (%s)", by, moment) }

// largest is what the exporter says, whichever process of it.
func largest(by, series string) string { return fmt.Sprintf("max by (%s) (%s)", by, series) }

// workload sums over the pods of one function, Deployment, StatefulSet or Job: the names of pods come and go.
func workload(aggregation, perPod string) string {
	const pod = `(.+?)(-[0-9]{5}-deployment)?(-[a-z0-9]{6,10})?(-[a-z0-9]{5}|-[0-9]+)?`
	return fmt.Sprintf(`%s by (workload) (label_replace(%s, "workload", "$1", "pod", "%s"))`, aggregation, perPod, pod)
}
