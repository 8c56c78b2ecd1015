// Wrong passwords, slow functions, a lost network: the form stays usable and keeps what was typed.

import assert from 'node:assert/strict';
import { browsers, journey, networkFailure, status } from '../harness.mjs';
import { person } from '../people.mjs';
import { alert, allow, begin, button, email, fill, password, signIn, welcomed } from '../steps.mjs';

const wrong = 'The e-mail address or the password is not right.';
const flowRequest = '**/api/login/flow?*';

/** Holds back every request for `pattern` until the returned function is called. */
async function hold(page, pattern) {
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  await page.route(pattern, async (route) => {
    await released;
    // The page may have gone on, and its request with it.
    await route.continue().catch(() => undefined);
  });
  return release;
}

for (const { how, options } of browsers) {
  journey(`${how}: the wrong password, then the right one`, { ...options, expected: [status(422)] }, async ({ page }) => {
    const someone = await person();
    await begin(page);
    await page.getByLabel('Keep me signed in').check();
    await signIn(page, { ...someone, password: 'not the password' });
    await alert(page).getByText(wrong).waitFor();
    assert.equal(await email(page).inputValue(), someone.email);
    assert.equal(await page.getByLabel('Keep me signed in').isChecked(), true);
    await page.waitForFunction(() => document.title.startsWith('Error: '));
    if (how === 'with script') {
      assert.equal(await alert(page).evaluate((element) => document.activeElement === element), true, 'the alert does not have focus');
      assert.equal(await password(page).inputValue(), 'not the password');
    }
    await password(page).fill(someone.password);
    await button(page, 'Sign in').click();
    await allow(page);
    await welcomed(page, someone);
  });
}

journey('the same answer for an account that does not exist', { expected: [status(422)] }, async ({ page }) => {
  await begin(page);
  await signIn(page, { email: 'nobody@example.org', password: 'whatever it may be' });
  await alert(page).getByText(wrong).waitFor();
});

journey('what is typed before the script arrives stays', {}, async ({ page }) => {
  const someone = await person();
  await page.goto('/demo');
  const release = await hold(page, '**/ui/assets/*.js');
  await button(page, 'Sign in').click({ noWaitAfter: true });
  await fill(page, someone);
  const show = page.locator('button.show');
  assert.equal(await show.isVisible(), false, 'the page was ready before its script');
  release();
  await show.waitFor();
  assert.equal(await email(page).inputValue(), someone.email);
  assert.equal(await password(page).inputValue(), someone.password);
  await button(page, 'Sign in').click();
  await allow(page);
  await welcomed(page, someone);
});

journey('a form sent before the script arrives signs in', {}, async ({ page }) => {
  const someone = await person();
  await page.goto('/demo');
  const release = await hold(page, '**/ui/assets/*.js');
  await button(page, 'Sign in').click({ noWaitAfter: true });
  await fill(page, someone);
  await button(page, 'Sign in').click({ noWaitAfter: true });
  release();
  await allow(page);
  await welcomed(page, someone);
});

journey('a function that is still starting keeps nobody from signing in', {}, async ({ page }) => {
  const someone = await person();
  const answer = await hold(page, flowRequest);
  await begin(page);
  const posted = page.waitForResponse((response) => response.request().method() === 'POST');
  await signIn(page, someone);
  assert.equal((await posted).status(), 200);
  answer();
  await allow(page);
  await welcomed(page, someone);
});

journey('the first request wakes the functions that come next', {}, async ({ page }) => {
  const woken = ['consent', 'token'].map((name) => page.waitForResponse(`**/health/${name}`));
  await begin(page);
  for (const response of await Promise.all(woken)) assert.equal(response.status(), 200);
  await page.getByText('to continue to Authway demo').waitFor();
});

journey('a lost network keeps the entries and the way to try again', { expected: [networkFailure] }, async ({ page }) => {
  const someone = await person();
  await begin(page);
  await page.getByText('to continue to Authway demo').waitFor();
  await page.route('**/login?*', (route) => route.abort('internetdisconnected'));
  await signIn(page, someone);
  await alert(page).getByText('We could not connect.').waitFor();
  assert.equal(await email(page).inputValue(), someone.email);
  assert.equal(await password(page).inputValue(), someone.password);
  await page.unroute('**/login?*');
  await button(page, 'Sign in').click();
  await allow(page);
  await welcomed(page, someone);
});
