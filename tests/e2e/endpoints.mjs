// The running system, as run.mjs hands it over.

import assert from 'node:assert/strict';

const { AUTHWAY_ENDPOINTS } = process.env;
assert.ok(AUTHWAY_ENDPOINTS, 'AUTHWAY_ENDPOINTS is empty: the journeys are run by "npm test"');

/** The addresses of the system, and its first accounts. */
export const endpoints = JSON.parse(AUTHWAY_ENDPOINTS);
export const home = endpoints.url;
