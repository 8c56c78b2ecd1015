// An OpenID Connect provider that believes whoever types an address, in the process that runs the journeys.

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

const page = `<!doctype html><html lang="en"><title>Acme</title><main><h1>Acme</h1><form method="post">
<label>Address <input name="email"></label><button>Go on</button></form></main></html>`;

/** Starts it. `settings` is what the system has to be told of it. */
export async function startProvider() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const codes = new Map();
  const server = createServer(async (request, response) => {
    const json = (value) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
    const { pathname, searchParams } = new URL(request.url, issuer);
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = new URLSearchParams(text);
    if (pathname === '/.well-known/openid-configuration') {
      const [authorization_endpoint, token_endpoint, jwks_uri] = ['auth', 'token', 'keys'].map((path) => `${issuer}/${path}`);
      json({ issuer, authorization_endpoint, token_endpoint, jwks_uri });
    } else if (pathname === '/keys') {
      json({ keys: [publicKey.export({ format: 'jwk' })] });
    } else if (pathname === '/token') {
      const { email, nonce } = codes.get(body.get('code'));
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: issuer, aud: 'authway', sub: email, nonce, iat: now, exp: now + 60, email, email_verified: true, name: 'Grace Hopper' };
      const token = `${encode({ alg: 'ES256' })}.${encode(claims)}`;
      const signature = sign('sha256', token, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
      json({ access_token: 'none', token_type: 'Bearer', id_token: `${token}.${signature}` });
    } else if (pathname === '/auth' && request.method === 'POST') {
      const code = randomBytes(8).toString('hex');
      codes.set(code, { email: body.get('email'), nonce: searchParams.get('nonce') });
      const target = new URL(searchParams.get('redirect_uri'));
      target.search = new URLSearchParams({ code, state: searchParams.get('state'), iss: issuer });
      response.writeHead(303, { location: target.href }).end();
    } else if (pathname === '/auth') {
      response.setHeader('content-type', 'text/html').end(page);
    } else {
      response.writeHead(204).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const end = () => {
    server.close();
    server.closeAllConnections();
  };
  const settings = JSON.stringify([{ id: 'acme', name: 'Acme', issuer, client_id: 'authway', client_secret: 'secret' }]);
  return { settings, end };
}
