// The dashboard as a whole: the way in, the way to a second factor and back, the keyboard, and how every page looks.

import assert from 'node:assert/strict';
import { faults } from '../faults.mjs';
import { journey, status } from '../harness.mjs';
import { operator } from '../operator.mjs';
import { person } from '../people.mjs';
import { phone } from '../phone.mjs';
import { button, heading, signIn } from '../steps.mjs';

const dialog = (page) => page.getByRole('dialog');
const inDialog = (page, name) => dialog(page).getByRole('button', { name, exact: true });

/** The address of somebody's page. */
async function pageOf(page, someone) {
  await page.goto(`/admin/t/default/users?q=${encodeURIComponent(someone.email)}`);
  const link = page.locator('tbody tr').filter({ hasText: someone.email }).getByRole('link');
  await link.waitFor();
  return link.getAttribute('href');
}

journey('who is not signed in does so first, and ends where they wanted to', { expected: [status(401)] }, async ({ page, context }) => {
  const me = await operator(context);
  await context.clearCookies();
  await page.goto('/admin/system/keys');
  await signIn(page, me);
  await page.waitForURL('**/admin/system/keys');
  await heading(page, 'Signing keys').waitFor();
});

journey('who administers nothing is told so', {}, async ({ page, context }) => {
  await operator(context, { role: '' });
  await page.goto('/admin/');
  await page.getByText('You do not administer anything here').waitFor();
});

journey('a second factor is set up on the way to what asks for one, which then goes on', {}, async ({ page, context }) => {
  const me = await operator(context, { methods: 'pwd' });
  const someone = await person();
  await page.goto(await pageOf(page, someone));
  await page.getByRole('tab', { name: 'Block and delete' }).click();
  const at = page.url();
  await button(page, 'Delete').click();
  await dialog(page).getByRole('heading', { name: 'Confirm it is you' }).waitFor();
  await inDialog(page, 'Confirm').or(dialog(page).getByRole('link', { name: 'Confirm' })).click();
  await signIn(page, me);
  await page.locator('.qr path').waitFor();
  const app = phone(await page.locator('.secret').innerText());
  await page.locator('#code').fill(app());
  await page.waitForURL('**/login/enrol/codes?*');
  await page.locator('#saved').check();
  await page.locator('form .button').first().click();
  await page.waitForURL(at);
  await button(page, 'Delete').click();
  await dialog(page).getByLabel('To go on').fill(someone.email);
  await dialog(page).getByLabel('Reason').fill('They asked for it');
  await inDialog(page, 'Delete').click();
  await page.getByText('The account is to be deleted.', { exact: true }).first().waitFor();
});

/** Presses Tab until the element has focus, and fails if it never has. */
async function tabTo(page, target, key = 'Tab') {
  await target.waitFor();
  for (let presses = 0; presses < 60; presses += 1) {
    if (await target.evaluate((it) => it === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  assert.fail('the keyboard does not reach it');
}

/** Into the table by Tab, and from its head or a row by the arrows to what a row holds. */
async function inRow(page, target) {
  const within = (part) => page.evaluate((selector) => document.activeElement?.closest(selector) != null, part);
  for (let presses = 0; presses < 40 && !(await within('[role="grid"]')); presses += 1) await page.keyboard.press('Tab');
  for (let presses = 0; presses < 3 && !(await within('tbody')); presses += 1) await page.keyboard.press('ArrowDown');
  await tabTo(page, target, 'ArrowRight');
}

journey('somebody is found and blocked by keyboard alone', {}, async ({ page, context }) => {
  await operator(context);
  const someone = await person();
  await page.goto('/admin/t/default/users');
  await heading(page, 'Users').waitFor();
  await tabTo(page, page.getByRole('searchbox'));
  await page.keyboard.type(someone.email);
  await page.keyboard.press('Enter');
  const row = page.locator('tbody tr').filter({ hasText: someone.email });
  await row.waitFor();
  await inRow(page, row.getByRole('link'));
  await page.keyboard.press('Enter');
  await heading(page, someone.name).waitFor();
  const tabs = page.getByRole('tab');
  await tabTo(page, tabs.first());
  await page.keyboard.press('End');
  const block = button(page, 'Block');
  await tabTo(page, block);
  await page.keyboard.press('Enter');
  await tabTo(page, dialog(page).getByLabel('Reason'));
  await page.keyboard.type('Seen by keyboard');
  await tabTo(page, inDialog(page, 'Block'));
  await page.keyboard.press('Enter');
  await page.getByText('The account is blocked.', { exact: true }).first().waitFor();
});

const looks = {
  light: { colorScheme: 'light' },
  'dark, right to left': { locale: 'ar', colorScheme: 'dark' },
  'narrow, in Korean': { locale: 'ko', viewport: { width: 320, height: 800 } },
  'forced colours': { forcedColors: 'active' },
};

for (const [look, options] of Object.entries(looks)) {
  journey(`${look}: no page of the dashboard has a violation`, options, async ({ page, context }) => {
    await operator(context);
    const someone = await person();
    const user = await pageOf(page, someone);
    await page.goto('/admin/t/default/applications');
    const application = await page.locator('tbody').getByRole('link').filter({ hasText: 'Authway demo' }).getAttribute('href');
    const found = {};
    for (const address of [
      '/admin/t/default', '/admin/t/default/users', user, '/admin/t/default/users/import', '/admin/t/default/users/export',
      '/admin/t/default/invitations', '/admin/t/default/sessions', '/admin/t/default/applications', '/admin/t/default/applications/new',
      application, '/admin/t/default/audit', '/admin/t/default/access', '/admin/t/default/settings',
      '/admin/system', '/admin/system/tenants', '/admin/system/administrators', '/admin/system/jobs', '/admin/system/keys', '/admin/system/audit',
      '/admin/no-such-page',
    ]) {
      await page.goto(address);
      await page.locator('main h1').waitFor();
      await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"]'));
      const wrong = await faults(page);
      if (wrong.length > 0) found[address] = wrong;
    }
    assert.deepEqual(found, {});
  });
}
