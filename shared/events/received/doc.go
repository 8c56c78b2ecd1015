// Package received reads the CloudEvents that are posted to us, in the binary
// and in the structured mode of the HTTP binding, with the SDK: this is its one
// door. Only maintenance imports it.
//
// An event's data is read and dropped: nothing of ours acts on it. Batches are
// refused; no Knative source or Broker sends them.
package received
