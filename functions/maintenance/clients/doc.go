// Package clients makes Hydra's registrations what a file declares.
//
// The file (CLIENTS_FILE) is YAML, in the words of the administration API. What an
// entry does not speak of is left as it is, except that grant types, response types
// and the way to prove itself follow from the kind:
//
//	applications:
//	  - id: shop
//	    kind: web                    # web, spa, native or machine
//	    tenant: acme                 # the default tenant without it
//	    secretFile: /secrets/shop    # or secretEnv: SHOP_SECRET; never the secret itself
//	    name: Shop
//	    redirectUris: [https://shop.example/callback]
//	    postLogoutRedirectUris: [https://shop.example/]
//	    scopes: [openid, offline_access, email]
//	    claims: {email: [email]}
//	    lifespans: {codeAccess: 900}
//
// Every field of client.Settings can be declared, and passes client.Check. An entry
// that does not fails alone: the others are looked after, and the job fails and says
// which. A file that cannot be read changes nothing.
//
// # What the job does
//
// With CLIENTS_RECONCILE=restore, a registration that differs is mended, and one that
// is gone comes back under its id. With report it stays as it is, and how it differs
// is shown by the dashboard, where somebody can restore it. Applications that leave
// the file live on, and are no longer declared.
//
// A secret is given to Hydra when it differs from the one that was last given, of
// which only a code under the master keys is kept: a secret of people's making is
// undone from a hash. When the code cannot be checked, because the master key is
// gone, the secret is given once more.
package clients
