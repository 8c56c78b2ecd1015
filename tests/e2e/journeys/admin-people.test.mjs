// What an operator does with other people's accounts.

import assert from 'node:assert/strict';
import { faults } from '../faults.mjs';
import { home, journey, status } from '../harness.mjs';
import { mail } from '../mailbox.mjs';
import { operator } from '../operator.mjs';
import { person } from '../people.mjs';
import { phone } from '../phone.mjs';
import { button, heading, signIn } from '../steps.mjs';

const dialog = (page) => page.getByRole('dialog');
const inDialog = (page, name) => dialog(page).getByRole('button', { name, exact: true });
const tab = (page, name) => page.getByRole('tab', { name, exact: true });
const said = (page, text) => page.getByText(text, { exact: true }).first();

/** The same browser program, and somebody else in it. */
async function theirs(page, someone, visit) {
  const context = await page.context().browser().newContext({ locale: 'en', baseURL: home });
  try {
    const other = await context.newPage();
    await toAccount(other, someone);
    await visit(other);
  } finally {
    await context.close();
  }
}

async function toAccount(page, someone) {
  await page.goto('/account/sign-in?page=security');
  await signIn(page, someone);
  await page.waitForURL('**/account/security');
}

/** Fails unless the account's pages want a sign-in. */
async function isOut(page) {
  await page.goto('/account/');
  await page.waitForURL('**/login?*');
}

/** Finds somebody in the list by their address, and opens them. */
async function open(page, someone) {
  await page.goto('/admin/t/default/users');
  await page.getByRole('searchbox').fill(someone.email);
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.searchParams.get('q') === someone.email);
  const rows = page.locator('tbody tr');
  await rows.filter({ hasText: someone.email }).waitFor();
  // The list before it is shown until this one is there.
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
  await rows.getByRole('link').click();
  await heading(page, someone.name).waitFor();
}

async function confirm(page, label, { reason = 'A test of it', typed = '' } = {}) {
  await dialog(page).waitFor();
  if (typed) await dialog(page).getByLabel('To go on').fill(typed);
  if (reason) await dialog(page).getByLabel('Reason').fill(reason);
  await inDialog(page, label).click();
}

journey('a change by somebody else meanwhile is shown, and none is lost', { expected: [status(409)] }, async ({ page, context }) => {
  await operator(context);
  const someone = await person();
  await open(page, someone);
  const other = await context.newPage();
  await other.goto(page.url());
  await other.getByLabel('Name', { exact: true }).fill('Ada King');
  await button(other, 'Save').click();
  await said(other, 'The account is saved.').waitFor();
  await heading(other, 'Ada King').waitFor();

  await page.getByLabel('Language').selectOption('ko');
  await button(page, 'Save').click();
  await page.getByRole('alert').filter({ hasText: 'Somebody changed this in the meantime' }).waitFor();
  await page.locator('ins', { hasText: 'Ada King' }).waitFor();
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Ada King');
  assert.equal(await page.getByLabel('Language').inputValue(), 'ko');
  await button(page, 'Save').click();
  await said(page, 'The account is saved.').waitFor();
  await page.reload();
  await heading(page, 'Ada King').waitFor();
  assert.equal(await page.getByLabel('Language').inputValue(), 'ko');

  await tab(page, 'History').click();
  await page.locator('tbody tr').filter({ hasText: 'Account changed' }).nth(1).waitFor();
});

journey('somebody is blocked and let in again, and one of their sessions ended', {}, async ({ page, context }) => {
  await operator(context);
  const someone = await person();
  await theirs(page, someone, async (other) => {
    await open(page, someone);
    await tab(page, 'Block and delete').click();
    await button(page, 'Block').click();
    await inDialog(page, 'Block').click();
    await dialog(page).getByText('Please fill this in.').waitFor();
    await confirm(page, 'Block');
    await said(page, 'The account is blocked.').waitFor();
    await said(page, 'Blocked').waitFor();
    await isOut(other);
    await signIn(other, someone);
    await other.getByRole('alert').waitFor();

    await button(page, 'Unblock').click();
    await confirm(page, 'Unblock');
    await said(page, 'The account is unblocked.').waitFor();
    await toAccount(other, someone);
    await tab(page, 'Sessions').click();
    await page.getByRole('button', { name: 'End the session of' }).click();
    await confirm(page, 'End', { reason: '' });
    await said(page, 'The session has ended.').waitFor();
    await inDialog(page, 'Close').click();
    await said(page, 'Nobody is signed in.').waitFor();
    await isOut(other);
  });
});

journey('second factors are reset, and the person is told', {}, async ({ page, context }) => {
  await operator(context);
  const someone = await person();
  await theirs(page, someone, async (other) => {
    await other.getByRole('button', { name: 'Set up an authenticator app' }).click();
    const app = phone(await other.locator('.secret').innerText());
    await other.getByLabel('Code from the app').fill(app());
    await other.getByRole('heading', { level: 3, name: 'Keep your recovery codes' }).waitFor();
    await mail(someone.email, 2);

    await open(page, someone);
    await tab(page, 'Ways to sign in').click();
    await button(page, 'Reset second factors').click();
    await confirm(page, 'Reset second factors');
    await said(page, 'The second factors are removed.').waitFor();
    await button(page, 'Reset second factors').waitFor({ state: 'detached' });
    await mail(someone.email, 3);
    await other.reload();
    await other.getByRole('button', { name: 'Set up an authenticator app' }).waitFor();
  });
});

journey('an account is deleted, and kept after all', {}, async ({ page, context }) => {
  await operator(context);
  const someone = await person();
  await theirs(page, someone, async (other) => {
    await open(page, someone);
    await tab(page, 'Block and delete').click();
    await button(page, 'Delete').click();
    await confirm(page, 'Delete', { typed: 'not the address' });
    await dialog(page).getByText('This is not what is expected here.').waitFor();
    await confirm(page, 'Delete', { typed: someone.email });
    await said(page, 'The account is to be deleted.').waitFor();
    await said(page, 'To be deleted').waitFor();
    await isOut(other);
    await button(page, 'Keep the account').click();
    await confirm(page, 'Keep the account', { reason: '' });
    await said(page, 'The account is kept.').waitFor();
    await toAccount(other, someone);
  });
});

journey('several are signed out at once, and oneself is not blocked', {}, async ({ page, context }) => {
  const me = await operator(context);
  const someone = await person();
  await theirs(page, someone, async (other) => {
    // Before them in the list: a choice that goes to the first row is seen.
    await person();
    await page.goto('/admin/t/default/users');
    const row = (who, which = '') => page.locator(`tbody tr${which}`).filter({ hasText: who.email });
    const chosen = async () => {
      await said(page, 'Selected: 2').waitFor();
      for (const who of [someone, me]) await row(who, '[data-chosen]').waitFor();
    };
    // By the mouse, and on by the arrow keys, as people do: the table is one stop for Tab, and focus that a script gives
    // to a box of it goes to the first row.
    await row(someone).locator('.check-box').click();
    const atMe = () => row(me).evaluate((tr) => tr.contains(document.activeElement));
    for (let i = 0; i < 40 && !(await atMe()); i += 1) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await chosen();

    // The list comes anew, with one more, as for somebody who comes back to the tab after a while.
    const newcomer = await person();
    await page.clock.setFixedTime(Date.now() + 60_000);
    await page.evaluate(() => dispatchEvent(new Event('visibilitychange')));
    await row(newcomer).waitFor();
    await chosen();
    assert.ok(await atMe(), 'focus is in another row');
    await button(page, 'Block').click();
    await confirm(page, 'Block');
    await dialog(page).getByText('This is your own account.').waitFor();
    await inDialog(page, 'Close').click();
    await row(someone).getByText('Blocked', { exact: true }).waitFor();
    await isOut(other);
  });
  await page.getByLabel('State').selectOption('blocked');
  await page.waitForURL('**/users?state=blocked');
  await page.locator('tbody tr').filter({ hasText: someone.email }).waitFor();
  // The list that was there stays until the other has come.
  await page.locator('tbody tr').filter({ hasText: me.email }).waitFor({ state: 'detached' });
});

journey('what needs a second factor asks for one before anything is typed', {}, async ({ page, context }) => {
  await operator(context, { methods: 'pwd' });
  const someone = await person();
  await open(page, someone);
  await tab(page, 'Block and delete').click();
  await button(page, 'Delete').click();
  await dialog(page).getByRole('heading', { name: 'Confirm it is you' }).waitFor();
});

journey('a viewer changes nothing', {}, async ({ page, context }) => {
  await operator(context, { role: 'viewer' });
  const someone = await person();
  await open(page, someone);
  assert.equal(await tab(page, 'Block and delete').count(), 0);
  assert.equal(await button(page, 'Save').count(), 0);
  await tab(page, 'Ways to sign in').click();
  await page.getByRole('heading', { level: 2, name: 'Second factors' }).waitFor();
  assert.equal(await page.getByRole('main').getByRole('button').count(), 0);
});

journey('somebody is found and opened without a mouse', {}, async ({ page, context }) => {
  await operator(context);
  const someone = await person();
  await page.goto('/admin/t/default/users');
  await page.getByRole('searchbox').focus();
  await page.keyboard.type(someone.email);
  await page.keyboard.press('Enter');
  await page.locator('tbody tr').filter({ hasText: someone.email }).waitFor();
  await page.waitForURL('**/users?q=*');
  // Into the table by Tab, and within it by the arrow keys.
  const inside = () => page.evaluate(() => Boolean(document.activeElement.closest('tbody')));
  for (let i = 0; i < 40 && !(await inside()); i += 1) await page.keyboard.press('Tab');
  const link = page.locator('tbody').getByRole('link');
  for (let i = 0; i < 10 && !(await link.evaluate((a) => a === document.activeElement)); i += 1) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await heading(page, someone.name).waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
  for (let i = 0; i < 40 && (await page.evaluate(() => document.activeElement.getAttribute('role'))) !== 'tab'; i += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('End');
  await page.getByRole('heading', { level: 2, name: 'Block', exact: true }).waitFor();
  await page.waitForURL('**?tab=danger');
});

const looks = {
  light: {}, dark: { colorScheme: 'dark' }, arabic: { locale: 'ar' }, korean: { locale: 'ko', viewport: { width: 320, height: 640 } },
};
const parts = ['profile', 'ways', 'sessions', 'applications', 'history', 'danger'];

for (const [look, options] of Object.entries(looks)) {
  journey(`${look}: no page has a violation`, options, async ({ page, context }) => {
    const me = await operator(context);
    const found = {};
    const at = async (name, path, shown) => {
      await page.goto(path);
      await page.locator(shown).first().waitFor();
      await page.locator('[aria-busy="true"]').waitFor({ state: 'detached' });
      const wrong = await faults(page);
      if (wrong.length) found[name] = wrong;
    };
    await at('users', '/admin/t/default/users', 'tbody tr');
    await at('nobody', '/admin/t/default/users?q=nobody-is-called-so', '.empty');
    await at('sessions', '/admin/t/default/sessions', 'tbody tr');
    await page.locator('tbody').getByRole('button').first().click();
    await dialog(page).waitFor();
    found.dialog = await faults(page);
    if (!found.dialog.length) delete found.dialog;
    for (const part of parts) await at(part, `/admin/t/default/users/${me.id}?tab=${part}`, '[role="tabpanel"] section');
    assert.deepEqual(found, {});
  });
}
