// A single-page application on another origin: its own script redeems the code, asks who came, renews and
// revokes, with nothing but fetch. The browser's CORS checks are what is tested.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before } from 'node:test';
import { endpoints, home, journey } from '../harness.mjs';
import { person } from '../people.mjs';
import { signIn } from '../steps.mjs';

const application = createServer((request, response) => {
  response.writeHead(request.url === '/favicon.ico' ? 204 : 200, { 'content-type': 'text/html' });
  response.end('<!doctype html><title>Single page</title><main><h1>Single page</h1></main>');
});

let origin;

before(async () => {
  application.listen(0, '127.0.0.1');
  await once(application, 'listening');
  origin = `http://127.0.0.1:${application.address().port}`;
  assert.notEqual(origin, home);
});

after(() => {
  application.close();
  application.closeAllConnections();
});

async function register(origins) {
  const response = await fetch(`${endpoints.hydra_admin_url}/admin/clients`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Single page',
      skip_consent: true,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      scope: 'openid offline_access email',
      redirect_uris: [`${origin}/`],
      allowed_cors_origins: origins,
      token_endpoint_auth_method: 'none',
    }),
  });
  assert.equal(response.status, 201);
  return (await response.json()).client_id;
}

/** Runs in the page: where to go to sign in. Discovery is read across origins. */
async function begin({ home, client }) {
  const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
  const discovery = await (await fetch(`${home}/.well-known/openid-configuration`)).json();
  await (await fetch(discovery.jwks_uri)).json();
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  sessionStorage.setItem('verifier', verifier);
  const url = new URL(discovery.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client,
    redirect_uri: `${location.origin}/`,
    response_type: 'code',
    scope: 'openid offline_access email',
    state: base64url(crypto.getRandomValues(new Uint8Array(16))),
    code_challenge: base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))),
    code_challenge_method: 'S256',
  });
  return url.href;
}

/** Runs in the page: all that an application does with its code. */
async function redeem({ home, client }) {
  const post = (path, form) => fetch(`${home}${path}`, { method: 'POST', body: new URLSearchParams({ client_id: client, ...form }) });
  const answer = await post('/oauth2/token', {
    grant_type: 'authorization_code',
    code: new URLSearchParams(location.search).get('code'),
    redirect_uri: `${location.origin}/`,
    code_verifier: sessionStorage.getItem('verifier'),
  });
  const tokens = await answer.json();
  const who = await (await fetch(`${home}/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } })).json();
  const renewed = await (await post('/oauth2/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token })).json();
  const revoked = await post('/oauth2/revoke', { token: renewed.refresh_token });
  return { status: answer.status, email: who.email, renewed: Boolean(renewed.access_token), revoked: revoked.status };
}

async function signedIn(page, client) {
  await page.goto(origin);
  await page.goto(await page.evaluate(begin, { home, client }));
  const someone = await person();
  await signIn(page, someone);
  await page.getByRole('heading', { name: 'Single page' }).waitFor();
  return someone;
}

journey('a page of the origin that the client names', {}, async ({ page }) => {
  const client = await register([origin]);
  const someone = await signedIn(page, client);
  assert.deepEqual(await page.evaluate(redeem, { home, client }), { status: 200, email: someone.email, renewed: true, revoked: 200 });
});

journey('a page of an origin that it does not', { expected: [/CORS policy/, /Failed to load resource/] }, async ({ page }) => {
  const client = await register(['https://elsewhere.example']);
  await signedIn(page, client);
  await assert.rejects(page.evaluate(redeem, { home, client }), /Failed to fetch/);
});
