// How an operator watches the installation, and what they have maintenance do.

import assert from 'node:assert/strict';
import { faults } from '../faults.mjs';
import { home, journey } from '../harness.mjs';
import { operator } from '../operator.mjs';
import { person } from '../people.mjs';
import { button, heading, signIn } from '../steps.mjs';

const dialog = (page) => page.getByRole('dialog');
const figure = (page, label) => page.locator('.figures > div').filter({ hasText: label }).locator('dd').first();
const live = (page, state) => page.locator(`.live[data-state="${state}"]`);

async function confirm(page, label, { reason = 'A test of it', typed = '' } = {}) {
  await dialog(page).waitFor();
  if (typed) await dialog(page).getByLabel('To go on').fill(typed);
  await dialog(page).getByLabel('Reason').fill(reason);
  await dialog(page).getByRole('button', { name: label, exact: true }).click();
}

/** Somebody signs in at a browser of their own. */
async function signsIn(page, someone) {
  const context = await page.context().browser().newContext({ locale: 'en', baseURL: home });
  try {
    const other = await context.newPage();
    await other.goto('/account/sign-in?page=security');
    await signIn(other, someone);
    await other.waitForURL('**/account/security');
  } finally {
    await context.close();
  }
}

journey('the overview goes on while somebody signs in', {}, async ({ page, context }) => {
  await operator(context);
  const someone = await person();
  await page.goto('/admin/t/default');
  await live(page, 'live').waitFor();
  const before = Number(await figure(page, 'Sign-ins').innerText());
  await signsIn(page, someone);
  await page.waitForFunction(
    (least) => [...document.querySelectorAll('.figures > div')].some((tile) => tile.querySelector('dt').textContent === 'Sign-ins' && Number(tile.querySelector('dd').textContent) >= least),
    before + 1, { timeout: 15_000 },
  );
  await page.locator('.chart canvas').first().waitFor();
  await page.getByText('Show as a table').first().click();
  assert.equal(await page.locator('.chart').first().locator('tbody tr').count(), 60);

  await page.goto('/admin/system');
  await page.getByText('Ory Hydra').waitFor();
  assert.ok(await page.locator('.facts .badge.good').count() >= 3, 'the servers answer');
});

journey('the audit log is followed, filtered and looked into', {}, async ({ page, context }) => {
  await operator(context);
  const someone = await person();
  await page.goto('/admin/t/default/audit?action=login.');
  await heading(page, 'Audit log').waitFor();
  await page.getByRole('switch', { name: 'Follow live' }).check({ force: true });
  await page.waitForURL((url) => url.searchParams.get('live') === 'on');
  await live(page, 'live').waitFor();
  await signsIn(page, someone);
  // Others sign in at the same time, elsewhere.
  const row = page.locator('tbody tr').filter({ hasText: 'login.succeeded' }).filter({ hasText: 'authway-account' }).first();
  await row.waitFor();
  await row.getByRole('button', { name: 'Details' }).click();
  await dialog(page).getByText('authway-account').waitFor();
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });

  // The file is the browser's to fetch.
  await page.goto('/admin/t/default/audit?action=login.&outcome=success');
  const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'Export as CSV').click()]);
  assert.match(file.suggestedFilename(), /^audit-.*\.csv$/);
});

journey('the hashes of the log are held against it', {}, async ({ page, context }) => {
  await operator(context);
  await page.goto('/admin/system/audit');
  await page.locator('tbody tr').first().waitFor();
  await button(page, 'Verify hashes').click();
  await dialog(page).getByRole('button', { name: 'Verify', exact: true }).click();
  await dialog(page).getByText('All of them are as they were written.').waitFor();
});

journey('a job is run now, and how it went is there', {}, async ({ page, context }) => {
  await operator(context);
  await page.goto('/admin/system/jobs');
  await button(page, 'Run now: sessions.clean').click();
  await confirm(page, 'Run now');
  await page.getByText('Maintenance was asked to run').waitFor();
  await button(page, 'sessions.clean').click();
  await page.waitForURL((url) => url.searchParams.get('job') === 'sessions.clean');
  await page.locator('.facts .badge.good', { hasText: 'Done' }).waitFor();
  await page.locator('tbody tr').filter({ hasText: 'Asked for' }).first().waitFor();
  await page.getByRole('tab', { name: 'Backups and drills' }).click();
  await page.getByRole('heading', { name: 'Restores for practice' }).waitFor();
});

journey('keys are rotated when somebody wants it', {}, async ({ page, context }) => {
  await operator(context);
  await page.goto('/admin/system/keys');
  await page.locator('.badge', { hasText: 'Active' }).first().waitFor();
  await button(page, 'Rotate now').click();
  await confirm(page, 'Rotate now');
  // The next one was published with the start: it signs when everybody can know it.
  await page.locator('.facts .badge.good', { hasText: 'Done' }).waitFor();
  await page.locator('.badge', { hasText: 'Turns early' }).waitFor();
});

journey('a viewer is offered nothing that would be refused', {}, async ({ page, context }) => {
  await operator(context, { role: 'viewer' });
  await page.goto('/admin/system/keys');
  await page.locator('.badge', { hasText: 'Active' }).first().waitFor();
  assert.equal(await page.getByRole('button', { name: 'Rotate now' }).count(), 0);
  await page.goto('/admin/system/jobs');
  await page.locator('tbody tr').first().waitFor();
  assert.equal(await page.getByRole('button', { name: /Run now/ }).count(), 0);
});

const looks = {
  light: {}, dark: { colorScheme: 'dark' }, arabic: { locale: 'ar' }, korean: { locale: 'ko', viewport: { width: 320, height: 640 } },
};

for (const [look, options] of Object.entries(looks)) {
  journey(`${look}: no page of the system has a violation`, options, async ({ page, context }) => {
    await operator(context);
    const found = {};
    const at = async (name, path, shown, open = '') => {
      await page.goto(path);
      await page.locator(shown).first().waitFor();
      await page.locator('[aria-busy="true"]').waitFor({ state: 'detached' });
      if (open) {
        await page.locator(open).first().click();
        await dialog(page).waitFor();
      }
      const wrong = await faults(page);
      if (wrong.length) found[name] = wrong;
    };
    await at('overview', '/admin/t/default', '.figures');
    await at('installation', '/admin/system', '.figures');
    await at('audit', '/admin/t/default/audit', 'tbody tr');
    await at('one event', '/admin/t/default/audit', 'tbody tr', 'tbody tr .button.plain');
    await at('nothing', '/admin/system/audit?action=none.such', '.empty');
    await at('followed', '/admin/system/audit?live=on', '.live[data-state="live"]');
    await at('keys', '/admin/system/keys', 'tbody tr');
    await at('jobs', '/admin/system/jobs', 'tbody tr');
    await at('runs', '/admin/system/jobs?job=health.sweep', 'tbody tr');
    await at('backups', '/admin/system/jobs?tab=backups', 'tbody tr');
    await at('dead letters', '/admin/system/jobs?tab=letters', '.panel');
    assert.deepEqual(found, {});
  });
}
