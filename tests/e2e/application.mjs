// An application that nobody here wrote: openid-client, as the public client that the demo is registered as.

import * as oidc from 'openid-client';
import { home } from './endpoints.mjs';

export const callback = `${home}/demo/callback`;

/** Begins an authorization request. `extra` are parameters such as prompt, or client_id and redirect_uri of another client. */
export async function authorization(extra = {}) {
  const config = await oidc.discovery(new URL(home), extra.client_id ?? 'demo', undefined, oidc.None(), {
    execute: [oidc.allowInsecureRequests],
  });
  const [pkceCodeVerifier, expectedNonce, expectedState] = [oidc.randomPKCECodeVerifier(), oidc.randomNonce(), oidc.randomState()];
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'openid offline_access profile email',
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    nonce: expectedNonce,
    state: expectedState,
    ...extra,
  });
  const checks = { pkceCodeVerifier, expectedNonce, expectedState, idTokenExpected: true };
  return {
    config,
    url: url.href,
    /** Takes the address the person came back with; every check fails by throwing. */
    redeem: (address) => oidc.authorizationCodeGrant(config, new URL(address), checks),
  };
}
