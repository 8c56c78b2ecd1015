// The program dashboards writes what Grafana shows of Authway: seven dashboards, as the JSON that Grafana reads.
//
// They are written in Go because a dashboard is code that nobody runs until it is needed: here a panel without a unit,
// without a sentence about what is normal, or over another one does not pass the tests. The types are Grafana's own
// (grafana-foundation-sdk), so that a field it does not know cannot be written.
//
// What holds for all of them:
//
//   - A state is read from a series. Where the series is missing the panel says so; nothing is green by default.
//   - A single figure is asked for at this moment (an instant query): the last value of a range would go on showing
//     what a process said before it vanished.
//   - Labels that the scrape adds are summed over and never selected. Series of the functions are told by their label
//     function, because other programs have series of the same names.
//   - Expressions stand in targets[].expr of each panel, and name their language in targets[].datasource.type
//     (prometheus or loki). The variables in them are $__rate_interval, $__range and, in LogQL, $__auto.
package main
