// Package me tells a caller of the administration API who they are and what they may
// do where, so that the dashboard shows nothing that would be refused.
package me
