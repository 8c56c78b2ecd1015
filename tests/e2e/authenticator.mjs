// An authenticator of the browser's own making, and a passkey on it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { signIn } from './steps.mjs';

const patience = 20_000;

/** Gives the page's browser an authenticator. `options` are those of CDP's WebAuthn.addVirtualAuthenticator. */
export async function authenticator(page, options = {}) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...options,
    },
  });
  return {
    /** Whether its owner touches it when it asks. */
    touched: (enabled) => cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }),
    /** Whether its owner has the right finger. */
    verified: (isUserVerified) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    /** Resolves with the id of the passkey that it next gives up, because the browser was told to. */
    forgotten: async () => {
      const [{ credentialId }] = await once(cdp, 'WebAuthn.credentialDeleted', { signal: AbortSignal.timeout(patience) });
      return credentialId;
    },
    keys: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
  };
}

/** From the next page on, the browser offers no passkey by itself: the authenticator is asked by buttons alone. */
export const offeringNothing = (page) =>
  page.addInitScript(() => { PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false); });

/** Signs in to the account with a password, up to the next step or `there`. */
export async function toAccount(page, someone, there = '**/account/security') {
  await page.goto('/account/sign-in?page=security&fresh=1');
  await signIn(page, someone);
  await page.waitForURL(there);
}

/** Calls the account's API from a page of the account. */
export function call(page, method, path, body) {
  return page.evaluate(async ([method, path, body]) => {
    const headers = { Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }) };
    const response = await fetch(`/api/account${path}`, { method, headers, body: body && JSON.stringify(body) });
    return { status: response.status, body: await response.json().catch(() => null) };
  }, [method, path, body]);
}

/** Adds a passkey to the account of a page that has just signed in, and keeps the recovery codes. */
export async function addPasskey(page) {
  const asked = await call(page, 'POST', '/passkeys/options');
  assert.equal(asked.status, 200, JSON.stringify(asked.body));
  const credential = await page.evaluate(async (options) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return (await navigator.credentials.create({ publicKey })).toJSON();
  }, asked.body.publicKey);
  const added = await call(page, 'POST', '/passkeys', { name: 'Key', credential });
  assert.equal(added.status, 201, JSON.stringify(added.body));
  const { body: { codes } } = await call(page, 'GET', '/recovery-codes');
  assert.equal((await call(page, 'POST', '/recovery-codes/kept')).status, 204);
  return { ...added.body, codes };
}
