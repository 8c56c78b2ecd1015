// Package pages draws the pages that login and consent answer with: a View goes in, HTML comes out.
//
// The templates are made by the front end's build from the same React components the browser runs. A
// View is both the template's data and, as JSON inside the page, what React hydrates from, so the two
// cannot disagree. Nothing is parsed before a page is first drawn: the package is linked by functions
// whose cold start matters.
package pages
