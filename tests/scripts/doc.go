// Package scripts runs the scripts that people run: on the real system, on one that
// something is wrong with, and on what a cluster answers. A script that looks for faults
// is held to two things: each fault is named, and without one nothing is.
package scripts
