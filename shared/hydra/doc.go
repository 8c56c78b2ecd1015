// Package hydra speaks to Ory Hydra's administration API: the one door to
// hydra-client-go.
//
// It turns the API's generated types into the few values that a sign-in,
// consent and logout need, and Hydra's answers into five errors that say what a
// caller can do next. Decisions are made on the status alone: the texts differ
// between versions.
//
// Only fields that every supported version knows are sent: v2.3.0 refuses a
// request that has an unknown one.
package hydra
