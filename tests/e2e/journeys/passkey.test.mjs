// Signing in with a passkey: by the button, from what the browser fills in, as the second step, at once or later.

import assert from 'node:assert/strict';
import { authorization, callback } from '../application.mjs';
import { addPasskey, authenticator, call, offeringNothing, toAccount } from '../authenticator.mjs';
import { journey, status } from '../harness.mjs';
import { person } from '../people.mjs';
import { alert, allow, begin, button, claims, email, heading, signIn, welcomed } from '../steps.mjs';

const second = (page) => button(page, 'Use a passkey');
const asked = (page) => page.waitForResponse('**/api/login/passkey?*');

/** Somebody with a passkey, whom this browser does not know any more. */
async function withPasskey(page, context) {
  const someone = await person();
  const device = await authenticator(page);
  await toAccount(page, someone);
  const key = await addPasskey(page);
  await context.clearCookies();
  await device.touched(false);
  return { someone, device, key };
}

/** Presses the button once what the browser offers by itself is there: that has to give way. */
async function press(page) {
  const answer = asked(page);
  await button(page, 'Sign in with a passkey').click();
  await answer;
}

/** To the form, until the browser offers a passkey. */
async function offered(page) {
  const answer = asked(page);
  await begin(page);
  assert.equal((await answer).status(), 200);
}

journey('the button signs in with nothing typed', {}, async ({ page, context }) => {
  const { someone, device } = await withPasskey(page, context);
  await offeringNothing(page);
  await device.touched(true);
  await begin(page);
  await page.locator('button.show').waitFor();
  await press(page);
  await allow(page);
  await welcomed(page, someone);
  const token = await claims(page, 'ID token, verified');
  assert.match(token.amr, /[hs]wk.*mfa/);
  assert.equal(token.acr, 'aal2');
});

journey('the browser offers the passkey where it fills in the address', {}, async ({ page, context }) => {
  const { someone, device } = await withPasskey(page, context);
  await device.touched(true);
  // Nothing is pressed: choosing is what the authenticator does by itself.
  await page.goto('/demo');
  await button(page, 'Sign in').click();
  await allow(page);
  await welcomed(page, someone);
});

journey('who cancels is told nothing, and can try again', {}, async ({ page, context }) => {
  const { someone, device } = await withPasskey(page, context);
  await offered(page);
  await device.verified(false);
  await device.touched(true);
  // What was cancelled is offered again, maybe before the click has returned.
  let asks = 0;
  const again = page.waitForResponse((r) => new URL(r.url()).pathname === '/api/login/passkey' && ++asks === 2);
  await press(page);
  await again;
  await page.locator('button.scripted[aria-disabled="false"]').waitFor();
  assert.equal(await alert(page).count(), 0);
  await device.verified(true);
  await press(page);
  await allow(page);
  await welcomed(page, someone);
});

journey('a password is followed by the passkey, and a recovery code does as well', {}, async ({ page, context }) => {
  const { someone, device, key } = await withPasskey(page, context);
  await begin(page);
  await signIn(page, someone);
  await heading(page, 'One more step').waitFor();
  await page.getByText('Confirm with your passkey that it is you.').waitFor();
  await device.touched(true);
  await second(page).click();
  await allow(page, { remember: true });
  await welcomed(page, someone);
  assert.match((await claims(page, 'ID token, verified')).amr, /pwd.*[hs]wk.*mfa/);

  await context.clearCookies();
  await device.touched(false);
  await begin(page);
  await signIn(page, someone);
  await button(page, 'Use a recovery code').click();
  await page.locator('#code').fill(key.codes[0]);
  await button(page, 'Continue').click();
  await welcomed(page, someone);
});

journey('who is signed in with a password adds the passkey for an application that wants two factors', { expected: [status(400)] }, async ({ page }) => {
  const someone = await person();
  await authenticator(page);
  await toAccount(page, someone);
  await addPasskey(page);
  // The demo did not begin the request, and says so.
  const granted = async (request) => {
    await allow(page);
    await page.waitForURL(`${callback}?*`);
    return (await request.redeem(page.url())).claims();
  };

  const one = await authorization();
  await page.goto(one.url);
  const before = await granted(one);
  assert.deepEqual([before.acr, before.amr], ['aal1', ['pwd']]);

  const two = await authorization({ acr_values: 'aal2' });
  await page.goto(two.url);
  await page.waitForURL('**/login/factor?*');
  await page.getByText('Confirm with your passkey that it is you.').waitFor();
  await second(page).click();
  const after = await granted(two);
  assert.equal(after.acr, 'aal2');
  assert.match(after.amr.join(' '), /^pwd [hs]wk mfa$/);
  assert.equal(after.sub, before.sub);
});

journey('a passkey that was removed is said to be unknown, and forgotten', { expected: [status(422)] }, async ({ page, context }) => {
  const { someone, device, key } = await withPasskey(page, context);
  await toAccount(page, someone, '**/login/factor?*');
  await device.touched(true);
  await second(page).click();
  await page.waitForURL('**/account/security');
  await device.touched(false);
  assert.equal((await call(page, 'DELETE', `/passkeys/${key.id}`)).status, 204);
  assert.equal((await device.keys()).length, 1);
  await context.clearCookies();
  await offered(page);
  await device.touched(true);
  await press(page);
  await alert(page).getByText('We do not know this passkey.').waitFor();
  assert.deepEqual(await device.keys(), []);
});

journey('without script there is no button', { javaScriptEnabled: false }, async ({ page }) => {
  await begin(page);
  await email(page).waitFor();
  assert.equal(await page.locator('.scripted').isVisible(), false);
});

journey('a passkey is added, renamed and deleted in the account, and the browser hears of it', {}, async ({ page, context }) => {
  const someone = await person();
  const device = await authenticator(page);
  await toAccount(page, someone);
  await button(page, 'Add a passkey').click();
  await page.getByLabel('Name of the passkey').fill('Work laptop');
  await button(page, 'Continue').click();
  await page.getByText('The passkey is added.').waitFor();
  const [key] = await device.keys();
  assert.equal(key.isResidentCredential, true);

  await context.clearCookies();
  await device.touched(true);
  await page.goto('/account/sign-in?page=security');
  await heading(page, 'Keep your recovery codes').waitFor();
  await page.getByLabel('I have kept them in a safe place').check();
  await button(page, 'Continue').click();
  await page.waitForURL('**/account/security');

  await button(page, 'Rename Work laptop').click();
  await page.getByLabel('Name of the passkey').fill('Home laptop');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const forgotten = device.forgotten();
  await button(page, 'Delete Home laptop').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText('You have no passkeys yet.').waitFor();
  assert.equal(await forgotten, key.credentialId);
});
