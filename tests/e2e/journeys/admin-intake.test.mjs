// How accounts come in and go out: by invitation, and by files.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { faults } from '../faults.mjs';
import { home, journey } from '../harness.mjs';
import { mail } from '../mailbox.mjs';
import { operator } from '../operator.mjs';
import { button, heading, signIn } from '../steps.mjs';

const dialog = (page) => page.getByRole('dialog');
const said = (page, text) => page.getByText(text, { exact: true }).first();
const word = () => randomBytes(6).toString('hex');
const secret = 'a long enough password';
const linkIn = ({ text }) => text.match(/https?:\/\/\S+/)[0];
const pages = ['invitations', 'users/import', 'users/export'];
// SSHA of "correct horse battery".
const hash = '{SSHA}nUZl4BaMVZn4hrSAm5dyop5Z8AkwMTIzNDU2Nzg5YWJjZGVm';

const file = (name, lines) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(lines.join('\r\n')) });

/** Somebody else, with a browser of their own. */
async function elsewhere(page, options, visit) {
  const context = await page.context().browser().newContext({ locale: 'en', baseURL: home, ...options });
  try {
    await visit(await context.newPage());
  } finally {
    await context.close();
  }
}

/** Chooses a password by the link of a mail, and signs in with it. */
async function accept(page, email, link) {
  await page.goto(link);
  await page.locator('#password').fill(secret);
  await page.locator('form .button').first().click();
  await page.waitForURL('**/login?*');
  await signIn(page, { email, password: secret });
  await page.waitForURL('**/account/');
}

journey('somebody is invited, chooses a password and signs in', {}, async ({ page, context }) => {
  await operator(context);
  const email = `${word()}@example.org`;
  await page.goto('/admin/t/default/invitations');
  await button(page, 'Invite somebody').click();
  await dialog(page).getByLabel('E-mail address').fill(email);
  await dialog(page).getByLabel('Name').fill('Ada Lovelace');
  await dialog(page).getByRole('button', { name: 'Send the invitation' }).click();
  await said(page, `The invitation to ${email} is on its way.`).waitFor();
  const row = page.locator('tbody tr').filter({ hasText: email });
  await row.waitFor();

  const link = linkIn(await mail(email));
  await elsewhere(page, {}, async (other) => {
    await other.goto(link);
    await heading(other, 'Choose your password').waitFor();
    // The token is gone from the address bar, and from the history.
    await other.waitForURL((url) => url.pathname === '/login/invited' && url.search === '');
    await other.locator('#password').fill(secret);
    await other.locator('form .button').first().click();
    await other.waitForURL('**/login?*');
    await other.goBack();
    assert.ok(!other.url().includes('token='), other.url());
    await other.goto('/account/sign-in?fresh=1');
    await other.waitForURL('**/login?*');
    await signIn(other, { email, password: secret });
    await other.waitForURL('**/account/');
  });
  await page.reload();
  await heading(page, 'Invitations').waitFor();
  await row.waitFor({ state: 'detached' });
});

journey('an invitation is accepted without script', {}, async ({ page, context }) => {
  await operator(context);
  const email = `${word()}@example.org`;
  await page.goto('/admin/t/default/invitations');
  await button(page, 'Invite somebody').click();
  await dialog(page).getByLabel('E-mail address').fill(email);
  await dialog(page).getByLabel('Name').fill('Grace');
  await dialog(page).getByRole('button', { name: 'Send the invitation' }).click();
  await said(page, `The invitation to ${email} is on its way.`).waitFor();
  const link = linkIn(await mail(email));
  await elsewhere(page, { javaScriptEnabled: false }, async (other) => {
    await other.goto(link);
    await other.locator('#password').fill(secret);
    await other.locator('form .button').first().click();
    await other.waitForURL('**/login?*');
  });
});

journey('ten thousand accounts are tried, taken in and exported', {}, async ({ page, context }) => {
  await operator(context);
  const of = word();
  const lines = ['email,name,email_verified,password_hash'];
  for (let n = 0; n < 10_000; n++) lines.push(`p${n}@${of}.example,Person ${n},true,${hash}`);
  lines.splice(5000, 0, `nobody,Wrong,,`);
  await page.goto('/admin/t/default/users/import');
  await page.getByLabel('File', { exact: true }).setInputFiles(file(`${of}.csv`, lines));
  await button(page, 'Begin the trial').click();
  await page.waitForURL((url) => url.searchParams.has('import'));
  await said(page, 'Lines with mistakes are left out. The others can be taken in.').waitFor({ timeout: 60_000 });
  await page.locator('tbody tr').filter({ hasText: 'The value is not allowed here.' }).filter({ hasText: '5,001' }).or(page.locator('tbody tr').filter({ hasText: '5001' })).first().waitFor();
  const fact = (name) => page.locator('dl.facts div').filter({ hasText: name }).locator('dd');
  assert.equal(await fact('Would be created').innerText(), '10,000');
  const trial = page.url();

  await button(page, 'Take them in now').click();
  await page.waitForURL((url) => url.href !== trial && url.searchParams.has('import'));
  await fact('Created').filter({ hasText: '10,000' }).waitFor({ timeout: 60_000 });
  await page.getByRole('status').getByText('Done', { exact: true }).waitFor();

  await elsewhere(page, {}, async (other) => {
    await other.goto('/account/sign-in');
    await signIn(other, { email: `p77@${of}.example`, password: 'correct horse battery' });
    await other.waitForURL('**/account/');
  });

  await page.goto(`/admin/t/default/users/export?q=p99`);
  await button(page, 'Export').waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Export').click()]);
  const content = await readFile(await download.path(), 'utf8');
  const mine = content.split('\r\n').filter((line) => line.includes(`@${of}.example`));
  assert.equal(mine.length, 111);
  assert.ok(!content.includes('SSHA'), 'a hash is in the file');
  await page.getByText(/^The file holds [\d,]+ accounts\.$/).waitFor();
});

journey('a file goes on where a reload has stopped it', {}, async ({ page, context }) => {
  await operator(context);
  const of = word();
  const lines = ['email,name'];
  for (let n = 0; n < 30_000; n++) lines.push(`q${n}@${of}.example,Person ${n} with a name that takes some room in the file`);
  const chosen = file(`${of}.csv`, lines);
  await page.goto('/admin/t/default/users/import');
  await page.getByLabel('File', { exact: true }).setInputFiles(chosen);
  await button(page, 'Begin the trial').click();
  await page.waitForURL((url) => url.searchParams.has('import'));
  await page.locator('dl.facts').waitFor();
  await page.reload();
  await page.locator('dl.facts').waitFor();
  const again = page.getByLabel('The same file once more');
  await again.waitFor({ timeout: 70_000 });
  await again.setInputFiles(file(`${of}.csv`, [...lines.slice(0, -1), 'someone@else.example,And somebody else in the place of the last of them here']));
  await button(page, 'Go on').click();
  await page.getByText('This is not the file that the import was begun with.').waitFor();
  await again.setInputFiles(chosen);
  await button(page, 'Go on').click();
  await said(page, 'Nothing is wrong with the file.').waitFor({ timeout: 120_000 });
  assert.equal(await page.locator('dl.facts div').filter({ hasText: 'Would be created' }).locator('dd').innerText(), '30,000');
});

for (const { locale, scheme } of [{ locale: 'en', scheme: 'light' }, { locale: 'en', scheme: 'dark' }, { locale: 'ar', scheme: 'light' }]) {
  journey(`everybody can use the pages (${locale}, ${scheme})`, { locale, colorScheme: scheme }, async ({ page, context }) => {
    await operator(context);
    for (const path of pages) {
      await page.goto(`/admin/t/default/${path}`);
      await page.locator('h1').waitFor();
      await page.locator('[aria-busy="true"]').waitFor({ state: 'detached' });
      assert.deepEqual(await faults(page), [], path);
    }
  });
}
