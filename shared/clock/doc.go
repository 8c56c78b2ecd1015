// Package clock makes time an argument. Expiry, rotation and rate limits are decided by comparing
// instants; a package that asks the machine for the hour can be tested only by sleeping or by back-dating
// rows, and then its edges never are.
//
// Ring 0: it imports nothing of ours. It is the only place that may call time.Now (tests apart).
package clock
