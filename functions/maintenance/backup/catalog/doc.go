// Package catalog knows what a store holds and what can be restored from it.
//
// A base backup counts when its description is there. The WAL after it is a chain
// as long as no segment is missing; where a timeline was left for another, the
// chain goes on there. A window is the times that can be restored: from the end of
// a base backup to where its chain ends. The catalog is read from a listing and
// the few descriptions; it opens nothing that is encrypted but the histories of
// timelines, whose text is not secret and is kept in the clear.
//
// What may be removed is decided here and nowhere else: nothing that a younger
// restore needs.
package catalog
