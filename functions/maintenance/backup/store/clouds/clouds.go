// Package clouds links the drivers of object storage: S3, Google Cloud Storage and
// Azure Blob Storage. They are 30 MB of program, so that only those import it who
// keep backups there.
package clouds

import (
	_ "gocloud.dev/blob/azureblob" // azblob://
	_ "gocloud.dev/blob/gcsblob"   // gs://
	_ "gocloud.dev/blob/s3blob"    // s3://
)
