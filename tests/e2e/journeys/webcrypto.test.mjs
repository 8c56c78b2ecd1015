// A browser verifies Authway's tokens with what it has on board (Web Cryptography API), and with the JWKS alone.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { home, journey, status } from '../harness.mjs';

const sign = resolve(dirname(fileURLToPath(import.meta.url)), '../sign');

/** Runs in the page. */
async function verified(token) {
  const { keys } = await (await fetch('/.well-known/authway/jwks.json')).json();
  const [header, claims, signature] = token.split('.');
  const bytes = (text) => Uint8Array.fromBase64?.(text, { alphabet: 'base64url' })
    ?? Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  const { kid, alg, typ } = JSON.parse(new TextDecoder().decode(bytes(header)));
  const key = await crypto.subtle.importKey(
    'jwk', keys.find((one) => one.kid === kid), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'],
  );
  const holds = (text) => crypto.subtle.verify(
    { name: 'ECDSA', hash: 'SHA-256' }, key, bytes(signature), new TextEncoder().encode(text),
  );
  return {
    alg, typ, keys: keys.length, holds: await holds(`${header}.${claims}`), forged: await holds(`${header}.${claims}A`),
  };
}

// The page is one of the issuer's origin, for no sign-in: it asks for one, and there is none.
journey('WebCrypto accepts a token by the keys of the JWKS', { expected: [status(404)] }, async ({ page }) => {
  const { stdout } = await promisify(execFile)('go', ['run', sign]);
  await Promise.all([page.waitForResponse('**/api/login/flow?*'), page.goto(`${home}/login`)]);
  const found = await page.evaluate(verified, stdout.trim());
  assert.deepEqual(found, { alg: 'ES256', typ: 'at+jwt', keys: 2, holds: true, forged: false });
});
