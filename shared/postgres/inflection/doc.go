// Package inflection stands in for github.com/jinzhu/inflection, which bun asks for the plural of a model's
// name when the model does not name its table. Every model of Authway does. The original compiles some sixty
// regular expressions when the process starts, one millisecond of every cold start, used or not; go.mod
// replaces it by this one.
//
// A model that forgets to name its table gets its own name in the singular, and the first query fails: there
// is no such table.
package inflection
