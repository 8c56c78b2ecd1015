package journal

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Work is a job that maintenance knows, as everybody else needs to know it.
type Work struct {
	Name string
	// Cron is when a cluster tells it to look, in the five fields of cron and in UTC.
	Cron string
	// Every is how often one machine does.
	Every time.Duration
	// About is what it does, in one sentence.
	About string
}

// Catalogue is all of them, in the order in which they are listed. The PingSources of
// the manifests, the ticker of standalone and maintenance itself are held against it.
var Catalogue = []Work{
	{"outbox.deliver", "*/5 * * * *", 10 * time.Second, "Sends the mail that waits."},
	{"events.publish", "*/5 * * * *", 10 * time.Second, "Sends domain events to whoever subscribes."},
	{"sessions.clean", "*/10 * * * *", 10 * time.Minute, "Removes sessions, sign-ins, codes and delivered mail that are over."},
	{"hydra.clean", "45 * * * *", time.Hour, "Removes what Hydra leaves behind."},
	{"accounts.purge", "20 * * * *", time.Hour, "Removes accounts whose grace is over."},
	{"audit.roll", "35 * * * *", time.Hour, "Makes months of the audit log ahead, and drops those that are kept no longer."},
	{"audit.seal", "*/5 * * * *", 10 * time.Second, "Seals what was written to the audit log, and signs how far."},
	{"audit.verify", "35 * * * *", time.Hour, "Holds the audit log against its seals and their signatures, once a day."},
	{"database.vacuum", "55 * * * *", time.Hour, "Vacuums the database, once a day."},
	// At the first start there is no list of breached passwords yet.
	{"breached.refresh", "25 * * * *", time.Hour, "Loads the list of breached passwords, once a week."},
	{"health.sweep", "*/5 * * * *", time.Minute, "Asks PostgreSQL, Hydra and the mail server whether they answer."},
	// At the first start there is no key to sign with yet.
	{"keys.rotate", "*/10 * * * *", time.Hour, "Turns the keys that tokens are signed with."},
	// At the first start nothing that is declared is registered yet.
	{"clients.reconcile", "30 * * * *", time.Hour, "Makes applications what the file of applications declares."},
	{"secrets.reencrypt", "15 * * * *", time.Hour, "Brings what is sealed under the first master key."},
	// At the first start there is no backup yet.
	{"backup.full", "0 2 * * *", time.Hour, "Copies the whole server, once a day."},
	{"backup.incremental", "*/15 * * * *", 5 * time.Minute, "Copies what was written since."},
	{"backup.config", "10 2 * * *", time.Hour, "Copies settings, secrets and keys, once a day."},
	{"backup.prune", "0 4 * * *", time.Hour, "Removes backups that no restore needs any more."},
	{"backup.verify", "7 5 * * *", time.Hour, "Reads backups back."},
	{"restore.evidence", "50 * * * *", time.Hour, "Takes in what restores for practice have proved."},
}

// WorkNamed is the job of a name.
func WorkNamed(name string) (Work, bool) {
	if i := slices.IndexFunc(Catalogue, func(w Work) bool { return w.Name == name }); i >= 0 {
		return Catalogue[i], true
	}
	return Work{}, false
}

// Next is when a cluster tells the job to look for the first time after a moment.
func (w Work) Next(after time.Time) time.Time {
	fields := strings.Fields(w.Cron)
	at := after.UTC().Truncate(time.Minute)
	// All of them look at least once a day.
	for range 24*60 + 1 {
		if at = at.Add(time.Minute); fits(fields[0], at.Minute()) && fits(fields[1], at.Hour()) {
			break
		}
	}
	return at
}

// fits reads what the catalogue has: a number, * and */n.
func fits(field string, value int) bool {
	if field == "*" {
		return true
	}
	if step, ok := strings.CutPrefix(field, "*/"); ok {
		n, err := strconv.Atoi(step)
		return err == nil && n > 0 && value%n == 0
	}
	n, err := strconv.Atoi(field)
	return err == nil && n == value
}
