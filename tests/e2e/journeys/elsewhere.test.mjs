// Applications on another origin. A form that is answered with a redirect to one goes nowhere: form-action
// covers the whole chain in Chromium (w3c/webappsec-csp, issue 8). The demo shares our origin and cannot tell.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before } from 'node:test';
import { authorization } from '../application.mjs';
import { browsers, endpoints, home, journey } from '../harness.mjs';
import { person } from '../people.mjs';
import { button, heading, signIn } from '../steps.mjs';

const application = createServer((request, response) => {
  response.writeHead(request.url === '/favicon.ico' ? 204 : 200, { 'content-type': 'text/html' });
  response.end('<!doctype html><title>Elsewhere</title><main><h1>Elsewhere</h1></main>');
});

const clients = {
  'third-party': { client_name: 'Elsewhere' },
  'first-party': { client_name: 'Ours, elsewhere', skip_consent: true },
};

async function register(client) {
  const response = await fetch(`${endpoints.hydra_admin_url}/admin/clients`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...client,
      grant_types: ['authorization_code'],
      response_types: ['code'],
      scope: 'openid offline_access profile email',
      redirect_uris: [client.redirect_uri],
      token_endpoint_auth_method: 'none',
      metadata: { tenant: 'default' },
    }),
  });
  assert.equal(response.status, 201);
  return (await response.json()).client_id;
}

before(async () => {
  application.listen(0, '127.0.0.1');
  await once(application, 'listening');
  for (const client of Object.values(clients)) {
    client.redirect_uri = `http://127.0.0.1:${application.address().port}/callback`;
    assert.notEqual(new URL(client.redirect_uri).origin, home);
    client.client_id = await register(client);
  }
});

after(() => {
  application.close();
  application.closeAllConnections();
});

for (const { how, options } of browsers) {
  for (const party of ['third-party', 'first-party']) {
    journey(`${how}: the way ends at a ${party} application`, options, async ({ page }) => {
      const someone = await person();
      const { client_id, client_name, redirect_uri } = clients[party];
      await page.goto((await authorization({ client_id, redirect_uri })).url);
      await signIn(page, someone);
      if (party === 'third-party') {
        await heading(page, `${client_name} asks for access`).waitFor();
        await button(page, 'Allow').click();
      }
      await heading(page, 'Elsewhere').waitFor();
      assert.ok(page.url().startsWith(`${redirect_uri}?code=`), page.url());
    });
  }

  journey(`${how}: a refusal reaches the application as well`, options, async ({ page }) => {
    const someone = await person();
    const { client_id, redirect_uri } = clients['third-party'];
    await page.goto((await authorization({ client_id, redirect_uri })).url);
    await signIn(page, someone);
    await button(page, 'Deny').click();
    await heading(page, 'Elsewhere').waitFor();
    assert.equal(new URL(page.url()).searchParams.get('error'), 'access_denied');
  });
}
