// The sign-in page without a mouse.

import assert from 'node:assert/strict';
import { journey } from '../harness.mjs';
import { person } from '../people.mjs';
import { allow, begin, password, welcomed } from '../steps.mjs';

const focused = (page) => page.evaluate(() => {
  const { activeElement: element } = document;
  return element.id || element.name || element.getAttribute('aria-label') || element.textContent;
});

journey('Tab goes through the form in its order, and Enter sends it', {}, async ({ page }) => {
  const someone = await person();
  await begin(page);
  const show = page.getByRole('button', { name: 'Show password' });
  await show.waitFor();

  assert.equal(await focused(page), 'email', 'typing does not start in the address');
  await page.keyboard.type(someone.email);
  const order = [];
  for (let stop = 0; stop < 6; stop += 1) {
    await page.keyboard.press('Tab');
    order.push(await focused(page));
    if (order.at(-1) === 'password') await page.keyboard.type(someone.password);
  }
  assert.deepEqual(order, ['password', 'Show password', 'remember', 'Sign in', 'Sign in with a passkey', 'action']);

  await password(page).focus();
  await page.keyboard.press('Enter');
  await allow(page);
  await welcomed(page, someone);
});

journey('the password can be shown and hidden', {}, async ({ page }) => {
  await begin(page);
  const show = page.getByRole('button', { name: 'Show password' });
  await show.focus();
  assert.equal(await show.getAttribute('aria-pressed'), 'false');
  await page.keyboard.press('Space');
  assert.equal(await show.getAttribute('aria-pressed'), 'true');
  assert.equal(await password(page).getAttribute('type'), 'text');
  await page.keyboard.press('Enter');
  assert.equal(await show.getAttribute('aria-pressed'), 'false');
  assert.equal(await password(page).getAttribute('type'), 'password');
});

journey('the consent is given and a sign-out confirmed by keyboard', {}, async ({ page }) => {
  const someone = await person();
  await begin(page);
  await page.waitForFunction(() => document.activeElement?.id === 'email');
  await page.keyboard.type(someone.email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(someone.password);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/consent?*');
  for (const stop of ['Allow', 'Sign out', 'Sign out']) {
    const target = page.getByRole('main').getByRole('button', { name: stop, exact: true });
    await target.waitFor();
    for (let presses = 0; presses < 12 && !(await target.evaluate((it) => it === document.activeElement)); presses += 1) {
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.waitForURL({ Allow: '**/demo', 'Sign out': /logout_challenge|\/demo\?state=/ }[stop]);
  }
});
