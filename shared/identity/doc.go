// Package identity is who a person is at other OpenID Connect providers: links
// between an account and an issuer's subject.
//
// A subject of an issuer belongs to one account of a tenant at the most. The
// address beside it is a note for the person; nothing is ever found by it. On
// what proof a link may be made is for the caller to know.
package identity
