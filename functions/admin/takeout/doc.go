// Package takeout is what all answers have in common that last as long as somebody reads
// them: files that are taken away, and streams. It bounds how many there are at once,
// cuts off who does not read, and keeps what strangers have written from running in the
// program that opens the file. What is in them is the business of the areas.
package takeout
