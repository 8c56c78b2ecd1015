// Package images builds the images that are deployed, as `make images` does, and
// looks at what a registry then has of them.
//
// It is a module of its own: a registry in this process and the means to read it
// are needed by nothing that is deployed. No Docker, no network and no base image
// from elsewhere: a registry on loopback holds an empty base.
package images
