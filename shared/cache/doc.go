// Package cache is the door to Redis. Redis holds only what can be had elsewhere: losing it makes Authway
// slower, never wrong. So it is opened lazily, its time limits are short, and after it failed to answer it
// is left alone for a second: a person waits for a dead cache once, not once per look-up.
//
// Callers treat an error as a miss. Every entry expires, because an entry that does not is a second truth.
//
// Behind Sentinels a fail-over may lose what was acknowledged in its last moment, because Redis replicates after it has
// answered: an entry that was deleted or raised just then is believed once more, until it expires.
//
// Ring 2: it imports clock, of its own ring nothing. It is the only package that knows go-redis.
package cache
