// Package envelope wraps what leaves for storage: compressed (zstd), then
// encrypted for public keys (age), so that who wrote it cannot read it.
//
// It streams: nothing is held but buffers of a fixed size. An envelope that was
// changed, cut off or made for somebody else is an error of its own, before a
// byte of it that is not authentic is handed out.
package envelope
