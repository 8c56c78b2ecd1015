// Package flow carries a sign-in from an application's authorization request
// to the answer that sends the browser back.
//
// Ory Hydra's challenge is about 1.5 kB, is gone after half an hour, and can
// be answered more than once with harm. A Flow is our own record of it: found
// by the hash of the challenge, named by a short id in later URLs, bound to the
// browser that began it, and kept long enough to say "start again" with the
// request that led here.
//
// # One answer for each challenge
//
// Hydra accepts the same challenge twice and gives two verifiers; using both
// breaks the sign-in in the browser. So whoever answers a challenge goes
// through Answers.Once: the first answer is kept under the challenge's hash
// and given again to everybody who asks later, whether it was a double click,
// a second instance or a repeated request.
package flow
