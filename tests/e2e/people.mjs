// Remembered consent belongs to the account, so a journey that gives any has an account of its own.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { authorization } from './application.mjs';
import { home } from './endpoints.mjs';
import { code } from './mailbox.mjs';
import { Visitor } from './visitor.mjs';

const random = () => randomBytes(5).toString('hex');

/** Somebody who has no account. */
export function stranger() {
  return { name: 'Ada Lovelace', email: `ada-${random()}@example.org`, password: `horse staple ${random()}` };
}

/** Somebody who has an account and has not used it yet. */
export async function person() {
  const someone = stranger();
  const visitor = new Visitor();
  const { url } = await authorization({ prompt: 'registration' });
  const asked = await visitor.submit(await visitor.open(url), someone);
  assert.equal(asked.url.pathname, '/login/verify');
  const { url: reached } = await visitor.submit(asked, { code: await code(someone.email) }, { until: `${home}/consent` });
  assert.ok(reached.href.startsWith(`${home}/consent`), `registering led to ${reached.pathname}, not to consent`);
  return someone;
}
