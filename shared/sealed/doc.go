// Package sealed knows everything that is sealed in the database (package seal),
// and changes the master key under it while the system runs.
//
// A new master key is put in front of AUTHWAY_MASTER_KEYS: it seals from then on,
// and the older ones still open. What is kept for long is sealed anew by [Store.Reseal]:
//
//	signing_keys.private_key  for as long as the key signs
//	credentials.totp          for as long as the authenticator app is used
//	credentials.recovery      until the person has said that the codes are kept
//	client_secrets.sealed     while a client has two secrets, a month at the most
//	outbox.payload            of a mail that could not be sent, for ninety days
//
// The rest ages out: sealing it anew would need rights to people's sign-ins and
// sessions, and would save an hour.
//
//	flows.*, answers.*        a day, the life of a sign-in
//	proofs.data               15 minutes, the life of a code
//	sessions.passkey,         an hour after the session was last seen: what an
//	sessions.provider         authenticator or a provider is asked waits ten minutes
//
// [Store.Counts] tells under which key how many values are. An older key may be
// dropped once none is left under it. Codes that were mailed in the last 15
// minutes are authenticated with the master key and not sealed: they are not
// counted, and are asked for again in the worst case.
//
// Within its ring the package imports nobody: what a value is bound to is written
// down here once more, and a test holds it against the stores that seal.
package sealed
