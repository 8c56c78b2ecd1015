// Every page there is, in an order in which one person meets them. The names of fields and buttons are used
// and not their texts, so that the walk goes in any language.

import assert from 'node:assert/strict';
import { authorization } from './application.mjs';
import { authenticator } from './authenticator.mjs';
import { status, visiting } from './browser.mjs';
import { home } from './endpoints.mjs';
import { link } from './mailbox.mjs';
import { operator } from './operator.mjs';
import { stranger } from './people.mjs';
import { phone } from './phone.mjs';

/** What the browser says on the way: the wrong password, the unknown page, the request that cannot be understood, the one too many. */
export const expected = [status(422), status(404), status(400), status(429)];

const submit = (page) => page.locator('form .button').first();
const choose = (page, value) => page.locator(`button[value="${value}"]`);
const demoButton = (page, path) => page.locator(`form[action="/demo/${path}"] button`).first();

/** Waits for the script of a page with a form. */
const ready = (page) => page.locator('button.show').waitFor();

/** From the demo's start to the sign-in page with its script. */
async function begin(page) {
  await page.goto('/demo');
  await demoButton(page, 'signin').click();
  await ready(page);
  await page.locator('.lead', { hasText: 'Authway demo' }).waitFor();
}

async function signIn(page, someone) {
  await page.locator('#email').fill(someone.email);
  await page.locator('#password').fill(someone.password);
  await submit(page).click();
}

async function throughDemo(page, someone, stop) {
  await page.goto('/demo');
  await stop('demo');

  await begin(page);
  await stop('sign-in');
  await signIn(page, { ...someone, password: 'not the password' });
  await page.getByRole('alert').waitFor();
  await stop('sign-in-refused');

  await choose(page, 'register').click();
  await ready(page);
  await page.locator('.lead', { hasText: 'Authway demo' }).waitFor();
  await stop('register');
  await submit(page).click();
  await page.locator('#name-error').waitFor();
  await stop('register-refused');

  await choose(page, 'login').click();
  await page.waitForURL('**/login?*');
  // The provider's account is to be connected.
  await page.locator('.providers a').click();
  await page.locator('input[name="email"]').fill(someone.email);
  await page.locator('button').click();
  await page.waitForURL('**/login/provider?*');
  await ready(page);
  await stop('sign-in-provider');
  await page.locator('#password').fill(someone.password);
  await submit(page).click();
  await choose(page, 'allow').waitFor();
  await stop('consent');

  await choose(page, 'allow').click();
  await demoButton(page, 'userinfo').click();
  await page.locator('.claims').nth(1).waitFor();
  await stop('demo-signed-in');

  await demoButton(page, 'signout').click();
  await choose(page, 'signout').waitFor();
  await stop('sign-out');
  await choose(page, 'signout').click();
  await page.waitForURL('**/demo?state=*');
  await stop('demo-signed-out');
}

/** A mail's code and its link, and a new password with it. `other` is a page of another device. */
async function throughMail(page, other, someone, stop) {
  const { name, ...somebody } = stranger();
  await begin(page);
  await choose(page, 'register').click();
  await ready(page);
  await page.locator('#name').fill(name);
  await signIn(page, somebody);
  await page.waitForURL('**/login/verify?*');
  await stop('verify');
  const proof = await link(somebody.email);
  await page.goto(proof);
  await stop('confirm');
  await other.goto(proof);
  await submit(other).click();
  await other.waitForURL('**/login/confirmed');
  await stop('confirmed', other);

  await begin(page);
  await choose(page, 'recover').click();
  await page.waitForURL('**/login/recover?*');
  await stop('recover');
  await page.locator('#email').fill(someone.email);
  await submit(page).click();
  await page.waitForURL('**/login/recover/code?*');
  await stop('recover-code');
  // The page's script lets nobody press it so soon.
  await choose(page, 'resend').evaluate((button) => button.form.requestSubmit(button));
  await page.getByRole('alert').waitFor();
  await stop('recover-code-too-soon');
  // The second mail has told of the provider.
  const recovery = await link(someone.email, 3);
  await other.goto(recovery);
  await stop('confirm-recovery-elsewhere', other);
  await page.goto(recovery);
  await stop('confirm-recovery');
  await submit(page).click();
  await page.waitForURL('**/login/recover/password?*');
  await ready(page);
  await stop('recover-password');
  someone.password = somebody.password;
  await page.locator('#password').fill(someone.password);
  await submit(page).click();
  await choose(page, 'allow').waitFor();
}

/** The links that somebody who administers has sent: to an account without a name, and for another password. */
async function throughInvitations(page, stop) {
  const administrator = await operator(page.context());
  const post = async (path, data) => {
    const answer = await page.request.post(`/api/admin/v1/tenants/default/${path}`, { headers: { Origin: home }, data });
    assert.ok(answer.ok(), await answer.text());
  };
  const { email } = stranger();
  await post('invitations', { email });
  await page.goto(await link(email));
  await ready(page);
  await stop('invited', page);
  await post(`users/${administrator.id}/recovery`, {});
  await page.goto(await link(administrator.email));
  await ready(page);
  await stop('invited-recovery', page);
}

/** A second factor, set up and asked for. */
async function throughFactors(page, someone, stop) {
  const { url } = await authorization({ acr_values: 'aal2', prompt: 'login' });
  await page.goto(url);
  await signIn(page, someone);
  await page.locator('.qr path').waitFor();
  await stop('enrol');
  const app = phone(await page.locator('.secret').innerText());
  await page.locator('#code').fill(app());
  await page.waitForURL('**/login/enrol/codes?*');
  await stop('codes');
  await page.locator('#saved').check();
  await submit(page).click();
  await choose(page, 'allow').waitFor();

  await page.goto((await authorization({ prompt: 'login' })).url);
  await signIn(page, someone);
  await page.waitForURL('**/login/factor?*');
  await stop('factor');
  await page.locator('#code').fill(app());
  await choose(page, 'allow').waitFor();
  // Access to see and to take away.
  await choose(page, 'allow').click();
  await page.waitForURL('**/demo/callback?*');
}

const panel = (page, nth) => page.locator('section.panel').nth(nth);
const dialog = (page) => page.locator('dialog[open]');

/** Another app and a passkey. Returns the recovery codes. */
async function throughSecurity(page, stop) {
  const [password, twoStep, passkeys] = [0, 1, 2].map((nth) => panel(page, nth));
  await twoStep.locator('.actions .button').first().click();
  await dialog(page).locator('button[type="submit"]').click();
  await dialog(page).waitFor({ state: 'detached' });
  await twoStep.locator('.actions .button').first().click();
  await twoStep.locator('.qr path').waitFor();
  await stop('account-security-app');
  const app = phone(await twoStep.locator('.secret').innerText());
  await twoStep.locator('input[name="code"]').fill(app());
  await twoStep.locator('.codes').waitFor();
  await stop('account-security-codes');
  const codes = await twoStep.locator('.codes code').allInnerTexts();
  await twoStep.locator('input[name="saved"]').check();
  await twoStep.locator('button[type="submit"]').click();
  await twoStep.locator('.codes').waitFor({ state: 'detached' });

  const device = await authenticator(page);
  await passkeys.locator('.actions .button').click();
  await passkeys.locator('input[name="name"]').fill('Key');
  await passkeys.locator('button[type="submit"]').click();
  await passkeys.locator('.row').waitFor();
  // The sign-in page asks for it, and is to be told nothing.
  await device.touched(false);
  await password.locator('.actions .button').first().click();
  await password.locator('button[type="submit"]').click();
  await page.locator('[aria-invalid="true"]').waitFor();
  await panel(page, 3).locator('.row').waitFor();
  await stop('account-security');
  return codes;
}

/** The account's pages, up to its deletion. Returns its recovery codes. */
async function throughAccount(page, someone, stop) {
  const turn = (to) => page.locator(`.pages a[href="/account/${to}"]`).click();
  const closeDialog = async () => {
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'detached' });
  };
  await page.goto('/account/sign-in?page=profile');
  await page.waitForURL('**/account/');
  await page.goto('/account/nothing-here');
  await page.locator('main a').first().waitFor();
  await stop('account-not-found');
  await page.locator('.pages a').first().click();
  await panel(page, 1).locator('.actions .button').click();
  await page.locator('input[name="email"]').waitFor();
  await stop('account-profile');

  await turn('security');
  const codes = await throughSecurity(page, stop);

  await turn('sessions');
  await page.locator('.row .badge').waitFor();
  await stop('account-sessions');

  await turn('apps');
  await page.locator('.row').first().waitFor();
  await stop('account-apps');
  await page.locator('.row .button').first().click();
  await dialog(page).waitFor();
  await stop('account-apps-asked');
  await closeDialog();

  await turn('history');
  await page.locator('.row .button').first().click();
  await dialog(page).waitFor();
  await stop('account-history-asked');
  await closeDialog();
  await stop('account-history');

  await turn('data');
  await panel(page, 1).locator('.button').click();
  await dialog(page).waitFor();
  await stop('account-data-asked');
  await closeDialog();
  await stop('account-data');

  await panel(page, 1).locator('.button').click();
  await dialog(page).locator('input').fill(someone.email);
  await dialog(page).locator('button[type="submit"]').click();
  await page.waitForURL('**/signed-out');
  return codes;
}

/** An account that is to be deleted is offered back to who signs in to it. */
async function throughReturn(page, someone, recoveryCode, stop) {
  await begin(page);
  await signIn(page, someone);
  await page.waitForURL('**/login/factor?*');
  await page.locator('button.scripted').waitFor();
  await stop('factor-passkey');
  await choose(page, 'method:recovery').click();
  await page.locator('#code').waitFor();
  await stop('factor-recovery');
  await page.locator('#code').fill(recoveryCode);
  await submit(page).click();
  await page.waitForURL('**/login/restore?*');
  await stop('restore');
}

/**
 * Walks as `someone`, who has an account, and stops at each page by calling `stop` with its name, and with the page of
 * another device if it is there. `look` is what that device looks like, too.
 */
export async function walk(page, someone, look, stop) {
  await throughDemo(page, someone, stop);
  await visiting({ ...look, expected: [status(409)] }, async ({ page: other }) => {
    await throughMail(page, other, someone, stop);
    await throughInvitations(other, stop);
  });
  await throughFactors(page, someone, stop);
  const [recoveryCode] = await throughAccount(page, someone, stop);
  await throughReturn(page, someone, recoveryCode, stop);

  await page.goto('/signed-out');
  await stop('signed-out');
  await page.goto('/error?error=invalid_request');
  await stop('message');
  await page.goto('/nothing-here');
  await stop('not-found');
}

/** The ways a page is looked at. */
export const looks = {
  light: {},
  dark: { colorScheme: 'dark' },
  arabic: { locale: 'ar' },
  'arabic-narrow': { locale: 'ar', viewport: { width: 320, height: 640 } },
  narrow: { viewport: { width: 320, height: 640 } },
  korean: { locale: 'ko', viewport: { width: 320, height: 640 } },
  'forced-colours': { forcedColors: 'active' },
};
