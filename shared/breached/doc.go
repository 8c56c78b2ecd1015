// Package breached knows passwords that have been seen in breaches, without a
// network and without the list itself.
//
// A list of SHA-1 sums, in the form that Have I Been Pwned publishes (a sum in
// hexadecimal on a line, anything after a colon ignored), is built into a Bloom
// filter: 12 bits for each entry and 8 probes give a false alarm for one good
// password in about 300 (FalseAlarms), and never miss a listed one.
//
// Pods share no disk, so the filter is kept in PostgreSQL. It is made of blocks
// of 4 KiB and all probes of one password are in one block: a check reads one
// row. A new list is loaded beside the old one and takes its place in one
// step.
//
// SHA-1 names entries here because the published lists use it; nothing is
// protected by it.
package breached
