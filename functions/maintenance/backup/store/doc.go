// Package store is where backups are kept: objects under names, in a directory
// (file:///path) or in object storage (s3://, gs://, azblob://).
//
// An object is there whole or not at all, and durably when Write returns: what is
// acknowledged to PostgreSQL afterwards may be forgotten by it. Nothing is written
// twice under one name. The drivers of object storage are linked by the program
// (package clouds); a directory is always known.
package store
