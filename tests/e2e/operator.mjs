// Somebody who administers, signed in at the browser of a journey.

import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { home } from './endpoints.mjs';

const run = promisify(execFile);

/**
 * Makes an operator with a role ('owner' unless it says otherwise) for a tenant, or for all, and signs the context in
 * as them, with two factors a moment ago. `methods: 'pwd'` is a sign-in with a password alone, so that what asks for a
 * second factor does.
 * Returns { id, name, email, password }.
 */
export async function operator(context, { role = 'owner', tenant = '', home: of = 'default', methods = 'pwd otp mfa' } = {}) {
  const args = ['run', './operate', `-role=${role}`, `-tenant=${tenant}`, `-home=${of}`, `-methods=${methods}`];
  const { stdout } = await run('go', args, { cwd: dirname(import.meta.filename), env: process.env });
  const { token, ...someone } = JSON.parse(stdout);
  await context.addCookies([{ name: 'authway_session', value: token, url: home, httpOnly: true, sameSite: 'Lax' }]);
  return someone;
}
