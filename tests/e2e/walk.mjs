// Every page there is, in an order in which one person meets them. The names of fields and buttons are used
// and not their texts, so that the walk goes in any language.

import { status } from './browser.mjs';

/** What the browser says on the way: the wrong password, the unknown page, the request that cannot be understood. */
export const expected = [status(422), status(404), status(400)];

const submit = (page) => page.locator('form .button').first();
const choose = (page, value) => page.locator(`button[value="${value}"]`);
const demoButton = (page, path) => page.locator(`form[action="/demo/${path}"] button`).first();

/** Waits for the script of a page with a form. */
const ready = (page) => page.locator('button.show').waitFor();

/** Walks as `someone`, who has an account, and stops at each page by calling `stop` with its name. */
export async function walk(page, someone, stop) {
  await page.goto('/demo');
  await stop('demo');

  await demoButton(page, 'signin').click();
  await ready(page);
  await page.locator('.lead', { hasText: 'Authway demo' }).waitFor();
  await stop('sign-in');

  await page.locator('#email').fill(someone.email);
  await page.locator('#password').fill('not the password');
  await submit(page).click();
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
  await page.locator('#email').fill(someone.email);
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
  narrow: { viewport: { width: 320, height: 640 } },
  'forced-colours': { forcedColors: 'active' },
};
