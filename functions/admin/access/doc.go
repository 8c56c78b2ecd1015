// Package access decides who may do what in the administration API, before any
// handler runs, and writes down what was done.
//
// # The gate
//
// A request passes in this order: it belongs to an operation of the OpenAPI
// document; somebody asks (a session's cookie, or a program's token); they may
// (the operation's Rule, for the tenant in the path); what destroys or reveals asks
// for a recent second factor; and what they sent is what the document allows. So a
// stranger learns nothing of the document's rules, and a handler never sees a
// request that breaks them.
//
// # Who asks
//
// A person has roles in package administrator, read for each request: what is taken
// away is gone with the next one. A program shows an access token of the client
// credentials grant. Its client belongs to a tenant by its registration and reaches
// that one alone, unless the registration says that it reaches all (hydra.AllTenantsKey).
// Tokens of people are refused whatever their scopes: an application that somebody
// has let in must not administer in their name.
//
// # The record
//
// Record adds an audit event in the transaction of the change, so that a change
// whose record fails does not happen.
package access
