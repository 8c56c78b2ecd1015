// Package breached knows passwords that have been seen in breaches, without a
// network and without the list itself.
//
// A list of SHA-1 sums, in the form that Pwned Passwords publishes, is built
// into a Bloom filter and kept in PostgreSQL, because pods share no disk. The
// filter never misses a listed password. It takes a password that is in no list
// for a listed one less than once in ten thousand times (FalseAlarms).
//
// # The arithmetic
//
// A sum sets 14 bits (probes) of one block of 8192, and a block has 20 bits for
// each of its entries. A block of m bits with n entries answers wrongly with
// the chance (1 - e^(-14n/m))^14, which is 6.7e-5 at n = m/20. Sums fall into
// blocks as chance has it, 410 +- 20 in each, and fuller blocks err more than
// emptier ones err less: over all blocks it is 7.4e-5.
//
// That is 2.5 bytes for each entry, 2.4 MiB for a million. Seven rows of 1 KiB
// fill a page of PostgreSQL, so that a billion entries, which is all that have
// been published, take 2.9 GB there, and twice as much while a new list is
// loaded.
//
// # A check
//
// All bits of one password are in one block, and a block is one row: a check is
// one statement that reads the young end of a small table and one row by its
// primary key. It took 0.4 ms beside a list of a million entries, where the
// smallest statement there is took 0.2 ms (BenchmarkBreachedCheck in
// tests/integration/storage).
//
// # A new list
//
// Blocks are in the order of the sums, so that a sorted list is built, sent and
// loaded as a stream, at about 10 MB/s: a billion entries take four minutes. A
// new list is loaded beside the old one, whose place it takes in one step when
// it is complete and its checksum is right.
//
// SHA-1 names entries here because the published lists use it; nothing is
// protected by it.
package breached
