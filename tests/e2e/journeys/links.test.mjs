// The links in mails. A press of the button uses one up; opening it does not, because scanners of mail open all.

import assert from 'node:assert/strict';
import { visiting } from '../browser.mjs';
import { browsers, journey, status } from '../harness.mjs';
import { code, link, mail } from '../mailbox.mjs';
import { person, stranger } from '../people.mjs';
import { allow, begin, button, email, fill, heading, password, signIn, welcomed } from '../steps.mjs';

// The page's first answer gives the browser what it is known by: who is faster than that has to start again.
const known = (page, how) => (how === 'with script' ? page.waitForResponse('**/api/login/flow?*') : undefined);

/** Registers up to the page that waits for the mail. */
async function register(page, how, someone) {
  await page.goto('/demo');
  const answer = known(page, how);
  await button(page, 'Create account').click();
  await heading(page, 'Create your account').waitFor();
  await answer;
  await page.getByLabel('Name', { exact: true }).fill(someone.name);
  await fill(page, someone);
  await button(page, 'Create account').click();
  await page.waitForURL('**/login/verify?flow=*');
}

/** Forgets the password, up to the page that waits for the mail. */
async function forget(page, how, someone) {
  const answer = known(page, how);
  await begin(page);
  await answer;
  await button(page, 'Forgot password?').click();
  await page.waitForURL('**/login/recover?flow=*');
  await email(page).fill(someone.email);
  await button(page, 'Send code').click();
  await page.waitForURL('**/login/recover/code?flow=*');
}

/** Opens a link as a scanner does, and then as somebody who looks twice. */
async function open(page, address, title) {
  for (const method of ['HEAD', 'GET', 'GET']) await fetch(address, { method });
  for (const _ of ['first', 'second']) {
    await page.goto(address);
    await heading(page, title).waitFor();
  }
}

for (const { how, options } of browsers) {
  journey(`${how}: the link proves an address, and was opened before`, options, async ({ page }) => {
    const someone = stranger();
    await register(page, how, someone);
    const address = await link(someone.email);
    await open(page, address, 'Is this your address?');
    await page.getByText(someone.email).waitFor();
    // Where it could be seen or shared, the script takes the token away.
    if (how === 'with script') await page.waitForURL((url) => url.pathname === '/login/confirm' && url.search === '');
    await button(page, 'Confirm').click();
    await allow(page);
    await welcomed(page, someone);
  });

  journey(`${how}: the link proves an address on another device, and the first goes on`, options, async ({ page }) => {
    const someone = stranger();
    await register(page, how, someone);
    const address = await link(someone.email);
    await visiting(options, async ({ page: other }) => {
      await open(other, address, 'Is this your address?');
      await button(other, 'Confirm').click();
      await heading(other, 'Done').waitFor();
      assert.equal(new URL(other.url()).pathname, '/login/confirmed');
    });
    await page.reload();
    await allow(page);
    await welcomed(page, someone);
  });

  journey(`${how}: the link replaces a forgotten password, and was opened before`, options, async ({ page }) => {
    const someone = await person();
    await forget(page, how, someone);
    await open(page, await link(someone.email, 2), 'Choose a new password?');
    await button(page, 'Continue').click();
    await page.waitForURL('**/login/recover/password?flow=*');
    await password(page).fill(stranger().password);
    await button(page, 'Save password').click();
    await allow(page);
    await welcomed(page, someone);
  });

  journey(`${how}: on another device the link replaces no password, and its code still does on the first`, options, async ({ page }) => {
    const someone = await person();
    await forget(page, how, someone);
    const address = await link(someone.email, 2);
    await visiting({ ...options, expected: [status(409)] }, async ({ page: other }) => {
      await open(other, address, 'Open this in the other browser');
      assert.equal(await other.locator('form#form').count(), 0);
    });
    await page.locator('#code').fill(await code(someone.email, 2));
    await button(page, 'Continue').click();
    await password(page).fill(stranger().password);
    await button(page, 'Save password').click();
    await allow(page);
    await welcomed(page, someone);
  });
}

journey('the link changes the address of an account where it is signed in, and nowhere else', {}, async ({ page, context }) => {
  const someone = await person();
  const renewed = { ...someone, email: stranger().email };
  await page.goto('/account/sign-in');
  await signIn(page, someone);
  await page.waitForURL('**/account/');
  await button(page, 'Change address').click();
  await page.getByLabel('New e-mail address').fill(renewed.email);
  await button(page, 'Send code').click();
  const address = await link(renewed.email);
  await visiting({ expected: [status(409)] }, ({ page: other }) => open(other, address, 'Open this in the other browser'));

  const tab = await context.newPage();
  await open(tab, address, 'Is this your address?');
  await tab.getByText(renewed.email).waitFor();
  await button(tab, 'Confirm').click();
  await tab.waitForURL('**/account/');
  for (const each of [tab, page]) {
    await each.reload();
    await each.locator('.mail', { hasText: renewed.email }).waitFor();
  }
  await mail(someone.email, 2);
  await context.clearCookies();
  await page.goto('/account/sign-in');
  await signIn(page, renewed);
  await page.waitForURL('**/account/');
});
