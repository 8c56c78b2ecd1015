// What people do with their own account, on its pages.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { journey, networkFailure, status } from '../harness.mjs';
import { code, mail } from '../mailbox.mjs';
import { person, stranger } from '../people.mjs';
import { phone } from '../phone.mjs';
import { allow, begin, button, enter, heading, signIn, welcomed } from '../steps.mjs';

const dialog = (page) => page.getByRole('dialog');
const inDialog = (page, name) => dialog(page).getByRole('button', { name, exact: true });
const panel = (page, title) => page.locator('section.panel', { has: page.getByRole('heading', { level: 2, name: title, exact: true }) });
const keepCodes = (page) => page.getByRole('heading', { level: 3, name: 'Keep your recovery codes' });
const focused = (page) => page.evaluate(() => document.activeElement.textContent);

/** Signs in to the account and ends at one of its pages. */
async function toAccount(page, someone, where = 'profile') {
  await page.goto(`/account/sign-in?page=${where}`);
  await signIn(page, someone);
  await page.waitForURL(where === 'profile' ? '**/account/' : `**/account/${where}`);
}

/** The same person in a browser of its own, signed in to the account. */
async function elsewhere(page, someone, visit) {
  const context = await page.context().browser().newContext({ locale: 'en', baseURL: new URL(page.url()).origin });
  try {
    const other = await context.newPage();
    await toAccount(other, someone);
    await visit(other);
  } finally {
    await context.close();
  }
}

/** Turns two-step verification on; returns the app and the recovery codes. */
async function turnOn(page) {
  const step = panel(page, 'Two-step verification');
  await step.getByRole('button', { name: 'Set up an authenticator app' }).click();
  const app = phone(await page.locator('.secret').innerText());
  await page.getByRole('img', { name: 'QR code' }).waitFor();
  await page.getByLabel('Code from the app').fill(app());
  await keepCodes(page).waitFor();
  const codes = await page.locator('.codes code').allInnerTexts();
  await page.getByLabel('I have kept them').check();
  await button(page, 'Done').click();
  await step.getByText('On since').waitFor();
  return { app, codes };
}

journey('who is not signed in does so first, and ends at the page that was asked for', { expected: [status(401)] }, async ({ page }) => {
  const someone = await person();
  await page.goto('/account/sessions');
  await signIn(page, someone);
  await page.waitForURL('**/account/sessions');
  await heading(page, 'Devices').waitFor();
  await page.getByText(someone.email).waitFor();
  await page.getByText('This device').waitFor();
});

journey('who signs out is asked to sign in again, in the other tab as well', { expected: [status(401)] }, async ({ page, context }) => {
  const someone = await person();
  const out = page.getByRole('link', { name: 'Sign out', exact: true });
  await toAccount(page, someone);
  const other = await context.newPage();
  await other.goto('/account/sessions');
  await other.getByText('This device').waitFor();

  await out.click();
  await page.getByText(`Signed in as ${someone.email}`).waitFor();
  await button(page, 'Stay signed in').click();
  await page.waitForURL('**/account/');
  await out.click();
  await heading(page, 'Sign out?').waitFor();
  await button(page, 'Sign out').click();
  await page.waitForURL('**/signed-out');
  await page.goto('/account/');
  await heading(page, 'Sign in').waitFor();

  await other.getByRole('link', { name: 'Activity' }).click();
  await signIn(other, someone);
  await other.waitForURL('**/account/history');
  await other.getByText('Signed out').first().waitFor();
});

journey('a new name is what applications are told, and another language is there at once', {}, async ({ page }) => {
  const someone = await person();
  await toAccount(page, someone);
  await page.getByLabel('Name', { exact: true }).fill('Ada King');
  await button(page, 'Save').click();
  await page.getByText('Saved.').waitFor();
  await begin(page, 'consent');
  await allow(page);
  await welcomed(page, { ...someone, name: 'Ada King' });

  await page.goto('/account/');
  await page.getByLabel('Language').selectOption('ko');
  await button(page, 'Save').click();
  await heading(page, '프로필').waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'ko');
});

journey('another address counts once its mail was answered', { expected: [status(422)] }, async ({ page }) => {
  const someone = await person();
  const renewed = stranger().email;
  await toAccount(page, someone);
  await button(page, 'Change address').click();
  await page.getByLabel('New e-mail address').fill(renewed);
  await button(page, 'Send code').click();
  const field = page.getByLabel('Code from the mail');
  await field.fill('00000000');
  await button(page, 'Confirm').click();
  await page.getByText('This code is not right.').waitFor();
  await field.fill(await code(renewed));
  await button(page, 'Confirm').click();
  await page.getByText('Your address has changed.').waitFor();
  await page.locator('.mail', { hasText: renewed }).waitFor();
  await mail(someone.email, 2);
});

journey('a new password signs the others out, and the old one is worth nothing', { expected: [status(422)] }, async ({ page }) => {
  const someone = await person();
  const renewed = { ...someone, password: stranger().password };
  await toAccount(page, someone, 'security');
  await elsewhere(page, someone, async (other) => {
    await button(page, 'Change password').click();
    await page.getByLabel('Current password', { exact: true }).fill('not the password');
    await page.getByLabel('New password', { exact: true }).fill(renewed.password);
    await button(page, 'Save password').click();
    await page.getByText('This is not your current password.').waitFor();
    assert.equal(await page.getByLabel('New password', { exact: true }).inputValue(), renewed.password);
    await page.getByLabel('Current password', { exact: true }).fill(someone.password);
    await button(page, 'Save password').click();
    await page.getByText('signed out everywhere else').waitFor();
    await other.reload();
    await signIn(other, renewed);
    await other.waitForURL('**/account/');
  });
});

journey('one session is ended, then all others; this one stays', {}, async ({ page }) => {
  const someone = await person();
  await toAccount(page, someone, 'sessions');
  await elsewhere(page, someone, (first) => elsewhere(page, someone, async (second) => {
    await page.reload();
    const ends = page.getByRole('button', { name: /^Sign out Chrom/ });
    await ends.nth(1).waitFor();
    assert.equal(await ends.count(), 2);
    await ends.first().click();
    // The fourth is that of the registration.
    await page.waitForFunction(() => document.querySelectorAll('[data-row]').length === 3);
    assert.equal(await page.evaluate(() => document.activeElement.matches('[data-row]')), true, 'no session has focus');
    await button(page, 'Sign out everywhere else').click();
    await inDialog(page, 'Sign out everywhere else').click();
    await page.getByText('You are signed out everywhere else.').waitFor();
    assert.equal(await page.locator('[data-row]').count(), 1);
    for (const other of [first, second]) {
      await other.reload();
      await heading(other, 'Sign in').waitFor();
    }
    await page.reload();
    await page.getByText('This device').waitFor();
  }));
});

journey('two-step verification is turned on with a real code, asked for, renewed and turned off', {}, async ({ page, context }) => {
  const someone = await person();
  await toAccount(page, someone, 'security');
  const { app, codes } = await turnOn(page);
  assert.equal(codes.length, 10);

  await context.clearCookies();
  await begin(page);
  await signIn(page, someone);
  await heading(page, 'One more step').waitFor();
  await page.locator('#code').fill(app());
  await allow(page);
  await welcomed(page, someone);

  await page.goto('/account/security');
  const step = panel(page, 'Two-step verification');
  await step.getByRole('button', { name: 'New recovery codes' }).click();
  await inDialog(page, 'New recovery codes').click();
  await keepCodes(page).waitFor();
  const renewed = await page.locator('.codes code').allInnerTexts();
  assert.deepEqual(renewed.filter((each) => codes.includes(each)), []);
  // Left without saying that they are kept: they can be shown once more.
  await page.reload();
  await step.getByRole('button', { name: 'Show the codes' }).click();
  await page.locator('.codes code').first().waitFor();
  assert.deepEqual(await page.locator('.codes code').allInnerTexts(), renewed);
  const saved = page.waitForEvent('download');
  await button(page, 'Download').click();
  assert.equal(await readFile(await (await saved).path(), 'utf8'), `${renewed.join('\n')}\n`);
  await page.getByLabel('I have kept them').check();
  await button(page, 'Done').click();

  await step.getByRole('button', { name: 'Turn off' }).click();
  await inDialog(page, 'Turn off').click();
  await page.getByText('Two-step verification is off.').waitFor();
  await context.clearCookies();
  await toAccount(page, someone, 'security');
});

journey('an application whose access is removed has to ask again, and its tokens are dead', { expected: [status(400)] }, async ({ page, context }) => {
  const someone = await person();
  await enter(page, someone, { remember: true });
  await page.goto('/account/apps');
  const row = page.locator('.row', { hasText: 'Authway demo' });
  await row.getByText('See your e-mail address').waitFor();
  await row.getByRole('button').click();
  await dialog(page).getByText('Its access ends now').waitFor();
  await inDialog(page, 'Cancel').click();
  await row.getByRole('button').click();
  await inDialog(page, 'Remove access').click();
  await page.getByText('No application has access').waitFor();

  await page.goto('/demo');
  await button(page, 'Refresh tokens').click();
  await page.getByText('invalid_grant').waitFor();
  await context.clearCookies({ name: 'authway_demo' });
  await begin(page, 'consent');
  await allow(page);
});

journey('the data are downloaded', {}, async ({ page }) => {
  const someone = await person();
  await toAccount(page, someone, 'data');
  const saved = page.waitForEvent('download');
  await button(page, 'Download').click();
  const file = JSON.parse(await readFile(await (await saved).path(), 'utf8'));
  assert.ok(JSON.stringify(file).includes(someone.email));
  await page.getByText('The file is in your downloads.').waitFor();
});

journey('an account that was deleted is kept by who signs in again', { expected: [status(422)] }, async ({ page }) => {
  const someone = await person();
  await toAccount(page, someone, 'data');
  await button(page, 'Delete account').click();
  await dialog(page).getByRole('textbox').fill('somebody@example.org');
  await inDialog(page, 'Delete account').click();
  await page.getByText('This is not the address of your account.').waitFor();
  await dialog(page).getByRole('textbox').fill(someone.email);
  await inDialog(page, 'Delete account').click();
  await page.waitForURL('**/signed-out');

  await begin(page);
  await signIn(page, someone);
  await heading(page, 'Keep your account?').waitFor();
  await button(page, 'Keep the account').click();
  await allow(page);
  await welcomed(page, someone);
  await page.goto('/account/history');
  await page.getByText('Account kept').waitFor();
});

journey('"this was not me" ends everything, and a new password begins it again', { expected: [status(403)] }, async ({ page }) => {
  const someone = await person();
  await toAccount(page, someone);
  await elsewhere(page, someone, async (other) => {
    await page.goto('/account/history');
    const row = page.locator('.row', { hasText: 'Signed in' }).first();
    await row.getByRole('button', { name: 'This was not me' }).click();
    await dialog(page).getByText('on this one too').waitFor();
    await inDialog(page, 'Lock them out').click();
    await heading(page, 'Sign in').waitFor();
    await other.reload();
    await heading(other, 'Sign in').waitFor();

    await signIn(page, someone);
    await page.getByRole('alert').getByText('This password was reset').waitFor();
    await button(page, 'Forgot password?').click();
    await page.waitForURL('**/login/recover?flow=*');
    await page.locator('#email').fill(someone.email);
    await button(page, 'Send code').click();
    // The first mail was for the address, the second says what has happened.
    await page.locator('#code').fill(await code(someone.email, 3));
    await button(page, 'Continue').click();
    await page.getByLabel('Password', { exact: true }).fill(stranger().password);
    await button(page, 'Save password').click();
    await page.waitForURL('**/account/security');
  });
});

journey('a lost network keeps what was typed', { expected: [networkFailure] }, async ({ page }) => {
  const someone = await person();
  await toAccount(page, someone);
  const name = page.getByLabel('Name', { exact: true });
  await name.fill('Ada King');
  await page.route('**/api/account', (route) => route.abort('internetdisconnected'));
  await button(page, 'Save').click();
  await page.getByRole('alert').getByText('We could not connect.').waitFor();
  assert.equal(await name.inputValue(), 'Ada King');
  await page.unroute('**/api/account');
  await button(page, 'Save').click();
  await page.getByText('Saved.').waitFor();
});

journey('the pages are turned by keyboard, and focus follows', {}, async ({ page }) => {
  const someone = await person();
  await toAccount(page, someone);
  await page.getByRole('link', { name: 'Security' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
  assert.equal(await focused(page), 'Security');
  assert.equal(await page.title(), 'Security · Authway');
  await page.goBack();
  await heading(page, 'Profile').waitFor();
  assert.equal(await focused(page), 'Profile');
  await page.goForward();
  await button(page, 'Remove password').focus();
  await page.keyboard.press('Enter');
  await dialog(page).waitFor();
  assert.equal(await focused(page), 'Cancel');
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  assert.equal(await focused(page), 'Remove password');
});
