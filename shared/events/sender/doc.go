// Package sender says whether an event was sent by somebody whom the cluster lets
// send it: Knative Eventing's sender authentication. A source, a Broker or a
// Trigger shows an OpenID Connect token of the cluster, made for the audience that
// its sink has published in status.address.audience. Only maintenance imports it.
//
// # What is checked
//
// The token's issuer, audience, time and asymmetric signature (OpenID Connect
// Core 1.0, section 3.1.3.7). Not who in the cluster it was made for: an
// EventPolicy can say that, and the network policy does.
//
// # The network
//
// Nothing is asked before the first event comes, so that a cold start does not
// wait, and what failed is asked anew with the next: an issuer that is down is
// ErrUnavailable, which the sender tries again. Where the cluster's certificate
// authority is mounted, it alone is believed, so that the mounted token is shown to
// the cluster's own servers and to nobody else.
package sender
