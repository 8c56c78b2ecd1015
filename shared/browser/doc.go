// Package browser is what the functions that meet people share: cookies, the
// two ways to send a browser on, and pages that say what went wrong.
//
// # Sending on
//
// A page's script is told where to go in JSON. A plain form post is answered
// with a 200 page that refreshes to the next address, never with a redirect:
// the policy form-action 'self' stops a browser from following a form's
// redirect to another origin, and the application is one.
//
// # Errors on forms
//
// A handler that has understood a form keeps the view of it with Keep. If it
// then returns an error, the same form is shown again with what was typed and
// the error in it; without Keep the error has a page of its own.
package browser
