// Package breaches keeps the list of breached passwords (shared/breached)
// young.
//
// refresh.go is the job breached.refresh: due at once when there is no list,
// and every week when BREACHED_URL names one. source.go fetches a list from
// there. sample.go is the list that Authway brings along, which counts until
// there is another: a few hundred passwords that everybody tries first.
//
// command.go makes a list out of what others publish: a file of sums is read
// as a stream, so that the largest one needs no more memory than the smallest.
package breaches
