// Package applications is the area of the administration API that looks after OAuth
// 2.0 clients: what is registered with Hydra, their secrets, their tokens, and how
// they differ from what a file declares.
//
// Hydra keeps the registrations, those of all tenants in one list, and nothing else
// of this is its business. So every answer is held against the tenant in the path: an
// application of another tenant is not there.
//
// # Who may change what
//
// Whoever may change where an application sends people, or its secret, can act as it.
// So it takes an owner to change one that asks nobody for consent or that has scopes
// of this API, and an owner of all tenants if those reach further than the tenant
// (client.Reach). To take something away from one, an operator does.
//
// # Two at once
//
// A change holds client.Lock from its first look at the registration until it is
// recorded and Hydra has answered, and is refused when the registration is no longer
// the one that was shown.
package applications
