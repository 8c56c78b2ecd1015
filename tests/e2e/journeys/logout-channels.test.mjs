// Applications that want to hear of a sign-out are told by a frame on the page that Hydra shows on the way
// (OpenID Connect Front-Channel Logout 1.0). Whether a browser loads the frame, only a browser can tell: a
// policy of ours on that page would block it, and the person would stay signed in there.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before } from 'node:test';
import { authorization } from '../application.mjs';
import { browsers, endpoints, home, journey } from '../harness.mjs';
import { person } from '../people.mjs';
import { button, heading, signIn } from '../steps.mjs';

const client = {};
let frames = [];

const application = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://application');
  if (pathname === '/front') frames.push({ searchParams, destination: request.headers['sec-fetch-dest'] });
  response.writeHead(pathname === '/favicon.ico' ? 204 : 200, { 'content-type': 'text/html' });
  response.end('<!doctype html><title>Elsewhere</title><main><h1>Elsewhere</h1></main>');
});

before(async () => {
  application.listen(0, '127.0.0.1');
  await once(application, 'listening');
  const at = (path) => `http://127.0.0.1:${application.address().port}${path}`;
  client.redirect_uri = at('/callback');
  client.bye = at('/bye');
  const response = await fetch(`${endpoints.hydra_admin_url}/admin/clients`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Elsewhere',
      skip_consent: true,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      scope: 'openid offline_access profile email',
      redirect_uris: [client.redirect_uri],
      post_logout_redirect_uris: [client.bye],
      frontchannel_logout_uri: at('/front'),
      frontchannel_logout_session_required: true,
      token_endpoint_auth_method: 'none',
    }),
  });
  assert.equal(response.status, 201);
  client.id = (await response.json()).client_id;
});

after(() => {
  application.close();
  application.closeAllConnections();
});

/** Signs somebody in at the application and returns what it was given. */
async function signedIn(page) {
  // Hydra's page names no icon, and the browser looks for one where there is none.
  await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }));
  const someone = await person();
  const request = await authorization({ client_id: client.id, redirect_uri: client.redirect_uri });
  await page.goto(request.url);
  await signIn(page, someone);
  await heading(page, 'Elsewhere').waitFor();
  frames = [];
  return request.redeem(page.url());
}

function told(tokens) {
  assert.equal(frames.length, 1, 'the application was not told once');
  const [{ searchParams, destination }] = frames;
  assert.equal(destination, 'iframe');
  assert.deepEqual(Object.fromEntries(searchParams), { iss: home, sid: tokens.claims().sid });
}

for (const { how, options } of browsers) {
  journey(`${how}: signing out of an application tells it in a frame, and leads back to it`, options, async ({ page }) => {
    const tokens = await signedIn(page);
    const query = new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: client.bye, state: 'bye' });
    await page.goto(`/oauth2/sessions/logout?${query}`);
    await heading(page, 'Sign out?').waitFor();
    await button(page, 'Sign out').click();
    await page.waitForURL(`${client.bye}?state=bye`);
    told(tokens);
  });

  journey(`${how}: signing out without an application tells it as well, and ends at a page of ours`, options, async ({ page }) => {
    const tokens = await signedIn(page);
    await page.goto('/oauth2/sessions/logout');
    await heading(page, 'Sign out?').waitFor();
    await button(page, 'Sign out').click();
    await heading(page, 'You are signed out').waitFor();
    told(tokens);
  });
}
