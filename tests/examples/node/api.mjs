// An example: an API that accepts Authway's access tokens.
//
//     npm ci && ISSUER=http://localhost:8080 AUDIENCE=https://api.example.com PORT=8081 node api.mjs

import { createServer } from 'node:http';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const { ISSUER, AUDIENCE, PORT = '8081' } = process.env;

// Read when the first token comes, and again when one names a key that is not among them.
const keys = createRemoteJWKSet(new URL('/.well-known/authway/jwks.json', ISSUER));

const expected = { issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt', algorithms: ['ES256', 'RS256'] };

const server = createServer(async (request, response) => {
  try {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    if (scheme !== 'Bearer' || !token) throw new Error('no bearer token');
    const { payload } = await jwtVerify(token, keys, expected);
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ subject: payload.sub }));
  } catch {
    // RFC 6750, section 3.
    response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end('unauthorized\n');
  }
});

server.listen(Number(PORT), '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
