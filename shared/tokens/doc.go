// Package tokens signs and verifies JSON Web Tokens (RFC 7519) with the keys of
// package keyring: the one door to golang-jwt.
//
// Every kind of token has a typ of its own (RFC 8725, section 3.11), so that one
// is never taken for another. What verifies a token is looked up by its kid among
// our own keys, and the algorithm is the key's and never what the token says
// (RFC 8725, section 3.1): none does not exist here, and nobody's public key is
// taken for a secret.
//
// Every token that is refused is ErrRefused: its cause is for the log, and tells
// whoever showed the token nothing.
package tokens
