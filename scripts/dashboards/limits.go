package main

// From when on a figure is marked. Red is where knative/components/monitoring/prometheus/alerts.yml has a critical
// alert, orange where it has a warning or where nobody is told yet.
const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour

	// A full backup is made once a day.
	fullWarn, fullAlarm = 25 * hour, 26 * hour
	// Increments are copied every 15 minutes.
	walWarn, walAlarm = 30 * minute, hour
	// Backups are read back once a day, and the configuration is copied once a day.
	dailyWarn, dailyAlarm = 26 * hour, 2 * day
	// WAL that is kept back beyond this is not being fetched.
	slotWarn = 1 << 30
	// The drill is on Sundays.
	drillWarn, drillAlarm = 8 * day, 14 * day
	// What a lost server may cost, and how long it may take until people sign in again.
	rpoWarn, rpoAlarm = hour, 4 * hour
	rtoWarn, rtoAlarm = 20 * minute, 30 * minute

	// Jobs that deliver look every 5 minutes.
	outboxWarn, outboxAlarm = 10 * minute, 15 * minute
	// Parts are asked, and the audit log is sealed, every 5 minutes.
	sweepWarn, sweepAlarm = 10 * minute, 15 * minute
	sealWarn, sealAlarm   = 15 * minute, hour
	// A key that should have been followed.
	keyWarn, keyAlarm = hour, 6 * hour

	errorsWarn, errorsAlarm = 0.01, 0.05
	hooksAlarm              = 0.01
	// Seconds that 95 of 100 requests stay below.
	slowWarn        = 2
	memoryWarn      = 0.8
	volumeWarn      = 0.85
	restartsWarn    = 3
	connectionsWarn = 0.2
)
