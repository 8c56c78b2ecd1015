// Package maintenance will receive the cron-driven events that keep the system
// clean. So far it is a function in its shape: it starts, says whether its
// database answers, and stops.
package maintenance
