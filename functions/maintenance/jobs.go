package maintenance

import (
	"math/rand/v2"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/functions/maintenance/mail"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/outbox"
)

// jobs are all that maintenance does, in the order they are listed in.
func jobs(s settings, c clock.Clock, registry prometheus.Registerer) []job.Job {
	deliverer := &mail.Deliverer{
		Outbox: outbox.Store{DB: s.db, Box: s.box, Clock: c},
		Sender: mail.Sender{Server: s.server, From: s.from},
		Public: s.public, Clock: c, Chance: rand.Float64,
	}
	deliverer.Register(registry)
	return []job.Job{deliverer.Job()}
}

// find returns the job of a name.
func find(all []job.Job, name string) (job.Job, bool) {
	for _, j := range all {
		if j.Name == name {
			return j, true
		}
	}
	return job.Job{}, false
}
