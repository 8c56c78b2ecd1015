// Package consent asks a person what an application may have, as the consent
// provider of Ory Hydra.
//
// Most visits need no page: a first-party application (skip_consent) and a
// remembered grant go on at once. Hydra checks neither that what is granted was
// requested nor that the client is registered for it, so visit.go does, on
// every path.
//
// The function signs nobody in. Whose consent it is comes from Hydra's
// challenge, which Hydra binds to the browser by a cookie of its own. Only where
// people look at what they have let in (apps.go) does the session cookie tell.
package consent
