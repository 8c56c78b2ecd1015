// Package drill restores for practice, and proves it by a sign-in.
//
// It has what one has after a disaster: the store and an identity. From the latest
// bundle of the configuration it takes the master keys and Hydra's, from the
// backups the cluster as it was last. On a server of its own it looks whether the
// restored database says what the living one had said, and whether the restored
// keys verify a token that was signed before; then it starts Hydra and Authway on
// it, and signs somebody in through the pages. What came of it is signed with the
// restored key and left in the store, where maintenance finds it.
//
// Nothing leaves it: mail goes to a mailbox of its own, events nowhere, and all
// that was restored is removed at the end.
package drill
