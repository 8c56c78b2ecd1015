// A journey is a test that is one visit. Each file has a browser of its own.

import { after, test } from 'node:test';
import { close, visiting } from './browser.mjs';

export { networkFailure, status } from './browser.mjs';
export { endpoints, home } from './endpoints.mjs';

after(close);

/** `options` are those of visiting. */
export function journey(name, options, visit) {
  test(name, () => visiting(options, visit));
}

/** The two ways a person may browse, for journeys that have to work in both. */
export const browsers = [
  { how: 'with script', options: {} },
  { how: 'without script', options: { javaScriptEnabled: false } },
];
