// Package admin will be the administration API. So far it is a function in its
// shape: it starts, says whether its database answers, and stops.
package admin
