// Package mailbox receives every mail that a local Authway sends, and shows it.
//
// Its SMTP server listens on loopback, takes anything from anybody and delivers
// nothing. Mails live in memory and go with the process; old ones make room for
// new ones. The page and the list hold sign-in codes and recovery links:
// whoever mounts them decides who may see those.
package mailbox
