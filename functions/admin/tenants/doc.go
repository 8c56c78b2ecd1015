// Package tenants administers tenants: that there are any, how they look, what they
// demand of their people, which roles applications can be told of, and who
// administers them.
//
// It decides what may be asked for and records it. What a setting means is decided
// where it acts, in the functions that people meet: they read the tenant for each
// request, so that a change needs no message to anybody.
//
// A tenant's picture is looked at here and nowhere else (picture.go). Whoever serves
// it believes its media type.
package tenants
