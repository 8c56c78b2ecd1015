// A relying party and a browser that nobody here wrote, against the plain forms.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oidc from 'openid-client';
import { authorization, callback } from '../application.mjs';
import { home } from '../harness.mjs';
import { person } from '../people.mjs';
import { Visitor } from '../visitor.mjs';

test('openid-client signs in with code and PKCE, asks for user info, refreshes and revokes', async () => {
  const someone = await person();
  const { config, url, redeem } = await authorization();
  const visitor = new Visitor();
  const login = await visitor.open(url);
  const consent = await visitor.submit(login, someone);
  assert.equal(consent.url.pathname, '/consent');
  const { url: returned } = await visitor.submit(consent, { decision: 'allow' }, { until: callback });

  const tokens = await redeem(returned);
  const { iss, sub, email, name } = tokens.claims();
  assert.deepEqual({ iss, email, name }, { iss: home, email: someone.email, name: someone.name });

  const info = await oidc.fetchUserInfo(config, tokens.access_token, sub);
  assert.equal(info.email, someone.email);

  const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(fresh.claims().sub, sub);
  await oidc.tokenRevocation(config, fresh.refresh_token);
  await assert.rejects(oidc.refreshTokenGrant(config, fresh.refresh_token), { error: 'invalid_grant' });
  await assert.rejects(oidc.fetchUserInfo(config, fresh.access_token, sub));
});

test('a code is worth nothing without its verifier', async () => {
  const someone = await person();
  const [mine, other] = [await authorization(), await authorization()];
  const visitor = new Visitor();
  const consent = await visitor.submit(await visitor.open(mine.url), someone);
  const { url: returned } = await visitor.submit(consent, { decision: 'allow' }, { until: callback });
  await assert.rejects(
    oidc.authorizationCodeGrant(mine.config, returned, {
      pkceCodeVerifier: new URL(other.url).searchParams.get('code_challenge'),
      expectedNonce: new URL(mine.url).searchParams.get('nonce'),
      expectedState: new URL(mine.url).searchParams.get('state'),
    }),
    { error: 'invalid_grant' },
  );
});
