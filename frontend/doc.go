// Package frontend holds the built browser files: the static pages and the assets they load, for the
// edge to serve. The pages a function draws itself are in package pages.
//
// Without a build by Node the package compiles and is empty; Built tells which.
package frontend
